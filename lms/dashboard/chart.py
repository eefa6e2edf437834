"""The part of the organization below one person on a day, and what waits on each manager in it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Uuid, cast, exists, func, null, or_, select

from lms.db import db
from lms.people.models import ReportingLine, User
from lms.people.queries import PERSON_COLUMNS, PersonRow, here
from lms.policy.transfer import WAITING
from lms.transfer.models import TransferActivity

DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Chart:
    """Everybody below `top` who has not left, by name. `manager_of` steps over managers who left."""

    top: UUID | None
    people: Mapping[UUID, PersonRow]
    manager_of: Mapping[UUID, UUID | None]

    def reports(self, manager_id: UUID | None) -> tuple[PersonRow, ...]:
        return tuple(row for row in self.people.values() if self.manager_of[row.id] == manager_id)

    @property
    def managers(self) -> frozenset[UUID]:
        return frozenset(manager for manager in self.manager_of.values() if manager is not None)

    def under(self, manager_id: UUID) -> frozenset[UUID]:
        """The manager and everybody below."""
        children: dict[UUID | None, list[UUID]] = defaultdict(list)
        for person_id, above in self.manager_of.items():
            children[above].append(person_id)
        found: set[UUID] = set()
        pending = [manager_id]
        while pending:
            current = pending.pop()
            if current not in found:
                found.add(current)
                pending += children[current]
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Requests that wait on one manager: how many, since when the oldest, and the oldest that is overdue."""

    count: int
    oldest: datetime | None
    late: datetime | None = None

    def __add__(self, other: "Waiting") -> "Waiting":
        return Waiting(self.count + other.count, _first(self.oldest, other.oldest), _first(self.late, other.late))


def _first(*moments: datetime | None) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)


NOTHING = Waiting(0, None)


def chart_below(top: UUID | None, on: date) -> Chart:
    """In one statement. `None` is the whole company: those without a manager stand at its top."""
    holds = (ReportingLine.starts_on <= on) & or_(ReportingLine.ends_on.is_(None), ReportingLine.ends_on > on)
    if top is None:
        base = select(User.id.label("user_id"), cast(null(), Uuid()).label("manager_id")).where(
            here(on), ~exists().where(ReportingLine.user_id == User.id, holds)
        )
    else:
        base = select(ReportingLine.user_id, ReportingLine.manager_id).where(ReportingLine.manager_id == top, holds)
    chart = base.cte("below", recursive=True)
    chart = chart.union(  # `union` drops repeats, so a loop ends
        select(ReportingLine.user_id, ReportingLine.manager_id)
        .join(chart, ReportingLine.manager_id == chart.c.user_id)
        .where(holds)
    )
    rows = db.session.execute(
        select(chart.c.manager_id, *PERSON_COLUMNS)
        .join(User, User.id == chart.c.user_id)
        .order_by(func.lower(User.name), User.id)
    )
    above: dict[UUID, UUID | None] = {}
    known: dict[UUID, PersonRow] = {}
    for manager_id, *columns in rows:
        row = PersonRow(*columns)
        above[row.id], known[row.id] = manager_id, row
    gone = {row.id for row in known.values() if row.left_on is not None and row.left_on <= on}
    people = {key: row for key, row in known.items() if key not in gone and key != top}
    return Chart(top, people, {key: _acting(key, above, gone) for key in people})


def _acting(person_id: UUID, above: Mapping[UUID, UUID | None], gone: set[UUID]) -> UUID | None:
    manager = above[person_id]
    for _ in range(DEEPEST):
        if manager is None or manager not in gone:
            break
        manager = above.get(manager)
    return manager


def waiting_by_manager(chart: Chart, on: date) -> Mapping[UUID | None, Waiting]:
    """What waits on each acting manager of the chart, decisions and handing over; one statement."""
    found: dict[UUID | None, Waiting] = defaultdict(lambda: NOTHING)
    for rep_id, since, due_on in _waiting(chart.people):
        manager = chart.manager_of[rep_id]
        found[manager] = found[manager] + Waiting(1, since, since if due_on is not None and on > due_on else None)
    return found


def _waiting(user_ids: Iterable[UUID]) -> Iterable[tuple[UUID, datetime, date | None]]:
    rows = db.session.execute(
        select(TransferActivity.rep_id, TransferActivity.waiting_since, TransferActivity.review_due_on)
        .where(
            TransferActivity.rep_id.in_(list(user_ids)),
            TransferActivity.status.in_([status.value for status in WAITING]),
            TransferActivity.waiting_since.is_not(None),
            TransferActivity.needs_acknowledgment.is_(False),
        )
        .order_by(TransferActivity.waiting_since, TransferActivity.id)
    )
    return [(row.rep_id, row.waiting_since, row.review_due_on) for row in rows]
