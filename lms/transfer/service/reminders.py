"""What the clock does: it reminds, escalates, and clears up. It never decides. And the rep's own reminder.

Each function of the clock may run as often as one likes; what is done is noted on the activity, once per waiting.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, or_, select

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.learning.models import Enrollment
from lms.people import queries as people
from lms.people.models import User
from lms.policy import transfer as rules
from lms.policy.transfer import Capacity, Move
from lms.statements.events import Person, ReviewEscalated, ReviewReminded
from lms.transfer import queries
from lms.transfer.models import TransferActivity
from lms.transfer.service import closing, moves, telling
from lms.transfer.service.moves import Named

ENDED = {"withdrawn": "The enrollment was withdrawn.", "closed_unfinished": "The enrollment was closed."}
WAITING = [status.value for status in rules.WAITING]


def waiting() -> tuple[UUID, ...]:
    """What `remind_due` and `escalate_due` look at, oldest first. The worker takes one at a time (`only`)."""
    return tuple(activity.id for activity in _waiting())


def remind_due(at: datetime, only: UUID | None = None) -> int:
    """Remind whoever a review has waited for since its target day; first, follow changed reporting lines."""
    follow_lines(at, only)
    count = 0
    for activity in _waiting(only, TransferActivity.reminded_at.is_(None)):
        manager = people.acting_manager(activity.rep_id, at)
        turn = queries.turn_of(activity)
        if turn is None or not people.is_reminder_due(turn, manager, at):
            continue
        moves.lock(activity)
        if activity.waiting_since is None or activity.reminded_at is not None:
            continue  # decided or reminded while this ran
        with moves.moving(activity, Move.REMIND, Capacity.SYSTEM, by=None, at=at) as row:
            activity.reminded_at = at
        moves.said(activity, row, ReviewReminded(**moves.about(activity, row, None), record_id=row.id))
        rep = moves.name_of(activity.rep_id)
        telling.tell_approvers(
            activity,
            row,
            f"Still waiting for you: {activity.title}",
            f"{rep} has been waiting for you since {people.day_words(manager, turn.since)} with “{activity.title}”.",
        )
        count += 1
    return count


def remind(activity: TransferActivity, *, by: Named, at: datetime) -> None:
    """The rep asks the approver once more, at most once a working day. The clock's own dates stay as they are."""
    moves.by_rep(activity, by)
    moves.hold(activity)
    rules.move(rules.Status(activity.status), Move.REMIND, Capacity.REP)
    first_day = queries.may_remind_from(activity)
    if first_day is None:
        raise RuleViolation("waits_on_you")
    if clock.company_day(at) < first_day:
        raise RuleViolation("reminded_already", on=first_day)
    with moves.moving(activity, Move.REMIND, Capacity.REP, by=by, at=at) as row:
        pass
    moves.said(activity, row, ReviewReminded(**moves.about(activity, row, by), record_id=row.id))
    telling.tell_approvers(
        activity,
        row,
        f"{by.name} asks you to look: {activity.title}",
        f"{by.name} waits for you with “{activity.title}”, and asks you to look at it.",
    )


def escalate_due(at: datetime, only: UUID | None = None) -> int:
    """One working day after the reminder the manager's manager may decide as a stand-in, else an admin.

    A stand-in who lets another review period pass is followed by the next one above, at last by an admin. Where the
    admins themselves are the approvers, or one stands in already, there is nobody to escalate to.
    """
    count = 0
    for activity in _waiting(only, TransferActivity.reminded_at.is_not(None)):
        manager = people.acting_manager(activity.rep_id, at)
        turn = queries.turn_of(activity)
        stand_in = people.next_stand_in(turn, manager, at) if turn and manager else None
        if turn is None or manager is None or stand_in is None:
            continue
        moves.lock(activity)
        if activity.waiting_since is None or activity.escalated_to_id != turn.escalated_to_id:
            continue
        with moves.moving(
            activity, Move.ESCALATE, Capacity.SYSTEM, by=None, at=at, data={"to": str(stand_in.id)}
        ) as row:
            activity.escalated_to_id, activity.escalated_at = stand_in.id, at
        event = ReviewEscalated(
            **moves.about(activity, row, None),
            record_id=row.id,
            to=Person(stand_in.id, stand_in.name),
        )
        moves.said(activity, row, event)
        rep = moves.name_of(activity.rep_id)
        telling.tell_person(
            stand_in.id,
            activity,
            row.id,
            f"You may decide for {manager.name}: {activity.title}",
            f"{rep} has been waiting for {manager.name} since {people.day_words(manager, turn.since)} with "
            f"“{activity.title}”. You may decide as a stand-in, with a reason.",
            at=at,
        )
        count += 1
    return count


def follow_lines(at: datetime, only: UUID | None = None) -> int:
    """Where the acting manager is somebody else today, the clock starts again for them, and they are told.

    A stand-in who no longer stands above the rep is none any more; the clock of the manager goes on.
    """
    count = 0
    for activity in _waiting(only):
        manager_id = people.acting_approvers(activity.rep_id, clock.company_day(at)).manager_id
        is_new = manager_id != activity.waiting_on_id
        if not is_new and queries.stand_in_id(activity, at) == activity.escalated_to_id:
            continue
        moves.lock(activity)
        if activity.waiting_since is None:
            continue
        activity.escalated_to_id = activity.escalated_at = None
        if is_new:
            moves.start_clock(activity, manager_id, at)
        db.session.flush()
        if is_new and manager_id is not None:
            rep = moves.name_of(activity.rep_id)
            telling.tell_person(
                manager_id,
                activity,
                f"{activity.id}/{clock.company_day(at)}",  # the line may come back on another day
                f"Now with you: {activity.title}",
                f"{rep} reports to you now, and waits for you with “{activity.title}”.",
                at=at,
            )
        count += 1
    return count


def ended(at: datetime) -> tuple[UUID, ...]:
    """What `cancel_ended` cancels. The worker takes one at a time (`only`)."""
    return tuple(activity.id for activity, _state, _left_on in _ended(at))


def cancel_ended(at: datetime, only: UUID | None = None) -> int:
    """Activities of enrollments that ended, and of people who left, are canceled."""
    on = clock.company_day(at)
    rows = _ended(at, *([TransferActivity.id == only] if only else []))
    for activity, state, left_on in rows:
        has_left = left_on is not None and left_on <= on
        closing.cancel(activity, reason="The rep has left the company." if has_left else ENDED[state], at=at)
    return len(rows)


def _ended(at: datetime, *conditions: ColumnElement[bool]) -> Sequence[Row[TransferActivity, str, date | None]]:
    return db.session.execute(
        select(TransferActivity, Enrollment.state, User.left_on)
        .join(Enrollment, Enrollment.id == TransferActivity.enrollment_id)
        .join(User, User.id == TransferActivity.rep_id)
        .where(
            TransferActivity.status.in_([status.value for status in rules.OPEN]),
            or_(Enrollment.state.in_(list(ENDED)), User.left_on <= clock.company_day(at)),
            *conditions,
        )
        .order_by(TransferActivity.id)
    ).all()


def _waiting(only: UUID | None = None, *conditions: ColumnElement[bool]) -> Iterator[TransferActivity]:
    """Oldest first, without what waits only to be canceled."""
    if only is not None:
        conditions = (*conditions, TransferActivity.id == only)
    yield from db.session.scalars(
        select(TransferActivity)
        .join(Enrollment, Enrollment.id == TransferActivity.enrollment_id)
        .where(
            TransferActivity.status.in_(WAITING),
            TransferActivity.waiting_since.is_not(None),
            Enrollment.state.not_in(list(moves.ENDED)),
            *conditions,
        )
        .order_by(TransferActivity.waiting_since, TransferActivity.id)
    ).all()
