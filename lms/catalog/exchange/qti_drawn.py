"""Items whose numbers are drawn, as calculated questions: where the drawing and the answer can be said as formulas.

What a template does beyond that – branches, constraints, drawn texts – leaves the item fixed to one draw.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from lms.catalog.exchange.drafts import RANGE
from lms.catalog.exchange.model import Kind, Number, Question, Variable
from lms.catalog.exchange.numerals import decimal_text, fraction, is_numeral
from lms.catalog.exchange.qti_calculated import FUNCTIONS, SIGNS
from lms.catalog.exchange.qti_item import QtiItem
from lms.catalog.exchange.qti_nodes import Node

_OPERATORS = {name: sign for sign, name in SIGNS.items()}
_FUNCTIONS = {theirs: ours for ours, theirs in FUNCTIONS.items()}
MOST_NODES = 500  # what refers to what refers to others grows fast when it is written out
_PLACEHOLDER = re.compile(r"x(\d+)_")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn, and what follows from it by formula, each in Moodle's spelling; `steps` of drawn numbers."""

    variables: tuple[Variable, ...]
    steps: Mapping[str, tuple[str, str, str]]
    formulas: Mapping[str, str]
    rounding: tuple[tuple[str, str], ...]

    def shown(self, name: str) -> str:
        """How a text shows this variable."""
        return f"{{={self.formulas[name]}}}" if name in self.formulas else f"{{{name}}}"


def plan_of(item: QtiItem) -> Plan | None:
    """None where the template does more than draw numbers and calculate."""
    processing = item.template_processing
    if processing is None or any(one.cardinality != "single" for one in item.templates.values()):
        return None
    ranges: dict[str, tuple[Fraction, Fraction, Fraction]] = {}
    trees: dict[str, ast.expr] = {}
    rounding: tuple[tuple[str, str], ...] = ()
    for rule in processing.children:
        name, (value, *more) = rule.get("identifier"), rule.children or (rule,)
        if rule.name == "setCorrectResponse" and not more and value.name == "variable":
            continue
        if rule.name != "setTemplateValue" or more or name in ranges or name in trees:
            return None
        if (drawn := _drawn(value)) is not None:
            ranges[name] = drawn
            continue
        if value.name == "roundTo" and len(value.children) == 1 and value.get("figures").isdigit():
            rounding = rounding or _rounding(value)
            [value] = value.children
        tree = _tree(value, ranges, trees)
        if tree is None or sum(1 for _ in ast.walk(tree)) > MOST_NODES:
            return None
        trees[name] = tree
    names = tuple(ranges)
    if not names or not trees or {*names, *trees} != set(item.templates):
        return None
    formulas = {name: _spelled(tree, names) for name, tree in trees.items()}
    variables = tuple(_variable(name, *ranges[name]) for name in names)
    said = {name: tuple(map(decimal_text, ranges[name])) for name in names}
    return Plan(variables, {name: (low, high, step) for name, (low, high, step) in said.items()}, formulas, rounding)


def _rounding(node: Node) -> tuple[tuple[str, str], ...]:
    mode = "2" if node.get("roundingMode", "significantFigures") == "significantFigures" else "1"
    return (("correctanswerformat", mode), ("correctanswerlength", node.get("figures", "0")))


def _variable(name: str, low: Fraction, high: Fraction, step: Fraction) -> Variable:
    places = max(len(decimal_text(one).partition(".")[2]) for one in (low, step))
    return Variable(name, decimal_text(low), decimal_text(high), str(places))


def _drawn(node: Node) -> tuple[Fraction, Fraction, Fraction] | None:
    """(lowest, highest, step) of a draw; `low + n · step` for numbers that are not whole."""
    if node.name == "randomInteger":
        said = [node.get(name, usual) for name, usual in (("min", "0"), ("max", ""), ("step", "1"))]
        if not all(map(is_numeral, said)):
            return None
        low, high, step = map(fraction, said)
        return (low, high, step) if step > 0 and high >= low else None
    match node.name, node.children:
        case "sum", (
            Node(name="baseValue") as base,
            Node(name="product", children=(draw, Node(name="baseValue") as one)),
        ):
            inner = _drawn(draw)
            words = (base.words.strip(), one.words.strip())
            if inner is None or not all(map(is_numeral, words)) or fraction(words[1]) <= 0:
                return None
            low, high, step = inner
            each = fraction(words[1])
            return fraction(words[0]) + low * each, fraction(words[0]) + high * each, step * each
    return None


def _tree(node: Node, drawn: Mapping[str, object], known: Mapping[str, ast.expr]) -> ast.expr | None:
    """The expression; what was worked out before stands in it in full."""
    if node.name == "variable":
        name = node.get("identifier")
        if name in drawn:
            return ast.Name(f"x{list(drawn).index(name)}_", ast.Load())
        return known.get(name)
    if node.name == "baseValue":
        words = node.words.strip()
        return _constant(fraction(words)) if is_numeral(words) else None
    if node.name == "mathConstant":
        return ast.Call(ast.Name("pi", ast.Load()), [], []) if node.get("name") == "pi" else None
    operands = [_tree(child, drawn, known) for child in node.children]
    found = [one for one in operands if one is not None]
    if not found or len(found) < len(operands):
        return None
    return _joined(node, found)


def _joined(node: Node, found: list[ast.expr]) -> ast.expr | None:
    match node.name, found:
        case "power", [base, exponent]:
            return ast.Call(ast.Name("pow", ast.Load()), [base, exponent], [])
        case "product", [ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)), other]:
            return ast.UnaryOp(ast.USub(), other)
        case "sum" | "product", [first, *rest]:
            for one in rest:
                first = ast.BinOp(first, _OPERATORS[node.name](), one)
            return first
        case "subtract" | "divide", [left, right]:
            return ast.BinOp(left, _OPERATORS[node.name](), right)
        case "min" | "max", _:
            return ast.Call(ast.Name(node.name, ast.Load()), found, [])
        case "integerToFloat", [inner]:
            return inner
        case "round", [inner]:
            return ast.Call(ast.Name("round", ast.Load()), [inner], [])
        case "roundTo", [inner] if node.get("roundingMode") == "decimalPlaces" and node.get("figures").isdigit():
            return ast.Call(ast.Name("round", ast.Load()), [inner, ast.Constant(int(node.get("figures")))], [])
        case "mathOperator", [inner] if node.get("name") in _FUNCTIONS:
            return ast.Call(ast.Name(_FUNCTIONS[node.get("name")], ast.Load()), [inner], [])
    return None


def _constant(value: Fraction) -> ast.expr:
    size = ast.Constant(int(abs(value)) if value.denominator == 1 else float(abs(value)))
    return ast.UnaryOp(ast.USub(), size) if value < 0 else size


def _spelled(tree: ast.expr, names: tuple[str, ...]) -> str:
    return _PLACEHOLDER.sub(lambda match: f"{{{names[int(match[1])]}}}", ast.unparse(ast.fix_missing_locations(tree)))


def with_formulas(question: Question, plan: Plan, values: Mapping[str, str]) -> Question | None:
    """The number that was read of one draw, as the formulas that gave them; None where one came from elsewhere.

    `values` are those of the draw, by the name of the formula.
    """
    if question.kind is not Kind.NUMERIC or not question.numbers:
        return None
    left = dict(plan.formulas)
    numbers: list[Number] = []
    for number in question.numbers:
        name = next((one for one in left if values.get(one) == number.value), "")
        if number.value and not name:
            return None
        numbers.append(replace(number, value=left.pop(name)) if number.value else number)
    tags = tuple(
        f"{RANGE}{one.name} {' '.join(plan.steps[one.name])}"
        for one in plan.variables
        if fraction(plan.steps[one.name][2]) != Fraction(1, 10 ** int(one.decimals))
    )
    return replace(
        question,
        kind=Kind.CALCULATED,
        numbers=tuple(numbers),
        variables=plan.variables,
        tags=(*question.tags, *tags),
        extra=(*question.extra, *(plan.rounding or (("correctanswerlength", "2"),))),
    )
