"""Questions written as the table that `csv_items` reads."""

import csv
import io
from collections.abc import Iterable

from lms.catalog.exchange.csv_items import ARROW, HEADINGS, MOST_OPTIONS, OPTIONAL, RISKY, SAYABLE
from lms.catalog.exchange.model import Format, Kind, Question
from lms.catalog.exchange.numerals import decimal_text, is_kept_by_percent, is_numeral, percent
from lms.catalog.exchange.pair_losses import losses_of_pairs, plain_right, sayable_pairs
from lms.catalog.exchange.report import Notes, RefusedItem, Writing


def write_csv(questions: Iterable[Question]) -> Writing:
    """A table that `read_csv` reads again; cells that a spreadsheet would run are written as text."""
    notes = Notes()
    rows = []
    for question in questions:
        name = question.identifier or question.title
        try:
            rows.append(_cells(question))
        except RefusedItem as refused:
            notes.refused(question.place, refused.message, name)
            continue
        weights = [one.weight for one in question.options] + [one.weight for one in question.numbers]
        if not all(is_kept_by_percent(weight) for weight in weights):
            notes.changed(question.place, "A weight is rounded to five decimals of a percent.", name)
        for what, is_lost in _losses(question).items():
            if is_lost:
                notes.lost(question.place, f"A table cannot say {what}.", name)
    out = io.StringIO(newline="")
    used = [name for name in (*HEADINGS, *OPTIONAL) if name in HEADINGS or any(row.get(name) for row in rows)]
    writer = csv.DictWriter(out, used, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _safe(cell) for name, cell in row.items()})
    return Writing(out.getvalue().encode("utf-8-sig"), tuple(notes.found))


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.lstrip("'").startswith(RISKY) and not is_numeral(cell) else cell


def _cells(question: Question) -> dict[str, str]:
    if question.kind not in SAYABLE:
        raise RefusedItem(f"A table cannot say a question of the type “{question.kind}”.")
    if not question.prompt:
        raise RefusedItem("It has no text, and a row asks for one.")
    if question.kind in {Kind.SINGLE, Kind.MULTIPLE, Kind.SHORT, Kind.NUMERIC} and not question.has_key:
        raise RefusedItem("No answer earns points, and a row asks for one that does.")
    parts = question.options or question.numbers or question.pairs or question.sequence
    if len(parts) > MOST_OPTIONS:
        raise RefusedItem(f"It has {len(parts)} parts; a row holds {MOST_OPTIONS}.")
    cells = {
        "type": question.kind.value,
        "prompt": question.prompt.text,
        "identifier": question.identifier,
        "title": question.title,
        "category": question.category,
        "tags": "; ".join(question.tags),
        "points": "" if question.points == 1 else decimal_text(question.points),
        "format": question.prompt.format.value,
        "feedback": question.general_feedback.text,
        "case": "yes" if question.is_case_sensitive else "",
    }
    if question.kind is Kind.TRUE_FALSE:
        cells["answer"] = "true" if question.options[0].weight > question.options[1].weight else "false"
        cells |= {f"feedback_{number}": one.feedback.text for number, one in enumerate(question.options, start=1)}
        return cells
    numbers = list(question.numbers)
    if numbers and numbers[0].weight == 1 and numbers[0].value and not numbers[0].feedback:
        first = numbers.pop(0)
        cells |= {"answer": first.value, "tolerance": first.tolerance}
    for number, one in enumerate(question.options or question.sequence, start=1):
        cells |= {f"option_{number}": one.text.text, f"feedback_{number}": one.feedback.text}
        if question.options:
            cells[f"weight_{number}"] = percent(one.weight)
    for number, value in enumerate(numbers, start=1):
        cells[f"option_{number}"] = f"{value.value}:{value.tolerance}" if value.value else "*"
        cells |= {f"weight_{number}": percent(value.weight), f"feedback_{number}": value.feedback.text}
    for number, pair in enumerate(sayable_pairs(question), start=1):
        cells[f"option_{number}"] = f"{pair.left.text} {ARROW} {plain_right(pair)}".strip()
        cells[f"feedback_{number}"] = pair.feedback.text
    return cells


def _losses(question: Question) -> dict[str, bool]:
    texts = [one.text for one in (*question.options, *question.sequence)] + [pair.left for pair in question.pairs]
    return {
        "its penalty": question.penalty is not None,
        "its hints": bool(question.hints),
        "feedback for right, partly right and wrong answers": bool(
            question.correct_feedback or question.partial_feedback or question.incorrect_feedback
        ),
        "its units": bool(question.units),
        "markup of right sides": any(
            pair.right.format is Format.HTML and "<" in pair.right.text for pair in question.pairs
        ),
        **losses_of_pairs(question),
        "that it is all or nothing": question.is_all_or_nothing,
        "its files": bool(question.assets),
        "notes for graders": bool(question.grader_notes),
        "that its texts are of different formats": question.kind not in {Kind.SHORT, Kind.TRUE_FALSE}
        and any(text and text.format is not question.prompt.format for text in texts),
    }
