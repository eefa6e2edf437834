"""What has stayed: who of the demo company took which later check, and for whom one waits today."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from lms import clock
from lms.assessment import service as assessment
from lms.db import db
from lms.demo.journey import Journey
from lms.learning import check_queries
from lms.learning import queries as learning
from lms.learning.models import DelayedCheck
from lms.people import service as people
from lms.people.models import User

FORGETFUL = frozenset({"caleb", "samir", "marcus", "hanna"})  # the first check does not go well
TOO_BUSY = frozenset({"jonah", "darius", "anya"})  # do not come to it
MORE_TIME = "nils"


def play(staff: Mapping[str, User], at: datetime) -> None:
    """Every check whose days are over was taken on its second day, or let go by; what is open today waits."""
    keys = {user.id: key for key, user in staff.items()}
    while over := _over(at):
        for check in over:
            user = db.session.get_one(User, check.user_id)
            on = datetime.combine(check.due_on + timedelta(days=1), time(10), ZoneInfo(user.zone)).astimezone(clock.UTC)
            enrollment = learning.enrollment(check.enrollment_id)
            if enrollment is None or enrollment.state not in check_queries.MAY_SIT or keys[user.id] in TOO_BUSY:
                closed = datetime.combine(check.closes_on + timedelta(days=1), time(1), ZoneInfo(user.zone))
                assessment.let_check_go(check.id, at=closed.astimezone(clock.UTC))
                continue
            share = 0.45 if keys[user.id] in FORGETFUL and check.number == 1 else 0.99
            Journey.resume(user, enrollment, at=on).sit(check.step_key, share=share)


def _over(at: datetime) -> Iterable[DelayedCheck]:
    day = clock.company_day(at) - timedelta(days=1)  # a day's grace for every zone
    return db.session.scalars(
        select(DelayedCheck)
        .where(DelayedCheck.state == "scheduled", DelayedCheck.closes_on < day)
        .order_by(DelayedCheck.due_on, DelayedCheck.id)
    ).all()


def give_time(staff: Mapping[str, User], by: User, at: datetime) -> None:
    user = staff[MORE_TIME]
    people.give_time(
        user,
        time_percent=150,
        starts_on=clock.local_day(at - timedelta(days=60), user.zone),
        ends_on=None,
        reason="Reads with a screen magnifier.",
        by=by,
        at=at - timedelta(days=60),
    )
