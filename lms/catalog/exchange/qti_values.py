"""The values of QTI: exact, typed, single or in containers; NULL is None."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from lms.catalog.exchange.numerals import decimal_text, fraction, fraction_of_rounded

Scalar = bool | int | Fraction | str | tuple[str | Fraction, str | Fraction]
_DURATION = re.compile(
    r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII
)
_SECONDS = (31_536_000, 2_592_000, 86_400, 3_600, 60, 1)
MOST_ITEMS = 10_000


@dataclass(frozen=True, slots=True)
class Value:
    """`cardinality` is single, multiple, ordered or record. `had_null` tells that a container was built with gaps."""

    base_type: str
    items: tuple[Scalar, ...] = ()
    cardinality: str = "single"
    fields: tuple[tuple[str, "Value | None"], ...] = ()
    had_null: bool = field(default=False, compare=False)

    @property
    def only(self) -> Scalar:
        return self.items[0]


TRUE = Value("boolean", (True,))
FALSE = Value("boolean", (False,))


def boolean(truth: bool) -> Value:
    return TRUE if truth else FALSE


def number(value: int | Fraction, *, is_integer: bool | None = None) -> Value:
    whole = isinstance(value, int) if is_integer is None else is_integer
    return Value("integer", (int(value),)) if whole else Value("float", (Fraction(value),))


def container(items: Iterable[Scalar], base_type: str, cardinality: str = "multiple") -> Value | None:
    """An empty container is NULL."""
    held = tuple(items)[:MOST_ITEMS]
    return Value(base_type, held, cardinality) if held else None


def scalar(base_type: str, text: str) -> Scalar | None:
    """A value of this type from its text; None where the text is none. Raises ValueError where it does not fit."""
    if base_type in {"string", "uri", "file"}:
        return text or None
    text = text.strip()
    if not text:
        return None
    if base_type == "boolean":
        if text not in {"true", "false", "1", "0"}:
            raise ValueError(text)
        return text in {"true", "1"}
    if base_type == "integer":
        whole = fraction(text)
        if whole.denominator != 1:
            raise ValueError(text)
        return int(whole)
    if base_type == "float":
        return fraction_of_rounded(text)
    if base_type == "duration":
        return _duration(text)
    if base_type in {"pair", "directedPair", "point"}:
        parts = text.split()
        if len(parts) != 2:
            raise ValueError(text)
        if base_type == "point":
            return fraction(parts[0]), fraction(parts[1])
        first, second = sorted(parts) if base_type == "pair" else parts
        return first, second
    return text


def _duration(text: str) -> Fraction:
    """Seconds, of an ISO 8601 duration or of a plain number."""
    match = _DURATION.fullmatch(text)
    if match is None or text in {"P", "PT"}:
        return fraction(text)
    total = sum((fraction(part) * seconds for part, seconds in zip(match.groups()[1:], _SECONDS, strict=True) if part))
    return -Fraction(total) if match[1] else Fraction(total)


def text_of(item: Scalar, base_type: str = "") -> str:
    """A scalar as QTI writes it."""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int):
        return str(item)
    if isinstance(item, Fraction):
        return decimal_text(item)
    if isinstance(item, tuple):
        return " ".join(text_of(part) for part in item)
    return item


def numeral(value: Value | None) -> Fraction | None:
    """The number that a single value is or spells; None otherwise."""
    if value is None or len(value.items) != 1:
        return None
    item = value.only
    if isinstance(item, bool | tuple):
        return None
    if isinstance(item, str):
        try:
            return fraction(item)
        except ValueError:
            return None
    return Fraction(item)


def truth(value: Value | None) -> bool:
    """A condition: what is nothing, zero or false does not hold."""
    if value is None:
        return False
    if value.cardinality != "single":
        return bool(value.items or value.fields)
    item = value.only
    return item != 0 if isinstance(item, int | Fraction) else bool(item)


def same_items(left: Value, right: Value) -> bool:
    """Equality as `match` has it: order counts in ordered containers and in nothing else."""
    if left.cardinality == "record" or right.cardinality == "record":
        return dict(left.fields) == dict(right.fields)
    if "ordered" in {left.cardinality, right.cardinality}:
        return len(left.items) == len(right.items) and all(map(same, left.items, right.items))
    rest = list(right.items)
    for item in left.items:
        found = next((other for other in rest if same(item, other)), None)
        if found is None:
            return False
        rest.remove(found)
    return not rest


def same(left: Scalar, right: Scalar) -> bool:
    """Numbers by value, also where one of them is spelled; booleans never equal numbers."""
    if isinstance(left, bool) != isinstance(right, bool):
        return text_of(left) == text_of(right)
    if isinstance(left, int | Fraction) != isinstance(right, int | Fraction):
        return text_of(left) == text_of(right)
    return left == right


def as_json(value: Value | None) -> object:
    if value is None:
        return None
    if value.cardinality == "record":
        return {name: as_json(inner) for name, inner in value.fields}
    items = [_json(item) for item in value.items]
    return items[0] if value.cardinality == "single" and len(items) == 1 else items


def _json(item: Scalar) -> object:
    if isinstance(item, Fraction):
        return int(item) if item.denominator == 1 else float(item)
    return text_of(item) if isinstance(item, tuple) else item


def from_json(raw: object, base_type: str, cardinality: str) -> Value | None:
    """A response as a case file gives it. What does not fit its type is no answer."""
    if isinstance(raw, Mapping):
        fields = tuple((str(name), _field(inner)) for name, inner in raw.items())
        return Value("", (), "record", fields) if fields else None
    given = list(raw) if isinstance(raw, list | tuple) else [raw]
    items: list[Scalar] = []
    for one in given:
        spelled = str(one).lower() if isinstance(one, bool) else "" if one is None else str(one)
        try:
            item = scalar(base_type or "string", spelled)
        except ValueError:
            continue
        if item is not None:
            items.append(item)
    if cardinality == "single" and len(items) == 1:
        return Value(base_type, tuple(items))
    # More values than a single variable may hold: files that declare it wrongly mean a set.
    return container(items, base_type, "multiple" if cardinality == "single" else cardinality)


def _field(raw: object) -> Value | None:
    if isinstance(raw, bool):
        return boolean(raw)
    if isinstance(raw, int | float):
        return number(fraction(str(raw)), is_integer=isinstance(raw, int))
    return from_json(raw, "string", "single")
