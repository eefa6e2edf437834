"""Who reports to whom on which day, and who may decide: what every guard and queue stands on."""

from datetime import date, timedelta

import pytest

from lms.people import queries
from lms.people.models import Delegation, ReportingLine, RoleGrant
from lms.policy.access import Actor, Permission, allows
from tests.factories import CREATED, LONG_AGO, make_team, make_user

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)


def stand_in(session, manager, delegate, first=TODAY, last=TODAY):
    session.add(
        Delegation(
            manager_id=manager.id,
            delegate_id=delegate.id,
            starts_on=first,
            ends_on=last,
            reason="vacation",
            created_at=CREATED,
        )
    )
    session.flush()


def move(session, user, manager, on):
    """From `on` the person reports to another manager."""
    line = session.query(ReportingLine).filter_by(user_id=user.id, ends_on=None).one()
    line.ends_on = on
    session.flush()
    session.add(ReportingLine(user_id=user.id, manager_id=manager.id, starts_on=on))
    session.flush()


def may_decide(actor, owner, on=TODAY):
    return allows(Actor(actor.id), Permission.TRANSFER_DECIDE, queries.subject(owner.id, on))


# The viewer


def test_viewer_in_one_statement(session, cast, count_statements):
    count_statements.statements.clear()
    viewer = queries.viewer(cast.milo.session_token, TODAY)
    assert len(count_statements) == 1
    assert (viewer.id, viewer.name, viewer.roles) == (cast.milo.id, "Milo Hart", frozenset({"manager"}))
    assert viewer.manages_people
    assert viewer.get_id() == cast.milo.session_token
    assert viewer.is_authenticated


def test_viewer_has_open_roles_only(session, enid):
    grant = session.query(RoleGrant).filter_by(user_id=enid.id, role="author").one()
    grant.revoked_on = TODAY
    session.flush()
    assert queries.viewer(enid.session_token, TODAY).roles == {"admin"}


def test_viewer_without_roles(session):
    assert queries.viewer(make_user("Plain").session_token, TODAY).roles == frozenset()


def test_viewer_of_a_rotated_token_is_nobody(session, rosa):
    before = rosa.session_token
    rosa.session_token = "another"
    session.flush()
    assert queries.viewer(before, TODAY) is None


@pytest.mark.parametrize(("left_on", "is_here"), [(TODAY + DAY, True), (TODAY, False), (TODAY - DAY, False)])
def test_who_left_is_nobody_from_that_day(session, rosa, left_on, is_here):
    rosa.left_on = left_on
    session.flush()
    assert (queries.viewer(rosa.session_token, TODAY) is not None) is is_here


def test_a_delegate_manages_people_on_their_days(session, cast):
    stand_in(session, cast.milo, cast.nils)
    assert queries.viewer(cast.nils.session_token, TODAY).manages_people
    assert not queries.viewer(cast.nils.session_token, TODAY + DAY).manages_people
    assert not queries.viewer(cast.nils.session_token, TODAY - DAY).manages_people


# Upwards


def test_managers_above_nearest_first(cast):
    assert queries.managers_above(cast.rosa.id, TODAY) == (cast.milo.id, cast.vera.id)
    assert queries.managers_above(cast.vera.id, TODAY) == ()


@pytest.mark.parametrize(("day", "manager"), [(TODAY - DAY, "milo"), (TODAY, "otis"), (TODAY + DAY, "otis")])
def test_the_manager_changes_at_the_start_of_the_day(session, cast, day, manager):
    move(session, cast.rosa, cast.otis, TODAY)
    approvers = queries.acting_approvers(cast.rosa.id, day)
    assert approvers.manager_id == getattr(cast, manager).id
    assert approvers.all == {getattr(cast, manager).id}


def test_a_manager_who_left_is_stepped_over(session, cast):
    cast.milo.left_on = TODAY
    session.flush()
    assert queries.managers_above(cast.rosa.id, TODAY) == (cast.vera.id,)
    assert queries.acting_approvers(cast.rosa.id, TODAY).manager_id == cast.vera.id
    assert queries.acting_approvers(cast.rosa.id, TODAY - DAY).manager_id == cast.milo.id


def test_delegates_of_a_manager_who_left_decide_no_more(session, cast):
    stand_in(session, cast.milo, cast.nils)
    cast.milo.left_on = TODAY
    session.flush()
    assert queries.acting_approvers(cast.rosa.id, TODAY).all == {cast.vera.id}
    assert not may_decide(cast.nils, cast.rosa)
    assert queries.reps_waiting_on(cast.nils.id, TODAY) == frozenset()


@pytest.mark.parametrize(
    ("day", "decides"), [(TODAY - DAY, False), (TODAY, True), (TODAY + DAY, True), (TODAY + 2 * DAY, False)]
)
def test_a_delegate_decides_on_their_days_both_included(session, cast, day, decides):
    stand_in(session, cast.milo, cast.otis, TODAY, TODAY + DAY)
    assert may_decide(cast.otis, cast.rosa, day) is decides
    assert may_decide(cast.milo, cast.rosa, day)
    assert (cast.rosa.id in queries.reps_waiting_on(cast.otis.id, day)) is decides


def test_a_delegate_who_left_decides_no_more(session, cast):
    stand_in(session, cast.milo, cast.otis)
    cast.otis.left_on = TODAY
    session.flush()
    assert queries.acting_approvers(cast.rosa.id, TODAY).delegate_ids == frozenset()


def test_a_rep_who_stands_in_does_not_decide_about_themselves(session, cast):
    stand_in(session, cast.milo, cast.rosa)
    assert not may_decide(cast.rosa, cast.rosa)
    assert may_decide(cast.rosa, cast.nils)
    assert queries.reps_waiting_on(cast.rosa.id, TODAY) == {cast.nils.id}
    assert cast.rosa.id not in queries.acting_approvers(cast.rosa.id, TODAY).all


def test_a_delegate_does_not_decide_about_people_above_them(session, cast):
    stand_in(session, cast.vera, cast.rosa)
    assert not may_decide(cast.rosa, cast.milo)
    assert may_decide(cast.rosa, cast.otis)
    assert queries.reps_waiting_on(cast.rosa.id, TODAY) == {cast.otis.id}


def test_who_has_no_manager_waits_on_the_admins(session, cast):
    approvers = queries.acting_approvers(cast.vera.id, TODAY)
    assert (approvers.manager_id, approvers.all) == (None, {cast.enid.id})
    assert may_decide(cast.enid, cast.vera)
    assert queries.reps_waiting_on(cast.enid.id, TODAY) == {cast.vera.id}


def test_whose_managers_all_left_waits_on_the_admins(session, cast):
    for gone in (cast.milo, cast.vera):
        gone.left_on = TODAY
    session.flush()
    assert queries.acting_approvers(cast.rosa.id, TODAY).all == {cast.enid.id}
    assert {cast.rosa.id, cast.nils.id, cast.otis.id} == queries.reps_waiting_on(cast.enid.id, TODAY)


def test_an_admin_without_manager_waits_on_the_other_admins(session, cast):
    other = make_user("Ada Second", roles=("admin",))
    assert queries.acting_approvers(cast.enid.id, TODAY).all == {other.id}
    assert cast.enid.id in queries.reps_waiting_on(other.id, TODAY)
    assert cast.enid.id not in queries.reps_waiting_on(cast.enid.id, TODAY)


def test_extra_approvers_come_on_top(session, cast):
    subject = queries.subject(cast.rosa.id, TODAY, extra_approvers=frozenset({cast.vera.id}))
    assert subject.approvers == {cast.milo.id, cast.vera.id}
    assert subject.line == (cast.milo.id, cast.vera.id)


def test_subject_in_one_statement_for_a_plain_line(session, cast, count_statements):
    count_statements.statements.clear()
    queries.subject(cast.rosa.id, TODAY)
    assert len(count_statements) == 1


def test_below_is_looked_up_when_somebody_outside_the_line_decides(session, cast):
    assert queries.subject(cast.milo.id, TODAY).below == frozenset()
    stand_in(session, cast.vera, cast.otis)
    assert queries.subject(cast.milo.id, TODAY).below == {cast.rosa.id, cast.nils.id}
    assert queries.subject(cast.milo.id, TODAY, with_below=False).below == frozenset()


def test_a_loop_ends(session):
    """`set_manager` refuses one; two admins at the same moment could still make one."""
    one, two, three = make_user("One"), make_user("Two"), make_user("Three")
    for below, above in ((one, two), (two, three), (three, one)):
        session.add(ReportingLine(user_id=below.id, manager_id=above.id, starts_on=LONG_AGO))
    session.flush()
    assert queries.managers_above(one.id, TODAY) == (two.id, three.id)
    assert queries.people_below(one.id, TODAY) == {two.id, three.id}
    assert queries.reps_waiting_on(one.id, TODAY) <= {three.id}


# Downwards


def test_reports_direct_and_deep(cast):
    assert [row.name for row in queries.reports(cast.vera.id, TODAY)] == ["Milo Hart", "Otis Grey"]
    assert [row.name for row in queries.reports(cast.vera.id, TODAY, deep=True)] == [
        "Milo Hart",
        "Nils Berg",
        "Olga Wirth",
        "Otis Grey",
        "Rosa Diaz",
    ]
    assert queries.people_below(cast.rosa.id, TODAY) == frozenset()


def test_reports_of_a_manager_who_left_report_to_the_next_above(session, cast):
    cast.milo.left_on = TODAY
    session.flush()
    assert [row.name for row in queries.reports(cast.vera.id, TODAY)] == ["Nils Berg", "Otis Grey", "Rosa Diaz"]
    assert cast.milo.id not in queries.people_below(cast.vera.id, TODAY)
    assert {cast.rosa.id, cast.nils.id} <= queries.people_below(cast.vera.id, TODAY)


def test_who_left_is_in_no_list(session, cast):
    cast.rosa.left_on = TODAY
    session.flush()
    assert cast.rosa.id not in queries.people_below(cast.vera.id, TODAY)
    assert cast.rosa.id not in queries.reps_waiting_on(cast.milo.id, TODAY)
    assert cast.rosa.id in queries.reps_waiting_on(cast.milo.id, TODAY - DAY)


def test_an_admin_waits_on_nobody_who_has_a_manager(cast):
    assert cast.rosa.id not in queries.reps_waiting_on(cast.enid.id, TODAY)


@pytest.mark.parametrize("size", [1, 40])
def test_statement_counts_do_not_grow(session, cast, count_statements, size):
    for number in range(size):
        make_user(f"Rep {number}", manager=cast.milo)
    count_statements.statements.clear()
    assert len(queries.reps_waiting_on(cast.milo.id, TODAY)) == size + 2
    assert len(count_statements) == 2
    count_statements.statements.clear()
    queries.reports(cast.vera.id, TODAY, deep=True)
    assert len(count_statements) == 1


def test_queue_and_guard_agree(session, cast):
    """Whoever waits on me is exactly whom I may decide about, for everybody, with delegates and leavers."""
    stand_in(session, cast.vera, cast.rosa)
    stand_in(session, cast.milo, cast.otis)
    cast.otis.left_on = None
    everybody = vars(cast).values()
    for actor in everybody:
        waiting = queries.reps_waiting_on(actor.id, TODAY)
        assert waiting == {owner.id for owner in everybody if may_decide(actor, owner)}, actor.name


# Teams and names


def test_team_of_the_day(session, rosa):
    assert queries.team_of(rosa.id, TODAY).name == "North"
    assert queries.team_of(rosa.id, LONG_AGO - DAY) is None
    other = make_team("East")
    membership = session.get_one(type(rosa), rosa.id)
    assert queries.teams_of([membership.id], TODAY)[rosa.id].name == "North"
    assert "East" in {team.name for team in queries.teams()}
    assert other.key


def test_people_by_id_in_one_statement(session, cast, count_statements):
    count_statements.statements.clear()
    found = queries.people([cast.rosa.id, cast.milo.id])
    assert [row.name for row in found.values()] == ["Milo Hart", "Rosa Diaz"]
    assert len(count_statements) == 1
    assert queries.people([]) == {}


def test_by_email_takes_no_notice_of_capitals(session, rosa):
    assert queries.by_email(f"  {rosa.email.upper()} ") is rosa
