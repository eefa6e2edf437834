"""Who is who, who reports to whom on a day, and who may decide for whom. Reads only, constant query counts.

Days are the days of the company (`Settings.zone`): a line that changes on Tuesday changes at its midnight
for everybody. Somebody who left stays in the chart, so that requests of their reports find the next manager
above; every read here steps over them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Select,
    Uuid,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from lms.db import db
from lms.people.models import Delegation, ReportingLine, RoleGrant, Team, TeamMembership, User
from lms.policy.access import Role, Subject

# A chart deeper than this is a loop that got past `set_manager`; the recursion ends instead of running on.
DEEPEST_CHART = 40


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


@dataclass(frozen=True, slots=True)
class TeamRow:
    id: UUID
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who may decide for one person on one day.

    `manager_id` is the acting line manager, None when nobody is above; then `all` are the admins.
    """

    manager_id: UUID | None
    delegate_ids: frozenset[UUID]
    all: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class ChartAbove:
    """The managers above one person on one day, nearest first, and the nearest one's delegates."""

    line: tuple[UUID, ...]
    delegate_ids: frozenset[UUID]


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


# The statement of every request is built once; only its values change.
_ON = bindparam("day", type_=Date())
_PERSON = bindparam("person", type_=Uuid())


def _is_here(person: type[User]) -> ColumnElement[bool]:
    return or_(person.left_on.is_(None), person.left_on > _ON)


def _line_holds() -> ColumnElement[bool]:
    return and_(ReportingLine.starts_on <= _ON, or_(ReportingLine.ends_on.is_(None), ReportingLine.ends_on > _ON))


def _delegation_holds() -> ColumnElement[bool]:
    return and_(Delegation.starts_on <= _ON, Delegation.ends_on >= _ON)


_VIEWER = select(
    User.id,
    User.name,
    User.email,
    User.zone,
    User.job_role,
    User.session_token,
    select(func.aggregate_strings(RoleGrant.role, ","))
    .where(RoleGrant.user_id == User.id, RoleGrant.revoked_on.is_(None))
    .scalar_subquery()
    .label("roles"),
    or_(
        exists().where(ReportingLine.manager_id == User.id, _line_holds()),
        exists().where(Delegation.delegate_id == User.id, _delegation_holds()),
    ).label("manages_people"),
).where(User.session_token == bindparam("token"), _is_here(User))


def viewer(session_token: str, on: date) -> Viewer | None:
    """The person whose sessions carry this token; None if it was rotated or they left."""
    row = db.session.execute(_VIEWER, {"token": session_token, "day": on}).one_or_none()
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
    row = db.session.execute(select(*PERSON_COLUMNS).where(User.id == user_id)).one_or_none()
    return PersonRow(*row) if row else None


def people(user_ids: Iterable[UUID]) -> Mapping[UUID, PersonRow]:
    """Those who exist, by id, ordered by name."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    rows = db.session.execute(
        select(*PERSON_COLUMNS).where(User.id.in_(wanted)).order_by(func.lower(User.name), User.id)
    )
    return {row.id: PersonRow(*row) for row in rows}


def everyone(on: date) -> tuple[PersonRow, ...]:
    """All who have not left, by name."""
    rows = db.session.execute(select(*PERSON_COLUMNS).where(here(on)).order_by(func.lower(User.name), User.id))
    return tuple(PersonRow(*row) for row in rows)


def by_email(email: str) -> User | None:
    return db.session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))


def by_external_key(key: str) -> User | None:
    return db.session.scalar(select(User).where(User.external_key == key))


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


# Upwards


@lru_cache(maxsize=1)
def _line_upwards() -> CTE:
    """(manager_id, steps up): everybody above on that day, who left included."""
    chart = (
        select(ReportingLine.manager_id.label("manager_id"), literal(1).label("steps"))
        .where(ReportingLine.user_id == _PERSON, _line_holds())
        .cte("above", recursive=True)
    )
    return chart.union_all(
        select(ReportingLine.manager_id, chart.c.steps + 1)
        .join(chart, ReportingLine.user_id == chart.c.manager_id)
        .where(_line_holds(), chart.c.steps < DEEPEST_CHART)
    )


@lru_cache(maxsize=1)
def _above() -> Select:
    """Rows (steps up, manager, a delegate of the day or NULL), nearest first, without those who left."""
    chart = _line_upwards()
    delegate = aliased(User)
    return (
        select(chart.c.steps, chart.c.manager_id, delegate.id.label("delegate_id"))
        .join(User, User.id == chart.c.manager_id)
        .outerjoin(Delegation, and_(Delegation.manager_id == chart.c.manager_id, _delegation_holds()))
        .outerjoin(delegate, and_(delegate.id == Delegation.delegate_id, _is_here(delegate)))
        .where(_is_here(User))
        .order_by(chart.c.steps, chart.c.manager_id)
    )


def chart_above(user_id: UUID, on: date) -> ChartAbove:
    """In one statement."""
    line: dict[UUID, None] = {}
    delegates = set()
    for _steps, manager_id, delegate_id in db.session.execute(_above(), {"person": user_id, "day": on}):
        if manager_id == user_id:  # a loop: everything above repeats
            break
        line[manager_id] = None
        if len(line) == 1 and delegate_id is not None:
            delegates.add(delegate_id)
    return ChartAbove(tuple(line), frozenset(delegates))


def chart_ids_above(user_id: UUID, on: date) -> frozenset[UUID]:
    """Everybody above on paper, who left included: where a loop would close."""
    rows = db.session.scalars(select(_line_upwards().c.manager_id), {"person": user_id, "day": on})
    return frozenset(rows)


def managers_above(user_id: UUID, on: date) -> tuple[UUID, ...]:
    """Nearest first; people who left are skipped, their own managers are not."""
    return chart_above(user_id, on).line


def acting_approvers(rep_id: UUID, on: date) -> Approvers:
    """The line manager of the day (the next above if they left) and delegates; admins if nobody is above."""
    return _approvers(rep_id, chart_above(rep_id, on), on)


def _approvers(rep_id: UUID, chart: ChartAbove, on: date) -> Approvers:
    if not chart.line:
        return Approvers(None, frozenset(), admins(on) - {rep_id})
    delegates = chart.delegate_ids - {rep_id}
    return Approvers(chart.line[0], delegates, delegates | {chart.line[0]})


def subject(
    owner_id: UUID,
    on: date,
    *,
    extra_approvers: frozenset[UUID] = frozenset(),
    with_below: bool | None = None,
) -> Subject:
    """The owner of a thing with everybody who stands in a relation to them that day.

    One statement in the ordinary case. The owner's reports are looked up only when somebody outside the line
    (delegate, admin, stand-in) is among the approvers, as only those can be below; `with_below` overrides.
    """
    chart = chart_above(owner_id, on)
    approvers = _approvers(owner_id, chart, on).all | extra_approvers
    if with_below is None:
        with_below = not approvers <= set(chart.line)
    below = people_below(owner_id, on) if with_below else frozenset()
    return Subject(owner_id, chart.line, approvers, below)


# Downwards


@lru_cache(maxsize=1)
def _below() -> Select:
    """Everybody under a manager; `union` drops repeats, so a loop ends."""
    chart = (
        select(ReportingLine.user_id.label("user_id"))
        .where(ReportingLine.manager_id == _PERSON, _line_holds())
        .cte("below", recursive=True)
    )
    chart = chart.union(
        select(ReportingLine.user_id).join(chart, ReportingLine.manager_id == chart.c.user_id).where(_line_holds())
    )
    return _listed(chart)


@lru_cache(maxsize=1)
def _reports() -> Select:
    """Those whose nearest manager who has not left is this one."""
    base = select(ReportingLine.user_id.label("user_id")).where(ReportingLine.manager_id == _PERSON, _line_holds())
    return _listed(_through_who_left(base, "reports"))


@lru_cache(maxsize=1)
def _waiting() -> Select:
    """As `_reports`, for the person and whom they stand in for; for an admin also who has no manager."""
    me = _PERSON
    lines = select(ReportingLine.user_id.label("user_id")).where(ReportingLine.manager_id == me, _line_holds())
    stood_in_for = (
        select(Delegation.manager_id)
        .join(User, User.id == Delegation.manager_id)
        .where(Delegation.delegate_id == me, _delegation_holds(), _is_here(User))
    )
    delegated = select(ReportingLine.user_id).where(ReportingLine.manager_id.in_(stood_in_for), _line_holds())
    without_manager = select(User.id).where(
        ~exists().where(ReportingLine.user_id == User.id, _line_holds()),
        exists().where(RoleGrant.user_id == me, RoleGrant.role == Role.ADMIN.value, RoleGrant.revoked_on.is_(None)),
    )
    base = select(union_all(lines, delegated, without_manager).subquery("first").c.user_id)
    return _listed(_through_who_left(base, "waiting"))


def _through_who_left(base: Select, name: str) -> CTE:
    """Add the reports of those in `base` who left, and of those among them who left, and so on."""
    chart = base.cte(name, recursive=True)
    gone = aliased(User)
    return chart.union(
        select(ReportingLine.user_id)
        .join(chart, ReportingLine.manager_id == chart.c.user_id)
        .join(gone, and_(gone.id == chart.c.user_id, gone.left_on <= _ON))
        .where(_line_holds())
    )


def _listed(chart: CTE) -> Select:
    return (
        select(*PERSON_COLUMNS)
        .join(chart, chart.c.user_id == User.id)
        .where(_is_here(User), User.id != _PERSON)
        .order_by(func.lower(User.name), User.id)
    )


def _people_of(statement: Select, person_id: UUID, on: date) -> tuple[PersonRow, ...]:
    # A dict: two ways to the same person (manager and delegate at once) are one person.
    found = {row.id: PersonRow(*row) for row in db.session.execute(statement, {"person": person_id, "day": on})}
    return tuple(found.values())


def reports(manager_id: UUID, on: date, deep: bool = False) -> tuple[PersonRow, ...]:
    """Those who report to this manager that day, by name; `deep`: directly or not.

    Reports of a manager who left count as direct reports of the next one above.
    """
    return _people_of(_below() if deep else _reports(), manager_id, on)


def people_below(manager_id: UUID, on: date) -> frozenset[UUID]:
    return frozenset(row.id for row in reports(manager_id, on, deep=True))


def reps_waiting_on(person_id: UUID, on: date) -> frozenset[UUID]:
    """For whom this person is acting manager or delegate that day, or the admin of last resort.

    Never themselves nor anybody above them: agrees with `subject`, so a queue shows what can be decided.
    """
    found = frozenset(row.id for row in _people_of(_waiting(), person_id, on))
    return found - set(managers_above(person_id, on)) if found else found


# Teams


def team_of(user_id: UUID, on: date) -> TeamRow | None:
    return teams_of((user_id,), on).get(user_id)


def teams_of(user_ids: Iterable[UUID], on: date) -> Mapping[UUID, TeamRow]:
    """The team of each who is in one that day."""
    rows = db.session.execute(
        select(TeamMembership.user_id, Team.id, Team.key, Team.name)
        .join(Team, Team.id == TeamMembership.team_id)
        .where(
            TeamMembership.user_id.in_(set(user_ids)),
            TeamMembership.starts_on <= on,
            or_(TeamMembership.ends_on.is_(None), TeamMembership.ends_on > on),
        )
        .order_by(TeamMembership.user_id)
    )
    return {row.user_id: TeamRow(row.id, row.key, row.name) for row in rows}


def teams() -> tuple[TeamRow, ...]:
    rows = db.session.execute(select(Team.id, Team.key, Team.name).order_by(func.lower(Team.name), Team.id))
    return tuple(TeamRow(*row) for row in rows)
