"""All that the store holds in the order it was stored, voided statements included; for copies of the whole."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lms.lrs import positions, sql
from lms.lrs.queries.statements import Found


@dataclass(frozen=True, slots=True)
class Stretch:
    """Positions from `low` to before `high`."""

    low: int
    high: int


def stretch(since: datetime | None, until: datetime) -> Stretch:
    """What was stored after `since` (None: ever), up to and with `until`."""
    return Stretch(positions.FIRST if since is None else positions.after(since), positions.after(until))


def count(part: Stretch) -> int:
    row = sql.run("SELECT count(*) FROM stored_statement WHERE position >= %s AND position < %s", part.low, part.high)
    return int(row.scalar_one())


def some(part: Stretch, limit: int) -> tuple[Found, ...]:
    """The first `limit` statements of the stretch, oldest first."""
    rows = sql.run(
        "SELECT position, body FROM stored_statement WHERE position >= %s AND position < %s ORDER BY position LIMIT %s",
        part.low,
        part.high,
        limit,
    )
    return tuple(Found(row[0], row[1]) for row in rows)


def kept_among(ids: Collection[UUID]) -> int:
    """How many of these ids have a statement, voided or not."""
    condition, values = sql.among("id", ids)
    return int(sql.run(f"SELECT count(*) FROM stored_statement WHERE {condition}", *values).scalar_one())
