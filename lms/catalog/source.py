"""YAML and Markdown files as plain values that remember on which line each part stands.

PyYAML parses; values are made here from its events, because authors need the line of every key, duplicate keys must
be seen, and YAML 1.1 would read `no`, `12:30` and `2026-11-22` as something that nobody wrote.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from lms.catalog.problems import Report

Path = tuple[str | int, ...]

MAX_DEPTH = 30
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times as fast where it exists
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_CONSTANTS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_CONSTANTS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# Words that YAML 1.1 takes for true or false; other tools still do.
_OLD_BOOLEANS = frozenset({"yes", "no", "on", "off"})

# What PyYAML and libyaml say, and what an author should do about it.
_QUOTE = "Put the text in quotation marks."
_LINE_UP = "Line it up with the keys above it."
_PLAIN_WORDS = (
    (
        "mapping values are not allowed",
        "a colon stands where none may",
        "Put a text with a colon in quotation marks, and check the indentation.",
    ),
    ("found character '\\t'", "a tab stands where only spaces may", "Indent with spaces."),
    ("found character that cannot start any token", "a character that cannot begin a value", _QUOTE),
    ("found unexpected end of stream", "a quotation mark is opened and never closed", "Close it."),
    ("could not find expected ':'", "a key without a colon", "Write `key: value`."),
    ("expected ',' or ']'", "a list in square brackets is not closed properly", "Check commas and brackets."),
    ("expected ',' or '}'", "a group in braces is not closed properly", "Check commas and braces."),
    ("expected '-' indicator", "the indentation does not fit the list above", "Line it up with the entries above it."),
    (
        "did not find expected key",
        "the indentation does not fit, or a quotation mark ends too early",
        _LINE_UP + ' Inside double quotation marks write \\".',
    ),
    ("expected <block end>", "the indentation does not fit, or a quotation mark ends too early", _LINE_UP),
    (
        "did not find expected node content",
        "a value is missing or begins with a character that cannot begin one",
        _QUOTE,
    ),
    ("control characters are not allowed", "an invisible control character", "Delete it."),
)


@dataclass(slots=True)
class Source:
    """One file: its value, the line of every part by path, and (Markdown only) its body with the line it begins on."""

    file: str
    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    text_lines: dict[Path, int] = field(default_factory=dict)  # where the first line of a text stands
    literal: set[Path] = field(default_factory=set)  # texts written as a `|` block
    body: str = ""
    body_line: int = 1

    def line(self, path: Path) -> int:
        """The line of the part, or of the nearest part that holds it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def text_line(self, path: Path) -> int:
        return self.text_lines.get(path) or self.line(path)


def decode(file: str, data: bytes, report: Report) -> str | None:
    """The text of the file with plain line ends; None (and a problem) when it is not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
        report.error(file, line, "the file is not UTF-8 text", "Save it with the encoding UTF-8.")
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_yaml(file: str, data: bytes, report: Report) -> Source:
    """The file as a Source; its value is None when it could not be read at all (the report says why)."""
    text = decode(file, data, report)
    source = Source(file)
    if text is not None:
        _fill(source, text, 0, report)
    return source


def read_markdown(file: str, data: bytes, report: Report) -> Source:
    """A Markdown file whose YAML front matter is the value and whose rest is the body."""
    text = decode(file, data, report)
    source = Source(file)
    if text is None:
        return source
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        report.error(file, 1, "the front matter is missing", "Begin the file with a line `---`, keys, and `---`.")
        source.body = text
        return source
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == "---":
            _fill(source, "\n".join(lines[1:number]), 1, report)
            source.body, source.body_line = "\n".join(lines[number + 1 :]), number + 2
            return source
    report.error(file, 1, "the front matter is never closed", "End it with a line `---` before the text begins.")
    return source


def read_body(file: str, data: bytes, report: Report) -> Source:
    """A Markdown file without front matter (a workbook)."""
    return Source(file, value={}, body=decode(file, data, report) or "")


def _fill(source: Source, text: str, offset: int, report: Report) -> None:
    """Set value and lines; `offset` lines precede `text` in the file."""
    tabs = [number for number, line in enumerate(text.split("\n"), 1) if re.match(r" *\t", line) and line.strip()]
    try:
        source.value = _Builder(source, offset, report).document(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as wrong:
        if not tabs:
            _explain(source.file, wrong, text, offset, report)
    else:
        return  # a tab inside a block of text is just a character
    for number in tabs:
        report.error(source.file, number + offset, "a tab stands where only spaces may", "Indent with spaces.")


def _explain(file: str, wrong: yaml.YAMLError, text: str, offset: int, report: Report) -> None:
    mark = getattr(wrong, "problem_mark", None) or getattr(wrong, "context_mark", None)
    context = getattr(wrong, "context_mark", None)
    said = str(getattr(wrong, "problem", "") or getattr(wrong, "reason", "") or wrong)
    last = max(len(text.rstrip().split("\n")), 1)  # what is missing at the end is missed in the last line

    def line(of: Any) -> int:
        return min(of.line + 1, last) + offset

    for theirs, ours, hint in _PLAIN_WORDS:
        if theirs in said:
            # What is never closed is best mended where it was opened.
            is_open = "closed" in ours and context is not None
            at = line(context if is_open else mark) if mark else 1 + offset
            report.error(file, at, f"this is not valid YAML: {ours}", hint)
            return
    report.error(file, line(mark) if mark else 1 + offset, f"this is not valid YAML: {said}")


class _Refused(yaml.YAMLError):
    def __init__(self, problem: str, mark: Any) -> None:
        super().__init__(problem)
        self.problem, self.problem_mark = problem, mark


class _Builder:
    """Turns parser events into values, noting lines and complaining about what the format does not have."""

    def __init__(self, source: Source, offset: int, report: Report) -> None:
        self.source, self.offset, self.report = source, offset, report

    def document(self, events: Iterator[Any]) -> Any:
        value, count = None, 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                count += 1
                if count > 1:
                    raise _Refused("a second document begins here; one file holds one", event.start_mark)
            elif isinstance(event, yaml.NodeEvent):
                value = self.node(event, events, ())
        return value

    def node(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise _Refused("anchors (&) and aliases (*) are not part of the format", event.start_mark)
        if event.tag is not None:
            raise _Refused("tags (!) are not part of the format", event.start_mark)
        if len(path) > MAX_DEPTH:
            raise _Refused("the nesting is too deep", event.start_mark)
        self.source.lines.setdefault(path, event.start_mark.line + 1 + self.offset)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            values: list[Any] = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                values.append(self.node(event, events, (*path, len(values))))
            return values
        return self.mapping(events, path)

    def mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _Refused("a key must be a simple word", event.start_mark)
            mark: Any = event.start_mark
            key, line = event.value, mark.line + 1 + self.offset
            inner = (*path, key)
            if key in values:
                self.report.error(
                    self.source.file,
                    line,
                    f"the key `{key}` stands here a second time",
                    f"It is already in line {self.source.lines[inner]}: keep one.",
                    where(inner),
                )
                self.node(next(events), events, (*path, key, "(again)"))
                continue
            self.source.lines[inner] = line
            values[key] = self.node(next(events), events, inner)
        return values

    def scalar(self, event: Any, path: Path) -> Any:
        is_block = event.style in {"|", ">"}
        if event.style == "|":
            self.source.literal.add(path)
        self.source.text_lines[path] = event.start_mark.line + 1 + self.offset + is_block
        text: str = event.value
        if not event.implicit[0]:  # quoted, or a block
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _INT.match(text) and len(text) < 19:
            return int(text)
        if _FLOAT.match(text):
            return float(text)
        return text


def where(path: Path) -> str:
    """`items[2].options[0].key`: the first entry of a list is 1, as people count."""
    words = ""
    for part in path:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if words else part
    return words


def is_old_boolean(value: object) -> bool:
    return isinstance(value, str) and value.lower() in _OLD_BOOLEANS


class Node:
    """A mapping of a Source, read leniently: what has the wrong type (the schema has said so) counts as absent."""

    def __init__(self, source: Source, path: Path = ()) -> None:
        self.source, self.path = source, path
        value: Any = source.value
        for part in path:
            value = value[part]
        self.value: Mapping[str, Any] = value if isinstance(value, dict) else {}

    @property
    def file(self) -> str:
        return self.source.file

    def line(self, *part: str | int) -> int:
        return self.source.line((*self.path, *part))

    def text_line(self, *part: str | int) -> int:
        return self.source.text_line((*self.path, *part))

    def is_literal(self, key: str) -> bool:
        return (*self.path, key) in self.source.literal

    def where(self, *part: str | int) -> str:
        return where((*self.path, *part))

    def text(self, key: str, default: str = "") -> str:
        value = self.value.get(key)
        return value if isinstance(value, str) else default

    def whole(self, key: str, default: int = 0) -> int:
        value = self.value.get(key)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    def is_set(self, key: str, default: bool = False) -> bool:
        value = self.value.get(key)
        return value if isinstance(value, bool) else default

    def has(self, key: str) -> bool:
        return key in self.value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.value.get(key)
        return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()

    def node(self, key: str) -> "Node":
        return (
            Node(self.source, (*self.path, key)) if isinstance(self.value.get(key), dict) else Node(Source(self.file))
        )

    def nodes(self, key: str) -> tuple["Node", ...]:
        value = self.value.get(key)
        if not isinstance(value, list):
            return ()
        return tuple(
            Node(self.source, (*self.path, key, index)) for index, one in enumerate(value) if isinstance(one, dict)
        )
