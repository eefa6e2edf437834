"""Keeping a statement, and on SQLite a batch, in one sentence, transaction and all.

For those that teach nothing new about activities and people and are in no relation to others, which is what nearly
every statement of a course is. Unlike a service this owns its transaction.
"""

from lms.lrs import sql
from lms.lrs.at_once import postgres, sqlite
from lms.lrs.service import Ready


def keep(batch: Ready) -> bool:
    """Whether the batch was kept, in a transaction of its own that is over; if not, nothing has happened.

    It is not when there is more to it: many statements (on PostgreSQL several), something new that they say, others
    that they refer to or that refer to them, an id that is there already, or others are writing. `service.keep` does
    all of these.
    """
    if batch.refers or not sql.has_connections():
        return False
    return postgres.keep(batch) if sql.is_postgres() else sqlite.keep(batch)
