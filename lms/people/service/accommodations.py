"""More time in tests for a person, by an administrator's decision. What runs already keeps the time it began with."""

from datetime import date, datetime
from uuid import uuid4

from lms.db import db
from lms.errors import RuleViolation
from lms.people.models import Accommodation, User
from lms.people.service.record import Named, person
from lms.statements import ledger
from lms.statements.administration import AccommodationChanged
from lms.statements.events import Person

LEAST, MOST = 110, 400
LONGEST_REASON = 500


def give_time(
    user: User,
    *,
    time_percent: int,
    starts_on: date,
    ends_on: date | None,
    reason: str,
    by: Named,
    at: datetime,
) -> Accommodation:
    """`time_percent` of every time limit from `starts_on` until the day before `ends_on`; None: until it is ended.

    The reason is kept here alone: neither the ledger, which a manager can read, nor a statement has it.
    """
    if not LEAST <= time_percent <= MOST:
        raise RuleViolation("accommodation_out_of_range", least=LEAST, most=MOST)
    if ends_on is not None and ends_on <= starts_on:
        raise RuleViolation("accommodation_ends_before_start")
    if not reason.strip():
        raise RuleViolation("accommodation_without_reason")
    row = Accommodation(
        id=uuid4(),
        user_id=user.id,
        time_percent=time_percent,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason.strip()[:LONGEST_REASON],
        given_at=at,
        given_by_id=by.id,
    )
    db.session.add(row)
    db.session.flush()
    _record(row, user, "gave more time in tests", by=by, at=at, revision=0)
    return row


def end_time(row: Accommodation, *, on: date, by: Named, at: datetime) -> None:
    """No more time from that day on. One that has not begun never holds; one that is over stays as it was."""
    if row.ends_on is not None and row.ends_on <= on:
        raise RuleViolation("accommodation_over", ended_on=row.ends_on)
    row.ends_on = max(on, row.starts_on)
    row.ended_at, row.ended_by_id = at, by.id
    db.session.flush()
    _record(row, db.session.get_one(User, row.user_id), "ended the additional time in tests", by=by, at=at, revision=1)


def _record(row: Accommodation, user: User, change: str, *, by: Named, at: datetime, revision: int) -> None:
    ledger.record(
        AccommodationChanged(
            at=at,
            actor=person(by),
            learner=Person(user.id, user.name),
            record_id=row.id,
            revision=revision,
            change=change,
            facts=(("time_percent", str(row.time_percent)), ("from_on", row.starts_on.isoformat())),
        )
    )
