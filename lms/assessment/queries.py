"""Reads of assessment: attempts with what is needed to guard and show them, in few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from lms.assessment.models import Answer, Attempt, AttemptGrant, Grade, ItemRepair
from lms.catalog import queries as catalog
from lms.catalog.models import ItemLine, ItemVersion
from lms.db import db
from lms.errors import RuleViolation
from lms.learning.models import Enrollment
from lms.learning.queries import OPEN_STATES
from lms.people.models import User
from lms.policy import attempts, later
from lms.policy.attempts import Form, Past, Start
from lms.policy.outline import Assessment, Chunk, Course, Item, Module
from lms.policy.repair import Remedy, Repair

AT_A_TIME = 500
Responses = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Sitting:
    """An attempt with whose it is and its frozen form."""

    attempt: Attempt
    enrollment: Enrollment
    form: Form

    @property
    def course(self) -> Course:
        """The course of the version that the form was drawn from."""
        return catalog.course(UUID(self.form.version_id))

    @property
    def place(self) -> tuple[Module, Assessment | Chunk]:
        found = later.step_at(self.course, self.attempt.step_key)
        if found is None or not isinstance(found[1], Assessment | Chunk):
            raise LookupError(f"{self.attempt.step_key} has no questions")
        return found[0], found[1]

    @property
    def items(self) -> tuple[Item, ...]:
        """The items in the order of the form, with the numbers drawn for it."""
        return attempts.on_form(self.form, self.place[1].items)


@dataclass(frozen=True, slots=True)
class GradeRow:
    """A verdict with its exact points."""

    id: UUID
    number: int
    cause: str
    graded_at: datetime
    earned: Fraction
    possible: int
    threshold_bp: int
    passed: bool
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt of a list, with its latest verdict; `grade` is None while it is open."""

    id: UUID
    number: int
    purpose: str
    state: str
    started_at: datetime
    deadline_at: datetime | None
    closed_at: datetime | None
    grade: GradeRow | None


@dataclass(frozen=True, slots=True)
class GrantRow:
    granted_at: datetime
    granted_by_id: UUID
    granted_by: str
    reason: str


def sitting(attempt_id: UUID, *, for_update: bool = False) -> Sitting | None:
    """The attempt and its enrollment in one statement. `for_update` holds the attempt: no save crosses a
    submission.
    """
    statement = (
        select(Attempt, Enrollment)
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .where(Attempt.id == attempt_id)
    )
    if for_update:
        statement = statement.with_for_update(of=Attempt).execution_options(populate_existing=True)
    row = db.session.execute(statement).one_or_none()
    return None if row is None else Sitting(row[0], row[1], Form.from_json(row[0].form))


def responses(attempt_id: UUID) -> Responses:
    """The last saved response to each item."""
    rows = db.session.execute(
        select(Answer.item_key, Answer.response).where(Answer.attempt_id == attempt_id).order_by(Answer.number)
    )
    return {row.item_key: row.response for row in rows}


CHECKED = "checked:"  # begins the client id of an answer that was checked, and so counts as it is


def checked(sitting_: Sitting) -> frozenset[str]:
    """The questions whose answers were checked. No statement for a form that has no such questions."""
    if not any(attempts.shows_at_once(sitting_.form, item) for item in sitting_.items):
        return frozenset()
    rows = db.session.scalars(
        select(Answer.item_key).where(Answer.attempt_id == sitting_.attempt.id, Answer.client_id.startswith(CHECKED))
    )
    return frozenset(rows)


def responses_of(attempt_ids: Sequence[UUID]) -> Mapping[UUID, Responses]:
    """The same for many attempts, in few statements."""
    found: dict[UUID, dict[str, Mapping[str, Any]]] = {one: {} for one in attempt_ids}
    for ids in batched(attempt_ids):
        rows = db.session.execute(
            select(Answer.attempt_id, Answer.item_key, Answer.response)
            .where(Answer.attempt_id.in_(ids))
            .order_by(Answer.attempt_id, Answer.number)
        )
        for attempt_id, key, response in rows:
            found[attempt_id][key] = response
    return found


def batched(ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    """As many at a time as one statement may name on either database."""
    return (ids[at : at + AT_A_TIME] for at in range(0, len(ids), AT_A_TIME))


def attempts_of(enrollment_id: UUID, step_key: str) -> tuple[AttemptRow, ...]:
    """All but voided ones, oldest first, each with its latest grade."""
    return tuple(_rows(select_attempts().where(Attempt.enrollment_id == enrollment_id, Attempt.step_key == step_key)))


def assessments_of(enrollment_id: UUID) -> Mapping[str, tuple[AttemptRow, ...]]:
    """Every attempt of an enrollment but checks, by step; for a person's page."""
    found: dict[str, list[AttemptRow]] = {}
    statement = select_attempts().where(Attempt.enrollment_id == enrollment_id, Attempt.purpose != attempts.CHECK)
    rows = db.session.execute(statement).all()
    for row in rows:
        found.setdefault(row[0].step_key, []).append(_attempt_row(row[0], row[1]))
    return {key: tuple(listed) for key, listed in found.items()}


def repaired_at(attempt_id: UUID) -> datetime | None:
    """When a repaired question last gave this attempt another verdict, whatever came after."""
    return db.session.scalar(
        select(Grade.graded_at)
        .where(Grade.attempt_id == attempt_id, Grade.cause == "repaired")
        .order_by(Grade.number.desc())
        .limit(1)
    )


def select_attempts() -> Any:
    """(Attempt, its latest Grade or None), by step and number."""
    latest = select(func.max(Grade.number)).where(Grade.attempt_id == Attempt.id).correlate(Attempt).scalar_subquery()
    return (
        select(Attempt, Grade)
        .outerjoin(Grade, (Grade.attempt_id == Attempt.id) & (Grade.number == latest))
        .where(Attempt.state != "voided")
        .order_by(Attempt.step_key, Attempt.number)
    )


def _rows(statement: Any) -> Iterable[AttemptRow]:
    return [_attempt_row(attempt, grade) for attempt, grade in db.session.execute(statement)]


def _attempt_row(attempt: Attempt, grade: Grade | None) -> AttemptRow:
    return AttemptRow(
        attempt.id,
        attempt.number,
        attempt.purpose,
        attempt.state,
        attempt.started_at,
        attempt.deadline_at,
        attempt.closed_at,
        None if grade is None else grade_row(grade),
    )


def grade_row(grade: Grade) -> GradeRow:
    return GradeRow(
        grade.id,
        grade.number,
        grade.cause,
        grade.graded_at,
        Fraction(grade.earned_numerator, grade.earned_denominator),
        grade.possible,
        grade.threshold_bp,
        grade.passed,
        grade.detail,
    )


def latest_check(enrollment_id: UUID, step_key: str) -> tuple[AttemptRow, Sitting] | None:
    """The last graded check of a chunk."""
    row = db.session.execute(
        select(Attempt, Grade, Enrollment)
        .join(Grade, Grade.attempt_id == Attempt.id)
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .where(
            Attempt.enrollment_id == enrollment_id,
            Attempt.step_key == step_key,
            Attempt.purpose == attempts.CHECK,
            Attempt.state != "voided",
        )
        .order_by(Attempt.number.desc(), Grade.number.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return _attempt_row(row[0], row[1]), Sitting(row[0], row[2], Form.from_json(row[0].form))


def grants(enrollment_id: UUID, step_key: str) -> tuple[GrantRow, ...]:
    """Attempts that were unlocked, oldest first."""
    rows = db.session.execute(
        select(AttemptGrant.granted_at, AttemptGrant.granted_by_id, User.name, AttemptGrant.reason)
        .join(User, User.id == AttemptGrant.granted_by_id)
        .where(AttemptGrant.enrollment_id == enrollment_id, AttemptGrant.step_key == step_key)
        .order_by(AttemptGrant.after_number)
    )
    return tuple(GrantRow(*row) for row in rows)


def past(rows: Iterable[AttemptRow]) -> tuple[Past, ...]:
    return tuple(
        Past(
            row.number,
            row.closed_at,
            None if row.grade is None else row.grade.passed,
            awaits=row.state == "awaiting_review",
        )
        for row in rows
    )


def repairs(line_id: UUID) -> tuple[Repair, ...]:
    """Everything that was ever decided about a course's questions, oldest first."""
    rows = db.session.execute(
        select(ItemLine.key, ItemVersion.number, ItemRepair.remedy, ItemRepair.accepted)
        .join(ItemVersion, ItemVersion.id == ItemRepair.item_version_id)
        .join(ItemLine, ItemLine.id == ItemVersion.item_id)
        .where(ItemLine.line_id == line_id)
        .order_by(ItemRepair.decided_at, ItemRepair.id)
    )
    return tuple(Repair(key, number, Remedy(remedy), tuple(accepted)) for key, number, remedy, accepted in rows)


def repair_reasons(line_id: UUID) -> Mapping[tuple[str, int], str]:
    """Why each question (key, version) of a course counts otherwise than by its key: the latest reason."""
    rows = db.session.execute(
        select(ItemLine.key, ItemVersion.number, ItemRepair.reason)
        .join(ItemVersion, ItemVersion.id == ItemRepair.item_version_id)
        .join(ItemLine, ItemLine.id == ItemVersion.item_id)
        .where(ItemLine.line_id == line_id)
        .order_by(ItemRepair.decided_at, ItemRepair.id)
    )
    return {(key, number): reason for key, number, reason in rows}


def hold_sitters(line_id: UUID) -> None:
    """Hold every enrollment on a course that has a test open or graded, always in the same order: a verdict that is on
    its way is waited for, and none begins before this transaction ends.
    """
    has_sat = select(Attempt.enrollment_id).where(Attempt.purpose != attempts.CHECK)
    db.session.execute(
        select(Enrollment.id)
        .where(Enrollment.line_id == line_id, Enrollment.id.in_(has_sat))
        .order_by(Enrollment.id)
        .with_for_update()
    )


def said_to(line_id: UUID, key: str, version: int) -> tuple[str, ...]:
    """What was typed to a short question in graded tests: the last answer of each attempt."""
    rows = db.session.execute(
        select(Answer.attempt_id, Answer.response, Attempt.form)
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .where(Enrollment.line_id == line_id, Answer.item_key == key, Attempt.state.in_(("graded", "expired")))
        .order_by(Answer.attempt_id, Answer.number)
    )
    last = {
        attempt_id: str(response.get("text", ""))
        for attempt_id, response, form in rows
        if any(one["key"] == key and one["version"] == version for one in form["items"])
    }
    return tuple(last.values())


def start_of(
    assessment: Assessment,
    rows: Iterable[AttemptRow],
    granted: Iterable[GrantRow],
    at: datetime,
    before: datetime | None = None,
) -> Start:
    """Whether an attempt may begin now, from what was read. `before`: of a pre-test, `seen.sat_before`."""
    return attempts.may_start(assessment, past(rows), len(tuple(granted)), at, before)


def assessment_at(course: Course, step_key: str) -> tuple[Module, Assessment]:
    """The assessment with this key; a refusal when the step is something else."""
    found = later.step_at(course, step_key)
    if found is None or not isinstance(found[1], Assessment):
        raise RuleViolation("step_unknown", step=step_key)
    return found[0], found[1]


def overdue(at: datetime, limit: int = 100) -> tuple[UUID, ...]:
    """Open attempts that nobody can answer any more: time over, or the enrollment ended. Oldest first."""
    return tuple(
        db.session.scalars(
            select(Attempt.id)
            .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
            .where(
                Attempt.state == "open",
                or_(
                    Attempt.deadline_at < at - attempts.GRACE,
                    Enrollment.state.not_in((*OPEN_STATES, "satisfied")),
                ),
            )
            .order_by(Attempt.started_at, Attempt.id)
            .limit(limit)
        )
    )
