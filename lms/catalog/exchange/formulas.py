"""Formulas of calculated questions between Moodle's spelling (`{x} * pow({y}, 2)`) and ours (`x * y ** 2`)."""

import ast
import re
from collections.abc import Mapping

from lms.catalog.exchange.report import RefusedItem
from lms.policy import calculated

NAME = re.compile(r"\{\s*([^{}=\s][^{}=]*?)\s*\}")
INLINE = re.compile(r"\{=((?:[^{}]|\{[^{}]*\})*)\}")
ARITHMETIC = (
    *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.Constant, ast.Name, ast.Call, ast.expr_context),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub, ast.UAdd),
)
_WORD = re.compile(r"\b[a-z][a-z0-9_]*\b(?!\s*\()")
_OURS = re.compile(r"[a-z][a-z0-9_]*")


class _Ours(ast.NodeTransformer):
    """`pow(a, b)` is `a ** b`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name(id="pow"), args=[number, exponent], keywords=[]):
                return ast.BinOp(number, ast.Pow(), exponent)
            case ast.Call(func=ast.Name(id=name)) if name in calculated.FUNCTIONS:
                return node
            case ast.Call(func=ast.Name(id=name)):
                raise RefusedItem(f"Its formula uses {name}(), which a course's formulas do not know.")
        return node


class _Moodles(ast.NodeTransformer):
    """`a ** b` is `pow(a, b)`: PHP's own sign for it is not read there."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Pow):
            return ast.Call(ast.Name("pow", ast.Load()), [node.left, node.right], [])
        return node


def ours(formula: str, names: Mapping[str, str]) -> str:
    """A formula of Moodle's with our names for its variables. Raises RefusedItem for what cannot be said."""
    said = NAME.sub(lambda match: f" {names.get(match[1], match[1])} ", formula)
    tree = _parsed(said)
    if not all(isinstance(node, ARITHMETIC) for node in ast.walk(tree)):
        raise RefusedItem(f"Its formula “{formula[:60]}” is no arithmetic that a course reads.")
    made = ast.unparse(ast.fix_missing_locations(_Ours().visit(tree)))
    if len(made) > calculated.LONGEST:
        raise RefusedItem("Its formula is too long.")
    return made


def moodles(formula: str) -> str:
    """Raises RefusedItem where the formula is none."""
    tree = _parsed(formula)
    made = ast.unparse(ast.fix_missing_locations(_Moodles().visit(tree)))
    used = calculated.names(formula)
    return re.sub(
        r"\b[a-z][a-z0-9_]*\b(?!\s*\()", lambda match: f"{{{match[0]}}}" if match[0] in used else match[0], made
    )


def _parsed(formula: str) -> ast.Expression:
    if len(formula) > 2 * calculated.LONGEST:
        raise RefusedItem("Its formula is too long.")
    try:
        return ast.parse(formula.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as wrong:
        raise RefusedItem(f"Its formula “{formula.strip()[:60]}” is no arithmetic that a course reads.") from wrong


def named(variables: tuple[str, ...]) -> dict[str, str]:
    """Our name for each variable: its own in lower case where that is one, else v1, v2 …"""
    made: dict[str, str] = {}
    for number, name in enumerate(variables, start=1):
        lower = name.lower()
        is_ours = _OURS.fullmatch(lower) and lower not in calculated.FUNCTIONS and lower not in made.values()
        made[name] = lower if is_ours and len(lower) <= 40 else f"v{number}"
    return made
