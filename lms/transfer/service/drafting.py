"""The rep's part before the field: typing, which never loses anything, and submitting."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError

from lms.db import db
from lms.errors import RuleViolation
from lms.learning import queries as learning
from lms.learning.models import Enrollment
from lms.policy import sequencing, worksheet
from lms.policy import transfer as rules
from lms.policy.outline import OpensNext
from lms.policy.transfer import Capacity, Move, Status
from lms.statements.events import SubmissionWithdrawn, WorksheetSubmitted
from lms.transfer import queries
from lms.transfer.models import TransferActivity, WorksheetDraft, WorksheetRevision
from lms.transfer.service import moves, telling
from lms.transfer.service.moves import Named

KEEP_EVERY = timedelta(minutes=10)
LARGEST = 200_000  # characters of a draft as JSON; a worksheet is pages, not books


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save came to. `is_stale`: another tab saved first; what this one held is `kept` as a revision."""

    activity: TransferActivity
    draft: WorksheetDraft
    lock: int
    is_stale: bool = False
    kept: WorksheetRevision | None = None


def begin(enrollment: Enrollment, step_key: str, *, by: Named, at: datetime) -> TransferActivity:
    """The activity's row, made if there is none; two first saves at once make one."""
    if by.id != enrollment.user_id:
        raise RuleViolation("not_your_activity")
    found = queries.activity_by_step(enrollment.id, step_key)
    if found is not None:
        return found
    if enrollment.state != "active":
        is_paused = enrollment.state == "paused"
        raise RuleViolation("enrollment_paused" if is_paused else "enrollment_not_open", state=enrollment.state)
    asked = queries.definition_of(enrollment, step_key)
    facts = learning.facts(enrollment.id)
    access = sequencing.resolve(learning.course_of(enrollment), facts, at)[step_key]
    if access.is_locked:
        raise RuleViolation("step_locked", **dict(access.facts))
    row = TransferActivity(
        id=uuid4(),
        enrollment_id=enrollment.id,
        step_key=step_key,
        rep_id=enrollment.user_id,
        title=asked.title,
        status=Status.PREPARING.value,
        round=0,
        needs_acknowledgment=False,
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError:
        found = queries.activity_by_step(enrollment.id, step_key)
        if found is None:
            raise
        return found
    return row


def save_draft(
    enrollment: Enrollment,
    step_key: str,
    *,
    content: Mapping[str, Any],
    lock: int,
    by: Named,
    at: datetime,
) -> Saved:
    """Keep what the rep typed, complete or not. `lock` is the draft's lock that the page was made with (0: none).

    A stale tab does not raise, because a refused request is rolled back: its content is kept as a revision, the
    draft stands, and the answer says so.
    """
    activity = begin(enrollment, step_key, by=by, at=at)
    moves.hold(activity)
    clean = worksheet.normalize(queries.definition(activity).sheet, content)
    return _save(activity, clean, lock, by=by, at=at)


def restore(activity: TransferActivity, *, revision: int, lock: int, by: Named, at: datetime) -> Saved:
    """Take an earlier or a kept revision as the draft; what the draft held is kept."""
    moves.by_rep(activity, by)
    moves.hold(activity)
    found = queries.revision(activity.id, revision)
    if found is None:
        raise RuleViolation("revision_unknown", revision=revision)
    clean = worksheet.normalize(queries.definition(activity).sheet, found.content)
    draft = queries.draft(activity.id)
    if draft is not None and draft.lock == lock and draft.content != clean:
        _keep(activity, draft.content, by_id=activity.rep_id, at=draft.saved_at)
    return _save(activity, clean, lock, by=by, at=at)


def _save(activity: TransferActivity, clean: worksheet.Content, lock: int, *, by: Named, at: datetime) -> Saved:
    if not rules.is_editable(Status(activity.status)):
        raise RuleViolation("worksheet_locked", status=activity.status)
    if len(json.dumps(clean)) > LARGEST:
        raise RuleViolation("worksheet_too_large", max=LARGEST)
    draft = queries.draft(activity.id)
    if draft is None:
        draft = WorksheetDraft(activity_id=activity.id, content=clean, saved_at=at)
        db.session.add(draft)
        db.session.flush()
        return Saved(activity, draft, draft.lock)
    if draft.content == clean:
        return Saved(activity, draft, draft.lock)  # the same again: a double click, a resent autosave
    if draft.lock != lock:
        kept = _keep(activity, clean, by_id=by.id, at=at)
        return Saved(activity, draft, draft.lock, is_stale=True, kept=kept)
    _keep_now_and_then(activity, draft, at)
    draft.content, draft.saved_at = clean, at
    db.session.flush()
    return Saved(activity, draft, draft.lock)


def _keep_now_and_then(activity: TransferActivity, draft: WorksheetDraft, at: datetime) -> None:
    """Before it is overwritten, the draft goes into the history: after a pause, and every ten minutes of typing."""
    last = queries.latest_revision(activity.id)
    if last is None or at - last.at >= KEEP_EVERY:
        _keep(activity, draft.content, by_id=activity.rep_id, at=draft.saved_at)


def _keep(activity: TransferActivity, content: worksheet.Content, *, by_id: UUID, at: datetime) -> WorksheetRevision:
    return add_revision(activity, "draft", content, by_id=by_id, at=at)


def add_revision(
    activity: TransferActivity, kind: str, content: worksheet.Content, *, by_id: UUID, at: datetime
) -> WorksheetRevision:
    last = queries.latest_revision(activity.id)
    if kind == "draft" and last is not None and last.content == content:
        return last
    row = WorksheetRevision(
        id=uuid4(),
        activity_id=activity.id,
        number=last.number + 1 if last else 1,
        kind=kind,
        content=content,
        by_id=by_id,
        at=at,
    )
    db.session.add(row)
    db.session.flush()
    return row


def submit(activity: TransferActivity, *, by: Named, at: datetime, lock: int | None = None) -> WorksheetRevision:
    """Hand the saved draft to the approver of the day. A second click finds it submitted and changes nothing."""
    moves.by_rep(activity, by)
    moves.hold(activity)
    draft = queries.draft(activity.id)
    if draft is None:
        raise RuleViolation("worksheet_empty")
    submitted = queries.revision(activity.id, activity.submitted_revision)
    if submitted is not None and activity.status == Status.IN_REVIEW and submitted.content == draft.content:
        return submitted
    rules.move(Status(activity.status), Move.SUBMIT, Capacity.REP)
    if lock is not None and draft.lock != lock:
        raise RuleViolation("draft_stale", lock=draft.lock, at=draft.saved_at)
    problems = worksheet.validate(queries.definition(activity).sheet, draft.content)
    if problems:
        raise RuleViolation("worksheet_incomplete", count=len(problems), problems=problems)
    decided = queries.revision(activity.id, _decided_revision(activity))
    if decided is not None and decided.content == draft.content:
        raise RuleViolation("nothing_changed")
    revision = add_revision(activity, "submitted", draft.content, by_id=by.id, at=at)
    with moves.moving(activity, Move.SUBMIT, Capacity.REP, by=by, at=at, revision=revision.number) as row:
        activity.round += 1
        activity.submitted_revision = revision.number
        activity.approved_revision = activity.decided_by_id = activity.decided_at = None
        activity.needs_acknowledgment = False
        moves.waits_on_approver(activity, at)
    event = WorksheetSubmitted(
        **moves.about(activity, row, by), record_id=row.id, approver=moves.approver(activity, at)
    )
    moves.said(activity, row, event)
    moves.complete(activity, OpensNext.SUBMISSION, by=by, at=at)
    telling.tell_approvers(
        activity,
        row,
        f"{by.name} asks for your review: {activity.title}",
        f"{by.name} has submitted “{activity.title}” (round {activity.round}). It waits for your review.",
    )
    return revision


def _decided_revision(activity: TransferActivity) -> int | None:
    """The revision that a new one has to differ from: the approved one, or the one that was returned last.

    Submitting and taking back in between does not make the same text new.
    """
    if activity.status == Status.APPROVED:
        return activity.approved_revision
    last = queries.last_move(activity.id, (Move.APPROVE, Move.ADJUST, Move.RETURN))
    return last.revision if last is not None and last.move == Move.RETURN else None


def withdraw(activity: TransferActivity, *, by: Named, at: datetime) -> None:
    """Take the submission back, as long as no approver has opened it."""
    moves.by_rep(activity, by)
    moves.hold(activity)
    rules.move(Status(activity.status), Move.WITHDRAW, Capacity.REP)
    rules.may_withdraw(
        activity.opened_at,
        moves.name_of(activity.opened_by_id),
        opened_next=queries.definition(activity).opens_next is OpensNext.SUBMISSION,
    )
    submitted = queries.last_move(activity.id, (Move.SUBMIT,))
    taken_back = activity.submitted_revision
    with moves.moving(activity, Move.WITHDRAW, Capacity.REP, by=by, at=at, revision=taken_back) as row:
        activity.round -= 1  # nobody reviewed it: the next one is the same round
        activity.submitted_revision = None
        moves.waits_on_rep(activity)
    event = SubmissionWithdrawn(
        **moves.about(activity, row, by), record_id=row.id, submitted_id=moves.statement_of(submitted)
    )
    moves.said(activity, row, event)
    telling.tell_approvers(
        activity,
        row,
        f"{by.name} took a submission back: {activity.title}",
        f"{by.name} has taken back “{activity.title}”. There is nothing for you to do now.",
    )
