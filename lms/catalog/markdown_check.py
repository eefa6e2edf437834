"""What is wrong in the Markdown of a course: names that lead nowhere, blocks that do not close, pictures without words.

Reads the tokens that the page is rendered from, so what is checked is what is shown.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from markdown_it.rules_block.table import escapedSplit
from markdown_it.token import Token

from lms.catalog import markup
from lms.catalog.builder import nearest
from lms.catalog.problems import Report

MOST_WORDS = 900
_FENCE = re.compile(r" {0,3}(:{3,})[ \t]*([^\s]*)")
_HTML = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]*(\s[^<>]*)?/?>")
_RAW_LINK = re.compile(r"\]\([^()\s]")
_WORD = re.compile(r"\w[\w'’-]*")
_MD = markup.parser()

LineOf = Callable[[int], int]


@dataclass(slots=True)
class Names:
    """What Markdown may refer to. `assets`: the files of the module, as `assets/x.svg`; `steps`: None if unknown.

    `may_be_step`: whether a step that is not among them may stand in a file that could not be read.
    """

    terms: Collection[str]
    steps: Collection[str] | None
    assets: Collection[str]
    may_be_step: Callable[[str], bool] = lambda key: False
    used_assets: set[str] = field(default_factory=set)
    used_terms: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a text holds, for the checks that look at a chunk as a whole."""

    words: int
    blocks: tuple[str, ...]
    assets: tuple[str, ...]


def check(text: str, file: str, line_of: LineOf, names: Names, report: Report, where: str = "") -> Seen:
    """Report problems; `line_of` turns a line of `text` (from 0) into the line of the file."""
    checker = _Checker(file, line_of, names, report, where)
    return checker.run(text)


class _Checker:
    def __init__(self, file: str, line_of: LineOf, names: Names, report: Report, where: str) -> None:
        self.file, self.line_of, self.names, self.report, self.where = file, line_of, names, report, where
        self.assets: list[str] = []

    def error(self, line: int, message: str, hint: str = "") -> None:
        self.report.error(self.file, self.line_of(line), message, hint, self.where)

    def warning(self, line: int, message: str, hint: str = "") -> None:
        self.report.warning(self.file, self.line_of(line), message, hint, self.where)

    def run(self, text: str) -> Seen:
        tokens = _MD.parse(text)
        lines = text.split("\n")
        self.fences(lines, tokens)
        words, blocks = 0, []
        for index, token in enumerate(tokens):
            line = token.map[0] if token.map else 0
            if token.type == "tr_open":
                self.row(token, index, tokens, lines)
            elif token.type == "inline":
                for child, child_line in _with_lines(token, line, lines):
                    self.inline(child, child_line)
                words += len(_WORD.findall(_words(token)))
            elif token.type.startswith("container_") and token.nesting == 1:
                name = token.type.removeprefix("container_").removesuffix("_open")
                blocks.append(name)
                self.block(name, token, tokens[index + 1], line)
        self.levels(tokens)
        return Seen(words, tuple(blocks), tuple(self.assets))

    def fences(self, lines: list[str], tokens: list[Token]) -> None:
        """Every `:::` line outside code: unknown names, blocks inside blocks, blocks that are never closed."""
        code: set[int] = set()
        for token in tokens:
            if token.type in {"fence", "code_block"} and token.map:
                code.update(range(*token.map))
        opened: tuple[int, str] | None = None
        for number, line in enumerate(lines):
            found = _FENCE.match(line)
            if found is None or number in code:
                continue
            name = found[2]
            if not name:
                if opened is None:
                    self.error(number, "`:::` closes a block, and none is open")
                opened = None
                continue
            if name not in markup.BLOCKS:
                self.error(
                    number,
                    f"there is no block `{name}`",
                    nearest(name, markup.BLOCKS) or f"Known: {', '.join(markup.BLOCKS)}.",
                )
            if opened is not None:
                self.error(
                    number,
                    f"this block begins inside the block of line {self.line_of(opened[0])}",
                    "Close the first one with a line `:::`; blocks do not stand inside one another.",
                )
            opened = (number, name)
        if opened is not None:
            self.error(opened[0], f"the block `{opened[1]}` is never closed", "End it with a line `:::`.")

    def block(self, name: str, token: Token, following: Token, line: int) -> None:
        is_empty = following.type == f"container_{name}_close"
        if "[[" in token.info:
            self.error(line, "a title is plain words; a glossary reference would show as typed")
        if name not in markup.MEDIA:
            if is_empty:
                self.error(line, f"the block `{name}` is empty")
            return
        media = markup.media(token)
        if not media.paths:
            self.error(line, f"the block `{name}` names no file", f'Write `::: {name} assets/x.mp4 … "Title"`.')
        for path in media.paths:
            self.asset(path, line)
        if not media.title:
            self.error(line, f"the block `{name}` has no title", 'Put it in quotation marks: "Title".')
        captions = [path for path in media.paths if path.lower().endswith(".vtt")]
        if name == "video" and not captions:
            self.error(line, "the video has no captions", "Name a .vtt file behind the film.")
        if media.paths and media.paths[0].lower().endswith(".vtt"):
            self.error(line, f"the first file of a block `{name}` is the {name} itself, captions follow")
        if is_empty:
            message = "the recording has no transcript"
            hint = "Write down between the lines of the block what is said."
            if name == "audio":
                self.error(line, message, hint)
            else:
                self.warning(line, message, hint)

    def row(self, token: Token, index: int, tokens: list[Token], lines: list[str]) -> None:
        """A row with more cells than the header: what is too much would be left out, mostly a bar inside a cell."""
        if token.map is None:
            return
        cells = 0
        for following in tokens[index + 1 :]:
            if following.type == "tr_close":
                break
            cells += following.type in {"th_open", "td_open"}
        written = lines[token.map[0]].lstrip(" \t>").rstrip()
        found = len(escapedSplit(markup.row_with_whole_terms(written.removeprefix("|"))))
        found -= written.endswith("|") and not written.endswith("\\|")
        if found > cells:
            self.error(
                token.map[0],
                f"the row has {found} cells, and the table has {cells}",
                "A bar inside a cell is written \\|.",
            )

    def inline(self, token: Token, line: int) -> None:
        if token.type == "term":
            key = token.meta["key"]
            if key not in self.names.terms:
                hint = nearest(key, self.names.terms)
                self.error(line, f"`[[{key}]]` is no term of the glossary", hint)
            self.names.used_terms.add(key)
        elif token.type == "image":
            self.image(token, line)
        elif token.type == "link_open":
            self.link(str(token.attrs.get("href", "")), line)
        elif token.type == "text":
            if _HTML.search(token.content):
                self.warning(
                    line, "HTML is shown as it stands, not carried out", "Use Markdown, or put it in backticks."
                )
            if _RAW_LINK.search(token.content):
                self.error(
                    line,
                    "a link is not written properly, and would show as text",
                    "Write [words](https://…), without a glossary term inside.",
                )
            if "[[" in token.content:
                self.error(line, "a glossary reference is not written properly", "Write [[key]] or [[key|words]].")

    def image(self, token: Token, line: int) -> None:
        source = str(token.attrs.get("src", ""))
        alt = "".join(child.content for child in token.children or [])
        if "[[" in source + str(token.attrs.get("title", "")) + alt:
            self.error(line, "a glossary reference is not written properly", "Alt texts and titles are plain words.")
        if not alt.strip():
            self.error(line, f"the image {source} has no description", "Write it in the square brackets.")
        if not markup.is_asset_path(source):
            self.error(line, f"the image {source} is not part of the bundle", "Put it into the folder assets/.")
        else:
            self.asset(source, line)

    def link(self, href: str, line: int) -> None:
        if href.startswith("step:"):
            key = href.removeprefix("step:")
            known = self.names.steps
            if known is not None and key not in known and not self.names.may_be_step(key):
                hint = nearest(key, known) or "Write step:module-key/step-key."
                self.error(line, f"there is no step `{key}`", hint)
        elif markup.is_asset_path(href):
            self.asset(href, line)
        elif href.startswith("/"):
            self.error(
                line, f"the link {href} leads to a path of the site", "Link to a step: [text](step:module/step)."
            )

    def asset(self, path: str, line: int) -> None:
        self.assets.append(path)
        if not path.startswith("assets/") or ".." in path or "\\" in path:
            self.error(line, f"{path} is not in the folder assets/ of this module")
        elif path not in self.names.assets:
            hint = nearest(path, self.names.assets)
            self.error(line, f"the file {path} does not exist in this module", hint)
        else:
            self.names.used_assets.add(path)

    def levels(self, tokens: list[Token]) -> None:
        last = 0
        for token in tokens:
            if token.type == "heading_open":
                level = int(token.tag[1])
                if last and level > last + 1:
                    line = token.map[0] if token.map else 0
                    self.warning(line, f"the headings jump from level {last} to level {level}")
                last = level


def _with_lines(token: Token, line: int, lines: list[str]) -> Iterator[tuple[Token, int]]:
    """The children of an inline token, each with its line: breaks count, and so do the ones inside links."""
    for child in token.children or []:
        if child.type in {"softbreak", "hardbreak"}:
            line += 1
        yield child, line


def _words(token: Token) -> str:
    return " ".join(child.content if child.type != "image" else "" for child in token.children or [] if child.content)
