"""Statements whose object is another statement: what they void, and what they are found by because of it.

A statement that refers to another is found by whatever finds that one, and so on along the chain (xAPI 1.0.3,
communication 2.1.4). Either may come first, so the keys are passed on whenever a link of a chain arrives.
"""

import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from lms.lrs import keys, sql

LONGEST_CHAIN = 50  # a chain may even be a circle
Kept = tuple[UUID, int, UUID | None, bool]


def keep(batch: Sequence[Kept]) -> None:
    """Note the references of new statements: (id, position, target's id, whether it voids it)."""
    for id_, position, target_id, is_voiding in batch:
        if target_id is not None:
            target = sql.sixteen(target_id)
            sql.run("INSERT INTO statement_reference (target_id, position) VALUES (%s, %s)", target, position)
            if is_voiding:
                # A voiding statement cannot itself be voided, whichever of the two comes first.
                sql.run("DELETE FROM voided_statement WHERE target_id = %s", sql.sixteen(id_))
                if not _is_voiding(target_id):
                    sql.run(
                        "INSERT INTO voided_statement (target_id, position) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                        target,
                        position,
                    )
    concerned = {position for _, position, target_id, _ in batch if target_id is not None}
    concerned |= _referring_to(id_ for id_, _, _, _ in batch)
    for position in sorted(concerned):
        _inherit(position)


def _is_voiding(statement_id: UUID) -> bool:
    """Whether the statement is here and voids another: then a target of it is noted with its position."""
    body = sql.run("SELECT body FROM stored_statement WHERE id = %s", sql.sixteen(statement_id)).scalar()
    return body is not None and bool(keys.is_voiding(json.loads(body)))


def _referring_to(ids: Iterable[UUID]) -> set[int]:
    """The positions of all statements that refer to these, directly or through others."""
    found: set[int] = set()
    asked = set(ids)
    while asked:
        condition, values = sql.among("target_id", asked)
        rows = sql.run(f"SELECT position FROM statement_reference WHERE {condition}", *values).scalars()
        new = set(rows) - found
        found |= new
        asked = {
            sql.as_uuid(sql.run("SELECT id FROM stored_statement WHERE position = %s", position).scalar())
            for position in new
        }
    return found


def _inherit(position: int) -> None:
    """Give the statement the keys of all that its chain of references leads to."""
    passed = {position}
    target = _target_of(position)
    while target is not None and len(passed) < LONGEST_CHAIN:
        row = sql.run("SELECT position, body FROM stored_statement WHERE id = %s", sql.sixteen(target)).one_or_none()
        if row is None or row[0] in passed:
            return
        source, body = row
        passed.add(source)
        for key in sorted(keys.of_stored(json.loads(body))):
            sql.run(
                "INSERT INTO inherited_key (key, position, source) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                sql.sixteen(key),
                position,
                source,
            )
        target = _target_of(source)


def _target_of(position: int) -> UUID | None:
    found = sql.run("SELECT target_id FROM statement_reference WHERE position = %s", position).scalar()
    return None if found is None else sql.as_uuid(found)
