"""What every act on a transfer activity has in common: the lock, the checks of who, the move, the record, the mail.

A service function holds the row, checks, and changes inside `moving`, once: that appends the one TransferMove and
sets the status by the rulebook. Then it records, completes the step where that is due, and tells.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Protocol, TypedDict
from uuid import UUID, uuid4

from sqlalchemy import func, select

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import queries as learning
from lms.learning import service as learning_service
from lms.learning.service import Opened
from lms.people import queries as people
from lms.policy import transfer as rules
from lms.policy.access import Role
from lms.policy.outline import OpensNext
from lms.policy.transfer import Capacity, Move, Status
from lms.statements import ledger
from lms.statements.events import Event, Person, Place
from lms.transfer import queries
from lms.transfer.models import TransferActivity, TransferMove

NOTHING = Opened()

HOW = {
    OpensNext.SUBMISSION: "submitted",
    OpensNext.APPROVAL: "approved",
    OpensNext.RESULTS: "reported",
    OpensNext.CONFIRMATION: "verified",
}


class Named(Protocol):
    """Who acts: a viewer, a user row, a person row."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


class Facts(TypedDict):
    at: datetime
    actor: Person | None
    learner: Person
    place: Place
    activity_id: UUID
    round: int
    revision_number: int | None
    reason: str


ENDED = frozenset({"withdrawn", "closed_unfinished"})


def hold(activity: TransferActivity) -> None:
    """Read the row again and keep others out until the commit; refuse what belongs to an enrollment that ended.

    Of two people who decide at once the second waits here, and then sees what the first decided.
    """
    lock(activity)
    state = queries.enrollment(activity).state
    if state in ENDED:
        raise RuleViolation("enrollment_not_open", state=state)


def lock(activity: TransferActivity) -> None:
    """Only that; for the clock, which clears up after enrollments that ended."""
    db.session.flush()
    db.session.refresh(activity, with_for_update=True)


# Who


def by_rep(activity: TransferActivity, by: Named) -> None:
    if by.id != activity.rep_id:
        raise RuleViolation("not_your_activity")


def by_admin(activity: TransferActivity, by: Named) -> None:
    if by.id == activity.rep_id:
        raise RuleViolation("own_work")
    if Role.ADMIN not in people.roles_of(by.id):
        raise RuleViolation("not_admin")


def deciding(
    activity: TransferActivity, act: Move, *, by: Named, at: datetime, reason: str, seen: int | None = None
) -> Capacity:
    """As what `by` does this today; refuses whoever may not, and whatever the rulebook does not allow now.

    `seen` is the revision or report that was decided about: if that was decided meanwhile, the answer says by
    whom and when instead of a bare "wrong status".
    """
    capacity = rules.deciding_capacity(queries.relation(activity, by.id, at))
    _refuse_second_decision(activity, act, seen)
    rules.move(Status(activity.status), act, capacity)
    if act in rules.PREPARED_MOVES:
        state = queries.preparation(activity, by.id)
        if state.blocks:
            raise RuleViolation("manager_not_prepared", edition_line_id=state.edition_line_id)
    rules.stand_in_gives_reason(capacity, reason)
    return capacity


def _refuse_second_decision(activity: TransferActivity, act: Move, seen: int | None) -> None:
    decisions = next((group for group in rules.DECISIONS if act in group), None)
    if decisions is None or Status(activity.status) in rules.TRANSITIONS[act]:
        return
    last = queries.last_move(activity.id, decisions)
    if last is not None and last.data.get("decided") == seen:
        raise RuleViolation(
            "already_decided", by=name_of(last.by_id), by_id=last.by_id, at=last.at, what=rules.DECIDED[Move(last.move)]
        )


def name_of(person_id: UUID | None) -> str:
    row = people.person(person_id) if person_id is not None else None
    return row.name if row else ""


def zone_of(person_id: UUID) -> str:
    row = people.person(person_id)
    return row.zone if row else "UTC"


def latest_day(zone: str, at: datetime) -> date:
    """The last day that is not in the future: by the person's calendar or by the company's, which forms offer."""
    return max(clock.local_day(at, zone), clock.company_day(at))


# The move


@contextmanager
def moving(
    activity: TransferActivity,
    act: Move,
    capacity: Capacity,
    *,
    by: Named | None,
    at: datetime,
    revision: int | None = None,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> Iterator[TransferMove]:
    """Append the move and set the status it leads to; the body sets what else changes with it.

    Nothing reaches the database before the body is through: a half-made state would break its constraints.
    """
    before = Status(activity.status)
    after = rules.move(before, act, capacity)
    with db.session.no_autoflush:
        last = db.session.scalar(select(func.max(TransferMove.number)).where(TransferMove.activity_id == activity.id))
        row = TransferMove(
            id=uuid4(),
            activity_id=activity.id,
            number=(last or 0) + 1,
            move=act.value,
            from_status=before.value,
            to_status=after.value,
            by_id=by.id if by else None,
            capacity=capacity.value,
            at=at,
            revision=revision,
            reason=reason.strip(),
            data=dict(data or {}),
        )
        activity.status = after.value
        if after in rules.TERMINAL:
            waits_on_nobody(activity)
        yield row
        row.round = activity.round
        db.session.add(row)
        db.session.flush()


def said(activity: TransferActivity, row: TransferMove, event: Event) -> UUID:
    """Record the event of a move and keep its statement's id with the move, for later acts that answer it."""
    id_ = ledger.record(event)
    row.data = {**row.data, "statement": str(id_)}
    db.session.flush()
    return id_


def statement_of(row: TransferMove | None) -> UUID:
    """The statement that was recorded with a move."""
    if row is None:
        raise LookupError("no such move")
    return UUID(row.data["statement"])


def about(activity: TransferActivity, row: TransferMove, by: Named | None) -> Facts:
    """What every event of a move says."""
    place = learning.place(queries.enrollment(activity), activity.step_key)
    return Facts(
        at=row.at,
        actor=Person(by.id, by.name) if by else None,
        learner=Person(activity.rep_id, name_of(activity.rep_id)),
        place=place,
        activity_id=activity.id,
        round=row.round,
        revision_number=row.revision,
        reason=row.reason,
    )


# Whose turn it is


def waits_on_approver(activity: TransferActivity, at: datetime, *, keep_escalation: bool = False) -> None:
    """Start the review clock of whoever is the acting manager today.

    An escalation ends here, unless the stand-in goes on: who approved for a slow manager may also hand over.
    """
    manager_id = people.acting_approvers(activity.rep_id, clock.company_day(at)).manager_id
    activity.waiting_since = at
    start_clock(activity, manager_id, at)
    activity.opened_by_id = activity.opened_at = None
    if not keep_escalation:
        activity.escalated_to_id = activity.escalated_at = None


def start_clock(activity: TransferActivity, manager_id: UUID | None, at: datetime) -> None:
    """From now on, in this manager's working days; with nobody above the rep, in the company's."""
    manager = people.person(manager_id) if manager_id else None
    activity.waiting_on_id = manager_id
    activity.review_due_on = people.due_day(manager, at, queries.definition(activity).review_days)
    activity.reminded_at = None


def waits_on_rep(activity: TransferActivity, *, keep_escalation: bool = False) -> None:
    activity.waiting_since = activity.waiting_on_id = activity.review_due_on = activity.reminded_at = None
    activity.opened_by_id = activity.opened_at = None
    if not keep_escalation:
        activity.escalated_to_id = activity.escalated_at = None


waits_on_nobody = waits_on_rep


def approver(activity: TransferActivity, at: datetime) -> Person | None:
    """The acting manager of the day, as the statements name them."""
    manager_id = people.acting_approvers(activity.rep_id, clock.company_day(at)).manager_id
    return Person(manager_id, name_of(manager_id)) if manager_id else None


# What it opens


def complete(
    activity: TransferActivity, reached: OpensNext, *, by: Named | None, at: datetime, how: str = ""
) -> Opened:
    """Complete the step if this is what the author lets open the next; later stages find it done."""
    if queries.definition(activity).opens_next is not reached and not how:
        return NOTHING
    return learning_service.complete_step(
        queries.enrollment(activity), activity.step_key, how=how or HOW[reached], by=by, at=at
    )
