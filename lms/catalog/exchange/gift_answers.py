"""What stands between the braces of a GIFT question."""

import re
from collections.abc import Callable
from fractions import Fraction

from lms.catalog.exchange.gift_text import clean, find, read_text, split
from lms.catalog.exchange.model import NO_TEXT, Format, Kind, Number, Option, Pair, Place, Text
from lms.catalog.exchange.numerals import decimal_text, fraction, is_numeral, weight_of_percent
from lms.catalog.exchange.report import RefusedItem

Where = Callable[[int], Place]
_WEIGHT = re.compile(r"\s*%([^%]*)%")
_ORDER = re.compile(
    r"""\s*>\s*\d+\b\s*
    (?:(?:ALL|EXACT|RANDOM|REL|CONTIGUOUS|CONTIG)\b\s*)?
    (?:(?:HORIZONTAL|HORI|H|VERTICAL|VERT|V|[01])\b\s*)?
    (?:(?P<grading>ALL_OR_NOTHING|ABSOLUTE_POSITION|ABSOLUTE|ABS|RELATIVE\w*|REL|LONGEST_\w+)\b\s*)?
    (?:(?:SHOW|TRUE|YES|1|HIDE|FALSE|NO|0)\b\s*)?
    (?:(?:none|123|abc|ABCD|iii|IIII)\b)?[ \t]*\n""",
    re.VERBOSE,
)


def choices(raw: str, where: Where, form: Format) -> tuple[Kind, tuple[Option, ...]]:
    """Options of a single or, without any `=`, of a multiple choice."""
    parts = _parts(raw, "=~", where)
    options = []
    for number, (letter, body, begin) in enumerate(parts, start=1):
        weight, rest = _weight(body, where, begin)
        if weight is None:
            weight = Fraction(1 if letter == "=" else 0)
        text, feedback = _text_and_feedback(rest, form)
        if not text:
            if weight == 0 and not feedback:
                continue  # a ~ too many, which Moodle passes over, too
            raise RefusedItem(f"There is nothing to choose after this {letter}.", where(begin))
        options.append(Option(text, weight, feedback, key=f"c{number}"))
    kind = Kind.SINGLE if any(letter == "=" for letter, _, _ in parts) else Kind.MULTIPLE
    if not any(option.weight > 0 for option in options):
        raise RefusedItem("No option earns points: mark a right one with = or give weights such as ~%50%.", where(0))
    return kind, tuple(options)


def accepted(raw: str, where: Where, form: Format) -> tuple[Option, ...]:
    """The accepted answers of a short text; a single one needs no `=`."""
    if find(raw, "=") < 0:
        text, feedback = _text_and_feedback(raw, form)
        return (Option(text, Fraction(1), feedback),)
    options = []
    for _, body, begin in _parts(raw, "=", where):
        weight, rest = _weight(body, where, begin)
        text, feedback = _text_and_feedback(rest, form)
        if not text:
            raise RefusedItem("There is no answer after this =.", where(begin))
        options.append(Option(text, Fraction(1) if weight is None else weight, feedback))
    if not any(option.weight > 0 for option in options):
        raise RefusedItem("No answer earns points.", where(0))
    return tuple(options)


def pairs(raw: str, where: Where, form: Format) -> tuple[Pair, ...]:
    found: list[Pair] = []
    keys: dict[str, str] = {}
    for number, (_, body, begin) in enumerate(_parts(raw, "=", where), start=1):
        arrow = find(body, "->")
        if arrow < 0:
            raise RefusedItem("Each pair of a matching question needs an arrow ->.", where(begin))
        left = read_text(body[:arrow], form) or NO_TEXT
        right = Text(clean(body[arrow + 2 :], Format.PLAIN), Format.PLAIN)
        if not right:
            raise RefusedItem("There is nothing after this arrow.", where(begin + arrow))
        key = keys.setdefault(right.text, f"r{len(keys) + 1}")
        found.append(Pair(left, right, left_key=f"l{number}" if left else "", right_key=key))
    if not any(pair.left for pair in found):
        raise RefusedItem("No pair has a left side.", where(0))
    return tuple(found)


def order(raw: str, where: Where, form: Format) -> tuple[tuple[Option, ...], bool]:
    """The lines after the settings of Moodle's ordering type, as they belong, and whether they count as a whole."""
    head = _ORDER.match(raw)
    if head is None:
        raise RefusedItem("After > an order has a number, its settings, and then one part on each line.", where(0))
    lines = [line for line in raw[head.end() :].split("\n") if line.strip()]
    if len(lines) < 2:
        raise RefusedItem("An order has at least two parts.", where(0))
    parts = tuple(Option(read_text(line, form), key=f"c{number}") for number, line in enumerate(lines, start=1))
    return parts, head["grading"] == "ALL_OR_NOTHING"


def true_false(raw: str, is_true: bool, form: Format, *, is_export: bool) -> tuple[Option, ...]:
    """Feedback by position: the first for “true”, the second for “false”.

    Moodle itself writes the one for the wrong answer first, so in its exports (`is_export`) a true statement has them
    the other way round.
    """
    parts = [body for _, body, _ in split(raw, "#")][1:]
    first, second = (read_text(part, form) if part.strip() else NO_TEXT for part in (*parts, "", "")[:2])
    if is_export and is_true:
        first, second = second, first
    return (
        Option(Text("True", Format.PLAIN), Fraction(int(is_true)), first, key="true"),
        Option(Text("False", Format.PLAIN), Fraction(int(not is_true)), second, key="false"),
    )


def numbers(raw: str, where: Where, form: Format) -> tuple[Number, ...]:
    """`value`, `value:tolerance`, `low..high`, several with `=`; what follows `~` answers every other number."""
    found = []
    parts = [part for part in split(raw, "=~") if part[0] or part[1].strip()]
    for letter, body, begin in parts:
        weight, rest = _weight(body, where, begin)
        value, feedback = _split_feedback(rest, form)
        shown = clean(value, Format.PLAIN)
        if letter == "~" or shown == "*":
            found.append(Number("", weight=Fraction(0) if weight is None else weight, feedback=feedback))
            continue
        middle, tolerance = _number(shown, where(begin))
        found.append(Number(middle, tolerance, Fraction(1) if weight is None else weight, feedback))
    if not any(number.weight > 0 for number in found):
        raise RefusedItem("No number earns points.", where(0))
    return tuple(found)


def _number(shown: str, place: Place) -> tuple[str, str]:
    low, dots, high = shown.partition("..")
    if dots:
        if not (is_numeral(low.strip()) and is_numeral(high.strip())):
            raise RefusedItem(f"“{shown}” is not a range of two numbers, such as 1..5.", place)
        bottom, top = sorted((fraction(low), fraction(high)))
        return decimal_text((bottom + top) / 2), decimal_text((top - bottom) / 2)
    value, colon, tolerance = shown.partition(":")
    value, tolerance = value.strip(), tolerance.strip() if colon else "0"
    if not is_numeral(value):
        raise RefusedItem(f"“{value}” is not a number; decimals are written with a point.", place)
    if not is_numeral(tolerance) or fraction(tolerance) < 0:
        raise RefusedItem(f"“{tolerance}” is not a tolerance.", place)
    return decimal_text(fraction(value)), decimal_text(fraction(tolerance))


def _parts(raw: str, letters: str, where: Where) -> list[tuple[str, str, int]]:
    first, *rest = split(raw, letters)
    if first[1].strip():
        raise RefusedItem(f"Text stands before the first {' or '.join(letters)}.", where(0))
    return rest


def _weight(body: str, where: Where, begin: int) -> tuple[Fraction | None, str]:
    match = _WEIGHT.match(body)
    if match is None:
        return None, body
    shown = match[1].strip()
    if not is_numeral(shown):
        # A percent sign at the start of a text that is not a weight: `=% of sales`.
        return None, body
    weight = weight_of_percent(shown)
    if abs(weight) > 1:
        raise RefusedItem(f"A weight of {shown}% is beyond 100%.", where(begin))
    return weight, body[match.end() :]


def _text_and_feedback(raw: str, form: Format) -> tuple[Text, Text]:
    body, feedback = _split_feedback(raw, form)
    return read_text(body, form), feedback


def _split_feedback(raw: str, form: Format) -> tuple[str, Text]:
    mark = find(raw, "#")
    if mark < 0:
        return raw, NO_TEXT
    feedback = read_text(raw[mark + 1 :], form)
    return raw[:mark], feedback or NO_TEXT
