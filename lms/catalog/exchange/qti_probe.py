"""What an item's own rules say of a response. Keys and weights are asked of them, not guessed from their form."""

from collections.abc import Iterator
from fractions import Fraction

from lms.catalog.exchange.qti_declarations import Declaration
from lms.catalog.exchange.qti_item import QtiItem
from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.qti_processing import Scored, prepared, score, template_name
from lms.catalog.exchange.qti_values import Value, text_of
from lms.catalog.exchange.report import RefusedItem

SEED = 1
COMPARING = frozenset({"match", "equal", "equalRounded", "stringMatch", "member", "contains"})


class Probe:
    """Scores of responses to one item; everything not named in a probe is left unanswered."""

    def __init__(self, item: QtiItem) -> None:
        self.item = item
        self.session = prepared(item, {}, SEED)
        self._known: dict[str, Scored] = {}

    def run(self, responses: dict[str, object]) -> Scored:
        key = repr(sorted(responses.items(), key=lambda one: one[0]))
        if key not in self._known:
            unanswered: dict[str, object] = dict.fromkeys(self.item.responses)
            self._known[key] = score(self.item, {**unanswered, **responses}, SEED)
            if self._known[key].unknown_operators:
                name = self._known[key].unknown_operators[0] or "without a name"
                raise RefusedItem(
                    f"It is scored by the custom operator “{name}”, which only its author's system knows.",
                    self.item.place,
                )
        return self._known[key]

    def score(self, responses: dict[str, object]) -> Fraction:
        return self.run(responses).score

    @property
    def nothing(self) -> Fraction:
        """What an empty sheet earns."""
        return self.score({})

    def correct(self, identifier: str) -> Value | None:
        return self.session.corrects.get(identifier)

    def correct_words(self, identifier: str) -> list[str]:
        value = self.correct(identifier)
        return [] if value is None else [text_of(item) for item in value.items]

    def all_correct(self) -> dict[str, object]:
        return {identifier: words for identifier in self.item.responses if (words := self.correct_words(identifier))}

    def best(self) -> Fraction:
        """What the declared right answers earn, or the most that the item says it can give."""
        run = self.run(self.all_correct())
        return run.score if run.score > 0 else run.max_score or Fraction(0)

    def uses(self, name: str, identifier: str) -> bool:
        """Whether response processing holds such an expression about this response, its templates included."""
        node = self.item.response_processing
        if node is None:
            return False
        if not node.children:
            return {"mapResponse": "map_response", "match": "match_correct"}.get(name, "?") in template_name(node)
        return any(one.name == name and one.get("identifier", identifier) == identifier for one in node.walk())

    def compared_with(self, identifier: str) -> Iterator[tuple[Node, Node]]:
        """(comparison, the other side) for each comparison that this response stands in."""
        node = self.item.response_processing
        for one in node.walk() if node is not None else ():
            if one.name not in COMPARING or len(one.children) != 2:
                continue
            left, right = one.children
            if _is_about(left, identifier):
                yield one, right
            elif _is_about(right, identifier):
                yield one, left

    def candidates(self, declared: Declaration) -> list[str]:
        """Every value that the item mentions for this response, in order: right ones, mapped ones, compared ones."""
        found = dict.fromkeys(self.correct_words(declared.identifier))
        if declared.mapping is not None:
            found |= dict.fromkeys(entry.key for entry in declared.mapping.entries)
        for _, other in self.compared_with(declared.identifier):
            found |= dict.fromkeys(one.words.strip() for one in other.walk() if one.name == "baseValue")
        return [value for value in found if value]


def _is_about(node: Node, identifier: str) -> bool:
    return any(one.name == "variable" and one.get("identifier") == identifier for one in node.walk())
