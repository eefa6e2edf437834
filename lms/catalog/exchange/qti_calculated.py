"""Calculated questions in QTI: numbers drawn by template processing, and an answer that follows from them."""

import ast
from collections.abc import Iterator, Mapping
from fractions import Fraction

from lxml import etree

from lms.catalog.exchange import formulas
from lms.catalog.exchange.drafts import RANGE
from lms.catalog.exchange.model import Number, Question, Tolerance, Variable
from lms.catalog.exchange.numerals import decimal_text, fraction, is_numeral
from lms.catalog.exchange.qti_gap_bodies import entry, score_numbers
from lms.catalog.exchange.qti_parts import RESPONSE, Parts, identifier_of
from lms.catalog.exchange.qti_rules import expression, literal, response, variable
from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.xml_source import Element

ANSWER, SHOWN = "ANSWER", "SHOWN"
SIGNS: Mapping[type[ast.operator], str] = {
    ast.Add: "sum",
    ast.Sub: "subtract",
    ast.Mult: "product",
    ast.Div: "divide",
    ast.Pow: "power",
}
# Moodle's functions (PHP's) and how QTI calls them; PHP's log is the natural one.
FUNCTIONS = {name: name for name in ("abs", "floor", "ceil", "exp", "sin", "cos", "tan", "asin", "acos", "atan")}
FUNCTIONS |= {"log": "ln", "log10": "log", "deg2rad": "toRadians", "rad2deg": "toDegrees"}


def calculated(parts: Parts) -> None:
    question = parts.question
    if question.options:
        raise RefusedItem("Its options are formulas; QTI has only fixed texts to choose from.")
    numbers = [number for number in question.numbers if number.value]
    if not any(number.weight == 1 for number in numbers):
        raise RefusedItem("No formula earns all of the points.")
    if wrong := next((one.tolerance for one in numbers if not is_numeral(one.tolerance)), ""):
        raise RefusedItem(f"“{wrong[:40]}” is no tolerance.")
    names = {one.name: _identifier(one.name) for one in question.variables}
    for one in question.variables:
        _draw(parts, one, names[one.name])
    answers = {}
    for number, accepted in enumerate(numbers, start=1):
        answers[accepted] = ANSWER if number == 1 else f"{ANSWER}_{number}"
        _set(parts, answers[accepted], _rounded(question, _said(accepted.value, names)))
    best = next(answers[number] for number in numbers if number.weight == 1)
    parts.drawing.append(expression("setCorrectResponse", variable(best), identifier=RESPONSE))
    parts.printed |= {f"{{{name}}}": identifier for name, identifier in names.items()}
    for formula in dict.fromkeys(_inline(question)):
        known = next((answers[one] for one in numbers if one.value.strip() == formula.strip()), "")
        shown = known or f"{SHOWN}_{len(parts.printed)}"
        if not known:
            _set(parts, shown, _said(formula, names))
        parts.printed[f"{{={formula}}}"] = shown
    entry(parts)
    parts.responses.append(response(RESPONSE, "float", "single"))
    score_numbers(parts, lambda number: variable(answers[number]))
    _note(parts, numbers)


def _identifier(name: str) -> str:
    made = identifier_of(name)
    return f"v_{made}" if made == RESPONSE or made.startswith((ANSWER, SHOWN, "SCORE", "FEEDBACK")) else made


def _inline(question: Question) -> Iterator[str]:
    texts = [question.prompt, question.general_feedback, question.correct_feedback, question.partial_feedback]
    for text in (*texts, question.incorrect_feedback, *(number.feedback for number in question.numbers)):
        yield from formulas.INLINE.findall(text.text)


def _note(parts: Parts, numbers: list[Number]) -> None:
    question = parts.question
    if any(one.distribution != "uniform" for one in question.variables):
        parts.changed.append("Every number of a range is drawn equally often in QTI.")
    if any(number.measure is Tolerance.GEOMETRIC for number in numbers):
        parts.changed.append("Its geometric tolerance becomes a share of the answer.")


def _draw(parts: Parts, drawn: Variable, identifier: str) -> None:
    """Whole numbers as they are; others as so many steps above the lowest."""
    low, high, step = _range(parts.question, drawn)
    is_whole = all(one.denominator == 1 for one in (low, high, step))
    if is_whole:
        bounds = {"min": str(low), "max": str(high)} | ({"step": str(step)} if step != 1 else {})
        value = etree.Element("randomInteger", bounds)
    else:
        most = str((high - low) // step)
        steps = expression(
            "product", etree.Element("randomInteger", {"min": "0", "max": most}), literal("float", decimal_text(step))
        )
        value = expression("sum", literal("float", decimal_text(low)), steps)
    _set(parts, identifier, value, "integer" if is_whole else "float")


def _range(question: Question, drawn: Variable) -> tuple[Fraction, Fraction, Fraction]:
    """As our own tag says it (`range:calls 10 60 5`), or from the bounds in steps of the decimals."""
    for tag in question.tags:
        words = tag.removeprefix(RANGE).split(" ")
        if tag.startswith(RANGE) and len(words) == 4 and words[0] == drawn.name and all(map(is_numeral, words[1:])):
            low, high, step = map(fraction, words[1:])
            break
    else:
        if not (is_numeral(drawn.minimum) and is_numeral(drawn.maximum)):
            raise RefusedItem(f"The range that {{{drawn.name}}} is drawn from is not said.")
        low, high = fraction(drawn.minimum), fraction(drawn.maximum)
        places = int(drawn.decimals) if drawn.decimals.isdigit() and len(drawn.decimals) < 2 else 1
        step = Fraction(1, 10**places)
    if high < low or step <= 0:
        raise RefusedItem(f"The range of {{{drawn.name}}} ends before it begins.")
    return low, high, step


def _set(parts: Parts, identifier: str, value: Element, base_type: str = "float") -> None:
    declared = etree.Element("templateDeclaration", identifier=identifier, cardinality="single", baseType=base_type)
    parts.templates.append(declared)
    parts.drawing.append(expression("setTemplateValue", value, identifier=identifier))


def _rounded(question: Question, value: Element) -> Element:
    settings = dict(question.extra)
    mode = "significantFigures" if settings.get("correctanswerformat") == "2" else "decimalPlaces"
    length = settings.get("correctanswerlength", "2")
    return expression("roundTo", value, roundingMode=mode, figures=length if length.isdigit() else "2")


def _said(formula: str, names: Mapping[str, str]) -> Element:
    """A formula of Moodle's as an expression of QTI."""
    known = {f"x{at}_": identifier for at, identifier in enumerate(names.values())}
    short = dict(zip(names, known, strict=True))
    words = formulas.NAME.sub(lambda match: f" {short.get(match[1], match[0])} ", formula)
    try:
        return _expression(ast.parse(words.strip(), mode="eval").body, known)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as wrong:
        raise RefusedItem(f"Its formula “{formula.strip()[:60]}” cannot be read.") from wrong


def _expression(node: ast.expr, known: Mapping[str, str]) -> Element:
    match node:
        case ast.Name(id=name) if name in known:
            return variable(known[name])
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return literal("float", decimal_text(Fraction(str(number))))
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _expression(inner, known)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return expression("product", literal("float", "-1"), _expression(inner, known))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in SIGNS:
            return expression(SIGNS[type(sign)], _expression(left, known), _expression(right, known))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _called(name, arguments, known)
    raise RefusedItem(f"“{ast.unparse(node)[:40]}” in its formula is nothing that QTI calculates.")


def _called(name: str, arguments: list[ast.expr], known: Mapping[str, str]) -> Element:
    match name, arguments:
        case "pow", [base, exponent]:
            return expression("power", _expression(base, known), _expression(exponent, known))
        case "sqrt", [inner]:
            return expression("power", _expression(inner, known), literal("float", "0.5"))
        case "pi", []:
            return etree.Element("mathConstant", name="pi")
        case "round", [inner]:
            return expression("round", _expression(inner, known))
        case "round", [inner, ast.Constant(value=int() as places)] if places >= 0:
            return expression("roundTo", _expression(inner, known), roundingMode="decimalPlaces", figures=str(places))
        case "min" | "max", [_, *_]:
            return expression(name, *(_expression(one, known) for one in arguments))
    if name in FUNCTIONS and len(arguments) == 1:
        made = etree.Element("mathOperator", name=FUNCTIONS[name])
        made.append(_expression(arguments[0], known))
        return made
    raise RefusedItem(f"Its formula uses {name}(), which QTI does not calculate.")
