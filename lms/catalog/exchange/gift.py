"""GIFT, read as Moodle documents it.

There is no maintained parser for Python (decision 0021), and the format is small. Where Moodle is lenient this reader
is, too, and says so; where Moodle would guess, the question is refused with its line.
"""

import re
from dataclasses import replace

from lms.catalog.exchange import gift_answers
from lms.catalog.exchange.gift_text import Block, blocks, clean, find, read_text, unescape
from lms.catalog.exchange.model import NO_TEXT, Format, Kind, Place, Question, Text
from lms.catalog.exchange.report import Notes, Reading, RefusedItem
from lms.policy.tabular import decode

FORMAT = "gift"
BLANK = "_____"
_ID = re.compile(r"\[id:((?:\\\]|[^\]\x00-\x1f])+)\]")
_TAG = re.compile(r"\[tag:((?:\\\]|[^\]\x00-\x1f])+)\]")
# What Moodle's own export writes above every question.
_MOODLES_EXPORT = re.compile(r"^\W*question: \d+  name: ", re.MULTILINE)
_TRUE_FALSE = {"T": True, "TRUE": True, "F": False, "FALSE": False}


def read_gift(data: bytes, file: str) -> Reading:
    """Every question of a GIFT file, and why the others could not be taken."""
    notes = Notes()
    text = decode(data)
    if text is None:
        notes.refused(Place(file), "This is not a text file.")
        return Reading(file, FORMAT, (), tuple(notes.found))
    questions: list[Question] = []
    categories: list[str] = []
    category = ""
    for block in blocks(text, file):
        if block.text.lstrip().upper().startswith("$CATEGORY:"):
            category = block.lines[0][1].split(":", 1)[1].strip()
            categories.append(category)
            block = Block(file, block.lines[1:], block.comments)
            if not block.lines:
                continue
        try:
            questions.append(_question(block, category, notes))
        except RefusedItem as refused:
            name = _name(block, len(questions) + 1)
            notes.refused(refused.place or block.place(), refused.message, name)
    return Reading(file, FORMAT, tuple(questions), tuple(notes.found), tuple(categories))


def _name(block: Block, number: int) -> str:
    title, _ = _title(block, strict=False)
    return title or f"question {number}"


def _title(block: Block, *, strict: bool = True) -> tuple[str, int]:
    """The title between double colons, and where the text begins."""
    text = block.text
    start = len(text) - len(text.lstrip())
    if not text.startswith("::", start):
        return "", 0
    end = find(text, "::", start + 2)
    if end < 0:
        if strict:
            raise RefusedItem("The title that begins with :: has no second :: at its end.", block.place(start))
        return "", 0
    return clean(text[start + 2 : end], Format.MOODLE), end + 2


def _question(block: Block, category: str, notes: Notes) -> Question:
    title, begin = _title(block)
    text = block.text
    opening = find(text, "{", begin)
    closing = find(text, "}", begin)
    place = block.place(len(text) - len(text.lstrip()))
    comments = "\n".join(block.comments)
    found = _ID.search(comments)
    question = Question(
        Kind.DESCRIPTION,
        read_text(text[begin : opening if opening >= 0 else None], Format.MOODLE),
        identifier=_unbracket(found[1]) if found else "",
        title=title,
        tags=tuple(_unbracket(tag) for tag in _TAG.findall(comments)),
        category=category,
        place=place,
    )
    if opening < 0:
        if closing >= 0:
            raise RefusedItem("This } closes no answer block; a literal one is written \\}.", block.place(closing))
        return question
    if closing < 0:
        raise RefusedItem("The answer block that opens here is not closed.", block.place(opening))
    if closing < opening:
        raise RefusedItem("This } closes no answer block; a literal one is written \\}.", block.place(closing))
    again = find(text, "{", opening + 1)
    if again >= 0:
        raise RefusedItem(
            "A GIFT question has one answer block, and a second one opens here. A literal brace is written \\{; "
            "a question with several gaps is a cloze question, which GIFT cannot say.",
            block.place(again),
        )
    if (extra := find(text, "}", closing + 1)) >= 0:
        raise RefusedItem("This } closes no answer block; a literal one is written \\}.", block.place(extra))
    tail = text[closing + 1 :]
    if tail.strip():
        form = question.prompt.format
        prompt = Text(f"{question.prompt.text} {BLANK} {clean(tail, form)}".strip(), form)
        question = replace(question, prompt=prompt, has_blank=True)
    is_export = _MOODLES_EXPORT.search(comments) is not None
    return _with_answer(question, text[opening + 1 : closing], _Where(block, opening + 1), notes, is_export=is_export)


class _Where:
    """Places inside the answer block."""

    def __init__(self, block: Block, offset: int) -> None:
        self._block = block
        self._offset = offset

    def __call__(self, index: int) -> Place:
        return self._block.place(self._offset + index)


def _with_answer(question: Question, raw: str, where: _Where, notes: Notes, *, is_export: bool) -> Question:
    form = question.prompt.format
    split_at = find(raw, "####")
    if split_at >= 0:
        question = replace(question, general_feedback=read_text(raw[split_at + 4 :], form) or NO_TEXT)
        raw = raw[:split_at]
    body = raw.strip()
    if not body:
        return replace(question, kind=Kind.ESSAY)
    if body.startswith("#"):
        start = raw.index("#") + 1
        numbers = gift_answers.numbers(raw[start:], lambda index: where(start + index), form)
        return replace(question, kind=Kind.NUMERIC, numbers=numbers)
    if body.startswith(">"):
        sequence, is_whole = gift_answers.order(raw, where, form)
        return replace(question, kind=Kind.ORDER, sequence=sequence, is_all_or_nothing=is_whole)
    truth = clean(raw.split("#", 1)[0], Format.PLAIN)
    if truth.upper() in _TRUE_FALSE and (len(truth) > 1 or truth.isupper()):
        is_true = _TRUE_FALSE[truth.upper()]
        options = gift_answers.true_false(raw, is_true, form, is_export=is_export)
        if is_true and any(option.feedback for option in options):
            said = (
                "written by Moodle, so the first feedback is for those who answer “false”"
                if is_export
                else "the first feedback is taken for those who answer “true”; Moodle would show it to the others"
            )
            notes.changed(
                where(0), f"A true statement with feedback: {said}.", question.title or question.prompt.text[:40]
            )
        return replace(question, kind=Kind.TRUE_FALSE, options=options)
    if find(raw, "~") >= 0:
        kind, options = gift_answers.choices(raw, where, form)
        return replace(question, kind=kind, options=options)
    if find(raw, "=") >= 0 and find(raw, "->") >= 0:
        return replace(question, kind=Kind.MATCHING, pairs=gift_answers.pairs(raw, where, form))
    return replace(question, kind=Kind.SHORT, options=gift_answers.accepted(raw, where, form))


def _unbracket(value: str) -> str:
    return unescape(value.replace("\\]", "]")).strip()
