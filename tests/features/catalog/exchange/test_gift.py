"""GIFT: what Moodle documents, read and refused with the place."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from lms.catalog.exchange.gift import read_gift
from lms.catalog.exchange.gift_writer import write_gift
from lms.catalog.exchange.model import Format, Kind, Number, Text
from tests.features.catalog.exchange.material import needs_shared, one, read, refused, shared_files

KINDS = {
    "MC": {Kind.SINGLE, Kind.MULTIPLE},
    "TF": {Kind.TRUE_FALSE},
    "Short": {Kind.SHORT},
    "Numerical": {Kind.NUMERIC},
    "Matching": {Kind.MATCHING},
    "Essay": {Kind.ESSAY},
    "Description": {Kind.DESCRIPTION},
}


def test_a_single_choice_with_title_feedback_and_partial_credit():
    question = one("::Close::Which one asks?{~%50%May we talk?#Nearly. =Shall we start Monday?#Yes. ~We are good.}")
    assert (question.kind, question.title, question.prompt.text) == (Kind.SINGLE, "Close", "Which one asks?")
    assert [(option.text.text, option.weight, option.feedback.text) for option in question.options] == [
        ("May we talk?", Fraction(1, 2), "Nearly."),
        ("Shall we start Monday?", Fraction(1), "Yes."),
        ("We are good.", Fraction(0), ""),
    ]


def test_three_rounded_thirds_make_a_whole():
    question = one("Which?{~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-100%d}")
    assert question.kind is Kind.MULTIPLE
    assert sum(option.weight for option in question.options if option.weight > 0) == 1
    assert question.options[3].weight == -1


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ("#1822", Number("1822", "0")),
        ("#3.1415:0.0005", Number("3.1415", "0.0005")),
        ("#3.141..3.142", Number("3.1415", "0.0005")),
        ("#-5..5", Number("0", "5")),
        ("#1e2:.5", Number("100", "0.5")),
    ],
)
def test_a_number(answer, number):
    assert one(f"How many?{{{answer}}}").numbers == (number,)


def test_several_numbers_and_feedback_for_every_other():
    question = one("When?{#=1822:0#Right =%50%1822:2#Near ~#No}")
    assert [(one.value, one.tolerance, one.weight, one.feedback.text) for one in question.numbers] == [
        ("1822", "0", 1, "Right"),
        ("1822", "2", Fraction(1, 2), "Near"),
        ("", "0", 0, "No"),
    ]


def test_a_missing_word_leaves_a_blank():
    question = one("Ask {=open =closed} questions.")
    assert (question.kind, question.prompt.text, question.has_blank) == (Kind.SHORT, "Ask _____ questions.", True)


def test_true_or_false_takes_feedback_by_position_and_from_moodles_export_as_moodle_means_it():
    assert [option.feedback.text for option in one("It is.{FALSE#First#Second}").options] == ["First", "Second"]
    true = read("It is.{T#First#Second}")
    assert [option.feedback.text for option in true.questions[0].options] == ["First", "Second"]
    assert "Moodle would show it to the others" in true.findings[0].message
    exported = read("// question: 12  name: Sky\n::Sky::It is.{TRUE#Wrong#Right}")
    assert [option.feedback.text for option in exported.questions[0].options] == ["Right", "Wrong"]
    assert "written by Moodle" in exported.findings[0].message
    false = read("// question: 12  name: Sky\n::Sky::It is not.{FALSE#Wrong#Right}").questions[0]
    assert [option.feedback.text for option in false.options] == ["Wrong", "Right"]


def test_pairs_with_a_right_side_that_nothing_belongs_to():
    question = one("Match{=A -> 1 =B -> 2 = -> 3 =C -> 1}")
    assert [(pair.left.text, pair.right.text) for pair in question.pairs] == [
        *(("A", "1"), ("B", "2"), ("", "3"), ("C", "1")),
    ]
    assert question.pairs[0].right_key == question.pairs[3].right_key


def test_formats_are_inherited_and_named():
    question = one("[html]<b>Which?</b>{=[markdown]*this*#[plain]good ~that####Done.}")
    assert question.prompt == Text("<b>Which?</b>", Format.HTML)
    assert [option.text.format for option in question.options] == [Format.MARKDOWN, Format.HTML]
    assert question.options[0].feedback.format is Format.PLAIN
    assert question.general_feedback == Text("Done.", Format.HTML)


def test_escapes_comments_categories_ids_and_tags():
    reading = read(
        "$CATEGORY: $course$/top/Closing\n\n"
        "// [id:close-1] [tag:closing] [tag:week 2]\n"
        "::Braces\\: \\{\\}::Is 1 \\= 1\\#?\\nReally \\~?{T}\n\n"
        "// nothing but a remark\n\n"
        "A note."
    )
    first, second = reading.questions
    assert first.prompt.text == "Is 1 = 1#?\nReally ~?"
    assert (first.title, first.identifier, first.tags) == ("Braces: {}", "close-1", ("closing", "week 2"))
    assert first.category == second.category == "$course$/top/Closing"
    assert (second.kind, second.identifier, second.place.line) == (Kind.DESCRIPTION, "", 8)


def test_a_blank_line_inside_an_answer_block_parts_nothing():
    question = one("Which?{\n=this\n\n~that\n}")
    assert [option.text.text for option in question.options] == ["this", "that"]


@pytest.mark.parametrize(
    ("words", "place", "reason"),
    [
        ("One?{=a", "questions.gift:1:5", "not closed"),
        ("One}", "questions.gift:1:4", "closes no answer block"),
        ("::Title\nOne?{T}", "questions.gift:1:1", "no second ::"),
        ("A {=a} and {=b}.", "questions.gift:1:12", "one answer block"),
        ("One?\n{\n=a -> b\n=c\n}", "questions.gift:4:2", "arrow"),
        ("One?{#ten}", "questions.gift:1:7", "not a number"),
        ("One?{#1:x}", "questions.gift:1:7", "not a tolerance"),
        ("One?{~%150%a =b}", "questions.gift:1:7", "beyond 100%"),
        ("One?{~a ~b}", "questions.gift:1:6", "No option earns points"),
        ("One?{two =three}", "questions.gift:1:6", "before the first ="),
        ("One?{=~%50%a =~%50%b}", "questions.gift:1:7", "nothing to choose after this ="),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(words, place, reason):
    sentence = refused(words)
    assert sentence.startswith(f"{place}: refused:")
    assert reason in sentence


def test_the_questions_around_a_refused_one_are_taken():
    reading = read("Good?{T}\n\nBad?{=\n\nGood again?{F}")
    assert [question.prompt.text for question in reading.questions] == ["Good?", "Good again?"]
    assert [finding.place.line for finding in reading.refusals] == [3]


def test_writing_names_what_gift_cannot_say():
    question = read(
        "<quiz><question type='essay'><name><text>E</text></name><questiontext><text>Why?</text>"
        "</questiontext><defaultgrade>3</defaultgrade></question></quiz>",
        "q.xml",
    ).questions[0]
    written = write_gift([question])
    assert written.data == b"::E::[html]Why?{}\n"
    assert ["its points" in finding.message for finding in written.findings] == [True]


def test_an_arrow_in_a_short_answer_does_not_make_it_a_matching_question():
    question = one("Next?{=call\\=#say a -\\> b}")
    question = replace(question, options=(replace(question.options[0], feedback=Text("first -> then", Format.HTML)),))
    written = write_gift([question])
    assert "arrow" in written.findings[0].message
    again = read_gift(written.data, "q.gift").questions[0]
    assert (again.kind, again.options[0].feedback.text) == (Kind.SHORT, "first → then")


@needs_shared
@pytest.mark.parametrize("path", shared_files("gift", "*.gift"), ids=lambda path: path.stem)
def test_real_files_read_as_the_parse_beside_them(path):
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    reading = read_gift(path.read_bytes(), path.name)
    assert reading.refusals == ()
    assert [one["title"] for one in expected if one["type"] == "Category"] == list(reading.categories)
    wanted = [one for one in expected if one["type"] != "Category"]
    assert len(reading.questions) == len(wanted)
    for question, parse in zip(reading.questions, wanted, strict=True):
        assert question.kind in KINDS[parse["type"]]
        assert (question.title, question.identifier) == (parse["title"] or "", parse["id"] or "")
        assert question.tags == tuple(parse["tags"] or ())
        assert said(question.prompt) == parse["stem"]
        assert question.has_blank == parse["hasEmbeddedAnswers"]
        assert said(question.general_feedback) == parse.get("globalFeedback")
        CHECKS[parse["type"]](question, parse)


@needs_shared
@pytest.mark.parametrize("path", shared_files("gift", "*.gift"), ids=lambda path: path.stem)
def test_real_files_come_back_equal(path):
    questions = read_gift(path.read_bytes(), path.name).questions
    written = write_gift(questions)
    assert written.findings == ()
    assert read_gift(written.data, path.name).questions == questions


def said(text):
    return {"format": text.format.value, "text": text.text} if text else None


def check_choices(question, parse):
    assert [said(option.text) for option in question.options] == [one["text"] for one in parse["choices"]]
    assert [said(option.feedback) for option in question.options] == [one["feedback"] for one in parse["choices"]]
    weights = [float(one["isCorrect"]) if one["weight"] is None else one["weight"] / 100 for one in parse["choices"]]
    assert [float(option.weight) for option in question.options] == pytest.approx(weights, abs=1e-6)


def check_truth(question, parse):
    true, false = question.options
    assert (true.weight == 1) is parse["isTrue"]
    assert [said(true.feedback), said(false.feedback)] == [parse["trueFeedback"], parse["falseFeedback"]]


def check_numbers(question, parse):
    found = parse["choices"]
    if isinstance(found, dict):
        found = [{"text": found, "weight": None, "feedback": None}]
    for number, wanted in zip(question.numbers, found, strict=True):
        value, reach = float(number.value), float(number.tolerance)
        bounds = wanted["text"]
        low = bounds.get("numberLow", bounds.get("number", 0) - bounds.get("range", 0))
        high = bounds.get("numberHigh", bounds.get("number", 0) + bounds.get("range", 0))
        assert (value - reach, value + reach) == pytest.approx((low, high))
        assert float(number.weight) == (1 if wanted["weight"] is None else wanted["weight"] / 100)
        assert said(number.feedback) == wanted["feedback"]


def check_pairs(question, parse):
    found = [({"format": pair.left.format.value, "text": pair.left.text}, pair.right.text) for pair in question.pairs]
    assert found == [(one["subquestion"], one["subanswer"]) for one in parse["matchPairs"]]


CHECKS = {
    "MC": check_choices,
    "Short": check_choices,
    "TF": check_truth,
    "Numerical": check_numbers,
    "Matching": check_pairs,
    "Essay": lambda question, parse: None,
    "Description": lambda question, parse: None,
}


def test_a_sign_too_many_is_passed_over():
    assert [option.text.text for option in one("One? {=a ~b ~}").options] == ["a", "b"]
