"""The Markdown of courses as tokens: CommonMark, tables, `:::` blocks and `[[glossary terms]]`, raw HTML off.

Rendering (`markdown.py`) and checking (`markdown_check.py`) read the same tokens, so what is checked is what is shown.
"""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

EXAMPLES = ("good", "poor")
CALLOUTS = ("note", "tip", "warning")
MEDIA = ("audio", "video")
BLOCKS = (*EXAMPLES, *CALLOUTS, "key", *MEDIA)

# `::: video assets/x.mp4 assets/x.vtt "Title"`
_MEDIA_LINE = re.compile(r'(?P<paths>[^"]*?)\s*(?:"(?P<title>[^"]*)")?\s*\Z')
_TERM = re.compile(r"\[\[([^\[\]|\\\n]+)(?:\\?\|([^\[\]\n]+))?\]\]")
# In a row of a table the bar inside a term would end the cell.
_ROW = re.compile(r"^[ \t>]*\|.*\[\[.*$", re.MULTILINE)
_NAMED_TERM = re.compile(r"\[\[([^\[\]|\\\n]+)\|([^\[\]|\n]+)\]\]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
LINK_SCHEMES = ("http:", "https:", "mailto:", "step:")


@dataclass(frozen=True, slots=True)
class Media:
    """What a media block names: the file, the captions of a video, the title."""

    paths: tuple[str, ...]
    title: str


def parser() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    md.disable(["html_block", "html_inline"])  # raw HTML is text, whatever it says
    for name in BLOCKS:
        md.use(container_plugin, name)
    md.inline.ruler.before("link", "term", _term)
    md.core.ruler.after("normalize", "terms_in_rows", _whole_terms)
    md.core.ruler.push("figures", _figures)
    md.core.ruler.push("pairs", _pairs)
    md.validateLink = is_allowed_link  # type: ignore[method-assign]
    return md


def is_allowed_link(url: str) -> bool:
    """Schemes we know, places on the same page, and paths (which only assets have; the checker looks them up)."""
    scheme = _SCHEME.match(url.strip())
    return url.lower().startswith(LINK_SCHEMES) if scheme else not url.startswith(("//", "\\"))


def media(token: Token) -> Media:
    """The parts of a media block's first line."""
    rest = token.info.strip().split(" ", 1)[1:]
    found = _MEDIA_LINE.match(rest[0]) if rest else None
    if found is None:
        return Media((), "")
    return Media(tuple(found["paths"].split()), (found["title"] or "").strip())


def title(token: Token) -> str:
    """What stands behind the name of a block: `::: good Keeping to the job`."""
    return token.info.strip().partition(" ")[2].strip()


def is_asset_path(url: str) -> bool:
    return not _SCHEME.match(url) and not url.startswith(("/", "#", "\\"))


def row_with_whole_terms(line: str) -> str:
    """`[[key|words]]` in a row of a table with its bar escaped, as a bar in a cell has to be."""
    return _NAMED_TERM.sub(r"[[\1\\|\2]]", line)


def _whole_terms(state: StateCore) -> None:
    state.src = _ROW.sub(lambda row: row_with_whole_terms(row[0]), state.src)


def _term(state: StateInline, silent: bool) -> bool:
    found = _TERM.match(state.src, state.pos, state.posMax) if state.src.startswith("[[", state.pos) else None
    if found is None:
        return False
    if not silent:
        token = state.push("term", "", 0)
        token.meta = {"key": found[1].strip()}
        token.content = (found[2] or found[1]).strip()
        token.info = "named" if found[2] else ""
    state.pos = found.end()
    return True


def _figures(state: object) -> None:
    """A paragraph that holds nothing but an image becomes a figure."""
    tokens: list[Token] = state.tokens  # type: ignore[attr-defined]
    for index, token in enumerate(tokens):
        if (
            token.type == "inline"
            and token.children
            and len(token.children) == 1
            and token.children[0].type == "image"
            and tokens[index - 1].type == "paragraph_open"
        ):
            tokens[index - 1].type, tokens[index + 1].type = "figure_open", "figure_close"
            tokens[index - 1].hidden = tokens[index + 1].hidden = False
            token.children[0].meta["figure"] = True


def _pairs(state: object) -> None:
    """A good and a poor example that follow one another, in either order, are wrapped to stand side by side."""
    tokens: list[Token] = state.tokens  # type: ignore[attr-defined]
    paired: list[Token] = []
    index = 0
    while index < len(tokens):
        first = _example_end(tokens, index)
        second = _example_end(tokens, first) if first else 0
        if first and second and tokens[index].type != tokens[first].type:
            paired.append(Token("pair_open", "div", 1))
            paired += tokens[index:second]
            paired.append(Token("pair_close", "div", -1))
            index = second
        elif first:
            paired += tokens[index:first]
            index = first
        else:
            paired.append(tokens[index])
            index += 1
    tokens[:] = paired


def _example_end(tokens: list[Token], start: int) -> int:
    """The index behind the example block that opens at `start`; 0 when none opens there."""
    if start >= len(tokens) or tokens[start].type not in {f"container_{name}_open" for name in EXAMPLES}:
        return 0
    close = tokens[start].type.replace("_open", "_close")
    for index in range(start + 1, len(tokens)):
        if tokens[index].type == close and tokens[index].level == tokens[start].level:
            return index + 1
    return 0
