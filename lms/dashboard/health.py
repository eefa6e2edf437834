"""Whether this installation can serve, and how far its background work is behind.

A missing worker makes things late, not wrong: what is owed lies in the database. So only the database decides
whether the web server is ready; a stopped worker must not take the pages away as well.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import and_, func, select
from sqlalchemy.exc import SQLAlchemyError

from lms.db import db
from lms.mail.models import Message
from lms.statements.models import Delivery, DeliveryTarget, LedgerEntry, OwedStatement

HEARTBEAT = "worker-heartbeat"  # written by lms.worker, which stands above this package
LATE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Readiness:
    """`problems` keep the server from being ready; `late` names what is behind."""

    problems: tuple[str, ...]
    late: tuple[str, ...]
    checks: dict[str, object]

    @property
    def is_ready(self) -> bool:
        return not self.problems


def worker_age(instance: Path, at: datetime) -> timedelta | None:
    """How long ago the worker of this machine was last alive; None: never seen here."""
    try:
        seen = (instance / HEARTBEAT).stat().st_mtime
    except OSError:
        return None
    return max(at - datetime.fromtimestamp(seen, UTC), timedelta(0))


def readiness(instance: Path, migrations: Path, at: datetime) -> Readiness:
    problems: list[str] = []
    late: list[str] = []
    checks: dict[str, object] = {}
    try:
        current = _revisions()
        wanted = heads(migrations)
        checks["database"] = db.engine.dialect.name
        checks["migrations"] = "current" if current == wanted else "not current"
        if current != wanted:
            problems.append("migrations")
        else:
            checks |= _backlog(at, late)
    except SQLAlchemyError:
        db.session.rollback()
        checks["database"] = "unreachable"
        problems.append("database")
    age = worker_age(instance, at)
    checks["worker_seconds"] = None if age is None else int(age.total_seconds())
    if age is None or age > LATE:
        late.append("worker")
    return Readiness(tuple(problems), tuple(late), checks)


def _revisions() -> frozenset[str]:
    return frozenset(MigrationContext.configure(db.session.connection()).get_current_heads())


@lru_cache(maxsize=4)
def heads(migrations: Path) -> frozenset[str]:
    """The newest revisions that this code knows."""
    return frozenset(ScriptDirectory(str(migrations)).get_heads())


def _backlog(at: datetime, late: list[str]) -> dict[str, object]:
    owed, parked, oldest = db.session.execute(
        select(
            func.count().filter(Delivery.state == "owed"),
            func.count().filter(Delivery.state == "parked"),
            func.min(LedgerEntry.at).filter(Delivery.state == "owed"),
        )
        .join(OwedStatement, OwedStatement.seq == Delivery.seq)
        .join(LedgerEntry, LedgerEntry.seq == OwedStatement.entry_seq)
        # What waits because somebody wants it to is not late.
        .join(DeliveryTarget, and_(DeliveryTarget.key == Delivery.target, DeliveryTarget.is_enabled))
        .where(DeliveryTarget.paused_at.is_(None))
        .where(Delivery.state.in_(("owed", "parked")))  # the index knows these; what was delivered is most of the rows
    ).one()
    mail, first = mail_backlog()
    statement_age = _seconds(at, oldest)
    mail_age = _seconds(at, first)
    if statement_age > LATE.total_seconds():
        late.append("statements")
    if mail_age > LATE.total_seconds():
        late.append("mail")
    return {
        "statements_owed": owed,
        "statements_parked": parked,
        "statements_oldest_seconds": statement_age,
        "mail_owed": mail,
        "mail_oldest_seconds": mail_age,
    }


def mail_backlog() -> tuple[int, datetime | None]:
    """How many mails wait, and since when the oldest of them does."""
    row = db.session.execute(select(func.count(), func.min(Message.created_at)).where(Message.state == "owed")).one()
    return row[0], row[1]


def _seconds(at: datetime, since: datetime | None) -> int:
    return 0 if since is None else max(0, int((at - since).total_seconds()))
