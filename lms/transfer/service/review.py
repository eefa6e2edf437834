"""The approver's part before the field: approve, adjust, return; and what the rep acknowledges."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from lms.db import db
from lms.errors import RuleViolation
from lms.learning.service import Opened
from lms.policy import transfer as rules
from lms.policy import worksheet
from lms.policy.outline import OpensNext, Transfer
from lms.policy.transfer import Capacity, Mark, Move, Status
from lms.statements import ledger
from lms.statements.events import (
    AdjustmentAcknowledged,
    PreparationOverridden,
    WorksheetAdjusted,
    WorksheetApproved,
    WorksheetReturned,
)
from lms.transfer import queries
from lms.transfer.models import PrivateNote, TransferActivity, TransferMove
from lms.transfer.service import moves, telling
from lms.transfer.service.drafting import add_revision
from lms.transfer.service.moves import Named


def open_review(activity: TransferActivity, *, by: Named, at: datetime) -> None:
    """Note that an approver has begun to read: from here the rep cannot take it back. No move; harmless twice."""
    moves.hold(activity)
    rules.deciding_capacity(queries.relation(activity, by.id, at))
    if activity.status in {Status.IN_REVIEW, Status.RESULTS_IN} and activity.opened_at is None:
        activity.opened_by_id, activity.opened_at = by.id, at
        db.session.flush()


def approve(
    activity: TransferActivity,
    *,
    revision: int,
    marks: Mapping[str, str],
    meeting_on: date,
    by: Named,
    at: datetime,
    missing: Mapping[str, str] | None = None,
    reason: str = "",
) -> Opened:
    """Approve the revision that the approver read, as it is. `missing`: what each "not yet" still misses."""
    moves.hold(activity)
    capacity = moves.deciding(activity, Move.APPROVE, by=by, at=at, reason=reason, seen=revision)
    rules.may_decide_revision(revision, activity.submitted_revision)
    asked = queries.definition(activity)
    rules.may_approve(asked.review_rubric.criteria, marks)
    _check_meeting(activity, meeting_on, by=by, at=at)
    with moves.moving(
        activity,
        Move.APPROVE,
        capacity,
        by=by,
        at=at,
        revision=revision,
        reason=reason,
        data=_decision(asked, marks, missing or {}, meeting_on, revision),
    ) as row:
        _approved(activity, revision, capacity, by=by, at=at)
        moves.waits_on_approver(activity, at, keep_escalation=capacity is Capacity.STAND_IN)
    _record_approval(activity, row, asked, capacity, by, adjusted=False)
    opened = moves.complete(activity, OpensNext.APPROVAL, by=by, at=at)
    telling.tell_rep(
        activity,
        row,
        f"Approved: {activity.title}",
        f"{by.name} has approved “{activity.title}”.",
    )
    return opened


def adjust(
    activity: TransferActivity,
    *,
    revision: int,
    content: Mapping[str, Any],
    marks: Mapping[str, str],
    meeting_on: date,
    by: Named,
    at: datetime,
    missing: Mapping[str, str] | None = None,
    reason: str = "",
) -> Opened:
    """Approve with edits: the edited state becomes the approved revision; the rep acknowledges before the field."""
    moves.hold(activity)
    capacity = moves.deciding(activity, Move.ADJUST, by=by, at=at, reason=reason, seen=revision)
    rules.may_decide_revision(revision, activity.submitted_revision)
    asked = queries.definition(activity)
    rules.may_approve(asked.review_rubric.criteria, marks)
    _check_meeting(activity, meeting_on, by=by, at=at)
    submitted = queries.revision(activity.id, revision)
    if submitted is None:
        raise RuleViolation("revision_unknown", revision=revision)
    clean = worksheet.normalize(asked.sheet, content)
    if problems := worksheet.validate(asked.sheet, clean):
        raise RuleViolation("worksheet_invalid", count=len(problems), problems=problems)
    changes = worksheet.diff(asked.sheet, submitted.content, clean)
    rules.may_adjust(len(changes))
    edited = add_revision(activity, "adjusted", clean, by_id=by.id, at=at)
    draft = queries.draft(activity.id)
    if draft is not None:  # the rep goes on from what was approved, not from what was struck
        draft.content, draft.saved_at = clean, at
    with moves.moving(
        activity,
        Move.ADJUST,
        capacity,
        by=by,
        at=at,
        revision=edited.number,
        reason=reason,
        data=_decision(asked, marks, missing or {}, meeting_on, revision) | {"changed_fields": len(changes)},
    ) as row:
        _approved(activity, edited.number, capacity, by=by, at=at)
        activity.needs_acknowledgment = True
        moves.waits_on_rep(activity, keep_escalation=capacity is Capacity.STAND_IN)
    ledger.record(WorksheetAdjusted(**moves.about(activity, row, by), record_id=edited.id, changed_fields=len(changes)))
    _record_approval(activity, row, asked, capacity, by, adjusted=True)
    opened = moves.complete(activity, OpensNext.APPROVAL, by=by, at=at)
    telling.tell_rep(
        activity,
        row,
        f"Approved with changes: {activity.title}",
        f"{by.name} has changed and approved “{activity.title}”. Read the changes and say that you have seen them.",
    )
    return opened


def _check_meeting(activity: TransferActivity, meeting_on: date, *, by: Named, at: datetime) -> None:
    zone = moves.zone_of(by.id)
    rules.may_have_met(meeting_on, submitted_on=queries.submitted_day(activity, zone), today=moves.latest_day(zone, at))


def _decision(
    asked: Transfer, marks: Mapping[str, str], missing: Mapping[str, str], meeting_on: date, decided: int
) -> dict[str, Any]:
    """What is kept of an approval; a criterion that is not met keeps, like a return, the words about it."""
    kept = {criterion.key: marks[criterion.key] for criterion in asked.review_rubric.criteria}
    said = {key: missing[key].strip() for key, mark in kept.items() if mark == Mark.NOT_YET and missing.get(key)}
    found = {"marks": kept, "meeting_on": meeting_on.isoformat(), "decided": decided}
    return found | ({"reasons": said} if said else {})


def _approved(activity: TransferActivity, revision: int, capacity: Capacity, *, by: Named, at: datetime) -> None:
    activity.approved_revision = revision
    activity.decided_by_id, activity.decided_at = by.id, at


def _record_approval(
    activity: TransferActivity,
    row: TransferMove,
    asked: Transfer,
    capacity: Capacity,
    by: Named,
    *,
    adjusted: bool,
) -> None:
    submitted = queries.last_move(activity.id, (Move.SUBMIT,))
    marks = row.data["marks"]
    event = WorksheetApproved(
        **moves.about(activity, row, by),
        record_id=row.id,
        submitted_id=moves.statement_of(submitted),
        adjusted=adjusted,
        criteria_met=sum(mark == Mark.MET for mark in marks.values()),
        criteria=len(asked.review_rubric.criteria),
        capacity=capacity.value,
    )
    moves.said(activity, row, event)


def return_(
    activity: TransferActivity,
    *,
    revision: int,
    reasons: Mapping[str, str],
    due_on: date | None,
    by: Named,
    at: datetime,
    reason: str = "",
) -> None:
    """Back to the rep, with a reason for each criterion that is not there yet."""
    moves.hold(activity)
    capacity = moves.deciding(activity, Move.RETURN, by=by, at=at, reason=reason, seen=revision)
    rules.may_decide_revision(revision, activity.submitted_revision)
    given = rules.may_return(queries.definition(activity).review_rubric.criteria, reasons)
    data = {
        "reasons": given,
        "due_on": due_on.isoformat() if due_on else None,
        "decided": revision,
    }
    with moves.moving(
        activity,
        Move.RETURN,
        capacity,
        by=by,
        at=at,
        revision=revision,
        reason=reason,
        data=data,
    ) as row:
        activity.decided_by_id, activity.decided_at = by.id, at
        moves.waits_on_rep(activity)
    submitted = queries.last_move(activity.id, (Move.SUBMIT,))
    facts = moves.about(activity, row, by)
    facts["reason"] = "\n".join(part for part in (row.reason, *given.values()) if part)
    event = WorksheetReturned(
        **facts,
        record_id=row.id,
        submitted_id=moves.statement_of(submitted),
        criteria=tuple(given),
        capacity=capacity.value,
    )
    moves.said(activity, row, event)
    telling.tell_rep(
        activity,
        row,
        f"Back to you: {activity.title}",
        f"{by.name} has read “{activity.title}” and says what is not there yet.",
    )


def acknowledge(activity: TransferActivity, *, by: Named, at: datetime) -> None:
    """The rep has read what the approver changed. A second click changes nothing."""
    moves.by_rep(activity, by)
    moves.hold(activity)
    rules.move(Status(activity.status), Move.ACKNOWLEDGE, Capacity.REP)
    if not activity.needs_acknowledgment:
        return
    adjusted = queries.revision(activity.id, activity.approved_revision)
    with moves.moving(
        activity, Move.ACKNOWLEDGE, Capacity.REP, by=by, at=at, revision=activity.approved_revision
    ) as row:
        activity.needs_acknowledgment = False
        moves.waits_on_approver(activity, at, keep_escalation=True)
        if adjusted is not None:
            adjusted.acknowledged_at = at
    moves.said(activity, row, AdjustmentAcknowledged(**moves.about(activity, row, by), record_id=row.id))
    telling.tell_approvers(
        activity,
        row,
        f"{by.name} has seen your changes: {activity.title}",
        f"{by.name} has read the changes in “{activity.title}”. Next, hand over the accounts to call.",
    )


def override_preparation(activity: TransferActivity, *, reason: str, by: Named, at: datetime) -> None:
    """An admin lets this activity be decided by somebody who has not been through the manager's edition."""
    moves.by_admin(activity, by)
    moves.hold(activity)
    if not reason.strip():
        raise RuleViolation("reason_missing")
    with moves.moving(activity, Move.OVERRIDE, Capacity.ADMIN, by=by, at=at, reason=reason) as row:
        pass
    moves.said(activity, row, PreparationOverridden(**moves.about(activity, row, by), record_id=row.id))


def note(activity: TransferActivity, *, text: str, by: Named, at: datetime) -> PrivateNote:
    """Save the approver's own note; nobody else reads it, and it is no part of the record."""
    rules.deciding_capacity(queries.relation(activity, by.id, at))
    row = queries.private_note(activity.id, by.id)
    if row is None:
        row = PrivateNote(id=uuid4(), activity_id=activity.id, author_id=by.id, text="", saved_at=at)
        db.session.add(row)
    row.text, row.saved_at = worksheet.clean_text(text), at
    db.session.flush()
    return row
