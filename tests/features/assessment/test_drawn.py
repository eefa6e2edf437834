"""Attempts on drawn forms: another form for a retake, nothing retired, and a form that later moves leave alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock
from lms.assessment import queries, service
from lms.catalog import bank
from lms.catalog.models import ItemLine
from lms.learning import service as learning
from lms.policy.item_states import ItemMove
from lms.policy.outline import Module
from tests.features.learning.samples import chunk, course, posttest, publish, single

AT = clock.now() - timedelta(days=20)


@pytest.fixture
def enrollment(rosa, milo, enid):
    items = tuple(replace(single(f"{band}{n}"), band=band) for band in ("easy", "hard") for n in range(4))
    test = replace(posttest(), items=items, draws=4)
    made = course(Module("one", "Module one", (chunk("a"), test)), key="drawn")
    enrolled = learning.enroll(rosa.id, publish(made, enid), by=milo, at=AT)
    learning.complete_step(enrolled, "one/a", how="read", by=rosa, at=AT)
    return enrolled


def sit(enrollment, rosa, days):
    """The keys on the form of an attempt, which is handed in empty."""
    attempt = service.issue(enrollment, "one/posttest", by=rosa, at=AT + timedelta(days=days))
    sitting = queries.sitting(attempt.id)
    keys = {one.key for one in sitting.form.items}
    assert {item.key for item in sitting.items} == keys
    service.submit(sitting, at=AT + timedelta(days=days, minutes=5))
    return keys


def retire(session, key, by):
    line = session.scalars(select(ItemLine).where(ItemLine.key == key)).one()
    bank.move(line, ItemMove.RETIRE, comment="Disputed.", lock=line.lock, by=by, at=AT)
    session.flush()


def test_a_retake_meets_another_form(enrollment, rosa):
    first, second, third = (sit(enrollment, rosa, days) for days in (1, 3, 5))
    assert [sum(key.startswith("easy") for key in keys) for keys in (first, second, third)] == [2, 2, 2]
    assert not first & second
    assert third == first, "what was seen longest ago comes back first"


def test_what_was_retired_is_not_asked_again(session, enrollment, rosa, enid):
    first = sit(enrollment, rosa, 1)
    gone = {f"{band}{n}" for band in ("easy", "hard") for n in range(4)} - first
    retired = sorted(gone)[0]
    retire(session, retired, enid)
    second = sit(enrollment, rosa, 3)
    assert retired not in second
    assert len(second) == 4


def test_an_open_attempt_keeps_what_was_retired_meanwhile(session, enrollment, rosa, enid):
    attempt = service.issue(enrollment, "one/posttest", by=rosa, at=AT + timedelta(days=1))
    sitting = queries.sitting(attempt.id)
    retire(session, sitting.form.items[0].key, enid)
    for item in sitting.items:
        service.save_answer(sitting, item.key, {"choice": "a"}, client_id=item.key, at=AT + timedelta(days=1))
    done = service.submit(sitting, at=AT + timedelta(days=1, minutes=9))
    assert done.passed
    [row] = queries.attempts_of(enrollment.id, "one/posttest")
    assert row.grade.possible == 4
