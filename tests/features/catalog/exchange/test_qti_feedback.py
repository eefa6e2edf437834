"""Feedback of QTI items: to the answers, levels and gaps that bring it, whatever the rules look like."""

from fractions import Fraction

from lms.catalog.exchange.model import Kind
from tests.features.catalog.exchange.material import item, one, read
from tests.features.catalog.exchange.test_qti import choices, declared, interaction, mapping

OUTCOME = '<outcomeDeclaration identifier="FB" cardinality="multiple" baseType="identifier"/>'
MAPPED = "<setOutcomeValue identifier='SCORE'><mapResponse identifier='RESPONSE'/></setOutcomeValue>"
RIGHT = "<match><variable identifier='RESPONSE'/><correct identifier='RESPONSE'/></match>"


def shown_if(test, name, *, otherwise=""):
    """A rule that adds a feedback's name to the outcome, or another one where the test fails."""
    other = f"<responseElse>{_adding(otherwise)}</responseElse>" if otherwise else ""
    return f"<responseCondition><responseIf>{test}{_adding(name)}</responseIf>{other}</responseCondition>"


def _adding(name):
    return (
        "<setOutcomeValue identifier='FB'><multiple><variable identifier='FB'/>"
        f"<baseValue baseType='identifier'>{name}</baseValue></multiple></setOutcomeValue>"
    )


def scored(sign, points):
    return f"<{sign}><variable identifier='SCORE'/><baseValue baseType='float'>{points}</baseValue></{sign}>"


def has(value, base_type="identifier", name="RESPONSE"):
    return f"<member><baseValue baseType='{base_type}'>{value}</baseValue><variable identifier='{name}'/></member>"


def says(name, words, *, tag="modalFeedback", show="show"):
    return f'<{tag} outcomeIdentifier="FB" identifier="{name}" showHide="{show}">{words}</{tag}>'


def rules(*parts, feedback=""):
    return f"<responseProcessing>{''.join(parts)}</responseProcessing>{feedback}"


def of_three(processing, reader=one):
    """Two right ones for a point each, a wrong one that costs a point."""
    declaration = declared(cardinality="multiple", correct=("A", "B"), inside=mapping(A=1, B=1, C=-1)) + OUTCOME
    body = interaction("choiceInteraction", choices("A", "B", "C"), maxChoices=0)
    return reader(item(body, declaration, processing), "i.xml")


def test_by_what_an_answer_is_worth():
    question = of_three(
        rules(
            MAPPED,
            shown_if(scored("gte", 2), "x1", otherwise="x2"),
            shown_if("<not><isNull><variable identifier='RESPONSE'/></isNull></not>", "x3"),
            feedback=says("x1", "All") + says("x2", "Not all") + says("x3", "Read on") + says("x3", "Page 4"),
        )
    )
    assert question.correct_feedback.text == "All"
    assert (question.partial_feedback.text, question.incorrect_feedback.text) == ("Not all", "Not all")
    # Two that show together are both kept.
    assert question.general_feedback.text == "Read on\nPage 4"


def test_what_is_chosen_among_others_brings_its_own():
    question = of_three(rules(MAPPED, shown_if(has("C"), "x1"), feedback=says("x1", "Not c")))
    assert [option.feedback.text for option in question.options] == ["", "", "Not c"]


def test_what_shows_for_some_of_the_partly_right_is_taken_and_said():
    reading = of_three(
        rules(
            MAPPED,
            shown_if(scored("lt", 1), "few"),
            shown_if(has("A"), "a", otherwise="not-a"),
            feedback=says("few", "Nothing right") + says("not-a", "Have another look at a"),
        ),
        reader=read,
    )
    [question] = reading.questions
    assert question.incorrect_feedback.text == "Nothing right"
    assert question.partial_feedback.text == ""
    [lost] = reading.findings
    assert "“not-a” depends on rules that nothing here can say" in lost.message


def test_the_only_one_for_some_of_the_partly_right_is_taken_for_all_and_said():
    half = f"<and>{scored('gt', 0)}{has('B')}<not>{RIGHT}</not></and>"
    reading = of_three(rules(MAPPED, shown_if(half, "some"), feedback=says("some", "Half the way")), reader=read)
    assert reading.questions[0].partial_feedback.text == "Half the way"
    assert "for some of them only" in reading.findings[0].message


def test_between_the_words_it_goes_to_the_answers_of_its_gap():
    names = ("R1", "R2")
    body = "<p>{} and {} {}</p>".format(
        *(
            f'<inlineChoiceInteraction responseIdentifier="{name}">{choices("A", "B", name="inlineChoice")}'
            "</inlineChoiceInteraction>"
            for name in names
        ),
        says("ok", "Well chosen", tag="feedbackInline") + says("ok", "Rather a", tag="feedbackInline", show="hide"),
    )
    match = "<match><variable identifier='{0}'/><correct identifier='{0}'/></match>"
    point = (
        "<setOutcomeValue identifier='SCORE'><sum><variable identifier='SCORE'/>"
        "<baseValue baseType='float'>1</baseValue></sum></setOutcomeValue>"
    )
    declarations = "".join(declared(correct="A", identifier=name) for name in names) + OUTCOME
    processing = rules(
        *(
            f"<responseCondition><responseIf>{match.format(name)}{point}</responseIf></responseCondition>"
            for name in names
        ),
        shown_if(match.format("R2"), "ok"),
    )
    question = one(item(body, declarations, processing), "i.xml")
    assert question.kind is Kind.CLOZE
    said = [[option.feedback.text for option in gap.options] for gap in question.gaps]
    assert said == [["", ""], ["Well chosen", "Rather a"]]


def test_a_pair_and_an_area_bring_theirs():
    sets = "".join(
        f"<simpleMatchSet>{choices(*keys, name='simpleAssociableChoice')}</simpleMatchSet>" for keys in ("AB", "KL")
    )
    declaration = declared(
        "directedPair",
        "multiple",
        inside="<mapping><mapEntry mapKey='A K' mappedValue='1'/><mapEntry mapKey='B L' mappedValue='1'/></mapping>",
    )
    processing = rules(MAPPED, shown_if(has("A K", "directedPair"), "ak"), feedback=says("ak", "a goes with k"))
    question = one(item(interaction("matchInteraction", sets), declaration + OUTCOME, processing), "i.xml")
    assert [(pair.left_key, pair.right_key, pair.feedback.text) for pair in question.pairs] == [
        ("A", "K", "a goes with k"),
        ("B", "L", ""),
    ]

    spots = '<object data="map.png" type="image/png"/>' + "".join(
        f'<hotspotChoice identifier="{key}" shape="circle" coords="{at},10,5"/>' for key, at in (("A", 10), ("B", 40))
    )
    processing = rules(
        "<responseCondition><responseIf>" + RIGHT + "<setOutcomeValue identifier='SCORE'><baseValue baseType='float'>1"
        "</baseValue></setOutcomeValue></responseIf></responseCondition>",
        shown_if("<match><variable identifier='RESPONSE'/><baseValue baseType='identifier'>B</baseValue></match>", "b"),
        feedback=says("b", "That is the river"),
    )
    body = interaction("hotspotInteraction", spots, maxChoices=1)
    question = one(item(body, declared(correct="A") + OUTCOME, processing), "i.xml")
    assert [zone.weight for zone in question.zones] == [Fraction(1), Fraction(0)]
    assert question.incorrect_feedback.text == "That is the river"


def test_of_several_in_an_option_the_one_that_shows_when_it_is_chosen():
    inside = (
        '<simpleChoice identifier="A">a'
        + says("A", "Yes", tag="feedbackInline")
        + says("A", "You missed this", tag="feedbackInline", show="hide")
        + "</simpleChoice>"
        + choices("B", "C")
    )
    single = OUTCOME.replace("multiple", "single")
    processing = rules("<setOutcomeValue identifier='FB'><variable identifier='RESPONSE'/></setOutcomeValue>")
    question = one(item(interaction("choiceInteraction", inside), declared(correct="A") + single, processing), "i.xml")
    assert [(option.text.text, option.feedback.text) for option in question.options] == [
        ("a", "Yes"),
        ("b", ""),
        ("c", ""),
    ]


def test_each_part_of_a_larger_item_keeps_its_own():
    body = (
        interaction("choiceInteraction", choices("A", "B", "C"), maxChoices=1)
        + '<extendedTextInteraction responseIdentifier="WHY"/>'
        + says("b", "Think again", tag="feedbackBlock")
    )
    declarations = declared(correct="A") + declared("string", identifier="WHY") + OUTCOME
    processing = rules(
        shown_if("<match><variable identifier='RESPONSE'/><baseValue baseType='identifier'>B</baseValue></match>", "b")
    )
    question = one(item(body, declarations, processing), "i.xml")
    choice, essay = question.parts
    assert [option.feedback.text for option in choice.options] == ["", "Think again", ""]
    assert (essay.kind, essay.general_feedback.text) == (Kind.ESSAY, "")


def test_without_anything_to_answer_it_is_said_to_be_lost():
    body = "<p>Read this.</p>" + says("x", "And this", tag="feedbackBlock")
    [finding] = read(item(body, OUTCOME), "i.xml").findings
    assert "“x” depends on rules" in finding.message
