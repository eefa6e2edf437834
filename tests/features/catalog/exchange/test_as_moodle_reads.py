"""What Moodle's own reader makes of a file, learned by running it beside ours (docs/item-exchange.md)."""

from dataclasses import replace
from fractions import Fraction

import pytest

from lms.catalog.exchange.cloze import whole_points
from lms.catalog.exchange.gift_writer import write_gift
from lms.catalog.exchange.model import Format, Gap, GapKind, Kind, Option, Question, Text
from lms.catalog.exchange.moodle_writer import write_moodle
from tests.features.catalog.exchange.material import one, read, refused

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def moodle(kind: str, inside: str, prompt: str = "Which?") -> bytes:
    return (
        f"<quiz><question type='{kind}'><name><text>n</text></name><questiontext format='html'>"
        f"<text><![CDATA[{prompt}]]></text></questiontext>{inside}</question></quiz>"
    ).encode()


def said(words: str) -> Question:
    return one(moodle("cloze", "", words), "q.xml")


def gap(words: str) -> Gap:
    (found,) = said(words).gaps
    return found


def weights(words: str) -> list[str]:
    return [str(option.weight) for option in gap(words).options]


def written(question: Question) -> str:
    return write_moodle([question]).data.decode()


@pytest.mark.parametrize(
    ("words", "shares"),
    [
        ("{1:MR:=a~=b~c}", ["1/2", "1/2", "-1/2"]),
        ("{1:MRHS:%50%a~%100%b~c}", ["1/3", "2/3", "0"]),
        ("{1:MULTIRESPONSE:%33,33333%a~=b~%-100%c}", ["1/4", "3/4", "-1"]),
        ("{1:MCVS:=a~%50%b~c}", ["1", "1/2", "0"]),
    ],
)
def test_several_right_words_in_a_gap_share_its_points(words, shares):
    assert weights(words) == shares
    again = one(write_moodle([said(words)]).data, "q.xml")
    assert [str(option.weight) for option in again.gaps[0].options] == shares


@pytest.mark.parametrize("text", ["a ~ b", "a } b", "a # b", "back\\slash", "R &amp; D", "R &amp;", "#1", "~"])
def test_letters_that_mean_something_in_a_gap(text):
    """Moodle undoes `\\}` and `\\#` only; the others it takes as references."""
    options = (Option(Text(text), Fraction(1), key="c1"), Option(Text("no"), key="c2"))
    question = Question(Kind.CLOZE, Text("{{1}}"), title="n", gaps=(Gap("1", GapKind.CHOICE, options),))
    assert one(written(question), "q.xml") == question
    inside = written(question).partition("MULTICHOICE:=")[2].partition("~no}")[0]
    assert "~" not in inside
    assert not inside.endswith(("\\", "&amp;"))


def test_gaps_have_whole_points():
    """`{0.5:SHORTANSWER:…}` is plain text to Moodle."""
    halves = [Gap(str(at), GapKind.SHORT, points=Fraction(1, share)) for at, share in enumerate((2, 4, 1))]
    assert whole_points(halves) == (2, 1, 4)
    assert whole_points([replace(one, points=Fraction(2)) for one in halves]) == (2, 2, 2)
    option = (Option(Text("w", Format.PLAIN), Fraction(1)),)
    gaps = tuple(Gap(key, GapKind.SHORT, option, points=Fraction(1, 2)) for key in ("1", "2"))
    question = Question(Kind.CLOZE, Text("{{1}} {{2}}"), title="n", gaps=gaps)
    made = write_moodle([question])
    assert b"{1:SHORTANSWER:=w} {1:SHORTANSWER:=w}" in made.data
    assert one(made.data, "q.xml") == question, "beside that stands what we read it back by"
    assert [one.message for one in made.findings] == [
        "Moodle counts gaps in whole points: the question is worth 2 there."
    ]


def test_blanks_between_marked_up_words_stay():
    """Moodle drops blanks that stand alone between two references, so that “open question” would become one word."""
    prompt = "<b>open</b> <i>question</i>"
    assert f"<![CDATA[{prompt}]]>" in written(Question(Kind.DESCRIPTION, Text(prompt), title="n"))
    both = Question(Kind.DESCRIPTION, Text("a < b ]]> c"), title="n")
    assert one(written(both), "q.xml") == both


def test_all_or_nothing_as_a_type_that_every_moodle_has():
    options = (Option(Text("a"), Fraction(1, 2), key="c1"), Option(Text("b"), Fraction(1, 2), key="c2"))
    options += (Option(Text("c"), key="c3"),)
    made = write_moodle([Question(Kind.MULTIPLE, Text("?"), title="n", options=options, is_all_or_nothing=True)])
    found = read(made.data, "q.xml").questions[0]
    assert [option.weight for option in found.options] == [Fraction(1, 2), Fraction(1, 2), Fraction(-1)]
    assert "all or nothing" in made.findings[0].message


def test_a_plugins_type_is_written_as_what_it_was():
    answers = "<answer fraction='100'><text>a</text></answer><answer fraction='0'><text>b</text></answer>"
    question = one(moodle("multichoiceset", answers), "q.xml")
    assert question.is_all_or_nothing
    assert one(written(question), "q.xml") == question


@pytest.mark.parametrize(("name", "is_whole"), [("ALL_OR_NOTHING", True), ("-1", True), ("ABSOLUTE_POSITION", False)])
def test_an_order_says_how_it_counts(name, is_whole):
    parts = "<answer fraction='2'><text>b</text></answer><answer fraction='1'><text>a</text></answer>"
    question = one(moodle("ordering", f"<gradingtype>{name}</gradingtype>{parts}"), "q.xml")
    assert question.is_all_or_nothing is is_whole
    assert [option.text.text for option in question.sequence] == ["a", "b"]
    assert one(written(replace(question, extra=())), "q.xml").is_all_or_nothing is is_whole


def test_an_order_in_gift():
    question = one("::n::Sort{>3 ALL VERT ALL_OR_NOTHING SHOW abc\n1 call\nmeet\nsell\n####All}")
    assert [option.text.text for option in question.sequence] == ["1 call", "meet", "sell"]
    assert (question.kind, question.is_all_or_nothing, question.general_feedback.text) == (Kind.ORDER, True, "All")
    assert not one("Sort{>2\na\nb\n}").is_all_or_nothing
    assert refused("Sort{>2\na\n}") == "questions.gift:1:6: refused: [question 1] An order has at least two parts."
    assert "each line" in refused("Sort{> a b}")


def test_the_picture_of_moodle_1_9_stands_under_the_text():
    answers = "<answer fraction='100'><text>a</text></answer><answer fraction='0'><text>b</text></answer>"
    old = f"<image>old/a.png</image><image_base64>{PIXEL}</image_base64>{answers}"
    question = one(moodle("multichoice", old), "q.xml")
    assert question.prompt.text == 'Which? <img src="a.png" alt="">'
    assert [asset.path for asset in question.assets] == ["a.png"]
    assert dict(question.extra) == {}
    (lost,) = read(
        moodle("multichoice", f"<image>a.png</image><image_base64>%</image_base64>{answers}"), "q.xml"
    ).findings
    assert lost.message == "The file “a.png” is not in base64."


def test_a_hint_without_words_is_none():
    question = one(moodle("description", "<hint><text></text></hint><hint><text>Think</text></hint>"), "q.xml")
    assert [hint.text for hint in question.hints] == ["Think"]


def test_two_right_options_do_not_make_a_short_answer():
    """`{=a =b}` is a short answer to Moodle, and to us."""
    options = tuple(Option(Text(text), Fraction(1), key=f"c{at}") for at, text in enumerate("ab", start=1))
    question = Question(Kind.SINGLE, Text("?"), title="n", options=options)
    assert one(write_gift([question]).data) == question
    (changed,) = write_gift([replace(question, options=options[:1])]).findings
    assert changed.message == "GIFT takes a choice of one for a short answer."
