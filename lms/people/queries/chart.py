"""The chart of one day: who is above and below whom, and who may decide for whom."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Select, and_, exists, func, literal, select, union_all

from lms.db import db
from lms.people.models import Delegation, ReportingLine, RoleGrant, User
from lms.people.queries.days import DAY, PERSON, delegation_holds, is_here, line_holds
from lms.people.queries.persons import PERSON_COLUMNS, PersonRow, admins
from lms.policy.access import Role, Subject

_USER: Any = User.__table__
_LINE: Any = ReportingLine.__table__
_DELEGATION: Any = Delegation.__table__
_GRANT: Any = RoleGrant.__table__

# A chart deeper than this is a loop that got past `set_manager`; the recursion ends instead of running on.
DEEPEST_CHART = 40


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


# Upwards


@lru_cache(maxsize=1)
def _line_upwards() -> CTE:
    """(manager_id, steps up): everybody above on that day, who left included."""
    chart = (
        select(_LINE.c.manager_id.label("manager_id"), literal(1).label("steps"))
        .where(_LINE.c.user_id == PERSON, line_holds())
        .cte("above", recursive=True)
    )
    return chart.union_all(
        select(_LINE.c.manager_id, chart.c.steps + 1)
        .join(chart, _LINE.c.user_id == chart.c.manager_id)
        .where(line_holds(), chart.c.steps < DEEPEST_CHART)
    )


@lru_cache(maxsize=1)
def _above() -> Select:
    """Rows (steps up, manager, a delegate of the day or NULL), nearest first, without those who left."""
    chart = _line_upwards()
    delegate = _USER.alias("delegate")
    return (
        select(chart.c.steps, chart.c.manager_id, delegate.c.id.label("delegate_id"))
        .join(_USER, _USER.c.id == chart.c.manager_id)
        .outerjoin(_DELEGATION, and_(_DELEGATION.c.manager_id == chart.c.manager_id, delegation_holds()))
        .outerjoin(delegate, and_(delegate.c.id == _DELEGATION.c.delegate_id, is_here(delegate.c)))
        .where(is_here(_USER.c))
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
        .where(ReportingLine.manager_id == PERSON, line_holds())
        .cte("below", recursive=True)
    )
    chart = chart.union(
        select(ReportingLine.user_id).join(chart, ReportingLine.manager_id == chart.c.user_id).where(line_holds())
    )
    return _listed(chart)


@lru_cache(maxsize=1)
def _reports() -> Select:
    """Those whose nearest manager who has not left is this one."""
    base = select(ReportingLine.user_id.label("user_id")).where(ReportingLine.manager_id == PERSON, line_holds())
    return _listed(_through_who_left(base, "reports"))


@lru_cache(maxsize=1)
def stood_in_for() -> Select:
    """Ids of the managers for whom this person decides that day; a part of statements that take `person` and `day`."""
    return (
        select(_DELEGATION.c.manager_id)
        .join(_USER, _USER.c.id == _DELEGATION.c.manager_id)
        .where(_DELEGATION.c.delegate_id == PERSON, delegation_holds(), is_here(_USER.c))
    )


@lru_cache(maxsize=1)
def _waiting() -> Select:
    """Ids as of `_reports`, for the person and whom they stand in for; for an admin also who has no manager."""
    me = PERSON
    lines = select(_LINE.c.user_id.label("user_id")).where(_LINE.c.manager_id == me, line_holds())
    delegated = select(_LINE.c.user_id).where(_LINE.c.manager_id.in_(stood_in_for()), line_holds())
    # Joined, so that everybody is looked through for an admin alone.
    is_admin = and_(_GRANT.c.user_id == me, _GRANT.c.role == Role.ADMIN.value, _GRANT.c.revoked_on.is_(None))
    without_manager = (
        select(_USER.c.id)
        .select_from(_GRANT.join(_USER, is_admin))
        .where(~exists().where(_LINE.c.user_id == _USER.c.id, line_holds()))
    )
    base = select(union_all(lines, delegated, without_manager).subquery("first").c.user_id)
    return _ids(_through_who_left(base, "waiting"))


def _through_who_left(base: Select, name: str) -> CTE:
    """Add the reports of those in `base` who left, and of those among them who left, and so on."""
    chart = base.cte(name, recursive=True)
    gone = _USER.alias("gone")
    return chart.union(
        select(_LINE.c.user_id)
        .join(chart, _LINE.c.manager_id == chart.c.user_id)
        .join(gone, and_(gone.c.id == chart.c.user_id, gone.c.left_on <= DAY))
        .where(line_holds())
    )


def _ids(chart: CTE) -> Select:
    return select(_USER.c.id).join(chart, chart.c.user_id == _USER.c.id).where(is_here(_USER.c), _USER.c.id != PERSON)


def _listed(chart: CTE) -> Select:
    return (
        select(*PERSON_COLUMNS)
        .join(chart, chart.c.user_id == User.id)
        .where(is_here(User), User.id != PERSON)
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
    found = frozenset(db.session.scalars(_waiting(), {"person": person_id, "day": on}))
    return found - set(managers_above(person_id, on)) if found else found
