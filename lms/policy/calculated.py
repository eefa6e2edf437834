"""Questions whose numbers are drawn: plain arithmetic on exact fractions, without ever running what an author wrote.

In the prompt and the explanation `{{key}}` stands for a drawn number, and `{{answer}}` (explanation only) for the
answer.
"""

import ast
import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product

from lms.policy.decimals import decimal
from lms.policy.items import Item, Parameter

LONGEST = 300
MOST_EXPONENT = 12
MOST = Fraction(10) ** 30
MOST_STEPS = 100_000
TRIES = 100
MARK = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")

Values = Mapping[str, str]


class FormulaError(ValueError):
    """What is wrong with a formula, in words for its author."""


def _round(value: Fraction, places: Fraction = Fraction(0)) -> Fraction:
    if places.denominator != 1 or not -MOST_EXPONENT <= places <= MOST_EXPONENT:
        raise FormulaError("round takes a whole number of places")
    return Fraction(round(value, int(places)))


FUNCTIONS: Mapping[str, Callable[..., Fraction]] = {"abs": abs, "max": max, "min": min, "round": _round}


def evaluate(formula: str, values: Mapping[str, Fraction]) -> Fraction:
    """The exact value of an arithmetic expression: + - * / ** ( ), abs, min, max, round, numbers and names."""
    return _value(_parsed(formula), values)


def names(formula: str) -> frozenset[str]:
    """The parameters that a formula uses."""
    tree = _parsed(formula)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called)


@cache
def _parsed(formula: str) -> ast.expr:
    if len(formula) > LONGEST:
        raise FormulaError(f"a formula has {LONGEST} characters at most")
    try:
        return ast.parse(formula.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as unreadable:
        raise FormulaError("this is no arithmetic expression") from unreadable


def _value(node: ast.expr, values: Mapping[str, Fraction]) -> Fraction:
    match node:
        case ast.Constant(value=bool()):
            raise FormulaError("only numbers, names and arithmetic are read here")
        case ast.Constant(value=int() | float() as number):
            if not math.isfinite(number):  # as 1e999 is read
                raise FormulaError("the numbers grow beyond all measure")
            return Fraction(str(number))
        case ast.Name(id=name):
            if name not in values:
                raise FormulaError(f"there is no parameter {name}")
            return values[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, values)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _value(inner, values)
        case ast.BinOp(left=left, op=sign, right=right):
            return _bounded(_joined(_value(left, values), sign, _value(right, values)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return _called(name, [_value(one, values) for one in arguments])
    raise FormulaError("only numbers, names and arithmetic are read here")


def _called(name: str, arguments: list[Fraction]) -> Fraction:
    try:
        return Fraction(FUNCTIONS[name](*arguments))
    except TypeError as wrong:
        raise FormulaError(f"{name} is given the wrong number of values") from wrong


def _joined(left: Fraction, sign: ast.operator, right: Fraction) -> Fraction:
    match sign:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            if not right:
                raise FormulaError("it divides by zero")
            return left / right
        case ast.Pow():
            if right.denominator != 1 or not 0 <= right <= MOST_EXPONENT:
                raise FormulaError(f"an exponent is a whole number from 0 to {MOST_EXPONENT}")
            return Fraction(left ** int(right))
    raise FormulaError("only + - * / and ** are read here")


def _bounded(value: Fraction) -> Fraction:
    if abs(value) > MOST or value.denominator > MOST:
        raise FormulaError("the numbers grow beyond all measure")
    return value


def steps(parameter: Parameter) -> int:
    """How many values a parameter can take. Raises FormulaError for a range that has none."""
    low, high, step = (decimal(text) for text in (parameter.low, parameter.high, parameter.step))
    if low is None or high is None or step is None:
        raise FormulaError("the range is given in decimal numbers")
    if step <= 0 or high < low:
        raise FormulaError("the range needs a step above 0 and ends where it begins or later")
    count = int((high - low) / step) + 1
    if count > MOST_STEPS:
        raise FormulaError(f"{MOST_STEPS} different values are enough")
    return count


def nth(parameter: Parameter, index: int) -> str:
    """A value of a parameter as it is shown: no exponent, no zeros that say nothing."""
    value = Decimal(parameter.low) + index * Decimal(parameter.step)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def drawn(item: Item, seed: int) -> tuple[tuple[str, str], ...]:
    """The numbers of a form, the same for the same seed on every machine; such that there is an answer."""
    for attempt in range(TRIES):
        values = tuple(
            (one.key, nth(one, _lot(seed, item.key, one.key, attempt) % steps(one))) for one in item.parameters
        )
        try:
            answer(item, dict(values))
        except FormulaError:
            continue
        return values
    raise FormulaError("hardly any of the numbers that can be drawn have an answer")


def answer(item: Item, values: Values) -> str:
    """The answer for these numbers as a decimal string, rounded half to even to the item's decimals."""
    exact = evaluate(item.formula, {key: Fraction(value) for key, value in values.items()})
    rounded = round(exact * 10**item.decimals)
    return f"{Decimal(rounded).scaleb(-item.decimals):f}"


def filled(item: Item, values: Values) -> Item:
    """The item as one learner meets it: numbers in its texts, its answer worked out."""
    result = answer(item, values)

    def put(text: str, known: Values) -> str:
        return MARK.sub(lambda mark: known.get(mark[1], mark[0]), text)

    return replace(
        item,
        prompt=put(item.prompt, values),
        explanation=put(item.explanation, {**values, "answer": result}),
        answer=result,
    )


def marks(text: str) -> frozenset[str]:
    return frozenset(MARK.findall(text))


def trials(item: Item, most: int = 500) -> Iterator[dict[str, Fraction]]:
    """Numbers to try a formula with: all there are if they are few, else the ends and middles of every range."""
    counts = [steps(one) for one in item.parameters]
    whole = 1
    for count in counts:
        whole *= count
    picks = [range(count) if whole <= most else sorted({0, count // 2, count - 1}) for count in counts]
    for number, indices in enumerate(product(*picks)):
        if number >= most:
            return
        yield {one.key: Fraction(nth(one, index)) for one, index in zip(item.parameters, indices, strict=True)}


def _lot(seed: int, *words: object) -> int:
    text = "/".join(map(str, (seed, *words)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
