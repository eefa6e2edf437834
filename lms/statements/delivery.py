"""Bringing owed statements to their stores: in order, each once, however often it is interrupted.

Unlike a service this owns its transactions: a statement is sent outside any write lock, and what is known about it
is committed at once. Killed in between, it sends the same id again, which changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Table, exists, func, insert, literal, or_, select, true, update

from lms.db import db
from lms.errors import RuleViolation
from lms.settings import Settings
from lms.statements.home import Home
from lms.statements.models import Delivery, DeliveryTarget, OwedStatement
from lms.statements.transport import (
    EMBEDDED,
    EXTERNAL,
    EmbeddedTransport,
    RemoteTransport,
    Transport,
    TransportError,
)

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=5)
# A statement that a store keeps stumbling over waits longer than its store, so that the others get by.
LONGEST_STATEMENT_PAUSE = timedelta(hours=1)
STATEMENT_PAUSE_FACTOR = 4


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did. `retry_at`: the store is not asked before then."""

    sent: int = 0
    parked: int = 0
    retry_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    seq: int
    body: str


def deliver_due(target: str, transport: Transport, *, at: datetime, limit: int = 50) -> Delivered:
    """Send up to `limit` statements that are owed to `target`, oldest first; commits as it goes.

    Nothing is sent while the target is switched off or backing off.
    """
    db.session.rollback()  # nothing of an earlier transaction belongs to this
    state = db.session.get(DeliveryTarget, target, populate_existing=True)
    if state is None or not state.is_enabled or (state.retry_at is not None and state.retry_at > at):
        retry_at = state.retry_at if state is not None else None
        db.session.rollback()
        return Delivered(retry_at=retry_at)
    return (_deliver_together if transport.is_local else _deliver_apart)(target, transport, at, limit)


def _deliver_together(target: str, transport: Transport, at: datetime, limit: int) -> Delivered:
    """Sending is part of this transaction: all of the batch arrives and is noted, or nothing."""
    db.session.rollback()
    begin_writing()
    found = _due(target, at, limit, lock=True)
    parked: list[tuple[Due, str]] = []
    try:
        with db.session.begin_nested():
            transport.send([one.body for one in found], at=at)
        sent = list(found)
    except TransportError:
        sent = []
        for one in found:
            try:
                with db.session.begin_nested():
                    transport.send([one.body], at=at)
                sent.append(one)
            except TransportError as wrong:
                parked.append((one, str(wrong)))
    _note_delivered(target, sent, at)
    for one, refusal in parked:
        _note_parked(target, one, refusal)
    db.session.commit()
    return Delivered(sent=len(sent), parked=len(parked))


def _deliver_apart(target: str, transport: Transport, at: datetime, limit: int) -> Delivered:
    """Each statement by itself; no write lock is held while the other side thinks."""
    sent = parked = 0
    found = _due(target, at, limit, lock=False)
    db.session.rollback()
    for one in found:
        if not _claim(target, one):
            db.session.rollback()
            continue
        failure: TransportError | None = None
        try:
            transport.send([one.body], at=at)
        except TransportError as wrong:
            failure = wrong
        begin_writing()
        if failure is None:
            _note_delivered(target, [one], at)
            sent += 1
        elif failure.retry:
            retry_at = _note_failed(target, one, str(failure), at)
            db.session.commit()
            return Delivered(sent, parked, retry_at, str(failure))
        else:
            _note_parked(target, one, str(failure))
            parked += 1
        _note_well(target)
        db.session.commit()
    return Delivered(sent, parked)


def begin_writing() -> None:
    """On SQLite take the write lock before reading: a transaction that reads first may not be let write."""
    if db.session.get_bind().dialect.name == "sqlite":
        db.session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})


def _due(target: str, at: datetime, limit: int, *, lock: bool) -> tuple[Due, ...]:
    query = (
        select(Delivery.seq, OwedStatement.body)
        .join(OwedStatement, OwedStatement.seq == Delivery.seq)
        .where(
            Delivery.target == target,
            Delivery.state == "owed",
            or_(Delivery.retry_at.is_(None), Delivery.retry_at <= at),
        )
        .order_by(Delivery.seq)
        .limit(limit)
    )
    if lock:  # a second worker takes the next ones; SQLite has one writer anyway and ignores this
        query = query.with_for_update(of=Delivery, skip_locked=True)
    return tuple(Due(row.seq, row.body) for row in db.session.execute(query))


def _claim(target: str, one: Due) -> bool:
    """Whether the statement is still owed and no other worker has it.

    On SQLite nothing is held while sending; two workers may then send it twice, which changes nothing.
    """
    if db.session.get_bind().dialect.name == "sqlite":
        return True
    query = (
        select(Delivery.seq)
        .where(Delivery.target == target, Delivery.seq == one.seq, Delivery.state == "owed")
        .with_for_update(skip_locked=True)
    )
    return db.session.execute(query).one_or_none() is not None


def _note_delivered(target: str, sent: Sequence[Due], at: datetime) -> None:
    db.session.execute(
        update(Delivery)
        .where(Delivery.target == target, Delivery.seq.in_([one.seq for one in sent]), Delivery.state == "owed")
        .values(state="delivered", delivered_at=at, attempts=Delivery.attempts + 1, retry_at=None, error=""),
        execution_options={"synchronize_session": False},
    )


def _note_parked(target: str, one: Due, refusal: str) -> None:
    db.session.execute(
        update(Delivery)
        .where(Delivery.target == target, Delivery.seq == one.seq, Delivery.state == "owed")
        .values(state="parked", attempts=Delivery.attempts + 1, retry_at=None, error=refusal),
        execution_options={"synchronize_session": False},
    )


def _note_failed(target: str, one: Due, error: str, at: datetime) -> datetime:
    """Let store and statement rest; return when the store is asked again."""
    state = db.session.get_one(DeliveryTarget, target, populate_existing=True)
    row = db.session.get_one(Delivery, (one.seq, target), populate_existing=True)
    state.failures += 1
    state.last_error = error
    state.retry_at = at + min(FIRST_PAUSE * 2 ** min(state.failures - 1, 20), LONGEST_PAUSE)
    row.attempts += 1
    row.error = error
    pause = FIRST_PAUSE * STATEMENT_PAUSE_FACTOR * 2 ** min(row.attempts - 1, 20)
    row.retry_at = at + min(pause, LONGEST_STATEMENT_PAUSE)
    return state.retry_at


def _note_well(target: str) -> None:
    """The store answers again."""
    db.session.execute(
        update(DeliveryTarget)
        .where(DeliveryTarget.key == target, DeliveryTarget.failures > 0)
        .values(failures=0, retry_at=None, last_error=""),
        execution_options={"synchronize_session": False},
    )


# What a person can do about it


def resend(seq: int, target: str) -> Delivery:
    """Owe this statement to `target` again, at once. Does not commit."""
    row = db.session.get(Delivery, (seq, target), with_for_update=True)
    if row is None:
        raise RuleViolation("no_such_delivery", seq=seq, target=target)
    row.state, row.delivered_at, row.retry_at, row.error = "owed", None, None, ""
    return row


# Which stores there are


def transports(settings: Settings, home: Home) -> dict[str, Transport]:
    """The stores that the settings name, by target."""
    found: dict[str, Transport] = {EMBEDDED: EmbeddedTransport(home)}
    if settings.lrs_endpoint:
        found[EXTERNAL] = RemoteTransport(settings.lrs_endpoint, settings.lrs_user or "", settings.lrs_password or "")
    return found


def sync_targets(settings: Settings) -> None:
    """Make the targets what the settings say. Does not commit.

    A new one is owed every earlier statement; one that moved to another address is owed all of them there; one that
    the settings no longer name keeps its state and is owed nothing new.
    """
    wanted = {EMBEDDED: ""} | ({EXTERNAL: settings.lrs_endpoint} if settings.lrs_endpoint else {})
    known = {row.key: row for row in db.session.scalars(select(DeliveryTarget))}
    for target in known.values():
        target.is_enabled = target.key in wanted
    for key, endpoint in wanted.items():
        row = known.get(key)
        if row is None:
            db.session.add(DeliveryTarget(key=key, endpoint=endpoint))
        elif row.endpoint != endpoint:
            row.endpoint, row.failures, row.retry_at, row.last_error = endpoint, 0, None, ""
            db.session.execute(
                update(Delivery)
                .where(Delivery.target == key)
                .values(state="owed", delivered_at=None, retry_at=None, error="", attempts=0)
            )
    db.session.flush()
    owe_missing()


def owe_missing() -> int:
    """Owe to every target in use what it was never owed; return how many. Does not commit.

    Besides all that is older than a new target this finds what was recorded in the very moment it was added.
    """
    statement = insert(cast(Table, Delivery.__table__)).from_select(
        ["seq", "target", "state", "attempts", "error"],
        select(OwedStatement.seq, DeliveryTarget.key, literal("owed"), literal(0), literal(""))
        .select_from(OwedStatement)
        .join(DeliveryTarget, true())
        .where(
            DeliveryTarget.is_enabled,
            ~exists(select(literal(1)).where(Delivery.seq == OwedStatement.seq, Delivery.target == DeliveryTarget.key)),
        ),
    )
    result = cast("CursorResult[Any]", db.session.execute(statement, execution_options={"preserve_rowcount": True}))
    return result.rowcount


def backlog(target: str) -> int:
    """How many statements `target` is still owed."""
    count = db.session.scalar(
        select(func.count()).select_from(Delivery).where(Delivery.target == target, Delivery.state == "owed")
    )
    return int(count or 0)
