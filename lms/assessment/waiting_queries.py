"""Reads about the clock of answers that a person scores: since when they are late, and who may score in whose place."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from lms import clock
from lms.assessment.models import Attempt, ScoringWait
from lms.db import db
from lms.learning.models import Enrollment
from lms.people import queries as people
from lms.people.queries import Turn
from lms.policy.access import Subject

SCORE_WITHIN = 3  # working days, as many as a review has unless its author says otherwise
OVER = ("withdrawn", "closed_unfinished")  # states of enrollments in which nobody is pressed any more


def awaiting() -> tuple[UUID, ...]:
    """Attempts that wait to be scored, oldest first: what the clock looks at."""
    return tuple(
        db.session.scalars(
            select(Attempt.id)
            .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
            .where(Attempt.state == "awaiting_review", Enrollment.state.not_in(OVER))
            .order_by(Attempt.closed_at, Attempt.id)
        )
    )


def turn_of(wait: ScoringWait, learner_id: UUID) -> Turn:
    return Turn(
        learner_id,
        wait.began_at,
        SCORE_WITHIN,
        wait.due_on,
        wait.reminded_at,
        wait.escalated_to_id,
        wait.escalated_at,
    )


def wait(attempt_id: UUID) -> ScoringWait | None:
    """None for an attempt that was handed in before its wait was kept, until the clock has seen it."""
    return db.session.get(ScoringWait, attempt_id)


def waits(attempt_ids: Iterable[UUID]) -> Mapping[UUID, ScoringWait]:
    rows = db.session.scalars(select(ScoringWait).where(ScoringWait.attempt_id.in_(list(attempt_ids))))
    return {row.attempt_id: row for row in rows}


def stand_in_id(attempt_id: UUID, learner_id: UUID, at: datetime) -> UUID | None:
    """Who may score in the manager's place, as it waited too long; nobody who no longer stands above."""
    found = wait(attempt_id)
    return people.standing_in(learner_id, found.escalated_to_id, at) if found else None


def subject(attempt_id: UUID, learner_id: UUID, at: datetime, *, with_below: bool | None = None) -> Subject:
    """The learner, their line and whoever may score today, an escalation included."""
    extra = frozenset(filter(None, [stand_in_id(attempt_id, learner_id, at)]))
    return people.subject(learner_id, clock.company_day(at), extra_approvers=extra, with_below=with_below)


def stands_in(attempt_id: UUID, learner_id: UUID, person_id: UUID, at: datetime) -> bool:
    """Whether this person scores only because the manager is late: neither the manager of the day nor a delegate."""
    if stand_in_id(attempt_id, learner_id, at) != person_id:
        return False
    return person_id not in people.acting_approvers(learner_id, clock.company_day(at)).all


def escalated_to(person_id: UUID, at: datetime) -> frozenset[UUID]:
    """Attempts that this person may score today only because they waited too long; as many statements for one as for
    many.
    """
    rows = db.session.execute(
        select(ScoringWait.attempt_id, Enrollment.user_id)
        .join(Attempt, Attempt.id == ScoringWait.attempt_id)
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .where(
            ScoringWait.escalated_to_id == person_id,
            Attempt.state == "awaiting_review",
            Enrollment.user_id != person_id,
        )
    )
    found = rows.all()
    if not found:
        return frozenset()
    # The rule of `people.standing_in`, asked from above.
    on = clock.company_day(at)
    below = people.people_below(person_id, on)
    is_admin = person_id in people.admins(on)
    return frozenset(attempt_id for attempt_id, learner in found if is_admin or learner in below)
