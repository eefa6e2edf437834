"""Moodle's embedded answers: `{2:MULTICHOICE:=right#feedback~%50%half~wrong}` inside a text, read and written."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import gcd, lcm

from lms.catalog.exchange.model import NO_TEXT, Format, Gap, GapKind, Number, Option, Text
from lms.catalog.exchange.numerals import decimal_text, fraction, is_numeral, percent, weight_of_percent
from lms.catalog.exchange.report import RefusedItem

_OPENING = re.compile(r"\{(\d*(?:\.\d+)?):([A-Z_]+):")
# An element of ours, which Moodle passes over: what a question is worth whose gaps Moodle cannot weigh so finely.
OUR_POINTS = "fieldworkpoints"
_EMPTY = re.compile(r"\{\d*(?:\.\d+)?:[A-Z_]{2,}\}")
_WEIGHT = re.compile(r"%([^%]*)%")
_WEIGHT_ANYWHERE = re.compile(r"(?:^|(?<!\\)~)%-?[0-9]+(?:[.,][0-9]*)?%")
# Letters that Moodle has no escape for; it takes references for them.
_REFERENCES = {"~": "&#126;", "\\": "&#92;"}
_CHOICE = {"MULTICHOICE": "", "MC": ""} | {
    f"{name}{suffix}": suffix.strip("_").lower()
    for name in ("MULTICHOICE_", "MC")
    for suffix in ("V", "H", "S", "VS", "HS")
}
_RESPONSE = {"MULTIRESPONSE": "", "MR": ""} | {
    f"{name}{suffix}": suffix.lower() for name in ("MULTIRESPONSE_", "MR") for suffix in ("H", "S", "HS")
}
_SHORT = {"SHORTANSWER": False, "SA": False, "MW": False, "SHORTANSWER_C": True, "SAC": True, "MWC": True}
_NUMERIC = {"NUMERICAL", "NM"}
_ESCAPED = re.compile(r"\\([}#~/\"\\={:])")


def mark(key: str) -> str:
    """How a gap is marked in a prompt."""
    return f"{{{{{key}}}}}"


def read_gaps(text: str) -> tuple[str, tuple[Gap, ...]]:
    """The text with its gaps marked, and the gaps."""
    gaps: list[Gap] = []
    shown: list[str] = []
    index = 0
    for opening in _OPENING.finditer(text):
        if opening.start() < index:
            continue
        end = _closing(text, opening.end())
        if end < 0:
            raise RefusedItem(f"The embedded answer “{text[opening.start() : opening.start() + 30]}…” is not closed.")
        gap = checked(_gap(str(len(gaps) + 1), opening, text[opening.end() : end]))
        gaps.append(gap)
        shown += [text[index : opening.start()], mark(gap.key)]
        index = end + 1
    shown.append(text[index:])
    if empty := _EMPTY.search("".join(shown)):
        raise RefusedItem(f"The embedded answer {empty[0]} offers nothing.")
    return "".join(shown), tuple(gaps)


def checked(gap: Gap) -> Gap:
    """Moodle takes no gap without an answer that earns all of its points, and no drop-down with one line."""
    if gap.kind is GapKind.CHOICE and len(gap.options) < 2:
        raise RefusedItem(f"The embedded answer {gap.key} offers only one choice.")
    weights = [option.weight for option in gap.options] + [number.weight for number in gap.numbers]
    whole = sum((weight for weight in weights if weight > 0), Fraction(0)) if gap.kind is GapKind.MULTIPLE else 1
    if (gap.kind is not GapKind.MULTIPLE and 1 not in weights) or whole <= 0:
        raise RefusedItem(f"Nothing in the embedded answer {gap.key} earns all of its points.")
    return gap


def _closing(text: str, start: int) -> int:
    index = start
    while index < len(text):
        if text[index] == "\\":
            index += 2
            continue
        if text[index] == "}":
            return index
        index += 1
    return -1


def _gap(key: str, opening: re.Match[str], body: str) -> Gap:
    points, name = opening[1], opening[2]
    worth = fraction(points) if points else Fraction(1)
    if name in _CHOICE:
        options = tuple(_options(body, Format.HTML))
        return Gap(key, GapKind.CHOICE, options, points=worth, presentation=_CHOICE[name])
    if name in _RESPONSE:
        options = _shared(tuple(_options(body, Format.HTML)), has_percents=_WEIGHT_ANYWHERE.search(body) is not None)
        return Gap(key, GapKind.MULTIPLE, options, points=worth, presentation=_RESPONSE[name])
    if name in _SHORT:
        options = tuple(_options(body, Format.PLAIN))
        return Gap(key, GapKind.SHORT, options, points=worth, is_case_sensitive=_SHORT[name])
    if name in _NUMERIC:
        return Gap(key, GapKind.NUMERIC, numbers=tuple(_numbers(body)), points=worth)
    raise RefusedItem(f"The embedded answer {key} is of the unknown type {name}.")


def _shared(options: tuple[Option, ...], *, has_percents: bool) -> tuple[Option, ...]:
    """As Moodle pays them: right ones share the points; without percents a wrong one takes what a right one gives."""
    whole = sum((one.weight for one in options if one.weight > 0), Fraction(0))
    if whole <= 0:
        return options
    wrong = None if has_percents else -1 / whole
    return tuple(
        replace(one, weight=one.weight / whole if one.weight > 0 else one.weight if wrong is None else wrong)
        for one in options
    )


def _answers(body: str) -> Iterator[tuple[Fraction, str, Text]]:
    for part in _split(body, "~"):
        weight, rest = Fraction(0), part
        if part.startswith("="):
            weight, rest = Fraction(1), part[1:]
        elif found := _WEIGHT.match(part):
            percents = found[1].strip().replace(",", ".")
            if not is_numeral(percents):
                raise RefusedItem(f"“{found[1]}” is not a weight.")
            weight, rest = weight_of_percent(percents), part[found.end() :]
        answer, *feedback = _split(rest, "#", most=2)
        note = _unprotected(feedback[0].strip()) if feedback else ""
        yield weight, _unprotected(answer.strip()), Text(note, Format.HTML) if note else NO_TEXT


def _unprotected(text: str) -> str:
    for letter, reference in _REFERENCES.items():
        text = text.replace(reference, f"\\{letter}")
    return _ESCAPED.sub(r"\1", text.replace("&#38;", "&amp;"))


def _split(body: str, letter: str, most: int = 0) -> list[str]:
    parts, begin, index = [], 0, 0
    while index < len(body):
        if body[index] == "\\":
            index += 2
            continue
        if body[index] == letter and not _is_entity(body, index):
            parts.append(body[begin:index])
            begin = index + 1
            if most and len(parts) == most - 1:
                break
        index += 1
    return [*parts, body[begin:]]


def _is_entity(body: str, index: int) -> bool:
    """`&#39;` holds a # that begins no feedback."""
    return body[index] == "#" and body[index - 1 : index] == "&"


def _options(body: str, form: Format) -> Iterator[Option]:
    for number, (weight, answer, feedback) in enumerate(_answers(body), start=1):
        if not answer and number == 1 and form is Format.HTML:
            continue  # a leading ~ is a habit of authors, not an empty option
        text = html.unescape(answer) if form is Format.PLAIN else answer
        yield Option(Text(text, form), weight, feedback, key=f"c{number}" if form is Format.HTML else "")


def _numbers(body: str) -> Iterator[Number]:
    for weight, answer, feedback in _answers(body):
        value, colon, tolerance = html.unescape(answer).partition(":")
        value, tolerance = value.strip().replace(",", "."), (tolerance.strip() if colon else "0").replace(",", ".")
        if value == "*":
            yield Number("", weight=weight, feedback=feedback)
            continue
        if not is_numeral(value) or not is_numeral(tolerance):
            raise RefusedItem(f"“{answer}” is not a number with a tolerance.")
        yield Number(decimal_text(fraction(value)), decimal_text(fraction(tolerance)), weight, feedback)


def write_gap(gap: Gap, points: int) -> str:
    """A gap as Moodle's text holds it; Moodle counts gaps in whole points."""
    suffix = f"_{gap.presentation.upper()}" if gap.presentation in {"v", "h", "s", "vs", "hs"} else ""
    name = {
        GapKind.CHOICE: "MULTICHOICE" + suffix,
        GapKind.MULTIPLE: "MULTIRESPONSE" + (suffix if suffix in {"_H", "_S", "_HS"} else ""),
        GapKind.SHORT: "SHORTANSWER_C" if gap.is_case_sensitive else "SHORTANSWER",
        GapKind.NUMERIC: "NUMERICAL",
    }[gap.kind]
    has_percents = gap.kind is GapKind.MULTIPLE
    answers = [
        _written(option.weight, _answer_text(option.text), option.feedback, has_percents=has_percents)
        for option in gap.options
    ]
    answers += [
        _written(number.weight, f"{number.value}:{number.tolerance}" if number.value else "*", number.feedback)
        for number in gap.numbers
    ]
    return f"{{{points}:{name}:{'~'.join(answers)}}}"


def whole_points(gaps: Sequence[Gap]) -> tuple[int, ...]:
    """The smallest whole numbers in the same proportions; points that are whole stay as they are."""
    factor = lcm(*(gap.points.denominator for gap in gaps))
    points = [int(gap.points * factor) for gap in gaps]
    divisor = gcd(*points) if factor > 1 else 1
    return tuple(one // (divisor or 1) for one in points)


def _answer_text(text: Text) -> str:
    said = _protected(html.escape(text.text, quote=False) if text.format is Format.PLAIN else text.text)
    # Moodle sees no end of an answer after an ampersand.
    return f"{said.removesuffix('&amp;')}&#38;" if said.endswith("&amp;") else said


def _written(weight: Fraction, answer: str, feedback: Text, *, has_percents: bool = False) -> str:
    if weight == 1 and not has_percents:
        sign = "="
    else:
        sign = f"%{percent(weight)}%" if weight or answer.startswith(("=", "%")) else ""
    return f"{sign}{answer}{'#' + _protected(feedback.text) if feedback else ''}"


def _protected(text: str) -> str:
    plain = "".join(_REFERENCES.get(letter, letter) for letter in text.strip())
    return re.sub(r"(?<!&)#|}", lambda match: "\\" + match[0], plain)
