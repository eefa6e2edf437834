"""One sitting of one QTI item: its variables, its draws, its limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from lms.catalog.exchange.numerals import is_numeral
from lms.catalog.exchange.qti_declarations import Declaration
from lms.catalog.exchange.qti_item import QtiItem
from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.qti_values import Value, from_json, number, numeral
from lms.catalog.exchange.report import RefusedItem

MOST_STEPS = 100_000
_WORD = 0xFFFFFFFF


class Draw:
    """Mulberry32: small, seeded, and the generator that players of QTI in browsers use, so that draws agree."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _WORD

    def __call__(self) -> Fraction:
        """From 0 to below 1."""
        self._state = (self._state + 0x6D2B79F5) & _WORD
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 15)) * (mixed | 1)) & _WORD
        mixed ^= (mixed + (((mixed ^ (mixed >> 7)) * (mixed | 61)) & _WORD)) & _WORD
        return Fraction((mixed ^ (mixed >> 14)) & _WORD, 1 << 32)

    def below(self, count: int) -> int:
        return int(self() * count)


@dataclass(slots=True)
class Session:
    """Values by identifier. Corrects and defaults may be set by template processing, so they live here, too."""

    item: QtiItem
    draw: Draw
    values: dict[str, Value | None] = field(default_factory=dict)
    corrects: dict[str, Value | None] = field(default_factory=dict)
    defaults: dict[str, Value | None] = field(default_factory=dict)
    unknown_operators: list[str] = field(default_factory=list)
    steps: int = 0

    def step(self, node: Node) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise RefusedItem("The rules of this item take too long.", self.item.at(node))

    def declared(self, identifier: str, node: Node) -> Declaration:
        item = self.item
        found = item.responses.get(identifier) or item.outcomes.get(identifier) or item.templates.get(identifier)
        if found is None:
            raise RefusedItem(f"“{identifier}” is used but not declared.", self.item.at(node))
        return found

    def value(self, identifier: str, node: Node) -> Value | None:
        if identifier in self.values:
            return self.values[identifier]
        self.declared(identifier, node)
        return None

    def number_in(self, node: Node, name: str, default: str = "") -> Fraction:
        """A number that an attribute spells or for which it names a variable."""
        words = node.get(name, default).strip().strip("{}#")
        if is_numeral(words):
            return Fraction(words)
        found = numeral(self.value(words, node)) if words else None
        if found is None:
            raise RefusedItem(f"“{node.get(name)}” is no number for {name}.", self.item.at(node))
        return found


BUILT_IN = {
    "completionStatus": Value("identifier", ("unknown",)),
    "numAttempts": Value("integer", (1,)),
    "duration": Value("duration", (Fraction(0),)),
}


def begin(item: QtiItem, responses: Mapping[str, object], draw: Draw) -> Session:
    """The state before any rule: defaults, then what was answered."""
    session = Session(item, draw)
    session.values.update(BUILT_IN)
    for declared in (*item.templates.values(), *item.responses.values(), *item.outcomes.values()):
        session.defaults[declared.identifier] = declared.default
        session.corrects[declared.identifier] = declared.correct
        session.values[declared.identifier] = declared.default
    for declared in item.outcomes.values():
        if declared.default is None and declared.cardinality == "single":
            session.values[declared.identifier] = starting(declared)
    for identifier, raw in responses.items():
        answered = item.responses.get(identifier)
        if answered is None:
            raise RefusedItem(f"The item declares no response “{identifier}”.", item.place)
        session.values[identifier] = from_json(raw, answered.base_type, answered.cardinality)
    return session


def starting(declared: Declaration) -> Value | None:
    """A numeric outcome begins at zero, every other one at NULL."""
    if declared.base_type in {"integer", "float"}:
        return number(Fraction(0), is_integer=declared.base_type == "integer")
    return None


def fitted(value: Value | None, declared: Declaration) -> Value | None:
    """A value as its variable holds it: whole numbers where these are declared, the declared kind of container."""
    if value is None or value.cardinality == "record":
        return value
    items = value.items
    if declared.base_type in {"integer", "float"} and all(not isinstance(item, str | tuple) for item in items):
        items = tuple(
            int(item) if declared.base_type == "integer" and Fraction(item).denominator == 1 else Fraction(item)
            for item in items
            if not isinstance(item, str | tuple)
        )
    cardinality = value.cardinality if declared.cardinality in {"single", "record"} else declared.cardinality
    return replace(value, base_type=declared.base_type or value.base_type, items=items, cardinality=cardinality)


Evaluate = Callable[[Session, Node], Value | None]
