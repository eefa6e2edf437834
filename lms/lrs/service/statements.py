"""Keeping statements: all of a batch or none, each under its id once, never changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from lms.lrs import compare, keys, positions, shapes, sql
from lms.lrs.service import knowledge, references
from lms.lrs.validate import InvalidStatement, as_instant
from lms.lrs.versions import OF_STATEMENT, Version

# Data that came with a batch, by its hash in small letters.
Attachments = Mapping[str, bytes]
NONE: Attachments = {}

_write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class Conflict(Exception):
    """This id already carries a statement that says something else."""

    def __init__(self, statement_id: UUID) -> None:
        super().__init__(f"statement {statement_id} exists and says something else")
        self.statement_id = statement_id


@dataclass(frozen=True, slots=True)
class Received:
    """A statement that was found valid, ready to be kept but for the time."""

    id: UUID
    said: dict[str, Any]
    beginning: str  # of its JSON, which ends with what only the keeping knows
    is_dated: bool
    keys: set[bytes]
    target_id: UUID | None = None
    attachments: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_voiding(self) -> bool:
        return self.said["verb"]["id"] == shapes.VOIDED

    def body(self, position: int) -> str:
        stored = positions.text(position)
        timestamp = "" if self.is_dated else f',"timestamp":"{stored}"'
        return f'{self.beginning}{timestamp},"stored":"{stored}"}}'


def received(
    statements: Sequence[Any],
    *,
    authority: dict[str, Any],
    version: Version = Version.FIRST,
    attachments: Attachments = NONE,
) -> tuple[Received, ...]:
    """Check a batch, without looking at the database. Raises InvalidStatement."""
    alone = len(statements) == 1
    found = tuple(
        _received(statement, "statement" if alone else f"statements[{index}]", authority, version, attachments)
        for index, statement in enumerate(statements)
    )
    if len({one.id for one in found}) != len(found):
        raise InvalidStatement("statements", "have the same id twice")
    return found


def _received(
    statement: Any, path: str, authority: dict[str, Any], version: Version, attachments: Attachments
) -> Received:
    shapes.statement(statement, path, version=version, came=attachments.keys())
    id_ = UUID(statement["id"]) if "id" in statement else uuid4()
    said = {**statement, "id": str(id_)}
    kept = {
        **said,
        "authority": authority,
        "version": statement.get("version", OF_STATEMENT[version]),
    }
    kept.pop("stored", None)
    if version is Version.SECOND and "timestamp" in kept:
        kept["timestamp"] = _in_utc(kept["timestamp"])
    _list_context_activities(kept)
    if kept["object"].get("objectType") == "SubStatement" and "contextActivities" in kept["object"].get("context", ()):
        kept["object"] = {**kept["object"]}
        _list_context_activities(kept["object"])
    thing = statement["object"]
    return Received(
        id=id_,
        said=said,
        beginning=_write(kept)[:-1],
        is_dated="timestamp" in statement,
        keys=keys.of(kept),
        target_id=UUID(thing["id"]) if thing.get("objectType") == "StatementRef" else None,
        attachments=_sent_with(statement, attachments) if attachments else frozenset(),
    )


def _sent_with(statement: dict[str, Any], attachments: Attachments) -> frozenset[str]:
    named = (*statement.get("attachments", ()), *statement["object"].get("attachments", ()))
    return frozenset(part["sha2"].lower() for part in named) & attachments.keys()


def _in_utc(timestamp: str) -> str:
    """As it was written if that was UTC, otherwise the same moment in UTC."""
    if timestamp.endswith(("Z", "z", "+00:00")):
        return timestamp
    moment = as_instant(timestamp).astimezone(UTC)
    return moment.isoformat(timespec="microseconds" if moment.microsecond % 1000 else "milliseconds")[:-6] + "Z"


def _list_context_activities(statement: dict[str, Any]) -> None:
    """They are always given back as lists, even when a single one came."""
    activities = statement.get("context", {}).get("contextActivities")
    if activities and any(isinstance(part, dict) for part in activities.values()):
        listed = {name: part if isinstance(part, list) else [part] for name, part in activities.items()}
        statement["context"] = {**statement["context"], "contextActivities": listed}


def store(statements: Sequence[dict[str, Any]], *, at: datetime, authority: dict[str, Any]) -> tuple[UUID, ...]:
    """Check and keep; see `received` and `keep`."""
    return keep(received(statements, authority=authority), at=at, authority=authority)


def keep(
    batch: Sequence[Received],
    *,
    at: datetime,
    authority: dict[str, Any],
    attachments: Attachments = NONE,
    may_define: bool = True,
) -> tuple[UUID, ...]:
    """Keep these statements and return their ids, in order. Uses `db.session`; does not commit.

    `at` is what `turns` gave: later than the beginning of this transaction. A statement that is already there and says
    the same changes nothing. Raises InvalidStatement or Conflict, and then the caller rolls back: a batch is kept whole
    or not at all. Shared rows are written in one order by everyone (by id, by hash, by key), so writers wait in turn,
    never for each other.
    """
    placed = dict(zip((one.id for one in batch), positions.positions(at, len(batch)), strict=True))
    _refuse_foreign_voiding(batch, authority)
    new = _insert(sorted(batch, key=lambda one: one.id.bytes), placed)
    if len(new) < len(batch):
        _compare([one for one in batch if one.id not in new])
    fresh = [one for one in batch if one.id in new]
    if not fresh:
        return tuple(placed)
    _insert_keys([(key, placed[one.id]) for one in fresh for key in one.keys])
    if attachments:
        _insert_attachments(fresh, placed, attachments)
    references.keep([(one.id, placed[one.id], one.target_id, one.is_voiding) for one in fresh])
    if may_define:
        knowledge.learn([one.said for one in fresh])
    return tuple(placed)


def _insert(batch: Sequence[Received], placed: Mapping[UUID, int]) -> set[UUID]:
    """The database decides which of two writers was first: the row that exists stands, the other learns of it."""
    if sql.is_postgres():
        rows = sql.run(
            "INSERT INTO stored_statement (position, id, body) "
            "SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::text[]) "
            "ON CONFLICT (id) DO NOTHING RETURNING id",
            sql.array(placed[one.id] for one in batch),
            sql.array(one.id.hex for one in batch),
            [one.body(placed[one.id]) for one in batch],
        )
        return set(rows.scalars())
    condition, values = sql.among("id", [one.id for one in batch])
    known = {
        sql.as_uuid(id_) for id_ in sql.run(f"SELECT id FROM stored_statement WHERE {condition}", *values).scalars()
    }
    fresh = [one for one in batch if one.id not in known]
    sql.run_many(
        "INSERT INTO stored_statement (position, id, body) VALUES (%s, %s, %s)",
        [(placed[one.id], one.id.bytes, one.body(placed[one.id])) for one in fresh],
    )
    return {one.id for one in fresh}


def _insert_keys(rows: list[tuple[bytes, int]]) -> None:
    if sql.is_postgres():
        sql.run(
            "INSERT INTO statement_key (key, position) SELECT * FROM unnest(%s::uuid[], %s::bigint[])",
            sql.array(key.hex() for key, _ in rows),
            sql.array(position for _, position in rows),
        )
    else:
        sql.run_many("INSERT INTO statement_key (key, position) VALUES (%s, %s)", sorted(rows))


def _insert_attachments(batch: Sequence[Received], placed: Mapping[UUID, int], attachments: Attachments) -> None:
    for sha2 in sorted(attachments):
        sql.run(
            "INSERT INTO attachment_content (sha2, content) VALUES (%s, %s) ON CONFLICT (sha2) DO NOTHING",
            sha2,
            attachments[sha2],
        )
    for one in batch:
        for sha2 in one.attachments:
            sql.run("INSERT INTO statement_attachment (position, sha2) VALUES (%s, %s)", placed[one.id], sha2)


def _refuse_foreign_voiding(batch: Sequence[Received], authority: dict[str, Any]) -> None:
    """Only the authority that stored a statement may void it.

    A voiding statement that comes before its target is kept, as the specification asks: whoever knows an id that is
    not stored yet may void it. Ids of ours are made from random ones, so only their author knows them before.
    """
    targets = [one.target_id for one in batch if one.is_voiding and one.target_id]
    if not targets:
        return
    condition, values = sql.among("id", targets)
    for id_, body in sql.run(f"SELECT id, body FROM stored_statement WHERE {condition}", *values):
        if json.loads(body)["authority"] != authority:
            raise InvalidStatement(
                "statement.object.id", f"{sql.as_uuid(id_)} was stored by another authority, which may void it"
            )


def _compare(known: Sequence[Received]) -> None:
    """Raise Conflict unless each of them says what is stored under its id."""
    condition, values = sql.among("id", [one.id for one in known])
    rows = sql.run(f"SELECT id, body FROM stored_statement WHERE {condition}", *values)
    bodies = {sql.as_uuid(id_): body for id_, body in rows}
    for one in known:
        existing = json.loads(bodies[one.id])
        if existing["timestamp"] == existing["stored"]:  # its author gave none
            del existing["timestamp"]
        if not compare.say_the_same(existing, one.said):
            raise Conflict(one.id)
