"""Questions as a page shows them, and what a form or a script sends back. Grading is not done here.

Names of controls: `q-<item>` for a choice, a number or a text; `q-<item>.<key>` for a place, a partner, a gap or a
turn; `f-<item>` for a file that becomes a recording, `q-<item>` for its id; `was-<item>` holds the answer that the page
began with or last saved, so that an old tab cannot put back what a newer one changed.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from markupsafe import Markup

from lms.catalog.markdown import Renderer
from lms.errors import RuleViolation
from lms.learning import questions_built
from lms.learning.question_texts import MOST_KEPT, OptionView, PieceView, TurnView, is_kept, plain, texts
from lms.policy import hotspot, responses
from lms.policy.attempts import FormItem
from lms.policy.grading import ItemScore, Mark
from lms.policy.items import Item, ItemType, Media
from lms.policy.rubric import Rubric

Raw = Mapping[str, Mapping[str, Any]]
Values = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question. Without `score` it shows no feedback. `problem` is a code for `web/wording.py`."""

    key: str
    number: int
    type: ItemType
    prompt: Markup
    options: tuple[OptionView, ...]
    partners: tuple[tuple[str, str], ...] = ()
    value: str = ""
    unit: str = ""
    was: str = "{}"
    problem: str = ""
    score: ItemScore | None = None
    explanation: Markup | None = None
    best: str = ""
    picture: Markup | None = None
    pieces: tuple[PieceView, ...] = ()
    turns: tuple[TurnView, ...] = ()
    takes_several: bool = False
    rubric: Rubric | None = None
    longest: int = 0  # characters of a typed answer
    is_video: bool = False
    seconds: int = 0  # of a recording

    @property
    def name(self) -> str:
        return f"q-{self.key}"


_drawn: dict[tuple[Any, ...], Markup] = {}


def unanswered(number: int, item: Item, shown: FormItem, markdown: Renderer, *, disabled: bool) -> Markup:
    """A question nobody has answered yet, drawn: the same for every reader who meets its options in this order."""
    key = (markdown.version_id, number, shown, disabled)
    found = _drawn.get(key)
    if found is None:
        page = current_app.jinja_env.get_template("learning/questions.html").module
        found = Markup(page.question(view(number, item, shown, markdown, {}), disabled=disabled))  # type: ignore[attr-defined]  # noqa: S704 -- what the template drew
        if is_kept(item, markdown):  # nothing in it leads to one reader
            if len(_drawn) >= MOST_KEPT:
                _drawn.clear()
            _drawn[key] = found
    return found


def view(
    number: int,
    item: Item,
    shown: FormItem,
    markdown: Renderer,
    response: Mapping[str, Any],
    *,
    score: ItemScore | None = None,
    problem: str = "",
) -> QuestionView:
    """A question with what was answered; with `score` also marks, feedback per option and the reason."""
    explanation = markdown.block(item.explanation, 4, f"why-{item.key}") if score is not None else None
    return QuestionView(
        key=item.key,
        number=number,
        type=item.type,
        prompt=texts(item, markdown).prompt,
        options=_options(item, shown, markdown, response, score),
        partners=_partners(item, shown, markdown),
        value=str(response.get("number", response.get("text", response.get("file", "")))),
        unit=item.unit,
        was=fingerprint(response),
        problem=problem,
        score=score,
        explanation=explanation,
        best=_best(item, markdown) if score is not None else "",
        picture=texts(item, markdown).picture if item.picture else None,
        pieces=questions_built.pieces(item, shown, markdown, response, score),
        turns=questions_built.turns(item, shown, markdown, response, score),
        takes_several=item.type is ItemType.MULTIPLE or sum(option.is_right for option in item.options) > 1,
        rubric=item.rubric,
        longest=responses.longest(item),
        is_video=item.media is Media.VIDEO,
        seconds=item.max_seconds if item.type is ItemType.RECORDING else 0,
    )


def _options(
    item: Item, shown: FormItem, markdown: Renderer, response: Mapping[str, Any], score: ItemScore | None
) -> tuple[OptionView, ...]:
    marks: Mapping[str, Mark] = score.marks if score is not None else {}
    words = texts(item, markdown).options
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT | ItemType.MULTIPLE | ItemType.HOTSPOT:
            by_key = {option.key: option for option in item.options}
            chosen = set(response.get("choices", ())) | {response.get("choice", "")}
            return tuple(
                OptionView(
                    key,
                    words[key],
                    is_chosen=key in chosen,
                    mark=marks.get(key),
                    feedback=markdown.inline(by_key[key].feedback)
                    if score is not None and by_key[key].feedback and (key in chosen or key in marks)
                    else None,
                    area=hotspot.area(by_key[key].area),
                )
                for key in shown.options
            )
        case ItemType.BEST_WORST:
            return tuple(questions_built.end(item, words, key, markdown, response, score) for key in shown.options)
        case ItemType.ORDER | ItemType.RANKING:
            right = questions_built.right_places(item)
            places = response.get("places", {})
            return tuple(
                OptionView(
                    key,
                    words[key],
                    value=str(places.get(key, "")),
                    mark=marks.get(key),
                    right=right[key] if score is not None else "",
                )
                for key in responses.order(item, response) or shown.options  # as placed, once all are placed
            )
        case ItemType.MATCHING:
            pairs = response.get("pairs", {})
            return tuple(
                OptionView(
                    pair.key,
                    words[pair.key],
                    value=pairs.get(pair.key, ""),
                    mark=marks.get(pair.key),
                    right=plain(markdown, pair.right) if score is not None else "",
                )
                for pair in item.pairs
            )
        case _:
            return ()


def _partners(item: Item, shown: FormItem, markdown: Renderer) -> tuple[tuple[str, str], ...]:
    """Choices of a select: places for an order, right-hand sides in the shown order for a matching."""
    if item.places:
        return tuple((str(place), str(place)) for place in range(1, len(item.places) + 1))
    rights = {pair.key: pair.right for pair in item.pairs}
    return tuple((key, plain(markdown, rights[key])) for key in shown.options if key in rights)


def _best(item: Item, markdown: Renderer) -> str:
    """The right answer in words, where no mark at an option shows it."""
    match item.type:
        case ItemType.NUMERIC | ItemType.CALCULATED:
            return f"{item.answer} {item.unit}".strip()
        case ItemType.SHORT:
            return item.accept[0] if item.accept else ""
        case _:
            return ""


def fingerprint(response: Mapping[str, Any]) -> str:
    """A response as one comparable line."""
    return json.dumps(response, sort_keys=True, separators=(",", ":"))


def of_form(values: Values, items: Iterable[Item]) -> dict[str, dict[str, Any]]:
    """What a form holds for each item, not yet checked."""
    return {item.key: _raw(item, values) for item in items}


def of_json(fields: Mapping[str, Any], items: Iterable[Item]) -> dict[str, dict[str, Any]]:
    """The same from the fields that the autosave script sends."""

    def values(name: str) -> Sequence[str]:
        value = fields.get(name, "")
        if isinstance(value, list):
            return [str(one) for one in value]
        return [str(value)] if isinstance(value, str | int | float) and not isinstance(value, bool) else []

    return of_form(values, items)


def _raw(item: Item, values: Values) -> dict[str, Any]:
    name = f"q-{item.key}"

    def one(of: str) -> str:
        found = values(of)
        return found[-1] if found else ""

    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return {"choice": one(name)}
        case ItemType.MULTIPLE | ItemType.HOTSPOT:
            return {"choices": [value for value in values(name) if value]}
        case ItemType.BEST_WORST:
            return {end: one(f"{name}.{end}") for end in responses.ENDS}
        case ItemType.NUMERIC | ItemType.CALCULATED:
            return {"number": one(name)}
        case ItemType.ORDER | ItemType.RANKING:
            return {"places": {entry.key: one(f"{name}.{entry.key}") for entry in item.places}}
        case ItemType.CLOZE:
            return {"gaps": {gap.key: one(f"{name}.{gap.key}") for gap in item.gaps}}
        case ItemType.SCENARIO:
            said = {turn.key: one(f"{name}.{turn.key}") for turn in item.turns}
            return {"replies": {turn: reply for turn, reply in said.items() if reply}}
        case ItemType.MATCHING:
            return {"pairs": {pair.key: one(f"{name}.{pair.key}") for pair in item.pairs}}
        case ItemType.SHORT | ItemType.LONG_TEXT:
            return {"text": one(name)}
        case ItemType.RECORDING:
            return {"file": one(name)}


def cleaned(items: Iterable[Item], raw: Raw) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Canonical responses, and a code for each item whose answer cannot even be kept."""
    kept: dict[str, dict[str, Any]] = {}
    refused: dict[str, str] = {}
    for item in items:
        try:
            kept[item.key] = responses.clean(item, raw.get(item.key, {}))
        except RuleViolation as refusal:
            refused[item.key] = refusal.code
    return kept, refused


def too_long(refused: Mapping[str, str], raw: Raw) -> dict[str, Mapping[str, Any]]:
    """Texts that cannot be kept as they are but belong on the page again, to be shortened."""
    return {key: raw[key] for key, code in refused.items() if code == "response_too_long"}


def touched(values: Values, given: Raw) -> dict[str, Mapping[str, Any]]:
    """The answers that were changed on this page since it was made; all of them when it does not say."""
    changed = {}
    for key, response in given.items():
        began = values(f"was-{key}")
        if not began or began[-1] != fingerprint(response):
            changed[key] = response
    return changed
