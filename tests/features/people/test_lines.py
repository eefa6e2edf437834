"""Lines, teams and delegations: dated, never two at once, no circles, everything on record."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lms.errors import RuleViolation
from lms.people import directory, queries, service
from lms.people.models import Delegation, ReportingLine
from lms.statements.models import LedgerEntry
from tests.factories import make_user

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TODAY = AT.date()
DAY = timedelta(days=1)


def lines_of(session, user):
    rows = session.query(ReportingLine).filter_by(user_id=user.id).order_by(ReportingLine.starts_on)
    return [(row.manager_id, row.starts_on, row.ends_on) for row in rows]


def recorded(session, kind):
    return session.query(LedgerEntry).filter_by(kind=kind).order_by(LedgerEntry.seq).all()


def test_a_new_manager_ends_the_line_the_same_day(session, cast):
    service.set_manager(cast.rosa, cast.otis, from_on=TODAY, by=cast.enid, at=AT)
    (first, second) = lines_of(session, cast.rosa)
    assert (first[0], first[2]) == (cast.milo.id, TODAY)
    assert second == (cast.otis.id, TODAY, None)
    (entry,) = recorded(session, "line_changed")
    assert (entry.actor_id, entry.subject_id) == (cast.enid.id, cast.rosa.id)
    assert entry.facts["manager"]["name"] == "Otis Grey"


def test_the_same_manager_again_is_no_act(session, cast):
    service.set_manager(cast.rosa, cast.milo, from_on=TODAY, by=cast.enid, at=AT)
    assert len(lines_of(session, cast.rosa)) == 1
    assert recorded(session, "line_changed") == []


def test_twice_on_one_day_leaves_the_last(session, cast):
    service.set_manager(cast.rosa, cast.otis, from_on=TODAY, by=cast.enid, at=AT)
    service.set_manager(cast.rosa, cast.vera, from_on=TODAY, by=cast.enid, at=AT)
    assert lines_of(session, cast.rosa)[1:] == [(cast.vera.id, TODAY, None)]
    assert len(recorded(session, "line_changed")) == 2


def test_a_planned_change_stays_planned(session, cast):
    service.set_manager(cast.rosa, cast.vera, from_on=TODAY + 10 * DAY, by=cast.enid, at=AT)
    service.set_manager(cast.rosa, cast.otis, from_on=TODAY, by=cast.enid, at=AT)
    assert lines_of(session, cast.rosa)[1:] == [
        (cast.otis.id, TODAY, TODAY + 10 * DAY),
        (cast.vera.id, TODAY + 10 * DAY, None),
    ]


def test_a_line_before_all_others_ends_where_they_begin(session, cast):
    early = date(2019, 1, 1)
    service.set_manager(cast.rosa, cast.otis, from_on=early, by=cast.enid, at=AT)
    assert lines_of(session, cast.rosa)[0] == (cast.otis.id, early, date(2020, 1, 1))


def test_nobody_as_manager(session, cast):
    assert service.set_manager(cast.rosa, None, from_on=TODAY, by=cast.enid, at=AT) is None
    assert queries.managers_above(cast.rosa.id, TODAY) == ()
    assert queries.managers_above(cast.rosa.id, TODAY - DAY)[0] == cast.milo.id


@pytest.mark.parametrize(
    ("who", "manager", "code"),
    [
        ("rosa", "rosa", "own_manager"),
        ("milo", "rosa", "reporting_loop"),
        ("vera", "rosa", "reporting_loop"),
    ],
)
def test_circles_are_refused(cast, who, manager, code):
    with pytest.raises(RuleViolation) as refused:
        service.set_manager(getattr(cast, who), getattr(cast, manager), from_on=TODAY, by=cast.enid, at=AT)
    assert refused.value.code == code


def test_a_circle_on_a_later_planned_day_is_refused(cast):
    service.set_manager(cast.otis, cast.milo, from_on=TODAY + 5 * DAY, by=cast.enid, at=AT)
    with pytest.raises(RuleViolation) as refused:
        service.set_manager(cast.milo, cast.otis, from_on=TODAY, by=cast.enid, at=AT)
    assert refused.value.code == "reporting_loop"
    assert refused.value.facts["on"] == TODAY + 5 * DAY


def test_a_circle_through_somebody_who_left_is_refused(session, cast):
    cast.milo.left_on = TODAY
    session.flush()
    with pytest.raises(RuleViolation) as refused:
        service.set_manager(cast.vera, cast.rosa, from_on=TODAY, by=cast.enid, at=AT)
    assert refused.value.code == "reporting_loop"


def test_who_left_becomes_nobodys_manager(session, cast):
    cast.otis.left_on = TODAY
    session.flush()
    with pytest.raises(RuleViolation) as refused:
        service.set_manager(cast.rosa, cast.otis, from_on=TODAY, by=cast.enid, at=AT)
    assert refused.value.code == "manager_left"


def test_teams_are_dated_like_lines(session, cast):
    east = service.team_named("East")
    service.join_team(cast.rosa, east, from_on=TODAY, by=cast.enid, at=AT)
    assert queries.team_of(cast.rosa.id, TODAY - DAY).name == "North"
    assert queries.team_of(cast.rosa.id, TODAY).name == "East"
    service.leave_team(cast.rosa, from_on=TODAY + DAY, by=cast.enid, at=AT)
    assert queries.team_of(cast.rosa.id, TODAY + DAY) is None
    assert [row.what for row in directory.team_history(cast.rosa.id)] == ["East", "North"]


def test_team_named_finds_what_is_there(session, cast):
    east = service.team_named("East Coast")
    assert service.team_named("  east   coast ") is east
    assert service.team_named("Österreich") is service.team_named("ÖSTERREICH")
    similar = service.team_named("East-Coast")
    assert similar is not east
    assert similar.key != east.key


# Delegations


def delegate(cast, to, first=TODAY, last=TODAY + DAY, reason="vacation"):
    return service.delegate(cast.milo, to, starts_on=first, ends_on=last, reason=reason, by=cast.milo, at=AT)


def test_a_delegation_is_recorded_with_its_reason(session, cast):
    made = delegate(cast, cast.otis)
    (entry,) = recorded(session, "delegation_made")
    assert (entry.record_id, entry.reason, entry.subject_id) == (made.id, "vacation", cast.milo.id)
    assert queries.acting_approvers(cast.rosa.id, TODAY).delegate_ids == {cast.otis.id}


def test_a_colleague_of_the_reps_may_not_stand_in(cast):
    """They would see the tests and the numbers of those who learn beside them."""
    with pytest.raises(RuleViolation) as refused:
        delegate(cast, cast.nils)
    assert refused.value.code == "delegate_manages_nobody"
    assert cast.nils.id not in {row.id for row in directory.colleagues(cast.milo.id, TODAY)}


@pytest.mark.parametrize("who", ["otis", "vera", "enid"])
def test_managers_and_admins_are_offered_and_may(cast, who):
    """By what they do as by their role: Vera leads, Enid is an admin."""
    stand_in = getattr(cast, who)
    assert stand_in.id in {row.id for row in directory.colleagues(cast.milo.id, TODAY)}
    delegate(cast, stand_in)
    assert cast.rosa.id in queries.reps_waiting_on(stand_in.id, TODAY)


def test_a_player_coach_may_stand_in_for_another(session, cast):
    """Somebody who manages one person today needs no role for it."""
    service.set_manager(cast.olga, cast.nils, from_on=TODAY, by=cast.enid, at=AT)
    delegate(cast, cast.nils)
    assert queries.reps_waiting_on(cast.nils.id, TODAY) == {cast.rosa.id, cast.olga.id}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "  "}, "delegation_without_reason"),
        ({"last": TODAY - DAY}, "delegation_ends_before_start"),
        ({"last": TODAY + 400 * DAY}, "delegation_too_long"),
    ],
)
def test_refused_delegations(cast, changes, code):
    with pytest.raises(RuleViolation) as refused:
        delegate(cast, cast.otis, **changes)
    assert refused.value.code == code


def test_nobody_stands_in_for_themselves(cast):
    with pytest.raises(RuleViolation) as refused:
        delegate(cast, cast.milo)
    assert refused.value.code == "own_delegate"


def test_who_cannot_sign_in_cannot_stand_in(session, cast):
    silent = make_user("Silent", email=None)
    with pytest.raises(RuleViolation) as refused:
        delegate(cast, silent)
    assert refused.value.code == "delegate_cannot_sign_in"


def test_who_leaves_meanwhile_cannot_stand_in(session, cast):
    cast.otis.left_on = TODAY + DAY
    session.flush()
    with pytest.raises(RuleViolation) as refused:
        delegate(cast, cast.otis)
    assert refused.value.code == "delegate_left"


def test_the_same_person_twice_on_one_day_is_refused(cast):
    delegate(cast, cast.otis)
    with pytest.raises(RuleViolation) as refused:
        delegate(cast, cast.otis, first=TODAY + DAY, last=TODAY + 2 * DAY)
    assert refused.value.code == "delegation_overlaps"
    delegate(cast, cast.vera)  # a second person is fine


def test_ending_takes_the_power_at_once_and_keeps_what_was(session, cast):
    made = delegate(cast, cast.otis, first=TODAY - 3 * DAY, last=TODAY + 3 * DAY)
    service.end_delegation(made, on=TODAY, by=cast.milo, at=AT)
    assert queries.acting_approvers(cast.rosa.id, TODAY).delegate_ids == frozenset()
    assert queries.acting_approvers(cast.rosa.id, TODAY - DAY).delegate_ids == {cast.otis.id}
    assert recorded(session, "account_changed")[-1].facts["change"] == "delegation_ended"


def test_one_that_has_not_begun_is_taken_back(session, cast):
    made = delegate(cast, cast.otis, first=TODAY + DAY, last=TODAY + 2 * DAY)
    service.end_delegation(made, on=TODAY, by=cast.milo, at=AT)
    assert session.get(Delegation, made.id) is None
    assert len(recorded(session, "delegation_made")) == 1


def test_one_that_is_over_cannot_be_ended(session, cast):
    made = delegate(cast, cast.otis, first=TODAY - 3 * DAY, last=TODAY - DAY)
    with pytest.raises(RuleViolation) as refused:
        service.end_delegation(made, on=TODAY, by=cast.milo, at=AT)
    assert refused.value.code == "delegation_over"
