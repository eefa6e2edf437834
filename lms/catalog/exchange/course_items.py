"""The questions of our own courses as neutral ones, so that they can be written for other systems."""

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from lms.catalog import item_files
from lms.catalog.document import item_document, item_from
from lms.catalog.exchange import course_items_built
from lms.catalog.exchange.course_items_built import Files, text_of
from lms.catalog.exchange.drafts import FEEDBACK, RULE, UNIT
from lms.catalog.exchange.model import (
    Asset,
    Format,
    Gap,
    GapKind,
    Kind,
    Number,
    Option,
    Pair,
    Place,
    Question,
    Text,
    Tolerance,
    Unit,
)
from lms.catalog.exchange.report import Notes, Reading, RefusedItem
from lms.catalog.loader import Loaded, load
from lms.policy.lint.finding import all_items
from lms.policy.outline import Item, ItemType, Rule, Term

FORMAT = "course"
_TERM = re.compile(r"\[\[([a-z0-9-]+)(?:\|([^\]|]+))?\]\]")
_STEP = re.compile(r"(?<!!)\[([^\]]*)\]\(step:[^)]*\)")
OBJECTIVE, BAND = "objective:", "band:"


def read_course(path: Path) -> Reading:
    """Every question of a bundle, once, whoever asks it. A bundle that cannot be published is refused whole."""
    return reading_of(load(path), path.name)


def reading_of(loaded: Loaded, name: str) -> Reading:
    notes = Notes()
    if loaded.course is None:
        for problem in loaded.errors:
            notes.refused(Place(problem.file, problem.line), problem.message)
        return Reading(name, FORMAT, (), tuple(notes.found))
    questions: dict[str, Question] = {}
    for module, step, item in all_items(loaded.course):
        if item.key in questions:
            continue
        place = Place(module.step_key(step))
        files = {path: loaded.assets[f"{module.key}/{path}"].data for path in item_files.named(item)}
        try:
            plain = without_references(item, loaded.course.glossary)
            questions[item.key] = question_of(plain, f"{loaded.course.title}/{module.title}", place, files)
        except RefusedItem as refused:
            notes.refused(place, refused.message, item.key)
    return Reading(name, FORMAT, tuple(questions.values()), tuple(notes.found))


def without_references(item: Item, glossary: Iterable[Term]) -> Item:
    """The item with plain words where its texts name terms of the glossary and steps of the course."""
    terms = {term.key: term.term for term in glossary}

    def said(value: Any) -> Any:
        if isinstance(value, str):
            words = _TERM.sub(lambda match: match[2] or terms.get(match[1], match[1].replace("-", " ")), value)
            return _STEP.sub(r"\1", words)
        if isinstance(value, list):
            return [said(one) for one in value]
        return {name: said(one) for name, one in value.items()} if isinstance(value, dict) else value

    return item_from(said(item_document(item)), item.version)


def question_of(item: Item, category: str, place: Place, files: Files) -> Question:
    """`files`: the pictures that its texts show, by their path in the module. Raises RefusedItem."""
    if item.type in course_items_built.MAKERS:
        parts = course_items_built.MAKERS[item.type](item, files)
    elif item.type in MAKERS:
        parts = MAKERS[item.type](item)
    else:
        why = WHY_NOT.get(item.type, "")
        raise RefusedItem(f"A question of the type “{item.type}” is not written for other systems{why}.")
    return Question(
        parts.pop("kind"),
        text_of(parts.pop("prompt", item.prompt)),
        identifier=item.key,
        title=item.key,
        general_feedback=text_of(parts.pop("explanation", item.explanation)),
        tags=(f"{OBJECTIVE}{item.objective}", f"{BAND}{item.band}", *_policy(item), *parts.pop("tags", ())),
        category=category,
        points=Fraction(item.points),
        assets=tuple(Asset(path, data) for path, data in files.items()),
        place=place,
        **parts,
    )


def _policy(item: Item) -> tuple[str, ...]:
    """No format says of a single question what its learners get to see; a tag does, and brings it back."""
    return (f"{FEEDBACK}{item.feedback}",) if item.feedback else ()


def _options(item: Item, weights: Mapping[str, Fraction]) -> tuple[Option, ...]:
    return tuple(
        Option(text_of(option.text), weights[option.key], text_of(option.feedback), key=option.key)
        for option in item.options
    )


def _single(item: Item) -> dict:
    return {"kind": Kind.SINGLE, "options": _options(item, {option.key: option.weight for option in item.options})}


def _multiple(item: Item) -> dict:
    """`net` has an equal elsewhere: wrong ones together cost everything. `half` comes nearest to all or nothing."""
    right = [option for option in item.options if option.is_right]
    wrong = len(item.options) - len(right)
    if item.rule is Rule.NET:
        weights = {
            option.key: Fraction(1, len(right)) if option.is_right else -Fraction(1, wrong) for option in item.options
        }
        return {"kind": Kind.MULTIPLE, "options": _options(item, weights)}
    weights = {option.key: Fraction(int(option.is_right)) for option in item.options}
    return {
        "kind": Kind.MULTIPLE,
        "options": _options(item, weights),
        "is_all_or_nothing": True,
        "tags": (f"{RULE}{item.rule}",),
    }


def _numeric(item: Item) -> dict:
    """The wider of the two tolerances, as the player takes it."""
    absolute, relative = Fraction(item.abs_tolerance), Fraction(item.rel_tolerance)
    is_relative = relative * abs(Fraction(item.answer)) > absolute
    number = Number(
        item.answer,
        item.rel_tolerance if is_relative else item.abs_tolerance,
        measure=Tolerance.RELATIVE if is_relative else Tolerance.ABSOLUTE,
    )
    units = (Unit(item.unit),) if item.unit else ()
    tags = (f"{UNIT}{item.unit}",) if item.unit else ()
    return {"kind": Kind.NUMERIC, "numbers": (number,), "units": units, "tags": tags}


def _order(item: Item) -> dict:
    sequence = tuple(Option(text_of(option.text), key=option.key) for option in item.sequence)
    return {"kind": Kind.ORDER, "sequence": sequence}


def _matching(item: Item) -> dict:
    pairs = tuple(Pair(text_of(pair.left), text_of(pair.right), pair.key, f"r-{pair.key}") for pair in item.pairs)
    return {"kind": Kind.MATCHING, "pairs": pairs}


def _short(item: Item) -> dict:
    return {"kind": Kind.SHORT, "options": tuple(Option(Text(one, Format.PLAIN), Fraction(1)) for one in item.accept)}


def _cloze(item: Item) -> dict:
    share = Fraction(item.points, len(item.gaps))
    gaps = tuple(
        Gap(
            gap.key,
            GapKind.CHOICE if gap.options else GapKind.SHORT,
            tuple(
                Option(text_of(option.text), option.weight, text_of(option.feedback), key=option.key)
                for option in gap.options
            )
            or tuple(Option(Text(one, Format.PLAIN), Fraction(1)) for one in gap.accept),
            points=share,
        )
        for gap in item.gaps
    )
    return {"kind": Kind.CLOZE, "prompt": f"{item.prompt}\n\n{item.passage}", "gaps": gaps}


MAKERS: Mapping[ItemType, Callable[[Item], dict]] = {
    ItemType.SINGLE: _single,
    ItemType.JUDGMENT: _single,
    ItemType.MULTIPLE: _multiple,
    ItemType.NUMERIC: _numeric,
    ItemType.ORDER: _order,
    ItemType.MATCHING: _matching,
    ItemType.SHORT: _short,
    ItemType.CLOZE: _cloze,
}
WHY_NOT: Mapping[ItemType, str] = {
    ItemType.SCENARIO: ": what it asks next depends on what was answered, and no format says that",
}
SAYABLE = frozenset(MAKERS) | frozenset(course_items_built.MAKERS)
