"""Markdown of a course as HTML for a page: sanitized last, rendered once per version and text.

Addresses depend on who reads (a step link leads into the reader's own enrollment), so what is kept holds marks in
their place, and each request puts its own addresses in.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape

from lms.catalog import markup, queries
from lms.policy.outline import Term

Address = Callable[[str], str]

# What `_Html` below emits, and nothing else, gets through.
_TAGS = frozenset(
    {
        "a", "audio", "blockquote", "br", "button", "code", "dd", "del", "details", "div", "dl", "dt",
        "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p",
        "pre", "span", "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "track", "ul",
        "video",
    }
)  # fmt: skip
_ATTRIBUTES = {
    "a": {"class", "href", "rel", "title"},
    "audio": {"aria-label", "class", "controls", "preload", "src"},
    "button": {"class", "popovertarget", "type"},
    "code": {"class"},
    "details": {"class"},
    "div": {"aria-label", "class", "role", "tabindex"},
    "figure": {"class"},
    "img": {"alt", "class", "loading", "src", "title"},
    "ol": {"start"},
    "p": {"class"},
    "span": {"class", "id", "popover", "role"},
    "td": {"class"},
    "th": {"class", "scope"},
    "track": {"default", "kind", "label", "src", "srclang"},
    "video": {"aria-label", "class", "controls", "playsinline", "preload", "src"},
}
_ALT = re.compile(r'<img\b[^>]*?\balt="([^"]*)"[^>]*>')
_MARK = re.compile(r'(href|src)="/-(asset|step)-/([^"]*)"')
_NAMES = {
    "good": "Good",
    "poor": "Poor",
    "note": "Note",
    "tip": "Tip",
    "warning": "Take care",
    "key": "Key points",
}
_MOST_KEPT = 8192
_kept: dict[tuple[object, ...], str] = {}


@dataclass(frozen=True, slots=True)
class Renderer:
    """Markdown of one version, as read on one page. `asset_url` gets `<module-key>/assets/…`, `step_url` a step's key.

    A template is given one of these: `{{ markdown.block(chunk.body) }}`, `{{ markdown.inline(option.text) }}`.
    """

    version_id: UUID
    module_key: str
    asset_url: Address
    step_url: Address

    def block(self, text: str, heading: int = 2, scope: str = "") -> Markup:
        """Whole paragraphs. `heading`: the level of the highest heading in the text; the page itself has h1."""
        return render(
            text,
            course_version_id=self.version_id,
            glossary=queries.course(self.version_id).glossary,
            module_key=self.module_key,
            asset_url=self.asset_url,
            step_url=self.step_url,
            heading=heading,
            scope=scope,
        )

    def inline(self, text: str) -> Markup:
        """Text for a label, a legend or a cell: no paragraphs, no links, no popovers."""
        return render_inline(
            text,
            course_version_id=self.version_id,
            glossary=queries.course(self.version_id).glossary,
            module_key=self.module_key,
            asset_url=self.asset_url,
        )


def render(
    text: str,
    *,
    course_version_id: UUID,
    glossary: Sequence[Term],
    asset_url: Address,
    step_url: Address,
    module_key: str = "",
    heading: int = 2,
    scope: str = "",
) -> Markup:
    """Safe HTML for `text`. `scope` keeps popover ids apart when the very same text stands on a page twice."""
    key = (course_version_id, module_key, heading, scope, text)
    return _addressed(_keep(key, lambda: to_html(text, glossary, module_key, heading, scope)), asset_url, step_url)


def render_inline(
    text: str, *, course_version_id: UUID, glossary: Sequence[Term], asset_url: Address, module_key: str = ""
) -> Markup:
    key = (course_version_id, module_key, "inline", text)
    return _addressed(_keep(key, lambda: to_inline_html(text, glossary, module_key)), asset_url, str)


def to_html(text: str, glossary: Iterable[Term], module_key: str = "", heading: int = 2, scope: str = "") -> str:
    """Sanitized HTML with marks for addresses; not kept."""
    tokens = _MD.parse(text)
    _shift_headings(tokens, heading)
    seed = hashlib.sha256(f"{scope}\n{text}".encode()).hexdigest()[:8]
    env = {"terms": {term.key: term for term in glossary}, "module": module_key, "seed": seed, "count": 0}
    return _clean(_HTML.render(tokens, _MD.options, env))


def to_inline_html(text: str, glossary: Iterable[Term], module_key: str = "") -> str:
    """One run of text: paragraphs are joined by spaces, links keep their words, terms are plain words."""
    tokens = _MD.parse(text)
    inlines = [token for token in tokens if token.type == "inline"]
    terms = {term.key: term for term in glossary}
    env = {"terms": terms, "module": module_key, "seed": "", "count": 0, "plain": True}
    html = " ".join(_HTML.renderInline(token.children or [], _MD.options, env) for token in inlines)
    return nh3.clean(
        html,
        tags={"br", "code", "em", "img", "strong"},
        attributes={"img": {"alt", "class", "loading", "src"}},
        link_rel=None,
        url_schemes=set(),
    )


def plain(text: str, glossary: Sequence[Term] = ()) -> str:
    """Its words in one line, without marks, for records and other systems: a picture is what is said in its place."""
    terms = tuple((term.key, term.term) for term in glossary) if "[[" in text else ()
    return _keep(("plain", text, terms), lambda: _to_plain(text, glossary))


def _to_plain(text: str, glossary: Sequence[Term]) -> str:
    html = _ALT.sub(r"\1", to_inline_html(text, glossary).replace("<br>", " "))
    return str(Markup(html).striptags())  # noqa: S704 -- read as HTML to become text


def key_points(body: str) -> str:
    """The Markdown inside the chunk's `::: key` block, for the recap; empty when there is none."""
    lines = body.split("\n")
    for token in _MD.parse(body):
        if token.type == "container_key_open" and token.map:
            return "\n".join(lines[token.map[0] + 1 : token.map[1]]).rstrip().removesuffix(":::").strip()
    return ""


def _keep(key: tuple[object, ...], make: Callable[[], str]) -> str:
    found = _kept.get(key)
    if found is None:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()  # many versions on one long-lived process: begin again rather than grow
        found = _kept[key] = make()
    return found


def _addressed(html: str, asset_url: Address, step_url: Address) -> Markup:
    def address(found: re.Match[str]) -> str:
        url = (asset_url if found[2] == "asset" else step_url)(found[3])
        return f'{found[1]}="{escape(url)}"'

    return Markup(_MARK.sub(address, html))  # noqa: S704 -- sanitized by nh3, addresses escaped above


def _clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        link_rel=None,
        url_schemes={"http", "https", "mailto"},
    )


def _shift_headings(tokens: list[Token], top: int) -> None:
    """The highest heading of the text gets level `top`, and no level is left out on the way down."""
    used = sorted({token.tag for token in tokens if token.type == "heading_open"})
    levels = {tag: f"h{min(top + place, 6)}" for place, tag in enumerate(used)}
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = levels[token.tag]


class _Html(RendererHTML):
    """Our blocks as HTML. Classes only, never styles; everything that comes from the author is escaped."""

    def _block_open(self, tokens: Sequence[Token], index: int, _options: Any, env: Mapping[str, Any]) -> str:
        name = tokens[index].type.removeprefix("container_").removesuffix("_open")
        said = markup.title(tokens[index])
        words = f'<span class="block-kind">{_NAMES[name]}</span>' + (f" {escape(said)}" if said else "")
        if name in markup.EXAMPLES:
            return f'<div class="example example-{name}"><p class="block-title">{words}</p>\n'
        if name == "key":
            return f'<div class="key-points"><p class="block-title">{words}</p>\n'
        return f'<div class="callout callout-{name}" role="note"><p class="block-title">{words}</p>\n'

    def _block_close(self, *_: Any) -> str:
        return "</div>\n"

    container_good_open = container_poor_open = container_key_open = _block_open
    container_note_open = container_tip_open = container_warning_open = _block_open
    container_good_close = container_poor_close = container_key_close = _block_close
    container_note_close = container_tip_close = container_warning_close = _block_close

    def _media_open(self, tokens: Sequence[Token], index: int, _options: Any, env: Mapping[str, Any]) -> str:
        token = tokens[index]
        name = token.type.removeprefix("container_").removesuffix("_open")
        named = markup.media(token)
        paths = [_asset(path, env) for path in named.paths]
        label = escape(named.title or name.capitalize())
        html = f'<figure class="media media-{name}"><figcaption>{label}</figcaption>\n'
        if name == "audio" and paths:
            html += f'<audio controls preload="none" aria-label="{label}" src="{paths[0]}"></audio>\n'
        elif name == "video" and paths:
            track = ""
            if len(paths) > 1:
                track = f'<track kind="captions" label="Captions" srclang="en" default src="{paths[1]}">'
            html += (
                f'<video controls playsinline preload="metadata" aria-label="{label}" src="{paths[0]}">'
                f"{track}</video>\n"
            )
        is_empty = tokens[index + 1].type == f"container_{name}_close"
        env["transcripts"] = not is_empty  # type: ignore[index]
        return html if is_empty else html + '<details class="transcript"><summary>Transcript</summary>\n'

    def _media_close(self, _tokens: Any, _index: int, _options: Any, env: Mapping[str, Any]) -> str:
        return ("</details>\n" if env["transcripts"] else "") + "</figure>\n"

    container_audio_open = container_video_open = _media_open
    container_audio_close = container_video_close = _media_close

    def pair_open(self, *_: Any) -> str:
        return '<div class="examples">\n'

    def pair_close(self, *_: Any) -> str:
        return "</div>\n"

    def figure_open(self, *_: Any) -> str:
        return '<figure class="picture">'

    def figure_close(self, *_: Any) -> str:
        return "</figure>\n"

    def table_open(self, *_: Any) -> str:
        # Wide tables scroll by themselves; a group that can be focused lets the keyboard do it.
        return '<div class="table-scroll" role="group" aria-label="Table" tabindex="0"><table>\n'

    def table_close(self, *_: Any) -> str:
        return "</table></div>\n"

    def th_open(self, *_: Any) -> str:
        return '<th scope="col">'

    def td_open(self, *_: Any) -> str:
        return "<td>"

    def term(self, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
        token = tokens[index]
        term = env["terms"].get(token.meta["key"])
        words = escape(token.content if token.info or term is None else _in_sentence(term.term))
        if term is None or env.get("plain"):
            return str(words)
        env["count"] += 1
        mine = f"term-{env['seed']}-{env['count']}"
        return (
            f'<button type="button" class="term" popovertarget="{mine}">{words}</button>'
            f'<span class="term-definition" id="{mine}" popover="auto" role="note">'
            f"<strong>{escape(term.term)}</strong> {escape(term.definition)}</span>"
        )

    def image(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        source = str(token.attrs.get("src", ""))
        alt = escape(self.renderInlineAsText(token.children, options, env))
        if not markup.is_asset_path(source):
            return str(alt)  # nothing is loaded from elsewhere; the checker has refused it
        html = f'<img src="{_asset(source, env)}" alt="{alt}" loading="lazy">'
        caption = token.attrs.get("title")
        if token.meta.get("figure") and caption:
            html += f"<figcaption>{escape(caption)}</figcaption>"
        return html

    def link_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        href = str(tokens[index].attrs.get("href", ""))
        if href.startswith("step:"):
            return f'<a class="step-link" href="/-step-/{escape(href.removeprefix("step:"))}">'
        if markup.is_asset_path(href):
            return f'<a class="asset-link" href="{_asset(href, env)}">'
        if href.startswith("#"):
            return f'<a href="{escape(href)}">'
        if not href.lower().startswith(markup.LINK_SCHEMES):
            return "<a>"  # a path of our own site: courses link to steps, not to addresses
        return f'<a href="{escape(href)}" rel="external noopener noreferrer">'


def _in_sentence(term: str) -> str:
    """“Exit criterion” in the glossary is “exit criterion” in a sentence; “CRM” and “BANT” stay as they are."""
    return term[:1].lower() + term[1:] if term[1:2].islower() or term[1:2] == " " else term


def _asset(path: str, env: Mapping[str, Any]) -> str:
    return f"/-asset-/{escape(env['module'])}/{escape(path)}"


_MD: MarkdownIt = markup.parser()
_HTML = _Html(_MD)
