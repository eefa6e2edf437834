"""QTI as systems really write it: keys turned round, rules in files of their own, values inside formulas."""

import pytest

from lms.catalog.exchange.model import Kind
from lms.catalog.exchange.reading import read_data
from tests.features.catalog.exchange.material import MATCH, item, one, read, refused
from tests.features.catalog.exchange.test_qti import choices, declared, interaction

PICK = interaction("choiceInteraction", choices("A", "B"), maxChoices=1)


def test_one_choice_is_single_even_if_the_response_could_hold_several():
    question = one(item(PICK, declared(cardinality="multiple", correct="B"), MATCH), "i.xml")
    assert (question.kind, [option.weight for option in question.options]) == (Kind.SINGLE, [0, 1])
    question = one(item(PICK, declared(cardinality="multiple", correct=("A", "B")), MATCH), "i.xml")
    assert question.kind is Kind.MULTIPLE


def test_a_key_that_names_what_is_not_offered_leaves_the_rules_to_say_what_is_right():
    test = "<member><baseValue baseType='identifier'>A</baseValue><variable identifier='RESPONSE'/></member>"
    award = "<setOutcomeValue identifier='SCORE'><baseValue baseType='float'>2</baseValue></setOutcomeValue>"
    rules = (
        f"<responseProcessing><responseCondition><responseIf>{test}{award}</responseIf></responseCondition>"
        "</responseProcessing>"
    )
    body = interaction("choiceInteraction", choices("A", "B"), maxChoices=0)
    question = one(item(body, declared(cardinality="multiple", correct=("ChoiceA",)), rules), "i.xml")
    assert ([option.weight for option in question.options], question.points) == ([1, 0], 2)


def test_pairs_that_name_the_place_first_are_turned_round():
    inside = '<gapText identifier="W" matchMax="1">rain</gapText><p>It will <gap identifier="G"/>.</p>'
    declaration = declared("directedPair", "multiple", correct=("G W",))
    reading = read(item(interaction("gapMatchInteraction", inside), declaration, MATCH), "i.xml")
    assert [[option.weight for option in gap.options] for gap in reading.questions[0].gaps] == [[1]]
    assert "turned round" in reading.findings[0].message


def test_a_drawn_value_stands_inside_a_formula():
    drawn = (
        '<templateDeclaration identifier="n" cardinality="single" baseType="integer" mathVariable="true"/>'
        '<templateDeclaration identifier="k" cardinality="single" baseType="identifier"/>'
        "<templateProcessing><setTemplateValue identifier='n'><randomInteger min='7' max='7'/></setTemplateValue>"
        "<setTemplateValue identifier='k'><baseValue baseType='identifier'>B</baseValue></setTemplateValue>"
        "<setCorrectResponse identifier='RESPONSE'><variable identifier='k'/></setCorrectResponse>"
        "</templateProcessing>"
    )
    math = '<p><m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:mi>n</m:mi><m:mo>+</m:mo><m:mi>x</m:mi></m:math></p>'
    [question] = read(item(math + PICK, declared() + drawn, MATCH), "i.xml").questions
    assert question.prompt.text == "<p><math><mn>7</mn><mo>+</mo><mi>x</mi></math></p>"
    assert [option.weight for option in question.options] == [0, 1]


RULES = b"""<responseProcessing xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1"><responseCondition><responseIf>
<match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>
<setOutcomeValue identifier="SCORE"><baseValue baseType="float">3</baseValue></setOutcomeValue>
</responseIf></responseCondition></responseProcessing>"""


@pytest.mark.parametrize("named", ['templateLocation="/rules/THREE.xml"', 'template="three"', 'template="x/three.xml"'])
def test_rules_in_a_file_of_the_package_are_carried_out(named):
    data = item(PICK, declared(correct="B"), f"<responseProcessing {named}/>")
    [question] = read_data(data, "items/i.xml", {"items/i.xml": data, "rules/Three.xml": RULES}).questions
    assert (question.points, [option.weight for option in question.options]) == (3, [0, 1])
    assert "“three” is none of the standard's and is not among the files" in refused(data, "i.xml")


def test_notes_for_who_scores_are_read_beside_the_body_too():
    note = '<rubricBlock view="scorer"><p>Two points for two causes.</p></rubricBlock>'
    body = interaction("extendedTextInteraction", "<prompt>Why?</prompt>")
    question = one(item(body, declared("string"), note), "i.xml")
    assert question.grader_notes.text == "<p>Two points for two causes.</p>"


@pytest.mark.parametrize("before", ["<?made by='hand'?>\n", "<!-- made by hand -->\n", ""])
def test_xml_is_known_by_its_beginning(before):
    data = (
        f"{before}<quiz><question type='description'><questiontext><text>Read.</text></questiontext></question></quiz>"
    )
    assert one(data, "bank.xml").kind is Kind.DESCRIPTION


def test_gift_may_begin_with_a_tag():
    assert one("<b>Two</b> and two? {=four ~five}", "questions.gift").kind is Kind.SINGLE


@pytest.mark.parametrize(
    ("root", "reason"), [("assessmentStimulus", "text that items share"), ("responseProcessing", "rules that items")]
)
def test_what_only_belongs_to_items_says_so(root, reason):
    assert reason in refused(f"<{root}/>", "file.xml")
