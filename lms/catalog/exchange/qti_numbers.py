"""QTI's expressions that calculate. Exact as long as the arithmetic is; functions such as sine are not."""

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce

from lms.catalog.exchange.numerals import fraction
from lms.catalog.exchange.qti_logic import round_to
from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.qti_session import Session
from lms.catalog.exchange.qti_values import Value, number
from lms.catalog.exchange.report import RefusedItem

Values = Sequence[Value | None]
MOST_EXPONENT = 1_000
MOST_DIGITS = 4_000


def calculate(session: Session, node: Node, operands: Values) -> Value | None:
    """One of the expressions of this module. What is not a number, and what has no result, is NULL."""
    found = _numbers(operands)
    if found is None:
        return None
    try:
        made = TABLE[node.name](session, node, found)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    if made.numerator.bit_length() + made.denominator.bit_length() > MOST_DIGITS:
        raise RefusedItem("A number grows beyond all measure.", session.item.at(node))
    are_whole = all(one is not None and one.base_type == "integer" for one in operands)
    is_integer = node.name in WHOLE or (node.name in KEEPS_WHOLE and are_whole and made.denominator == 1)
    return number(made, is_integer=is_integer and made.denominator == 1)


def _numbers(operands: Values) -> list[Fraction] | None:
    """Containers are poured out; one NULL makes the whole NULL."""
    found: list[Fraction] = []
    for operand in operands:
        if operand is None or operand.had_null:
            return None
        for item in operand.items:
            if isinstance(item, str):
                try:
                    found.append(fraction(item))
                except ValueError:
                    return None
            elif isinstance(item, bool | tuple):
                return None
            else:
                found.append(Fraction(item))
    return found


def _sum(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    return sum(found, Fraction(0))


def _product(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    return math.prod(found, start=Fraction(1))


def _subtract(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    first, second = found
    return first - second


def _divide(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    first, second = found
    return first / second


def _integer_divide(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    first, second = found
    return Fraction(first // second)


def _modulus(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    first, second = found
    return first % second


def _power(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    base, exponent = found
    if abs(exponent) > MOST_EXPONENT:
        raise OverflowError
    if exponent.denominator == 1:
        return base ** int(exponent)
    return _real(math.pow(base, exponent))


def _round(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    """To the nearest whole; a half goes up, as QTI has it."""
    return Fraction(math.floor(found[0] + Fraction(1, 2)))


def _truncate(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    return Fraction(math.trunc(found[0]))


def _round_to(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    return round_to(session, node, found[0])


def _itself(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    return found[0]


def _max(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    return max(found)


def _min(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    return min(found)


def _gcd(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    return Fraction(reduce(math.gcd, (_whole(one) for one in found)))


def _lcm(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    return Fraction(reduce(math.lcm, (_whole(one) for one in found)))


def _whole(value: Fraction) -> int:
    if value.denominator != 1:
        raise ValueError
    return int(value)


def _statistic(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    """`statsOperator name="…"`, and the short names that some players know."""
    name = node.get("name") if node.name == "statsOperator" else node.name
    if name not in {"mean", "sampleVariance", "sampleSD", "popVariance", "popSD"}:
        raise RefusedItem(f"“{name}” is no statistic of QTI.", session.item.at(node))
    mean = sum(found, Fraction(0)) / len(found)
    if name == "mean":
        return mean
    squares = sum(((one - mean) ** 2 for one in found), Fraction(0))
    variance = squares / (len(found) - (1 if name.startswith("sample") else 0))
    return variance if name.endswith("Variance") else _real(math.sqrt(variance))


def _function(session: Session, node: Node, found: list[Fraction]) -> Fraction:
    """`mathOperator name="…"`."""
    name = node.get("name")
    if name in {"floor", "ceil"}:
        return Fraction(math.floor(found[0]) if name == "floor" else math.ceil(found[0]))
    if name == "abs":
        return abs(found[0])
    if name == "signum":
        return Fraction((found[0] > 0) - (found[0] < 0))
    if name == "atan2":
        first, second = found
        return _real(math.atan2(first, second))
    if name not in FUNCTIONS:
        raise RefusedItem(f"“{name}” is no mathematical function of QTI.", session.item.at(node))
    return _real(FUNCTIONS[name](float(found[0])))


def _real(value: float) -> Fraction:
    if not math.isfinite(value):
        raise OverflowError
    return Fraction(value)


FUNCTIONS = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "sec": lambda x: 1 / math.cos(x),
    "csc": lambda x: 1 / math.sin(x),
    "cot": lambda x: 1 / math.tan(x),
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "asec": lambda x: math.acos(1 / x),
    "acsc": lambda x: math.asin(1 / x),
    "acot": lambda x: math.pi / 2 - math.atan(x),
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "sech": lambda x: 1 / math.cosh(x),
    "csch": lambda x: 1 / math.sinh(x),
    "coth": lambda x: 1 / math.tanh(x),
    "log": math.log10,
    "ln": math.log,
    "exp": math.exp,
    "toDegrees": math.degrees,
    "toRadians": math.radians,
}
CONSTANTS = {"pi": Fraction(math.pi), "e": Fraction(math.e)}
WHOLE = frozenset({"integerDivide", "integerModulus", "round", "truncate", "gcd", "lcm"})
KEEPS_WHOLE = frozenset({"sum", "product", "subtract", "power", "max", "min", "mod"})
TABLE = {
    "sum": _sum,
    "product": _product,
    "subtract": _subtract,
    "divide": _divide,
    "integerDivide": _integer_divide,
    "integerModulus": _modulus,
    "mod": _modulus,
    "power": _power,
    "round": _round,
    "truncate": _truncate,
    "roundTo": _round_to,
    "integerToFloat": _itself,
    "max": _max,
    "min": _min,
    "gcd": _gcd,
    "lcm": _lcm,
    "statsOperator": _statistic,
    "mean": _statistic,
    "sampleVariance": _statistic,
    "sampleSD": _statistic,
    "popVariance": _statistic,
    "popSD": _statistic,
    "mathOperator": _function,
}
