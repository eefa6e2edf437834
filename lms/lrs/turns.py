"""A writer's turn: how the store tells what it holds from what is still being written.

Every statement gets its time inside the transaction that keeps it, after that transaction has left a mark that readers
can see. So a reader who sees no mark knows that everything stored until now can be read, and one who sees a mark knows
how far back it may reach. That is what `X-Experience-API-Consistent-Through` says.

PostgreSQL shows the mark in its list of sessions, with the time at which the transaction began, by its own clock. That
list is dear, so it is looked at only when transactions are under way: writers draw a number before their time, and a
snapshot tells whether every number drawn so far belongs to a transaction that has ended.
SQLite has one writer at a time; the mark is a lock on a file beside the database, and ends with its process.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from lms import clock
from lms.db import db
from lms.lrs import positions, sql

MARK = "fieldwork: keeping statements"
REFERENCES = 7_164_013  # the lock of writers whose statements refer to others
MARKED = "writing"  # the file of SQLite's mark
HELD = "lrs_files"
TO_BE_SYNCED = "lrs_to_be_synced"  # whether the transaction, one of SQLite's, was committed
UNSYNCED = "NORMAL"  # what SQLite calls a commit that waits for no disk; see `wait_for_the_disk`
SYNC = getattr(os, "fdatasync", os.fsync)

# The number of the transaction before the time, see `QUIET`; the lock before all that looks for references.
_BEGIN = "SELECT set_config('application_name', %s, true), {lock}(%s), pg_current_xact_id(), clock_timestamp()"
_ALONE = _BEGIN.format(lock="pg_advisory_xact_lock"), (MARK, REFERENCES)
# The first sentence of a transaction on PostgreSQL that keeps statements; the time is theirs only after it.
_BESIDE_OTHERS = _BEGIN.format(lock="pg_advisory_xact_lock_shared"), (MARK, REFERENCES)
BESIDE_OTHERS_AT_ONCE = _BESIDE_OTHERS[0].replace("%s", "{!r}").format(*_BESIDE_OTHERS[1]).encode()
# When this sentence began, and whether its snapshot shows all that was stored before: no number up to its highest is
# still in use (`xip`), and none above it was given to anyone (`age` counts from the next one). A writer who draws a
# number later draws its time later too. Only for sentences outside of transactions: inside, `age` may be an old one.
QUIET = (
    "now(), age(pg_snapshot_xmax(pg_current_snapshot())::xid) = 0 "
    "AND NOT EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()))"
)
KEPT = "xapi-consistent-through"
# So old, in seconds, may the promise beside a single statement be while others write.
KEPT_FOR = 1.0
_UNDER_WAY = (
    "SELECT now(), (SELECT min(xact_start) FROM pg_stat_get_activity(NULL) "
    "WHERE application_name = %s AND pid <> pg_backend_pid() "
    "AND datid = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)


def begin(*, alone: bool = False) -> datetime:
    """Begin to write in a new transaction; the time at which what is kept in it is stored.

    `alone`: no other writer keeps statements until this one is done. A statement that refers to another needs that:
    two that are kept at the same moment would not see each other.
    """
    begin_transaction()
    return join(alone=alone)


def begin_transaction() -> None:
    """A new transaction that will write; what was read so far belongs to another moment."""
    db.session.rollback()
    if not sql.is_postgres():
        # The database itself would make writers sleep and try again; in this queue the next one is woken.
        session = db.session()
        _hold(session, "queue")
        try:
            session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE", "sqlite_synchronous": UNSYNCED})
            session.info[TO_BE_SYNCED] = False
        except BaseException:
            _let_go(session)
            raise


def join(*, alone: bool = False) -> datetime:
    """The same inside a transaction that has begun; on SQLite as BEGIN IMMEDIATE."""
    if sql.is_postgres():
        sentence, values = _ALONE if alone else _BESIDE_OTHERS
        moment: datetime = sql.run(sentence, *values).one()[3]
        return moment.astimezone(UTC)
    session = db.session()
    if MARKED not in session.info.get(HELD, {}):
        _hold(session, MARKED, fcntl.LOCK_SH)
    # A batch may reach some microseconds into the future.
    newest = sql.run("SELECT max(position) FROM stored_statement").scalar()
    return (
        clock.instant() if newest is None else max(clock.instant(), positions.instant(newest) + positions.MICROSECOND)
    )


@contextmanager
def marked() -> Iterator[None]:
    """For who writes to SQLite without `db.session`: a time from in here is said by no reader to be over."""
    with _opened(_beside(MARKED)) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def consistent_through() -> datetime:
    """Everything stored up to this moment can be read by what the caller reads next.

    Ends the transaction in which the caller has read so far (whose key was sent, say): what it reads next may be newer.
    """
    if not sql.is_reading():
        db.session.rollback()
    if sql.is_postgres():
        if sql.is_reading():
            now, is_quiet = sql.run(f"SELECT {QUIET}").one()
            if is_quiet:
                return _kept(now)
        now, oldest = sql.run(_UNDER_WAY, MARK).one()
        return _kept(min(now, oldest or now))
    now = clock.instant()
    with _opened(_beside(MARKED)) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            return now
    # Somebody writes, later than everything that is there (or asks here in this very moment).
    newest = sql.run("SELECT max(position) FROM stored_statement").scalar()
    return positions.EPOCH if newest is None else min(now, positions.instant(newest))


def promised(now: datetime, is_quiet: bool) -> datetime | None:
    """What can be said of a sentence that asked for `QUIET` itself; None if `consistent_through` must be asked.

    A promise stays true: while others write, the last one is given again for a while.
    """
    if is_quiet:
        return _kept(now)
    return _kept_lately()


def told_lately() -> datetime:
    """For an answer that gives no statements: who writes much asks for a promise once in a while."""
    return _kept_lately() or _kept(consistent_through())


def _kept_lately() -> datetime | None:
    kept: tuple[float, datetime] | None = current_app.extensions.get(KEPT)
    return kept[1] if kept is not None and time.monotonic() - kept[0] < KEPT_FOR else None


def _kept(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    current_app.extensions[KEPT] = time.monotonic(), moment
    return moment


# Files


def _beside(name: str) -> str:
    return f"{_database()}-xapi-{name}"


def _database() -> str:
    """The database's file."""
    return str(db.engine.engine.url.database)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)  # and with it goes the lock


def _hold(session: Session, name: str, how: int = fcntl.LOCK_EX) -> None:
    """Lock this file until the session's transaction ends."""
    file = os.open(_beside(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(file, how)
    session.info.setdefault(HELD, {})[name] = file


def _let_go(session: Session) -> None:
    for file in session.info.pop(HELD, {}).values():
        os.close(file)


@event.listens_for(db.session, "after_commit")
def _at_the_commit(session: Session) -> None:
    if TO_BE_SYNCED in session.info:
        session.info[TO_BE_SYNCED] = True


@event.listens_for(db.session, "after_transaction_end")
def _at_the_end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        _let_go(session)
        if session.info.pop(TO_BE_SYNCED, False):
            wait_for_the_disk()


def wait_for_the_disk() -> None:
    """Until all that is committed would survive a loss of power.

    SQLite would do this inside of COMMIT, while the next writer waits. Out here the next one writes meanwhile, and
    several wait for the disk together. The write-ahead log is one file that is only read up to where it is whole, so
    whoever waits for its own commit waits for those before it too.
    """
    try:
        file = os.open(f"{_database()}-wal", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # the last connection was closed, and everything lies in the database itself
        return
    try:
        SYNC(file)
    finally:
        os.close(file)
