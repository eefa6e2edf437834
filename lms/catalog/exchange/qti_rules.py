"""Response processing, written: declarations and rules for the items that this program makes."""

from collections.abc import Sequence
from fractions import Fraction

from lxml import etree

from lms.catalog.exchange.numerals import decimal_text
from lms.catalog.exchange.xml_source import Element, writable

SCORE, MAXSCORE = "SCORE", "MAXSCORE"
FEEDBACK, VERDICT, GENERAL = "FEEDBACK", "FEEDBACKBASIC", "FEEDBACKGENERAL"


def response(
    identifier: str,
    base_type: str,
    cardinality: str,
    correct: Sequence[str] = (),
    mapped: Sequence[tuple[str, Fraction]] = (),
    *,
    lower: Fraction | None = None,
    upper: Fraction | None = None,
    is_case_sensitive: bool | None = None,
) -> Element:
    made = etree.Element("responseDeclaration", identifier=identifier, cardinality=cardinality, baseType=base_type)
    if correct:
        holder = etree.SubElement(made, "correctResponse")
        for value in correct:
            etree.SubElement(holder, "value").text = writable(value)
    if mapped:
        mapping = etree.SubElement(made, "mapping", defaultValue="0")
        for name, bound in (("lowerBound", lower), ("upperBound", upper)):
            if bound is not None:
                mapping.set(name, decimal_text(bound))
        for key, worth in mapped:
            entry = etree.SubElement(mapping, "mapEntry", mapKey=writable(key), mappedValue=decimal_text(worth))
            if is_case_sensitive is not None:
                entry.set("caseSensitive", str(is_case_sensitive).lower())
    return made


def outcome(identifier: str, base_type: str, default: str = "", cardinality: str = "single") -> Element:
    made = etree.Element("outcomeDeclaration", identifier=identifier, cardinality=cardinality, baseType=base_type)
    if default:
        etree.SubElement(etree.SubElement(made, "defaultValue"), "value").text = default
    return made


def expression(name: str, *children: Element, **attributes: str) -> Element:
    made = etree.Element(name, **attributes)
    made.extend(children)
    return made


def variable(identifier: str) -> Element:
    return etree.Element("variable", identifier=identifier)


def literal(base_type: str, value: str) -> Element:
    made = etree.Element("baseValue", baseType=base_type)
    made.text = writable(value)
    return made


def set_outcome(identifier: str, value: Element) -> Element:
    return expression("setOutcomeValue", value, identifier=identifier)


def condition(*branches: tuple[Element | None, Sequence[Element]]) -> Element:
    """If, else if …, and the branch without a condition last."""
    made = etree.Element("responseCondition")
    for number, (test, rules) in enumerate(branches):
        name = "responseElse" if test is None else "responseIf" if number == 0 else "responseElseIf"
        branch = etree.SubElement(made, name)
        if test is not None:
            branch.append(test)
        branch.extend(rules)
    return made


def verdict() -> Element:
    """Right, partly right or wrong, by the score."""
    # Three thirds make less than a whole where points are added as floats.
    full = expression("gte", expression("sum", variable(SCORE), literal("float", "0.0001")), variable(MAXSCORE))
    some = expression("gt", variable(SCORE), literal("float", "0"))
    return condition(
        (full, [set_outcome(VERDICT, literal("identifier", "correct"))]),
        (some, [set_outcome(VERDICT, literal("identifier", "partial"))]),
        (None, [set_outcome(VERDICT, literal("identifier", "incorrect"))]),
    )
