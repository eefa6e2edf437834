"""Where each outline value stands in the files: so that a finding about a value can name file and line."""

from typing import TypeVar

from lms.catalog.source import Node, Path
from lms.policy.outline import Chunk

T = TypeVar("T")
E = TypeVar("E")

# Attributes of the outline that the files call something else.
_FILE_NAMES = {
    "draws": "draw",
    "has_test_out": "test_out",
    "is_skill": "skill",
    "needs_mastery": "requires_mastery",
    "sheet": "worksheet",
    "threshold_bp": "pass_percent",
}


class Marks:
    """Where each outline value stands, by identity: equal values may stand in two places."""

    def __init__(self) -> None:
        self._nodes: dict[int, tuple[object, Node]] = {}

    def put(self, value: T, node: Node) -> T:
        self._nodes[id(value)] = (value, node)  # the value is held, so that its id stays its own
        return value

    def place(self, value: object, part: Path) -> tuple[str, int, str]:
        """(file, line, where) of an attribute of `value`."""
        held = self._nodes.get(id(value))
        if held is None:
            return "course.yaml", 1, ""
        node = held[1]
        path = self.file_path(value, part)
        return node.file, node.line(*path), node.where(*path)

    def file_path(self, value: object, part: Path) -> Path:
        """The attribute as the file names it."""
        path = tuple(_FILE_NAMES.get(name, name) if isinstance(name, str) else name for name in part)
        if path == ("items",) and isinstance(value, Chunk):
            path = ("check", "items")
        elif path == ("weight",) and (node := self.node(value)) and "right" in node.value:
            path = ("right",)
        elif path[:1] in {("numbers",), ("order",)}:
            path = ("results", *path)
        return path

    def node(self, value: object) -> Node | None:
        held = self._nodes.get(id(value))
        return held[1] if held else None


def enum_of(kind: type[E], text: str, default: E) -> E:
    """The member, or `default` when the schema has complained already."""
    try:
        return kind(text)  # type: ignore[call-arg]
    except ValueError:
        return default
