"""GIFT below the level of questions: blocks between blank lines, escapes, format marks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lms.catalog.exchange.model import Format, Place, Text

ESCAPABLE = "\\~=#{}:"
COMMENT = "//"
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]")
_LINE_BREAK = re.compile(r"[ \t]*\n\s*")
_ESCAPE = re.compile(r"\\([\\~=#{}:n])")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together, with their numbers; comments stand apart."""

    file: str
    lines: tuple[tuple[int, str], ...]
    comments: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def place(self, index: int = 0) -> Place:
        """The place in the file of a position in `text`."""
        rest = index
        for number, line in self.lines:
            if rest <= len(line):
                return Place(self.file, number, rest + 1)
            rest -= len(line) + 1
        return Place(self.file, self.lines[-1][0])


def blocks(text: str, file: str) -> Iterator[Block]:
    """Blank lines part questions, except inside an answer block that is closed further on."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    held: list[tuple[int, str]] = []
    comments: list[str] = []
    depth = 0
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith(COMMENT):
            comments.append(line)
            continue
        if not line.strip():
            if depth > 0 and _closes_later(lines[number:]):
                held.append((number, ""))
                continue
            if held:
                yield Block(file, tuple(held), tuple(comments))
            held, comments, depth = [], [], 0
            continue
        held.append((number, line))
        depth += count(line, "{") - count(line, "}")
    if held:
        yield Block(file, tuple(held), tuple(comments))


def _closes_later(lines: list[str]) -> bool:
    for line in lines:
        if line.lstrip().startswith(COMMENT):
            continue
        opening, closing = find(line, "{"), find(line, "}")
        if closing >= 0:
            return opening < 0 or closing < opening
        if opening >= 0:
            return False
    return False


def find(text: str, wanted: str, start: int = 0) -> int:
    """The first place of `wanted` at which it is not escaped; -1 without."""
    index = start
    while index < len(text):
        if text[index] == "\\" and text[index + 1 : index + 2] in set(ESCAPABLE):
            index += 2
            continue
        if text.startswith(wanted, index):
            return index
        index += 1
    return -1


def count(text: str, letter: str) -> int:
    total, index = 0, find(text, letter)
    while index >= 0:
        total += 1
        index = find(text, letter, index + 1)
    return total


def split(text: str, letters: str) -> list[tuple[str, str, int]]:
    """(letter, what follows it, where it begins) for each unescaped letter; the first has no letter."""
    parts: list[tuple[str, str, int]] = []
    letter, begin, index = "", 0, 0
    while index < len(text):
        if text[index] == "\\" and text[index + 1 : index + 2] in set(ESCAPABLE):
            index += 2
            continue
        if text[index] in letters:
            parts.append((letter, text[begin:index], begin))
            letter, begin = text[index], index + 1
        index += 1
    parts.append((letter, text[begin:], begin))
    return parts


def unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], text)


def escape(text: str) -> str:
    escaped = "".join(f"\\{letter}" if letter in ESCAPABLE else letter for letter in text)
    return escaped.replace("\n", "\\n")


def read_text(raw: str, default: Format) -> Text:
    """A text with its format mark taken off. Line breaks count in HTML and Markdown only."""
    mark = _FORMAT.match(raw)
    form = Format(mark[1]) if mark else default
    body = raw[mark.end() :] if mark else raw
    return Text(clean(body, form), form)


def clean(raw: str, form: Format) -> str:
    body = raw.strip()
    if form not in {Format.HTML, Format.MARKDOWN}:
        body = _LINE_BREAK.sub(" ", body)
    return unescape(body)


def write_text(text: Text, default: Format) -> str:
    """A text as GIFT writes it; the format is named where it is not the question's."""
    mark = "" if text.format is default and not _FORMAT.match(text.text) else f"[{text.format}]"
    return mark + escape(text.text)
