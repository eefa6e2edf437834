"""A text with gaps: `{{key}}` stands where something is to be chosen or typed."""

import re
from collections.abc import Iterator

GAP = re.compile(r"\{\{\s*([a-z0-9]+(?:-[a-z0-9]+)*)\s*\}\}")


def pieces(passage: str) -> Iterator[tuple[str, str]]:
    """(text, gap key that follows it); the key after the last text is empty."""
    at = 0
    for mark in GAP.finditer(passage):
        yield passage[at : mark.start()], mark[1]
        at = mark.end()
    yield passage[at:], ""


def gap_keys(passage: str) -> tuple[str, ...]:
    return tuple(GAP.findall(passage))
