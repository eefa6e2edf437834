"""Who may decide, on which day, and what happens when they are away, gone, slow, or two at once."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from lms import clock
from lms.db import db
from lms.mail.models import Message
from lms.people import service as people
from lms.policy.access import Actor, Permission, allows
from lms.transfer import queries, service
from tests.factories import make_user
from tests.features.transfer import record
from tests.features.transfer.stage import BETTER, DAY, MONDAY, Story, refused


def subjects(user) -> list[str]:
    rows = db.session.scalars(
        select(Message.subject).where(Message.user_id == user.id).order_by(Message.created_at, Message.id)
    )
    return [row.partition(":")[0] for row in rows]


def in_queue(user, story) -> list[tuple[str, str]]:
    rows = queries.waiting_on(user.id, story.today, story.at)
    return [(row.group, row.capacity) for row in rows if row.rep_id == story.rep.id]


DECISIONS = ["approved", "adjusted", "returned"]


@pytest.mark.parametrize("decide", DECISIONS)
@pytest.mark.parametrize("who", ["rosa", "nils", "otis", "vera", "enid"])
def test_only_the_approver_of_the_day_decides(cast, story, decide, who):
    """Not the rep, a colleague, another team's manager, the manager's manager or an admin."""
    story.to_review()
    code = "own_work" if who == "rosa" else "not_approver"
    refused(code, getattr(story, decide), by=getattr(cast, who))
    assert story.activity.status == "in_review"
    assert queries.capacity_of(story.activity, getattr(cast, who).id, story.at) is None


@pytest.mark.parametrize("who", ["rosa", "otis", "enid"])
def test_only_the_approver_observes_and_confirms(cast, story, who):
    by = getattr(cast, who)
    code = "own_work" if who == "rosa" else "not_approver"
    story.to_approved()
    refused(code, story.released, by=by)
    story.released()
    refused(code, story.observed, by=by)
    story.observed()
    story.reported()
    refused(code, story.queried, by=by)
    refused(code, story.verified, by=by)
    if who != "enid":
        story.verified()
        refused(code, service.reopen, story.activity, reason="So.", by=by, at=story.later())


def test_nobody_else_does_the_reps_part(cast, story):
    story.typed()
    for by in (cast.milo, cast.enid, cast.nils):
        refused("not_your_activity", service.submit, story.activity, by=by, at=story.later())
        refused("not_your_activity", story.typed, BETTER, by=by)
    story.submitted()
    refused("not_your_activity", service.withdraw, story.activity, by=cast.milo, at=story.later())
    story.adjusted()
    refused("not_your_activity", service.acknowledge, story.activity, by=cast.milo, at=story.later())


def test_a_manager_who_sells_too_goes_to_the_manager_above(cast):
    """Milo's own work: Vera decides; nobody of his own team, not even as his delegate."""
    story = Story(SimpleNamespace(**{**vars(cast), "rosa": cast.milo}))
    people.grant_role(cast.rosa, "manager", by=cast.enid, at=MONDAY)
    people.delegate(
        cast.vera,
        cast.rosa,
        starts_on=MONDAY.date(),
        ends_on=MONDAY.date() + 5 * DAY,
        reason="Away",
        by=cast.enid,
        at=MONDAY,
    )
    story.to_review()
    refused("own_work", story.approved, by=cast.milo)
    refused("below_the_rep", story.approved, by=cast.rosa)
    assert in_queue(cast.rosa, story) == []
    assert in_queue(cast.milo, story) == []
    assert in_queue(cast.vera, story) == [("decide", "manager")]
    story.approved(by=cast.vera)
    record.check(story.activity)


def test_with_nobody_above_the_admins_decide(cast):
    """Vera's own work goes to enablement; the guard agrees with the service."""
    story = Story(SimpleNamespace(**{**vars(cast), "rosa": cast.vera}))
    story.to_review()
    assert in_queue(cast.enid, story) == [("decide", "admin")]
    assert queries.waits_on(story.activity, story.at).person_id == cast.enid.id
    refused("below_the_rep", story.approved, by=cast.milo)
    story.approved(by=cast.enid)
    assert record.moves(story.activity)[-1].capacity == "admin"
    assert subjects(cast.enid)[0].startswith("Vera Lind asks")


def test_an_admin_never_decides_about_their_own_work(cast):
    story = Story(SimpleNamespace(**{**vars(cast), "rosa": cast.enid}))
    story.to_review()
    refused("own_work", story.approved, by=cast.enid)
    refused("own_work", service.waive, story.activity, reason="Why not", by=cast.enid, at=story.later())
    assert in_queue(cast.enid, story) == []


# Changed, away, gone


def test_an_open_request_follows_the_line_and_decided_ones_stay(cast, story):
    story.to_review().returned()
    story.submitted(BETTER)
    day = story.today + DAY
    people.set_manager(cast.rosa, cast.otis, from_on=day, by=cast.enid, at=story.at)
    assert in_queue(cast.milo, story) == [("decide", "manager")]  # until midnight
    story.at += DAY
    assert in_queue(cast.milo, story) == []
    assert in_queue(cast.otis, story) == [("decide", "manager")]
    refused("not_approver", story.approved, by=cast.milo)
    story.approved(by=cast.otis)
    rows = queries.timeline(story.activity.id)
    assert [row.by_name for row in rows if row.move in {"return", "approve"}] == ["Milo Hart", "Otis Grey"]
    record.check(story.activity)


def test_the_clock_starts_again_for_a_new_manager(cast, story):
    story.to_review()
    first_due = story.activity.review_due_on
    people.set_manager(cast.rosa, cast.otis, from_on=story.today + DAY, by=cast.enid, at=story.at)
    assert service.follow_lines(story.at) == 0
    at = story.later(days=1)
    assert service.remind_due(at) == 0
    assert story.activity.waiting_on_id == cast.otis.id
    assert story.activity.review_due_on == first_due + DAY
    assert story.activity.waiting_since < at - timedelta(hours=20)  # the rep has waited as long as the rep has waited
    assert subjects(cast.otis) == ["Now with you"]
    assert service.follow_lines(at) == 0
    assert len(record.moves(story.activity)) == 1


def test_a_line_that_goes_back_and_forth_tells_each_time_once(cast, story):
    story.to_review()
    for number, manager in enumerate((cast.otis, cast.milo, cast.otis), start=1):
        people.set_manager(cast.rosa, manager, from_on=story.today + DAY, by=cast.enid, at=story.at)
        story.later(days=1)
        assert service.follow_lines(story.at) == 1, number
    assert subjects(cast.otis) == ["Now with you", "Now with you"]


def test_a_delegate_decides_inside_the_dates_only(cast, story):
    story.to_review()
    day = story.today
    people.delegate(
        cast.milo, cast.otis, starts_on=day + DAY, ends_on=day + 2 * DAY, reason="Leave", by=cast.milo, at=story.at
    )
    refused("not_approver", story.approved, by=cast.otis)
    assert in_queue(cast.otis, story) == []
    story.at += DAY
    assert in_queue(cast.otis, story) == [("decide", "delegate")]
    assert queries.waits_on(story.activity, story.at).delegates == ("Otis Grey",)
    story.returned(by=cast.otis)
    assert record.moves(story.activity)[-1].capacity == "delegate"
    story.submitted(BETTER)
    assert subjects(cast.otis)[-1] == "Rosa Diaz asks for your review"
    story.approved(by=cast.milo)  # who is away may still decide
    story.at += 2 * DAY
    refused("not_approver", story.released, by=cast.otis)
    story.released()
    record.check(story.activity)


def test_when_the_manager_leaves_the_next_one_above_decides(cast, story):
    story.to_review()
    people.deactivate(cast.milo, left_on=story.today, by=cast.enid, at=story.at)
    refused("not_approver", story.approved, by=cast.milo)
    assert in_queue(cast.vera, story) == [("decide", "manager")]
    service.remind_due(story.later())
    assert story.activity.waiting_on_id == cast.vera.id
    story.approved(by=cast.vera)
    assert record.moves(story.activity)[-1].capacity == "manager"


def test_when_the_rep_leaves_the_activity_is_canceled(cast, story):
    story.to_field()
    people.deactivate(cast.rosa, left_on=story.today + DAY, by=cast.enid, at=story.at)
    assert service.cancel_ended(story.at) == 0
    assert service.cancel_ended(story.later(days=1)) == 1
    assert service.cancel_ended(story.later(days=1)) == 0
    assert story.activity.status == "cancelled"
    assert record.moves(story.activity)[-1].reason == "The rep has left the company."
    record.check(story.activity)


# Slow


def test_a_slow_manager_is_reminded_then_the_manager_above_may_decide_with_a_reason(cast, story):
    story.to_review()  # on a Monday; three working days
    assert story.activity.review_due_on == date(2026, 3, 5)
    assert service.remind_due(datetime(2026, 3, 4, 20, tzinfo=UTC)) == 0
    at = datetime(2026, 3, 5, 15, tzinfo=UTC)
    assert service.escalate_due(at) == 0  # nobody before the reminder
    assert service.remind_due(at) == 1
    assert service.remind_due(at) == 0
    assert subjects(cast.milo)[-1] == "Still waiting for you"
    assert service.escalate_due(at) == 0
    story.at = at
    refused("not_approver", story.approved, by=cast.vera)
    # Thursday plus one working day is Friday.
    at = story.at = datetime(2026, 3, 6, 15, tzinfo=UTC)
    assert service.escalate_due(at) == 1
    assert service.escalate_due(at) == 0
    assert story.activity.status == "in_review"  # the clock decides nothing
    assert subjects(cast.vera) == ["You may decide for Milo Hart"]
    assert in_queue(cast.vera, story) == [("decide", "stand_in")]
    assert in_queue(cast.milo, story) == [("decide", "manager")]
    assert queries.waits_on(story.activity, at).stand_in == "Vera Lind"
    refused("stand_in_needs_reason", story.approved, by=cast.vera)
    story.approved(by=cast.vera, reason="Milo is at a fair.")
    move = record.moves(story.activity)[-1]
    assert (move.capacity, move.reason) == ("stand_in", "Milo is at a fair.")
    # Who approved for the slow manager also hands over, so that the rep does not wait a second time.
    story.released(by=cast.vera, reason="Milo is at a fair.")
    refused("not_approver", story.observed, by=cast.vera, reason="Still.")
    record.check(story.activity)


def test_the_manager_may_still_decide_after_the_escalation(cast, story):
    story.to_review()
    service.remind_due(story.later(days=3))
    service.escalate_due(story.later(days=1))
    story.approved(by=cast.milo)
    assert record.moves(story.activity)[-1].capacity == "manager"
    assert story.activity.escalated_to_id is None
    refused("not_approver", story.released, by=cast.vera, reason="Late.")
    record.check(story.activity)


def test_an_escalation_is_over_with_its_round(cast, story):
    story.to_review()
    service.remind_due(story.later(days=3))
    service.escalate_due(story.later(days=1))
    story.returned(by=cast.vera, reason="Milo is ill.")
    story.submitted(BETTER)
    assert in_queue(cast.vera, story) == []
    refused("not_approver", story.approved, by=cast.vera, reason="Milo is ill.")
    # … and each round has a clock of its own.
    service.remind_due(story.later(days=6))
    assert [row.move for row in record.moves(story.activity)].count("remind") == 2
    record.check(story.activity)


def test_hand_over_and_results_have_a_clock_too(cast, story):
    story.to_approved()
    assert service.remind_due(story.later(days=3)) == 1
    story.released()
    assert service.remind_due(story.later(days=9)) == 0  # the rep's turn
    story.observed()
    story.reported()
    assert service.remind_due(story.later(days=6)) == 1
    assert service.escalate_due(story.later(days=3)) == 1
    story.verified(by=cast.vera, reason="Milo left early.")
    record.check(story.activity)


def test_weekends_are_not_counted(cast, story):
    story.at = datetime(2026, 3, 6, 15, tzinfo=UTC)  # Friday
    story.to_review()
    assert story.activity.review_due_on == date(2026, 3, 11)


def test_the_target_is_counted_where_the_manager_is(cast):
    """Monday 23:00 in New York is Tuesday in Auckland."""
    cast.milo.zone = "Pacific/Auckland"
    story = Story(cast)
    story.at = datetime(2026, 3, 3, 3, 55, tzinfo=UTC)
    story.to_review()
    assert story.activity.review_due_on == date(2026, 3, 6)
    assert service.remind_due(datetime(2026, 3, 5, 10, 59, tzinfo=UTC)) == 0
    assert service.remind_due(datetime(2026, 3, 5, 11, 0, tzinfo=UTC)) == 1  # Friday there (UTC+13)


def test_without_a_manager_above_an_admin_stands_in(cast):
    story = Story(SimpleNamespace(**{**vars(cast), "rosa": cast.milo}))
    story.to_review()
    service.remind_due(story.later(days=3))
    assert service.escalate_due(story.later(days=1)) == 1
    assert story.activity.escalated_to_id == cast.enid.id
    story.approved(by=cast.enid, reason="Vera is on leave.")
    assert record.moves(story.activity)[-1].capacity == "stand_in"


def test_the_admins_are_reminded_and_there_is_nobody_to_escalate_to(cast):
    story = Story(SimpleNamespace(**{**vars(cast), "rosa": cast.vera}))
    story.to_review()
    assert service.remind_due(story.later(days=3)) == 1
    assert service.escalate_due(story.later(days=5)) == 0
    assert subjects(cast.enid)[-1] == "Still waiting for you"


def test_a_stand_in_who_left_is_replaced(cast, story):
    boss = make_user("Boss", roles=("manager",))
    people.set_manager(cast.vera, boss, from_on=story.today - DAY, by=cast.enid, at=story.at)
    story.to_review()
    service.remind_due(story.later(days=3))
    service.escalate_due(story.later(days=1))
    people.deactivate(cast.vera, left_on=story.today, by=cast.enid, at=story.at)
    service.follow_lines(story.at)
    service.remind_due(story.later(days=6))
    service.escalate_due(story.later(days=3))
    assert story.activity.escalated_to_id == boss.id


# Two at once


def test_the_second_of_two_is_told_what_the_first_decided(cast, story):
    story.to_review()
    people.delegate(
        cast.milo, cast.otis, starts_on=story.today, ends_on=story.today, reason="Fair", by=cast.milo, at=story.at
    )
    story.returned(by=cast.otis)
    decided_at = story.at
    violation = refused("already_decided", story.approved, by=cast.milo, revision=1)
    assert violation.facts == {"by": "Otis Grey", "by_id": cast.otis.id, "at": decided_at, "what": "returned"}
    assert len(record.moves(story.activity)) == 2


def test_the_second_confirmation_is_told_of_the_first(cast, story):
    story.to_results().verified()
    violation = refused("already_decided", story.queried, report=1)
    assert (violation.facts["by"], violation.facts["what"]) == ("Milo Hart", "confirmed")


def test_a_decision_that_arrives_after_the_next_round_was_decided(cast, story):
    story.to_review().returned()
    story.submitted(BETTER)
    story.approved()
    refused("wrong_status", story.approved, revision=1)
    refused("already_decided", story.approved, revision=2)


def test_a_row_changed_behind_the_back_is_refused(cast, story):
    """Where the lock of the row does not hold others off, the version column does."""
    from sqlalchemy.orm.exc import StaleDataError

    story.to_review()
    activity = story.activity
    table = type(activity).__table__
    with db.session.no_autoflush:
        db.session.execute(table.update().where(table.c.id == activity.id).values(lock=activity.lock + 1))
        activity.title = "Somebody else's idea"
        with pytest.raises(StaleDataError):
            db.session.flush()
    db.session.rollback()


# Guards and services agree


@pytest.mark.parametrize("stage", ["to_review", "to_approved", "to_field", "to_results"])
def test_the_guard_allows_whom_the_service_takes(cast, story, stage):
    getattr(story, stage)()
    subject = queries.review_subject(story.activity, story.at)
    for person in vars(cast).values():
        allowed = allows(Actor(person.id), Permission.TRANSFER_DECIDE, subject)
        assert allowed == (queries.capacity_of(story.activity, person.id, story.at) is not None), person.name


def test_days_are_the_companys(cast, story):
    """A line that changes on Tuesday changes at midnight in New York (the tests' company), not in Auckland."""
    cast.milo.zone = "Pacific/Auckland"
    story.to_review()
    people.set_manager(cast.rosa, cast.otis, from_on=date(2026, 3, 3), by=cast.enid, at=story.at)
    before, after = datetime(2026, 3, 3, 4, 59, tzinfo=UTC), datetime(2026, 3, 3, 5, 0, tzinfo=UTC)
    assert clock.company_day(before) == date(2026, 3, 2)
    assert queries.capacity_of(story.activity, cast.milo.id, before) == "manager"
    assert queries.capacity_of(story.activity, cast.milo.id, after) is None
    assert queries.capacity_of(story.activity, cast.otis.id, after) == "manager"
