"""Texts of other systems as the Markdown that courses are written in."""

import re

from lms.catalog.exchange.html_source import UNREAD, fragment
from lms.catalog.exchange.model import Format, Text
from lms.catalog.exchange.pictures import Pictures, shown
from lms.catalog.exchange.shown import plain
from lms.catalog.exchange.xml_source import Element

_SIGNS = re.compile(r"([\\`*_\[\]<>])")
_LINE_SIGNS = re.compile(r"^(\s*)([#+-]|\d+[.)])(?=\s)", re.MULTILINE)
_BLANKS = re.compile(r"[ \t\r\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
AROUND = {"strong": "**", "b": "**", "em": "*", "i": "*"}
BLOCKS = frozenset({"p", "div", "section", "article", "table", "tr", "dl", "dt", "dd"})
HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}


def markdown(text: Text, lost: list[str], pictures: Pictures | None = None) -> str:
    """The text as Markdown, its pictures taken from `pictures`. What it cannot say is named in `lost`."""
    pictures = pictures or Pictures("", ())
    if text.format is Format.MARKDOWN:
        return pictures.in_markdown(text.text.strip(), lost)
    if text.format is Format.PLAIN:
        return _escaped(text.text.strip())
    source = text.text.replace("\n", "<br>") if text.format is Format.MOODLE else text.text
    if not source.strip():
        return ""
    box, frame = fragment(source)
    lost += [f"the markup {name}" for name in frame]
    made = "\n".join(_trimmed(line) for line in _inside(box, lost, pictures).split("\n"))
    return _EMPTY_LINES.sub("\n\n", made).strip()


def _trimmed(line: str) -> str:
    """Without blanks at its end, except the two that break a line."""
    return line.rstrip() + "  " if line.endswith("  ") and line.strip() else line.rstrip()


def _escaped(words: str) -> str:
    return _LINE_SIGNS.sub(r"\1\\\2", _SIGNS.sub(r"\\\1", words))


def _inside(element: Element, lost: list[str], pictures: Pictures) -> str:
    parts = [_escaped(_BLANKS.sub(" ", element.text or ""))]
    for child in element:
        if isinstance(child.tag, str):
            parts.append(_one(child, lost, pictures))
        parts.append(_escaped(_BLANKS.sub(" ", child.tail or "")))
    return "".join(parts)


def _one(element: Element, lost: list[str], pictures: Pictures) -> str:
    name = element.tag
    if name == "br":
        return "  \n"
    if name in {"pre", "code"}:
        return _code(element)
    if name in UNREAD:
        lost.append(f"the markup <{name}>")
        return ""
    if name == "img" or (name == "object" and element.get("type", "").startswith("image/")):
        return _picture(element, lost, pictures)
    if name in {"ul", "ol"}:
        return _list(element, lost, pictures)
    inside = _inside(element, lost, pictures)
    if name in AROUND and inside.strip():
        return f"{AROUND[name]}{inside.strip()}{AROUND[name]}"
    if name in HEADINGS:
        return f"\n\n{HEADINGS[name]} {inside.strip()}\n\n"
    if name == "a" and element.get("href", "").startswith(("https://", "http://")):
        return f"[{inside.strip()}]({element.get('href')})"
    if name == "blockquote":
        return "\n\n" + "\n".join(f"> {line}" for line in inside.strip().split("\n")) + "\n\n"
    if name == "hr":
        return "\n\n---\n\n"
    if name in {"td", "th"}:
        return f"{inside.strip()} "
    if name == "table":
        lost.append("a table, whose cells stand in lines now")
    elif name in {"sub", "sup", "math", "audio", "video", "object", "iframe"}:
        lost.append(f"the markup <{name}>")
    return f"\n\n{inside.strip()}\n\n" if name in BLOCKS else inside


def _code(element: Element) -> str:
    words = "".join(element.itertext())
    if element.tag == "pre":
        return f"\n\n```\n{words.strip(chr(10))}\n```\n\n"
    fence = "``" if "`" in words else "`"
    return f"{fence}{words}{fence}"


def _picture(element: Element, lost: list[str], pictures: Pictures) -> str:
    words = element.get("alt") or "".join(element.itertext())
    return shown(_escaped(words.strip()), element.get("src") or element.get("data") or "", pictures, lost)


def _list(element: Element, lost: list[str], pictures: Pictures) -> str:
    lines = []
    for number, item in enumerate((one for one in element if one.tag == "li"), start=1):
        sign = f"{number}." if element.tag == "ol" else "-"
        inside = _inside(item, lost, pictures).strip().replace("\n", "\n  ")
        lines.append(f"{sign} {inside}")
    return "\n\n" + "\n".join(lines) + "\n\n"


def words(text: Text) -> str:
    """One line without markup."""
    return " ".join(plain(text).split())
