"""Modules that were done before there were later checks get theirs: never in the past, all at once or twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock
from lms.db import db
from lms.learning import service as learning
from lms.learning.models import DelayedCheck
from lms.people import service as people
from lms.policy.outline import Module
from lms.practice import service as practice
from tests.features.learning.samples import AT, chunk, course, posttest, publish

DAY = timedelta(days=1)
PLAN = 14  # days after which a check comes where the author says nothing
KEYS = ("one", "two", "three")


@pytest.fixture
def enrollment(rosa, milo, enid):
    def module(key):
        test = posttest(items=7, prefix=f"{key}-")
        return Module(key, f"Module {key}", (chunk(f"{key}-read", prefix=f"{key}-"), test))

    return learning.enroll(rosa.id, publish(course(*map(module, KEYS), key="old"), enid), by=milo, at=AT)


def done_before(enrollment, rosa, **days_after):
    """Modules done as before the upgrade: without a check."""
    for key, days in days_after.items():
        for step in (f"{key}-read", "posttest"):
            learning.complete_step(enrollment, f"{key}/{step}", how="passed", by=rosa, at=AT + days * DAY)
    for row in db.session.scalars(select(DelayedCheck)).all():
        db.session.delete(row)
    db.session.flush()


def checks():
    """Module, number, and the days from the beginning to the first and the last day."""
    rows = db.session.scalars(select(DelayedCheck).order_by(DelayedCheck.due_on)).all()
    return [(row.module_key, row.number, (row.due_on - AT.date()).days) for row in rows]


def test_a_check_comes_when_it_would_have_come_or_soon_and_one_a_week(enrollment, rosa):
    done_before(enrollment, rosa, one=3, two=1, three=95)
    at = AT + 100 * DAY
    assert [learning.catch_up(rosa.id, at) for _ in range(2)] == [3, 0]
    # The second module was done first; the third is not over yet and comes on its own day.
    assert checks() == [("two", 1, 101), ("one", 1, 108), ("three", 1, 95 + PLAN)]
    rows = db.session.scalars(select(DelayedCheck)).all()
    assert all(row.due_on > clock.local_day(at, rosa.zone) for row in rows)
    assert {(row.closes_on - row.due_on).days for row in rows} == {rows[0].open_days - 1}


def test_what_is_not_done_or_has_a_check_gets_none(enrollment, rosa):
    done_before(enrollment, rosa, one=0)
    learning.complete_step(enrollment, "two/two-read", how="read", by=rosa, at=AT)
    for step in ("three-read", "posttest"):
        learning.complete_step(enrollment, f"three/{step}", how="passed", by=rosa, at=AT)
    assert learning.catch_up(rosa.id, AT + DAY) == 1
    assert sorted(checks()) == [("one", 1, PLAN), ("three", 1, PLAN)]


def test_who_withdrew_or_left_is_asked_nothing(enrollment, rosa, enid):
    done_before(enrollment, rosa, one=0)
    people.deactivate(rosa, left_on=(AT + DAY).date(), by=enid, at=AT)
    assert learning.catch_up(rosa.id, AT + 2 * DAY) == 0
    learning.withdraw(enrollment, reason="Moves.", by=enid, at=AT)
    assert learning.catch_up(rosa.id, AT) == 0


def test_the_command_lets_those_on_leave_rest(app, enrollment, rosa):
    done_before(enrollment, rosa, one=0)
    practice.leave(rosa, clock.now())
    db.session.commit()
    said = [app.test_cli_runner().invoke(args=["checks", "catch-up"]).output for _ in range(2)]
    assert said == ["1 checks scheduled, for 1 people\n", "0 checks scheduled, for 0 people\n"]
    (row,) = db.session.scalars(select(DelayedCheck)).all()
    assert row.rests_since == clock.local_day(clock.now(), rosa.zone)
