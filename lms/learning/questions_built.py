"""Questions of several parts as a page shows them: best and worst, gaps in a text, a conversation."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from lms.catalog.markdown import Renderer
from lms.learning.question_texts import OptionView, PieceView, TurnView, plain, texts
from lms.policy import cloze, responses, scenario
from lms.policy.attempts import FormItem
from lms.policy.grading import ItemScore
from lms.policy.items import Gap, Item, ItemType


def end(
    item: Item,
    words: Mapping[str, Markup],
    key: str,
    markdown: Renderer,
    response: Mapping[str, Any],
    score: ItemScore | None,
) -> OptionView:
    """An option that may be named best or worst."""
    option = next(one for one in item.options if one.key == key)
    named = [end for end in responses.ENDS if response.get(end) == key]
    weights = [one.weight for one in item.options]
    right = "best" if option.weight == max(weights) else "worst" if option.weight == min(weights) else ""
    return OptionView(
        key,
        words[key],
        value=" ".join(named),
        mark=score.marks.get(named[0]) if score is not None and named else None,
        feedback=markdown.inline(option.feedback) if score is not None and option.feedback else None,
        right=right if score is not None else "",
    )


def right_places(item: Item) -> dict[str, str]:
    """The right place of each entry in words; entries that weigh the same share theirs."""
    if item.type is ItemType.ORDER:
        return {entry.key: str(place) for place, entry in enumerate(item.sequence, 1)}
    by_weight = sorted(item.options, key=lambda one: -one.weight)
    places: dict[str, list[int]] = {}
    for place, option in enumerate(by_weight, 1):
        places.setdefault(str(option.weight), []).append(place)
    return {option.key: " or ".join(map(str, places[str(option.weight)])) for option in item.options}


def pieces(
    item: Item, shown: FormItem, markdown: Renderer, response: Mapping[str, Any], score: ItemScore | None
) -> tuple[PieceView, ...]:
    if item.type is not ItemType.CLOZE:
        return ()
    gaps = {gap.key: gap for gap in item.gaps}
    said = response.get("gaps", {})
    pieces = []
    for text, key in cloze.pieces(texts(item, markdown).passage):
        gap = gaps.get(key)
        shown_gap = None if gap is None else _gap(gap, shown, markdown, said.get(key, ""), score)
        pieces.append(PieceView(Markup(text), shown_gap))  # noqa: S704 -- cut from what the renderer cleaned
    return tuple(pieces)


def _gap(gap: Gap, shown: FormItem, markdown: Renderer, said: str, score: ItemScore | None) -> OptionView:
    options = {option.key: option for option in gap.options}
    order = [key.split(".", 1)[1] for key in shown.options if key.startswith(f"{gap.key}.")]
    right = next((plain(markdown, option.text) for option in gap.options if option.is_right), "")
    return OptionView(
        gap.key,
        Markup(""),
        value=said,
        mark=score.marks.get(gap.key) if score is not None else None,
        right="" if score is None else right if gap.options else gap.accept[0],
        choices=tuple((key, plain(markdown, options[key].text)) for key in order),
    )


def turns(
    item: Item, shown: FormItem, markdown: Renderer, response: Mapping[str, Any], score: ItemScore | None
) -> tuple[TurnView, ...]:
    if item.type is not ItemType.SCENARIO:
        return ()
    words = texts(item, markdown).options
    views = []
    for turn, said in scenario.walked(item, response.get("replies", {})):
        by_key = {f"{turn.key}.{one.key}": one for one in turn.replies}
        views.append(
            TurnView(
                turn.key,
                words[turn.key],
                None
                if said is None
                else OptionView(
                    said.key,
                    words[f"{turn.key}.{said.key}"],
                    mark=score.marks.get(turn.key) if score is not None else None,
                    feedback=markdown.inline(said.feedback) if score is not None and said.feedback else None,
                ),
                tuple(OptionView(by_key[key].key, words[key]) for key in shown.options if key in by_key)
                if said is None
                else (),
            )
        )
    return tuple(views)
