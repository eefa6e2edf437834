"""Moodle XML: the frame of a file, and what all question types share."""

import base64
import binascii
import html
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from lms.catalog.exchange import moodle_areas, moodle_choices, moodle_numbers
from lms.catalog.exchange.model import Asset, Kind, Place, Question, Text
from lms.catalog.exchange.moodle_files import part_files
from lms.catalog.exchange.moodle_source import Source, number_of, said, text_of
from lms.catalog.exchange.report import Notes, Reading, RefusedItem
from lms.catalog.exchange.xml_source import Element, local, parse, place

FORMAT = "moodle-xml"
Reader = Callable[[Question, Source], Question]

READERS: Mapping[str, Reader] = {
    "multichoice": moodle_choices.multichoice,
    "multichoiceset": moodle_choices.all_or_nothing,
    "oumultiresponse": moodle_choices.right_or_not,
    "truefalse": moodle_choices.true_false,
    "shortanswer": moodle_choices.short,
    "matching": moodle_choices.matching,
    "match": moodle_choices.matching,
    "ddmatch": moodle_choices.matching,
    "mtf": moodle_choices.rows_and_columns,
    "kprime": moodle_choices.rows_and_columns,
    "ordering": moodle_choices.ordering,
    "essay": moodle_choices.essay,
    "description": moodle_choices.description,
    "numerical": moodle_numbers.numerical,
    "calculated": moodle_numbers.calculated,
    "calculatedsimple": moodle_numbers.calculated,
    "calculatedmulti": moodle_numbers.calculated,
    "cloze": moodle_areas.embedded,
    "multianswer": moodle_areas.embedded,
    "gapselect": moodle_areas.gaps,
    "ddwtos": moodle_areas.gaps,
    "ddmarker": moodle_areas.markers,
    "ddimageortext": moodle_areas.images,
}
DRAWN = {
    "random": "draws questions at random from a category of that Moodle site; import the questions themselves",
    "randomsamatch": "is put together from short-answer questions of that Moodle site; import those",
}
# Read below, for every type.
SHARED = frozenset(
    {
        "name",
        "questiontext",
        "generalfeedback",
        "defaultgrade",
        "penalty",
        "idnumber",
        "tags",
        "hint",
        "correctfeedback",
        "partiallycorrectfeedback",
        "incorrectfeedback",
        "shuffleanswers",
    }
)


def read_moodle(data: bytes, file: str) -> Reading:
    """Every question of a Moodle XML file, and why the others could not be taken."""
    notes = Notes()
    try:
        root = parse(data, file)
    except RefusedItem as refused:
        notes.refused(refused.place or Place(file), refused.message)
        return Reading(file, FORMAT, (), tuple(notes.found))
    return read_root(root, file, notes)


def read_root(root: Element, file: str, notes: Notes) -> Reading:
    questions: list[Question] = []
    categories: list[str] = []
    category = ""
    for number, element in enumerate((one for one in root if local(one) == "question"), start=1):
        source = Source(element, file, notes)
        if element.get("type") == "category":
            category = said(element, "category")
            categories.append(category)
            if source.text("info"):
                notes.lost(source.place("info"), "The description of the category is left out.", category)
            continue
        try:
            questions.append(_question(source, category))
        except RefusedItem as refused:
            name = said(element, "name") or f"question {number}"
            notes.refused(refused.place or place(element, file), refused.message, name)
    return Reading(file, FORMAT, tuple(questions), tuple(notes.found), tuple(categories))


def _question(source: Source, category: str) -> Question:
    kind = source.element.get("type", "")
    if kind in DRAWN:
        raise RefusedItem(f"Moodle's question type “{kind}” {DRAWN[kind]}.")
    reader = READERS.get(kind)
    if reader is None:
        raise RefusedItem(f"Moodle's question type “{kind}” has no equal here.")
    question = reader(_frame(source, category), source)
    return replace(question, extra=question.extra + _rest(source))


def _frame(source: Source, category: str) -> Question:
    element = source.element
    part_files(element)
    source.item = said(element, "name")
    prompt, picture = _with_old_picture(source.text("questiontext"), source)
    penalty = said(element, "penalty")
    shuffle = said(element, "shuffleanswers").lower()
    return Question(
        Kind.DESCRIPTION,
        prompt,
        identifier=said(element, "idnumber"),
        title=source.item,
        general_feedback=source.text("generalfeedback"),
        correct_feedback=source.text("correctfeedback"),
        partial_feedback=source.text("partiallycorrectfeedback"),
        incorrect_feedback=source.text("incorrectfeedback"),
        hints=tuple(text for hint in source.children("hint") if (text := text_of(hint, prompt.format))),
        tags=tuple(said(tag) for tags in source.children("tags") for tag in tags if local(tag) == "tag"),
        category=category,
        points=number_of(said(element, "defaultgrade") or "1", source.place("defaultgrade")),
        penalty=_third(number_of(penalty, source.place("penalty"))) if penalty else None,
        is_shuffled=shuffle in {"1", "true"} if shuffle else None,
        assets=(*_assets(source), *picture),
        place=place(element, source.file),
    )


def _with_old_picture(prompt: Text, source: Source) -> tuple[Text, tuple[Asset, ...]]:
    """Moodle 1.9 had one picture beside a question, under it; Moodle shows it so to this day."""
    name, encoded = source.said("image"), source.said("image_base64")
    if not name:
        return prompt, ()
    name = name.rpartition("/")[2] if encoded else name
    shown = Text(f'{prompt.text} <img src="{html.escape(name)}" alt="">', prompt.format)
    try:
        data = base64.b64decode(re.sub(r"\s+", "", encoded), validate=True)
    except (binascii.Error, ValueError):
        source.notes.lost(source.place("image_base64"), f"The file “{name}” is not in base64.", source.item)
        return prompt, ()
    return shown, (Asset(name, data or None),)


def _third(penalty: Fraction) -> Fraction:
    """0.3333333 is a third."""
    near = penalty.limit_denominator(9)
    return near if abs(near - penalty) < Fraction(1, 100_000) else penalty


def _assets(source: Source) -> tuple[Asset, ...]:
    found: dict[str, Asset] = {}
    for element in source.element.iter():
        if local(element) != "file":
            continue
        path = f"{element.get('path', '/')}{element.get('name', '')}".lstrip("/")
        try:
            data = base64.b64decode(re.sub(r"\s+", "", element.text or ""), validate=True)
        except (binascii.Error, ValueError):
            source.notes.lost(place(element, source.file), f"The file “{path}” is not in base64.", source.item)
            continue
        source.used.add(element)
        if path and data:
            found[path] = Asset(path, data)
    return tuple(found.values())


def _rest(source: Source) -> tuple[tuple[str, str], ...]:
    """Settings that only Moodle knows are kept by name; whole parts that nobody reads are reported."""
    kept = []
    for element in source.element:
        name = local(element)
        if name in SHARED or name in source.read or element in source.used:
            continue
        inner = [one for one in element if local(one) != "text"]
        if inner:
            source.notes.lost(place(element, source.file), f"The part <{name}> is left out.", source.item)
            continue
        value = said(element)
        if (name, value) == ("hidden", "0"):
            continue
        if value or not element.get("format"):
            kept.append((name, value))
    return tuple(kept)
