"""QTI's expressions that compare: truth, equality, order, membership, strings, time, places."""

import re
from collections.abc import Sequence
from fractions import Fraction

from lms.catalog.exchange.numerals import fraction, rounded, significant
from lms.catalog.exchange.qti_declarations import coords
from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.qti_session import Session
from lms.catalog.exchange.qti_values import (
    FALSE,
    TRUE,
    Scalar,
    Value,
    boolean,
    container,
    number,
    numeral,
    same,
    same_items,
    scalar,
    text_of,
    truth,
)
from lms.catalog.exchange.report import RefusedItem

Values = Sequence[Value | None]
MOST_PATTERN = 500
MOST_SUBJECT = 10_000
# (a+)+ and its kin: what makes matching take time that grows without bound.
_EXPLOSIVE = re.compile(r"\([^()]*[+*}][^()]*\)[+*{]")


def compare(session: Session, node: Node, operands: Values) -> Value | None:
    """One of the expressions of this module, its operands already worked out."""
    return TABLE[node.name](session, node, operands)


def _and(session: Session, node: Node, operands: Values) -> Value | None:
    if any(one is not None and not truth(one) for one in operands):
        return FALSE
    return None if any(one is None for one in operands) else TRUE


def _or(session: Session, node: Node, operands: Values) -> Value | None:
    if any(truth(one) for one in operands):
        return TRUE
    return None if any(one is None for one in operands) else FALSE


def _not(session: Session, node: Node, operands: Values) -> Value | None:
    one = operands[0] if operands else None
    return None if one is None else boolean(not truth(one))


def _any_n(session: Session, node: Node, operands: Values) -> Value | None:
    low = session.number_in(node, "min", "0")
    high = session.number_in(node, "max", str(len(operands)))
    true = sum(truth(one) for one in operands)
    unknown = sum(one is None for one in operands)
    if true > high or true + unknown < low:
        return FALSE
    return None if unknown and not (true >= low and true + unknown <= high) else TRUE


def _all_n(session: Session, node: Node, operands: Values) -> Value | None:
    """Not of the standard: at most so many hold."""
    return boolean(sum(truth(one) for one in operands) <= session.number_in(node, "max", str(len(operands))))


def _is_null(session: Session, node: Node, operands: Values) -> Value | None:
    return boolean(operands[0] is None)


def _match(session: Session, node: Node, operands: Values) -> Value | None:
    left, right = _two(session, node, operands)
    return None if left is None or right is None else boolean(same_items(left, right))


def _equal(session: Session, node: Node, operands: Values) -> Value | None:
    left, right = _two(session, node, operands)
    if left is None or right is None:
        return None
    first, second = numeral(left), numeral(right)
    mode = node.get("toleranceMode", "exact")
    if first is None or second is None:
        return boolean(same_items(left, right))
    if mode == "exact":
        return boolean(first == second)
    words = node.get("tolerance", "0").split() or ["0"]
    bounds = [_tolerance(session, node, word) for word in (words[0], words[-1])]
    if mode == "relative":
        bounds = [abs(first) * bound / 100 for bound in bounds]
    low, high = first - bounds[0], first + bounds[1]
    is_above = second >= low if node.is_on("includeLowerBound", default=True) else second > low
    is_below = second <= high if node.is_on("includeUpperBound", default=True) else second < high
    return boolean(is_above and is_below)


def _tolerance(session: Session, node: Node, word: str) -> Fraction:
    try:
        return fraction(word)
    except ValueError:
        found = numeral(session.value(word.strip("{}"), node))
        if found is None:
            raise RefusedItem(f"“{word}” is no tolerance.", session.item.at(node)) from None
        return found


def _not_equal(session: Session, node: Node, operands: Values) -> Value | None:
    equal = _equal(session, node, operands)
    return None if equal is None else boolean(not truth(equal))


def _equal_rounded(session: Session, node: Node, operands: Values) -> Value | None:
    left, right = (numeral(one) for one in _two(session, node, operands))
    if left is None or right is None:
        return None
    return boolean(round_to(session, node, left) == round_to(session, node, right))


def round_to(session: Session, node: Node, value: Fraction) -> Fraction:
    figures = int(session.number_in(node, "figures", "3"))
    if not 0 <= figures <= 50:
        raise RefusedItem(f"{figures} figures are not sensible.", session.item.at(node))
    if node.get("roundingMode", "significantFigures").startswith("significant"):
        return significant(value, max(figures, 1))
    return rounded(value, figures)


def _order(session: Session, node: Node, operands: Values) -> Value | None:
    left, right = (numeral(one) for one in _two(session, node, operands))
    if left is None or right is None:
        return None
    return boolean({"lt": left < right, "lte": left <= right, "gt": left > right, "gte": left >= right}[node.name])


def _duration(session: Session, node: Node, operands: Values) -> Value | None:
    left, right = _two(session, node, operands)
    if left is None or right is None:
        return None
    before, after = left.only, right.only
    if not isinstance(before, Fraction) or not isinstance(after, Fraction):
        return None
    return boolean(before < after if node.name == "durationLT" else before >= after)


def _member(session: Session, node: Node, operands: Values) -> Value | None:
    one, many = _two(session, node, operands)
    if one is None or many is None:
        return None
    return boolean(any(same(one.only, item) for item in many.items))


def _contains(session: Session, node: Node, operands: Values) -> Value | None:
    whole, part = _two(session, node, operands)
    if whole is None or part is None:
        return None
    if whole.cardinality == "ordered" and part.cardinality == "ordered":
        width = len(part.items)
        starts = range(len(whole.items) - width + 1)
        return boolean(any(all(map(same, whole.items[at : at + width], part.items)) for at in starts))
    rest = list(whole.items)
    for item in part.items:
        found = next((other for other in rest if same(item, other)), None)
        if found is None:
            return FALSE
        rest.remove(found)
    return TRUE


def _delete(session: Session, node: Node, operands: Values) -> Value | None:
    one, many = _two(session, node, operands)
    if one is None or many is None:
        return None
    return container((item for item in many.items if not same(item, one.only)), many.base_type, many.cardinality)


def _index(session: Session, node: Node, operands: Values) -> Value | None:
    many = operands[0]
    at = numeral(operands[1]) if len(operands) > 1 else session.number_in(node, "n")
    if many is None or at is None or at.denominator != 1 or not 1 <= at <= len(many.items):
        return None
    return Value(many.base_type, (many.items[int(at) - 1],))


def _container_size(session: Session, node: Node, operands: Values) -> Value | None:
    return number(len(operands[0].items) if operands[0] is not None else 0)


def _string_match(session: Session, node: Node, operands: Values) -> Value | None:
    left, right = (_words(one) for one in _two(session, node, operands))
    if left is None or right is None:
        return None
    if not node.is_on("caseSensitive", default=True):
        left, right = left.casefold(), right.casefold()
    return boolean(right in left if node.is_on("substring") else left == right)


def _substring(session: Session, node: Node, operands: Values) -> Value | None:
    """With two operands: is the first inside the second. With three, an older habit: cut from, so many."""
    first = _words(operands[0])
    if first is None:
        return None
    if len(operands) == 3:
        start, length = numeral(operands[1]), numeral(operands[2])
        if start is None or length is None or start < 1 or length < 0:
            return None
        cut = first[int(start) - 1 : int(start) - 1 + int(length)]
        return Value("string", (cut,)) if cut else None
    second = _words(_two(session, node, operands)[1])
    if second is None:
        return None
    if not node.is_on("caseSensitive", default=True):
        first, second = first.casefold(), second.casefold()
    return boolean(first in second)


def _pattern_match(session: Session, node: Node, operands: Values) -> Value | None:
    subject = _words(operands[0]) if operands else None
    pattern = node.get("pattern") or (_words(operands[1]) if len(operands) > 1 else "") or ""
    if subject is None:
        return None
    if len(pattern) > MOST_PATTERN or _EXPLOSIVE.search(pattern):
        raise RefusedItem("The pattern could take endless time to match.", session.item.at(node))
    flags = 0 if node.is_on("caseSensitive", default=True) else re.IGNORECASE
    try:
        return boolean(re.fullmatch(pattern, subject[:MOST_SUBJECT], flags) is not None)
    except re.error as wrong:
        raise RefusedItem(f"The pattern “{pattern}” cannot be read: {wrong}.", session.item.at(node)) from wrong


def _inside(session: Session, node: Node, operands: Values) -> Value | None:
    one = operands[0] if operands else None
    if one is None:
        return None
    try:
        bounds = coords(node.get("coords"))
    except ValueError as wrong:
        raise RefusedItem(f"“{node.get('coords')}” are no coordinates.", session.item.at(node)) from wrong
    return boolean(any(is_inside(item, node.get("shape"), bounds) for item in one.items))


def is_inside(item: Scalar, shape: str, bounds: Sequence[Fraction]) -> bool:
    """Whether a point lies in an area; borders belong to it."""
    if not isinstance(item, tuple):
        return False
    x, y = item
    if isinstance(x, str) or isinstance(y, str):
        return False
    if shape == "default":
        return True
    if shape == "rect" and len(bounds) == 4:
        left, right = sorted((bounds[0], bounds[2]))
        top, bottom = sorted((bounds[1], bounds[3]))
        return left <= x <= right and top <= y <= bottom
    if shape == "circle" and len(bounds) == 3:
        return (x - bounds[0]) ** 2 + (y - bounds[1]) ** 2 <= bounds[2] ** 2
    if shape == "ellipse" and len(bounds) == 4 and bounds[2] and bounds[3]:
        return ((x - bounds[0]) / bounds[2]) ** 2 + ((y - bounds[1]) / bounds[3]) ** 2 <= 1
    return shape == "poly" and _in_polygon(x, y, list(zip(bounds[::2], bounds[1::2], strict=False)))


def _in_polygon(x: Fraction, y: Fraction, corners: list[tuple[Fraction, Fraction]]) -> bool:
    is_in = False
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if cross == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
            return True
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            is_in = not is_in
    return is_in


def _is_type_of(session: Session, node: Node, operands: Values) -> Value | None:
    """Not of the standard."""
    one, name = _two(session, node, operands)
    return None if one is None or name is None else boolean(one.base_type == text_of(name.only))


def _words(value: Value | None) -> str | None:
    return None if value is None or len(value.items) != 1 else text_of(value.only)


def _two(session: Session, node: Node, operands: Values) -> tuple[Value | None, Value | None]:
    if len(operands) != 2:
        raise RefusedItem(f"<{node.name}> compares two values, and here are {len(operands)}.", session.item.at(node))
    return operands[0], operands[1]


def literal(session: Session, node: Node) -> Value | None:
    """`baseValue`."""
    base_type = node.get("baseType", "string")
    try:
        item = scalar(base_type, node.words)
    except ValueError as wrong:
        raise RefusedItem(f"“{node.words.strip()}” is no {base_type}.", session.item.at(node)) from wrong
    return None if item is None else Value(base_type, (item,))


TABLE = {
    "and": _and,
    "or": _or,
    "not": _not,
    "anyN": _any_n,
    "allN": _all_n,
    "isNull": _is_null,
    "match": _match,
    "equal": _equal,
    "notEqual": _not_equal,
    "equalRounded": _equal_rounded,
    "lt": _order,
    "lte": _order,
    "gt": _order,
    "gte": _order,
    "durationLT": _duration,
    "durationGTE": _duration,
    "member": _member,
    "contains": _contains,
    "delete": _delete,
    "index": _index,
    "containerSize": _container_size,
    "stringMatch": _string_match,
    "substring": _substring,
    "patternMatch": _pattern_match,
    "inside": _inside,
    "isTypeOf": _is_type_of,
}
