"""Reading the ledger, and where each owed statement stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from lms.db import db
from lms.statements.models import Delivery, DeliveryTarget, LedgerEntry, OwedStatement


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. `actor_id` is None where the system acted; `facts` depend on `kind`."""

    seq: int
    id: UUID
    at: datetime
    kind: str
    actor_id: UUID | None
    actor_name: str
    subject_id: UUID | None
    registration: UUID | None
    record_id: UUID
    title: str
    reason: str
    facts: dict[str, Any]


_ENTRY = (
    LedgerEntry.seq,
    LedgerEntry.id,
    LedgerEntry.at,
    LedgerEntry.kind,
    LedgerEntry.actor_id,
    LedgerEntry.actor_name,
    LedgerEntry.subject_id,
    LedgerEntry.registration,
    LedgerEntry.record_id,
    LedgerEntry.title,
    LedgerEntry.reason,
    LedgerEntry.facts,
)


def entries_about(person_id: UUID, before_seq: int | None = None, limit: int = 50) -> tuple[Entry, ...]:
    """What is on record about this person, newest first; `before_seq` continues after the last one seen."""
    query = select(*_ENTRY).where(LedgerEntry.subject_id == person_id)
    if before_seq is not None:
        query = query.where(LedgerEntry.seq < before_seq)
    return _entries(query.order_by(LedgerEntry.seq.desc()).limit(limit))


def entries_of_registration(registration: UUID, limit: int = 500) -> tuple[Entry, ...]:
    """What happened in one enrollment, oldest first."""
    query = select(*_ENTRY).where(LedgerEntry.registration == registration).order_by(LedgerEntry.seq).limit(limit)
    return _entries(query)


def entries_of_record(record_id: UUID) -> tuple[Entry, ...]:
    """What happened to one record, oldest first."""
    return _entries(select(*_ENTRY).where(LedgerEntry.record_id == record_id).order_by(LedgerEntry.seq))


def _entries(query: Any) -> tuple[Entry, ...]:
    return tuple(Entry(*row) for row in db.session.execute(query))


# Deliveries


@dataclass(frozen=True, slots=True)
class TargetLine:
    """How one store is doing. `oldest_at`: when the oldest statement that it is owed was recorded."""

    key: str
    endpoint: str
    is_enabled: bool
    owed: int
    delivered: int
    parked: int
    oldest_at: datetime | None
    failures: int
    retry_at: datetime | None
    last_error: str


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    seq: int
    target: str
    state: str
    attempts: int
    retry_at: datetime | None
    delivered_at: datetime | None
    error: str
    statement_id: UUID
    at: datetime
    kind: str
    actor_name: str
    title: str


@dataclass(frozen=True, slots=True)
class StatementView:
    statement_id: UUID
    body: str
    entry: Entry
    deliveries: tuple[DeliveryLine, ...]


def targets() -> tuple[TargetLine, ...]:
    """Every store statements are or were owed to, by name."""
    counts = {
        (row.target, row.state): (row.many, row.first)
        for row in db.session.execute(
            select(
                Delivery.target, Delivery.state, func.count().label("many"), func.min(Delivery.seq).label("first")
            ).group_by(Delivery.target, Delivery.state)
        )
    }
    oldest = {key: first for (key, state), (_, first) in counts.items() if state == "owed"}
    moments: dict[int, datetime] = {
        row.seq: row.at
        for row in db.session.execute(
            select(OwedStatement.seq, LedgerEntry.at)
            .join(LedgerEntry, LedgerEntry.seq == OwedStatement.entry_seq)
            .where(OwedStatement.seq.in_(oldest.values()))
        )
    }
    none = (0, None)
    return tuple(
        TargetLine(
            key=row.key,
            endpoint=row.endpoint,
            is_enabled=row.is_enabled,
            owed=counts.get((row.key, "owed"), none)[0],
            delivered=counts.get((row.key, "delivered"), none)[0],
            parked=counts.get((row.key, "parked"), none)[0],
            oldest_at=moments.get(oldest[row.key]) if row.key in oldest else None,
            failures=row.failures,
            retry_at=row.retry_at,
            last_error=row.last_error,
        )
        for row in db.session.scalars(select(DeliveryTarget).order_by(DeliveryTarget.key))
    )


def deliveries(state: str | None = None, *, before_seq: int | None = None, limit: int = 50) -> tuple[DeliveryLine, ...]:
    """Newest first, of one state or all."""
    query = _DELIVERIES
    if state is not None:
        query = query.where(Delivery.state == state)
    if before_seq is not None:
        query = query.where(Delivery.seq < before_seq)
    return _lines(query.order_by(Delivery.seq.desc(), Delivery.target).limit(limit))


def delivery(seq: int, target: str) -> DeliveryLine | None:
    """One statement's way to one store."""
    lines = _lines(_DELIVERIES.where(Delivery.seq == seq, Delivery.target == target))
    return lines[0] if lines else None


def times_resent(statement_id: UUID) -> int:
    """How often somebody asked to send this statement again."""
    count = db.session.scalar(
        select(func.count())
        .select_from(LedgerEntry)
        .where(LedgerEntry.record_id == statement_id, LedgerEntry.kind == "statement_resent")
    )
    return int(count or 0)


def statement(statement_id: UUID) -> StatementView | None:
    """One statement as it was built, the entry it tells about, and where it went."""
    row = db.session.execute(
        select(OwedStatement.seq, OwedStatement.entry_seq, OwedStatement.body).where(OwedStatement.id == statement_id)
    ).one_or_none()
    if row is None:
        return None
    (entry,) = _entries(select(*_ENTRY).where(LedgerEntry.seq == row.entry_seq))
    lines = _lines(_DELIVERIES.where(Delivery.seq == row.seq).order_by(Delivery.target))
    return StatementView(statement_id, row.body, entry, lines)


_DELIVERIES = (
    select(
        Delivery.seq,
        Delivery.target,
        Delivery.state,
        Delivery.attempts,
        Delivery.retry_at,
        Delivery.delivered_at,
        Delivery.error,
        OwedStatement.id,
        LedgerEntry.at,
        LedgerEntry.kind,
        LedgerEntry.actor_name,
        LedgerEntry.title,
    )
    .join(OwedStatement, OwedStatement.seq == Delivery.seq)
    .join(LedgerEntry, LedgerEntry.seq == OwedStatement.entry_seq)
)


def _lines(query: Any) -> tuple[DeliveryLine, ...]:
    return tuple(DeliveryLine(*row) for row in db.session.execute(query))
