"""Calculated questions as QTI templates: written, carried out, and read back as formulas."""

from dataclasses import replace
from fractions import Fraction

import pytest

from lms.catalog.exchange.model import Format, Kind, Number, Question, Text, Tolerance, Variable
from lms.catalog.exchange.qti_item import item_of
from lms.catalog.exchange.qti_processing import prepared, score
from lms.catalog.exchange.qti_writer import item_xml, write_package
from lms.catalog.exchange.reading import read_data
from lms.catalog.exchange.xml_source import parse
from tests.features.catalog.exchange.material import item, one, read

FORMULA = "{calls} * ({share} + 1) - pow({calls}, 2) / 4"


def calculated(formula: str = FORMULA, **changes) -> Question:
    return replace(
        Question(
            Kind.CALCULATED,
            Text("<p>{calls} calls, {share} each; {calls} again, twice {={calls} * 2}.</p>"),
            identifier="k",
            title="K",
            numbers=(Number(formula, "0.01", measure=Tolerance.RELATIVE),),
            variables=(Variable("calls", "10", "60", "0"), Variable("share", "0.2", "0.8", "1")),
            general_feedback=Text(f"<p>It is {{={formula}}}.</p>"),
            points=Fraction(2),
            tags=("range:calls 10 60 5",),
            extra=(("correctanswerformat", "1"), ("correctanswerlength", "1")),
        ),
        **changes,
    )


@pytest.mark.parametrize("version", ["2.2", "3.0"])
def test_it_comes_back_as_what_it_was(version):
    assert one(item_xml(calculated(), version), "k.xml") == calculated()


@pytest.mark.parametrize(
    "formula",
    [
        "-{calls} + round({share}, 1)",
        "sqrt({calls}) * pi()",
        "max({calls}, 3, {share}) - abs({share} - 0.5)",
        "log({calls}) / log10({calls}) - (1 - {share} - 2)",
    ],
)
def test_formulas_are_said_as_expressions(formula):
    [number] = one(item_xml(calculated(formula)), "k.xml").numbers
    assert number.value == formula.replace("sqrt({calls})", "pow({calls}, 0.5)")


def test_every_draw_pays_its_own_answer():
    made = item_of(parse(item_xml(calculated()), "k.xml"), "k.xml")
    seen = set()
    for seed in range(12):
        drawn = prepared(made, {}, seed).values
        calls, share = (Fraction(drawn[name].items[0]) for name in ("calls", "share"))
        assert calls in range(10, 61, 5)
        assert share in [Fraction(tenth, 10) for tenth in range(2, 9)]
        right = calls * (share + 1) - calls**2 / 4
        for answer, points in ((right, 2), (right * Fraction(102, 100), 0)):
            assert score(made, {"RESPONSE": str(float(answer))}, seed).score == points
        seen.add((calls, share))
    assert len(seen) > 6


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"formula": "gamma({calls})"}, "Its formula uses gamma(), which QTI does not calculate."),
        ({"formula": "{calls} % 2"}, "in its formula is nothing that QTI calculates."),
        ({"formula": "{calls} +"}, "Its formula “{calls} +” cannot be read."),
        ({"variables": (Variable("calls"),)}, "The range that {calls} is drawn from is not said."),
        ({"variables": (Variable("calls", "2", "1"),), "tags": ()}, "The range of {calls} ends before it begins."),
        ({"numbers": ()}, "No formula earns all of the points."),
    ],
)
def test_what_qti_cannot_calculate_is_refused_with_its_reason(changes, reason):
    changes = {"general_feedback": Text(""), "tags": ()} | changes
    written = write_package([calculated(**changes)], "2.2")
    assert [str(finding).rpartition("[k] ")[2] for finding in written.findings if reason in str(finding)]
    assert written.data == b""


def template(rules: str, drawn: str = "A SUM") -> bytes:
    declared = "".join(
        f'<templateDeclaration identifier="{name}" cardinality="single" baseType="integer"/>' for name in drawn.split()
    )
    body = '<p>What is <printedVariable identifier="A"/> and one?<textEntryInteraction responseIdentifier="R"/></p>'
    return (
        item(
            body,
            '<responseDeclaration identifier="R" cardinality="single" baseType="integer"/>',
            '<responseProcessing template="http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_correct"/>',
        )
        .replace(b"<itemBody>", f"{declared}<templateProcessing>{rules}</templateProcessing><itemBody>".encode(), 1)
        .replace(b'identifier="R"', b'identifier="RESPONSE"')
        .replace(b'Identifier="R"', b'Identifier="RESPONSE"')
    )


DRAW = '<setTemplateValue identifier="A"><randomInteger min="3" max="9" step="2"/></setTemplateValue>'
SUM = (
    '<setTemplateValue identifier="SUM"><sum><variable identifier="A"/><baseValue baseType="integer">1</baseValue>'
    "</sum></setTemplateValue>"
    '<setCorrectResponse identifier="RESPONSE"><variable identifier="SUM"/></setCorrectResponse>'
)


def test_a_template_of_another_author_becomes_a_formula():
    question = one(template(DRAW + SUM), "t.xml")
    assert (question.kind, question.prompt) == (Kind.CALCULATED, Text("<p>What is {A} and one?</p>", Format.HTML))
    assert [number.value for number in question.numbers] == ["{A} + 1"]
    assert question.variables == (Variable("A", "3", "9", "0"),)
    assert question.tags == ("range:A 3 9 2",)


@pytest.mark.parametrize(
    "more",
    [
        "<templateConstraint><gt><variable identifier='A'/><baseValue baseType='integer'>4</baseValue></gt>"
        "</templateConstraint>",
        "<templateCondition><templateIf><gt><variable identifier='A'/><baseValue baseType='integer'>4</baseValue></gt>"
        "<setTemplateValue identifier='A'><baseValue baseType='integer'>3</baseValue></setTemplateValue></templateIf>"
        "</templateCondition>",
    ],
)
def test_a_template_that_does_more_is_fixed_to_one_draw(more):
    reading = read(template(DRAW + more + SUM), "t.xml")
    assert [question.kind for question in reading.questions] == [Kind.NUMERIC]
    assert [finding.message for finding in reading.findings] == ["Its drawn values are fixed to one draw."]


def test_formulas_that_refer_to_each_other_do_not_grow_for_ever():
    names = [f"S{at}" for at in range(60)]
    doubled = "".join(
        f'<setTemplateValue identifier="{name}"><sum><variable identifier="{last}"/><variable identifier="{last}"/>'
        "</sum></setTemplateValue>"
        for last, name in zip(["A", *names], names, strict=False)
    )
    reading = read(template(f"{DRAW}{doubled}{SUM}", f"A SUM {' '.join(names)}"), "t.xml")
    assert [question.kind for question in reading.questions] == [Kind.NUMERIC]


def test_nothing_is_read_that_was_not_drawn():
    """A key of its own beside the template: no formula explains it."""
    fixed = '<setCorrectResponse identifier="RESPONSE"><baseValue baseType="integer">4</baseValue></setCorrectResponse>'
    reading = read_data(template(DRAW + fixed, "A"), "t.xml", {})
    assert [question.numbers[0].value for question in reading.questions] == ["4"]
