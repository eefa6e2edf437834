"""The order of statements as one number: microseconds since 1970, and below them ten bits that keep apart
what two writers store in the same microsecond.

One number is the primary key, the cursor of `more` and the bound of `since` and `until` alike.
"""

import secrets
from datetime import UTC, datetime, timedelta

APART = 1024  # enough until the year 2255
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST, LAST = -(2**63), 2**63 - 1


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def instant(position: int) -> datetime:
    return EPOCH + timedelta(microseconds=position // APART)


def text(position: int) -> str:
    """When the statement was stored, as it says itself."""
    return instant(position).isoformat(timespec="microseconds")[:26] + "Z"


def positions(at: datetime, count: int) -> range:
    """For a batch that is stored at this instant: a microsecond each, so that it keeps its order.

    The last bits are drawn. Two batches that meet in one position are told so by the primary key, and one tries again.
    """
    first = microseconds(at) * APART + secrets.randbelow(APART)
    return range(first, first + count * APART, APART)


def after(moment: datetime) -> int:
    """The lowest position that was stored later than this."""
    return max(FIRST, min(LAST, (microseconds(moment) + 1) * APART))
