"""QTI documents as small trees with the names of QTI 2: `qti-base-value base-type` of QTI 3 is `baseValue baseType`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lms.catalog.exchange.xml_source import VOID, Element, local, namespace

_KEBAB = re.compile(r"-([a-z0-9])")
_IRREGULAR = {"durationLt": "durationLT", "durationGte": "durationGTE"}


@dataclass(frozen=True, slots=True)
class Node:
    """An element: canonical name, attributes, the text before its first child and the one after itself."""

    name: str
    attributes: Mapping[str, str]
    text: str
    tail: str
    children: tuple["Node", ...]
    line: int

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def is_on(self, name: str, default: bool = False) -> bool:
        value = self.attributes.get(name)
        return default if value is None else value.strip() in {"true", "1"}

    def first(self, *names: str) -> "Node | None":
        return next((child for child in self.children if child.name in names), None)

    def every(self, *names: str) -> Iterator["Node"]:
        return (child for child in self.children if child.name in names)

    def walk(self) -> Iterator["Node"]:
        """This node and everything below it, in document order."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def words(self) -> str:
        """All text inside, as it stands."""
        return self.text + "".join(child.words + child.tail for child in self.children)


def node_of(element: Element) -> Node:
    name = local(element)
    is_third = name.startswith("qti-")
    return Node(
        name=_camel(name[4:]) if is_third else name,
        attributes={
            (_camel(local_name) if is_third and not local_name.startswith(("data-", "aria-")) else local_name): value
            for local_name, value in _attributes(element)
        },
        text=element.text or "",
        tail=element.tail or "",
        children=tuple(node_of(child) for child in element if local(child)),
        line=element.sourceline or 0,
    )


def _attributes(element: Element) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        yield str(name).rpartition("}")[2], str(value)


def _camel(name: str) -> str:
    camel = _KEBAB.sub(lambda match: match[1].upper(), name)
    return _IRREGULAR.get(camel, camel)


def version_of(root: Element) -> str:
    """2.0, 2.1, 2.2 or 3.0 by the namespace; empty for anything else."""
    uri = namespace(root)
    for mark, version in (("qtiasi_v3p", "3.0"), ("qti_v2p2", "2.2"), ("qti_v2p1", "2.1"), ("qti_v2p0", "2.0")):
        if mark in uri:
            return version
    if local(root).startswith("qti-assessment-"):
        return "3.0"
    return "2.2" if not uri and local(root) in {"assessmentItem", "assessmentTest"} else ""


def markup(node: Node) -> str:
    """The node as HTML, without its tail."""
    attributes = "".join(f' {name}="{escaped(value, quoted=True)}"' for name, value in node.attributes.items())
    inside = inner_markup(node)
    if not inside and node.name in VOID:
        return f"<{node.name}{attributes}>"
    return f"<{node.name}{attributes}>{inside}</{node.name}>"


def inner_markup(node: Node) -> str:
    return escaped(node.text) + "".join(markup(child) + escaped(child.tail) for child in node.children)


def escaped(text: str, *, quoted: bool = False) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;") if quoted else text
