"""People and lines from a file, all or nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from uuid import uuid4

from lms.errors import RuleViolation
from lms.people.models import Team
from lms.people.roster import Row
from lms.people.service import accounts, lines
from lms.people.service.planning import Known, Plan, everything_known, line_day, match, plan, top_down
from lms.people.service.record import Named, person
from lms.statements import ledger
from lms.statements.administration import FileImported
from lms.statements.events import Person


def apply(content: bytes, *, zone: str, on: date, by: Named, at: datetime) -> Plan:
    """Do what `plan` says, having looked again; RuleViolation("file_has_problems") if it cannot be done.

    `zone` is for new people whose row names none.
    """
    made = plan(content, on=on)
    if made.problems:
        raise RuleViolation("file_has_problems", count=len(made.problems))
    known = everything_known(on)
    doing = [change for change in made.changes if change.what != "unchanged"]
    # Everybody first, in their own pass: a row may name a manager who stands further down.
    for change in doing:
        with _told_by_row(change.row):
            _bring(change.row, known, zone=zone, by=by, at=at)
    named = {change.row.team for change in doing if change.row.team}
    teams = {name: lines.team_named(name) for name in sorted(named)}
    for change in top_down(doing, known):
        with _told_by_row(change.row):
            _place(change.row, known, teams, on=on, by=by, at=at)
    ledger.record(
        FileImported(
            at=at,
            actor=person(by),
            learner=Person(by.id, by.name),
            record_id=uuid4(),
            what="people",
            facts=tuple((what, str(count)) for what, count in made.counts.items()),
        )
    )
    return made


@contextmanager
def _told_by_row(row: Row) -> Iterator[None]:
    """A refusal that only doing it could find (a circle on a planned day) names its row too."""
    try:
        yield
    except RuleViolation as refused:
        raise RuleViolation(refused.code, **{**refused.facts, "row": row.number}) from refused


def _bring(row: Row, known: Known, *, zone: str, by: Named, at: datetime) -> None:
    user = match(row, known)
    if user is None:
        user = accounts.create_person(
            name=row.name,
            zone=row.zone or zone,
            email=row.email,
            job_role=row.job_role or "",
            external_key=row.key,
            hired_on=row.hired_on,
            by=by,
            at=at,
        )
        known.by_id[user.id] = user
    else:
        accounts.change_account(
            user,
            name=row.name,
            email=user.email if row.email is None else row.email or None,
            zone=row.zone or user.zone,
            job_role=user.job_role if row.job_role is None else row.job_role,
            external_key=row.key if user.external_key is None else user.external_key,
            hired_on=row.hired_on or user.hired_on,
            by=by,
            at=at,
        )
    known.by_key[row.key.lower()] = user
    for role in row.roles:
        accounts.grant_role(user, role, by=by, at=at)


def _place(row: Row, known: Known, teams: Mapping[str, Team], *, on: date, by: Named, at: datetime) -> None:
    user = known.by_key[row.key.lower()]
    from_on = line_day(row, known, on)
    if row.team is not None and row.team.casefold() != known.team.get(user.id, "").casefold():
        if row.team:
            lines.join_team(user, teams[row.team], from_on=from_on, by=by, at=at)
        else:
            lines.leave_team(user, from_on=from_on, by=by, at=at)
    if row.manager_key is not None:
        manager = known.by_key[row.manager_key.lower()] if row.manager_key else None
        if known.manager.get(user.id) != (manager.id if manager else None):
            lines.set_manager(user, manager, from_on=from_on, by=by, at=at)
