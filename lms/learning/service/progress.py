"""The one way in which a step becomes done, and what follows from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update

from lms.db import db
from lms.errors import RuleViolation
from lms.learning import queries
from lms.learning.models import Enrollment, ModuleOpening, StepCompletion
from lms.learning.queries import AnyEnrollment
from lms.learning.service import checks
from lms.learning.service.record import (
    Named,
    actor,
    fact_id,
    insert,
    learner_of,
    locked,
    locked_by_another,
    person,
    write,
)
from lms.policy import later, module_states, sequencing
from lms.policy.outline import Chunk, Course, Purpose
from lms.policy.sequencing import Done, Facts
from lms.statements import ledger
from lms.statements.events import (
    ChunkCompleted,
    CourseSatisfied,
    ModuleCompleted,
    ModuleOpened,
    ModuleTestedOut,
    Person,
    StepWaived,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What an act opened. Empty when the step had been done before."""

    steps: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    is_satisfied: bool = False


NOTHING = Opened()
WHY_MODULE_OPENED = {
    "": "enrolled",
    "read": "module_completed",
    "attempted": "module_completed",
    "passed": "post_test_passed",
    "tested_out": "tested_out",
    "waived": "waived",
    "submitted": "worksheet_submitted",
    "approved": "worksheet_approved",
    "reported": "results_reported",
    "verified": "results_confirmed",
}


def bookmark(enrollment: AnyEnrollment, step_key: str) -> None:
    """Remember where the learner is; the last one counts, so nothing is locked for it."""
    if step_key not in queries.course_of(enrollment).steps:
        raise RuleViolation("step_unknown", step=step_key)
    if enrollment.bookmark != step_key and enrollment.state == "active":
        # Past the version counter: two tabs turning pages are no conflict.
        mine = update(Enrollment).where(Enrollment.id == enrollment.id).values(bookmark=step_key)
        db.session.execute(mine, execution_options={"synchronize_session": False})


def complete_step(enrollment: AnyEnrollment, step_key: str, *, how: str, by: Named | None, at: datetime) -> Opened:
    """Make a step done, once, and return what that opened. A second call changes nothing and returns nothing.

    The enrollment row is locked first, so that of two requests one finds the step done. Refuses a locked
    step.
    """
    enrollment = locked(enrollment)
    course = queries.course_of(enrollment)
    before = Facts(queries.done(enrollment.id))
    if step_key in before.done:
        return NOTHING
    if enrollment.state == "paused" and how == "read":
        raise RuleViolation("enrollment_paused")
    access = _access(course, before, step_key, at)
    # A pre-test that was begun may be handed in late; an admin's waiver needs no open step.
    if access.is_locked and access is not sequencing.PASSED_OVER and how != "waived":
        raise RuleViolation("step_locked", **_lock_facts(access))
    learner = learner_of(enrollment, by)
    return complete(enrollment, course, before, (step_key,), how=how, learner=learner, by=by, at=at)


def waive(enrollment: AnyEnrollment, step_key: str, *, reason: str, by: Named, at: datetime) -> Opened:
    """An admin takes a step off this learner's way, locked or not; the reason is on record."""
    if not reason.strip():
        raise RuleViolation("reason_missing")
    enrollment = locked_by_another(enrollment, by)
    course = queries.course_of(enrollment)
    before = Facts(queries.done(enrollment.id))
    if step_key not in course.steps:
        raise RuleViolation("step_unknown", step=step_key)
    if step_key in before.done:
        return NOTHING
    learner = learner_of(enrollment, by)
    ledger.record(
        StepWaived(
            at=at,
            actor=actor(by),
            learner=learner,
            record_id=fact_id(enrollment, step_key),
            place=queries.place(enrollment, step_key),
            reason=reason.strip(),
        )
    )
    return complete(enrollment, course, before, (step_key,), how="waived", learner=learner, by=by, at=at)


def test_out(
    enrollment: AnyEnrollment,
    module_key: str,
    *,
    passed_id: UUID | None,
    at: datetime,
    purpose: Purpose = Purpose.PRE,  # noqa: PT028 -- no test, whatever its name
) -> Opened:
    """Do the module's chunks and assessments for a learner who passed at the test-out bar.

    Returns nothing when the module was begun meanwhile and the test was a pre-test: that cannot stand for it any more.
    The later check comes all the same.
    """
    enrollment = locked(enrollment)
    course = queries.course_of(enrollment)
    module = course.module_by_key[module_key]
    before = Facts(queries.done(enrollment.id))
    if not sequencing.may_test_out(module, before.done, purpose):
        return NOTHING
    learner = person(enrollment.user_id)
    ledger.record(
        ModuleTestedOut(
            at=at,
            actor=learner,
            learner=learner,
            record_id=fact_id(enrollment, module_key),
            place=queries.place(enrollment, module_key=module_key),
            passed_id=passed_id,
        )
    )
    keys = sequencing.waived_by_test_out(module)
    return complete(enrollment, course, before, keys, how="tested_out", learner=learner, by=learner, at=at)


def _access(course: Course, facts: Facts, step_key: str, at: datetime) -> sequencing.Access:
    if step_key not in course.steps:
        raise RuleViolation("step_unknown", step=step_key)
    return sequencing.resolve_module(course, facts, course.steps[step_key][0].key, at)[step_key]


def _lock_facts(access: sequencing.Access) -> dict[str, Any]:
    facts = dict(access.facts)
    return {"because": access.code, "title": facts.get("title", ""), "who": facts.get("who", "")}


def complete(
    enrollment: Enrollment,
    course: Course,
    before: Facts,
    keys: Iterable[str],
    *,
    how: str,
    learner: Person,
    by: Named | None,
    at: datetime,
) -> Opened:
    """Append the facts, say what follows from them, and settle the enrollment.

    Also while it is paused: a manager decides what was handed in before, a test that was begun runs out.
    """
    if enrollment.state not in {"active", "paused", "satisfied"}:
        raise RuleViolation("enrollment_not_open", state=enrollment.state)
    new = [key for key in keys if key not in before.done]
    rows = [
        {
            "enrollment_id": enrollment.id,
            "step_key": key,
            "completed_at": at,
            "how": how,
            "by_id": by.id if by else None,
        }
        for key in new
    ]
    made = write(
        insert(StepCompletion)
        .values(rows[0] if len(rows) == 1 else rows)  # a list would be compiled anew every time
        .on_conflict_do_nothing(index_elements=["enrollment_id", "step_key"])
    )
    if made != len(new):  # only without the lock above could another have been first
        return NOTHING
    after = Facts({**before.done, **{key: Done(at, how) for key in new}}, before.transfer)
    if how == "read":
        for key in new:
            _record_chunk(enrollment, course, key, after.done, learner=learner, at=at)
    places = [place for key in new if (place := later.step_at(course, key)) is not None]
    touched = {module.key: module for module, _ in places}
    for module in touched.values():
        was_complete = sequencing.is_complete(module, before.done)
        if how == "tested_out" or (not was_complete and sequencing.is_complete(module, after.done)):
            checks.schedule(enrollment, course, module, after.done, at)
        # A module that was tested out of is said to be waived, not completed.
        if how != "tested_out" and not was_complete and sequencing.is_complete(module, after.done):
            ledger.record(
                ModuleCompleted(
                    at=at,
                    actor=actor(by),
                    learner=learner,
                    record_id=fact_id(enrollment, module.key),
                    place=queries.place(enrollment, module_key=module.key),
                )
            )
    modules = sequencing.newly_open_modules(course, before.done, after.done)
    open_modules(enrollment, modules, learner=learner, because=new[-1], how=how, by=by, at=at)
    is_satisfied = _settle(enrollment, course, after.done, learner, by=by, at=at)
    opened = sequencing.newly_open(sequencing.resolve(course, before, at), sequencing.resolve(course, after, at))
    return Opened(opened, modules, is_satisfied)


def _record_chunk(
    enrollment: Enrollment,
    course: Course,
    step_key: str,
    done: Mapping[str, Done],
    *,
    learner: Person,
    at: datetime,
) -> None:
    module, step = course.steps[step_key]
    if isinstance(step, Chunk):
        ledger.record(
            ChunkCompleted(
                at=at,
                actor=learner,
                learner=learner,
                record_id=fact_id(enrollment, step_key),
                place=queries.place(enrollment, step_key),
                percent=module_states.percent(module, done),
            )
        )


def settle(enrollment: Enrollment, learner: Person, *, by: Named | None, at: datetime) -> None:
    """Complete the course if everything in it is done."""
    done = queries.done(enrollment.id)
    _settle(enrollment, queries.course_of(enrollment), done, learner, by=by, at=at)


def _settle(
    enrollment: Enrollment,
    course: Course,
    done: Mapping[str, Done],
    learner: Person,
    *,
    by: Named | None,
    at: datetime,
) -> bool:
    is_satisfied = enrollment.state == "active" and sequencing.is_satisfied(course, done)
    if is_satisfied:
        _satisfy(enrollment, learner, by=by, at=at)
    return is_satisfied


def _satisfy(enrollment: Enrollment, learner: Person, *, by: Named | None, at: datetime) -> None:
    enrollment.state, enrollment.satisfied_at, enrollment.ended_at = "satisfied", at, at
    db.session.flush()
    ledger.record(
        CourseSatisfied(
            at=at,
            actor=actor(by),
            learner=learner,
            record_id=enrollment.id,
            place=queries.place(enrollment),
        )
    )


def open_modules(
    enrollment: Enrollment,
    module_keys: Iterable[str],
    *,
    learner: Person,
    because: str | None,
    how: str,
    by: Named | None,
    at: datetime,
) -> None:
    """Keep why each module opened. A module opens once: a reopening of what it rested on writes no second
    row.
    """
    decided_by = by.id if by is not None and by.id != learner.id else None
    for key in module_keys:
        facts = {"course": enrollment.version_id.hex}
        if because is not None:
            place = later.step_at(queries.course_of(enrollment), because)
            facts["step_title"] = place[1].title if place is not None else because
        id_ = uuid4()
        made = write(
            insert(ModuleOpening)
            .values(
                id=id_,
                enrollment_id=enrollment.id,
                module_key=key,
                opened_at=at,
                because_step=because,
                because_how=how,
                because_by_id=decided_by,
                facts=facts,
            )
            .on_conflict_do_nothing(index_elements=["enrollment_id", "module_key"])
        )
        if made:
            ledger.record(
                ModuleOpened(
                    at=at,
                    actor=actor(by),
                    learner=learner,
                    record_id=id_,
                    place=queries.place(enrollment, module_key=key),
                    because=_because(how, because),
                )
            )


def _because(how: str, step_key: str | None) -> str:
    code = WHY_MODULE_OPENED[how]
    return f"{code}: {step_key}" if step_key else code
