"""A course rests while somebody is away, and goes on where it stood: nothing is overdue because of it."""

from datetime import date, datetime

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import queries
from lms.learning.models import Enrollment
from lms.learning.pause_queries import pause_of
from lms.learning.queries import AnyEnrollment
from lms.learning.service import checks
from lms.learning.service.progress import settle
from lms.learning.service.record import Named, actor, learner_of, locked_by_another
from lms.people.models import User
from lms.statements import ledger
from lms.statements.administration import EnrollmentPaused, EnrollmentResumed


def pause(enrollment: AnyEnrollment, *, reason: str, by: Named, at: datetime) -> None:
    """Leave or illness. Nothing new is begun in it; what waits on others goes on. A second time changes nothing."""
    enrollment = locked_by_another(enrollment, by)
    if not reason.strip():
        raise RuleViolation("reason_missing")
    if enrollment.state == "paused":
        return
    if enrollment.state != "active":
        raise RuleViolation("enrollment_not_open", state=enrollment.state)
    enrollment.state = "paused"
    db.session.flush()
    checks.set_aside_in(enrollment.id, _day(enrollment, at))
    _record(EnrollmentPaused, enrollment, reason=reason.strip()[:500], by=by, at=at)


def resume(enrollment: AnyEnrollment, *, by: Named, at: datetime) -> None:
    """The due day and the later checks move by the days away. What others decided meanwhile may have completed it."""
    enrollment = locked_by_another(enrollment, by)
    if enrollment.state == "active":
        return
    begun = pause_of(enrollment.id) if enrollment.state == "paused" else None
    if begun is None:
        raise RuleViolation("enrollment_not_open", state=enrollment.state)
    today = _day(enrollment, at)
    if enrollment.due_on is not None:
        enrollment.due_on += today - _day(enrollment, begun.at)
    enrollment.state = "active"
    db.session.flush()
    checks.take_up_in(enrollment.id, today)
    _record(EnrollmentResumed, enrollment, reason="", by=by, at=at)
    settle(enrollment, learner_of(enrollment, by), by=by, at=at)


def _day(enrollment: Enrollment, at: datetime) -> date:
    return clock.local_day(at, db.session.get_one(User, enrollment.user_id).zone)


def _record(
    event: type[EnrollmentPaused | EnrollmentResumed],
    enrollment: Enrollment,
    *,
    reason: str,
    by: Named,
    at: datetime,
) -> None:
    ledger.record(
        event(
            at=at,
            actor=actor(by),
            learner=learner_of(enrollment, by),
            record_id=enrollment.id,
            revision=enrollment.lock,
            place=queries.place(enrollment),
            reason=reason,
        )
    )
