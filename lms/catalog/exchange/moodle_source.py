"""One `<question>` of a Moodle XML file while it is read: its texts, its places, what was looked at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from lms.catalog.exchange.model import NO_TEXT, Format, Place, Text
from lms.catalog.exchange.numerals import fraction, weight_of_percent
from lms.catalog.exchange.report import Notes, RefusedItem
from lms.catalog.exchange.xml_source import Element, local, place

FORMATS = {
    "html": Format.HTML,
    "moodle_auto_format": Format.MOODLE,
    "plain_text": Format.PLAIN,
    "markdown": Format.MARKDOWN,
    "0": Format.MOODLE,
    "1": Format.HTML,
    "2": Format.PLAIN,
    "4": Format.MARKDOWN,
}
FORMAT_NAMES = {
    Format.HTML: "html",
    Format.MOODLE: "moodle_auto_format",
    Format.PLAIN: "plain_text",
    Format.MARKDOWN: "markdown",
}


@dataclass(slots=True)
class Source:
    """`read` and `used` remember what was looked at, so that the rest can be kept or reported."""

    element: Element
    file: str
    notes: Notes
    item: str = ""
    read: set[str] = field(default_factory=set)
    used: set[Element] = field(default_factory=set)

    def children(self, name: str) -> Iterator[Element]:
        self.read.add(name)
        return (one for one in self.element if local(one) == name)

    def child(self, name: str) -> Element | None:
        return next(self.children(name), None)

    def text(self, name: str) -> Text:
        found = self.child(name)
        return NO_TEXT if found is None else text_of(found, Format.HTML)

    def said(self, name: str, default: str = "") -> str:
        self.read.add(name)
        return said(self.element, name) or default

    def place(self, name: str) -> Place:
        found = next((one for one in self.element if local(one) == name), self.element)
        return place(found, self.file)

    def is_on(self, name: str, default: bool) -> bool:
        value = self.said(name).lower()
        return value in {"1", "true"} if value else default


def said(element: Element, name: str = "") -> str:
    """The words of an element or of its child `name`, with or without `<text>` around them, trimmed."""
    if name:
        child = next((one for one in element if local(one) == name), None)
        return "" if child is None else said(child)
    inner = next((one for one in element if local(one) == "text"), element)
    return (inner.text or "").strip()


def text_of(element: Element, default: Format) -> Text:
    """A text with its format; no text at all is one and the same, whatever its format."""
    words = said(element)
    return Text(words, FORMATS.get(element.get("format", ""), default)) if words else NO_TEXT


def number_of(words: str, at: Place) -> Fraction:
    try:
        return fraction(words)
    except ValueError as wrong:
        raise RefusedItem(f"“{words}” is not a number.", at) from wrong


def weight_of(answer: Element, file: str) -> Fraction:
    """The `fraction` of an answer, a percent, as an exact share."""
    words = answer.get("fraction") or said(answer, "fraction") or "0"
    try:
        weight = weight_of_percent(words)
    except ValueError as wrong:
        raise RefusedItem(f"The fraction “{words}” is not a number.", place(answer, file)) from wrong
    if abs(weight) > 1:
        raise RefusedItem(f"The fraction {words} is beyond 100 percent.", place(answer, file))
    return weight


def feedback_of(answer: Element, default: Format) -> Text:
    found = next((one for one in answer if local(one) == "feedback"), None)
    return NO_TEXT if found is None else text_of(found, default)
