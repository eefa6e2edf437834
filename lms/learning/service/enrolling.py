"""Beginning and ending an enrollment."""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError

from lms import clock
from lms.catalog import queries as catalog
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import queries
from lms.learning.models import OPEN, Enrollment
from lms.learning.queries import AnyEnrollment
from lms.learning.service.progress import NOTHING, Opened, open_modules
from lms.learning.service.record import Named, actor, insert, learner_of, locked, locked_by_another, person, write
from lms.people import queries as people
from lms.policy import sequencing
from lms.policy.outline import Edition
from lms.policy.sequencing import Facts
from lms.statements import ledger
from lms.statements.events import CourseAssigned, EnrollmentActivated, EnrollmentWithdrawn, Person

LEFT = "The person left."


class Version(Protocol):
    """A published version: the catalog's row or its view of it."""

    @property
    def id(self) -> UUID: ...
    @property
    def line_id(self) -> UUID: ...


def enroll(
    user_id: UUID,
    version: Version,
    *,
    by: Named | None,
    at: datetime,
    due_on: date | None = None,
) -> Enrollment:
    """Put a person on a version, active at once. Refused while another enrollment on the line is open."""
    return _assign(user_id, version, by=by, at=at, due_on=due_on, is_active=True)


def plan(
    user_id: UUID,
    version: Version,
    *,
    by: Named | None,
    at: datetime,
    due_on: date | None = None,
) -> Enrollment:
    """Assign without starting: nothing opens until `activate`."""
    return _assign(user_id, version, by=by, at=at, due_on=due_on, is_active=False)


def _assign(
    user_id: UUID, version: Version, *, by: Named | None, at: datetime, due_on: date | None, is_active: bool
) -> Enrollment:
    learner = person(user_id, by)
    course = catalog.course(version.id)
    if course.edition is not Edition.REP and not _leads_or_teaches(user_id, at):
        raise RuleViolation("edition_not_for_them", course=course.title, person=learner.name)
    id_ = uuid4()
    made = write(
        insert(Enrollment)
        .values(
            id=id_,
            user_id=user_id,
            line_id=version.line_id,
            version_id=version.id,
            state="planned",
            assigned_at=at,
            assigned_by_id=by.id if by else None,
            due_on=due_on,
            ended_reason="",
            lock=1,
        )
        .on_conflict_do_nothing(index_elements=["user_id", "line_id"], index_where=OPEN)
    )
    if not made:
        raise RuleViolation("already_enrolled", course=course.title, person=learner.name)
    enrollment = db.session.get_one(Enrollment, id_)
    ledger.record(
        CourseAssigned(
            at=at,
            actor=actor(by),
            learner=learner,
            record_id=id_,
            place=queries.place(enrollment),
            due_on=due_on,
        )
    )
    if is_active:
        _activate(enrollment, learner, by=by, at=at)
    return enrollment


def activate(enrollment: AnyEnrollment, *, by: Named | None, at: datetime) -> Opened:
    """Start a planned enrollment: modules without requirements open."""
    enrollment = locked(enrollment)
    if enrollment.state == "active":
        return NOTHING
    if enrollment.state != "planned":
        raise RuleViolation("enrollment_not_open", state=enrollment.state)
    return _activate(enrollment, learner_of(enrollment, by), by=by, at=at)


def _activate(enrollment: Enrollment, learner: Person, *, by: Named | None, at: datetime) -> Opened:
    enrollment.state, enrollment.activated_at = "active", at
    db.session.flush()
    ledger.record(
        EnrollmentActivated(
            at=at,
            actor=actor(by),
            learner=learner,
            record_id=enrollment.id,
            place=queries.place(enrollment),
        )
    )
    course = queries.course_of(enrollment)
    modules = sequencing.open_modules(course, {})
    open_modules(enrollment, modules, learner=learner, because=None, how="", by=by, at=at)
    access = sequencing.resolve(course, Facts(), at)
    return Opened(tuple(key for key, one in access.items() if one.is_open), modules)


def withdraw(enrollment: AnyEnrollment, *, reason: str, by: Named, at: datetime) -> None:
    """End it by decision; who enrolled themselves may take it back. What was done stays on record.

    Not after a test: taking the course again would give the test's attempts again.
    """
    if by.id == enrollment.user_id and queries.has_sat_test(enrollment):
        raise RuleViolation("withdraw_after_test")
    _end(enrollment, "withdrawn", reason=reason, by=by, at=at)


def close(enrollment: AnyEnrollment, *, reason: str, by: Named | None, at: datetime) -> None:
    """End it unfinished: the person left, or the course was retired. The worker grades what was open."""
    _end(enrollment, "closed_unfinished", reason=reason, by=by, at=at)


def close_left(at: datetime) -> int:
    """Close every enrollment that somebody left behind who has left the company; how many."""
    return sum(close_one_left(enrollment_id, at) for enrollment_id in queries.left_behind(clock.company_day(at)))


def close_one_left(enrollment_id: UUID, at: datetime) -> bool:
    """One of `queries.left_behind`. False when it has ended, or the person is back, meanwhile."""
    enrollment = queries.enrollment(enrollment_id)
    if enrollment is None or locked(enrollment).state not in queries.OPEN_STATES or not _has_left(enrollment, at):
        return False
    close(enrollment, reason=LEFT, by=None, at=at)
    return True


def reopen(enrollment: AnyEnrollment, *, reason: str, by: Named, at: datetime) -> None:
    """Go on with what was closed unfinished, where it stood: the person is back, or never left."""
    enrollment = locked_by_another(enrollment, by)
    if not reason.strip():
        raise RuleViolation("reason_missing")
    if enrollment.state != "closed_unfinished":
        raise RuleViolation("reopen_not_closed", state=enrollment.state)
    learner = learner_of(enrollment, by)
    if _has_left(enrollment, at):
        raise RuleViolation("reopen_after_leaving", person=learner.name)
    try:
        with db.session.begin_nested():
            enrollment.state = "planned" if enrollment.activated_at is None else "active"
            enrollment.ended_at, enrollment.ended_reason = None, ""
    except IntegrityError as taken:  # they have taken the course anew since
        course = queries.course_of(enrollment)
        raise RuleViolation("already_enrolled", course=course.title, person=learner.name) from taken
    ledger.record(
        EnrollmentActivated(
            at=at,
            actor=actor(by),
            learner=learner,
            record_id=enrollment.id,
            revision=enrollment.lock,
            place=queries.place(enrollment),
            reason=reason.strip()[:500],
        )
    )


def _has_left(enrollment: Enrollment, at: datetime) -> bool:
    row = people.person(enrollment.user_id)
    return row is not None and row.left_on is not None and row.left_on <= clock.company_day(at)


def _end(enrollment: AnyEnrollment, state: str, *, reason: str, by: Named | None, at: datetime) -> None:
    enrollment = locked(enrollment)
    if enrollment.state not in queries.OPEN_STATES:
        raise RuleViolation("enrollment_not_open", state=enrollment.state)
    if not reason.strip():
        raise RuleViolation("reason_missing")
    enrollment.state, enrollment.ended_at, enrollment.ended_reason = state, at, reason.strip()[:500]
    db.session.flush()
    ledger.record(
        EnrollmentWithdrawn(
            at=at,
            actor=actor(by),
            learner=learner_of(enrollment, by),
            record_id=enrollment.id,
            revision=enrollment.lock,  # what is reopened may end again
            place=queries.place(enrollment),
            reason=enrollment.ended_reason,
        )
    )


def may_take(edition: Edition, *, manages_people: bool, roles: frozenset[str]) -> bool:
    """Whether a course is for this person: manager's editions are for those who lead or teach."""
    return edition is Edition.REP or manages_people or bool(roles & {"manager", "admin", "author", "facilitator"})


def _leads_or_teaches(user_id: UUID, at: datetime) -> bool:
    return may_take(
        Edition.MANAGER,
        manages_people=people.manages_people(user_id, clock.company_day(at)),
        roles=people.roles_of(user_id),
    )
