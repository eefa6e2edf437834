"""Bringing owed statements to their stores: in order, each once, however often it is interrupted.

Unlike a service this owns its transactions: a statement is sent outside any write lock, and what is known about it
is committed at once. Killed in between, it sends the same id again, which changes nothing.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update

from lms.db import db
from lms.statements.models import Delivery, DeliveryTarget, OwedStatement
from lms.statements.transport import Transport, TransportError

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=5)
# A statement that a store keeps stumbling over waits longer than its store, so that the others get by.
LONGEST_STATEMENT_PAUSE = timedelta(hours=1)
STATEMENT_PAUSE_FACTOR = 4
# A store may say how long it wants to be left alone (Retry-After); we ask again after this at the latest.
LONGEST_WISH = timedelta(hours=1)
# A slow store gives the turn to the next one after this.
TURN_SECONDS = 5.0


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


def deliver_due(
    target: str,
    transport: Transport,
    *,
    at: datetime,
    limit: int = 50,
    seconds: float = TURN_SECONDS,
    endpoint: str | None = None,
) -> Delivered:
    """Send up to `limit` statements that are owed to `target`, oldest first; commits as it goes.

    Nothing is sent while the target is switched off, paused or backing off; once `seconds` are over, no further
    statement is begun. `endpoint`: the address that the transport was made for. A target that has moved since is owed
    all it got at its new one, so nothing more counts as delivered by this transport.
    """
    db.session.rollback()  # nothing of an earlier transaction belongs to this
    state = db.session.get(DeliveryTarget, target, populate_existing=True)
    if state is None or not state.is_enabled or state.paused_at is not None or endpoint not in {None, state.endpoint}:
        db.session.rollback()
        return Delivered()
    # A rest that is longer than any can be was noted before the clock was set back.
    if state.retry_at is not None and at < state.retry_at <= at + LONGEST_WISH:
        retry_at = state.retry_at
        db.session.rollback()
        return Delivered(retry_at=retry_at)
    if transport.is_local:
        return _deliver_together(target, transport, at, limit)
    is_well = state.failures == 0
    found = _due(target, at, limit, lock=False)
    db.session.rollback()
    if is_well and len(found) > 1 and (done := _deliver_in_one(target, transport, found, at, endpoint)):
        return done
    return _deliver_apart(target, transport, found, at, seconds, endpoint)


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


def _deliver_in_one(
    target: str, transport: Transport, found: Sequence[Due], at: datetime, endpoint: str | None
) -> Delivered | None:
    """All of them by one request. None if that did not go well, for whatever reason, or some are on their way already:
    then each is sent by itself, so that it is seen which one it is about. Sending again what arrived changes nothing.
    """
    if not _claim(target, found):
        db.session.rollback()
        return None
    try:
        transport.send([one.body for one in found], at=at)
    except TransportError:
        db.session.rollback()
        return None
    begin_writing()
    if endpoint not in {None, _described(target).endpoint}:
        db.session.rollback()
        return Delivered()
    _note_delivered(target, found, at)
    db.session.commit()
    return Delivered(sent=len(found))


def _deliver_apart(
    target: str, transport: Transport, found: Sequence[Due], at: datetime, seconds: float, endpoint: str | None
) -> Delivered:
    """Each statement by itself; no write lock is held while the other side thinks."""
    sent = parked = 0
    ends = time.monotonic() + seconds
    for one in found:
        if sent + parked and time.monotonic() > ends:
            break
        if not _claim(target, [one]):
            db.session.rollback()
            continue
        failure: TransportError | None = None
        try:
            transport.send([one.body], at=at)
        except TransportError as wrong:
            failure = wrong
        begin_writing()
        now = _described(target)
        if endpoint not in {None, now.endpoint}:
            db.session.rollback()
            break
        if failure is None:
            _note_delivered(target, [one], at)
            sent += 1
        elif failure.retry:
            retry_at = _note_failed(target, one, failure, at)
            db.session.commit()
            return Delivered(sent, parked, retry_at, str(failure))
        else:
            _note_parked(target, one, str(failure))
            parked += 1
        _note_well(target)
        db.session.commit()
        if now.paused_at is not None or not now.is_enabled:
            break
    return Delivered(sent, parked)


def begin_writing() -> None:
    """On SQLite take the write lock before reading: a transaction that reads first may not be let write."""
    if db.session.get_bind().dialect.name == "sqlite":
        db.session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})


def _due(target: str, at: datetime, limit: int, *, lock: bool) -> tuple[Due, ...]:
    """Those that nothing went wrong with first, the oldest first; then those to be tried again.

    The other way round, many that a store stumbles over, being the oldest, would keep all others from it.
    """
    fresh = _some_due(target, Delivery.retry_at.is_(None), limit, lock=lock)
    if len(fresh) == limit:
        return fresh
    # As with the store's own rest, one that cannot be so long is none.
    rested = or_(Delivery.retry_at <= at, Delivery.retry_at > at + LONGEST_STATEMENT_PAUSE)
    return fresh + _some_due(target, rested, limit - len(fresh), lock=lock)


def _some_due(target: str, when: ColumnElement[bool], limit: int, *, lock: bool) -> tuple[Due, ...]:
    query = select(Delivery.seq).where(Delivery.target == target, Delivery.state == "owed", when)
    query = query.order_by(Delivery.seq).limit(limit)
    if lock:  # a second worker takes the next ones; SQLite has one writer anyway and ignores this
        query = query.with_for_update(skip_locked=True)
    seqs = db.session.scalars(query).all()
    if not seqs:
        return ()
    # Not by a join: where much is owed PostgreSQL merges the two, reading every statement from the first one on.
    bodies = select(OwedStatement.seq, OwedStatement.body).where(OwedStatement.seq.in_(seqs))
    return tuple(Due(row.seq, row.body) for row in db.session.execute(bodies.order_by(OwedStatement.seq)))


def _claim(target: str, some: Sequence[Due]) -> bool:
    """Whether all of them are still owed and no other worker has one.

    On SQLite nothing is held while sending; two workers may then send the same twice, which changes nothing.
    """
    if db.session.get_bind().dialect.name == "sqlite":
        return True
    query = (
        select(Delivery.seq)
        .where(Delivery.target == target, Delivery.seq.in_([one.seq for one in some]), Delivery.state == "owed")
        .with_for_update(skip_locked=True)
    )
    return len(db.session.scalars(query).all()) == len(some)


def _described(target: str) -> Any:
    """How the store is described by now; until this transaction ends it stays so.

    Acts that owe it something meanwhile do not wait for that: they need its key alone.
    """
    query = select(DeliveryTarget.endpoint, DeliveryTarget.is_enabled, DeliveryTarget.paused_at)
    return db.session.execute(query.where(DeliveryTarget.key == target).with_for_update(key_share=True)).one()


def _note_delivered(target: str, sent: Sequence[Due], at: datetime) -> None:
    db.session.execute(
        update(Delivery)
        .where(Delivery.target == target, Delivery.seq.in_([one.seq for one in sent]), Delivery.state == "owed")
        .values(state="delivered", delivered_at=at, attempts=Delivery.attempts + 1, retry_at=None, error=""),
        execution_options={"synchronize_session": False},
    )
    if sent:
        db.session.execute(
            update(DeliveryTarget)
            .where(DeliveryTarget.key == target)
            .values(delivered_count=DeliveryTarget.delivered_count + len(sent), last_delivered_at=at),
            execution_options={"synchronize_session": False},
        )


def _note_parked(target: str, one: Due, refusal: str) -> None:
    db.session.execute(
        update(Delivery)
        .where(Delivery.target == target, Delivery.seq == one.seq, Delivery.state == "owed")
        .values(state="parked", attempts=Delivery.attempts + 1, retry_at=None, error=refusal),
        execution_options={"synchronize_session": False},
    )


def _note_failed(target: str, one: Due, failure: TransportError, at: datetime) -> datetime:
    """Let store and statement rest; return when the store is asked again."""
    error = str(failure)
    state = db.session.get_one(DeliveryTarget, target, populate_existing=True)
    row = db.session.get_one(Delivery, (one.seq, target), populate_existing=True)
    state.failures += 1
    state.last_error = error
    pause = min(FIRST_PAUSE * 2 ** min(state.failures - 1, 20), LONGEST_PAUSE)
    state.retry_at = at + max(pause, min(failure.wish, LONGEST_WISH))
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
