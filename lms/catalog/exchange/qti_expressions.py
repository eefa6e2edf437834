"""QTI's expressions: variables, maps, tables, draws; comparing and calculating stand in modules of their own."""

import unicodedata
from collections.abc import Callable
from fractions import Fraction

from lms.catalog.exchange import qti_logic, qti_numbers
from lms.catalog.exchange.qti_declarations import AreaMapping, Declaration, Mapping, Table, table
from lms.catalog.exchange.qti_logic import is_inside
from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.qti_session import Session
from lms.catalog.exchange.qti_values import MOST_ITEMS, Scalar, Value, number, numeral, same, scalar, text_of
from lms.catalog.exchange.report import RefusedItem

# Of the whole test, not of one item: an item alone cannot say them.
OF_A_TEST = frozenset(
    {
        "numberCorrect",
        "numberIncorrect",
        "numberPresented",
        "numberResponded",
        "numberSelected",
        "outcomeMaximum",
        "outcomeMinimum",
        "testVariables",
    }
)


def evaluate(session: Session, node: Node) -> Value | None:
    """The value of an expression. Raises RefusedItem for what QTI does not know or what one item cannot say."""
    session.step(node)
    single = LEAVES.get(node.name)
    if single is not None:
        return single(session, node)
    if node.name in OF_A_TEST:
        raise RefusedItem(f"<{node.name}> speaks of a whole test; an item alone cannot say it.", session.item.at(node))
    if node.name in qti_logic.TABLE:
        operands = [evaluate(session, child) for child in node.children]
        if not operands and node.name not in {"and", "or", "anyN", "allN"}:
            raise RefusedItem(f"<{node.name}> has nothing to work on.", session.item.at(node))
        return qti_logic.compare(session, node, operands)
    if node.name in qti_numbers.TABLE:
        operands = [evaluate(session, child) for child in node.children]
        if not operands:
            raise RefusedItem(f"<{node.name}> has nothing to work on.", session.item.at(node))
        return qti_numbers.calculate(session, node, operands)
    raise RefusedItem(f"<{node.name}> is no expression that this program knows.", session.item.at(node))


def _variable(session: Session, node: Node) -> Value | None:
    return session.value(node.get("identifier"), node)


def _default(session: Session, node: Node) -> Value | None:
    session.declared(node.get("identifier"), node)
    return session.defaults.get(node.get("identifier"))


def _correct(session: Session, node: Node) -> Value | None:
    session.declared(node.get("identifier"), node)
    return session.corrects.get(node.get("identifier"))


def _null(session: Session, node: Node) -> Value | None:
    return None


def _constant(session: Session, node: Node) -> Value | None:
    found = qti_numbers.CONSTANTS.get(node.get("name"))
    if found is None:
        raise RefusedItem(f"“{node.get('name')}” is no constant of QTI.", session.item.at(node))
    return number(found)


def _gathered(session: Session, node: Node) -> Value | None:
    """`multiple` and `ordered`: single values and containers poured together, without what is NULL."""
    return _container(session, node, [evaluate(session, child) for child in node.children], node.name)


def _repeat(session: Session, node: Node) -> Value | None:
    times = int(session.number_in(node, "numberRepeats", "1"))
    made: list[Value | None] = []
    for _ in range(min(times, MOST_ITEMS)):
        made += [evaluate(session, child) for child in node.children]
    return _container(session, node, made, "ordered")


def _container(session: Session, node: Node, values: list[Value | None], cardinality: str) -> Value | None:
    items: list[Scalar] = []
    base_type = ""
    for value in values:
        if value is not None:
            items += value.items
            base_type = base_type or value.base_type
    if not items or len(items) > MOST_ITEMS:
        return None
    return Value(base_type, tuple(items), cardinality, had_null=any(value is None for value in values))


def _record(session: Session, node: Node) -> Value | None:
    fields = tuple(
        (child.get("fieldIdentifier"), evaluate(session, child.children[0]) if child.children else None)
        for child in node.children
    )
    return Value("", (), "record", fields) if fields else None


def _field(session: Session, node: Node) -> Value | None:
    whole = evaluate(session, node.children[0]) if node.children else None
    return None if whole is None else dict(whole.fields).get(node.get("fieldIdentifier"))


def _map_response(session: Session, node: Node) -> Value | None:
    declared = session.declared(node.get("identifier"), node)
    value = session.value(node.get("identifier"), node)
    return number(mapped(value, declared, declared.mapping))


def mapped(value: Value | None, declared: Declaration, mapping: Mapping | None) -> Fraction:
    """What a mapping gives: the sum over a container; without any mapping nothing."""
    if mapping is None:
        return Fraction(0)
    if value is None:
        return mapping.bounded(mapping.default)
    total = sum((_mapped_item(item, declared.base_type, mapping) for item in value.items), Fraction(0))
    return mapping.bounded(total)


def _mapped_item(item: Scalar, base_type: str, mapping: Mapping) -> Fraction:
    for entry in mapping.entries:
        try:
            key = scalar(base_type, entry.key)
        except ValueError:
            continue
        if key is None:
            continue
        if same(key, item):
            return entry.value
        if not entry.is_case_sensitive and text_of(key).casefold() == text_of(item).casefold():
            return entry.value
    return mapping.default


def _map_point(session: Session, node: Node) -> Value | None:
    declared = session.declared(node.get("identifier"), node)
    if declared.areas is None:
        return number(Fraction(0))
    return number(pointed(session.value(node.get("identifier"), node), declared.areas))


def pointed(value: Value | None, mapping: AreaMapping) -> Fraction:
    """Each area counts once, whatever lies in it; a point in no area counts as the default."""
    frame = mapping.frame
    if value is None:
        return frame.bounded(frame.default)
    total = Fraction(0)
    free = set(value.items)
    for area in mapping.areas:
        within = {item for item in free if is_inside(item, area.shape, area.coords)}
        if within:
            total += area.value
            free -= within
    return frame.bounded(total + frame.default * len(free))


def _map_outcome(session: Session, node: Node) -> Value | None:
    declared = session.declared(node.get("identifier"), node)
    return number(mapped(session.value(node.get("identifier"), node), declared, declared.mapping))


def _lookup(session: Session, node: Node) -> Value | None:
    """A table given inside the expression, as some players know it."""
    found = node.first("matchTable", "interpolationTable")
    source = next((child for child in node.children if child is not found), None)
    if found is None or source is None:
        raise RefusedItem("<lookupTable> needs a value and a table.", session.item.at(node))
    return looked_up(table(found), numeral(evaluate(session, source)), "float")


def looked_up(rows: Table, source: Fraction | None, base_type: str) -> Value | None:
    """The target for a source; NULL, like everything that no row covers, gets the default."""
    target = rows.default
    if source is not None:
        for row, value, includes in rows.rows:
            is_hit = source == row
            if rows.is_interpolated:
                is_hit = source >= row if includes else source > row
            if is_hit:
                target = value
                break
    item = scalar(base_type or "string", target)
    return None if item is None else Value(base_type, (item,))


def _random(session: Session, node: Node) -> Value | None:
    whole = evaluate(session, node.children[0]) if node.children else None
    return None if whole is None else Value(whole.base_type, (whole.items[session.draw.below(len(whole.items))],))


def _random_integer(session: Session, node: Node) -> Value | None:
    low, high = int(session.number_in(node, "min", "0")), int(session.number_in(node, "max"))
    step = int(session.number_in(node, "step", "1"))
    if high < low or step < 1:
        raise RefusedItem(f"There is no whole number from {low} to {high} by {step}.", session.item.at(node))
    return number(low + step * session.draw.below((high - low) // step + 1))


def _random_float(session: Session, node: Node) -> Value | None:
    low, high = session.number_in(node, "min", "0"), session.number_in(node, "max")
    return number(low + session.draw() * (high - low))


def _custom(session: Session, node: Node) -> Value | None:
    """Three operators of Cito's players that only tidy what was typed; every other one has no value here."""
    name = node.get("definition") or node.get("class")
    operand = evaluate(session, node.children[0]) if node.children else None
    tidy = TIDIED.get(name.rpartition(":")[2])
    if tidy is None or name.partition(":")[0] not in {"qade", "depcp"}:
        session.unknown_operators.append(name)
        return None
    if operand is None or not isinstance(operand.only, str):
        return operand
    tidied = tidy(operand.only)
    return Value(operand.base_type, (tidied,)) if tidied else None


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


TIDIED: dict[str, Callable[[str], str]] = {
    "Trim": str.strip,
    "ToAscii": _ascii,
    "ParseCommaDecimal": lambda text: text.strip().replace(",", "."),
}

LEAVES = {
    "baseValue": qti_logic.literal,
    "variable": _variable,
    "default": _default,
    "correct": _correct,
    "null": _null,
    "mathConstant": _constant,
    "multiple": _gathered,
    "ordered": _gathered,
    "repeat": _repeat,
    "record": _record,
    "fieldValue": _field,
    "mapResponse": _map_response,
    "mapResponsePoint": _map_point,
    "mapOutcome": _map_outcome,
    "lookupTable": _lookup,
    "random": _random,
    "randomInteger": _random_integer,
    "randomFloat": _random_float,
    "customOperator": _custom,
}
