"""Exact numbers from and to the decimals that files hold: weights in percent, values, tolerances."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

NUMERAL = re.compile(r"(?P<digits>[+-]?(?:\d+\.?\d*|\.\d+))(?:[eE](?P<exponent>[+-]?\d{1,3}))?", re.ASCII)
MOST_DIGITS = 60  # of what a file holds, written without an exponent
MOST_MADE = 4 * MOST_DIGITS  # of what is made of two such numbers: the middle of a range, half its width
THIRDS_AND_SEVENTHS = 12  # the largest denominator that rounded percents are taken for
CUT_OFF = 12  # decimals that `decimal_text` writes of a value that has no end
LARGEST_PART = 1_000
ROUNDED_FROM = 3  # decimals: 33.333 means a third, 33.3 may mean itself


def is_numeral(text: str) -> bool:
    """Whether a file may hold this as a number: `.5`, `-1.2e3`, but not `1e99`, which nobody could read or answer."""
    return _has_at_most(MOST_DIGITS, text)


def fraction(text: str) -> Fraction:
    """The exact value of a decimal, one that `decimal_text` made of two from a file included.

    Raises ValueError for anything else.
    """
    text = text.strip()
    if not _has_at_most(MOST_MADE, text):
        raise ValueError(text)
    try:
        return Fraction(Decimal(text))
    except (InvalidOperation, OverflowError) as wrong:
        raise ValueError(text) from wrong


def _has_at_most(most: int, text: str) -> bool:
    """Counted as `plain` writes it: an exponent of three digits stands for a thousand zeros."""
    found = NUMERAL.fullmatch(text) if len(text) <= most else None
    return found is not None and len(found["digits"]) + abs(int(found["exponent"] or 0)) <= most


def fraction_of_rounded(text: str) -> Fraction:
    """Like `fraction`, but a value that was cut off after twelve digits is what it was cut from: a third, a seventh."""
    exact = fraction(text)
    decimals = len(text.strip().partition(".")[2])
    if decimals < CUT_OFF:
        return exact
    near = exact.limit_denominator(LARGEST_PART)
    return near if abs(near - exact) <= Fraction(1, 10**CUT_OFF) else exact


def weight_of_percent(text: str) -> Fraction:
    """The share that a percent means: `33.33333` is a third, because three of them must make a whole."""
    exact = fraction(text) / 100
    decimals = len(text.strip().partition(".")[2])
    if decimals < ROUNDED_FROM or text.strip().partition(".")[2].strip("0") == "":
        return exact
    near = exact.limit_denominator(THIRDS_AND_SEVENTHS)
    return near if _rounded(near * 100, decimals) == Decimal(text.strip()) else exact


def percent(weight: Fraction, places: int = 5) -> str:
    """A share in percent, with as many decimals as Moodle writes: a third is `33.33333`."""
    return plain(_rounded(weight * 100, places))


def is_kept_by_percent(weight: Fraction) -> bool:
    """Whether `percent` says this weight so that it can be read back."""
    return weight_of_percent(percent(weight)) == weight


def decimal_text(value: Fraction) -> str:
    """The decimal of a value that has one; else 12 digits after the point."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest == 1:
        places = 0
        while (value * 10**places).denominator != 1:
            places += 1
        return plain(_rounded(value, places))
    return plain(_rounded(value, CUT_OFF))


def plain(number: Decimal) -> str:
    """Without exponent, without idle zeros, without the sign of a negative zero."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _rounded(value: Fraction, places: int) -> Decimal:
    scaled = abs(value) * 10**places
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    digits = Decimal(whole if value >= 0 else -whole)
    return Decimal(0) if whole == 0 else digits.scaleb(-places)


def rounded(value: Fraction, places: int) -> Fraction:
    """Half away from zero, as people round."""
    return Fraction(_rounded(value, places))


def significant(value: Fraction, figures: int) -> Fraction:
    """Rounded to so many significant figures, half away from zero."""
    if value == 0:
        return value
    magnitude = 0
    size = abs(value)
    while size >= 10:
        size /= 10
        magnitude += 1
    while size < 1:
        size *= 10
        magnitude -= 1
    unit = Fraction(10) ** (magnitude - figures + 1)
    scaled = Decimal((value / unit).numerator) / Decimal((value / unit).denominator)
    return Fraction(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP)) * unit
