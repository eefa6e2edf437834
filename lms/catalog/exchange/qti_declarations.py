"""What a QTI item declares: responses, outcomes, template variables, and the maps and tables that hang on them."""

from dataclasses import dataclass
from fractions import Fraction

from lms.catalog.exchange.model import Place
from lms.catalog.exchange.numerals import fraction, fraction_of_rounded
from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.qti_values import Scalar, Value, container, scalar
from lms.catalog.exchange.report import RefusedItem

BASE_TYPES = frozenset(
    {
        *("boolean", "integer", "float", "string", "identifier", "uri", "file"),
        *("pair", "directedPair", "point", "duration", "intOrIdentifier"),
    }
)
CARDINALITIES = frozenset({"single", "multiple", "ordered", "record"})


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    value: Fraction
    is_case_sensitive: bool = True


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: tuple[Entry, ...]
    default: Fraction = Fraction(0)
    lower: Fraction | None = None
    upper: Fraction | None = None

    def bounded(self, total: Fraction) -> Fraction:
        if self.lower is not None and total < self.lower:
            return self.lower
        if self.upper is not None and total > self.upper:
            return self.upper
        return total


@dataclass(frozen=True, slots=True)
class Area:
    shape: str
    coords: tuple[Fraction, ...]
    value: Fraction


@dataclass(frozen=True, slots=True)
class AreaMapping:
    areas: tuple[Area, ...]
    frame: Mapping


@dataclass(frozen=True, slots=True)
class Table:
    """A match table looks for the source itself, an interpolation table for the first source that it reaches."""

    rows: tuple[tuple[Fraction, str, bool], ...]
    default: str
    is_interpolated: bool


@dataclass(frozen=True, slots=True)
class Declaration:
    identifier: str
    base_type: str
    cardinality: str
    default: Value | None = None
    correct: Value | None = None
    mapping: Mapping | None = None
    areas: AreaMapping | None = None
    table: Table | None = None
    normal_maximum: Fraction | None = None
    line: int = 0
    is_in_math: bool = False


def declaration(node: Node, file: str) -> Declaration:
    """Read one `responseDeclaration`, `outcomeDeclaration` or `templateDeclaration`."""
    at = Place(file, node.line)
    base_type = node.get("baseType", "string" if node.get("cardinality") == "record" else "")
    cardinality = node.get("cardinality", "single")
    if cardinality not in CARDINALITIES:
        raise RefusedItem(f"“{cardinality}” is no cardinality of QTI.", at)
    if base_type and base_type not in BASE_TYPES:
        raise RefusedItem(f"“{base_type}” is no base type of QTI.", at)
    identifier = node.get("identifier")
    if not identifier:
        raise RefusedItem("A declaration has no identifier.", at)
    try:
        default = _values(node.first("defaultValue"), base_type, cardinality)
        if default is None and node.get("defaultValue"):
            default = _typed([node.get("defaultValue")], base_type, cardinality)
        table_node = node.first("matchTable", "interpolationTable")
        return Declaration(
            identifier,
            base_type,
            cardinality,
            default,
            _values(node.first("correctResponse"), base_type, cardinality),
            mapping(found) if (found := node.first("mapping")) else None,
            _area_mapping(found) if (found := node.first("areaMapping")) else None,
            table(table_node) if table_node else None,
            fraction(node.get("normalMaximum")) if node.get("normalMaximum") else None,
            node.line,
            node.is_on("mathVariable"),
        )
    except ValueError as wrong:
        raise RefusedItem(f"“{wrong}” does not fit the declaration of {identifier}.", at) from wrong


def _values(node: Node | None, base_type: str, cardinality: str) -> Value | None:
    if node is None:
        return None
    if cardinality == "record":
        fields = tuple(
            (one.get("fieldIdentifier"), _typed([one.words], one.get("baseType", "string"), "single"))
            for one in node.every("value")
        )
        return Value("", (), "record", fields) if fields else None
    return _typed([one.words for one in node.every("value")], base_type, cardinality)


def _typed(texts: list[str], base_type: str, cardinality: str) -> Value | None:
    items: list[Scalar] = []
    for text in texts:
        # Files indent their values; only a string of blanks is meant to have blanks around it.
        item = scalar(base_type, text if base_type == "string" and "\n" not in text else text.strip())
        if item is not None:
            items.append(item)
    if cardinality == "single" and len(items) == 1:
        return Value(base_type, tuple(items))
    return container(items, base_type, "multiple" if cardinality == "single" else cardinality)


def mapping(node: Node) -> Mapping:
    usual = node.is_on("caseSensitive", default=True)
    entries = tuple(
        Entry(one.get("mapKey"), fraction_of_rounded(one.get("mappedValue")), one.is_on("caseSensitive", default=usual))
        for one in node.every("mapEntry")
    )
    return _frame(node, entries)


def _frame(node: Node, entries: tuple[Entry, ...]) -> Mapping:
    return Mapping(
        entries,
        fraction(node.get("defaultValue", "0") or "0"),
        fraction(node.get("lowerBound")) if node.get("lowerBound") else None,
        fraction(node.get("upperBound")) if node.get("upperBound") else None,
    )


def _area_mapping(node: Node) -> AreaMapping:
    areas = tuple(
        Area(one.get("shape", "default"), coords(one.get("coords")), fraction(one.get("mappedValue")))
        for one in node.every("areaMapEntry")
    )
    return AreaMapping(areas, _frame(node, ()))


def coords(text: str) -> tuple[Fraction, ...]:
    return tuple(fraction(part.strip().rstrip("%")) for part in text.replace(",", " ").split())


def table(node: Node) -> Table:
    is_interpolated = node.name == "interpolationTable"
    rows = tuple(
        (fraction(one.get("sourceValue")), one.get("targetValue"), one.is_on("includeBoundary", default=True))
        for one in node.every("matchTableEntry", "interpolationTableEntry")
    )
    return Table(rows, node.get("defaultValue"), is_interpolated)
