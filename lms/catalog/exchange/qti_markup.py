"""Texts as the markup that QTI allows: HTML parsed and written well-formed, Markdown and plain text turned into it."""

import re
from collections.abc import Iterator

from lxml import etree
from markdown_it import MarkdownIt

from lms.catalog.exchange.html_source import UNREAD, fragment
from lms.catalog.exchange.model import Format, Text
from lms.catalog.exchange.shown import plain
from lms.catalog.exchange.xml_source import Element, writable

_MARKDOWN = MarkdownIt("commonmark").enable("table")
ALLOWED = frozenset(
    {
        *("a", "abbr", "acronym", "address", "b", "big", "blockquote", "br", "caption", "cite", "code", "col"),
        *("colgroup", "dd", "dfn", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img"),
        *("kbd", "li", "object", "ol", "p", "param", "pre", "q", "samp", "small", "span", "strong", "sub", "sup"),
        *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var"),
    }
)
ATTRIBUTES = {
    "a": {"href", "type"},
    "img": {"src", "alt", "width", "height", "longdesc"},
    "object": {"data", "type", "width", "height"},
    "param": {"name", "value"},
    "td": {"colspan", "rowspan", "headers", "scope", "abbr"},
    "th": {"colspan", "rowspan", "headers", "scope", "abbr"},
    "col": {"span"},
    "colgroup": {"span"},
    "q": {"cite"},
    "blockquote": {"cite"},
}
SIZES = frozenset({"width", "height"})
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)(?:px)?(%?)")
EVERYWHERE = frozenset({"class", "id"})
MARK = re.compile(r"\{\{([\w.-]+)\}\}")


def html_of(text: Text) -> str:
    """A text as HTML."""
    if text.format is Format.HTML:
        return text.text
    if text.format is Format.MARKDOWN:
        return str(_MARKDOWN.render(text.text)).strip()
    escaped = text.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if text.format is Format.MOODLE:
        escaped = text.text
    return escaped.replace("\n", "<br>")


def fill(parent: Element, text: Text) -> list[str]:
    """Put a text inside an element; returns the names of what QTI does not allow and was taken off."""
    shown = writable(html_of(text))
    box, dropped = fragment(shown)
    _copy(box, parent, dropped)
    return list(dict.fromkeys(dropped))


def _copy(source: Element, target: Element, dropped: list[str]) -> None:
    _append(target, source.text)
    for child in source:
        if not isinstance(child.tag, str):
            _append(target, child.tail)
            continue
        if child.tag == "a" and not child.get("href"):
            _copy(child, target, dropped)  # a mark to jump to, which shows nothing
        elif child.tag in ALLOWED:
            made = etree.SubElement(_rows(target) if child.tag == "tr" else target, child.tag)
            _attributes(child, made, dropped)
            _copy(child, made, dropped)
        else:
            dropped.append(f"<{child.tag}>")
            if child.tag not in UNREAD:
                _copy(child, target, dropped)
        _append(target, child.tail)


def _rows(target: Element) -> Element:
    """Where a row goes: HTML lets it stand in the table itself."""
    if target.tag != "table":
        return target
    last = target[-1] if len(target) else None
    return last if last is not None and last.tag == "tbody" else etree.SubElement(target, "tbody")


def _attributes(source: Element, target: Element, dropped: list[str]) -> None:
    known = ATTRIBUTES.get(source.tag, set()) | EVERYWHERE
    for name, value in source.attrib.items():
        if name in SIZES and source.tag in {"img", "object"}:
            if size := _length(value):
                target.set(name, size)
            else:
                dropped.append(name)
        elif name in known:
            target.set(name, value)
        elif name == "lang":
            target.set("{http://www.w3.org/XML/1998/namespace}lang", value)
        else:
            dropped.append(name)
    if source.tag == "img" and "alt" not in target.attrib:
        target.set("alt", "")


def _length(value: str) -> str:
    """Whole pixels or percents, as the schema wants them; empty for other units."""
    found = _LENGTH.fullmatch(value.strip())
    return f"{round(float(found[1]))}{found[2]}" if found else ""


def _append(target: Element, words: str | None) -> None:
    if not words:
        return
    if len(target):
        target[-1].tail = (target[-1].tail or "") + words
    else:
        target.text = (target.text or "") + words


def words_of(text: Text) -> str:
    """For places that hold nothing but text."""
    return " ".join(writable(plain(text)).split())


def put_at_marks(root: Element, made: dict[str, Element]) -> set[str]:
    """Replace every `{{key}}` in the texts below `root` by its element; returns the keys that were found."""
    found: set[str] = set()
    for element in list(root.iter()):
        if isinstance(element.tag, str):
            found |= _split_text(element, made)
    for element in list(root.iter()):
        if element is not root:
            found |= _split_tail(element, made)
    return found


def _split_text(element: Element, made: dict[str, Element]) -> set[str]:
    pieces = list(_pieces(element.text or "", made))
    if len(pieces) == 1:
        return set()
    element.text = pieces[0][1]
    for at, (key, after) in enumerate(pieces[1:]):
        made[key].tail = after
        element.insert(at, made[key])
    return {key for key, _ in pieces[1:]}


def _split_tail(element: Element, made: dict[str, Element]) -> set[str]:
    parent = element.getparent()
    if parent is None or element in made.values():
        return set()
    pieces = list(_pieces(element.tail or "", made))
    if len(pieces) == 1:
        return set()
    element.tail = pieces[0][1]
    index = parent.index(element) + 1
    for at, (key, after) in enumerate(pieces[1:]):
        made[key].tail = after
        parent.insert(index + at, made[key])
    return {key for key, _ in pieces[1:]}


def _pieces(words: str, made: dict[str, Element]) -> Iterator[tuple[str, str]]:
    key, begin = "", 0
    for match in MARK.finditer(words):
        if match[1] not in made:
            continue
        yield key, words[begin : match.start()]
        key, begin = match[1], match.end()
    yield key, words[begin:]
