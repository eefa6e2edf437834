"""Questions of other systems as items of a course: the YAML that stands under `items:` in an assessment."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import yaml

from lms.catalog.exchange.course_items import BAND, OBJECTIVE
from lms.catalog.exchange.markdown_text import markdown, words
from lms.catalog.exchange.model import GapKind, Kind, Option, Question, Text, Tolerance
from lms.catalog.exchange.report import Notes, RefusedItem, Writing

JUDGED = {Fraction(share): share for share in ("0", "1/3", "1/2", "2/3", "1")}
BANDS = frozenset({"easy", "medium", "hard"})
MOST_POINTS = 20
MOST_CHOICES = 12
LONGEST_KEY = 60
_NO_KEY = re.compile(r"[^a-z0-9]+")


@dataclass(slots=True)
class Draft:
    """An item while it is written, with what it loses and changes on the way."""

    question: Question
    lost: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def text(self, text: Text) -> str:
        return markdown(text, self.lost)


def write_items(questions: Iterable[Question], objective: str) -> Writing:
    """Items of a bundle. `objective` is the key for every question that does not name one by a tag `objective:…`."""
    notes = Notes()
    items: list[dict[str, Any]] = []
    keys: set[str] = set()
    for question in questions:
        name = question.identifier or question.title
        draft = Draft(question)
        try:
            key = _key(question, keys)
            items.append(_item(draft, key, objective))
            keys.add(key)
        except RefusedItem as refused:
            notes.refused(question.place, refused.message, name)
            continue
        for what in dict.fromkeys(draft.lost):
            notes.lost(question.place, f"A course's question cannot hold {what}.", name)
        for sentence in dict.fromkeys(draft.changed):
            notes.changed(question.place, sentence, name)
    if not items:
        return Writing(b"", tuple(notes.found))
    text = yaml.safe_dump({"items": items}, sort_keys=False, allow_unicode=True, width=110)
    return Writing(text.encode(), tuple(notes.found))


def _key(question: Question, taken: set[str]) -> str:
    said = question.identifier or question.title or words(question.prompt)
    folded = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode().lower()
    key = _NO_KEY.sub("-", folded)[:LONGEST_KEY].strip("-") or "question"
    number, made = 2, key
    while made in taken:
        number, made = number + 1, f"{key}-{number}"
    return made


def _item(draft: Draft, key: str, objective: str) -> dict[str, Any]:
    question = draft.question
    make = MAKERS.get(question.kind)
    if make is None:
        raise RefusedItem(f"A course has no question of the type “{question.kind}” to make of it.")
    prompt = draft.text(question.prompt)
    if not prompt:
        raise RefusedItem("It has no text.")
    parts = make(draft)
    named = {tag.partition(":")[0] + ":": tag.partition(":")[2] for tag in question.tags if ":" in tag}
    item: dict[str, Any] = {
        "key": key,
        "type": parts.pop("type"),
        "objective": named.get(OBJECTIVE, objective),
    }
    if named.get(BAND, "medium") in BANDS - {"medium"}:
        item["band"] = named[BAND]
    points = _points(draft)
    if points != 1:
        item["points"] = points
    item["prompt"] = parts.pop("prompt", prompt)
    item |= parts
    item["explanation"] = _explanation(draft)
    _note_losses(draft)
    return item


def _points(draft: Draft) -> int:
    points = draft.question.points
    whole = min(max(round(points), 1), MOST_POINTS)
    if whole != points:
        draft.changed.append(f"Its points become {whole}: a course counts in whole points up to {MOST_POINTS}.")
    return whole


def _explanation(draft: Draft) -> str:
    """What every question of a course must have; made of the answer where the file says nothing."""
    question = draft.question
    for text in (question.general_feedback, question.correct_feedback):
        if text:
            return draft.text(text)
    best = next((option for option in question.options if option.weight == 1), None)
    if best is not None and best.feedback:
        return draft.text(best.feedback)
    draft.changed.append("It has no explanation; one is made of its answer, to be rewritten.")
    if question.numbers:
        return f"Right: {question.numbers[0].value}."
    right = [draft.text(option.text) for option in question.options if option.weight > 0]
    return f"Right: {'; '.join(right)}." if right else "The right answer is shown above."


def _note_losses(draft: Draft) -> None:
    question = draft.question
    lost = {
        "a penalty for further tries": bool(question.penalty),
        "hints": bool(question.hints),
        "feedback for partly right and wrong answers": bool(question.partial_feedback or question.incorrect_feedback),
        "notes for graders": bool(question.grader_notes),
        "files": bool(question.assets),
    }
    draft.lost += [what for what, is_lost in lost.items() if is_lost]


def _listed(draft: Draft, options: Iterable[Option]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for number, option in enumerate(options, start=1):
        text = draft.text(option.text)
        if not text:
            raise RefusedItem(f"Option {number} has no text.")
        one: dict[str, Any] = {"key": chr(ord("a") + number - 1), "text": text}
        made.append(one)
    texts = [one["text"] for one in made]
    if len(texts) != len(set(texts)):
        raise RefusedItem("Two of its options say the same.")
    return made


def _with_feedback(draft: Draft, made: list[dict[str, Any]], options: Iterable[Option]) -> None:
    for one, option in zip(made, options, strict=True):
        if option.feedback and (words := draft.text(option.feedback)):
            one["feedback"] = words


def _single(draft: Draft) -> dict[str, Any]:
    options = draft.question.options
    if not 2 <= len(options) <= 8:
        raise RefusedItem(f"It has {len(options)} options; a course takes 2 to 8.")
    if not any(option.weight == 1 for option in options):
        raise RefusedItem("No option earns all of the points.")
    made = _listed(draft, options)
    weights = [_judged(draft, option.weight) for option in options]
    is_plain = sum(weight == 1 for weight in weights) == 1 and all(weight in {0, 1} for weight in weights)
    for one, weight in zip(made, weights, strict=True):
        if not is_plain:
            one["weight"] = JUDGED[weight]
        elif weight == 1:
            one["right"] = True
    _with_feedback(draft, made, options)
    return {"type": "single" if is_plain else "judgment", "options": made}


def _judged(draft: Draft, weight: Fraction) -> Fraction:
    near = min(JUDGED, key=lambda share: (abs(share - weight), share))
    if near != weight:
        draft.changed.append("Weights of options become the nearest of 0, 1/3, 1/2, 2/3 and 1.")
    return near


def _multiple(draft: Draft) -> dict[str, Any]:
    question = draft.question
    options = question.options
    if not 2 <= len(options) <= 10:
        raise RefusedItem(f"It has {len(options)} options; a course takes 2 to 10.")
    right = [option for option in options if option.weight > 0]
    wrong = [option for option in options if option.weight <= 0]
    if not right:
        raise RefusedItem("No option earns points.")
    made = _listed(draft, options)
    for one, option in zip(made, options, strict=True):
        if option.weight > 0:
            one["right"] = True
    _with_feedback(draft, made, options)
    if question.is_all_or_nothing:
        return {"type": "multiple", "rule": dict(question.extra).get("rule", "all"), "options": made}
    is_net = all(option.weight == Fraction(1, len(right)) for option in right) and all(
        option.weight == -Fraction(1, len(wrong)) for option in wrong
    )
    if not is_net:
        draft.changed.append("Right options count the same, and all wrong ones together cost all of the points.")
    return {"type": "multiple", "options": made}


def _short(draft: Draft) -> dict[str, Any]:
    question = draft.question
    accept = dict.fromkeys(words(one.text) for one in question.options if one.weight == 1 and "*" not in one.text.text)
    if not accept:
        raise RefusedItem("No answer earns all of the points.")
    if any(0 < one.weight < 1 for one in question.options):
        draft.lost.append("answers that are partly right")
    if any(one.feedback for one in question.options):
        draft.lost.append("feedback of single answers")
    if any("*" in one.text.text for one in question.options):
        draft.lost.append("answers with * for other words")
    if question.is_case_sensitive:
        draft.lost.append("that case matters")
    return {"type": "short", "accept": list(accept)}


def _numeric(draft: Draft) -> dict[str, Any]:
    numbers = draft.question.numbers
    best = next((one for one in numbers if one.weight == 1 and one.value), None)
    if best is None:
        raise RefusedItem("No number earns all of the points.")
    if len(numbers) > 1:
        draft.lost.append("further numbers")
    if best.feedback:
        draft.lost.append("feedback of single answers")
    made: dict[str, Any] = {"type": "numeric", "answer": best.value}
    if best.tolerance != "0":
        made["rel_tolerance" if best.measure is Tolerance.RELATIVE else "abs_tolerance"] = best.tolerance
    if draft.question.units:
        made["unit"] = draft.question.units[0].name
        if len(draft.question.units) > 1:
            draft.lost.append("further units")
    return made


def _order(draft: Draft) -> dict[str, Any]:
    return {"type": "order", "sequence": _listed(draft, draft.question.sequence)}


def _matching(draft: Draft) -> dict[str, Any]:
    pairs = [pair for pair in draft.question.pairs if pair.left and pair.right]
    if len(pairs) < len(draft.question.pairs):
        draft.lost.append("sides that nothing belongs to")
    if any(pair.feedback for pair in pairs):
        draft.lost.append("feedback of single pairs")
    made = [
        {"key": f"p{number}", "left": draft.text(pair.left), "right": draft.text(pair.right)}
        for number, pair in enumerate(pairs, start=1)
    ]
    for side in ("left", "right"):
        if len({one[side] for one in made}) != len(made):
            raise RefusedItem("A side stands in two pairs; a course takes each once.")
    if len(made) < 2:
        raise RefusedItem("There are fewer than two pairs.")
    return {"type": "matching", "pairs": made}


def _cloze(draft: Draft) -> dict[str, Any]:
    """What stands before the paragraph of the first gap is the question; the rest is the passage."""
    question = draft.question
    paragraphs = draft.text(question.prompt).split("\n\n")
    first = next((at for at, one in enumerate(paragraphs) if "{{" in one), 0)
    asked = "\n\n".join(paragraphs[:first]) or question.title or "Fill the gaps."
    gaps = []
    for gap in question.gaps:
        if gap.kind not in {GapKind.CHOICE, GapKind.SHORT}:
            raise RefusedItem(f"The gap {gap.key} asks for a number or for several options.")
        made: dict[str, Any] = {"key": gap.key}
        if gap.kind is GapKind.SHORT:
            made["accept"] = list(dict.fromkeys(words(one.text) for one in gap.options if one.weight == 1))
        else:
            made["options"] = _listed(draft, gap.options)
            for one, option in zip(made["options"], gap.options, strict=True):
                if option.weight == 1:
                    one["right"] = True
        if gap.kind is GapKind.CHOICE and not 2 <= len(gap.options) <= MOST_CHOICES:
            raise RefusedItem(
                f"The gap {gap.key} offers {len(gap.options)} choices; a course takes 2 to {MOST_CHOICES}."
            )
        if not any(option.weight == 1 for option in gap.options):
            raise RefusedItem(f"Nothing in the gap {gap.key} earns all of its points.")
        if any(option.feedback for option in gap.options):
            draft.lost.append("feedback of the answers in gaps")
        gaps.append(made)
    if len({gap.points for gap in question.gaps}) > 1:
        draft.changed.append("Gaps count the same.")
    return {"type": "cloze", "prompt": asked, "passage": "\n\n".join(paragraphs[first:]), "gaps": gaps}


MAKERS: Mapping[Kind, Callable[[Draft], dict[str, Any]]] = {
    Kind.SINGLE: _single,
    Kind.TRUE_FALSE: _single,
    Kind.MULTIPLE: _multiple,
    Kind.SHORT: _short,
    Kind.NUMERIC: _numeric,
    Kind.ORDER: _order,
    Kind.MATCHING: _matching,
    Kind.CLOZE: _cloze,
}
