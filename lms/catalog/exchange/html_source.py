"""HTML of a text as a tree, whatever stands in it."""

import re

from lxml import html
from lxml.html import HtmlElement

# A whole page inside a text: its parts are taken, its frame is not, and nothing after its end is lost.
_PAGE = re.compile(r"</?(html|head|body)\b[^<>]*>?|<!doctype\b[^<>]*>?", re.IGNORECASE)
# What these hold is no text that anybody reads.
UNREAD = frozenset({"script", "style"})


def fragment(source: str) -> tuple[HtmlElement, list[str]]:
    """The text in a `div`, and the names of the tags of a page that were taken off."""
    dropped = [f"<{found[1].lower()}>" for found in _PAGE.finditer(source) if found[1]]
    return html.fragment_fromstring(_PAGE.sub("", source), create_parent="div"), dropped
