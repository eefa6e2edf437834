"""Reading the ledger, and where each owed statement stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_

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


def last_entry(registration: UUID, kind: str) -> Entry | None:
    """The latest of this kind in one enrollment."""
    query = select(*_ENTRY).where(LedgerEntry.registration == registration, LedgerEntry.kind == kind)
    found = _entries(query.order_by(LedgerEntry.seq.desc()).limit(1))
    return found[0] if found else None


def entries_of_record(record_id: UUID) -> tuple[Entry, ...]:
    """What happened to one record, oldest first."""
    return _entries(select(*_ENTRY).where(LedgerEntry.record_id == record_id).order_by(LedgerEntry.seq))


def _entries(query: Any) -> tuple[Entry, ...]:
    return tuple(Entry(*row) for row in db.session.execute(query))


# Deliveries


@dataclass(frozen=True, slots=True)
class TargetLine:
    """How one store is doing. `oldest_at`: when the oldest statement that it is owed was recorded.

    `delivered`: how often a statement arrived, sending again included.
    """

    key: str
    name: str
    origin: str
    endpoint: str
    username: str
    owed_from: datetime | None
    is_enabled: bool
    paused_at: datetime | None
    owed: int
    delivered: int
    parked: int
    oldest_at: datetime | None
    last_delivered_at: datetime | None
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
    """Every store statements are or were owed to, by key. Counts what is open, never all that was delivered."""
    return tuple(TargetLine(*row) for row in db.session.execute(_TARGETS))


def target(key: str) -> TargetLine | None:
    row = db.session.execute(_TARGETS.where(DeliveryTarget.key == key)).one_or_none()
    return None if row is None else TargetLine(*row)


def deliveries(
    state: str | None = None, *, target: str | None = None, before: tuple[int, str] | None = None, limit: int = 50
) -> tuple[DeliveryLine, ...]:
    """Newest first, of one state or all, to one store or all; `before` is the number and store of the last one seen."""
    query = _DELIVERIES
    if target is not None:
        query = query.where(Delivery.target == target)
    if state is not None:
        query = query.where(Delivery.state == state)
    if before is not None:
        # One statement stands here once for each store: a page may end between two of them.
        query = query.where(tuple_(Delivery.seq, Delivery.target) < before)
    return _lines(query.order_by(Delivery.seq.desc(), Delivery.target.desc()).limit(limit))


def delivery(seq: int, target: str) -> DeliveryLine | None:
    """One statement's way to one store."""
    lines = _lines(_DELIVERIES.where(Delivery.seq == seq, Delivery.target == target))
    return lines[0] if lines else None


def times_recorded(record_id: UUID) -> int:
    """How many entries there are about this record."""
    count = db.session.scalar(select(func.count()).select_from(LedgerEntry).where(LedgerEntry.record_id == record_id))
    return int(count or 0)


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


def _open(state: str) -> Any:
    return (
        select(func.count())
        .select_from(Delivery)
        .where(Delivery.target == DeliveryTarget.key, Delivery.state == state)
        .correlate(DeliveryTarget)
        .scalar_subquery()
    )


_OLDEST = (
    select(func.min(Delivery.seq))
    .where(Delivery.target == DeliveryTarget.key, Delivery.state == "owed")
    .correlate(DeliveryTarget)
    .scalar_subquery()
)
_TARGETS = (
    select(
        DeliveryTarget.key,
        DeliveryTarget.name,
        DeliveryTarget.origin,
        DeliveryTarget.endpoint,
        DeliveryTarget.username,
        DeliveryTarget.owed_from,
        DeliveryTarget.is_enabled,
        DeliveryTarget.paused_at,
        _open("owed"),
        DeliveryTarget.delivered_count,
        _open("parked"),
        LedgerEntry.at,
        DeliveryTarget.last_delivered_at,
        DeliveryTarget.failures,
        DeliveryTarget.retry_at,
        DeliveryTarget.last_error,
    )
    .select_from(DeliveryTarget)
    .outerjoin(OwedStatement, OwedStatement.seq == _OLDEST)
    .outerjoin(LedgerEntry, LedgerEntry.seq == OwedStatement.entry_seq)
    .order_by(DeliveryTarget.key)
)

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
