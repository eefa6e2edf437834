"""An item on its way to a question: its prompt, its interaction, its notes."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from lms.catalog.exchange.model import NO_TEXT, Option, Place, Question, Text
from lms.catalog.exchange.qti_declarations import Declaration
from lms.catalog.exchange.qti_item import QtiItem
from lms.catalog.exchange.qti_nodes import Node, escaped, markup
from lms.catalog.exchange.qti_probe import Probe
from lms.catalog.exchange.qti_processing import math_variable, printed
from lms.catalog.exchange.qti_values import text_of
from lms.catalog.exchange.report import Notes, RefusedItem

FEEDBACK = frozenset({"feedbackInline", "feedbackBlock"})
# Things to choose that read the feedback which stands in them.
OPTIONS = frozenset({"simpleChoice", "inlineChoice", "hottext"})
TEMPLATED = frozenset({"templateInline", "templateBlock"})
DROPPED = frozenset({"rubricBlock", "stylesheet", "endAttemptInteraction", "catalogInfo"})
_SPACE = re.compile(r"[ \t\r\n]+")
_BARE = re.compile(r"<(div|p|span)>((?:(?!</?\1\b).)*)</\1>", re.DOTALL)


@dataclass(slots=True)
class Frame:
    """`marks` says what stands in a text in place of a node; it is filled by the reader of an interaction."""

    item: QtiItem
    probe: Probe
    notes: Notes
    question: Question
    node: Node
    marks: dict[int, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.item.identifier

    def at(self, node: Node) -> Place:
        return Place(self.item.file, node.line)

    @property
    def declared(self) -> Declaration:
        return self.declaration_of(self.node)

    def declaration_of(self, node: Node) -> Declaration:
        identifier = node.get("responseIdentifier")
        found = self.item.responses.get(identifier)
        if found is None:
            raise RefusedItem(f"It asks for the response “{identifier}”, which is not declared.", self.at(node))
        return found

    def lost(self, node: Node, message: str) -> None:
        self.notes.lost(self.at(node), message, self.name)

    def changed(self, node: Node, message: str) -> None:
        self.notes.changed(self.at(node), message, self.name)

    def markup(self, node: Node) -> str:
        """The inside of a node as HTML: variables printed, feedback and what was marked taken out."""
        parts = [escaped(node.text)]
        for child in node.children:
            parts.append(self._child(child))
            parts.append(escaped(child.tail))
        return "".join(parts)

    def _child(self, child: Node) -> str:
        if id(child) in self.marks:
            return self.marks[id(child)]
        if child.name == "include":
            self.lost(child, f"The part “{child.get('href')}” is to be included from elsewhere and is left out.")
            return ""
        if child.name == "contentBody":  # QTI 3 wraps what feedback and notes say
            return self.markup(child)
        if child.name == "rubricBlock" and "candidate" in child.get("view").split():
            return f"<div>{self.markup(child)}</div>"
        if child.name in FEEDBACK or child.name in DROPPED:
            return ""
        if child.name in TEMPLATED:
            value = self.probe.session.values.get(child.get("templateIdentifier"))
            is_in = value is not None and any(text_of(one) == child.get("identifier") for one in value.items)
            return self.markup(child) if is_in == (child.get("showHide", "show") == "show") else ""
        if child.name == "printedVariable":
            return escaped(printed(self.probe.session, child.get("identifier"), child))
        if name := math_variable(self.item, child):
            return f"<mn>{escaped(printed(self.probe.session, name, child))}</mn>"
        inside = self.markup(child)
        shell = markup(Node(child.name, child.attributes, "", "", (), child.line))
        return shell.replace("></", f">{inside}</", 1) if "></" in shell else shell

    def text(self, node: Node | None) -> Text:
        return Text(tidy(self.markup(node))) if node is not None else NO_TEXT

    def prompt(self) -> Text:
        """The body around the interaction, and the interaction's own prompt."""
        self.marks.setdefault(id(self.node), "")
        body = tidy(self.markup(self.item.body)) if self.item.body is not None else ""
        own = self.text(self.node.first("prompt")).text
        return Text("\n".join(part for part in (unwrapped(body), own) if part))


def tidy(text: str) -> str:
    """Without the indentation of the file, except where it is meant."""
    return text.strip() if "<pre" in text else _SPACE.sub(" ", text).strip()


def unwrapped(text: str) -> str:
    """Without a bare box around everything, and without boxes that the interaction left empty."""
    text = re.sub(r"<(div|p|span)[^<>]*>\s*</\1>", "", text).strip()
    whole = _BARE.fullmatch(text)
    return whole[2].strip() if whole and whole[1] == "div" else text


def option(frame: Frame, node: Node, weight: Fraction) -> Option:
    """With the feedback that stands in it: of several, what shows to whoever chooses it."""
    key = node.get("identifier")
    own = [child for child in node.walk() if child.name in FEEDBACK]
    if len(own) > 1:
        chosen = key if frame.declared.cardinality == "single" else [key]
        scored = frame.probe.run({frame.declared.identifier: chosen})
        own = [child for child in own if scored.shows(child)] or own
    said = "\n".join(text.text for child in own if (text := frame.text(child)))
    return Option(frame.text(node), weight, Text(said) if said else NO_TEXT, key=key)


Reader = Callable[[Frame], Question]
