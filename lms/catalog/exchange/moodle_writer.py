"""Moodle XML, written so that Moodle and this reader read the same again."""

import base64
from collections.abc import Iterable
from fractions import Fraction

from lxml import etree

from lms.catalog.exchange import moodle_parts
from lms.catalog.exchange.model import Kind, Question, Text
from lms.catalog.exchange.moodle_source import FORMAT_NAMES
from lms.catalog.exchange.numerals import decimal_text, is_kept_by_percent
from lms.catalog.exchange.report import Notes, RefusedItem, Writing
from lms.catalog.exchange.xml_source import Element, writable

PLUGIN = "@@PLUGINFILE@@/"
COMBINED = frozenset({Kind.SINGLE, Kind.MULTIPLE, Kind.MATCHING, Kind.ORDER, Kind.GAP_MATCH, Kind.CLOZE})


def write_moodle(questions: Iterable[Question]) -> Writing:
    notes = Notes()
    root = etree.Element("quiz")
    category = ""
    for question in sorted(questions, key=lambda one: one.category != ""):
        try:
            element = _question(question, notes)
        except RefusedItem as refused:
            notes.refused(question.place, refused.message, question.identifier or question.title)
            continue
        if question.category != category:
            category = question.category
            holder = etree.SubElement(root, "question", type="category")
            moodle_parts.words(etree.SubElement(holder, "category"), category)
        root.append(element)
    # Not indented: blanks inside texts count.
    return Writing(etree.tostring(root, xml_declaration=True, encoding="UTF-8"), tuple(notes.found))


def _question(question: Question, notes: Notes) -> Element:
    name, body = moodle_parts.written(question, notes)
    element = etree.Element("question", type=name)
    moodle_parts.words(etree.SubElement(element, "name"), question.title or _name(question))
    prompt = moodle_parts.prompt_of(question)
    _text(element, "questiontext", prompt, question)
    _text(element, "generalfeedback", question.general_feedback, question)
    moodle_parts.simple(element, "idnumber", question.identifier)
    moodle_parts.simple(element, "defaultgrade", decimal_text(question.points))
    if question.penalty is not None:
        moodle_parts.simple(element, "penalty", _penalty(question.penalty))
    if question.is_shuffled is not None:
        moodle_parts.simple(element, "shuffleanswers", "1" if question.is_shuffled else "0")
    if question.kind in COMBINED and name != "cloze":
        _text(element, "correctfeedback", question.correct_feedback, question)
        _text(element, "partiallycorrectfeedback", question.partial_feedback, question)
        _text(element, "incorrectfeedback", question.incorrect_feedback, question)
    elif question.correct_feedback or question.partial_feedback or question.incorrect_feedback:
        notes.lost(question.place, "Moodle keeps no feedback for right and wrong with this type.", _name(question))
    for part in body:
        element.append(part)
    for hint in question.hints:
        _text(element, "hint", hint, question)
    if question.tags:
        tags = etree.SubElement(element, "tags")
        for tag in question.tags:
            moodle_parts.words(etree.SubElement(tags, "tag"), tag)
    _settings(element, question)
    _files(element, question)
    weights = [one.weight for one in question.options] + [one.weight for one in question.numbers]
    if not all(is_kept_by_percent(weight) for weight in weights):
        notes.changed(question.place, "A weight is rounded to five decimals of a percent.", _name(question))
    return element


def _name(question: Question) -> str:
    return question.identifier or " ".join(question.prompt.text.split())[:60]


def _penalty(penalty: Fraction) -> str:
    return f"{float(penalty):.7f}"


def _text(parent: Element, name: str, text: Text, question: Question) -> None:
    form = text.format if text else question.prompt.format
    element = etree.SubElement(parent, name, format=FORMAT_NAMES[form])
    moodle_parts.words(element, _addressed(text, question))


def _addressed(text: Text, question: Question) -> str:
    """The text with its own files at the address where Moodle keeps them."""
    words = text.text
    for asset in question.assets:
        if asset.data is not None:
            for before, after in (('"', '"'), ("](", ")"), ("](", " ")):
                words = words.replace(f"{before}{asset.path}{after}", f"{before}{PLUGIN}{asset.path}{after}")
    return words


def _settings(element: Element, question: Question) -> None:
    """What was kept of Moodle's own settings, unless it is written already."""
    there = {child.tag for child in element}
    for name, value in question.extra:
        if name.isidentifier() and name not in there and name not in moodle_parts.OWN_SETTINGS:
            moodle_parts.simple(element, name, value)


def _files(element: Element, question: Question) -> None:
    """Each file goes to the first text that shows it, as Moodle looks for it there."""
    holders = [one for one in element.iter() if one.find("text") is not None]
    for asset in question.assets:
        if asset.data is None:
            continue
        shown = f"{PLUGIN}{asset.path}"
        holder = next((one for one in holders if shown in (one.findtext("text") or "")), element.find("questiontext"))
        folder, _, name = asset.path.rpartition("/")
        path = f"/{folder}/" if folder else "/"
        made = etree.SubElement(holder, "file", name=writable(name), path=writable(path), encoding="base64")
        made.text = base64.b64encode(asset.data).decode()
