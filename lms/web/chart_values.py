"""What a chart is drawn from: frozen values that pages make and both the drawing and its table read."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from lms.web.formats import number

Value = int | float | Decimal | Fraction | None

ORIGINS = ("imported", "confirmed", "claimed")
ORIGIN_WORDS = {"claimed": "reported by the rep", "confirmed": "confirmed by the manager", "imported": "imported"}


@dataclass(frozen=True, slots=True)
class Point:
    """One place on the horizontal axis. `value` None is a gap; `note` is said on the point and in the table."""

    label: str
    value: Value
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A named line. `origin`: claimed, confirmed or imported; decides shape and color."""

    name: str
    points: Sequence[Point]
    origin: str = "imported"


@dataclass(frozen=True, slots=True)
class Band:
    """The target: from `low` to `high`; one of them None for "at least" or "at most"."""

    low: Value = None
    high: Value = None
    name: str = "target"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. With `of`, the rest up to that whole is drawn too; `href` leads to the list behind it."""

    label: str
    value: Value
    of: Value = None
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval; `estimate` None means that it cannot be told yet."""

    label: str
    low: Value
    estimate: Value
    high: Value
    note: str = ""


def band_words(band: Band | None, unit: str = "") -> str:
    if band is None or (band.low is None and band.high is None):
        return ""
    said = f" {unit}" if unit else ""
    if band.low is None:
        return f"{band.name}: at most {number(band.high)}{said}"
    if band.high is None:
        return f"{band.name}: at least {number(band.low)}{said}"
    if band.low == band.high:
        return f"{band.name}: {number(band.low)}{said}"
    return f"{band.name}: {number(band.low)} to {number(band.high)}{said}"
