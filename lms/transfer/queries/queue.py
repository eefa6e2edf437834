"""What waits on one person today, in a number of statements that does not grow with what waits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_, select

from lms.catalog import queries as catalog
from lms.db import db
from lms.learning.models import Enrollment
from lms.people import queries as people
from lms.people.models import ReportingLine, User
from lms.policy.outline import Course
from lms.policy.transfer import Capacity, Status
from lms.transfer.models import Observation, TransferActivity

DECIDE, HAND_OVER, OBSERVE = "decide", "hand_over", "observe"
GROUPS: Mapping[str, str] = {
    Status.IN_REVIEW.value: DECIDE,
    Status.RESULTS_IN.value: DECIDE,
    Status.APPROVED.value: HAND_OVER,
    Status.IN_FIELD.value: OBSERVE,
}


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One thing to do. `days`: whole days since it began to wait; `minutes`: what the author expects."""

    activity_id: UUID
    enrollment_id: UUID
    step_key: str
    rep_id: UUID
    rep_name: str
    title: str
    course_title: str
    status: str
    group: str
    waiting_since: datetime
    days: int
    due_on: date | None
    is_overdue: bool
    minutes: int
    round: int
    capacity: str
    observations_done: int
    observations_needed: int


def waiting_on(person_id: UUID, on: date, at: datetime) -> tuple[QueueRow, ...]:
    """Oldest first, ties by id: reviews and reports to decide, field work to hand over, calls to observe.

    What was approved and waits for the rep to acknowledge is not here, nor is a rep in the field whom enough
    people have observed: nothing of that waits on this person.
    """
    mine = people.reps_waiting_on(person_id, on)
    observed = (
        select(func.count())
        .where(Observation.activity_id == TransferActivity.id, Observation.observer_id != Observation.rep_id)
        .correlate(TransferActivity)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            TransferActivity,
            User.name,
            Enrollment.version_id,
            observed,
        )
        .join(User, User.id == TransferActivity.rep_id)
        .join(Enrollment, Enrollment.id == TransferActivity.enrollment_id)
        .where(
            TransferActivity.status.in_(list(GROUPS)),
            TransferActivity.needs_acknowledgment.is_(False),
            TransferActivity.rep_id != person_id,
            or_(TransferActivity.rep_id.in_(mine), TransferActivity.escalated_to_id == person_id),
        )
    ).all()
    if not rows:
        return ()
    capacity = _capacities(person_id, on, {work.rep_id for work, *_ in rows}, mine)
    found = []
    for work, rep_name, version_id, done in rows:
        course = catalog.course(version_id)
        row = _row(work, rep_name, course, done, on, at, capacity.get(work.rep_id, Capacity.STAND_IN))
        if row.group != OBSERVE or row.observations_done < row.observations_needed:
            found.append(row)
    return tuple(sorted(found, key=lambda row: (row.waiting_since, row.activity_id)))


def queue_size(person_id: UUID, on: date, at: datetime) -> int:
    """How much there is to decide and to hand over."""
    return sum(row.group != OBSERVE for row in waiting_on(person_id, on, at))


def _row(
    work: TransferActivity,
    rep_name: str,
    course: Course,
    done: int,
    on: date,
    at: datetime,
    capacity: Capacity,
) -> QueueRow:
    asked = course.transfers[work.step_key]
    since = work.waiting_since or work.decided_at or at
    return QueueRow(
        activity_id=work.id,
        enrollment_id=work.enrollment_id,
        step_key=work.step_key,
        rep_id=work.rep_id,
        rep_name=rep_name,
        title=work.title,
        course_title=course.title,
        status=work.status,
        group=GROUPS[work.status],
        waiting_since=since,
        days=max((at - since).days, 0),
        due_on=work.review_due_on,
        is_overdue=work.review_due_on is not None and on > work.review_due_on,
        minutes=asked.review_minutes,
        round=work.round,
        capacity=capacity.value,
        observations_done=done,
        observations_needed=max(asked.observations, 1),
    )


def _capacities(person_id: UUID, on: date, rep_ids: Collection[UUID], mine: frozenset[UUID]) -> dict[UUID, Capacity]:
    """As what this person acts for each rep who is theirs; one who is missing was escalated to them."""
    direct = {row.id for row in people.reports(person_id, on)}
    others = [rep_id for rep_id in rep_ids if rep_id in mine and rep_id not in direct]
    has_line = (
        set(
            db.session.scalars(
                select(ReportingLine.user_id).where(
                    ReportingLine.user_id.in_(others),
                    ReportingLine.starts_on <= on,
                    or_(ReportingLine.ends_on.is_(None), ReportingLine.ends_on > on),
                )
            )
        )
        if others
        else set()
    )
    answer = {rep_id: Capacity.MANAGER for rep_id in rep_ids if rep_id in direct and rep_id in mine}
    for rep_id in others:
        answer[rep_id] = Capacity.DELEGATE if rep_id in has_line else Capacity.ADMIN
    return answer
