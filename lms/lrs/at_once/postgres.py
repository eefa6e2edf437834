"""A single statement on PostgreSQL: by one way to the server and back.

What is sent is one text with two sentences, which PostgreSQL takes for one transaction; each sees what was committed
when it begins. The first is what all writers begin with (see `turns`), the second was prepared on this connection. It
goes to the driver's own library by one call, which lets the process's other threads work until the answer is there.
"""

from functools import cache
from secrets import randbelow
from typing import Any

from psycopg import errors, pq
from sqlalchemy.pool import PoolProxiedConnection

from lms.lrs import positions, sql, turns
from lms.lrs.service import Ready

# Each thing more that is said makes another sentence, which the server must plan; few statements say so many.
MOST_SAID = 12
PREPARED = "xapi_prepared"  # the names of the sentences that a connection knows
DONE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)

# The time is read in here, after `turns.BESIDE_OTHERS_AT_ONCE` has drawn the transaction's number.
_KEEP = (
    "PREPARE {name} (int, uuid, text, uuid[]{types}) AS "
    "WITH clock AS MATERIALIZED (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now), "
    "stored AS MATERIALIZED (SELECT (extract(epoch FROM now) * 1000000)::bigint * {apart} + $1 AS position, "
    """to_char(now, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at FROM clock), """
    "new AS (INSERT INTO stored_statement (position, id, body) "
    """SELECT position, $2, $3{timestamp} || ',"stored":"' || at || '"}}' FROM stored """
    "WHERE NOT EXISTS (SELECT FROM statement_reference WHERE target_id = $2){known} "
    "ON CONFLICT (id) DO NOTHING RETURNING position), "
    "found_by AS (INSERT INTO statement_key (key, position) SELECT unnest($4), position FROM new) "
    "SELECT position FROM new"
)
_TIMESTAMP = """ || ',"timestamp":"' || at || '"'"""
_DEFINED = " AND EXISTS (SELECT FROM known_activity WHERE key = ${} AND last_said = ${})"
_NAMED = " AND EXISTS (SELECT FROM known_agent_name WHERE agent_key = ${} AND name_key = ${})"


def keep(batch: Ready) -> bool:
    """See `at_once.keep`."""
    if len(batch.statements) > 1:
        return False
    (one,) = batch.statements
    definitions, names = batch.lesson.pairs if batch.lesson else ([], [])
    if len(definitions) + len(names) > MOST_SAID:
        return False
    with sql.past_the_session() as connection:
        driver: Any = connection.driver_connection
        if driver.info.encoding != "utf-8":
            return False
        values = [
            b"%d" % randbelow(positions.APART),
            _quoted(one.id.hex),
            pq.Escaping(driver.pgconn).escape_literal(one.beginning.encode()),
            _quoted(sql.array([key.hex() for key, _ in batch.keys])),
            *(_quoted(key.hex()) for pair in (*definitions, *names) for key in pair),
        ]
        name, sentence = _prepared(one.is_dated, len(definitions), len(names))
        text = b"%b; EXECUTE %b (%b)" % (turns.BESIDE_OTHERS_AT_ONCE, name, b",".join(values))
        return bool(_run(connection, name, sentence, text).ntuples)


def _run(connection: PoolProxiedConnection, name: bytes, sentence: bytes, text: bytes) -> Any:
    """The answer to `text`, after `sentence` was prepared under its name if this connection does not know it."""
    driver: Any = connection.driver_connection
    known: set[bytes] = connection.info.setdefault(PREPARED, set())
    if name in known:
        answer = driver.pgconn.exec_(text)
        if _error(answer) is not errors.InvalidSqlStatementName:
            return _checked(answer, name)
        # The driver makes the connection forget all that is prepared, after a ROLLBACK of its own.
    answer = driver.pgconn.exec_(sentence)
    if _error(answer) is not errors.DuplicatePreparedStatement:
        _checked(answer, name)
    known.add(name)
    return _checked(driver.pgconn.exec_(text), name)


def _checked(answer: Any, name: bytes) -> Any:
    error = _error(answer)
    if error is not None:
        sql.raise_as_sqlalchemy(error(answer.error_message.decode(errors="replace")), name.decode())
    return answer


def _error(answer: Any) -> type[errors.Error] | None:
    """What the driver would raise."""
    if answer.status in DONE:
        return None
    state = answer.error_field(pq.DiagnosticField.SQLSTATE)
    return errors.lookup(state.decode()) if state else errors.OperationalError


def _quoted(text: str) -> bytes:
    """What holds no quotes itself."""
    return b"'%b'" % text.encode()


@cache
def _prepared(is_dated: bool, definitions: int, names: int) -> tuple[bytes, bytes]:
    """A sentence's name, and the one that prepares it."""
    name = f"xapi_keep_{is_dated:d}_{definitions}_{names}"
    kinds = [_DEFINED] * definitions + [_NAMED] * names
    return name.encode(), _KEEP.format(
        name=name,
        types=", uuid" * (2 * len(kinds)),
        apart=positions.APART,
        timestamp="" if is_dated else _TIMESTAMP,
        known="".join(kind.format(5 + 2 * number, 6 + 2 * number) for number, kind in enumerate(kinds)),
    ).encode()
