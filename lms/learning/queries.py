"""Reads of learning: enrollments and the facts that `policy/sequencing.py` resolves. A constant number of
statements.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Uuid,
    bindparam,
    exists,
    select,
)

from lms.catalog import queries as catalog
from lms.db import db, read
from lms.learning.models import Enrollment, StepCompletion
from lms.people.models import User
from lms.policy import later
from lms.policy.outline import Assessment, Course, Purpose
from lms.policy.sequencing import Done, Facts, ScoringFact, TransferFact
from lms.statements.events import AttemptStarted, Place, Thing
from lms.statements.models import LedgerEntry

OPEN_STATES = ("planned", "active", "paused")

# `transfer` stands above learning and fills this in when the application starts (see docs/decisions): where
# the transfer activities of one enrollment stand, by step key. Without it a lock names no person.
transfer_facts: Callable[[UUID], Mapping[str, TransferFact]] | None = None
# In the same way `assessment`: which tests of one enrollment wait for the person who scores them.
scoring_facts: Callable[[UUID], Mapping[str, ScoringFact]] | None = None


@dataclass(frozen=True, slots=True)
class EnrollmentRow:
    """An enrollment with its course's title and number, for lists."""

    id: UUID
    user_id: UUID
    line_id: UUID
    version_id: UUID
    state: str
    title: str
    edition: str
    assigned_at: datetime
    due_on: date | None
    satisfied_at: datetime | None
    ended_at: datetime | None
    ended_reason: str
    bookmark: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """An enrollment as a page reads it. The acts of `service` take it too: they read the row again under a lock."""

    id: UUID
    user_id: UUID
    line_id: UUID
    version_id: UUID
    state: str
    assigned_by_id: UUID | None
    due_on: date | None
    satisfied_at: datetime | None
    ended_at: datetime | None
    ended_reason: str
    bookmark: str | None


AnyEnrollment = Enrollment | Seen


def enrollment(enrollment_id: UUID) -> Enrollment | None:
    return db.session.get(Enrollment, enrollment_id)


def seen(enrollment_id: UUID) -> Seen | None:
    """The enrollment for a page, read as plain columns: the player opens with it, thousands of times a day."""
    row = read(_SEEN, {"enrollment": enrollment_id}).one_or_none()
    return None if row is None else Seen(*row)


def open_enrollments(user_id: UUID) -> tuple[Enrollment, ...]:
    """Not yet ended ones, oldest first."""
    return tuple(
        db.session.scalars(
            select(Enrollment)
            .where(Enrollment.user_id == user_id, Enrollment.state.in_(OPEN_STATES))
            .order_by(Enrollment.assigned_at, Enrollment.id)
        )
    )


def enrollments(user_ids: Iterable[UUID]) -> tuple[EnrollmentRow, ...]:
    """All of these people, open ones first, then the newest; ties by id."""
    rows = db.session.scalars(
        select(Enrollment)
        .where(Enrollment.user_id.in_(set(user_ids)))
        .order_by(Enrollment.assigned_at.desc(), Enrollment.id)
    ).all()
    listed = [_row(row) for row in rows]
    return tuple(sorted(listed, key=lambda row: row.state not in OPEN_STATES))


def _row(row: Enrollment) -> EnrollmentRow:
    version = catalog.version(row.version_id)
    if version is None:
        raise LookupError(f"no course version {row.version_id}")
    return EnrollmentRow(
        row.id,
        row.user_id,
        row.line_id,
        row.version_id,
        row.state,
        version.title,
        version.edition.value,
        row.assigned_at,
        row.due_on,
        row.satisfied_at,
        row.ended_at,
        row.ended_reason,
        row.bookmark,
    )


def facts(enrollment_id: UUID) -> Facts:
    """What was done, by whom where somebody else decided, and where the transfer activities stand."""
    return Facts(done(enrollment_id), transfers(enrollment_id), scorings(enrollment_id))


def done(enrollment_id: UUID) -> Mapping[str, Done]:
    """The done steps of one enrollment, in one statement."""
    rows = read(DONE_OF_ONE, {"enrollment": enrollment_id})
    return {row[0]: Done(row[1], row[2], row[3] or "") for row in rows}


def done_by_anybody(enrollment_id: UUID) -> Mapping[str, Done]:
    """The same without the names of who decided: enough to say what is open, at half the price."""
    return {row[0]: Done(row[1], row[2]) for row in read(_DONE_UNNAMED, {"enrollment": enrollment_id})}


def facts_of_many(enrollment_ids: Iterable[UUID]) -> Mapping[UUID, Facts]:
    """Done steps of many enrollments in one statement, without transfer facts; for team pages and lists."""
    wanted = set(enrollment_ids)
    found: dict[UUID, dict[str, Done]] = {id_: {} for id_ in wanted}
    rows = db.session.execute(
        _DONE.add_columns(_COMPLETED.c.enrollment_id).where(_COMPLETED.c.enrollment_id.in_(wanted))
    )
    for row in rows if wanted else ():
        found[row.enrollment_id][row.step_key] = _done(row)
    return {id_: Facts(steps) for id_, steps in found.items()}


# Built once, of tables instead of classes: only the values change, and no object is made that nobody keeps.
_COMPLETED: Any = StepCompletion.__table__
_ENROLLED: Any = Enrollment.__table__
_PERSON: Any = User.__table__
ENROLLMENT = bindparam("enrollment", type_=Uuid())
_SEEN = select(*(_ENROLLED.c[field.name] for field in fields(Seen))).where(_ENROLLED.c.id == ENROLLMENT)
_DONE = (
    select(_COMPLETED.c.step_key, _COMPLETED.c.completed_at, _COMPLETED.c.how, _PERSON.c.name)
    .join(_ENROLLED, _ENROLLED.c.id == _COMPLETED.c.enrollment_id)
    # The name matters only where it is not the learner's own doing.
    .outerjoin(_PERSON, (_PERSON.c.id == _COMPLETED.c.by_id) & (_PERSON.c.id != _ENROLLED.c.user_id))
)
_DONE_UNNAMED = select(_COMPLETED.c.step_key, _COMPLETED.c.completed_at, _COMPLETED.c.how).where(
    _COMPLETED.c.enrollment_id == ENROLLMENT
)
DONE_OF_ONE = _DONE.where(_COMPLETED.c.enrollment_id == ENROLLMENT)


def _done(row: Any) -> Done:
    return Done(row.completed_at, row.how, row.name or "")


def transfers(enrollment_id: UUID) -> Mapping[str, TransferFact]:
    """Where the transfer activities of one enrollment stand, by step key."""
    return transfer_facts(enrollment_id) if transfer_facts is not None else {}


def scorings(enrollment_id: UUID) -> Mapping[str, ScoringFact]:
    """Which tests of one enrollment wait to be scored, by step key."""
    return scoring_facts(enrollment_id) if scoring_facts is not None else {}


def left_behind(on: date) -> tuple[UUID, ...]:
    """Enrollments that are open although the person has left the company. Oldest first."""
    return tuple(
        db.session.scalars(
            select(Enrollment.id)
            .join(User, User.id == Enrollment.user_id)
            .where(Enrollment.state.in_(OPEN_STATES), User.left_on <= on)
            .order_by(Enrollment.assigned_at, Enrollment.id)
        )
    )


def has_sat_test(enrollment_: AnyEnrollment) -> bool:
    """Whether a pre-test or a post-test was begun. Read from the record: attempts belong to a package above."""
    if not any(isinstance(step, Assessment) for _, step in course_of(enrollment_).steps.values()):
        return False
    begun = db.session.scalars(
        select(LedgerEntry.facts).where(
            LedgerEntry.registration == enrollment_.id, LedgerEntry.kind == AttemptStarted.kind
        )
    )
    return any(facts["purpose"] in {Purpose.PRE, Purpose.POST} for facts in begun)


def satisfied_lines(user_id: UUID) -> frozenset[UUID]:
    """Lines of which this person has satisfied any version."""
    return frozenset(
        db.session.scalars(
            select(Enrollment.line_id).where(Enrollment.user_id == user_id, Enrollment.state == "satisfied")
        )
    )


def has_satisfied_edition(user_id: UUID, line_id: UUID) -> bool:
    """Whether this person has satisfied the manager's edition of a rep line, in any version."""
    edition = catalog.edition_line(line_id)
    if edition is None:
        return False
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    Enrollment.user_id == user_id,
                    Enrollment.line_id == edition.id,
                    Enrollment.state == "satisfied",
                )
            )
        )
    )


def enrolled_people(version_id: UUID) -> frozenset[UUID]:
    """Everybody who is or was enrolled in this version, those who withdrew aside."""
    return frozenset(
        db.session.scalars(
            select(Enrollment.user_id).where(Enrollment.version_id == version_id, Enrollment.state != "withdrawn")
        )
    )


def is_enrolled(user_id: UUID, version_id: UUID) -> bool:
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    Enrollment.user_id == user_id,
                    Enrollment.version_id == version_id,
                    Enrollment.state != "withdrawn",
                )
            )
        )
    )


def course_of(enrollment_: AnyEnrollment) -> Course:
    return catalog.course(enrollment_.version_id)


def place(enrollment_: AnyEnrollment, step_key: str | None = None, module_key: str | None = None) -> Place:
    """Where in the course something happens, in the words of the version that the learner is pinned to."""
    version = catalog.version(enrollment_.version_id)
    number = version.number if version is not None else 1
    course = catalog.course(enrollment_.version_id)
    module = step = None
    if step_key is not None:
        known = later.step_at(course, step_key)
        if known is None:
            raise LookupError(f"{course.key} has no step {step_key}")
        in_module, found = known
        module = Thing(in_module.key, in_module.title, number)
        step = Thing(found.key, found.title, number)
    elif module_key is not None:
        module = Thing(module_key, course.module_by_key[module_key].title, number)
    return Place(enrollment_.id, Thing(course.key, course.title, number), module, step)
