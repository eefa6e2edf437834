"""Who is signed in, and who is who."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, func, literal_column, or_, select

from lms.db import db, read
from lms.people.models import Delegation, ReportingLine, RoleGrant, User
from lms.people.queries.days import delegation_holds, is_here, line_holds
from lms.policy.access import Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is signed in, as pages and guards need it; what Flask-Login calls the user."""

    id: UUID
    name: str
    email: str
    zone: str
    roles: frozenset[str]
    manages_people: bool  # today: somebody reports to them, or they stand in for a manager
    job_role: str
    session_token: str

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def is_active(self) -> bool:
        return True

    @property
    def is_anonymous(self) -> bool:
        return False

    def get_id(self) -> str:
        """The random token, not the id: when it rotates, every session of this person ends."""
        return self.session_token


@dataclass(frozen=True, slots=True)
class PersonRow:
    id: UUID
    name: str
    email: str | None
    zone: str
    job_role: str
    external_key: str | None
    hired_on: date | None
    left_on: date | None


PERSON_COLUMNS = (
    User.id,
    User.name,
    User.email,
    User.zone,
    User.job_role,
    User.external_key,
    User.hired_on,
    User.left_on,
)


def here(on: date) -> ColumnElement[bool]:
    """The condition that a user has not left on that day."""
    return or_(User.left_on.is_(None), User.left_on > on)


# The statement of every request is built once, of tables; only its values change.
_USER: Any = User.__table__
_GRANT: Any = RoleGrant.__table__
_LINE: Any = ReportingLine.__table__
_DELEGATION: Any = Delegation.__table__
_KNOWN = [_USER.c[column.key] for column in PERSON_COLUMNS]
_PERSON = select(*_KNOWN).where(_USER.c.id == bindparam("person", type_=_USER.c.id.type))
_PEOPLE = (
    select(*_KNOWN)
    .where(_USER.c.id.in_(bindparam("people", type_=_USER.c.id.type, expanding=True)))
    .order_by(func.lower(_USER.c.name), _USER.c.id)
)
_HAS_REPORTS = exists().where(_LINE.c.manager_id == _USER.c.id, line_holds())
_LEADS = or_(
    _HAS_REPORTS,
    exists().where(_DELEGATION.c.delegate_id == _USER.c.id, delegation_holds()),
)
# Who may decide in a manager's place, on the `day` of the statement's values. Whoever stands in may not pass it on.
STANDS_IN_WELL = or_(
    exists().where(
        _GRANT.c.user_id == _USER.c.id, _GRANT.c.role.in_((Role.MANAGER, Role.ADMIN)), _GRANT.c.revoked_on.is_(None)
    ),
    _HAS_REPORTS,
)
_VIEWER = select(
    _USER.c.id,
    _USER.c.name,
    _USER.c.email,
    _USER.c.zone,
    _USER.c.job_role,
    _USER.c.session_token,
    # A comma written out: as a value it would be put into the text of the statement anew for every request.
    select(func.aggregate_strings(_GRANT.c.role, literal_column("','")))  # type: ignore[arg-type]
    .where(_GRANT.c.user_id == _USER.c.id, _GRANT.c.revoked_on.is_(None))
    .scalar_subquery()
    .label("roles"),
    _LEADS.label("manages_people"),
).where(_USER.c.session_token == bindparam("token", type_=_USER.c.session_token.type), is_here(_USER.c))


def viewer(session_token: str, on: date) -> Viewer | None:
    """The person whose sessions carry this token; None if it was rotated or they left."""
    row = read(_VIEWER, {"token": session_token, "day": on}).one_or_none()
    if row is None:
        return None
    return Viewer(
        id=row.id,
        name=row.name,
        email=row.email or "",
        zone=row.zone,
        roles=frozenset(row.roles.split(",")) if row.roles else frozenset(),
        manages_people=bool(row.manages_people),
        job_role=row.job_role,
        session_token=row.session_token,
    )


def person(user_id: UUID) -> PersonRow | None:
    row = read(_PERSON, {"person": user_id}).one_or_none()
    return PersonRow(*row) if row else None


def people(user_ids: Iterable[UUID]) -> Mapping[UUID, PersonRow]:
    """Those who exist, by id, ordered by name."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    rows = read(_PEOPLE, {"people": list(wanted)})
    return {row.id: PersonRow(*row) for row in rows}


def everyone(on: date) -> tuple[PersonRow, ...]:
    """All who have not left, by name."""
    rows = db.session.execute(select(*PERSON_COLUMNS).where(here(on)).order_by(func.lower(User.name), User.id))
    return tuple(PersonRow(*row) for row in rows)


def by_email(email: str) -> User | None:
    return db.session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))


def by_external_key(key: str) -> User | None:
    return db.session.scalar(select(User).where(User.external_key == key))


def manages_people(user_id: UUID, on: date) -> bool:
    """What `Viewer.manages_people` says, of somebody else."""
    leads = select(_LEADS).select_from(_USER).where(_USER.c.id == bindparam("person", type_=_USER.c.id.type))
    return bool(db.session.scalar(leads, {"person": user_id, "day": on}))


def may_stand_in(user_id: UUID, on: date) -> bool:
    asked = select(_USER.c.id).where(_USER.c.id == user_id, STANDS_IN_WELL)
    return db.session.scalar(asked, {"day": on}) is not None


def roles_of(user_id: UUID) -> frozenset[str]:
    return frozenset(
        db.session.scalars(select(RoleGrant.role).where(RoleGrant.user_id == user_id, RoleGrant.revoked_on.is_(None)))
    )


def admins(on: date) -> frozenset[UUID]:
    return frozenset(
        db.session.scalars(
            select(RoleGrant.user_id)
            .join(User, User.id == RoleGrant.user_id)
            .where(RoleGrant.role == Role.ADMIN, RoleGrant.revoked_on.is_(None), here(on))
        )
    )
