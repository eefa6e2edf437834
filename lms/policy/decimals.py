"""Decimals as authors write them: exact, finite, and of a size that people can read and arithmetic can bear."""

from decimal import Decimal, InvalidOperation

LARGEST_EXPONENT = 60


def decimal(text: str) -> Decimal | None:
    """`12.5`, `-3`, `1e3`; None for anything else, `1e999` included: to grade by it would overflow."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= LARGEST_EXPONENT else None
