"""Who reports to whom, who is in which team, who stands in for whom: always with days, never two at once."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import select

from lms.db import db
from lms.errors import RuleViolation
from lms.people import queries
from lms.people.models import Delegation, ReportingLine, Team, TeamMembership, User
from lms.people.service.record import Named, account_changed, person
from lms.statements import ledger
from lms.statements.administration import DelegationMade, LineChanged
from lms.statements.events import Person

Dated = TypeVar("Dated", ReportingLine, TeamMembership)

LONGEST_DELEGATION = timedelta(days=366)


def set_manager(
    user: User, manager: User | None, *, from_on: date, by: Named | None, at: datetime
) -> ReportingLine | None:
    """`user` reports to `manager` (None: to nobody) from that day on.

    The line of that day ends the same day. A change that was already planned for a later day stays planned.
    The same manager again changes nothing and records nothing. "Reports to nobody" returns None.
    """
    if manager is not None:
        if manager.id == user.id:
            raise RuleViolation("own_manager", name=user.name)
        if manager.left_on is not None and manager.left_on <= from_on:
            raise RuleViolation("manager_left", name=manager.name, left_on=manager.left_on)
        _refuse_loop(user, manager, from_on)
    lines = db.session.scalars(
        select(ReportingLine).where(ReportingLine.user_id == user.id).order_by(ReportingLine.starts_on)
    ).all()
    current = _holding(lines, from_on)
    if (current.manager_id if current else None) == (manager.id if manager else None):
        return current
    ends_on = _make_room(lines, current, from_on)
    line = None
    if manager is not None:
        line = ReportingLine(id=uuid4(), user_id=user.id, manager_id=manager.id, starts_on=from_on, ends_on=ends_on)
        db.session.add(line)
        db.session.flush()
    ledger.record(
        LineChanged(
            at=at,
            actor=person(by),
            learner=Person(user.id, user.name),
            record_id=uuid4(),
            manager=person(manager),
            from_on=from_on,
        )
    )
    return line


def create_team(*, name: str, key: str) -> Team:
    """The team with this key, made if there is none. Not an act about anybody, so nothing is recorded."""
    team = db.session.scalar(select(Team).where(Team.key == key))
    if team is None:
        team = Team(id=uuid4(), key=key, name=name)
        db.session.add(team)
        db.session.flush()
    return team


def team_named(name: str) -> Team:
    """The team of this name, however it is capitalized; made, with a key of its own, if there is none."""
    name = " ".join(name.split())
    # Compared here: SQLite lowers ASCII letters only, and there are few teams.
    teams = db.session.scalars(select(Team).order_by(Team.id))
    team = next((one for one in teams if one.name.casefold() == name.casefold()), None)
    if team is None:
        key = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:51] or "team"
        if db.session.scalar(select(Team.id).where(Team.key == key)) is not None:
            key = f"{key}-{uuid4().hex[:12]}"
        team = create_team(name=name, key=key)
    return team


def join_team(user: User, team: Team, *, from_on: date, by: Named | None, at: datetime) -> TeamMembership | None:
    """In this team, and in no other, from that day on. The same team again changes nothing."""
    return _change_team(user, team, from_on=from_on, by=by, at=at)


def leave_team(user: User, *, from_on: date, by: Named | None, at: datetime) -> None:
    _change_team(user, None, from_on=from_on, by=by, at=at)


def _change_team(
    user: User, team: Team | None, *, from_on: date, by: Named | None, at: datetime
) -> TeamMembership | None:
    memberships = db.session.scalars(
        select(TeamMembership).where(TeamMembership.user_id == user.id).order_by(TeamMembership.starts_on)
    ).all()
    current = _holding(memberships, from_on)
    if (current.team_id if current else None) == (team.id if team else None):
        return current
    ends_on = _make_room(memberships, current, from_on)
    membership = None
    if team is not None:
        membership = TeamMembership(id=uuid4(), team_id=team.id, user_id=user.id, starts_on=from_on, ends_on=ends_on)
        db.session.add(membership)
        db.session.flush()
    account_changed(user, "team_changed", by=by, at=at, team=team.name if team else "none", from_on=from_on.isoformat())
    return membership


def delegate(
    manager: User,
    to: User,
    *,
    starts_on: date,
    ends_on: date,
    reason: str,
    by: Named | None,
    at: datetime,
) -> Delegation:
    """`to` decides for `manager` on these days, both included.

    Only who manages people, or an admin: whoever decides sees the work, the tests and the numbers of these reps, which
    is nothing for a colleague among them. That nobody decides about themselves or about people above them is the rule
    of `policy.access`, at the moment of deciding.
    """
    reason = reason.strip()
    if not reason:
        raise RuleViolation("delegation_without_reason")
    if manager.id == to.id:
        raise RuleViolation("own_delegate")
    if ends_on < starts_on:
        raise RuleViolation("delegation_ends_before_start", starts_on=starts_on, ends_on=ends_on)
    if ends_on - starts_on > LONGEST_DELEGATION:
        raise RuleViolation("delegation_too_long", most=LONGEST_DELEGATION.days)
    if to.left_on is not None and to.left_on <= ends_on:
        raise RuleViolation("delegate_left", name=to.name, left_on=to.left_on)
    if to.email is None:
        raise RuleViolation("delegate_cannot_sign_in", name=to.name)
    if not queries.may_stand_in(to.id, starts_on):
        raise RuleViolation("delegate_manages_nobody", name=to.name)
    same = db.session.scalar(
        select(Delegation).where(
            Delegation.manager_id == manager.id,
            Delegation.delegate_id == to.id,
            Delegation.starts_on <= ends_on,
            Delegation.ends_on >= starts_on,
        )
    )
    if same is not None:
        raise RuleViolation("delegation_overlaps", name=to.name, starts_on=same.starts_on, ends_on=same.ends_on)
    made = Delegation(
        id=uuid4(),
        manager_id=manager.id,
        delegate_id=to.id,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
        created_by_id=by.id if by is not None else None,
        created_at=at,
    )
    db.session.add(made)
    db.session.flush()
    ledger.record(
        DelegationMade(
            at=at,
            actor=person(by),
            learner=Person(manager.id, manager.name),
            record_id=made.id,
            reason=reason,
            delegate=Person(to.id, to.name),
            starts_on=starts_on,
            ends_on=ends_on,
        )
    )
    return made


def end_delegation(delegation: Delegation, *, on: date, by: Named | None, at: datetime) -> None:
    """From `on` the delegate decides no more. One that had not begun before `on` is taken back whole.

    What was decided meanwhile stays decided; the ledger keeps that the delegation was made and ended.
    """
    if delegation.ends_on < on:
        raise RuleViolation("delegation_over", ended_on=delegation.ends_on)
    manager = db.session.get_one(User, delegation.manager_id)
    stand_in = db.session.get_one(User, delegation.delegate_id)
    if delegation.starts_on >= on:
        db.session.delete(delegation)
    else:
        delegation.ends_on = on - timedelta(days=1)
    db.session.flush()
    account_changed(manager, "delegation_ended", by=by, at=at, delegate=stand_in.name, on=on.isoformat())


def _holding(rows: Iterable[Dated], on: date) -> Dated | None:
    return next((row for row in rows if row.starts_on <= on and (row.ends_on is None or row.ends_on > on)), None)


def _make_room(rows: Iterable[Dated], current: Dated | None, from_on: date) -> date | None:
    """End what holds on `from_on` and return where a new row must end: where the next planned one begins.

    What began that same day never held for a whole day and goes.
    """
    if current is not None:
        if current.starts_on == from_on:
            db.session.delete(current)
        else:
            current.ends_on = from_on
        # Before the new row: the database allows one open row a person.
        db.session.flush()
    return min((row.starts_on for row in rows if row.starts_on > from_on), default=None)


def _refuse_loop(user: User, manager: User, from_on: date) -> None:
    """Neither that day nor on any later one for which a change is planned."""
    # A circle goes through somebody who reports to `user`; whoever manages nobody closes none.
    if db.session.scalar(select(ReportingLine.id).where(ReportingLine.manager_id == user.id).limit(1)) is None:
        return
    planned = db.session.scalars(select(ReportingLine.starts_on).where(ReportingLine.starts_on > from_on).distinct())
    for on in (from_on, *planned):
        if user.id in queries.chart_ids_above(manager.id, on):
            raise RuleViolation("reporting_loop", name=user.name, manager=manager.name, on=on)
