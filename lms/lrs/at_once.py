"""Keeping a single statement by one way to PostgreSQL, transaction and all.

For those that teach nothing new about activities and people and are in no relation to others, which is what nearly
every statement of a course is. Unlike a service this owns its transaction.
"""

from collections.abc import Iterator
from secrets import randbelow
from typing import Any
from uuid import UUID

from lms.lrs import positions, sql, turns
from lms.lrs.service import Ready
from lms.lrs.service.knowledge import Lesson

# Each thing more that is said makes another sentence, which the server must plan; few statements say so many.
MOST_SAID = 12

# The time is read in here, after `turns.BESIDE_OTHERS` has drawn the transaction's number.
_KEEP = (
    "WITH clock AS MATERIALIZED (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now), "
    "stored AS MATERIALIZED (SELECT (extract(epoch FROM now) * 1000000)::bigint * {apart} + %s::int "
    """AS position, to_char(now, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at FROM clock), """
    "new AS (INSERT INTO stored_statement (position, id, body) "
    "SELECT position, %s::uuid, %b::text || {body} FROM stored "
    "WHERE NOT EXISTS (SELECT FROM statement_reference WHERE target_id = %s::uuid){known} "
    "ON CONFLICT (id) DO NOTHING RETURNING position), "
    "found_by AS (INSERT INTO statement_key (key, position) SELECT unnest(%s::uuid[]), position FROM new) "
    "SELECT position FROM new"
)
_DATED = ',"stored":"', """at || '"}'"""
_UNDATED = ',"timestamp":"', """at || '","stored":"' || at || '"}'"""
_DEFINED = " AND EXISTS (SELECT FROM known_activity WHERE key = %s::uuid AND last_said = %s::uuid)"
_NAMED = " AND EXISTS (SELECT FROM known_agent_name WHERE agent_key = %s::uuid AND name_key = %s::uuid)"


def keep(batch: Ready) -> bool:
    """Whether the batch was kept, in a transaction of its own that is over; if not, nothing has happened.

    It is not when there is more to it: several statements, something new that they say, another statement that it
    refers to or that refers to it, or its id is there already. `service.keep` does all of these.
    """
    if len(batch.statements) > 1 or batch.refers or not sql.is_postgres() or not sql.has_connections():
        return False
    said = [] if batch.lesson is None else list(_said(batch.lesson))
    if len(said) > MOST_SAID:
        return False
    (one,) = batch.statements
    last, body = _DATED if one.is_dated else _UNDATED
    sentence = _KEEP.format(apart=positions.APART, body=body, known="".join(condition for condition, _, _ in said))
    values: list[Any] = [randbelow(positions.APART), one.id, one.beginning + last, one.id]
    for _, of, what in said:
        values += (UUID(bytes=of), UUID(bytes=what))
    values.append(sql.array([key.hex() for key, _ in batch.keys]))
    return bool(sql.at_once(turns.BESIDE_OTHERS, (sentence, values)))


def _said(lesson: Lesson) -> Iterator[tuple[str, bytes, bytes]]:
    """What must be known already: the condition, and its two keys."""
    for activity, definitions in lesson.definitions.items():
        for digest in definitions:  # of several one is not what was said last, and then the condition says so
            yield _DEFINED, activity, digest
    for agent, name in lesson.names:
        yield _NAMED, agent, name
