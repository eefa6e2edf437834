"""Issuing, submitting and closing attempts, checks of chunks, and one more attempt by a manager's decision."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from lms.assessment import entrance, queries
from lms.assessment import seen as seen_before
from lms.assessment.models import Attempt, AttemptGrant
from lms.assessment.queries import Sitting
from lms.assessment.service import grading, saving
from lms.assessment.service.grading import EXPIRED, SUBMITTED, Graded
from lms.catalog import bank_queries
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import check_queries
from lms.learning import queries as learning_queries
from lms.learning import service as learning
from lms.learning.models import Enrollment
from lms.learning.queries import AnyEnrollment
from lms.learning.service import Opened
from lms.people import queries as people
from lms.people.queries import accommodations
from lms.policy import attempts, responses, sequencing
from lms.policy.attempts import Form, StartState
from lms.policy.outline import Chunk, Purpose
from lms.statements import ledger
from lms.statements.administration import AttemptGranted
from lms.statements.events import AttemptStarted, Person

LARGEST_SEED = 2**31
FULL_TIME = 100


class Named(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


def issue(enrollment: AnyEnrollment, step_key: str, *, by: Named, at: datetime) -> Attempt:
    """Begin an attempt, or return the one that is open. The enrollment is held meanwhile: two tabs get one
    attempt.
    """
    enrollment = learning.locked(enrollment)
    if enrollment.state not in {"active", "satisfied"}:
        is_paused = enrollment.state == "paused"
        raise RuleViolation("enrollment_paused" if is_paused else "enrollment_not_open", state=enrollment.state)
    course = learning_queries.course_of(enrollment)
    module, assessment = queries.assessment_at(course, step_key)
    open_one = _open_attempt(enrollment, step_key)
    if open_one is not None:
        if not attempts.is_over(open_one.deadline_at, at):
            return open_one
        _close_expired(open_one.id)
    facts = sequencing.Facts(learning_queries.done(enrollment.id))
    entrance.refuse_closed(enrollment, course, step_key, facts, at)
    rows = queries.attempts_of(enrollment.id, step_key)
    before = seen_before.sat_before(enrollment, step_key) if sequencing.is_optional(assessment) else None
    start = queries.start_of(assessment, rows, queries.grants(enrollment.id, step_key), at, before)
    if start.state is not StartState.MAY_START:
        raise RuleViolation(start.code, allowed=start.allowed, opens_at=start.opens_at)
    has_test_out = sequencing.may_test_out(module, facts.done, assessment.purpose)
    is_check = assessment.purpose is Purpose.DELAYED
    seen = (
        seen_before.seen_in_module(enrollment.id, module.key)
        if is_check
        else seen_before.seen_items(enrollment.id, step_key)
    )
    percent = accommodations.time_percent(enrollment.user_id, at) if assessment.minutes is not None else FULL_TIME
    form = attempts.draw(
        assessment,
        version_id=str(enrollment.version_id),
        seed=secrets.randbelow(LARGEST_SEED),
        has_test_out=has_test_out,
        seen=seen,
        withdrawn=bank_queries.not_drawn(enrollment.line_id),
        time_percent=percent,
    )
    attempt = _insert_attempt(
        enrollment,
        step_key,
        form,
        id_=uuid4(),
        number=start.number,
        at=at,
        deadline_at=attempts.deadline(at, assessment.minutes, percent),
    )
    if attempt is None:  # only without the lock above: another request was first, and its attempt is the one
        open_one = _open_attempt(enrollment, step_key)
        if open_one is None:
            raise RuleViolation("changed_meanwhile")
        return open_one
    ledger.record(
        AttemptStarted(
            at=at,
            actor=Person(by.id, by.name),
            learner=Person(by.id, by.name),
            record_id=attempt.id,
            place=learning_queries.place(enrollment, step_key),
            purpose=form.purpose,
            number=attempt.number,
            seed=form.seed,
        )
    )
    return attempt


def submit(sitting: Sitting, *, at: datetime) -> Graded:
    """Grade what was saved, once; a second submission gets the first one's verdict. After the deadline:
    expired.
    """
    sitting = held(sitting)
    attempt = sitting.attempt
    if attempt.state != "open":
        rows = queries.attempts_of(sitting.enrollment.id, attempt.step_key)
        mine = next((row.grade for row in rows if row.id == attempt.id), None)
        awaits = attempt.state == "awaiting_review"
        return Graded(mine is not None and mine.passed, Opened(), is_new=False, awaits=awaits)
    if attempts.is_over(attempt.deadline_at, at):
        return grading.close(sitting, cause=EXPIRED, at=attempt.deadline_at or at)
    return grading.close(sitting, cause=SUBMITTED, at=at)


def held(sitting: Sitting) -> Sitting:
    """The same sitting, read again and held. The enrollment first, as everywhere: nobody waits crosswise."""
    learning.locked(sitting.enrollment)
    found = queries.sitting(sitting.attempt.id, for_update=True)
    if found is None:
        raise LookupError(f"no attempt {sitting.attempt.id}")
    return found


def close_attempt(attempt_id: UUID, *, at: datetime) -> bool:
    """Close an attempt that nobody can answer any more, with what was saved. False when it was closed
    already.
    """
    sitting = queries.sitting(attempt_id)
    if sitting is None:
        return False
    sitting = held(sitting)
    if sitting.attempt.state != "open":
        return False
    deadline_at = sitting.attempt.deadline_at
    is_over = deadline_at is not None and attempts.is_over(deadline_at, at)
    grading.close(sitting, cause=EXPIRED, at=deadline_at if is_over and deadline_at else at)
    return True


def close_overdue(at: datetime, limit: int = 100) -> int:
    """The worker's errand: close what `queries.overdue` names; how many were closed. Does not commit."""
    return sum(close_attempt(attempt_id, at=at) for attempt_id in queries.overdue(at, limit))


def let_check_go(check_id: UUID, *, at: datetime) -> bool:
    """The worker's errand for a later check whose days are over: grade what was begun, or note that nobody took it."""
    place = check_queries.place_if_over(check_id, at)
    enrollment = learning_queries.enrollment(place[0]) if place is not None else None
    if place is None or enrollment is None:
        return False
    begun = _open_attempt(learning.locked(enrollment), place[1])
    return close_attempt(begun.id, at=at) if begun is not None else learning.let_go(check_id, at=at)


def answer_check(
    enrollment: AnyEnrollment,
    step_key: str,
    raw: Mapping[str, Mapping[str, Any]],
    *,
    attempt_id: UUID,
    by: Named,
    at: datetime,
) -> Graded:
    """Grade a chunk's questions at once, as often as one likes; every question answered completes the chunk.

    `attempt_id` comes from the page: the same page sent twice is one attempt.
    """
    enrollment = learning.locked(enrollment)
    if enrollment.state not in {"active", "satisfied"}:
        raise RuleViolation("enrollment_not_open", state=enrollment.state)
    course = learning_queries.course_of(enrollment)
    module, chunk = course.steps.get(step_key, (None, None))
    if module is None or not isinstance(chunk, Chunk) or not chunk.items:
        raise RuleViolation("step_unknown", step=step_key)
    sent_before = queries.sitting(attempt_id)
    if sent_before is not None:
        if sent_before.enrollment.id != enrollment.id:
            raise RuleViolation("step_unknown", step=step_key)
        return Graded(passed=True, opened=Opened(), is_new=False)
    facts = sequencing.Facts(learning_queries.done(enrollment.id))
    access = sequencing.resolve_module(course, facts, module.key, at)[step_key]
    if access.is_locked:
        raise RuleViolation("step_locked", title=access.facts.get("title", ""), who=access.facts.get("who", ""))
    missing = [item.key for item in chunk.items if not responses.is_answered(item, raw.get(item.key, {}))]
    if missing:
        raise RuleViolation("check_incomplete", items=tuple(missing))
    last = db.session.scalar(
        select(func.coalesce(func.max(Attempt.number), 0)).where(
            Attempt.enrollment_id == enrollment.id, Attempt.step_key == step_key
        )
    )
    form = attempts.draw_check(
        chunk, version_id=str(enrollment.version_id), seed=attempts.check_seed(str(enrollment.id), step_key)
    )
    attempt = _insert_attempt(
        enrollment, step_key, form, id_=attempt_id, number=(last or 0) + 1, at=at, deadline_at=None
    )
    if attempt is None:
        raise RuleViolation("changed_meanwhile")
    sitting = Sitting(attempt, enrollment, form)
    saving.save_answers(sitting, raw, at=at)
    return grading.close(sitting, cause=SUBMITTED, at=at)


def grant_attempt(enrollment: AnyEnrollment, step_key: str, *, by: Named, at: datetime, reason: str) -> None:
    """One more attempt, after a conversation; only for an assessment whose attempts are used up."""
    if not reason.strip():
        raise RuleViolation("reason_missing")
    if by.id == enrollment.user_id:
        raise RuleViolation("own_work")
    enrollment = learning.locked(enrollment)
    course = learning_queries.course_of(enrollment)
    _, assessment = queries.assessment_at(course, step_key)
    rows = queries.attempts_of(enrollment.id, step_key)
    start = queries.start_of(assessment, rows, queries.grants(enrollment.id, step_key), at)
    if start.state is not StartState.EXHAUSTED:
        raise RuleViolation("attempts_not_exhausted", left=start.left or 0)
    grant = AttemptGrant(
        id=uuid4(),
        enrollment_id=enrollment.id,
        step_key=step_key,
        after_number=start.used,
        granted_at=at,
        granted_by_id=by.id,
        reason=reason.strip()[:500],
    )
    db.session.add(grant)
    db.session.flush()
    learner = people.person(enrollment.user_id)
    ledger.record(
        AttemptGranted(
            at=at,
            actor=Person(by.id, by.name),
            learner=Person(enrollment.user_id, learner.name if learner else ""),
            record_id=grant.id,
            place=learning_queries.place(enrollment, step_key),
            reason=grant.reason,
        )
    )


def _open_attempt(enrollment: Enrollment, step_key: str) -> Attempt | None:
    return db.session.scalar(
        select(Attempt).where(
            Attempt.enrollment_id == enrollment.id, Attempt.step_key == step_key, Attempt.state == "open"
        )
    )


def _close_expired(attempt_id: UUID) -> None:
    expired = queries.sitting(attempt_id, for_update=True)
    if expired is not None and expired.attempt.state == "open" and expired.attempt.deadline_at is not None:
        grading.close(expired, cause=EXPIRED, at=expired.attempt.deadline_at)


def _insert_attempt(
    enrollment: Enrollment,
    step_key: str,
    form: Form,
    *,
    id_: UUID,
    number: int,
    at: datetime,
    deadline_at: datetime | None,
) -> Attempt | None:
    """None when the constraints say that another one is there."""
    table = Attempt.__table__
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    made = db.session.execute(
        dialect.insert(table)
        .values(
            id=id_,
            enrollment_id=enrollment.id,
            step_key=step_key,
            purpose=form.purpose,
            number=number,
            state="open",
            started_at=at,
            deadline_at=deadline_at,
            form=form.to_json(),
            lock=1,
        )
        .on_conflict_do_nothing()
        .returning(table.c.id)
    ).scalar_one_or_none()
    return None if made is None else db.session.get_one(Attempt, id_)
