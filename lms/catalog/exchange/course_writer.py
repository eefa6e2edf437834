"""Questions of other systems as items of a course: the YAML that stands under `items:` in an assessment."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from lms.catalog.exchange import course_built, course_choices, course_numbers
from lms.catalog.exchange.course_items import BAND, OBJECTIVE
from lms.catalog.exchange.drafts import FEEDBACK, RANGE, RULE, TYPE, UNIT, WEIGHTS, Draft
from lms.catalog.exchange.markdown_text import words
from lms.catalog.exchange.model import Kind, Question
from lms.catalog.exchange.pictures import Pictures
from lms.catalog.exchange.report import Finding, Notes, RefusedItem, Writing
from lms.policy.items import Feedback

BANDS = frozenset({"easy", "medium", "hard"})
OURS = (OBJECTIVE, BAND, FEEDBACK, TYPE, WEIGHTS, RANGE, UNIT, RULE)
POLICIES = tuple(one.value for one in Feedback)
MOST_POINTS = 20
LONGEST_KEY = 60
_PICTURE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_NO_KEY = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Made:
    """A question and the item that it becomes, as the format of courses says it; None where it is refused.

    `files`: the pictures that its texts show, by their path in the module.
    """

    question: Question
    item: Mapping[str, Any] | None
    files: Mapping[str, bytes]
    findings: tuple[Finding, ...]


def items_of(questions: Iterable[Question], objective: str, known: Iterable[str] = ()) -> Iterator[Made]:
    """Each question as an item. `objective` is the key for those that name none by a tag `objective:…`; where `known`
    names the objectives of a course, a tag that names another is passed over.
    """
    keys: set[str] = set()
    paths: set[str] = set()
    objectives = frozenset(known)
    for question in questions:
        notes = Notes()
        name = question.identifier or question.title
        key = _key(question, keys)
        draft = Draft(question, Pictures(key, question.assets, paths))
        item: dict[str, Any] | None = None
        try:
            item = _item(draft, key, objective, objectives)
            keys.add(key)
            paths |= draft.pictures.found.keys()
            for what in dict.fromkeys(draft.lost):
                notes.lost(question.place, f"A course's question cannot hold {what}.", name)
            for sentence in dict.fromkeys(draft.changed):
                notes.changed(question.place, sentence, name)
        except RefusedItem as refused:
            notes.refused(question.place, refused.message, name)
        files = draft.pictures.found if item is not None else {}
        yield Made(question, item, files, tuple(notes.found))


def write_items(questions: Iterable[Question], objective: str) -> Writing:
    """Items of a bundle as YAML, and the files of its `assets/` that they show."""
    made = list(items_of(questions, objective))
    items = [one.item for one in made if one.item is not None]
    findings = tuple(finding for one in made for finding in one.findings)
    if not items:
        return Writing(b"", findings)
    files = {path: data for one in made for path, data in one.files.items()}
    return Writing(yaml_of(items), findings, files)


def yaml_of(items: Iterable[Mapping[str, Any]]) -> bytes:
    text: str = yaml.safe_dump({"items": list(items)}, sort_keys=False, allow_unicode=True, width=110)
    return text.encode()


def _key(question: Question, taken: set[str]) -> str:
    said = question.identifier or question.title or _PICTURE.sub(r"\1", words(question.prompt))
    folded = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode().lower()
    key = _NO_KEY.sub("-", folded)[:LONGEST_KEY].strip("-") or "question"
    number, made = 2, key
    while made in taken:
        number, made = number + 1, f"{key}-{number}"
    return made


def _item(draft: Draft, key: str, objective: str, known: frozenset[str]) -> dict[str, Any]:
    question = draft.question
    make = TAGGED.get((question.kind, draft.tag(TYPE))) or MAKERS.get(question.kind)
    if make is None:
        why = WHY_NOT.get(question.kind, "")
        raise RefusedItem(f"A course has no question of the type “{question.kind}” to make of it{why}.")
    if not words(question.prompt) and not question.assets:
        raise RefusedItem("It has no text.")
    parts = make(draft)
    prompt = parts.pop("prompt", None) or draft.text(question.prompt)
    if not prompt:
        raise RefusedItem("It has no text.")
    item: dict[str, Any] = {"key": key, "type": parts.pop("type"), "objective": _objective(draft, objective, known)}
    band = draft.tag(BAND)
    if band in BANDS - {"medium"}:
        item["band"] = band
    if draft.tag(FEEDBACK):
        if draft.tag(FEEDBACK) in POLICIES:
            item["feedback"] = draft.tag(FEEDBACK)
        else:
            draft.lost.append(f"the feedback “{draft.tag(FEEDBACK)[:40]}”, which is none of {', '.join(POLICIES)}")
    points = _points(draft)
    if points != 1:
        item["points"] = points
    item["prompt"] = prompt
    item |= parts
    item["explanation"] = _explanation(draft)
    _note_losses(draft)
    return item


def _objective(draft: Draft, objective: str, known: frozenset[str]) -> str:
    said = draft.tag(OBJECTIVE)
    if not said or (known and said not in known):
        if said:
            draft.changed.append(f"Its objective “{said}” is not one of the course's; it goes to {objective}.")
        return objective
    return said


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
    if question.kind is Kind.CALCULATED:
        return "Right: {{answer}}."
    if question.numbers:
        return f"Right: {question.numbers[0].value}."
    right = [draft.text(option.text) for option in question.options if option.weight > 0]
    return f"Right: {'; '.join(right)}." if right else "The right answer is shown above."


def _note_losses(draft: Draft) -> None:
    question = draft.question
    shown = {asset.path for asset in question.assets}
    others = [tag for tag in question.tags if not tag.startswith(OURS)]
    lost = {
        f"its tags ({', '.join(others)[:80]})": bool(others),
        "a penalty for further tries": bool(question.penalty),
        "hints": bool(question.hints),
        "feedback for partly right and wrong answers": bool(question.partial_feedback or question.incorrect_feedback),
        "notes for graders": bool(question.grader_notes),
        "files that no text shows": len(shown) > len(draft.pictures.found) and not _names_pictures(draft),
    }
    draft.lost += [what for what, is_lost in lost.items() if is_lost]


def _names_pictures(draft: Draft) -> bool:
    """Whether what is missing of its files was named already, one by one."""
    return any(what.startswith("the picture") for what in draft.lost)


MAKERS: Mapping[Kind, Callable[[Draft], dict[str, Any]]] = {
    Kind.SINGLE: course_choices.single,
    Kind.TRUE_FALSE: course_choices.single,
    Kind.MULTIPLE: course_choices.multiple,
    Kind.SHORT: course_choices.short,
    Kind.NUMERIC: course_choices.numeric,
    Kind.ORDER: course_choices.order,
    Kind.MATCHING: course_choices.matching,
    Kind.ASSOCIATE: course_choices.matching,
    Kind.CLOZE: course_built.cloze,
    Kind.GAP_MATCH: course_built.cloze,
    Kind.HOTTEXT: course_built.hottext,
    Kind.HOTSPOT: course_built.hotspot,
    Kind.CALCULATED: course_numbers.calculated,
    Kind.SLIDER: course_numbers.slider,
}
# What this product wrote into another form, and marked so that it comes back as what it was.
TAGGED: Mapping[tuple[Kind, str], Callable[[Draft], dict[str, Any]]] = {
    (Kind.MATCHING, "best_worst"): course_built.best_worst,
    (Kind.ORDER, "ranking"): course_built.ranking,
}
WHY_NOT: Mapping[Kind, str] = {
    Kind.ESSAY: ": a person scores it",
    Kind.UPLOAD: ": a person scores it",
    Kind.DRAWING: ": a person scores it",
    Kind.MEDIA: ": there is nothing to answer but to listen or watch",
    Kind.DESCRIPTION: ": it asks nothing",
    Kind.POINT: ": its areas are not shown, and here every area can be chosen by name",
    Kind.COMPOSITE: ": it asks several things at once; make a question of each",
}
