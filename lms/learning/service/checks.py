"""Later checks: scheduled when a module is done, decided by a verdict, let go by, set aside during leave."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID, uuid4, uuid5

from sqlalchemy import ColumnElement, func, select

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import queries
from lms.learning.models import DelayedCheck, Enrollment, ObjectiveMastery
from lms.learning.queries import AnyEnrollment
from lms.learning.service.record import Named, insert, locked, write
from lms.mail import service as mail
from lms.people.models import User
from lms.policy import later
from lms.policy.later import CheckState, Due, Evidence
from lms.policy.outline import Course, Module
from lms.policy.sequencing import Done
from lms.statements import ledger
from lms.statements.administration import ObjectivesSlipped
from lms.statements.events import ObjectiveMastered, Person, Thing

LEARNED = frozenset({"read", "passed", "attempted", "tested_out"})
DECIDED = frozenset({CheckState.PASSED.value, CheckState.CANCELED.value})
HOUR = 9  # for who has chosen no hour of their own
LETTER = """Hello {name},

some weeks ago you finished “{module}”. {questions} show what has stayed. They take about {minutes} minutes and wait
until {closes_on:%B} {closes_on.day}:

{link}

Whatever comes of it, what you have done stays done.
"""


def schedule(enrollment: Enrollment, course: Course, module: Module, done: Mapping[str, Done], at: datetime) -> None:
    """The first check of a module that was just done, by the plan of the learner's own course version; once."""
    zone = db.session.get_one(User, enrollment.user_id).zone
    due = later.first_due(later.plan_of(course, module), clock.local_day(at, zone))
    schedule_on(enrollment, course, module, done, due, at)
    if enrollment.state == "paused":
        set_aside_in(enrollment.id, clock.local_day(at, zone))


def schedule_on(
    enrollment: Enrollment, course: Course, module: Module, done: Mapping[str, Done], due: Due, at: datetime
) -> bool:
    """The first check of a module at that time; whether there was to be one and there was none.

    Nothing for a module of which nothing was learned here, because all of it was waived.
    """
    key = later.check_keys(course).get(module.key)
    if key is None or not any(one in done and done[one].how in LEARNED for one in module.taught_keys):
        return False
    plan = later.plan_of(course, module)
    return _insert(enrollment.id, enrollment.user_id, module.key, key, 1, due, plan.after_days, plan.open_days, at)


def _insert(
    enrollment_id: UUID,
    user_id: UUID,
    module_key: str,
    step_key: str,
    number: int,
    due: Due,
    after_days: int,
    open_days: int,
    at: datetime,
) -> bool:
    values = {
        "id": uuid4(),
        "enrollment_id": enrollment_id,
        "user_id": user_id,
        "module_key": module_key,
        "step_key": step_key,
        "number": number,
        "state": CheckState.SCHEDULED.value,
        "scheduled_at": at,
        "due_on": due.due_on,
        "closes_on": due.closes_on,
        "after_days": after_days,
        "open_days": open_days,
        "mastered": [],
        "slipped": [],
        "lock": 1,
    }
    return write(insert(DelayedCheck).values(values).on_conflict_do_nothing()) == 1


def decide(
    enrollment: AnyEnrollment, step_key: str, found: Evidence, *, passed: bool, started_at: datetime, at: datetime
) -> bool:
    """Close the check that was taken, whether it is news; one that was not passed comes again.

    The caller holds the enrollment. A repaired question may turn a check from failed to passed: then the one that was
    to follow is canceled. Nothing is ever turned the other way.
    """
    zone = db.session.get_one(User, enrollment.user_id).zone
    started_on, day = clock.local_day(started_at, zone), clock.local_day(at, zone)
    rows = _rows(enrollment.id, step_key)
    row = next((one for one in rows if one.due_on <= started_on), rows[0] if rows else None)
    if row is None or row.state in DECIDED or (row.state != CheckState.SCHEDULED.value and not passed):
        return False
    _end(row, CheckState.PASSED if passed else CheckState.FAILED, on=day, at=at)
    row.mastered, row.slipped = list(found.mastered), list(found.slipped)
    db.session.flush()
    if passed:
        for other in rows:
            if other.number > row.number and other.state == CheckState.SCHEDULED.value:
                _end(other, CheckState.CANCELED, on=day, at=at)
        db.session.flush()
    else:
        _come_again(row, day, at)
    return True


def let_go(check_id: UUID, *, at: datetime) -> bool:
    """Close a check that nobody took while it waited. False when it is decided, waits still, or rests."""
    row = _held(check_id)
    if row is None or row.state != CheckState.SCHEDULED.value:
        return False
    day = clock.local_day(at, db.session.get_one(User, row.user_id).zone)
    if not _due(row).is_over(day):
        return False
    _end(row, CheckState.LAPSED, on=day, at=at)
    db.session.flush()
    _come_again(row, day, at)
    return True


def ask_again(enrollment: AnyEnrollment, module_key: str, *, by: Named, at: datetime) -> Due:
    """The learner asks for one more check, after those that came by themselves."""
    if by.id != enrollment.user_id:
        raise RuleViolation("check_of_somebody_else")
    enrollment = locked(enrollment)
    key = later.check_keys(queries.course_of(enrollment)).get(module_key)
    rows = _rows(enrollment.id, key) if key is not None else []
    last = rows[0] if rows else None
    if last is None or last.ended_on is None or last.state not in {CheckState.FAILED.value, CheckState.LAPSED.value}:
        raise RuleViolation("check_not_asked_for")
    day = clock.local_day(at, db.session.get_one(User, enrollment.user_id).zone)
    due = later.asked_for(last.ended_on, day, last.open_days)
    _insert_after(last, due, at)
    return due


def set_aside(user_id: UUID, on: date) -> None:
    """Somebody goes on leave: no check comes, and none goes by."""
    _set_aside(_scheduled(DelayedCheck.user_id == user_id), on)


def set_aside_in(enrollment_id: UUID, on: date) -> None:
    """The same for one course that is paused."""
    _set_aside(_scheduled(DelayedCheck.enrollment_id == enrollment_id), on)


def _set_aside(rows: Iterable[DelayedCheck], on: date) -> None:
    for row in rows:
        if row.rests_since is None:
            row.rests_since = on
    db.session.flush()


def take_up(user_id: UUID, on: date) -> None:
    """Somebody is back: every check comes as many days later as they were away. Those of paused courses rest on."""
    paused = select(Enrollment.id).where(Enrollment.user_id == user_id, Enrollment.state == "paused")
    _take_up(_scheduled(DelayedCheck.user_id == user_id, DelayedCheck.enrollment_id.not_in(paused)), on)


def take_up_in(enrollment_id: UUID, on: date) -> None:
    """The same for one course that goes on."""
    _take_up(_scheduled(DelayedCheck.enrollment_id == enrollment_id), on)


def _take_up(rows: Iterable[DelayedCheck], on: date) -> None:
    for row in rows:
        due = later.after_leave(_due(row), on)
        row.due_on, row.closes_on, row.rests_since = due.due_on, due.closes_on, None
    db.session.flush()


def tell(check_id: UUID, at: datetime, link: str, hour: int | None) -> bool:
    """Tell somebody that a check waits: on a workday of theirs, from their own hour on, once."""
    row = _held(check_id)
    if row is None or row.state != CheckState.SCHEDULED.value or row.told_at is not None:
        return False
    user = db.session.get_one(User, row.user_id)
    day = clock.local_day(at, user.zone)
    is_hour = clock.local_hour(at, user.zone) >= (HOUR if hour is None else hour)
    if not (_due(row).is_open(day) and is_hour and day.weekday() < clock.SATURDAY):
        return False
    enrollment = db.session.get_one(Enrollment, row.enrollment_id)
    place = later.step_at(queries.course_of(enrollment), row.step_key)
    if place is None:
        return False
    module, step = place
    count = getattr(step, "asked", 0)
    row.told_at = at
    db.session.flush()
    sent = mail.owe(
        user.email,
        user_id=user.id,
        kind="check_due",
        subject=f"What has stayed of “{module.title}”?",
        text=LETTER.format(
            name=user.name,
            module=module.title,
            questions=f"{count} questions",
            minutes=max(2, count // 2),
            closes_on=row.closes_on,
            link=f"{link}/courses/{row.enrollment_id}/assessments/{row.step_key}",
        ),
        at=at,
        dedupe_key=f"check_due/{row.id}",
    )
    return sent is not None


def note(
    enrollment: AnyEnrollment,
    found: Evidence,
    *,
    step_key: str,
    source_id: UUID,
    evidence_id: UUID,
    learner: Person,
    at: datetime,
) -> None:
    """Keep and say which objectives have stayed, and which have not: the daily review brings those back."""
    course = queries.course_of(enrollment)
    place = queries.place(enrollment, step_key)
    titles = {one.key: one.title for one in course.objectives}
    day = clock.local_day(at, db.session.get_one(User, enrollment.user_id).zone)
    for key in found.mastered:
        home, _ = later.objective_home(course, key)
        title = titles.get(key, key)
        id_ = uuid5(source_id, key)
        values = {
            "id": id_,
            "user_id": enrollment.user_id,
            "course_key": home,
            "objective_key": key,
            "title": title,
            "enrollment_id": enrollment.id,
            "step_key": step_key,
            "source_id": source_id,
            "mastered_at": at,
            "mastered_on": day,
        }
        if write(insert(ObjectiveMastery).values(values).on_conflict_do_nothing()):
            ledger.record(
                ObjectiveMastered(
                    at=at,
                    actor=learner,
                    learner=learner,
                    record_id=id_,
                    place=place,
                    objective=Thing(key, title),
                    taught_in=home,
                    evidence_id=evidence_id,
                )
            )
    if found.slipped:
        ledger.record(
            ObjectivesSlipped(
                at=at,
                actor=learner,
                learner=learner,
                record_id=uuid5(source_id, "slipped"),
                place=place,
                objectives=tuple(Thing(key, titles.get(key, key)) for key in found.slipped),
                homes=tuple(later.objective_home(course, key) for key in found.slipped),
            )
        )


def _come_again(row: DelayedCheck, on: date, at: datetime) -> None:
    due = later.next_due(row.number, row.after_days, row.open_days, on)
    if due is not None:
        _insert_after(row, due, at)


def _insert_after(row: DelayedCheck, due: Due, at: datetime) -> None:
    last = db.session.scalar(
        select(func.max(DelayedCheck.number)).where(
            DelayedCheck.enrollment_id == row.enrollment_id, DelayedCheck.module_key == row.module_key
        )
    )
    number = (last or row.number) + 1
    _insert(
        row.enrollment_id, row.user_id, row.module_key, row.step_key, number, due, row.after_days, row.open_days, at
    )


def _end(row: DelayedCheck, state: CheckState, *, on: date, at: datetime) -> None:
    row.state, row.ended_at, row.ended_on = state.value, at, on


def _due(row: DelayedCheck) -> Due:
    return Due(row.due_on, row.closes_on, row.rests_since)


def _held(check_id: UUID) -> DelayedCheck | None:
    """The enrollment first, as everywhere: nobody waits crosswise."""
    row = db.session.get(DelayedCheck, check_id)
    if row is None:
        return None
    locked(db.session.get_one(Enrollment, row.enrollment_id))
    db.session.refresh(row)
    return row


def _rows(enrollment_id: UUID, step_key: str) -> list[DelayedCheck]:
    """The checks under a key, the latest first."""
    return list(
        db.session.scalars(
            select(DelayedCheck)
            .where(DelayedCheck.enrollment_id == enrollment_id, DelayedCheck.step_key == step_key)
            .order_by(DelayedCheck.number.desc())
            .execution_options(populate_existing=True)
        )
    )


def _scheduled(*whose: ColumnElement[bool]) -> list[DelayedCheck]:
    return list(
        db.session.scalars(
            select(DelayedCheck)
            .where(*whose, DelayedCheck.state == CheckState.SCHEDULED.value)
            .order_by(DelayedCheck.id)
        )
    )
