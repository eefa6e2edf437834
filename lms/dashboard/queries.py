"""What the home, person and team pages show, put together from the packages below; constant numbers of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from lms.catalog import queries as catalog
from lms.db import db
from lms.learning.models import Enrollment, StepCompletion
from lms.mail.models import Message
from lms.people.queries import PersonRow
from lms.policy import later
from lms.policy.demonstration import demonstrate
from lms.policy.outline import Assessment, Course
from lms.statements.models import Delivery
from lms.transfer.models import Observation, TransferActivity

LEARNED = ("read", "passed", "attempted", "tested_out", "waived")
ENROLLED = ("id", "user_id", "version_id", "state", "assigned_at", "due_on", "satisfied_at")
_ENROLLED: Any = Enrollment.__table__
_COMPLETED: Any = StepCompletion.__table__
_WORK: Any = TransferActivity.__table__
COUNTED_STATES = ("active", "paused", "satisfied", "planned")


@dataclass(frozen=True, slots=True)
class Count:
    """`value` of `total`; the denominator is always shown."""

    value: int
    total: int

    def __add__(self, other: "Count") -> "Count":
        return Count(self.value + other.value, self.total + other.total)


@dataclass(frozen=True, slots=True)
class EnrollmentLine:
    """One person on one course with the three numbers that are never one: done, shown, verified."""

    enrollment_id: UUID
    user_id: UUID
    course_key: str
    course_title: str
    version: int
    edition: str
    state: str
    assigned_at: datetime
    due_on: date | None
    satisfied_at: datetime | None
    done: Count
    shown: Count
    verified: Count
    open_activity: str  # status of the transfer activity under way, "" without


@dataclass(frozen=True, slots=True)
class PersonLine:
    person: PersonRow
    enrollments: tuple[EnrollmentLine, ...]

    @property
    def done(self) -> Count:
        return sum((line.done for line in self.enrollments), Count(0, 0))

    @property
    def shown(self) -> Count:
        return sum((line.shown for line in self.enrollments), Count(0, 0))

    @property
    def verified(self) -> Count:
        return sum((line.verified for line in self.enrollments), Count(0, 0))


def enrollment_lines(user_ids: Iterable[UUID]) -> Mapping[UUID, tuple[EnrollmentLine, ...]]:
    """By person, in the order of assignment. Five queries, however many people.

    What stands beside the way (pre-tests, later checks …) counts neither as done nor among what there is
    to do, as on the trail.
    """
    ids = list(user_ids)
    # Columns of tables: a team of a thousand would make thousands of objects to be read once.
    enrollments = db.session.execute(
        select(*(_ENROLLED.c[name] for name in ENROLLED))
        .where(_ENROLLED.c.user_id.in_(ids), _ENROLLED.c.state.in_(COUNTED_STATES))
        .order_by(_ENROLLED.c.assigned_at, _ENROLLED.c.id)
    ).all()
    keys = [enrollment.id for enrollment in enrollments]
    learned: dict[UUID, int] = {
        enrollment_id: count
        for enrollment_id, count in db.session.execute(
            select(_COMPLETED.c.enrollment_id, func.count())
            .where(_COMPLETED.c.enrollment_id.in_(keys), _COMPLETED.c.how.in_(LEARNED))
            .group_by(_COMPLETED.c.enrollment_id)
        )
    }
    beside = {}
    for row in enrollments:
        course = catalog.course(row.version_id)
        beside[row.version_id] = _beside(course) | later.asides(course).keys()
    version_of = {row.id: row.version_id for row in enrollments}
    for enrollment_id, step_key in db.session.execute(
        select(_COMPLETED.c.enrollment_id, _COMPLETED.c.step_key).where(
            _COMPLETED.c.enrollment_id.in_(keys),
            _COMPLETED.c.how.in_(LEARNED),
            _COMPLETED.c.step_key.in_(frozenset().union(*beside.values())),
        )
    ):
        learned[enrollment_id] -= step_key in beside[version_of[enrollment_id]]
    activities: dict[UUID, list[Any]] = defaultdict(list)
    for activity in db.session.execute(
        select(_WORK.c.id, _WORK.c.enrollment_id, _WORK.c.status)
        .where(_WORK.c.enrollment_id.in_(keys))
        .order_by(_WORK.c.waiting_since, _WORK.c.id)
    ):
        activities[activity.enrollment_id].append(activity)
    seen: dict[UUID, list[dict]] = defaultdict(list)
    for activity_id, scores in db.session.execute(
        select(Observation.activity_id, Observation.scores)
        .join(TransferActivity, TransferActivity.id == Observation.activity_id)
        .where(TransferActivity.enrollment_id.in_(keys))
        .order_by(Observation.at, Observation.id)
    ):
        seen[activity_id].append(scores)
    found: dict[UUID, list[EnrollmentLine]] = defaultdict(list)
    for enrollment in enrollments:
        course = catalog.course(enrollment.version_id)
        version = catalog.version(enrollment.version_id)
        number = version.number if version else 1  # a pinned version is always there
        line = _line(enrollment, course, number, learned.get(enrollment.id, 0), activities.get(enrollment.id, ()), seen)
        found[enrollment.user_id].append(line)
    return {user_id: tuple(lines) for user_id, lines in found.items()}


def _beside(course: Course) -> frozenset[str]:
    steps = ((key, step) for key, (_, step) in course.steps.items())
    return frozenset(key for key, step in steps if isinstance(step, Assessment) and step.is_beside)


def _line(
    enrollment: Any,
    course: Course,
    version: int,
    learned: int,
    activities: Sequence[Any],
    seen: Mapping[UUID, Sequence[Mapping]],
) -> EnrollmentLine:
    transfers = len(course.transfers)
    under_way = [a for a in activities if a.status not in {"verified", "waived", "cancelled"}]
    waived = sum(activity.status == "waived" for activity in activities)
    return EnrollmentLine(
        enrollment_id=enrollment.id,
        user_id=enrollment.user_id,
        course_key=course.key,
        course_title=course.title,
        version=version,
        edition=course.edition,
        state=enrollment.state,
        assigned_at=enrollment.assigned_at,
        due_on=enrollment.due_on,
        satisfied_at=enrollment.satisfied_at,
        done=Count(max(0, learned - waived), len(course.steps) - transfers - len(_beside(course))),
        shown=Count(sum(demonstrate(seen.get(a.id, ())).is_shown for a in activities), transfers),
        verified=Count(sum(a.status == "verified" for a in activities), transfers),
        open_activity=under_way[0].status if under_way else "",
    )


def people_lines(people: Sequence[PersonRow]) -> tuple[PersonLine, ...]:
    """One line a person, in the order given."""
    lines = enrollment_lines(person.id for person in people)
    return tuple(PersonLine(person, lines.get(person.id, ())) for person in people)


def parked() -> tuple[int, int]:
    """Statements that a store refused and mail that could not be sent: both wait for a person."""
    statements = db.session.scalar(select(func.count()).where(Delivery.state == "parked"))
    mail = db.session.scalar(select(func.count()).where(Message.state == "parked"))
    return statements or 0, mail or 0
