"""Questions of other systems that need more than a new spelling to become a course's items."""

from fractions import Fraction

import pytest

from lms.catalog.exchange import candidates
from lms.catalog.exchange.course_built import _area
from lms.catalog.exchange.drafts import Draft
from lms.catalog.exchange.formulas import moodles, named, ours
from lms.catalog.exchange.model import Asset, Format, Kind, Option, Question, Text, Zone
from lms.catalog.exchange.picture_size import size_of
from lms.catalog.exchange.pictures import Pictures
from lms.catalog.exchange.report import Reading, RefusedItem
from lms.policy import calculated
from tests.features.catalog.exchange.material import MATCH, item, read
from tests.features.catalog.exchange.test_qti import declared, interaction

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (200).to_bytes(4, "big") + (100).to_bytes(4, "big") + b"\x08\x06\0\0\0"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"><path d="M0 0"/></svg>'


def taken(*questions):
    return candidates.of_readings([Reading("bank", "any", questions)], "know")


def moodle(inside, name="multichoice", text="Which?"):
    words = (
        f"<quiz><question type='{name}'><name><text>n</text></name><questiontext format='html'><text><![CDATA[{text}]]>"
    )
    return read(f"{words}</text></questiontext>{inside}</question></quiz>".encode(), "q.xml").questions


def said(one):
    return " ".join(finding.message for finding in one.findings)


def spots(*zones, **extra):
    settings = {
        "background": "map.svg",
        "background_text": "A map",
        "width": "200",
        "height": "100",
        "max_choices": "1",
    }
    return Question(
        Kind.HOTSPOT,
        Text("Where?"),
        zones=zones,
        assets=(Asset("map.svg", SVG),),
        extra=tuple((settings | extra).items()),
        general_feedback=Text("There."),
    )


LEFT = Zone("rect", ("0", "0", "50", "50"), Fraction(1), "l", "Left")
RIGHT = Zone("circle", ("150", "50", "20"), Fraction(0), "r", "Right")


def test_areas_in_pixels_become_areas_in_percent():
    [one] = taken(spots(LEFT, RIGHT))
    assert [option.area for option in one.item.options] == ["rect 0 0 25 50", "ellipse 75 50 10 20"]
    assert one.item.picture == "![A map](assets/where-map.svg)"
    assert one.files == {"assets/where-map.svg": SVG}
    assert one.findings == ()


@pytest.mark.parametrize(
    ("zone", "area"),
    [
        (Zone("rect", ("-10", "-10", "250", "120")), "rect 0 0 100 100"),
        (Zone("ellipse", ("100", "50", "40", "20")), "ellipse 50 50 20 20"),
        (Zone("circle", ("10", "50", "20")), "rect 0 30 15 40"),
        (Zone("poly", ("0", "0", "100", "0", "50", "100")), "rect 0 0 50 100"),
        (Zone("rect", ("10%", "20%", "30%", "40%")), "rect 10 20 20 20"),
    ],
)
def test_every_shape_lies_on_the_picture(zone, area):
    assert _area(Draft(spots(), Pictures("k", ())), zone, (200, 100)) == area


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (spots(LEFT, Zone("default", (), label="All")), "is the whole picture"),
        (spots(LEFT, Zone("rect", ("a", "b", "c", "d"), label="X")), "cannot be read"),
        (spots(LEFT, Zone("rect", ("300", "0", "400", "9"), label="X")), "outside the picture"),
        (spots(LEFT, RIGHT, background="other.svg"), "not among the files"),
        (spots(LEFT, Zone("circle", ("9", "9", "2"), Fraction(1), label="X")), "Any one of several areas"),
        (spots(LEFT), "It has 1 areas"),
    ],
)
def test_areas_that_no_course_takes_say_why(question, why):
    [one] = taken(question)
    assert one.item is None
    assert why in said(one)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (PNG, (200, 100)),
        (b"GIF89a" + (7).to_bytes(2, "little") + (9).to_bytes(2, "little"), (7, 9)),
        (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x09\0\x07", (7, 9)),
        (b"RIFF....WEBPVP8X" + b"\0" * 8 + b"\x06\0\0\x08\0\0", (7, 9)),
        (SVG, (200, 100)),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="7px" height="9"/>', (7, 9)),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"\xff\xd8\xff\xe0", None),
        (b"<svg", None),
        (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 nan inf"/>', None),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="9" viewBox="0 0"/>', None),
        (b"", None),
    ],
)
def test_the_size_of_a_picture_is_read_from_its_bytes(data, size):
    assert size_of(data) == size


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        ("{A}+pow({b}, 2)", "a + b ** 2"),
        ("round({A} / {b}, 1) * (1 - 0.2)", "round(a / b, 1) * (1 - 0.2)"),
        ("max({A}, {b})", "max(a, b)"),
    ],
)
def test_formulas_go_there_and_back(theirs, mine):
    assert ours(theirs, named(("A", "b"))) == mine
    back = ours(moodles(mine), {"a": "a", "b": "b"})
    values = {"a": Fraction(7), "b": Fraction(2)}
    assert calculated.evaluate(back, values) == calculated.evaluate(mine, values)


@pytest.mark.parametrize("formula", ["sqrt({a})", "{a} +", "__import__('os')", "{a}.real", "{a} if 1 else 2"])
def test_formulas_that_no_course_reads_are_refused(formula):
    with pytest.raises(RefusedItem):
        ours(formula, {"a": "a"})


CALCULATED = (
    "<generalfeedback><text>It is {={x}*2} for {x}.</text></generalfeedback>"
    "<answer fraction='100'><text>{x}*2</text><tolerance>0.01</tolerance><tolerancetype>2</tolerancetype>"
    "<correctanswerlength>1</correctanswerlength></answer><dataset_definitions><dataset_definition>"
    "<name><text>x</text></name><distribution><text>uniform</text></distribution><minimum><text>1</text></minimum>"
    "<maximum><text>5</text></maximum><decimals><text>1</text></decimals></dataset_definition></dataset_definitions>"
)


def test_a_calculated_question_keeps_formula_range_and_tolerance():
    [one] = taken(*moodle(CALCULATED, "calculated", "<p>Twice {x}?</p>"))
    item = one.item
    assert (item.prompt, item.formula, item.decimals) == ("Twice {{x}}?", "x * 2", 1)
    assert (item.abs_tolerance, item.explanation) == ("0.01", "It is {{answer}} for {{x}}.")
    [parameter] = item.parameters
    assert (parameter.key, parameter.low, parameter.high, parameter.step) == ("x", "1", "5", "0.1")


def test_pairs_whose_right_sides_repeat_become_drop_downs():
    [question] = read("Which?[html]{=A -> yes =B -> no =C -> yes####So.}").questions
    [one] = taken(question)
    assert one.item.type.value == "cloze"
    assert [[o.text for o in gap.options if o.is_right] for gap in one.item.gaps] == [["yes"], ["no"], ["yes"]]
    assert "drop-downs" in said(one)


def test_words_to_choose_from_a_text_stay_in_it_and_become_options():
    words = Question(
        Kind.HOTTEXT,
        Text("<p>She {{a}} and {{b}}.</p>"),
        options=(Option(Text("runs"), Fraction(1), key="a"), Option(Text("swims"), key="b")),
        extra=(("max_choices", "1"),),
        general_feedback=Text("So."),
    )
    [one] = taken(words)
    assert (one.item.type.value, one.item.prompt) == ("single", "She runs and swims.")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("elsewhere.png", "not among the files"),
        ("https://example.org/x.png", "not among the files"),
        ("evil.svg", "may not show"),
        ("page.html", "no picture that a course may show"),
        ("data:image/png;base64,%%%", "not among the files"),
    ],
)
def test_pictures_that_a_course_cannot_show_leave_their_words(source, why):
    carried = (
        Asset("evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        Asset("page.html", b"<p>"),
    )
    question = Question(
        Kind.SINGLE,
        Text(f'<p>See <img src="{source}" alt="a map">?</p>'),
        options=(Option(Text("a"), Fraction(1)), Option(Text("b"))),
        assets=carried,
        general_feedback=Text("So."),
    )
    [one] = taken(question)
    assert (one.item.prompt, one.files) == ("See a map?", {})
    assert why in said(one)


def test_a_picture_inside_the_text_becomes_a_file():
    inside = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
    question = Question(
        Kind.SINGLE,
        Text(f"What is ![this]({inside})?", Format.MARKDOWN),
        options=(Option(Text("a"), Fraction(1)), Option(Text("b"))),
        general_feedback=Text("So."),
    )
    [one] = taken(question)
    assert list(one.files) == ["assets/what-is-this-picture.gif"]
    assert "![this](assets/what-is-this-picture.gif)" in one.item.prompt


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Kind.ESSAY, "a person scores it"),
        (Kind.POINT, "its areas are not shown"),
        (Kind.COMPOSITE, "several things at once"),
        (Kind.DESCRIPTION, "it asks nothing"),
    ],
)
def test_what_no_course_asks_is_refused_with_its_reason(kind, why):
    [one] = taken(Question(kind, Text("Say.")))
    assert one.item is None
    assert why in said(one)


def test_a_slider_whose_right_place_is_no_number_is_refused():
    data = item(
        interaction("sliderInteraction", "<prompt>How?</prompt>", lowerBound=0, upperBound=9),
        declared(cardinality="single", correct="A"),
        MATCH,
    )
    reading = read(data, "i.xml")
    assert reading.questions == ()
    assert "is not a number" in reading.refusals[0].message
