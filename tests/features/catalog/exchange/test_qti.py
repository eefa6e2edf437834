"""QTI items as questions: kinds, keys and weights by their own rules; QTI 3 names; packages and tests."""

import io
import zipfile
from fractions import Fraction

import pytest

from lms.catalog.exchange.model import GapKind, Kind, Tolerance
from lms.catalog.exchange.reading import read_data, read_path
from tests.features.catalog.exchange.material import MAP, MATCH, item, needs_shared, one, read, refused, shared


def declared(base_type="identifier", cardinality="single", correct=(), inside="", identifier="RESPONSE"):
    key = "".join(f"<value>{value}</value>" for value in correct)
    key = f"<correctResponse>{key}</correctResponse>" if key else ""
    return (
        f'<responseDeclaration identifier="{identifier}" cardinality="{cardinality}" baseType="{base_type}">'
        f"{key}{inside}</responseDeclaration>"
    )


def choices(*keys, name="simpleChoice"):
    return "".join(f'<{name} identifier="{key}">{key.lower()}</{name}>' for key in keys)


def interaction(name, inside, **attributes):
    named = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<{name} responseIdentifier="RESPONSE"{named}>{inside}</{name}>'


def mapping(**values):
    entries = "".join(f'<mapEntry mapKey="{key}" mappedValue="{value}"/>' for key, value in values.items())
    return f'<mapping defaultValue="0">{entries}</mapping>'


def award(points=1):
    return f"<setOutcomeValue identifier='SCORE'><baseValue baseType='float'>{points}</baseValue></setOutcomeValue>"


def rules_of(*conditions):
    """Response processing: (condition, what it brings)."""
    inside = "".join(
        f"<responseCondition><responseIf>{test}{brings}</responseIf></responseCondition>" for test, brings in conditions
    )
    return f"<responseProcessing>{inside}</responseProcessing>"


def test_a_choice_by_its_key():
    body = "<p>Pick.</p>" + interaction(
        "choiceInteraction", "<prompt>Which?</prompt>" + choices("A", "B"), maxChoices=1
    )
    question = one(item(body, declared(correct="B"), MATCH), "i.xml")
    assert (question.kind, question.prompt.text) == (Kind.SINGLE, "<p>Pick.</p>\nWhich?")
    assert [(option.key, option.text.text, option.weight) for option in question.options] == [
        ("A", "a", 0),
        ("B", "b", 1),
    ]


def test_a_choice_whose_key_only_its_rules_know():
    test = "<member><baseValue baseType='identifier'>B</baseValue><variable identifier='RESPONSE'/></member>"
    rules = rules_of((test, award(4)))
    question = one(item(interaction("choiceInteraction", choices("A", "B")), declared(), rules), "i.xml")
    assert [option.weight for option in question.options] == [0, 1]
    assert question.points == 4


def test_a_multiple_choice_with_what_wrong_ones_cost():
    answers = declared(cardinality="multiple", correct="AB", inside=mapping(A=1, B=2, C=-3))
    body = interaction("choiceInteraction", choices("A", "B", "C"), maxChoices=0)
    question = one(item(body, answers, MAP), "i.xml")
    assert [option.weight for option in question.options] == [Fraction(1, 3), Fraction(2, 3), -1]
    assert (question.points, question.is_all_or_nothing) == (3, False)


def test_a_multiple_choice_that_only_counts_whole():
    body = interaction("choiceInteraction", choices("A", "B", "C"), maxChoices=0)
    question = one(item(body, declared(cardinality="multiple", correct="AC"), MATCH), "i.xml")
    assert [option.weight for option in question.options] == [1, 0, 1]
    assert question.is_all_or_nothing


def test_an_order_a_match_and_an_associate():
    ordered = one(
        item(
            interaction("orderInteraction", choices("A", "B", "C")),
            declared(cardinality="ordered", correct="CAB"),
            MATCH,
        ),
        "i.xml",
    )
    assert [part.key for part in ordered.sequence] == ["C", "A", "B"]
    sets = "".join(
        f"<simpleMatchSet>{choices(*keys, name='simpleAssociableChoice')}</simpleMatchSet>" for keys in ("AB", "XYZ")
    )
    pairs = declared("directedPair", "multiple", ("A X", "B Z"))
    matched = one(item(interaction("matchInteraction", sets), pairs, MATCH), "i.xml")
    assert [(pair.left.text, pair.right.text) for pair in matched.pairs] == [("a", "x"), ("b", "z"), ("", "y")]
    things = choices("A", "B", "C", name="simpleAssociableChoice")
    associated = one(
        item(interaction("associateInteraction", things), declared("pair", "multiple", ("C A",)), MATCH), "i.xml"
    )
    assert (associated.kind, [{pair.left_key, pair.right_key} for pair in associated.pairs[:1]]) == (
        Kind.ASSOCIATE,
        [{"A", "C"}],
    )


def test_a_word_and_a_number_to_type():
    words = declared("string", correct=("York",), inside=mapping(York=1, york="0.5"))
    body = "<p>Sun of <textEntryInteraction responseIdentifier='RESPONSE'/> and more</p>"
    question = one(item(body, words, MAP), "i.xml")
    assert (question.kind, question.prompt.text, question.has_blank) == (
        Kind.SHORT,
        "<p>Sun of _____ and more</p>",
        True,
    )
    assert [(option.text.text, option.weight) for option in question.options] == [("York", 1), ("york", Fraction(1, 2))]
    assert question.is_case_sensitive
    test = "<equal toleranceMode='relative' tolerance='5 5'><correct identifier='RESPONSE'/>"
    rules = rules_of((test + "<variable identifier='RESPONSE'/></equal>", award()))
    body = "<p>How many?</p><p><textEntryInteraction responseIdentifier='RESPONSE'/></p>"
    number = one(item(body, declared("float", correct=("20",)), rules), "i.xml")
    assert (number.kind, number.prompt.text, number.has_blank) == (Kind.NUMERIC, "<p>How many?</p>", False)
    assert [(one.value, one.tolerance, one.measure, one.weight) for one in number.numbers] == [
        ("20", "0.05", Tolerance.RELATIVE, 1)
    ]


def test_drop_downs_in_a_text():
    body = (
        "<p>Ask <inlineChoiceInteraction responseIdentifier='RESPONSE'>"
        + choices("A", "B", name="inlineChoice")
        + "</inlineChoiceInteraction> then <textEntryInteraction responseIdentifier='R2'/>.</p>"
    )
    answers = declared(correct="A") + declared("string", correct=("wait",), identifier="R2")
    more = (
        award()
        .replace("<baseValue", "<sum><variable identifier='SCORE'/><baseValue")
        .replace("</baseValue>", "</baseValue></sum>")
    )
    tests = [
        f"<match><variable identifier='{name}'/><correct identifier='{name}'/></match>" for name in ("RESPONSE", "R2")
    ]
    rules = rules_of(*((test, more) for test in tests))
    question = one(item(body, answers, rules), "i.xml")
    assert (question.kind, question.prompt.text) == (Kind.CLOZE, "<p>Ask {{1}} then {{2}}.</p>")
    assert [(gap.kind, gap.points) for gap in question.gaps] == [(GapKind.CHOICE, 1), (GapKind.SHORT, 1)]


def test_a_declared_key_that_the_rules_contradict_is_seen():
    body = "".join(f"<p><textEntryInteraction responseIdentifier='{name}'/></p>" for name in ("RESPONSE", "R2"))
    answers = declared("integer", correct=("3",)) + declared("integer", correct=("8",), identifier="R2")
    tests = "".join(
        f"<equal><variable identifier='{name}'/><baseValue baseType='integer'>{value}</baseValue></equal>"
        for name, value in (("RESPONSE", 10), ("R2", 15))
    )
    rules = rules_of((f"<and>{tests}</and>", award()))
    reading = read(item(body, answers, rules), "i.xml")
    right = [[one.value for one in gap.numbers if one.weight] for gap in reading.questions[0].gaps]
    assert right == [["10"], ["15"]]
    assert "the one that the rules credit is taken" in reading.findings[0].message


def test_places_on_a_picture():
    picture = '<object data="map.png" type="image/png" width="100" height="50">A map</object>'
    spots = picture + (
        '<hotspotChoice identifier="A" shape="circle" coords="10,10,5"/>'
        '<hotspotChoice identifier="B" shape="rect" coords="20,20,30,30"/>'
    )
    hotspot = one(item(interaction("hotspotInteraction", spots, maxChoices=1), declared(correct="B"), MATCH), "i.xml")
    assert [(zone.shape, zone.coords, zone.weight) for zone in hotspot.zones] == [
        ("circle", ("10", "10", "5"), 0),
        ("rect", ("20", "20", "30", "30"), 1),
    ]
    assert dict(hotspot.extra)["background"] == "map.png"
    areas = '<areaMapping><areaMapEntry shape="circle" coords="10,10,5" mappedValue="2"/></areaMapping>'
    rules = MAP.replace("map_response", "map_response_point")
    pointed = one(
        item(interaction("selectPointInteraction", picture, maxChoices=1), declared("point", inside=areas), rules),
        "i.xml",
    )
    assert (pointed.kind, pointed.points, [zone.weight for zone in pointed.zones]) == (Kind.POINT, 2, [1])


def test_feedback_goes_where_the_rules_show_it():
    outcomes = '<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>'
    rules = (
        "<responseProcessing><responseCondition><responseIf><match><variable identifier='RESPONSE'/>"
        "<correct identifier='RESPONSE'/></match><setOutcomeValue identifier='SCORE'><baseValue baseType='float'>1"
        "</baseValue></setOutcomeValue></responseIf></responseCondition><setOutcomeValue identifier='FEEDBACK'>"
        "<variable identifier='RESPONSE'/></setOutcomeValue></responseProcessing>"
        "<modalFeedback outcomeIdentifier='FEEDBACK' identifier='B' showHide='show'>Not b</modalFeedback>"
        "<modalFeedback outcomeIdentifier='FEEDBACK' identifier='A' showHide='hide'>Not right</modalFeedback>"
    )
    inside = (
        '<simpleChoice identifier="A">a<feedbackInline outcomeIdentifier="FEEDBACK" identifier="A" showHide="show">Yes'
        "</feedbackInline></simpleChoice>" + choices("B", "C")
    )
    question = one(item(interaction("choiceInteraction", inside), declared(correct="A") + outcomes, rules), "i.xml")
    assert [(option.text.text, option.feedback.text) for option in question.options] == [
        ("a", "Yes"),
        ("b", "Not b"),
        ("c", ""),
    ]
    assert question.incorrect_feedback.text == "Not right"


@pytest.mark.parametrize(
    ("body", "answers", "attributes", "reason"),
    [
        ("<p/>", declared(), 'adaptive="true"', "adaptive"),
        ("<p/>", declared(), "", "shows no interaction"),
        ("<p/>", "", "", "shows nothing and asks nothing"),
        (interaction("customInteraction", ""), declared(), "", "<customInteraction> has no equal here"),
        (interaction("choiceInteraction", choices("A")), "", "", "is not declared"),
        (interaction("choiceInteraction", ""), declared(), "", "nothing to choose from"),
        (interaction("matchInteraction", ""), declared("directedPair"), "", "there must be two"),
        ("<p/>", declared("number"), "", "no base type of QTI"),
        ("<p/>", declared("integer", correct=("x",)), "", "does not fit the declaration"),
    ],
)
def test_items_without_an_equal_are_refused_with_the_reason(body, answers, attributes, reason):
    assert reason in refused(item(body, answers, attributes=attributes), "i.xml")


def test_an_item_scored_by_somebody_elses_operator_is_refused():
    rules = (
        "<responseProcessing><setOutcomeValue identifier='SCORE'><customOperator definition='urn:x:grade'>"
        "<variable identifier='RESPONSE'/></customOperator></setOutcomeValue></responseProcessing>"
    )
    sentence = refused(item(interaction("choiceInteraction", choices("A")), declared(correct="A"), rules), "i.xml")
    assert "custom operator “urn:x:grade”" in sentence


def test_what_stands_elsewhere_is_reported_as_lost():
    """Once for each text that would show it."""
    inside = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="table.xml"/>'
    body = f"<div>Look.{inside}</div>" + interaction("choiceInteraction", choices("A", "B"))
    stimulus = '<assessmentStimulusRef identifier="S" href="story.xml"/>'
    data = item(body, declared(correct="A"), MATCH).replace(b"<itemBody>", stimulus.encode() + b"<itemBody>")
    messages = [finding.message for finding in read(data, "i.xml").findings]
    assert messages == [
        "The part “table.xml” is to be included from elsewhere and is left out.",
        "The text beside it, “story.xml”, is left out.",
    ]


QTI3 = """<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="it" title="It">
<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="identifier">
<qti-correct-response><qti-value>B</qti-value></qti-correct-response></qti-response-declaration>
<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>
<qti-item-body><qti-choice-interaction response-identifier="RESPONSE" max-choices="1"><qti-prompt>Which?</qti-prompt>
<qti-simple-choice identifier="A">a</qti-simple-choice><qti-simple-choice identifier="B">b</qti-simple-choice>
</qti-choice-interaction></qti-item-body>
<qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"/>
</qti-assessment-item>"""


def test_qti_3_says_the_same_with_other_names():
    question = one(QTI3, "i.xml")
    assert (question.kind, question.prompt.text, [option.weight for option in question.options]) == (
        Kind.SINGLE,
        "Which?",
        [0, 1],
    )


def packed(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


MANIFEST = """<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="M"><resources>
<resource identifier="T" type="imsqti_test_xmlv2p2" href="test.xml"/>
<resource identifier="I1" type="imsqti_item_xmlv2p2" href="items/one.xml"><metadata><lom><general>
<keyword><string>closing</string></keyword></general></lom></metadata></resource>
<resource identifier="I2" type="imsqti_item_xmlv2p2" href="items/two.xml"/>
<resource identifier="I3" type="imsqti_item_xmlv2p2" href="items/three.xml"/>
<resource identifier="X" type="webcontent" href="items/map.png"/></resources></manifest>"""
TEST = """<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="T" title="Final">
<testPart identifier="P"><assessmentSection identifier="S" title="Second"><assessmentItemRef identifier="I2"
href="items/two.xml" category="hard"><weight identifier="W" value="2"/></assessmentItemRef></assessmentSection>
<assessmentSection identifier="F" title="First"><assessmentItemRef identifier="I1" href="items/one.xml"/>
<assessmentItemRef identifier="I9" href="items/nine.xml"/></assessmentSection></testPart></assessmentTest>"""


def test_a_package_gives_the_items_of_its_test_in_order_then_the_others(tmp_path):
    body = '<p><img src="map.png" alt="Map"/></p>' + interaction("choiceInteraction", choices("A", "B"))
    named = [
        item(body, declared(correct="A"), MATCH).replace(b'identifier="it"', f'identifier="{name}"'.encode())
        for name in ("one", "two", "three")
    ]
    path = tmp_path / "package.zip"
    path.write_bytes(
        packed(
            {
                "imsmanifest.xml": MANIFEST,
                "test.xml": TEST,
                "items/one.xml": named[0],
                "items/two.xml": named[1],
                "items/three.xml": named[2],
                "items/map.png": b"picture",
            }
        )
    )
    (reading,) = read_path(path)
    assert [(question.identifier, question.category) for question in reading.questions] == [
        ("two", "Final/Second"),
        ("one", "Final/First"),
        ("three", ""),
    ]
    assert reading.questions[0].tags == ("hard",)
    assert reading.questions[1].tags == ("closing",)
    assert dict(reading.questions[0].extra)["weight"] == "2"
    assert reading.questions[0].assets[0].data == b"picture"
    assert [(finding.place.line, finding.item) for finding in reading.refusals] == [(5, "I9")]


def test_a_test_alone_says_which_items_are_missing():
    reading = read_data(TEST.encode(), "test.xml", {})
    assert len(reading.refusals) == 3
    assert "not among the files" in reading.refusals[0].message


@needs_shared
@pytest.mark.parametrize(
    ("name", "kind", "weights"),
    [
        ("mapping_mapResponse", Kind.SINGLE, [1, Fraction(1, 2), 0]),
        ("qti22_basic_i9b_map_response", Kind.MULTIPLE, [Fraction(n, 6) for n in (1, 2, 5, -1, -2, -5)]),
        ("outcomeProcessing_outcomeCondition_equal", Kind.SINGLE, [1, 0]),
        ("contains_multiple", Kind.MULTIPLE, [1, 0]),
    ],
)
def test_weights_of_published_items(name, kind, weights):
    path = shared("qti", "pie-qti-conformance", name, "item.xml")
    (reading,) = read_path(path)
    assert reading.refusals == ()
    question = reading.questions[0]
    assert (question.kind, [option.weight for option in question.options]) == (kind, weights)


@needs_shared
def test_every_real_file_is_taken_or_refused_and_nothing_breaks():
    readings = read_path(shared("qti"))
    taken = [question for reading in readings for question in reading.questions]
    reasons = {finding.message.split(":")[0] for reading in readings for finding in reading.refusals}
    assert len(taken) == 49
    assert len([one for one in readings if one.format == "qti-1.2"]) == 46
    malformed = [
        finding for reading in readings for finding in reading.refusals if "not well-formed" in finding.message
    ]
    assert len(malformed) == 5
    assert all(finding.place.line for finding in malformed)
    assert reasons <= {
        "This is QTI 1.2, which is not read here",
        "This is not well-formed XML",
        "This reports results of an assessment; it holds no questions.",
        "It declares responses but shows no interaction to give them with. Its rules can still be scored.",
        "The package holds QTI 1.2, which is not read",
    } | {reason for reason in reasons if reason.startswith("The test names the item")}
