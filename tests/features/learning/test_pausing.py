"""A course rests while somebody is away: nothing is begun, nothing is overdue, what waits on others goes on."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock
from lms.assessment import service as assessment
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import service
from lms.learning.models import DelayedCheck
from lms.policy.outline import Module
from lms.practice import queries as cards
from lms.practice import service as practice
from lms.practice.models import PracticeCard
from lms.statements.models import LedgerEntry
from tests.features.learning.samples import AT, chunk, course, posttest, publish

DAY = timedelta(days=1)


@pytest.fixture
def enrollment(rosa, milo, enid):
    one = Module("one", "Module one", (chunk("read", prefix="one-"), posttest(items=7, prefix="one-")))
    two = Module("two", "Module two", (chunk("more", prefix="two-"),), requires=("one",))
    version = publish(course(one, two, key="rests"), enid)
    made = service.enroll(rosa.id, version, by=milo, at=AT, due_on=(AT + 30 * DAY).date())
    service.complete_step(made, "one/read", how="read", by=rosa, at=AT)
    service.complete_step(made, "one/posttest", how="passed", by=rosa, at=AT)
    follow(AT)
    return made


def follow(at):
    """What the worker does: practice reads the ledger."""
    for seq in cards.new_sources():
        practice.take_source(seq, at)
    db.session.flush()


def pause(enrollment, by, days):
    service.pause(enrollment, reason="Parental leave", by=by, at=AT + days * DAY)
    follow(AT + days * DAY)


def resume(enrollment, by, days):
    service.resume(enrollment, by=by, at=AT + days * DAY)
    follow(AT + days * DAY)


def days_from_start() -> tuple[set[int], set[int]]:
    """Of checks and of cards: when they are due, counted from the beginning."""
    checks = db.session.scalars(select(DelayedCheck.due_on))
    due = db.session.scalars(select(PracticeCard.due_on))
    return {(day - AT.date()).days for day in checks}, {(day - AT.date()).days for day in due}


def card_states():
    return set(db.session.scalars(select(PracticeCard.state)))


def refused(act, *args, **kwargs) -> str:
    with pytest.raises(RuleViolation) as refusal:
        act(*args, **kwargs)
    return refusal.value.code


def test_everything_moves_by_the_days_away(enrollment, rosa, milo):
    checks, due = days_from_start()
    for _ in range(2):
        pause(enrollment, milo, 0)
    assert enrollment.state == "paused"
    assert card_states() == {"suspended"}
    assert all(row.rests_since for row in db.session.scalars(select(DelayedCheck)))
    for _ in range(2):
        resume(enrollment, milo, 40)
    assert (enrollment.state, enrollment.due_on) == ("active", (AT + 70 * DAY).date())
    assert days_from_start() == ({day + 40 for day in checks}, {day + 40 for day in due})
    assert card_states() == {"scheduled"}
    told = select(LedgerEntry.kind).where(LedgerEntry.kind.in_(("enrollment_paused", "enrollment_resumed")))
    assert list(db.session.scalars(told.order_by(LedgerEntry.seq))) == ["enrollment_paused", "enrollment_resumed"]


def test_nothing_is_begun_meanwhile_and_nobody_pauses_their_own(enrollment, rosa, milo):
    assert refused(service.pause, enrollment, reason="Tired", by=rosa, at=AT) == "own_work"
    assert refused(service.pause, enrollment, reason=" ", by=milo, at=AT) == "reason_missing"
    pause(enrollment, milo, 1)
    act = service.complete_step
    assert refused(act, enrollment, "two/more", how="read", by=rosa, at=AT + 2 * DAY) == "enrollment_paused"
    assert refused(assessment.issue, enrollment, "one/posttest", by=rosa, at=AT + 2 * DAY) == "enrollment_paused"
    assert refused(service.resume, enrollment, by=rosa, at=AT + 2 * DAY) == "own_work"
    service.withdraw(enrollment, reason="Moves", by=milo, at=AT + 2 * DAY)
    for do in (lambda: service.resume(enrollment, by=milo, at=AT), lambda: pause(enrollment, milo, 3)):
        assert refused(do) == "enrollment_not_open"


def test_what_others_decide_meanwhile_counts_and_may_complete_the_course(enrollment, milo):
    pause(enrollment, milo, 1)
    service.complete_step(enrollment, "two/more", how="waived", by=milo, at=AT + 2 * DAY)
    assert enrollment.state == "paused"
    resume(enrollment, milo, 5)
    assert enrollment.state == "satisfied"


def test_a_module_done_meanwhile_has_its_check_and_cards_set_aside(enrollment, rosa, milo):
    pause(enrollment, milo, 1)
    for row in db.session.scalars(select(DelayedCheck)):
        db.session.delete(row)
    db.session.flush()
    service.complete_step(enrollment, "two/more", how="passed", by=milo, at=AT + 2 * DAY)
    follow(AT + 2 * DAY)
    assert card_states() == {"suspended"}
    assert all(row.rests_since for row in db.session.scalars(select(DelayedCheck)))


def test_a_pause_outlasts_the_persons_own_leave_and_the_other_way_round(enrollment, rosa, milo):
    pause(enrollment, milo, 2)
    practice.leave(rosa, AT + 3 * DAY)
    practice.come_back(rosa, AT + 5 * DAY)
    assert card_states() == {"suspended"}
    assert all(row.rests_since for row in db.session.scalars(select(DelayedCheck)))
    practice.leave(rosa, AT + 6 * DAY)
    resume(enrollment, milo, 8)
    assert card_states() == {"suspended"}
    assert all(row.rests_since for row in db.session.scalars(select(DelayedCheck)))
    practice.come_back(rosa, AT + 10 * DAY)
    assert card_states() == {"scheduled"}
    assert not any(row.rests_since for row in db.session.scalars(select(DelayedCheck)))


def test_on_the_pages(visit, enrollment, rosa, milo, otis):
    path = f"/courses/{enrollment.id}/pause"
    db.session.commit()
    assert visit(otis).send(path, {"reason": "Leave"}, page="/account").status_code == 404
    assert visit(rosa).send(path, {"reason": "Leave"}, page="/account").status_code == 403
    browser = visit(milo)
    assert browser.send(path, {"reason": "Parental leave"}, page="/account").status_code == 303
    assert "Let it go on" in browser.get(f"/people/{rosa.id}/enrollments").text
    trail = visit(rosa).get(f"/courses/{enrollment.id}").text
    day = clock.local_day(clock.now(), rosa.zone)
    assert "Paused since" in trail
    assert f"{day:%b} {day.day}" in trail
    assert "By Milo Hart: Parental leave" in trail
    browser = visit(milo)
    assert browser.send(f"{path}/end", {}, page="/account").status_code == 303
    assert "Paused since" not in visit(rosa).get(f"/courses/{enrollment.id}").text
