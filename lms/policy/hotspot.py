"""Where an option of a hotspot lies on its picture: a rectangle or an ellipse, in percent of width and height."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

SHAPES = ("rect", "ellipse")


@dataclass(frozen=True, slots=True)
class Area:
    """`shape` with the rectangle around it: left, top, width, height in percent."""

    shape: str
    left: Decimal
    top: Decimal
    width: Decimal
    height: Decimal


def area(text: str) -> Area | None:
    """`rect x y width height` or `ellipse x y rx ry`; None for anything else, or what leaves the picture."""
    shape, *rest = text.split() or [""]
    if shape not in SHAPES or len(rest) != 4:
        return None
    try:
        x, y, wide, high = (Decimal(one) for one in rest)
        inside = all(one.is_finite() and 0 <= one <= 100 for one in (x, y, wide, high))
    except InvalidOperation:
        return None
    if not inside or not wide or not high:
        return None
    found = Area(shape, x, y, wide, high) if shape == "rect" else Area(shape, x - wide, y - high, 2 * wide, 2 * high)
    if found.left < 0 or found.top < 0 or found.left + found.width > 100 or found.top + found.height > 100:
        return None
    return found
