"""Questions with something to type or to put into gaps, in QTI."""

from collections.abc import Callable
from fractions import Fraction

from lxml import etree

from lms.catalog.exchange.gift import BLANK
from lms.catalog.exchange.model import Gap, GapKind, Number, Question, Text, Tolerance
from lms.catalog.exchange.numerals import decimal_text, fraction
from lms.catalog.exchange.qti_markup import put_at_marks, words_of
from lms.catalog.exchange.qti_parts import (
    RESPONSE,
    Parts,
    all_right,
    identifier_of,
    mapped_score,
    set_points,
    shuffled,
)
from lms.catalog.exchange.qti_rules import (
    FEEDBACK,
    SCORE,
    condition,
    expression,
    literal,
    response,
    set_outcome,
    variable,
)
from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.xml_source import Element


def short(parts: Parts) -> None:
    question = parts.question
    entry(parts)
    known = []
    for number, option in enumerate(question.options, start=1):
        if "*" in option.text.text:
            parts.changed.append(f"“{option.text.text}” stands for itself in QTI, not for other answers.")
        known.append((option.text.text, option.weight * question.points))
        if option.feedback:
            parts.answers[f"answer_{number}"] = option.feedback
    right = [option.text.text for option in question.options if option.weight == 1][:1]
    parts.responses.append(
        response(RESPONSE, "string", "single", right, known, is_case_sensitive=question.is_case_sensitive)
    )
    parts.rules.append(mapped_score())
    if parts.answers:
        parts.rules.append(condition(*(_said(question, number) for number in range(1, len(question.options) + 1))))


def _said(question: Question, number: int) -> tuple[Element, list[Element]]:
    """The answer is this one; then its feedback."""
    option = question.options[number - 1]
    exact = str(question.is_case_sensitive).lower()
    test = expression("stringMatch", variable(RESPONSE), literal("string", option.text.text), caseSensitive=exact)
    return test, [set_outcome(FEEDBACK, literal("identifier", f"answer_{number}"))] if option.feedback else []


def entry(parts: Parts) -> None:
    """The box to type in, at the blank of the prompt or after it."""
    question = parts.question
    if question.has_blank and BLANK in question.prompt.text:
        before, _, after = question.prompt.text.partition(BLANK)
        box = parts.prompt(Text(f"{before}{{{{entry}}}}{after}", question.prompt.format))
        put_at_marks(box, {"entry": etree.Element("textEntryInteraction", responseIdentifier=RESPONSE)})
        return
    parts.prompt()
    holder = etree.SubElement(parts.body, "div")
    etree.SubElement(holder, "textEntryInteraction", responseIdentifier=RESPONSE)


def numeric(parts: Parts) -> None:
    question = parts.question
    entry(parts)
    right = [number.value for number in question.numbers if number.weight == 1 and number.value][:1]
    parts.responses.append(response(RESPONSE, "float", "single", right))
    score_numbers(parts, lambda number: literal("float", number.value))


def score_numbers(parts: Parts, accepted: Callable[[Number], Element]) -> None:
    """The rules of the numbers to type; `accepted` gives the right value of one."""
    question = parts.question
    branches = []
    for at, number in enumerate(question.numbers, start=1):
        if not number.value:
            if number.weight:
                branches.append((None, [set_points(number.weight * question.points)]))
            if number.feedback:
                parts.lost.append("feedback for every other number.")
            continue
        rules = [set_points(number.weight * question.points)]
        if number.feedback:
            parts.answers[f"answer_{at}"] = number.feedback
            rules.append(set_outcome(FEEDBACK, literal("identifier", f"answer_{at}")))
        branches.append((_within(number, value=accepted(number)), rules))
    if branches:
        parts.rules.append(condition(*branches))
    if question.units:
        parts.lost.append("its units.")


def _within(number: Number, identifier: str = RESPONSE, value: Element | None = None) -> Element:
    """The accepted number first: a relative tolerance is a share of the first operand."""
    mode = "absolute" if number.measure is Tolerance.ABSOLUTE else "relative"
    reach = number.tolerance if mode == "absolute" else decimal_text(fraction(number.tolerance) * 100)
    right = literal("float", number.value) if value is None else value
    return expression("equal", right, variable(identifier), toleranceMode=mode, tolerance=f"{reach} {reach}")


def cloze(parts: Parts) -> None:
    question = parts.question
    made: dict[str, Element] = {}
    tests: list[Element] = []
    for number, gap in enumerate(question.gaps, start=1):
        identifier = f"{RESPONSE}_{number}"
        made[gap.key] = _gap(parts, gap, identifier)
        if question.is_all_or_nothing:
            tests.append(_gap_test(gap, identifier))
        else:
            parts.rules.append(_gap_rule(gap, identifier))
        if any(one.feedback for one in gap.options) or any(one.feedback for one in gap.numbers):
            parts.lost.append(f"feedback of the answers in gap {gap.key}.")
    if tests:
        parts.rules.append(condition((expression("and", *tests), [set_points(question.points)])))
    box = parts.prompt()
    missing = set(made) - put_at_marks(box, made)
    if missing:
        raise RefusedItem(f"The prompt does not show the gap {min(missing)}.")
    if len(question.gaps) == 1 and question.gaps[0].kind is not GapKind.CHOICE:
        parts.changed.append("In QTI a text with one gap to type in is a question with one answer.")


def _gap(parts: Parts, gap: Gap, identifier: str) -> Element:
    if gap.kind is GapKind.MULTIPLE:
        raise RefusedItem("QTI has no gap in which several options may be right.")
    if gap.kind is GapKind.NUMERIC:
        right = [number.value for number in gap.numbers if number.weight == 1 and number.value][:1]
        parts.responses.append(response(identifier, "float", "single", right))
        return etree.Element("textEntryInteraction", responseIdentifier=identifier)
    if gap.kind is GapKind.SHORT:
        known = [(option.text.text, option.weight * gap.points) for option in gap.options]
        right = [option.text.text for option in gap.options if option.weight == 1][:1]
        parts.responses.append(
            response(identifier, "string", "single", right, known, is_case_sensitive=gap.is_case_sensitive)
        )
        return etree.Element("textEntryInteraction", responseIdentifier=identifier)
    node = etree.Element("inlineChoiceInteraction", responseIdentifier=identifier, shuffle="false")
    keys = [identifier_of(option.key, number) for number, option in enumerate(gap.options, start=1)]
    for key, option in zip(keys, gap.options, strict=True):
        etree.SubElement(node, "inlineChoice", identifier=key).text = words_of(option.text)
    weighed = list(zip(keys, gap.options, strict=True))
    right = [key for key, option in weighed if option.weight == 1][:1]
    mapped = [(key, option.weight * gap.points) for key, option in weighed if option.weight]
    parts.responses.append(response(identifier, "identifier", "single", right, mapped))
    return node


def _gap_rule(gap: Gap, identifier: str) -> Element:
    if gap.kind is GapKind.NUMERIC:
        return condition(
            *(
                (
                    _within(number, identifier),
                    [_add(literal("float", decimal_text(number.weight * gap.points)))],
                )
                for number in gap.numbers
                if number.value
            )
        )
    return _add(etree.Element("mapResponse", identifier=identifier))


def _add(value: Element) -> Element:
    return set_outcome(SCORE, expression("sum", variable(SCORE), value))


def _gap_test(gap: Gap, identifier: str) -> Element:
    if gap.kind is GapKind.NUMERIC:
        tests = [_within(number, identifier) for number in gap.numbers if number.weight == 1 and number.value]
    elif gap.kind is GapKind.SHORT:
        exact = str(gap.is_case_sensitive).lower()
        tests = [
            expression("stringMatch", variable(identifier), literal("string", option.text.text), caseSensitive=exact)
            for option in gap.options
            if option.weight == 1
        ]
    else:
        right = [identifier_of(one.key, at) for at, one in enumerate(gap.options, start=1) if one.weight == 1]
        tests = [expression("match", variable(identifier), literal("identifier", key)) for key in right]
    if not tests:
        raise RefusedItem(f"The gap {gap.key} has no right answer.")
    return tests[0] if len(tests) == 1 else expression("or", *tests)


def gap_match(parts: Parts) -> None:
    question = parts.question
    if question.zones:
        raise RefusedItem("Labels on a picture are read from QTI but not written.")
    node = parts.interaction("gapMatchInteraction", shuffle="false")
    node.attrib.update(shuffled(question))
    for option in question.options:
        key = identifier_of(option.key)
        etree.SubElement(node, "gapText", identifier=key, matchMax="0").text = words_of(option.text)
    box = etree.SubElement(node, "div")
    parts.text(box, question.prompt)
    made = {gap.key: etree.Element("gap", identifier=identifier_of(gap.key)) for gap in question.gaps}
    missing = set(made) - put_at_marks(box, made)
    if missing:
        raise RefusedItem(f"The prompt does not show the gap {min(missing)}.")
    weighed = [
        (f"{identifier_of(option.key)} {identifier_of(gap.key)}", option.weight * gap.points)
        for gap in question.gaps
        for option in gap.options
        if option.weight > 0
    ]
    if any(len(gap.options) != len(question.options) for gap in question.gaps):
        parts.changed.append("In QTI every gap offers every word.")
    named = [name for name, _ in weighed]
    if question.is_all_or_nothing:
        parts.responses.append(response(RESPONSE, "directedPair", "multiple", named))
        parts.rules.append(all_right(question))
        return
    total = sum((weight for _, weight in weighed), Fraction(0)) or Fraction(1)
    mapped = [(name, weight * question.points / total) for name, weight in weighed]
    parts.responses.append(response(RESPONSE, "directedPair", "multiple", named, mapped, upper=question.points))
    parts.rules.append(mapped_score())
