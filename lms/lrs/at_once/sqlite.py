"""Statements on SQLite: in one step of the database.

Each call of the driver lets the process's other threads go on, and then waits until they let this one. While the
database is locked, every other writer of every process waits for that too. So what has to be done under the lock is a
trigger's, and one INSERT begins, does and commits all of it.

A sentence of SQLite writes to one table, a trigger to several. It belongs to a view of the connection's own, as does a
table of numbers: what a trigger is given can be no list, so keys come as one blob that it cuts into pieces.
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from secrets import randbelow
from typing import Any

from sqlalchemy.pool import PoolProxiedConnection

from lms import clock
from lms.db import set_sqlite
from lms.lrs import positions, sql, turns
from lms.lrs.service import Ready

MOST_STATEMENTS = 100  # more would keep others waiting for too long
MOST_PIECES = 1000  # of one blob
PREPARED = "xapi_prepared"
# Milliseconds to wait for others who write. Then the common way is taken, on which writers stand in a queue.
PATIENCE = 50
# SQLite lets who waits sleep and try again. So the threads of one process wait here, and the database is tried by one.
_turn = threading.Lock()

_TABLE = "CREATE TEMP TABLE xapi_number (number INTEGER PRIMARY KEY)"
_NUMBERS = """
INSERT INTO xapi_number WITH RECURSIVE counted (number) AS
(SELECT 0 UNION ALL SELECT number + 1 FROM counted LIMIT {pieces}) SELECT number FROM counted
"""
_NEW = """
CREATE TEMP VIEW xapi_new AS SELECT NULL AS now, NULL AS apart, NULL AS id, NULL AS beginning, NULL AS is_dated,
NULL AS keys, NULL AS definitions, NULL AS names
"""
# It is stored later than all that is there, even if another writer's turn came between the clock and the lock.
_TRIGGER = """
CREATE TEMP TRIGGER xapi_keep INSTEAD OF INSERT ON xapi_new BEGIN
  SELECT RAISE(ABORT, 'there is more to it') WHERE EXISTS (SELECT 1 FROM stored_statement WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM statement_reference WHERE target_id = NEW.id)
    OR EXISTS (
      SELECT 1 FROM xapi_number WHERE number < length(NEW.definitions) / 32 AND NOT EXISTS (
        SELECT 1 FROM known_activity WHERE key = substr(NEW.definitions, number * 32 + 1, 16)
        AND last_said = substr(NEW.definitions, number * 32 + 17, 16)
      )
    )
    OR EXISTS (
      SELECT 1 FROM xapi_number WHERE number < length(NEW.names) / 32 AND NOT EXISTS (
        SELECT 1 FROM known_agent_name WHERE agent_key = substr(NEW.names, number * 32 + 1, 16)
        AND name_key = substr(NEW.names, number * 32 + 17, 16)
      )
    );
  INSERT INTO stored_statement (position, id, body)
    SELECT moment * {apart} + NEW.apart, NEW.id, NEW.beginning
      || CASE WHEN NEW.is_dated THEN '' ELSE ',"timestamp":"' || at || '"' END || ',"stored":"' || at || '"}}'
    FROM (
      SELECT moment, strftime('%Y-%m-%dT%H:%M:%S', moment / 1000000, 'unixepoch')
        || printf('.%06dZ', moment % 1000000) AS at
      FROM (SELECT max(NEW.now, coalesce((SELECT max(position) FROM stored_statement) / {apart} + 1, 0)) AS moment)
    );
  INSERT INTO statement_key (key, position)
    SELECT substr(NEW.keys, number * 16 + 1, 16), position FROM stored_statement, xapi_number
    WHERE id = NEW.id AND number < length(NEW.keys) / 16;
END
"""
_KEEP, _ROW = "INSERT INTO xapi_new VALUES ", "(?, ?, ?, ?, ?, ?, ?, ?)"


def keep(batch: Ready) -> bool:
    """See `at_once.keep`."""
    definitions, names = batch.lesson.pairs if batch.lesson else ([], [])
    pieces = (len(definitions), len(names), *(len(one.keys) for one in batch.statements))
    if len(batch.statements) > MOST_STATEMENTS or max(pieces) > MOST_PIECES:
        return False
    said = (_joined(definitions), _joined(names))  # once for all, beside the first
    rows = [
        (randbelow(positions.APART), one.id.bytes, one.beginning, one.is_dated, b"".join(sorted(one.keys)), *told)
        for one, told in zip(batch.statements, chain((said,), repeat((b"", b""))), strict=False)
    ]
    with sql.past_the_session() as connection:
        _prepare(connection)
        if not _turn.acquire(timeout=PATIENCE / 1000):
            return False
        try:
            with turns.marked():
                now = positions.microseconds(clock.instant())
                if not _done(connection, [(now, *row) for row in rows]):
                    return False
        finally:
            _turn.release()
    turns.wait_for_the_disk()
    return True


def _prepare(connection: PoolProxiedConnection) -> None:
    set_sqlite(connection, synchronous=turns.UNSYNCED, patience=PATIENCE)
    if PREPARED not in connection.info:
        driver: Any = connection.driver_connection
        for sentence in (_TABLE, _NUMBERS, _NEW, _TRIGGER):
            driver.execute(sentence.format(pieces=MOST_PIECES, apart=positions.APART))
        connection.info[PREPARED] = True


def _done(connection: PoolProxiedConnection, rows: Sequence[tuple[Any, ...]]) -> bool:
    driver: Any = connection.driver_connection
    sentence = _KEEP + ", ".join([_ROW] * len(rows))
    values = list(chain.from_iterable(rows))
    try:
        driver.execute(sentence, values)
    except sqlite3.Error as wrong:
        if wrong.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_TRIGGER or _is_busy(wrong):
            return False
        sql.raise_as_sqlalchemy(wrong, sentence, values)
    return True


def _is_busy(wrong: sqlite3.Error) -> bool:
    return wrong.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # whatever kind of it


def _joined(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join([part for pair in pairs for part in pair])
