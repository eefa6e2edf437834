"""Reads of accommodations: how much time somebody has in a test today, and since when."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from lms import clock
from lms.db import db
from lms.people.models import Accommodation, User

FULL = 100


@dataclass(frozen=True, slots=True)
class AccommodationRow:
    """With the reason: for the person and administrators only."""

    id: UUID
    time_percent: int
    starts_on: date
    ends_on: date | None
    reason: str
    given_at: datetime
    given_by: str

    def holds(self, on: date) -> bool:
        return self.starts_on <= on and (self.ends_on is None or on < self.ends_on)

    def may_end(self, on: date) -> bool:
        return self.ends_on is None or on < self.ends_on


def time_percent(user_id: UUID, at: datetime) -> int:
    """How much of a time limit somebody has on their own calendar day of `at`: the most that holds then."""
    zone = db.session.scalar(select(User.zone).where(User.id == user_id))
    day = clock.local_day(at, zone or "UTC")
    found = db.session.scalar(
        select(func.max(Accommodation.time_percent)).where(
            Accommodation.user_id == user_id,
            Accommodation.starts_on <= day,
            or_(Accommodation.ends_on.is_(None), Accommodation.ends_on > day),
        )
    )
    return found or FULL


def accommodations(user_id: UUID) -> tuple[AccommodationRow, ...]:
    """All that somebody has or had, the newest first."""
    giver = aliased(User)
    rows = db.session.execute(
        select(
            Accommodation.id,
            Accommodation.time_percent,
            Accommodation.starts_on,
            Accommodation.ends_on,
            Accommodation.reason,
            Accommodation.given_at,
            giver.name,
        )
        .join(giver, giver.id == Accommodation.given_by_id)
        .where(Accommodation.user_id == user_id)
        .order_by(Accommodation.starts_on.desc(), Accommodation.given_at.desc())
    )
    return tuple(AccommodationRow(*row) for row in rows)
