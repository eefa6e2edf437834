"""Reads of later checks: what is due for whom, where each stands, and which objectives are mastered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from lms import clock
from lms.catalog import queries as catalog
from lms.catalog.models import CourseLine
from lms.db import db
from lms.learning.models import DelayedCheck, Enrollment, ObjectiveMastery, StepCompletion
from lms.people.models import User
from lms.policy import later
from lms.policy.later import CheckFact, CheckState, Due

MAY_SIT = ("active", "satisfied")
FIRST_ZONE = "Pacific/Kiritimati"  # where a day begins first
LAST_ZONE = "Pacific/Pago_Pago"  # and where it ends last


@dataclass(frozen=True, slots=True)
class DueRow:
    """A check that waits for its learner today."""

    id: UUID
    enrollment_id: UUID
    module_key: str
    step_key: str
    module_title: str
    course_title: str
    questions: int
    closes_on: date


@dataclass(frozen=True, slots=True)
class StandingRow:
    """Where the latest check of a module stands, for a person's page."""

    enrollment_id: UUID
    course_title: str
    module_title: str
    mastered: tuple[str, ...]  # titles of objectives
    slipped: tuple[str, ...]
    fact: CheckFact


@dataclass(frozen=True, slots=True)
class MasteredRow:
    course_key: str
    objective_key: str
    title: str
    mastered_on: date


def fact_of(row: Any) -> CheckFact:
    return CheckFact(
        row.step_key,
        row.number,
        CheckState(row.state),
        Due(row.due_on, row.closes_on, row.rests_since),
        row.ended_on,
        tuple(row.mastered),
        tuple(row.slipped),
    )


def latest(enrollment_id: UUID, step_key: str) -> CheckFact | None:
    """The check that was scheduled last under this key; None before the module is done."""
    row = db.session.scalar(
        select(DelayedCheck)
        .where(
            DelayedCheck.enrollment_id == enrollment_id,
            DelayedCheck.step_key == step_key,
            DelayedCheck.state != CheckState.CANCELED.value,
        )
        .order_by(DelayedCheck.number.desc())
        .limit(1)
    )
    return None if row is None else fact_of(row)


def may_lack_checks() -> tuple[UUID, ...]:
    """Everybody with a course that goes on or is satisfied, in the order of their ids."""
    return tuple(
        db.session.scalars(
            select(Enrollment.user_id).where(Enrollment.state.in_(MAY_SIT)).distinct().order_by(Enrollment.user_id)
        )
    )


def learner_of(check_id: UUID) -> UUID | None:
    return db.session.scalar(select(DelayedCheck.user_id).where(DelayedCheck.id == check_id))


def place_if_over(check_id: UUID, at: datetime) -> tuple[UUID, str] | None:
    """(enrollment, full key of the step) of a check whose last day has passed where its learner is."""
    row = db.session.execute(
        select(DelayedCheck, User.zone)
        .join(User, User.id == DelayedCheck.user_id)
        .where(DelayedCheck.id == check_id, DelayedCheck.state == CheckState.SCHEDULED.value)
    ).one_or_none()
    if row is None or not fact_of(row[0]).due.is_over(clock.local_day(at, row.zone)):
        return None
    return (row[0].enrollment_id, row[0].step_key)


def due_of(user_id: UUID, on: date) -> tuple[DueRow, ...]:
    """What somebody can take today, the one that closes first at the top; one statement, and none for its courses."""
    rows = db.session.execute(
        select(DelayedCheck, Enrollment.version_id)
        .join(Enrollment, Enrollment.id == DelayedCheck.enrollment_id)
        .where(
            DelayedCheck.user_id == user_id,
            DelayedCheck.state == CheckState.SCHEDULED.value,
            DelayedCheck.due_on <= on,
            DelayedCheck.closes_on >= on,
            DelayedCheck.rests_since.is_(None),
            Enrollment.state.in_(MAY_SIT),
        )
        .order_by(DelayedCheck.closes_on, DelayedCheck.id)
    )
    found = []
    for row, version_id in rows:
        course = catalog.course(version_id)
        place = later.step_at(course, row.step_key)
        if place is not None:
            module, step = place
            asked = getattr(step, "asked", 0)
            found.append(
                DueRow(
                    row.id,
                    row.enrollment_id,
                    row.module_key,
                    row.step_key.partition("/")[2],
                    module.title,
                    course.title,
                    asked,
                    row.closes_on,
                )
            )
    return tuple(found)


def standings(user_ids: Iterable[UUID]) -> tuple[StandingRow, ...]:
    """The latest check of each module of these people, by course and in the modules' order."""
    rows = db.session.execute(
        select(DelayedCheck, Enrollment.version_id)
        .join(Enrollment, Enrollment.id == DelayedCheck.enrollment_id)
        .where(
            DelayedCheck.user_id.in_(set(user_ids)),
            DelayedCheck.state != CheckState.CANCELED.value,
            Enrollment.state.in_(MAY_SIT),
        )
        .order_by(Enrollment.assigned_at, Enrollment.id, DelayedCheck.number)
    )
    last: dict[tuple[UUID, str], tuple[DelayedCheck, UUID]] = {}
    for row, version_id in rows:
        last[row.enrollment_id, row.module_key] = (row, version_id)
    found = []
    for row, version_id in last.values():
        course = catalog.course(version_id)
        module = course.module_by_key.get(row.module_key)
        if module is not None:
            titles = {one.key: one.title for one in course.objectives}
            found.append(
                (
                    (str(row.enrollment_id), course.modules.index(module)),
                    StandingRow(
                        row.enrollment_id,
                        course.title,
                        module.title,
                        tuple(titles.get(key, key) for key in row.mastered),
                        tuple(titles.get(key, key) for key in row.slipped),
                        fact_of(row),
                    ),
                )
            )
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))


def mastered(user_id: UUID) -> Mapping[tuple[str, str], MasteredRow]:
    """What somebody showed to have stayed, by (course, objective): the latest time."""
    rows = db.session.execute(
        select(
            ObjectiveMastery.course_key,
            ObjectiveMastery.objective_key,
            ObjectiveMastery.title,
            ObjectiveMastery.mastered_on,
        )
        .where(ObjectiveMastery.user_id == user_id)
        .order_by(ObjectiveMastery.mastered_on)
    )
    return {(row.course_key, row.objective_key): MasteredRow(*row) for row in rows}


def learned_since(user_id: UUID, course_key: str, since: datetime) -> bool:
    """Whether somebody has done any step of a course after that moment: what they know of it may only be fresh."""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    StepCompletion.enrollment_id == Enrollment.id,
                    StepCompletion.completed_at > since,
                    Enrollment.user_id == user_id,
                    Enrollment.line_id == CourseLine.id,
                    CourseLine.key == course_key,
                )
            )
        )
    )


def to_tell(at: datetime, limit: int = 100) -> tuple[UUID, ...]:
    """Checks that may be due where their learner is and of which nobody was told. Oldest first."""
    day = clock.local_day(at, FIRST_ZONE)
    is_open = DelayedCheck.closes_on >= clock.local_day(at, LAST_ZONE)
    return _scheduled(DelayedCheck.due_on <= day, is_open, DelayedCheck.told_at.is_(None), limit=limit)


def gone_by(at: datetime, limit: int = 100) -> tuple[UUID, ...]:
    """Checks that may have closed untaken where their learner is. Oldest first."""
    return _scheduled(DelayedCheck.closes_on < clock.local_day(at, FIRST_ZONE), limit=limit)


def _scheduled(*conditions: Any, limit: int) -> tuple[UUID, ...]:
    return tuple(
        db.session.scalars(
            select(DelayedCheck.id)
            .join(Enrollment, Enrollment.id == DelayedCheck.enrollment_id)
            .join(User, User.id == DelayedCheck.user_id)
            .where(
                DelayedCheck.state == CheckState.SCHEDULED.value,
                DelayedCheck.rests_since.is_(None),
                Enrollment.state.in_(MAY_SIT),
                User.left_on.is_(None),
                *conditions,
            )
            .order_by(DelayedCheck.due_on, DelayedCheck.id)
            .limit(limit)
        )
    )
