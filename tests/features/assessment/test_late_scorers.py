"""Whoever is late to score is reminded, and the next one above is asked, as with a slow review. The clock only asks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from lms import clock, worker
from lms.assessment import queries, scoring_queries, service, waiting_queries
from lms.assessment.models import AttemptScoring, ScoringWait
from lms.assessment.service import Marks
from lms.catalog import queries as catalog
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import service as learning
from lms.mail.models import Message
from lms.people import service as people
from lms.policy.outline import Module
from lms.statements.models import LedgerEntry
from tests.conftest import make_settings
from tests.features.learning.samples import AT, course, posttest, publish, written

TEST = replace(posttest(attempts=2), items=(written("letter"),))
COURSE = course(Module("one", "Module one", (TEST,)), key="late")
BEST = {"letter": Marks({"reason": 3, "request": 4})}
LEVELS = {"level.letter.reason": "3", "level.letter.request": "4"}
DUE = datetime(2026, 3, 5, 15, tzinfo=UTC)  # AT is a Monday; three working days later
NEXT = DUE + timedelta(days=1)


@pytest.fixture(autouse=True)
def late():
    """What pages and lines take for today."""
    with time_machine.travel(NEXT, tick=False):
        yield


@pytest.fixture
def attempt(rosa, milo, enid):
    """A letter of Rosa's that waits since Monday."""
    return handed_in(rosa, publish(COURSE, enid), by=milo)


def handed_in(learner, version, *, by):
    enrollment = learning.enroll(learner.id, version, by=by, at=AT)
    made = service.issue(enrollment, "one/posttest", by=learner, at=AT)
    service.save_answers(queries.sitting(made.id, for_update=True), {"letter": {"text": "A fact."}}, at=AT)
    service.submit(queries.sitting(made.id, for_update=True), at=AT)
    return made


def told(person):
    """Subjects of mails about scoring, without the title at their end."""
    rows = db.session.scalars(
        select(Message).where(Message.user_id == person.id, Message.kind == "scoring_waits").order_by(Message.id)
    )
    return [row.subject.split(":")[0] for row in rows if "handed in" not in row.subject]


def waiting_on(person, at):
    rows = scoring_queries.waiting_on(person.id, clock.company_day(at), at)
    return [(row.is_overdue, row.stands_in) for row in rows]


def score(attempt, by, at, reason=""):
    return service.score_attempt(queries.sitting(attempt.id), BEST, by=by, at=at, reason=reason)


def test_a_late_manager_is_reminded_then_the_next_one_above_may_score_with_a_reason(attempt, rosa, milo, vera):
    assert service.watch_scoring(attempt.id, datetime(2026, 3, 4, 20, tzinfo=UTC)) is False
    assert [service.watch_scoring(attempt.id, DUE) for _ in range(2)] == [True, False]
    assert told(milo) == ["Still waiting for you"]
    assert (waiting_on(milo, DUE), waiting_on(milo, NEXT)) == ([(False, False)], [(True, False)])
    assert waiting_on(vera, NEXT) == []
    # Thursday plus one working day is Friday.
    assert [service.watch_scoring(attempt.id, NEXT) for _ in range(2)] == [True, False]
    assert told(vera) == ["You may score for Milo Hart"]
    assert (waiting_on(milo, NEXT), waiting_on(vera, NEXT)) == ([(True, False)], [(True, True)])
    (own,) = scoring_queries.facts_of_person(rosa.id, NEXT).values()
    assert (own.is_reminded, own.escalated_to, own.escalated_at) == (True, "Vera Lind", NEXT)
    with pytest.raises(RuleViolation, match="score_needs_reason"):
        score(attempt, vera, NEXT, " ")
    assert score(attempt, vera, NEXT, "Milo is at a fair.").passed
    kept = db.session.scalars(select(AttemptScoring)).one()
    assert (kept.scored_by_id, kept.reason) == (vera.id, "Milo is at a fair.")
    kinds = db.session.scalars(select(LedgerEntry.kind).where(LedgerEntry.kind.startswith("scoring_"))).all()
    assert sorted(kinds) == ["scoring_escalated", "scoring_reminded"]
    assert service.watch_scoring(attempt.id, NEXT + timedelta(days=30)) is False
    assert waiting_queries.awaiting() == ()


def test_after_the_next_one_above_at_last_an_admin_hears_of_it(attempt, vera, enid):
    service.watch_scoring(attempt.id, DUE)
    service.watch_scoring(attempt.id, NEXT)
    assert service.watch_scoring(attempt.id, NEXT + timedelta(days=4)) is False
    # Friday plus three working days is Wednesday.
    assert service.watch_scoring(attempt.id, NEXT + timedelta(days=5)) is True
    assert told(enid) == ["You may score for Milo Hart"]
    assert service.watch_scoring(attempt.id, NEXT + timedelta(days=90)) is False
    assert waiting_on(vera, NEXT + timedelta(days=6)) == []


def test_the_manager_in_time_hears_nothing_and_gives_no_reason(attempt, milo):
    score(attempt, milo, AT, "not asked for")
    assert service.watch_scoring(attempt.id, DUE) is False
    assert (told(milo), db.session.scalars(select(AttemptScoring.reason)).one()) == ([], "")


def test_the_clock_begins_again_for_another_manager(attempt, rosa, otis, milo, enid):
    service.watch_scoring(attempt.id, DUE)
    people.set_manager(rosa, otis, from_on=NEXT.date(), by=enid, at=NEXT)
    assert service.watch_scoring(attempt.id, NEXT) is True
    assert told(otis) == ["Now with you"]
    wait = waiting_queries.wait(attempt.id)
    assert (wait.waiting_on_id, wait.due_on, wait.reminded_at) == (otis.id, date(2026, 3, 11), None)
    assert service.watch_scoring(attempt.id, NEXT + timedelta(days=1)) is False


def test_who_no_longer_stands_above_stands_in_no_more(attempt, milo, vera, enid):
    service.watch_scoring(attempt.id, DUE)
    service.watch_scoring(attempt.id, NEXT)
    people.set_manager(milo, None, from_on=NEXT.date(), by=enid, at=NEXT)
    assert waiting_on(vera, NEXT) == []
    service.watch_scoring(attempt.id, NEXT)
    assert waiting_queries.wait(attempt.id).escalated_to_id == enid.id


def test_what_was_handed_in_before_waits_were_kept_gets_its_clock_now(attempt, milo):
    db.session.delete(waiting_queries.wait(attempt.id))
    db.session.flush()
    assert service.watch_scoring(attempt.id, DUE) is True
    assert db.session.scalars(select(ScoringWait)).one().due_on == date(2026, 3, 10)
    assert told(milo) == []


def test_where_nobody_is_above_the_admins_are_reminded_and_nobody_follows(enid, vera):
    enrollment = learning.enroll(vera.id, publish(COURSE, enid), by=enid, at=AT)
    made = service.issue(enrollment, "one/posttest", by=vera, at=AT)
    service.save_answers(queries.sitting(made.id, for_update=True), {"letter": {"text": "A fact."}}, at=AT)
    service.submit(queries.sitting(made.id, for_update=True), at=AT)
    service.watch_scoring(made.id, DUE)
    assert told(enid) == ["Still waiting for you"]
    assert service.watch_scoring(made.id, DUE + timedelta(days=60)) is False


def test_many_late_answers_take_no_more_statements_than_one(cast, attempt, vera, count_statements):
    def counted():
        db.session.expire_all()
        count_statements.statements.clear()
        found = waiting_on(vera, NEXT)
        return len(found), len(count_statements.statements)

    service.watch_scoring(attempt.id, DUE)
    service.watch_scoring(attempt.id, NEXT)
    one, few = counted()
    version = catalog.version(queries.sitting(attempt.id).enrollment.version_id)
    for learner in (cast.nils, cast.olga):
        other = handed_in(learner, version, by=cast.milo)
        service.watch_scoring(other.id, DUE)
        service.watch_scoring(other.id, NEXT)
    many, as_few = counted()
    assert (one, many) == (1, 3)
    assert as_few == few


def test_the_worker_watches(attempt, milo, tmp_path):
    db.session.commit()
    [duty] = [one for one in worker.duties(make_settings("sqlite://", tmp_path), {}) if one.name == "watch-scoring"]
    duty.run(DUE)
    assert told(milo) == ["Still waiting for you"]


def test_nobody_is_pressed_for_who_was_withdrawn(attempt, enid):
    assert waiting_queries.awaiting() == (attempt.id,)
    enrollment = queries.sitting(attempt.id).enrollment
    learning.withdraw(enrollment, reason="Left the team.", by=enid, at=AT)
    assert waiting_queries.awaiting() == ()


def test_the_pages_say_so(attempt, visit, rosa, milo, vera):
    page = f"/attempts/{attempt.id}/scoring"
    assert visit(vera).get(page).status_code == 403
    service.watch_scoring(attempt.id, DUE)
    service.watch_scoring(attempt.id, NEXT)
    assert "waits 4 days, overdue" in visit(milo).get("/queue").text
    assert "escalated to you" in visit(vera).get("/queue").text
    assert "Vera Lind was asked on" in visit(rosa).get(f"/attempts/{attempt.id}/result").text
    boss = visit(vera)
    refused = boss.send(page, LEVELS, page=page)
    assert (refused.status_code, "Write why." in refused.text) == (422, True)
    assert boss.send(page, {**LEVELS, "reason": "Milo is at a fair."}, page=page).status_code == 303
    assert "in place of the manager: Milo is at a fair." in visit(milo).get(page).text
    assert "in place of the manager: Milo is at a fair." in visit(rosa).get(f"/attempts/{attempt.id}/result").text
