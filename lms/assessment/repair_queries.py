"""Reads of repair: what was decided, how far regrading is, and the tests that it is about."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from lms.assessment.models import Attempt, ItemRepair, RepairPreview
from lms.assessment.queries import GradeRow, Sitting, grade_row, select_attempts
from lms.catalog.models import ItemLine, ItemVersion
from lms.db import db
from lms.learning.models import Enrollment
from lms.people.models import User
from lms.policy import attempts
from lms.policy.attempts import Form
from lms.policy.repair import Effect, Remedy, Repair

KEPT = timedelta(days=1)  # as long a preview may be shown again
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class RepairRow:
    """A decision as a page tells it."""

    number: int
    remedy: Remedy
    accepted: tuple[str, ...]
    reason: str
    decided_at: datetime
    decided_by: str
    sat: int
    looked: int
    changed: int
    is_finished: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What a repair means for one attempt."""

    attempt_id: UUID
    person: str
    step_key: str
    number: int
    effect: Effect
    was_earned: Fraction
    was_possible: int
    was_passed: bool
    earned: Fraction
    possible: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`sat`: how many attempts have the question; `passes` and `gains`: how many would be better. `changes`: the first
    of these. Of `handed_in` tests `looked` were looked through so far; `as_of`: when the worker was done.
    """

    sat: int
    passes: int
    gains: int
    changes: tuple[Change, ...]
    is_finished: bool = True
    looked: int = 0
    handed_in: int = 0
    as_of: datetime | None = None

    @property
    def more(self) -> int:
        return self.passes + self.gains - len(self.changes)


def change(kept: Mapping[str, Any], person: str, step_key: str, number: int) -> Change:
    return Change(
        UUID(kept["attempt_id"]),
        person,
        step_key,
        number,
        Effect(kept["effect"]),
        Fraction(kept["was_earned"]),
        kept["was_possible"],
        kept["was_passed"],
        Fraction(kept["earned"]),
        kept["possible"],
    )


def unfinished_previews() -> tuple[UUID, ...]:
    return tuple(
        db.session.scalars(
            select(RepairPreview.id)
            .where(RepairPreview.finished_at.is_(None))
            .order_by(RepairPreview.asked_at, RepairPreview.id)
        )
    )


def asked_preview(line_id: UUID, version_id: UUID, wanted: Repair, at: datetime) -> RepairPreview | None:
    """The last one that was asked for this repair, if it is not old and nothing was decided about the course since."""
    rows = db.session.scalars(
        select(RepairPreview)
        .where(
            RepairPreview.item_version_id == version_id,
            RepairPreview.remedy == wanted.remedy.value,
            RepairPreview.asked_at > at - KEPT,
        )
        .order_by(RepairPreview.asked_at.desc(), RepairPreview.id)
    )
    found = next((row for row in rows if tuple(row.accepted) == wanted.accepted), None)
    if found is None:
        return None
    decided_since = select(ItemRepair.id).join(ItemVersion, ItemVersion.id == ItemRepair.item_version_id)
    decided_since = decided_since.join(ItemLine, ItemLine.id == ItemVersion.item_id).where(
        ItemLine.line_id == line_id, ItemRepair.decided_at > found.asked_at
    )
    return None if db.session.scalars(decided_since.limit(1)).first() else found


def preview_row(asked: RepairPreview) -> Preview:
    """What the worker has found so far, with whose it is."""
    ids = [UUID(kept["attempt_id"]) for kept in asked.changes]
    rows = db.session.execute(
        select(Attempt.id, User.name, Attempt.step_key, Attempt.number)
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .join(User, User.id == Enrollment.user_id)
        .where(Attempt.id.in_(ids))
    )
    whose = {id_: (name, step_key, number) for id_, name, step_key, number in rows}
    changes = tuple(change(kept, *whose[id_]) for id_, kept in zip(ids, asked.changes, strict=True) if id_ in whose)
    is_finished = asked.finished_at is not None
    return Preview(
        asked.sat, asked.passes, asked.gains, changes, is_finished, asked.looked, asked.handed_in, asked.finished_at
    )


def unfinished_repairs() -> tuple[UUID, ...]:
    """Decisions whose attempts are still being worked out again, oldest first."""
    return tuple(
        db.session.scalars(
            select(ItemRepair.id).where(ItemRepair.finished_at.is_(None)).order_by(ItemRepair.decided_at, ItemRepair.id)
        )
    )


def repairs_of_item(item_id: UUID) -> tuple[RepairRow, ...]:
    """What was decided about one question, oldest first."""
    rows = db.session.execute(
        select(ItemVersion.number, ItemRepair, User.name)
        .join(ItemVersion, ItemVersion.id == ItemRepair.item_version_id)
        .join(User, User.id == ItemRepair.decided_by_id)
        .where(ItemVersion.item_id == item_id)
        .order_by(ItemRepair.decided_at, ItemRepair.id)
    )
    return tuple(
        RepairRow(
            number,
            Remedy(row.remedy),
            tuple(row.accepted),
            row.reason,
            row.decided_at,
            name,
            row.sat,
            row.looked,
            row.changed,
            row.finished_at is not None,
        )
        for number, row, name in rows
    )


def sat_with(line_id: UUID, key: str, version: int) -> tuple[tuple[Sitting, GradeRow, str], ...]:
    """Every graded test (checks of chunks aside) whose form has this version of an item: with its verdict and whose
    it is. Oldest first.
    """
    rows = db.session.execute(_handed_in(line_id).order_by(Attempt.started_at, Attempt.id))
    return tuple(_having(rows, key, version))


def sat_after(
    line_id: UUID, key: str, version: int, last_id: UUID | None, limit: int
) -> tuple[tuple[tuple[Sitting, GradeRow, str], ...], tuple[UUID, ...]]:
    """The same, a part at a time by the ids of attempts; and the ids that were looked through."""
    statement = _handed_in(line_id).order_by(Attempt.id).limit(limit)
    if last_id is not None:
        statement = statement.where(Attempt.id > last_id)
    rows = db.session.execute(statement).all()
    return tuple(_having(rows, key, version)), tuple(row[0].id for row in rows)


def _handed_in(line_id: UUID) -> Select[Any]:
    return (
        select_attempts()
        .add_columns(Enrollment, User.name)
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .join(User, User.id == Enrollment.user_id)
        .where(Enrollment.line_id == line_id, Attempt.purpose != attempts.CHECK, Attempt.state != "open")
        .order_by(None)
    )


def handed_in(line_id: UUID) -> int:
    """How many tests of a course were handed in."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Attempt)
            .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
            .where(Enrollment.line_id == line_id, Attempt.purpose != attempts.CHECK, Attempt.state != "open")
        )
        or 0
    )


def _having(rows: Iterable[Any], key: str, version: int) -> Iterator[tuple[Sitting, GradeRow, str]]:
    for attempt, grade, enrollment, name in rows:
        form = Form.from_json(attempt.form)
        if grade is not None and any(one.key == key and one.version == version for one in form.items):
            yield Sitting(attempt, enrollment, form), grade_row(grade), name
