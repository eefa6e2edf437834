"""QTI's rules carried out: the published cases, and what they leave open."""

import json
from fractions import Fraction

import pytest
from lxml import etree

from lms.catalog.exchange.cases import BadCases, read_cases, run
from lms.catalog.exchange.qti_item import item_of
from lms.catalog.exchange.qti_processing import score
from lms.catalog.exchange.qti_values import as_json
from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.xml_source import parse
from tests.features.catalog.exchange.material import MAP, MATCH, item, needs_shared, shared, shared_files

CHOICE = (
    '<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">{}</responseDeclaration>'
)


def loaded(data: bytes):
    return item_of(parse(data, "item.xml"), "item.xml")


def outcome(expression: str, base_type: str = "float", responses=None, declarations: str = "", cardinality="single"):
    """What an expression comes to, through an outcome of this type."""
    rules = f"<responseProcessing><setOutcomeValue identifier='O'>{expression}</setOutcomeValue></responseProcessing>"
    declared = f"<outcomeDeclaration identifier='O' cardinality='{cardinality}' baseType='{base_type}'/>"
    scored = score(loaded(item("<p/>", declarations + declared, rules)), responses or {})
    return as_json(scored.outcomes["O"])


def number(value, base_type="float"):
    return f"<baseValue baseType='{base_type}'>{value}</baseValue>"


NEAR = (
    f"<responseCondition><responseIf><equal toleranceMode='absolute' tolerance='{{}}'>{number(1)}{number(1)}</equal>"
    "</responseIf></responseCondition>"
)


@needs_shared
@pytest.mark.parametrize(
    "path", shared_files("qti/pie-qti-conformance", "cases.json"), ids=lambda path: path.parent.name
)
def test_every_published_case_gives_its_outcomes(path):
    cases, seed = read_cases(path.read_text(encoding="utf-8"))
    published = loaded((path.parent / "item.xml").read_bytes())
    results = [run(published, case, seed) for case in cases]
    assert results
    for result in results:
        if result.case.is_expected_to_fail:
            assert result.error, f"{result.case.name} is expected to be refused"
        else:
            assert (result.error, result.disagreements) == ("", ())


@needs_shared
@pytest.mark.parametrize(
    ("name", "report", "points"),
    [
        ("2gaps", "2gaps-result-correct-1", 1),
        ("2gaps", "2gaps-result-correct-2", 1),
        ("2gaps", "2gaps-result-incorrect-1", 0),
        ("2gaps", "2gaps-result-incorrect-2", 0),
        ("2gaps-workaround", "2gaps-result-correct-1", 1),
        ("2gaps-workaround", "2gaps-result-incorrect-3", 0),
        ("hs", "hs-result-correct-1", 1),
        ("hs", "hs-result-correct-2", 1),
        ("hs", "hs-result-incorrect-1", 0),
        ("hs", "hs-result-incorrect-2", 0),
        ("hs-workaround", "hs-result-correct-1", 1),
        ("hs-workaround", "hs-result-incorrect-1", 0),
        ("gap-match-item", "gap-match-result", 1),
        ("gap-match-item", "gap-match-result-fout", 0),
        ("sum_item", "sum_result", 1),
        ("e726a093-a5dd-456e-8cc4-fd987cd05438", "result_numeric", 3),
    ],
)
def test_reported_responses_earn_what_their_file_says(name, report, points):
    folder = shared("qti", "citolab-scoring", "30", "ResponseProcessing")
    scored_item = loaded((folder / f"{name}.xml").read_bytes())
    given = etree.parse(folder / f"{report}.xml")
    responses = {
        one.get("identifier"): [value.text for value in one.iter("{*}value")]
        for one in given.iter("{*}responseVariable")
        if one.get("identifier") in scored_item.responses
    }
    assert score(scored_item, responses).score == points


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (f"<sum>{number('0.1')}{number('0.2')}</sum>", 0.3),
        (f"<product>{number(3, 'integer')}{number(0.5)}</product>", 1.5),
        (f"<divide>{number(1)}{number(0)}</divide>", None),
        (f"<integerDivide>{number(-7, 'integer')}{number(2, 'integer')}</integerDivide>", -4),
        (f"<round>{number(-2.5)}</round>", -2),
        (f"<truncate>{number(-2.5)}</truncate>", -2),
        (f"<power>{number(2)}{number(0.5)}</power>", 2**0.5),
        (f"<power>{number(10)}{number(100000)}</power>", None),
        (f"<roundTo roundingMode='decimalPlaces' figures='1'>{number(0.25)}</roundTo>", 0.3),
        (f"<max>{number(1)}{number(3)}</max>", 3),
        (f"<sum>{number('1e999999999', 'string')}{number(1)}</sum>", None),
        ("<mathConstant name='pi'/>", 3.141592653589793),
        (f"<mathOperator name='log'>{number(-1)}</mathOperator>", None),
        (f"<statsOperator name='popSD'><multiple>{number(1)}{number(3)}</multiple></statsOperator>", 1),
    ],
)
def test_numbers(expression, value):
    assert outcome(expression) == (None if value is None else pytest.approx(value, abs=1e-12))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (f"<and>{number('true', 'boolean')}<null/></and>", None),
        (f"<and>{number('false', 'boolean')}<null/></and>", False),
        (f"<or>{number('true', 'boolean')}<null/></or>", True),
        ("<not><null/></not>", None),
        (f"<equal toleranceMode='absolute' tolerance='1 2'>{number(10)}{number(12)}</equal>", True),
        (
            "<equal toleranceMode='absolute' tolerance='1 2' includeUpperBound='false'>"
            f"{number(10)}{number(12)}</equal>",
            False,
        ),
        (f"<equal toleranceMode='relative' tolerance='10'>{number(10)}{number(9)}</equal>", True),
        (f"<equal toleranceMode='relative' tolerance='10'>{number(9)}{number(10)}</equal>", False),
        (f"<stringMatch caseSensitive='false'>{number('Ab', 'string')}{number('aB', 'string')}</stringMatch>", True),
        (f"<substring caseSensitive='true'>{number('bc', 'string')}{number('abcd', 'string')}</substring>", True),
        (f"<patternMatch pattern='[0-9]{{2}}'>{number('123', 'string')}</patternMatch>", False),
        (f"<inside shape='poly' coords='0,0,4,0,4,4,0,4'>{number('2 4', 'point')}</inside>", True),
        (f"<inside shape='ellipse' coords='0,0,4,2'>{number('4 1', 'point')}</inside>", False),
        (
            f"<contains><ordered>{number('a', 'identifier')}{number('b', 'identifier')}</ordered>"
            f"<ordered>{number('b', 'identifier')}{number('a', 'identifier')}</ordered></contains>",
            False,
        ),
    ],
)
def test_comparisons(expression, value):
    assert outcome(expression, "boolean") is value


def test_a_container_without_anything_is_nothing():
    assert outcome("<multiple><null/></multiple>", "integer", cardinality="multiple") is None


def test_an_area_counts_once_however_many_points_lie_in_it():
    declared = (
        '<responseDeclaration identifier="RESPONSE" cardinality="multiple" baseType="point"><areaMapping '
        'defaultValue="-1"><areaMapEntry shape="circle" coords="10,10,5" mappedValue="2"/></areaMapping>'
        "</responseDeclaration>"
    )
    rules = MAP.replace("map_response", "map_response_point")
    assert score(loaded(item("<p/>", declared, rules)), {"RESPONSE": ["10 10", "11 11", "90 90"]}).score == 1


def test_the_pairs_template_and_the_score_that_the_item_can_give():
    declared = CHOICE.format("<correctResponse><value>A</value></correctResponse>")
    declared += (
        '<outcomeDeclaration identifier="MAXSCORE" cardinality="single" baseType="float"><defaultValue>'
        "<value>3</value></defaultValue></outcomeDeclaration>"
    )
    scored = score(loaded(item("<p/>", declared, MATCH)), {"RESPONSE": "A"})
    assert (scored.score, scored.max_score) == (Fraction(1), Fraction(3))


def test_draws_repeat_with_their_seed_and_meet_the_constraints():
    template = (
        '<templateDeclaration identifier="N" cardinality="single" baseType="integer"/><templateProcessing>'
        '<setTemplateValue identifier="N"><randomInteger min="1" max="100"/></setTemplateValue>'
        "<templateConstraint><gt><variable identifier='N'/><baseValue baseType='integer'>90</baseValue></gt>"
        "</templateConstraint></templateProcessing>"
    )
    drawn = loaded(item('<p>N is <printedVariable identifier="N"/>.</p>', template))
    bodies = {score(drawn, {}, seed).body for seed in range(1, 40)}
    assert score(drawn, {}, 7).body == score(drawn, {}, 7).body
    assert len(bodies) > 3
    assert all(91 <= int(body.removeprefix("N is ").rstrip(".")) <= 100 for body in bodies)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ("<setOutcomeValue identifier='NONE'><null/></setOutcomeValue>", "used but not declared"),
        ("<setOutcomeValue identifier='SCORE'><magic/></setOutcomeValue>", "no expression that this program knows"),
        ("<doMagic/>", "no rule that this program knows"),
        ("<setOutcomeValue identifier='SCORE'><testVariables variableIdentifier='S'/></setOutcomeValue>", "whole test"),
        ("<lookupOutcomeValue identifier='SCORE'/>", "has no table"),
        (
            "<setOutcomeValue identifier='SCORE'><patternMatch pattern='(a+)+b'><baseValue baseType='string'>"
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</baseValue></patternMatch></setOutcomeValue>",
            "endless time",
        ),
        ("<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='rules.xml'/>", "must stand in the item"),
        (NEAR.format("1/0"), "is used but not declared"),
        (NEAR.format("1e999999999"), "is used but not declared"),
    ],
)
def test_rules_that_cannot_be_carried_out_are_refused_with_their_line(rules, reason):
    with pytest.raises(RefusedItem) as refused:
        score(loaded(item("<p/>", "", f"<responseProcessing>{rules}</responseProcessing>")), {})
    assert reason in refused.value.message
    assert str(refused.value.place) == "item.xml:6"


def test_rules_that_would_never_end_are_stopped():
    bomb = "<sum>" + "<baseValue baseType='integer'>1</baseValue>" * 9 + "</sum>"
    for _ in range(6):
        bomb = f"<repeat numberRepeats='9'>{bomb}</repeat>"
    with pytest.raises(RefusedItem, match="take too long"):
        outcome(f"<sum>{bomb}</sum>")


def test_an_unknown_operator_gives_nothing_and_is_named():
    rules = (
        "<responseProcessing><setOutcomeValue identifier='SCORE'><customOperator class='org.example.Op'/>"
        "</setOutcomeValue></responseProcessing>"
    )
    scored = score(loaded(item("<p/>", "", rules)), {})
    assert (scored.outcomes["SCORE"], scored.unknown_operators) == (None, ("org.example.Op",))


@pytest.mark.parametrize("words", ["{", "[1]", '{"cases": 1}', '{"cases": [{"responses": []}]}'])
def test_what_is_no_file_of_cases_is_said(words):
    with pytest.raises(BadCases):
        read_cases(words)


def test_a_case_that_does_not_agree_says_how():
    cases, seed = read_cases(
        json.dumps({"cases": [{"responses": {"RESPONSE": "B"}, "expect": {"score": 1, "outcomes": {"SCORE": 1}}}]})
    )
    declared = CHOICE.format("<correctResponse><value>A</value></correctResponse>")
    result = run(loaded(item("<p/>", declared, MATCH)), cases[0], seed)
    assert result.disagreements == ("SCORE is 0, not 1", "score is 0, not 1")
