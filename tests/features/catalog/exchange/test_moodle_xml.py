"""Moodle XML: every question type, files, and what has no equal."""

import base64
from fractions import Fraction

import pytest

from lms.catalog.exchange.model import Format, GapKind, Kind, Tolerance
from lms.catalog.exchange.moodle_writer import write_moodle
from lms.catalog.exchange.moodle_xml import read_moodle
from tests.features.catalog.exchange.material import needs_shared, one, read, refused, shared, shared_files


def quiz(kind: str, inside: str, prompt: str = "Why?", frame: str = "") -> str:
    return (
        f'<quiz><question type="{kind}"><name><text>Q</text></name><questiontext format="html">'
        f"<text><![CDATA[{prompt}]]></text></questiontext>{frame}{inside}</question></quiz>"
    )


def answer(fraction: str, words: str, more: str = "", feedback: str = "") -> str:
    note = f"<feedback><text>{feedback}</text></feedback>" if feedback else ""
    return f'<answer fraction="{fraction}" format="html"><text>{words}</text>{note}{more}</answer>'


def test_the_frame_that_all_types_share():
    frame = (
        "<generalfeedback format='markdown'><text>*General*</text></generalfeedback><defaultgrade>2.5</defaultgrade>"
        "<penalty>0.3333333</penalty><hidden>0</hidden><idnumber>q-1</idnumber><shuffleanswers>true</shuffleanswers>"
        "<single>false</single><correctfeedback><text>Yes</text></correctfeedback>"
        "<partiallycorrectfeedback><text>Half</text></partiallycorrectfeedback>"
        "<incorrectfeedback><text>No</text></incorrectfeedback><hint><text>Think</text></hint>"
        "<tags><tag><text>closing</text></tag><tag><text>week 2</text></tag></tags>"
    )
    question = one(
        quiz("multichoice", answer("50", "a") + answer("50", "b") + answer("-100", "c"), frame=frame), "q.xml"
    )
    assert (question.kind, question.identifier, question.title) == (Kind.MULTIPLE, "q-1", "Q")
    assert [option.weight for option in question.options] == [Fraction(1, 2), Fraction(1, 2), -1]
    assert (question.points, question.penalty, question.is_shuffled) == (Fraction(5, 2), Fraction(1, 3), True)
    assert question.general_feedback.format is Format.MARKDOWN
    feedbacks = (question.correct_feedback, question.partial_feedback, question.incorrect_feedback, *question.hints)
    assert [text.text for text in feedbacks] == ["Yes", "Half", "No", "Think"]
    assert question.tags == ("closing", "week 2")


@pytest.mark.parametrize(
    ("kind", "inside", "expected"),
    [
        ("multichoice", answer("100", "a") + answer("0", "b"), Kind.SINGLE),
        ("multichoiceset", answer("100", "a") + answer("0", "b"), Kind.MULTIPLE),
        ("truefalse", answer("0", "false") + answer("100", "true"), Kind.TRUE_FALSE),
        ("shortanswer", answer("100", "a"), Kind.SHORT),
        ("numerical", answer("100", "4", "<tolerance>0.5</tolerance>"), Kind.NUMERIC),
        ("matching", "<subquestion><text>A</text><answer><text>1</text></answer></subquestion>", Kind.MATCHING),
        ("ordering", answer("2", "b") + answer("1", "a"), Kind.ORDER),
        ("essay", "<graderinfo><text>Look for</text></graderinfo>", Kind.ESSAY),
        ("description", "", Kind.DESCRIPTION),
    ],
)
def test_every_plain_type(kind, inside, expected):
    assert one(quiz(kind, inside), "q.xml").kind is expected


def test_the_place_in_an_order_is_its_fraction():
    assert [
        part.text.text for part in one(quiz("ordering", answer("2", "b") + answer("1", "a")), "q.xml").sequence
    ] == [
        "a",
        "b",
    ]


def test_numbers_with_units():
    inside = answer("100", "4,5", "<tolerance>0.5</tolerance>", "Good") + answer("0", "*", "", "No")
    inside += (
        "<units><unit><multiplier>1000</multiplier><unit_name>m</unit_name></unit></units><showunits>0</showunits>"
    )
    question = one(quiz("numerical", inside), "q.xml")
    assert [(number.value, number.tolerance, number.weight) for number in question.numbers] == [
        ("4.5", "0.5", 1),
        ("", "0", 0),
    ]
    assert [(unit.name, unit.multiplier) for unit in question.units] == [("m", "1000")]
    assert question.extra == (("showunits", "0"),)


def test_embedded_answers_of_every_kind():
    prompt = (
        "A {1:SA:=one~%50%uno#Nearly} B {2:MULTICHOICE_V:~=yes#Good~no \\} not} C {:NM:=2.5:0.1~*#Any} "
        "D {1:MRS:%50%a~%50%b~%-100%c} E {1:SHORTANSWER_C:=Case}"
    )
    question = one(quiz("cloze", "", prompt), "q.xml")
    assert question.prompt.text == "A {{1}} B {{2}} C {{3}} D {{4}} E {{5}}"
    assert [gap.kind for gap in question.gaps] == [
        *(GapKind.SHORT, GapKind.CHOICE, GapKind.NUMERIC, GapKind.MULTIPLE, GapKind.SHORT),
    ]
    first, second, third, fourth, fifth = question.gaps
    assert [(one.text.text, one.weight, one.feedback.text) for one in first.options] == [
        ("one", 1, ""),
        ("uno", Fraction(1, 2), "Nearly"),
    ]
    assert [one.text.text for one in second.options] == ["yes", "no } not"]
    assert (second.points, second.presentation, question.points) == (2, "v", 6)
    assert [(one.value, one.tolerance, one.feedback.text) for one in third.numbers] == [
        ("2.5", "0.1", ""),
        ("", "0", "Any"),
    ]
    assert fourth.options[2].weight == -1
    assert fifth.is_case_sensitive


def test_words_to_drag_offer_the_choices_of_their_group():
    inside = "".join(
        f"<dragbox><text>{words}</text><group>{group}</group></dragbox>"
        for words, group in (("SELECT", 1), ("WHERE", 2), ("FROM", 1))
    )
    question = one(quiz("ddwtos", inside, "Write [[3]] after [[1]], then [[2]]."), "q.xml")
    assert question.kind is Kind.GAP_MATCH
    assert [[option.text.text for option in gap.options if option.weight] for gap in question.gaps] == [
        ["FROM"],
        ["SELECT"],
        ["WHERE"],
    ]
    assert [len(gap.options) for gap in question.gaps] == [2, 2, 1]


def test_markers_on_a_picture():
    inside = (
        "<drag><no>1</no><text>Door</text></drag><drop><no>1</no><shape>circle</shape><coords>50,60;10</coords>"
        "<choice>1</choice></drop>"
    )
    question = one(quiz("ddmarker", inside), "q.xml")
    assert [(zone.shape, zone.coords) for zone in question.zones] == [("circle", ("50", "60", "10"))]
    assert [(pair.left.text, pair.right_key) for pair in question.pairs] == [("Door", "z1")]


def test_a_calculated_question_keeps_formula_and_values():
    inside = answer(
        "100",
        "{a} * 2",
        "<tolerance>0.01</tolerance><tolerancetype>1</tolerancetype>"
        "<correctanswerformat>1</correctanswerformat><correctanswerlength>2</correctanswerlength>",
    ) + (
        "<dataset_definitions><dataset_definition><name><text>a</text></name><minimum><text>1</text></minimum>"
        "<maximum><text>10</text></maximum><decimals><text>1</text></decimals><distribution><text>uniform</text>"
        "</distribution><dataset_items><dataset_item><number>1</number><value>4.7</value></dataset_item>"
        "</dataset_items></dataset_definition></dataset_definitions>"
    )
    question = one(quiz("calculated", inside, "Twice {a}?"), "q.xml")
    assert (question.numbers[0].value, question.numbers[0].measure) == ("{a} * 2", Tolerance.RELATIVE)
    assert (question.variables[0].name, question.variables[0].values) == ("a", ("4.7",))
    again = one(write_moodle([question]).data, "q.xml")
    assert again == question


def test_files_are_read_and_written():
    data = base64.b64encode(b"\x89PNG picture").decode()
    prompt = 'See <img src="@@PLUGINFILE@@/a/b.png">'
    xml = quiz("essay", "", prompt).replace(
        "</questiontext>", f'<file name="b.png" path="/a/" encoding="base64">{data}</file></questiontext>'
    )
    question = one(xml, "q.xml")
    assert [(asset.path, asset.data) for asset in question.assets] == [("a/b.png", b"\x89PNG picture")]
    assert one(write_moodle([question]).data, "q.xml").assets == question.assets


def test_a_file_that_is_not_base64_is_lost_not_fatal():
    xml = quiz("essay", "").replace("</questiontext>", '<file name="b" encoding="base64">###</file></questiontext>')
    reading = read(xml, "q.xml")
    assert len(reading.questions) == 1
    assert "not in base64" in reading.findings[0].message


@pytest.mark.parametrize(
    ("kind", "inside", "reason"),
    [
        ("random", "", "draws questions at random"),
        ("coderunner", "", "“coderunner” has no equal here"),
        ("multichoice", answer("0", "a"), "No option earns points"),
        ("multichoice", answer("150", "a"), "beyond 100 percent"),
        ("multichoice", answer("x", "a"), "not a number"),
        ("truefalse", answer("100", "true"), "has two answers"),
        ("numerical", answer("100", "ten"), "not a number"),
        ("matching", "<subquestion><text>A</text><answer><text></text></answer></subquestion>", "no answer"),
        ("cloze", "", "no embedded answer"),
        ("ddwtos", "<dragbox><text>a</text></dragbox>", "no gap such as"),
        ("calculated", answer("100", "{a}"), "not in the file"),
    ],
)
def test_what_cannot_be_taken_says_why(kind, inside, reason):
    sentence = refused(quiz(kind, inside), "q.xml")
    assert sentence.startswith("q.xml:1: refused:")
    assert reason in sentence


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("Pick {1:MULTICHOICE} or {1:SA:=a}", "offers nothing"),
        ("Pick {1:MULTICHOICE:=Apple#Right}", "only one choice"),
        ("Pick {1:MULTICHOICE:Pear~%50%Apple}", "earns all of its points"),
        ("Type {3:NUMERICAL:=zero}", "not a number"),
        ("Type {1:WHATEVER:=a}", "unknown type"),
        ("Type {1:SA:=a", "not closed"),
    ],
)
def test_embedded_answers_that_moodle_would_not_take(prompt, reason):
    assert reason in refused(quiz("cloze", "", prompt), "q.xml")


def test_a_category_holds_until_the_next():
    xml = (
        "<quiz><question type='category'><category><text>$course$/A</text></category></question>"
        + quiz("essay", "")[6:-7]
        + "</quiz>"
    )
    reading = read(xml, "q.xml")
    assert (reading.categories, reading.questions[0].category) == (("$course$/A",), "$course$/A")


def test_a_part_that_nobody_reads_is_reported():
    reading = read(quiz("essay", "<plugin_thing><deep>1</deep></plugin_thing>"), "q.xml")
    assert [finding.message for finding in reading.findings] == ["The part <plugin_thing> is left out."]


COUNTS = {
    "clozeRef": (5, Kind.CLOZE),
    "description": (1, Kind.DESCRIPTION),
    "dragdrop_missing-wordsRef": (2, Kind.GAP_MATCH),
    "markdownRef": (1, Kind.SINGLE),
    "matchingRef": (2, Kind.MATCHING),
    "missing-wordsRef": (6, Kind.CLOZE),
    "multiple-true-falseRef": (3, Kind.MATCHING),
    "numericalRef": (2, Kind.NUMERIC),
    "orderingRef": (2, Kind.ORDER),
    "true-falseRef": (3, Kind.TRUE_FALSE),
}


@needs_shared
@pytest.mark.parametrize("path", shared_files("moodle-xml", "*.xml"), ids=lambda path: path.stem)
def test_real_files_are_taken_whole_and_come_back_equal(path):
    reading = read_moodle(path.read_bytes(), path.name)
    assert reading.findings == ()
    count, kind = COUNTS[path.stem]
    assert [question.kind for question in reading.questions] == [kind] * count
    written = write_moodle(reading.questions)
    assert written.findings == ()
    assert read_moodle(written.data, path.name).questions == reading.questions


@needs_shared
def test_keys_and_weights_of_real_files():
    truths = read_moodle(shared("moodle-xml", "true-falseRef.xml").read_bytes(), "t.xml").questions
    assert [question.options[0].weight for question in truths] == [0, 1, 0]
    numbers = read_moodle(shared("moodle-xml", "numericalRef.xml").read_bytes(), "n.xml").questions[0].numbers
    assert [(one.value, one.tolerance, one.weight) for one in numbers] == [("4", "0", 1), ("5", "0.1", Fraction(1, 2))]
    rows = read_moodle(shared("moodle-xml", "multiple-true-falseRef.xml").read_bytes(), "m.xml").questions[1]
    assert [(pair.left.text, pair.right.text) for pair in rows.pairs] == [
        ("<p>Answer 1</p>", "<p>Yes</p>"),
        ("<p>Answer 2</p>", "<p>No</p>"),
        ("<p>Answer 3</p>", "<p>Maybe</p>"),
    ]


def test_two_pictures_of_one_name_stay_two():
    def text(data):
        shown = "&lt;img src=&quot;@@PLUGINFILE@@/image%201.png&quot;&gt;"
        return f'<text>{shown}</text><file name="image 1.png" path="/" encoding="base64">{data}</file>'

    question = one(
        "<quiz><question type='multichoice'><name><text>Pictures</text></name>"
        f"<questiontext format='html'>{text('AAAA')}</questiontext><single>true</single>"
        f"<answer fraction='100'>{text('BBBB')}</answer><answer fraction='0'>{text('AAAA')}</answer>"
        f"<answer fraction='0'>{text('BBBB')}</answer></question></quiz>",
        "bank.xml",
    )
    shown = [question.prompt.text, *(option.text.text for option in question.options)]
    assert ["image%201-2.png" in text for text in shown] == [False, True, False, True]
    assert {asset.path: asset.data for asset in question.assets} == {
        "image 1.png": b"\x00\x00\x00",
        "image 1-2.png": b"\x04\x10A",
    }


def test_options_that_are_only_marked_as_right_share_the_points():
    answers = "".join(
        f"<answer fraction='{at}'><text>{at}-{n}</text></answer>" for n, at in enumerate((100, 0, 100, 0))
    )
    reading = read(
        "<quiz><question type='oumultiresponse'><name><text>Two</text></name>"
        f"<questiontext><text>Which two?</text></questiontext>{answers}</question></quiz>",
        "bank.xml",
    )
    [question] = reading.questions
    assert question.kind is Kind.MULTIPLE
    assert [option.weight * 2 for option in question.options] == [1, -1, 1, -1]
    assert "costs what a right one gives" in reading.findings[0].message
