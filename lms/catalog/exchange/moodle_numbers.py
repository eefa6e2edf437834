"""Moodle's questions of numbers: numerical, and calculated with drawn values."""

from dataclasses import replace

from lms.catalog.exchange.model import Format, Kind, Number, Option, Question, Tolerance, Unit, Variable
from lms.catalog.exchange.moodle_source import Source, feedback_of, said, text_of, weight_of
from lms.catalog.exchange.numerals import decimal_text, fraction, is_numeral
from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.xml_source import Element, local, place

MEASURES = {"1": Tolerance.RELATIVE, "2": Tolerance.ABSOLUTE, "3": Tolerance.GEOMETRIC}


def numerical(question: Question, source: Source) -> Question:
    numbers = tuple(_number(answer, source, question.prompt.format) for answer in source.children("answer"))
    if not any(number.weight > 0 for number in numbers):
        raise RefusedItem("No number earns points.")
    return replace(question, kind=Kind.NUMERIC, numbers=numbers, units=_units(source))


def _number(answer: Element, source: Source, form: Format) -> Number:
    words = said(answer).replace(",", ".") or "*"
    tolerance = said(answer, "tolerance") or "0"
    weight, feedback = weight_of(answer, source.file), feedback_of(answer, form)
    if words == "*":
        return Number("", weight=weight, feedback=feedback)
    if not is_numeral(words) or not is_numeral(tolerance) or fraction(tolerance) < 0:
        raise RefusedItem(
            f"“{words}” with the tolerance “{tolerance}” is not a number with a tolerance.", place(answer, source.file)
        )
    return Number(decimal_text(fraction(words)), decimal_text(fraction(tolerance)), weight, feedback)


def _units(source: Source) -> tuple[Unit, ...]:
    return tuple(
        Unit(said(unit, "unit_name"), said(unit, "multiplier") or "1")
        for units in source.children("units")
        for unit in units
        if local(unit) == "unit" and said(unit, "unit_name")
    )


def calculated(question: Question, source: Source) -> Question:
    """A formula over drawn values; `calculatedmulti` offers several formulas as options."""
    form = question.prompt.format
    name = source.element.get("type", "")
    variables = tuple(
        _variable(one)
        for definitions in source.children("dataset_definitions")
        for one in definitions
        if local(one) == "dataset_definition"
    )
    if not variables:
        raise RefusedItem("The values that the formula needs are not in the file.")
    extra = [("moodle_type", name)]
    answers = list(source.children("answer"))
    for setting in ("correctanswerformat", "correctanswerlength"):
        if answers and said(answers[0], setting):
            extra.append((setting, said(answers[0], setting)))
    question = replace(question, kind=Kind.CALCULATED, variables=variables, units=_units(source), extra=tuple(extra))
    if name == "calculatedmulti":
        options = tuple(
            Option(text_of(answer, form), weight_of(answer, source.file), feedback_of(answer, form), key=f"c{number}")
            for number, answer in enumerate(answers, start=1)
        )
        return replace(question, options=options)
    numbers = tuple(
        Number(
            said(answer),
            said(answer, "tolerance") or "0",
            weight_of(answer, source.file),
            feedback_of(answer, form),
            MEASURES.get(said(answer, "tolerancetype"), Tolerance.RELATIVE),
        )
        for answer in answers
    )
    return replace(question, numbers=numbers)


def _variable(element: Element) -> Variable:
    items = next((one for one in element if local(one) == "dataset_items"), None)
    return Variable(
        name=said(element, "name"),
        minimum=said(element, "minimum"),
        maximum=said(element, "maximum"),
        decimals=said(element, "decimals"),
        distribution=said(element, "distribution") or "uniform",
        values=tuple(said(item, "value") for item in items) if items is not None else (),
    )
