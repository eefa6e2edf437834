"""The questions of our own courses as neutral ones, so that they can be written for other systems."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

from lms.catalog.exchange.model import (
    NO_TEXT,
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
from lms.catalog.loader import load
from lms.policy.lint.finding import all_items
from lms.policy.outline import Item, ItemType, Rule

FORMAT = "course"
OBJECTIVE, BAND = "objective:", "band:"


def read_course(path: Path) -> Reading:
    """Every question of a bundle, once, whoever asks it. A bundle that cannot be published is refused whole."""
    notes = Notes()
    loaded = load(path)
    if loaded.course is None:
        for problem in loaded.errors:
            notes.refused(Place(problem.file, problem.line), problem.message)
        return Reading(path.name, FORMAT, (), tuple(notes.found))
    questions: dict[str, Question] = {}
    for module, step, item in all_items(loaded.course):
        if item.key in questions:
            continue
        place = Place(module.step_key(step))
        try:
            questions[item.key] = question_of(item, f"{loaded.course.title}/{module.title}", place)
        except RefusedItem as refused:
            notes.refused(place, refused.message, item.key)
    return Reading(path.name, FORMAT, tuple(questions.values()), tuple(notes.found))


def question_of(item: Item, category: str, place: Place) -> Question:
    make = MAKERS.get(item.type)
    if make is None:
        raise RefusedItem(f"A question of the type “{item.type}” is not written for other systems.")
    parts = make(item)
    kind = parts.pop("kind")
    return Question(
        kind,
        _text(parts.pop("prompt", item.prompt)),
        identifier=item.key,
        title=item.key,
        general_feedback=_text(item.explanation),
        tags=(f"{OBJECTIVE}{item.objective}", f"{BAND}{item.band}"),
        category=category,
        points=Fraction(item.points),
        place=place,
        **parts,
    )


def _text(words: str) -> Text:
    return Text(words.strip(), Format.MARKDOWN) if words.strip() else NO_TEXT


def _options(item: Item, weights: Mapping[str, Fraction]) -> tuple[Option, ...]:
    return tuple(
        Option(_text(option.text), weights[option.key], _text(option.feedback), key=option.key)
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
    extra = (("rule", item.rule.value),) if item.rule is Rule.HALF else ()
    return {
        "kind": Kind.MULTIPLE,
        "options": _options(item, weights),
        "is_all_or_nothing": True,
        "extra": extra,
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
    return {"kind": Kind.NUMERIC, "numbers": (number,), "units": units}


def _order(item: Item) -> dict:
    sequence = tuple(Option(_text(option.text), key=option.key) for option in item.sequence)
    return {"kind": Kind.ORDER, "sequence": sequence}


def _matching(item: Item) -> dict:
    pairs = tuple(Pair(_text(pair.left), _text(pair.right), pair.key, f"r-{pair.key}") for pair in item.pairs)
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
                Option(_text(option.text), option.weight, _text(option.feedback), key=option.key)
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
