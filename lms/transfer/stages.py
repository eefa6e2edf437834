"""The five stages that a rep sees of one activity, and a worksheet's answers as labels and texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.policy.outline import Column, Field, FieldType, Sheet
from lms.policy.worksheet import as_date, filled, shown
from lms.transfer.queries import TimelineRow
from lms.transfer.words import full_day

ORDER = ("preparing", "in_review", "in_field", "results_in", "verified")
AT = {"preparing": 0, "returned": 0, "in_review": 1, "approved": 2, "in_field": 2, "results_in": 4, "verified": 5}


@dataclass(frozen=True, slots=True)
class Answer:
    """One field as it is read: `text` of plain fields, `rows` under `columns` of tables."""

    key: str
    label: str
    type: str
    text: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerSection:
    title: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class SectionProgress:
    """How many fields of a section hold something that fits."""

    key: str
    title: str
    filled: int
    total: int


def section_progress(sheet: Sheet, content: Mapping[str, Any]) -> tuple[SectionProgress, ...]:
    """For the list of sections at the top of the worksheet."""
    done = filled(sheet, content)
    return tuple(
        SectionProgress(section.key, section.title, sum(one.key in done for one in section.fields), len(section.fields))
        for section in sheet.sections
    )


def answers(sheet: Sheet, content: Mapping[str, Any]) -> tuple[AnswerSection, ...]:
    """The worksheet as it is read, in the sheet's order; the same on screen and on paper."""
    return tuple(
        AnswerSection(section.title, tuple(_answer(one, content.get(one.key)) for one in section.fields))
        for section in sheet.sections
    )


def _answer(one: Field, value: Any) -> Answer:
    if one.type is FieldType.ROWS:
        rows = value if isinstance(value, list) else []
        return Answer(
            one.key,
            one.label,
            "rows",
            columns=tuple(column.label for column in one.columns),
            rows=tuple(tuple(_text(column, row.get(column.key, "")) for column in one.columns) for row in rows),
        )
    return Answer(one.key, one.label, "text", _text(one, value))


def _text(one: Field | Column, value: Any) -> str:
    """A choice by its words, a check as yes or no, a date as people write it; what is not (yet) a date as it stands."""
    if one.type is FieldType.DATE and (day := as_date(str(value or ""))):
        return full_day(day)
    return shown(one, value) if isinstance(one, Field) else str(value or "")


def return_to_work_on(moves: Sequence[TimelineRow]) -> TimelineRow | None:
    """The return that nothing newer was submitted after. What was submitted and taken back was not."""
    told: list[TimelineRow] = []
    for move in moves:
        if move.move == "withdraw" and told:
            told.pop()
        elif move.move in {"return", "submit"}:
            told.append(move)
    return told[-1] if told and told[-1].move == "return" else None


def return_before(moves: Sequence[TimelineRow]) -> TimelineRow | None:
    """The last return, which the round that is under review answers."""
    told = [move for move in moves if move.move in {"return", "approve", "adjust"}]
    return told[-1] if told and told[-1].move == "return" else None


def approval_of(moves: Sequence[TimelineRow]) -> TimelineRow | None:
    """The last approval, with or without edits."""
    return next((move for move in reversed(moves) if move.move in {"approve", "adjust"}), None)


def open_points(moves: Sequence[TimelineRow]) -> TimelineRow | None:
    """The last approval, if it left criteria as not yet met and said what is missing."""
    approval = approval_of(moves)
    return approval if approval is not None and approval.data.get("reasons") else None


def open_question(moves: Sequence[TimelineRow]) -> TimelineRow | None:
    """What the manager asked about the numbers, until there is a new report; an observation does not answer it."""
    told = [move for move in moves if move.move in {"query", "report"}]
    return told[-1] if told and told[-1].move == "query" else None


def stages(work: Any, context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Prepare, review, field, results, confirmed: what is done, what is now, what comes."""
    row, definition = context.get("activity"), work.definition
    if context["access"].is_locked and row is None:
        position = -1
    else:
        position = AT.get(work.status, 5)
    moves = context.get("moves", ())
    titles = ("Prepare", "Review", "In the field", "Results", "Confirmed")
    texts = (
        _prepare(work, context),
        _review(row, moves, context.get("approver", "")),
        _field(definition, context),
        _results(context),
        _confirmed(moves),
    )
    found = []
    for number, (title, text) in enumerate(zip(titles, texts, strict=True)):
        state = "done" if number < position else "current" if number == position else "ahead"
        if number == 0 and work.status == "returned":
            state = "returned"
        elif state == "current" and work.status in {"in_review", "approved", "results_in"}:
            state = "waiting"
        elif number == 4 and work.status == "verified":
            state = "verified"
        elif number == 3 and work.status == "results_in":
            state = "done"
        elif work.status in {"waived", "cancelled"}:
            state = "skipped"
        found.append({"title": title, "state": state, "text": text})
    return found


def _prepare(work: Any, context: Mapping[str, Any]) -> str:
    row = context.get("activity")
    if row is None:
        return f"{work.definition.sheet.title}, about {work.definition.minutes} min"
    if row.status in {"preparing", "returned"}:
        return f"{work.definition.sheet.title}: {context.get('percent', 0)}% filled in"
    return f"{work.definition.sheet.title}, round {row.round}"


def _review(row: Any, moves: Any, approver: str) -> str:
    if row is None or not row.round:
        return f"By {approver or 'whoever is your manager then'}"
    decisions = [move for move in moves if move.move in {"approve", "adjust", "return"}]
    if row.status == "in_review":
        return f"Round {row.round} is under review"
    if not decisions:
        return f"Round {row.round}"
    words = {"approve": "approved it", "adjust": "approved it with edits", "return": "returned it"}
    last = decisions[-1]
    return f"{last.by_name} {words[last.move]} in round {last.round}"


def _field(definition: Any, context: Mapping[str, Any]) -> str:
    seen = sum(one.counts for one in context.get("observations", ()))
    row = context.get("activity")
    if row is not None and row.status == "approved":
        return "after you acknowledge the edits" if row.needs_acknowledgment else "waits for the hand-over"
    parts = [f"observed {seen} of {definition.observations}"]
    totals = context.get("totals") or {}
    first = definition.numbers[0] if definition.numbers else None
    if first and totals.get(first.key):
        parts.insert(0, f"{totals[first.key]} {first.unit or first.label.lower()}")
    return ", ".join(parts)


def _results(context: Mapping[str, Any]) -> str:
    report = context.get("report")
    return "" if report is None else f"Report {report.number}"


def _confirmed(moves: Any) -> str:
    confirmed = [move for move in moves if move.move == "verify"]
    return f"By {confirmed[-1].by_name}" if confirmed else ""
