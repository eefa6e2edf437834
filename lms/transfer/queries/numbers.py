"""What other packages pull: confirmed numbers, where activities stand, counts per rep."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, and_, bindparam, case, cast, exists, func, literal_column, null, select

from lms import clock
from lms.db import db, read
from lms.learning.history_queries import ACTIVITY, Share
from lms.people import queries as people
from lms.people.models import ReportingLine, User
from lms.people.queries.days import is_here, line_holds
from lms.policy.demonstration import demonstrate
from lms.policy.sequencing import TransferFact
from lms.policy.transfer import TERMINAL, WAITING, Status
from lms.transfer.models import Observation, ResultReport, TransferActivity


@dataclass(frozen=True, slots=True)
class ConfirmedRow:
    """Numbers of a verified activity: what the rep claimed and what the manager confirmed, both kept."""

    rep_id: UUID
    activity_id: UUID
    enrollment_id: UUID
    step_key: str
    title: str
    from_on: date
    until_on: date
    claimed: Mapping[str, Any]
    confirmed: Mapping[str, Any]
    confirmed_by_id: UUID
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class ActivityRow:
    activity_id: UUID
    enrollment_id: UUID
    step_key: str
    rep_id: UUID
    title: str
    status: str
    round: int
    waiting_since: datetime | None
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """`open`: every activity that is not closed; of them `waiting` on the approver, `in_field` out there."""

    open: int = 0
    waiting: int = 0
    in_field: int = 0
    verified: int = 0


def confirmed_numbers(user_ids: Iterable[UUID], from_on: date, until_on: date) -> tuple[ConfirmedRow, ...]:
    """Reports whose window touches these days, of activities verified now; one each, by end of window.

    A reopened activity counts again only once it is verified again.
    """
    newest = (
        select(ResultReport.activity_id, func.max(ResultReport.number).label("number"))
        .group_by(ResultReport.activity_id)
        .subquery()
    )
    rows = db.session.execute(
        select(ResultReport, TransferActivity)
        .join(TransferActivity, TransferActivity.id == ResultReport.activity_id)
        .join(
            newest,
            (newest.c.activity_id == ResultReport.activity_id) & (newest.c.number == ResultReport.number),
        )
        .where(
            ResultReport.rep_id.in_(set(user_ids)),
            TransferActivity.status == Status.VERIFIED.value,
            ResultReport.until_on >= from_on,
            ResultReport.from_on <= until_on,
        )
        .order_by(ResultReport.until_on, ResultReport.id)
    )
    return tuple(
        ConfirmedRow(
            work.rep_id,
            work.id,
            work.enrollment_id,
            work.step_key,
            work.title,
            report.from_on,
            report.until_on,
            report.claimed,
            report.confirmed,
            report.confirmed_by_id,
            report.confirmed_at,
        )
        for report, work in rows
        if report.confirmed is not None and report.confirmed_by_id is not None and report.confirmed_at is not None
    )


# Built once, of tables: a trail and many pages ask it.
_WORK: Any = TransferActivity.__table__
_SEEN: Any = Observation.__table__
_LINE: Any = ReportingLine.__table__
_MANAGER: Any = User.__table__.alias("manager")
_STANDING = (
    select(
        *(_WORK.c[name] for name in ("step_key", "status", "rep_id", "waiting_since")),
        _SEEN.c.scores,
        _MANAGER.c.id.label("manager_id"),
        _MANAGER.c.name.label("manager_name"),
    )
    .outerjoin(_SEEN, _SEEN.c.activity_id == _WORK.c.id)
    .outerjoin(_LINE, and_(_LINE.c.user_id == _WORK.c.rep_id, line_holds()))
    .outerjoin(_MANAGER, and_(_MANAGER.c.id == _LINE.c.manager_id, is_here(_MANAGER.c)))
    .where(_WORK.c.enrollment_id == bindparam("enrollment", type_=_WORK.c.enrollment_id.type))
    .order_by(_WORK.c.step_key, _SEEN.c.at, _SEEN.c.id)
)
# Its share of `learning.history_queries.history`: where the activity stands, and the manager's name and id. The id is
# null where somebody observed, and empty where there is no manager.
_BEGUN = (
    select(
        _WORK.c.step_key,
        _WORK.c.waiting_since,
        _WORK.c.status,
        _MANAGER.c.name,
        case(
            (exists().where(_SEEN.c.activity_id == _WORK.c.id), null()),
            else_=func.coalesce(cast(_MANAGER.c.id, String), literal_column("''")),
        ),
        literal_column(str(ACTIVITY)),
    )
    .outerjoin(_LINE, and_(_LINE.c.user_id == _WORK.c.rep_id, line_holds()))
    .outerjoin(_MANAGER, and_(_MANAGER.c.id == _LINE.c.manager_id, is_here(_MANAGER.c)))
    .where(_WORK.c.enrollment_id == bindparam("enrollment", type_=_WORK.c.enrollment_id.type))
)


def _told_in_history(enrollment_id: UUID, rows: Sequence[Any], at: datetime) -> Mapping[str, TransferFact]:
    """`transfer_facts` from the share's rows where they tell enough: nothing observed, no stand-in to be found."""
    told = {}
    for (
        step_key,
        since,
        status,
        manager,
        manager_id,
    ) in rows:
        waits = since is not None and Status(status) in WAITING
        if manager_id is None or (waits and not manager_id):
            return transfer_facts(enrollment_id, at)
        told[step_key] = TransferFact(status, manager, since, UUID(manager_id)) if waits else TransferFact(status)
    return told


HISTORY_SHARE = Share(_BEGUN, _told_in_history)


def transfer_facts(enrollment_id: UUID, at: datetime) -> Mapping[str, TransferFact]:
    """Where each activity of an enrollment stands, by step key, on whom it waits if not on the rep, what was shown.

    One statement where the rep has a manager who is here.
    """
    rows = read(_STANDING, {"enrollment": enrollment_id, "day": clock.company_day(at)}).all()
    seen: dict[str, list[Mapping[str, Any]]] = {row.step_key: [] for row in rows}
    for row in rows:
        if row.scores is not None:
            seen[row.step_key].append(row.scores)
    waiting = {row.step_key for row in rows if row.waiting_since is not None and Status(row.status) in WAITING}
    name, person_id = (rows[0].manager_name, rows[0].manager_id) if rows else ("", None)
    if waiting and name is None:  # no manager, or one who left: somebody further up, or an admin
        name, person_id = _approver(rows[0].rep_id, at)
    return {
        row.step_key: TransferFact(
            row.status,
            name if row.step_key in waiting else "",
            row.waiting_since if row.step_key in waiting else None,
            person_id if row.step_key in waiting else None,
            demonstrate(seen[row.step_key]).is_shown,
        )
        for row in rows
    }


def _approver(rep_id: UUID, at: datetime) -> tuple[str, UUID | None]:
    approvers = people.acting_approvers(rep_id, clock.company_day(at))
    known = people.people(approvers.all)
    row = known.get(approvers.manager_id) if approvers.manager_id else next(iter(known.values()), None)
    return (row.name, row.id) if row else ("", None)


def statuses_of(user_ids: Iterable[UUID]) -> tuple[ActivityRow, ...]:
    """Every activity of these people, by title, then id."""
    rows = db.session.execute(
        select(
            TransferActivity.id,
            TransferActivity.enrollment_id,
            TransferActivity.step_key,
            TransferActivity.rep_id,
            TransferActivity.title,
            TransferActivity.status,
            TransferActivity.round,
            TransferActivity.waiting_since,
            TransferActivity.verified_at,
        )
        .where(TransferActivity.rep_id.in_(set(user_ids)))
        .order_by(TransferActivity.title, TransferActivity.id)
    )
    return tuple(ActivityRow(*row) for row in rows)


def counts_by_rep(user_ids: Iterable[UUID]) -> Mapping[UUID, Counts]:
    """For each of these people, zeros included; one statement."""
    wanted = tuple(dict.fromkeys(user_ids))
    by_status: dict[UUID, dict[Status, int]] = {user_id: {} for user_id in wanted}
    waiting: dict[UUID, int] = dict.fromkeys(wanted, 0)
    rows = db.session.execute(
        select(
            TransferActivity.rep_id,
            TransferActivity.status,
            func.count(),
            func.count(TransferActivity.waiting_since),
        )
        .where(TransferActivity.rep_id.in_(wanted))
        .group_by(TransferActivity.rep_id, TransferActivity.status)
    )
    for rep_id, status, count, waiting_count in rows:
        by_status[rep_id][Status(status)] = count
        if Status(status) in WAITING:
            waiting[rep_id] += waiting_count
    return {
        user_id: Counts(
            open=sum(count for status, count in counts.items() if status not in TERMINAL),
            waiting=waiting[user_id],
            in_field=counts.get(Status.IN_FIELD, 0),
            verified=counts.get(Status.VERIFIED, 0),
        )
        for user_id, counts in by_status.items()
    }
