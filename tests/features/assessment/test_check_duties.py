"""The worker tells of later checks and lets them go, commits one by one, and says nothing twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock, worker
from lms.db import db
from lms.learning import service as learning
from lms.learning.models import DelayedCheck
from lms.mail.models import Message
from lms.people.models import User
from lms.practice import service as practice
from tests.factories import make_user
from tests.features.assessment.test_delayed import done_at, made_course
from tests.features.learning.samples import publish

DAY = timedelta(days=1)
NAMES = ("Rosa Diaz", "Ben Ode", "Nils Berg")


@pytest.fixture
def due(own_app):
    """Of three people: the check of the first was due for a day, of the second is long over, the third is on leave."""
    with own_app.app_context():
        now = clock.now()
        enid = make_user("Enid Shaw", roles=("admin",))
        version = publish(made_course(), enid)
        for name, ago in zip(NAMES, (15, 60, 60), strict=True):
            rep = make_user(name)
            enrollment = learning.enroll(rep.id, version, by=enid, at=now - 70 * DAY)
            done_at(enrollment, rep, now - ago * DAY)
        practice.leave(db.session.scalars(select(User).where(User.name == "Nils Berg")).one(), now - 50 * DAY)
        db.session.commit()
        yield own_app


def run(app, name, at):
    [duty] = [one for one in worker.duties(app.config["SETTINGS"], {}) if one.name == name]
    duty.run(at)


def states():
    rows = db.session.execute(
        select(User.name, DelayedCheck.number, DelayedCheck.state)
        .join(User, User.id == DelayedCheck.user_id)
        .order_by(User.name, DelayedCheck.number)
    )
    return [tuple(row) for row in rows]


def test_whoever_has_a_check_waiting_is_told_once(due):
    noon = clock.now().replace(hour=12)
    workday = noon + max(0, 7 - noon.weekday()) % 7 * DAY if noon.weekday() >= clock.SATURDAY else noon
    for _ in range(2):
        run(due, "check-mail", workday)
    assert [one.subject for one in db.session.scalars(select(Message))] == ["What has stayed of “Module one”?"]


def test_what_nobody_took_goes_by_once_and_leave_is_respected(due):
    for _ in range(2):
        run(due, "checks-gone-by", clock.now())
    assert states() == [
        ("Ben Ode", 1, "lapsed"),
        ("Ben Ode", 2, "scheduled"),
        ("Nils Berg", 1, "scheduled"),
        ("Rosa Diaz", 1, "scheduled"),
    ]
