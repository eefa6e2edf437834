"""The texts of questions as HTML, kept per version; and the parts that a question is shown in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from markupsafe import Markup

from lms.catalog.markdown import Renderer
from lms.policy.grading import Mark
from lms.policy.hotspot import Area
from lms.policy.items import Item, ItemType

MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class OptionView:
    """An option, a place in an order or the left side of a pair."""

    key: str
    text: Markup
    is_chosen: bool = False
    value: str = ""  # the chosen place or partner
    mark: Mark | None = None
    feedback: Markup | None = None
    right: str = ""  # the right place or partner, where feedback may say it
    area: Area | None = None
    choices: tuple[tuple[str, str], ...] = ()  # of a drop-down in a text


@dataclass(frozen=True, slots=True)
class PieceView:
    """A run of a text with gaps, and the gap after it; the last has none."""

    text: Markup
    gap: OptionView | None


@dataclass(frozen=True, slots=True)
class TurnView:
    """A turn of a conversation. `reply`: what was said; without one, `replies` are what may be said now."""

    key: str
    text: Markup
    reply: OptionView | None
    replies: tuple[OptionView, ...] = ()


@dataclass(frozen=True, slots=True)
class Texts:
    """What of a question is the same for every reader: its prompt and its options, as HTML. Parts of parts stand under
    `part.key`.
    """

    prompt: Markup
    options: Mapping[str, Markup]
    picture: Markup
    passage: Markup


_kept: dict[tuple[UUID, str, int, str], Texts] = {}


def _key(item: Item, markdown: Renderer) -> tuple[UUID, str, int, str]:
    """A calculated item has one text for each set of numbers."""
    return (markdown.version_id, item.key, item.version, item.prompt if item.type is ItemType.CALCULATED else "")


def texts(item: Item, markdown: Renderer) -> Texts:
    """Rendered once per version, unless a picture or a link in it leads into the reader's own enrollment."""
    key = _key(item, markdown)
    found = _kept.get(key)
    if found is None:
        found = Texts(
            markdown.block(item.prompt, 3, item.key),
            dict(_option_texts(item, markdown)),
            markdown.inline(item.picture),
            markdown.inline(item.passage),
        )
        if not any("/courses/" in text for text in (found.prompt, found.picture, *found.options.values())):
            if len(_kept) >= MOST_KEPT:
                _kept.clear()
            _kept[key] = found
    return found


def _option_texts(item: Item, markdown: Renderer) -> Iterator[tuple[str, Markup]]:
    for entry in (*item.options, *item.sequence):
        yield entry.key, markdown.inline(entry.text)
    for pair in item.pairs:
        yield pair.key, markdown.inline(pair.left)
    for turn in item.turns:
        yield turn.key, markdown.inline(turn.text)
        for reply in turn.replies:
            yield f"{turn.key}.{reply.key}", markdown.inline(reply.text)


def is_kept(item: Item, markdown: Renderer) -> bool:
    """Whether nothing in the question's texts leads to one reader."""
    return _key(item, markdown) in _kept


def plain(markdown: Renderer, text: str) -> str:
    return str(markdown.inline(text).striptags())
