"""Later checks for modules that were done before checks were kept: what an upgrade owes."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from lms import clock
from lms.db import db
from lms.learning import queries
from lms.learning.models import DelayedCheck, Enrollment
from lms.learning.service import checks
from lms.learning.service.record import locked
from lms.people.models import User
from lms.policy import later, sequencing
from lms.policy.outline import Course, Module
from lms.policy.sequencing import Done


def catch_up(user_id: UUID, at: datetime) -> int:
    """Schedule the first check of every module of a person that is done and never had one; how many.

    It comes when it would have come. Where that day is over it comes tomorrow, and of several one a week, the module
    that was done first at first: nothing lies in the past, and nobody gets all of them at once. Does nothing twice.
    """
    user = db.session.get_one(User, user_id)
    on = clock.local_day(at, user.zone)
    if user.left_on is not None and user.left_on <= clock.company_day(at):
        return 0
    missing: list[tuple[datetime, Enrollment, Course, Module]] = []
    for seen in db.session.scalars(
        select(Enrollment).where(Enrollment.user_id == user_id, Enrollment.state.in_(("active", "satisfied")))
    ).all():
        enrollment = locked(seen)
        course, done = queries.course_of(enrollment), queries.done(enrollment.id)
        known = set(
            db.session.scalars(select(DelayedCheck.module_key).where(DelayedCheck.enrollment_id == enrollment.id))
        )
        for module in course.modules:
            done_at = _done_at(module, done)
            if done_at is not None and module.key not in known:
                missing.append((done_at, enrollment, course, module))
    made, late = 0, 0
    for done_at, enrollment, course, module in sorted(missing, key=lambda one: (one[0], one[1].id, one[3].key)):
        planned = later.first_due(later.plan_of(course, module), clock.local_day(done_at, user.zone))
        due = later.caught_up(planned, on, late)
        if checks.schedule_on(enrollment, course, module, queries.done(enrollment.id), due, at):
            made += 1
            late += due != planned
    return made


def _done_at(module: Module, done: Mapping[str, Done]) -> datetime | None:
    """When the module was done; None for one that is not. One that was tested out of is done as well."""
    times = [done[key].at for key in module.taught_keys if key in done]
    is_done = sequencing.is_complete(module, done) or any(
        done[key].how == "tested_out" for key in module.taught_keys if key in done
    )
    return max(times) if is_done and times else None
