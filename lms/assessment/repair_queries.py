"""Reads of repair: what was decided, how far regrading is, and the tests that it is about."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from lms.assessment.models import Attempt, ItemRepair
from lms.assessment.queries import GradeRow, Sitting, grade_row, select_attempts
from lms.catalog.models import ItemVersion
from lms.db import db
from lms.learning.models import Enrollment
from lms.people.models import User
from lms.policy import attempts
from lms.policy.attempts import Form
from lms.policy.repair import Remedy


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
