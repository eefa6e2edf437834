"""What waits on one person today, in a number of statements that does not grow with what waits."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    and_,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from lms.catalog import queries as catalog
from lms.db import read
from lms.learning.models import Enrollment
from lms.people import queries as people
from lms.people.models import ReportingLine, User
from lms.people.queries.days import DAY, PERSON, is_here, line_holds
from lms.policy.transfer import Capacity, Status
from lms.transfer.models import Observation, TransferActivity

DECIDE, HAND_OVER, OBSERVE = "decide", "hand_over", "observe"
# As text: the value of an enumeration is looked up each time, and there are hundreds of rows.
MANAGER, STAND_IN = Capacity.MANAGER.value, Capacity.STAND_IN.value
GROUPS: Mapping[str, str] = {
    Status.IN_REVIEW.value: DECIDE,
    Status.RESULTS_IN.value: DECIDE,
    Status.APPROVED.value: HAND_OVER,
    Status.IN_FIELD.value: OBSERVE,
}


class QueueRow(NamedTuple):  # cheaper to make than a frozen dataclass, and a page makes hundreds
    """One thing to do. `days`: whole days since it began to wait; `minutes`: what the author expects."""

    activity_id: UUID
    step_key: str
    rep_id: UUID
    rep_name: str
    title: str
    status: str
    group: str
    waiting_since: datetime
    version_id: UUID
    days: int
    is_overdue: bool
    minutes: int
    round: int
    capacity: str
    observations_done: int
    observations_needed: int

    @property
    def course_title(self) -> str:
        return catalog.course(self.version_id).title


class Waiting(NamedTuple):
    """`has_more`: something of other packages waits on somebody, perhaps on this person."""

    rows: tuple[QueueRow, ...]
    has_more: bool


# `dashboard` stands above and fills this in when the application starts: the condition that something of other packages
# waits, of `:person`. It is asked with the queue, and only where it holds those packages are asked.
more_waits: ColumnElement[bool] | None = None


def waiting_on(person_id: UUID, on: date, at: datetime) -> tuple[QueueRow, ...]:
    """Oldest first, ties by id: reviews and reports to decide, field work to hand over, calls to observe.

    What was approved and waits for the rep to acknowledge is not here, nor is a rep in the field whom enough
    people have observed: nothing of that waits on this person. One statement where every rep has a manager who is here.
    """
    return waiting(person_id, on, at).rows


def waiting(person_id: UUID, on: date, at: datetime) -> Waiting:
    """The same, and whether there is more."""
    rows = list(read(_waiting(more_waits), {"person": person_id, "day": on}).all())
    has_more = bool(rows) and rows[-1].activity_id is None
    if has_more:
        rows.pop()
    others = [row for row in rows if not (row.is_here and row.is_own)]
    capacities = _capacities(person_id, on, others) if others else {}
    escalated = _escalated(person_id, on, others) if others else frozenset()
    found = []
    asked_of: dict[tuple[UUID, str], tuple[int, int]] = {}
    # By position: names looked up for each of hundreds of rows would cost more than the statement.
    for (
        id_, step_key, rep_id, title, status, round_, since, is_overdue,
        rep_name, version_id, observed, rep_is_here, is_own, *_,
    ) in rows:  # fmt: skip
        capacity: str | None = MANAGER
        if not (rep_is_here and is_own):
            capacity = capacities.get(rep_id) or (STAND_IN if id_ in escalated else None)
        if capacity is None:
            continue
        asked = asked_of.get((version_id, step_key))
        if asked is None:
            definition = catalog.course(version_id).transfers[step_key]
            asked = asked_of[version_id, step_key] = (definition.review_minutes, max(definition.observations, 1))
        minutes, needed = asked
        group = GROUPS[status]
        if group == OBSERVE and observed >= needed:
            continue
        since = since or at
        found.append(
            QueueRow(
                id_,
                step_key,
                rep_id,
                rep_name,
                title,
                status,
                group,
                since,
                version_id,
                max((at - since).days, 0),
                bool(is_overdue),
                minutes,
                round_,
                capacity,
                observed,
                needed,
            )
        )
    return Waiting(tuple(found), has_more)


def queue_size(person_id: UUID, on: date, at: datetime) -> int:
    """How much there is to decide and to hand over."""
    return sum(row.group != OBSERVE for row in waiting_on(person_id, on, at))


_WORK: Any = TransferActivity.__table__
_SEEN: Any = Observation.__table__
_ENROLLED: Any = Enrollment.__table__
_LINE: Any = ReportingLine.__table__
_REP: Any = User.__table__.alias("rep")
_MANAGER: Any = User.__table__.alias("manager")


@lru_cache(maxsize=2)
def _waiting(more: ColumnElement[bool] | None) -> Select[Any] | CompoundSelect[Any]:
    """With one row more, last and empty, where the condition holds."""
    mine = _of_transfer()
    order: list[Any] = [literal_column(name).nulls_last() for name in ("since", "activity_id")]
    if more is None:
        return mine.order_by(*order)
    empty: list[Any] = [null() for _ in mine.selected_columns]
    return union_all(mine, select(*empty).where(more)).order_by(*order)


def _of_transfer() -> Select[Any]:
    """What may wait on one person on one day: built once, of tables, as only values change and no object is kept.

    By the rep's own line, or escalated; where the rep has no manager or one who left, the chart has to be asked. What
    can be compared in the database is: every id and moment that comes out is an object for each of hundreds of rows.
    """
    observed = (
        select(func.count())
        .where(_SEEN.c.activity_id == _WORK.c.id, _SEEN.c.observer_id != _SEEN.c.rep_id, _saw_something())
        .correlate(_WORK)
        .scalar_subquery()
    )
    is_near = or_(_LINE.c.manager_id == PERSON, _LINE.c.manager_id.in_(people.stood_in_for()))
    since = func.coalesce(_WORK.c.waiting_since, _WORK.c.decided_at)
    return (
        select(
            _WORK.c.id.label("activity_id"),
            *(_WORK.c[name] for name in ("step_key", "rep_id", "title", "status", "round")),
            since.label("since"),
            func.coalesce(_WORK.c.review_due_on < DAY, false()).label("is_overdue"),
            _REP.c.name.label("rep_name"),
            _ENROLLED.c.version_id,
            observed.label("observed"),
            is_here(_REP.c).label("is_here"),
            func.coalesce(_LINE.c.manager_id == PERSON, false()).label("is_own"),
            func.coalesce(_WORK.c.escalated_to_id == PERSON, false()).label("is_escalated"),
            _LINE.c.id.is_not(None).label("has_line"),
        )
        .join(_REP, _REP.c.id == _WORK.c.rep_id)
        .join(_ENROLLED, _ENROLLED.c.id == _WORK.c.enrollment_id)
        .outerjoin(_LINE, and_(_LINE.c.user_id == _WORK.c.rep_id, line_holds()))
        .outerjoin(_MANAGER, _MANAGER.c.id == _LINE.c.manager_id)
        .where(
            # Written out: a list of values is put into the text at each call, and each value bound.
            _WORK.c.status.in_([literal_column(f"'{status}'") for status in GROUPS]),
            _WORK.c.needs_acknowledgment.is_(False),
            _WORK.c.rep_id != PERSON,
            or_(is_near, _WORK.c.escalated_to_id == PERSON, _LINE.c.id.is_(None), _MANAGER.c.left_on <= DAY),
        )
    )


def _saw_something() -> Any:
    """`policy.transfer.has_seen` of the stored scores. As text both databases write a JSON object alike, with one
    space after the colon; quotes inside of a value would be escaped, so only a score can look like this.
    """
    text = cast(_SEEN.c.scores, Text)
    return or_(*(text.like(literal_column(f'\'%"seen": "{said}"%\'')) for said in ("yes", "no")))


def _capacities(person_id: UUID, on: date, rows: Sequence[Any]) -> dict[UUID, str]:
    """As what this person acts for each rep whose line does not name them; who is missing may have been escalated."""
    answer: dict[UUID, str] = {}
    mine, reports = people.reps_waiting_on(person_id, on), {row.id for row in people.reports(person_id, on)}
    for row in rows:
        if row.is_here and row.rep_id in mine:
            stand_in = Capacity.DELEGATE if row.has_line else Capacity.ADMIN
            answer[row.rep_id] = MANAGER if row.rep_id in reports else stand_in.value
    return answer


def _escalated(person_id: UUID, on: date, rows: Sequence[Any]) -> frozenset[UUID]:
    """What is escalated to this person by right: they still stand above the rep, or are an admin."""
    mine = [row for row in rows if row.is_escalated]
    if not mine:
        return frozenset()
    is_admin = person_id in people.admins(on)
    below = frozenset() if is_admin else people.people_below(person_id, on)
    return frozenset(row.activity_id for row in mine if is_admin or row.rep_id in below)
