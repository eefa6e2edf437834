"""What a file of people would do if it were applied, and every problem with it. Reads only."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from lms.db import db
from lms.people import roster
from lms.people.models import ReportingLine, RoleGrant, Team, TeamMembership, User
from lms.people.roster import Problem, Row
from lms.policy.access import Role


@dataclass(frozen=True, slots=True)
class Change:
    """What one row would do. `what`: added, changed or unchanged; `details` in words."""

    row: Row
    what: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...]

    def those(self, what: str) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.what == what)

    @property
    def counts(self) -> Mapping[str, int]:
        return {what: len(self.those(what)) for what in ("added", "changed", "unchanged")}

    @property
    def can_apply(self) -> bool:
        return not self.problems and any(change.what != "unchanged" for change in self.changes)


@dataclass(slots=True)
class Known:
    """Everybody and everything a file may refer to, read at once."""

    by_key: dict[str, User]
    by_email: dict[str, User]
    by_id: dict[UUID, User]
    manager: dict[UUID, UUID]
    team: dict[UUID, str]
    roles: dict[UUID, set[str]]


def plan(content: bytes, *, on: date) -> Plan:
    """What the file would do if applied on that day, and every problem; writes nothing."""
    return _planned(roster.read(content), everything_known(on), on)


def everything_known(on: date) -> Known:
    users = db.session.scalars(select(User).order_by(User.id)).all()
    manager = {
        line.user_id: line.manager_id
        for line in db.session.scalars(
            select(ReportingLine).where(
                ReportingLine.starts_on <= on,
                or_(ReportingLine.ends_on.is_(None), ReportingLine.ends_on > on),
            )
        )
    }
    team = {
        user_id: name
        for user_id, name in db.session.execute(
            select(TeamMembership.user_id, Team.name)
            .join(Team, Team.id == TeamMembership.team_id)
            .where(
                TeamMembership.starts_on <= on,
                or_(TeamMembership.ends_on.is_(None), TeamMembership.ends_on > on),
            )
        )
    }
    roles: dict[UUID, set[str]] = {}
    for user_id, role in db.session.execute(
        select(RoleGrant.user_id, RoleGrant.role).where(RoleGrant.revoked_on.is_(None))
    ):
        roles.setdefault(user_id, set()).add(role)
    return Known(
        by_key={user.external_key.lower(): user for user in users if user.external_key},
        by_email={user.email.lower(): user for user in users if user.email},
        by_id={user.id: user for user in users},
        manager=manager,
        team=team,
        roles=roles,
    )


def match(row: Row, known: Known) -> User | None:
    """The person with the row's key; else the one with its email who has no key yet."""
    found = known.by_key.get(row.key.lower())
    if found is None and row.email:
        holder = known.by_email.get(row.email)
        found = holder if holder is not None and holder.external_key is None else None
    return found


def line_day(row: Row, known: Known, on: date) -> date:
    """From when the row's line and team hold: as it says, else since hired for who has none yet, else now."""
    if row.line_from is not None:
        return row.line_from
    user = known.by_key.get(row.key.lower()) or match(row, known)
    is_placed = user is not None and (user.id in known.manager or user.id in known.team)
    if not is_placed and row.hired_on is not None and row.hired_on < on:
        return row.hired_on
    return on


def _planned(sheet: roster.Sheet, known: Known, on: date) -> Plan:
    problems = list(sheet.problems)
    in_file = {row.key.lower(): row for row in sheet.rows if row.key}
    keys = sorted({*in_file, *known.by_key})
    for row in sheet.rows:
        problems.extend(_clashes(row, known, in_file, keys, on))
    problems.extend(_loops(in_file, known))
    changes = tuple(_change(row, known, in_file, on) for row in sheet.rows)
    return Plan(changes, tuple(sorted(problems)), (*sheet.notices, *_alone(in_file, known)))


def _alone(in_file: Mapping[str, Row], known: Known) -> Iterable[str]:
    """Reps of the file whom nobody would lead: it may be meant, but more often a column was forgotten."""
    above = _lines_after(in_file, known)
    names = []
    for key, row in in_file.items():
        user = match(row, known)
        has_left = user is not None and user.left_on is not None
        if Role.REP in {*row.roles, *(known.roles.get(user.id, ()) if user else ())} and key not in above:
            names += [] if has_left else [row.name or row.key]
    if names:
        some = ", ".join(names[:5]) + (" and others" if len(names) > 5 else "")
        who = "1 rep reports" if len(names) == 1 else f"{len(names)} reps report"
        yield f"{who} to nobody ({some}): administrators decide about their requests. Fill manager_key to change that."


def _clashes(row: Row, known: Known, in_file: Mapping[str, Row], keys: Iterable[str], on: date) -> Iterable[Problem]:
    """Where the row contradicts what is there already."""
    user = match(row, known)
    if row.email:
        holder = known.by_email.get(row.email)
        # Fine if the holder gives the address up in this same file.
        given_up = (
            holder is not None
            and holder.external_key is not None
            and (other := in_file.get(holder.external_key.lower())) is not None
            and other.email not in (None, row.email)
        )
        if holder is not None and holder is not user:
            if given_up:
                yield Problem(
                    row.number,
                    "email",
                    f"{holder.name} has this address until this file is applied. Import that change first.",
                    row.email,
                )
            else:
                yield Problem(
                    row.number,
                    "email",
                    f"{holder.name} (key {holder.external_key}) has this address already.",
                    row.email,
                )
    if user is not None and user.left_on is not None and row.hired_on and row.hired_on > user.left_on:
        yield Problem(
            row.number,
            "hired_on",
            f"{user.name} left on {user.left_on}. Open the person's page and choose “Is back” first.",
            row.hired_on.isoformat(),
        )
    if row.manager_key:
        wanted = row.manager_key.lower()
        manager = known.by_key.get(wanted)
        if wanted == row.key.lower():
            yield Problem(
                row.number, "manager_key", "Nobody can be their own manager. Leave it blank.", row.manager_key
            )
        elif manager is None and wanted not in in_file:
            close = difflib.get_close_matches(wanted, keys, 1, 0.75)
            hint = f"Did you mean “{close[0]}”?" if close else "Add the manager as a row, or correct the key."
            yield Problem(
                row.number,
                "manager_key",
                f"Nobody has this key, neither here nor in the file. {hint}",
                row.manager_key,
            )
        elif manager is not None and manager.left_on is not None and manager.left_on <= (row.line_from or on):
            yield Problem(
                row.number,
                "manager_key",
                f"{manager.name} left on {manager.left_on}. Choose another manager.",
                row.manager_key,
            )


def _lines_after(in_file: Mapping[str, Row], known: Known) -> dict[str, str]:
    """Who would report to whom, by key, once the file is applied."""
    above: dict[str, str] = {}
    for user_id, manager_id in known.manager.items():
        below, over = known.by_id.get(user_id), known.by_id.get(manager_id)
        if below is not None and over is not None:
            above[_name(below, in_file)] = _name(over, in_file)
    for key, row in in_file.items():
        if row.manager_key is not None:
            above.pop(key, None)
            if row.manager_key and row.manager_key.lower() != key:
                above[key] = row.manager_key.lower()
    return above


def _loops(in_file: Mapping[str, Row], known: Known) -> Iterable[Problem]:
    """Each circle of managers once, told at its first row, as it would stand after the file."""
    above = _lines_after(in_file, known)
    done: set[str] = set()
    for start in list(above):
        path: list[str] = []
        here: str | None = start
        while here is not None and here not in done and here not in path:
            path.append(here)
            here = above.get(here)
        if here is not None and here in path:
            circle = path[path.index(here) :]
            rows = [in_file[key] for key in circle if key in in_file]
            first = min(rows, key=lambda row: row.number) if rows else None
            yield Problem(
                first.number if first else 0,
                "manager_key",
                "These people would be each other's managers, in a circle: "
                f"{' → '.join([*circle, circle[0]])}. Change one of them.",
                (first.manager_key or "") if first else "",
            )
        done.update(path)


def top_down(changes: Iterable[Change], known: Known) -> list[Change]:
    """Managers before their reports, so that turning a line around makes no circle half-way."""
    changes = list(changes)
    above = _lines_after({change.row.key.lower(): change.row for change in changes}, known)

    def depth(change: Change) -> int:
        steps, here = 0, change.row.key.lower()
        while (here := above.get(here, "")) and steps <= len(above):
            steps += 1
        return steps

    return sorted(changes, key=depth)


def _name(user: User, in_file: Mapping[str, Row]) -> str:
    """What the file calls this person: the key, also one that it is about to give them."""
    if user.external_key:
        return user.external_key.lower()
    given = (row.key.lower() for row in in_file.values() if row.email and row.email == user.email)
    return next(given, str(user.id))


def _change(row: Row, known: Known, in_file: Mapping[str, Row], on: date) -> Change:
    user = match(row, known)
    if user is None:
        return Change(row, "added", tuple(_of_new(row, known, in_file, on)))
    details = tuple(_differences(row, user, known, in_file, on))
    return Change(row, "changed" if details else "unchanged", details)


def _from(row: Row, known: Known, on: date) -> str:
    day = line_day(row, known, on)
    return "from today" if day == on else f"from {day:%b} {day.day}, {day.year}"


def _wanted_manager(row: Row, known: Known, in_file: Mapping[str, Row]) -> str:
    """By name: as the file will have it, else as it is here; the key of nobody is a problem, told elsewhere."""
    key = (row.manager_key or "").lower()
    if not key:
        return "nobody"
    if key in in_file and in_file[key].name:
        return in_file[key].name
    return known.by_key[key].name if key in known.by_key else row.manager_key or ""


def _of_new(row: Row, known: Known, in_file: Mapping[str, Row], on: date) -> Iterable[str]:
    if row.email:
        yield row.email
    if row.roles:
        yield ", ".join(row.roles)
    if row.team:
        yield f"team {row.team} {_from(row, known, on)}"
    if row.manager_key:
        yield f"reports to {_wanted_manager(row, known, in_file)} {_from(row, known, on)}"
    if not row.email:
        yield "no email: cannot sign in"


def _differences(row: Row, user: User, known: Known, in_file: Mapping[str, Row], on: date) -> Iterable[str]:
    if user.external_key is None:
        yield f"key {row.key} (known so far by email only)"
    for label, before, after in (
        ("name", user.name, row.name),
        ("email", user.email or "", row.email),
        ("job role", user.job_role, row.job_role),
        ("zone", user.zone, row.zone),
        ("hired on", user.hired_on, row.hired_on),
    ):
        if after is not None and after != before:
            yield f"{label}: {before or 'none'} → {after or 'none'}"
    if missing := [role for role in row.roles if role not in known.roles.get(user.id, ())]:
        yield f"role added: {', '.join(missing)}"
    team = known.team.get(user.id, "")
    if row.team is not None and row.team.casefold() != team.casefold():
        yield f"team: {team or 'none'} → {row.team or 'none'}, {_from(row, known, on)}"
    if row.manager_key is not None:
        manager = known.by_id.get(known.manager.get(user.id, user.id))
        current = _name(manager, in_file) if manager is not None and manager is not user else ""
        if current != row.manager_key.lower():
            label = manager.name if manager is not None and manager is not user else "nobody"
            yield f"reports to: {label} → {_wanted_manager(row, known, in_file)}, {_from(row, known, on)}"
