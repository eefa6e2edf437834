"""Reads of the administration pages: who there is, and one person's lines, teams, roles and delegates."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from lms.db import db
from lms.people.models import Delegation, PasswordReset, ReportingLine, RoleGrant, Team, TeamMembership, User
from lms.people.queries import PERSON_COLUMNS, STANDS_IN_WELL, PersonRow, here

PAGE = 25


@dataclass(frozen=True, slots=True)
class DirectoryRow:
    id: UUID
    name: str
    email: str | None
    external_key: str | None
    job_role: str
    left_on: date | None
    team: str | None
    manager_id: UUID | None
    manager: str | None
    roles: tuple[str, ...]
    can_sign_in: bool


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    rows: tuple[DirectoryRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that held from one day until the day before another: a line, a team, a role."""

    what: str
    starts_on: date
    ends_on: date | None
    what_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DelegationRow:
    id: UUID
    manager_id: UUID
    manager: str
    delegate_id: UUID
    delegate: str
    starts_on: date
    ends_on: date
    reason: str


def directory(
    on: date, *, search: str = "", team_id: UUID | None = None, state: str = "here", page: int = 1
) -> DirectoryPage:
    """One page of people by name. `search` is in name, email or key; `state`: here, no_password, left, all."""
    manager = aliased(User)
    conditions = _asked(on, search, team_id, state)
    joined = (
        select(User.id)
        .outerjoin(ReportingLine, and_(ReportingLine.user_id == User.id, _holds(ReportingLine, on)))
        .outerjoin(manager, manager.id == ReportingLine.manager_id)
        .outerjoin(TeamMembership, and_(TeamMembership.user_id == User.id, _holds(TeamMembership, on)))
        .outerjoin(Team, Team.id == TeamMembership.team_id)
        .where(*conditions)
    )
    total = db.session.scalar(select(func.count()).select_from(joined.subquery())) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    roles = (
        select(func.aggregate_strings(RoleGrant.role, ","))
        .where(RoleGrant.user_id == User.id, RoleGrant.revoked_on.is_(None))
        .scalar_subquery()
    )
    rows = db.session.execute(
        joined.with_only_columns(
            User.id,
            User.name,
            User.email,
            User.external_key,
            User.job_role,
            User.left_on,
            Team.name.label("team"),
            manager.id.label("manager_id"),
            manager.name.label("manager"),
            roles.label("roles"),
            User.password_hash.is_not(None).label("can_sign_in"),
        )
        .order_by(func.lower(User.name), User.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return DirectoryPage(
        rows=tuple(
            DirectoryRow(
                id=row.id,
                name=row.name,
                email=row.email,
                external_key=row.external_key,
                job_role=row.job_role,
                left_on=row.left_on,
                team=row.team,
                manager_id=row.manager_id,
                manager=row.manager,
                roles=tuple(sorted(row.roles.split(","))) if row.roles else (),
                can_sign_in=bool(row.can_sign_in),
            )
            for row in rows
        ),
        total=total,
        page=page,
        pages=pages,
    )


def to_invite(
    on: date, *, search: str = "", team_id: UUID | None = None, asked_before: datetime, limit: int
) -> tuple[tuple[User, ...], int]:
    """Who is here, has an email and no password, by name, at most `limit` of them, and how many there are in all.

    Without those to whom a link that they have not used was sent at or after `asked_before`.
    """
    waiting = (
        select(User)
        .outerjoin(TeamMembership, and_(TeamMembership.user_id == User.id, _holds(TeamMembership, on)))
        .outerjoin(Team, Team.id == TeamMembership.team_id)
        .where(
            *_asked(on, search, team_id, "no_password"),
            ~exists().where(
                PasswordReset.user_id == User.id,
                PasswordReset.used_at.is_(None),
                PasswordReset.created_at >= asked_before,
            ),
        )
    )
    total = db.session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    return tuple(db.session.scalars(waiting.order_by(func.lower(User.name), User.id).limit(limit))), total


def _asked(on: date, search: str, team_id: UUID | None, state: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for word in search.split():
        conditions.append(
            or_(
                User.name.icontains(word, autoescape=True),
                User.email.icontains(word, autoescape=True),
                User.external_key.icontains(word, autoescape=True),
            )
        )
    if team_id is not None:
        conditions.append(Team.id == team_id)
    if state == "here":
        conditions.append(here(on))
    elif state == "no_password":
        conditions += [here(on), User.email.is_not(None), User.password_hash.is_(None)]
    elif state == "left":
        conditions.append(User.left_on <= on)
    return conditions


def line_history(user_id: UUID) -> tuple[Stretch, ...]:
    """Whom this person reported to, latest first."""
    rows = db.session.execute(
        select(User.name, ReportingLine.starts_on, ReportingLine.ends_on, User.id)
        .join(User, User.id == ReportingLine.manager_id)
        .where(ReportingLine.user_id == user_id)
        .order_by(ReportingLine.starts_on.desc())
    )
    return tuple(Stretch(*row) for row in rows)


def team_history(user_id: UUID) -> tuple[Stretch, ...]:
    rows = db.session.execute(
        select(Team.name, TeamMembership.starts_on, TeamMembership.ends_on, Team.id)
        .join(Team, Team.id == TeamMembership.team_id)
        .where(TeamMembership.user_id == user_id)
        .order_by(TeamMembership.starts_on.desc())
    )
    return tuple(Stretch(*row) for row in rows)


def role_history(user_id: UUID) -> tuple[Stretch, ...]:
    """Roles held now first, then those that were."""
    rows = db.session.execute(
        select(RoleGrant.role, RoleGrant.granted_on, RoleGrant.revoked_on)
        .where(RoleGrant.user_id == user_id)
        .order_by(RoleGrant.revoked_on.is_not(None), RoleGrant.role, RoleGrant.granted_on.desc())
    )
    return tuple(Stretch(*row) for row in rows)


def delegations_of(manager_id: UUID) -> tuple[DelegationRow, ...]:
    """Who stood, stands or will stand in for this manager, latest first."""
    return _delegations(Delegation.manager_id == manager_id)


def delegations_to(person_id: UUID, on: date) -> tuple[DelegationRow, ...]:
    """For whom this person stands in that day or later."""
    return _delegations(and_(Delegation.delegate_id == person_id, Delegation.ends_on >= on))


def delegation(delegation_id: UUID) -> Delegation | None:
    return db.session.get(Delegation, delegation_id)


def find(text: str, on: date | None = None) -> tuple[PersonRow, ...]:
    """Whom somebody means by an email, a key or a name, exactly written; several only for a name.

    Among who is here on that day; without a day, among everybody who ever was.
    """
    text = " ".join(text.split())
    if not text:
        return ()
    # Both sides lowered by the database: SQLite leaves letters beyond ASCII as they are, Python does not.
    wanted = func.lower(text)
    rows = db.session.execute(
        select(*PERSON_COLUMNS)
        .where(
            true() if on is None else here(on),
            or_(
                func.lower(User.email) == wanted,
                func.lower(User.external_key) == wanted,
                func.lower(User.name) == wanted,
            ),
        )
        .order_by(func.lower(User.name), User.id)
    )
    found = tuple(PersonRow(*row) for row in rows)
    # An email or a key names one person, also where somebody else happens to be called like it.
    exact = tuple(row for row in found if text.lower() in {(row.email or "").lower(), (row.external_key or "").lower()})
    return exact[:1] or found


def colleagues(user_id: UUID, on: date, *, limit: int = 200) -> tuple[PersonRow, ...]:
    """Suggestions for a stand-in: those here who may decide for others and can sign in, by name."""
    rows = db.session.execute(
        select(*PERSON_COLUMNS)
        .where(here(on), User.id != user_id, User.email.is_not(None), STANDS_IN_WELL)
        .order_by(func.lower(User.name), User.id)
        .limit(limit),
        {"day": on},
    )
    return tuple(PersonRow(*row) for row in rows)


def _delegations(condition: ColumnElement[bool]) -> tuple[DelegationRow, ...]:
    manager, stand_in = aliased(User), aliased(User)
    rows = db.session.execute(
        select(
            Delegation.id,
            manager.id,
            manager.name,
            stand_in.id,
            stand_in.name,
            Delegation.starts_on,
            Delegation.ends_on,
            Delegation.reason,
        )
        .join(manager, manager.id == Delegation.manager_id)
        .join(stand_in, stand_in.id == Delegation.delegate_id)
        .where(condition)
        .order_by(Delegation.starts_on.desc(), Delegation.id)
    )
    return tuple(DelegationRow(*row) for row in rows)


def _holds(row: type[ReportingLine] | type[TeamMembership], on: date) -> ColumnElement[bool]:
    return and_(row.starts_on <= on, or_(row.ends_on.is_(None), row.ends_on > on))
