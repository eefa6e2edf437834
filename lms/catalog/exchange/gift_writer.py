"""GIFT, written so that Moodle and this reader read the same again."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from lms.catalog.exchange.gift import BLANK
from lms.catalog.exchange.gift_text import escape, write_text
from lms.catalog.exchange.model import Format, Kind, Number, Option, Pair, Question, Text, Tolerance
from lms.catalog.exchange.numerals import decimal_text, fraction, is_kept_by_percent, percent
from lms.catalog.exchange.pair_losses import losses_of_pairs, plain_right, sayable_pairs
from lms.catalog.exchange.report import Notes, RefusedItem, Writing

SAYABLE = frozenset(
    {
        Kind.SINGLE,
        Kind.MULTIPLE,
        Kind.TRUE_FALSE,
        Kind.SHORT,
        Kind.NUMERIC,
        Kind.MATCHING,
        Kind.ESSAY,
        Kind.DESCRIPTION,
    }
)

KEYED = frozenset({Kind.SINGLE, Kind.MULTIPLE, Kind.SHORT, Kind.NUMERIC})


def write_gift(questions: Iterable[Question]) -> Writing:
    """Questions without a category come first: GIFT cannot leave a category again."""
    notes = Notes()
    blocks: list[str] = []
    category = ""
    for question in sorted(questions, key=lambda one: one.category != ""):
        try:
            block = "\n".join(_block(question, notes))
        except RefusedItem as refused:
            notes.refused(question.place, refused.message, question.identifier or question.title)
            continue
        if question.category != category:
            category = question.category
            blocks.append(f"$CATEGORY: {' '.join(category.split())}")
        blocks.append(block)
    return Writing(("\n\n".join(blocks) + "\n").encode() if blocks else b"", tuple(notes.found))


def _block(question: Question, notes: Notes) -> Iterator[str]:
    if question.kind not in SAYABLE:
        raise RefusedItem(f"GIFT has no question of the type “{question.kind}”.")
    if not question.prompt:
        raise RefusedItem("It has no text, and GIFT asks for one.")
    if question.kind in KEYED and not question.has_key:
        raise RefusedItem("No answer earns points, and GIFT asks for one that does.")
    _note_losses(question, notes)
    if question.kind is Kind.TRUE_FALSE and any(option.feedback for option in question.options):
        yield "// question: 0  name: true or false"  # as Moodle's export has it: says in whose order feedback stands
    if question.identifier:
        yield f"// [id:{_bracketed(question.identifier)}]"
    if question.tags:
        yield "// " + " ".join(f"[tag:{_bracketed(tag)}]" for tag in question.tags)
    title = f"::{escape(question.title.strip())}::" if question.title else ""
    form = question.prompt.format
    before, after = _around_blank(question)
    mark = f"[{form}]"
    answers = "" if question.kind is Kind.DESCRIPTION else "{" + "".join(_answers(question, form, notes)) + "}"
    yield f"{title}{mark}{escape(before)}{answers}{escape(after)}"


def _around_blank(question: Question) -> tuple[str, str]:
    text = question.prompt.text
    if question.has_blank:
        before, blank, after = text.partition(f"{BLANK} ")
        if blank and after and before == before.rstrip() + (" " if before else ""):
            return before.rstrip(), after
    return text, ""


def _answers(question: Question, form: Format, notes: Notes) -> Iterator[str]:
    if question.kind is Kind.TRUE_FALSE:
        yield _true_false(question, form)
    elif question.kind in {Kind.SINGLE, Kind.MULTIPLE}:
        best = max(question.options, key=lambda option: option.weight)
        if len(question.options) == 1:
            notes.changed(question.place, "GIFT takes a choice of one for a short answer.", _name(question))
        for option in question.options:
            # One = is enough to say that one is to be chosen; without any ~ it would be a short answer.
            is_right = question.kind is Kind.SINGLE and option is best
            yield "\n\t" + _option(option, "=" if is_right else "~", form, Fraction(int(is_right)))
    elif question.kind is Kind.SHORT:
        for option in question.options:
            yield "\n\t" + _option(_without_arrow(option, question, notes), "=", form, Fraction(1))
    elif question.kind is Kind.NUMERIC:
        yield "#"
        for number in question.numbers:
            yield "\n\t" + _number(number, form, question, notes)
    elif question.kind is Kind.MATCHING:
        for pair in sayable_pairs(question):
            yield "\n\t" + _pair(pair, form, question, notes)
    if question.general_feedback:
        yield f"\n\t####{write_text(question.general_feedback, form)}"
    if question.kind is not Kind.ESSAY or question.general_feedback:
        yield "\n"


def _option(option: Option, letter: str, form: Format, usual: Fraction) -> str:
    text = write_text(option.text, form)
    # A text that begins like a weight is only told from one by a weight before it.
    weight = f"%{percent(option.weight)}%" if option.weight != usual or text.startswith("%") else ""
    return f"{letter}{weight}{text}{_feedback(option.feedback, form)}"


def _without_arrow(option: Option, question: Question, notes: Notes) -> Option:
    """An arrow anywhere in a short answer would make Moodle read a matching question."""
    if not any("->" in one.text for one in (option.text, option.feedback)):
        return option
    notes.changed(question.place, "An arrow in a short answer is written →: GIFT keeps -> for itself.", _name(question))
    text, feedback = (replace(one, text=one.text.replace("->", "→")) for one in (option.text, option.feedback))
    return replace(option, text=text, feedback=feedback)


def _feedback(feedback: Text, form: Format) -> str:
    return f"#{write_text(feedback, form)}" if feedback else ""


def _true_false(question: Question, form: Format) -> str:
    true, false = question.options
    is_true = true.weight > false.weight
    right, wrong = (true, false) if is_true else (false, true)
    word = "TRUE" if is_true else "FALSE"
    if right.feedback:
        return f"{word}# {write_text(wrong.feedback, form) if wrong.feedback else ''}{_feedback(right.feedback, form)}"
    return word + _feedback(wrong.feedback, form)


def _number(number: Number, form: Format, question: Question, notes: Notes) -> str:
    feedback = _feedback(number.feedback, form)
    if not number.value:
        return f"~{feedback}" if not number.weight else f"=%{percent(number.weight)}%*{feedback}"
    tolerance = number.tolerance
    if number.measure is not Tolerance.ABSOLUTE:
        tolerance = decimal_text(abs(fraction(number.value)) * fraction(number.tolerance))
        notes.changed(
            question.place,
            f"The tolerance of {number.value} is a share of it; GIFT takes it as ±{tolerance}.",
            _name(question),
        )
    weight = f"%{percent(number.weight)}%" if number.weight != 1 else ""
    return f"={weight}{number.value}:{tolerance}{feedback}"


def _pair(pair: Pair, form: Format, question: Question, notes: Notes) -> str:
    left = pair.left
    if "->" in left.text:
        arrow = "→" if left.format is Format.PLAIN else "-&gt;"
        left = Text(left.text.replace("->", arrow), left.format)
        notes.changed(question.place, f"An arrow in a left side is written {arrow}: GIFT keeps -> for itself.")
    if pair.right.format is not Format.PLAIN and "<" in pair.right.text:
        notes.changed(question.place, "GIFT takes right sides as plain text, without markup.", _name(question))
    return f"={write_text(left, form) if left else ''} -> {escape(plain_right(pair))}"


def _bracketed(value: str) -> str:
    return "".join(letter for letter in value if letter.isprintable()).replace("]", "\\]")


def _name(question: Question) -> str:
    return question.identifier or question.title or question.prompt.text[:40]


def _note_losses(question: Question, notes: Notes) -> None:
    """What GIFT has no word for."""
    lost = {
        "its points": question.points != 1,
        "its penalty": question.penalty is not None,
        "its hints": bool(question.hints),
        "feedback for right, partly right and wrong answers": bool(
            question.correct_feedback or question.partial_feedback or question.incorrect_feedback
        ),
        "its units": bool(question.units),
        "feedback of single pairs": any(pair.feedback for pair in question.pairs),
        **losses_of_pairs(question),
        "that case matters": question.is_case_sensitive,
        "that it is all or nothing": question.is_all_or_nothing,
        "notes for graders": bool(question.grader_notes),
        "its files": bool(question.assets),
        "its general feedback": question.kind is Kind.DESCRIPTION and bool(question.general_feedback),
    }
    for what, is_lost in lost.items():
        if is_lost:
            notes.lost(question.place, f"GIFT cannot say {what}.", _name(question))
    weights = [option.weight for option in question.options] + [number.weight for number in question.numbers]
    if not all(is_kept_by_percent(weight) for weight in weights):
        notes.changed(question.place, "A weight is rounded to five decimals of a percent.", _name(question))
