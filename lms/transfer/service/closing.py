"""The ends that are not a confirmation, and opening again what was confirmed by mistake."""

from datetime import datetime
from uuid import uuid4

from lms.db import db
from lms.errors import RuleViolation
from lms.learning.service import Opened
from lms.people import queries as people
from lms.policy import transfer as rules
from lms.policy.access import Role
from lms.policy.outline import OpensNext
from lms.policy.transfer import Capacity, Move, Status
from lms.statements.events import TransferCancelled, TransferReopened, TransferWaived
from lms.transfer import queries
from lms.transfer.models import ResultReport, TransferActivity
from lms.transfer.service import moves, telling
from lms.transfer.service.moves import Named


def waive(activity: TransferActivity, *, reason: str, by: Named, at: datetime) -> Opened:
    """An admin lets the rep go on without it; it never counts as verified."""
    moves.by_admin(activity, by)
    moves.hold(activity)
    _needs(reason)
    with moves.moving(activity, Move.WAIVE, Capacity.ADMIN, by=by, at=at, reason=reason) as row:
        activity.needs_acknowledgment = False
    moves.said(activity, row, TransferWaived(**moves.about(activity, row, by), record_id=row.id))
    opened = moves.complete(activity, OpensNext.CONFIRMATION, by=by, at=at, how="waived")
    telling.tell_rep(
        activity,
        row,
        f"Waived: {activity.title}",
        f"{by.name} has waived “{activity.title}”; you can go on without it.",
    )
    return opened


def cancel(activity: TransferActivity, *, reason: str, at: datetime, by: Named | None = None) -> None:
    """The rep left or the enrollment ended: nothing waits on anybody any more. By the system, or by an admin."""
    if by is not None:
        moves.by_admin(activity, by)
    moves.lock(activity)
    _needs(reason)
    capacity = Capacity.SYSTEM if by is None else Capacity.ADMIN
    with moves.moving(activity, Move.CANCEL, capacity, by=by, at=at, reason=reason) as row:
        activity.needs_acknowledgment = False
    moves.said(activity, row, TransferCancelled(**moves.about(activity, row, by), record_id=row.id))


def reopen(activity: TransferActivity, *, reason: str, by: Named, at: datetime) -> None:
    """Take a confirmation back. What was confirmed stays on its report; a new report is made to be confirmed.

    What the confirmation opened stays open: a mistake of the approver is not the rep's.
    """
    moves.hold(activity)
    if by.id == activity.rep_id:
        raise RuleViolation("own_work")
    if Role.ADMIN in people.roles_of(by.id):
        capacity = Capacity.ADMIN
    else:
        capacity = rules.deciding_capacity(queries.relation(activity, by.id, at))
    rules.move(Status(activity.status), Move.REOPEN, capacity)
    _needs(reason)
    rules.may_reopen(capacity, activity.verified_at or at, at)
    last = queries.latest_report(activity.id)
    verified = queries.last_move(activity.id, (Move.VERIFY,))
    with moves.moving(activity, Move.REOPEN, capacity, by=by, at=at, reason=reason) as row:
        activity.verified_at = None
        moves.waits_on_approver(activity, at)
        if last is not None:
            db.session.add(_again(last))
    event = TransferReopened(
        **moves.about(activity, row, by),
        record_id=row.id,
        completed_id=moves.statement_of(verified),
    )
    moves.said(activity, row, event)
    telling.tell_rep(
        activity,
        row,
        f"Opened again: {activity.title}",
        f"{by.name} has opened “{activity.title}” again; the reason is on its page.",
    )


def _again(last: ResultReport) -> ResultReport:
    """The rep's claim once more, unconfirmed, so that the confirmed numbers are never overwritten."""
    return ResultReport(
        id=uuid4(),
        activity_id=last.activity_id,
        rep_id=last.rep_id,
        number=last.number + 1,
        from_on=last.from_on,
        until_on=last.until_on,
        claimed=dict(last.claimed),
        note=last.note,
        met_manager=last.met_manager,
        reported_at=last.reported_at,
    )


def _needs(reason: str) -> None:
    if not reason.strip():
        raise RuleViolation("reason_missing")
