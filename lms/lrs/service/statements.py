"""Keeping statements: all of a batch or none, each under its id once, never changed."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import repeat
from typing import Any
from uuid import UUID, uuid4

from lms.lrs import compare, keys, positions, shapes, sql
from lms.lrs.service import knowledge, references
from lms.lrs.validate import InvalidStatement, as_instant
from lms.lrs.versions import OF_STATEMENT, Version

# Data that came with a batch, by its hash in small letters.
Attachments = Mapping[str, bytes]
NONE: Attachments = {}

IN_UTC = re.compile(r"[\d-]{10}T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)", re.ASCII).fullmatch

_write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class Conflict(Exception):
    """This id already carries a statement that says something else."""

    def __init__(self, statement_id: UUID) -> None:
        super().__init__(f"statement {statement_id} exists and says something else")
        self.statement_id = statement_id


class ForeignVoiding(InvalidStatement):
    """Only the authority that stored a statement may void it."""


@dataclass(slots=True)
class Received:
    """A statement that was found valid, ready to be kept but for the time."""

    id: UUID
    said: dict[str, Any]  # with its id
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
    texts: Sequence[str | None] | None = None,
    authority: dict[str, Any],
    version: Version = Version.FIRST,
    attachments: Attachments = NONE,
) -> tuple[Received, ...]:
    """Check a batch, without looking at the database. Raises InvalidStatement.

    `texts`: what the statements were read from. They are kept as they were written, as far as nothing in them has to
    be said otherwise.
    """
    by = _Author(keys.agent_name(authority), f',"authority":{_write(authority)}', authority)
    alone = len(statements) == 1
    found = tuple(
        _received(statement, text, "statement" if alone else f"statements[{index}]", by, version, attachments)
        for index, (statement, text) in enumerate(zip(statements, texts or repeat(None), strict=False))
    )
    if len({one.id for one in found}) != len(found):
        raise InvalidStatement("statements", "have the same id twice")
    return found


@dataclass(frozen=True, slots=True)
class _Author:
    name: str
    text: str
    agent: dict[str, Any]


def _received(
    statement: Any, text: str | None, path: str, by: _Author, version: Version, attachments: Attachments
) -> Received:
    shapes.statement(statement, path, version=version, came=attachments.keys())
    given = statement.get("id")
    id_ = uuid4() if given is None else UUID(given)
    said = statement if given is not None else {**statement, "id": str(id_)}
    thing = statement["object"]
    return Received(
        id=id_,
        said=said,
        beginning=_as_written(said, text, by, version) if given == str(id_) and text else _anew(said, id_, by, version),
        is_dated="timestamp" in statement,
        keys=keys.of(statement, by.name),
        target_id=UUID(thing["id"]) if thing.get("objectType") == "StatementRef" else None,
        attachments=_sent_with(statement, attachments) if attachments else frozenset(),
    )


def _as_written(said: dict[str, Any], text: str, by: _Author, version: Version) -> str:
    """The statement's own text with what the store adds, if the store changes nothing in it."""
    if "authority" in said or "stored" in said or _has_single_activities(said) or _has_other_times(said, version):
        return _anew(said, UUID(said["id"]), by, version)
    named = "" if "version" in said else f',"version":"{OF_STATEMENT[version]}"'
    return text[:-1] + by.text + named


def _anew(said: dict[str, Any], id_: UUID, by: _Author, version: Version) -> str:
    kept = {**said, "id": str(id_), "authority": by.agent}
    kept.setdefault("version", OF_STATEMENT[version])
    kept.pop("stored", None)
    _say_otherwise(kept, version)
    if kept["object"].get("objectType") == "SubStatement":
        kept["object"] = {**kept["object"]}
        _say_otherwise(kept["object"], version)
    return _write(kept)[:-1]


def _say_otherwise(statement: dict[str, Any], version: Version) -> None:
    if _is_elsewhere(statement, version):
        statement["timestamp"] = _in_utc(statement["timestamp"])
    _list_context_activities(statement)


def _has_single_activities(statement: dict[str, Any]) -> bool:
    """Whether there is an activity in a context where a list is given back."""
    context = statement.get("context")
    if context and any(isinstance(part, dict) for part in context.get("contextActivities", {}).values()):
        return True
    thing = statement["object"]
    return thing.get("objectType") == "SubStatement" and _has_single_activities(thing)


def _has_other_times(statement: dict[str, Any], version: Version) -> bool:
    thing = statement["object"]
    return _is_elsewhere(statement, version) or (
        thing.get("objectType") == "SubStatement" and _is_elsewhere(thing, version)
    )


def _is_elsewhere(statement: dict[str, Any], version: Version) -> bool:
    """Whether its time is given back in UTC as RFC 3339 writes it, as 2.0 asks, but was not written so."""
    timestamp = statement.get("timestamp")
    return version is Version.SECOND and timestamp is not None and not IN_UTC(timestamp)


def _sent_with(statement: dict[str, Any], attachments: Attachments) -> frozenset[str]:
    named = (*statement.get("attachments", ()), *statement["object"].get("attachments", ()))
    return frozenset(part["sha2"].lower() for part in named) & attachments.keys()


def _in_utc(timestamp: str) -> str:
    """The same moment in UTC."""
    moment = as_instant(timestamp).astimezone(UTC)
    return moment.isoformat(timespec="microseconds" if moment.microsecond % 1000 else "milliseconds")[:-6] + "Z"


def _list_context_activities(statement: dict[str, Any]) -> None:
    """They are always given back as lists, even when a single one came."""
    activities = statement.get("context", {}).get("contextActivities")
    if activities and any(isinstance(part, dict) for part in activities.values()):
        listed = {name: part if isinstance(part, list) else [part] for name, part in activities.items()}
        statement["context"] = {**statement["context"], "contextActivities": listed}


@dataclass(frozen=True)
class Ready:
    """A batch with what can be worked out before the transaction begins: other writers may wait for its end."""

    statements: Sequence[Received]
    lesson: knowledge.Lesson | None

    @cached_property  # SQLite's one step, which most batches take there, asks for neither order
    def order(self) -> Sequence[int]:
        """By id: which of the statements comes first, second …"""
        return sorted(range(len(self.statements)), key=lambda number: self.statements[number].id.bytes)

    @cached_property
    def keys(self) -> Sequence[tuple[bytes, int]]:
        """Of all, in order, each with the number of its statement."""
        return sorted([(key, number) for number, one in enumerate(self.statements) for key in one.keys])

    @property
    def ids(self) -> tuple[UUID, ...]:
        return tuple([one.id for one in self.statements])

    @property
    def refers(self) -> bool:
        """Whether one of its statements refers to another."""
        return any(one.target_id for one in self.statements)


def ready(statements: Sequence[Received], *, may_define: bool = True) -> Ready:
    """`may_define`: what they say of activities and agents is learned."""
    return Ready(
        statements=statements,
        lesson=knowledge.lesson(one.said for one in statements) if may_define else None,
    )


def store(statements: Sequence[dict[str, Any]], *, at: datetime, authority: dict[str, Any]) -> tuple[UUID, ...]:
    """Check and keep; see `received` and `keep`."""
    return keep(ready(received(statements, authority=authority)), at=at, authority=authority)


def keep(batch: Ready, *, at: datetime, authority: dict[str, Any], attachments: Attachments = NONE) -> tuple[UUID, ...]:
    """Keep these statements and return their ids, in order. Uses `db.session`; does not commit.

    `at` is what `turns` gave: later than the beginning of this transaction. A statement that is already there and says
    the same changes nothing. Raises InvalidStatement or Conflict, and then the caller rolls back: a batch is kept whole
    or not at all. Shared rows are written in one order by everyone (by id, by hash, by key), so writers wait in turn,
    never for each other.
    """
    ids = batch.ids
    placed = positions.positions(at, len(ids))
    _refuse_foreign_voiding(batch.statements, authority)
    found = _insert_in_postgres(batch, placed) if sql.is_postgres() else _insert_in_sqlite(batch, placed)
    fresh = list(zip(batch.statements, placed, strict=True))
    lesson = batch.lesson
    if len(found.new) < len(ids):
        _compare([one for one in batch.statements if one.id not in found.new])
        fresh = [(one, position) for one, position in fresh if one.id in found.new]
        if not fresh:
            return ids
        if lesson:  # what was said before is not said again now
            lesson = knowledge.lesson(one.said for one, _ in fresh)
    if attachments:
        _insert_attachments(fresh, attachments)
    if found.is_spoken_of or any(one.target_id for one, _ in fresh):
        references.keep([(one.id, position, one.target_id, one.is_voiding) for one, position in fresh])
    if lesson:
        knowledge.learn(lesson, found.known)
    return ids


@dataclass(frozen=True, slots=True)
class _Inserted:
    """The ids that were not there before; whether any statement refers to one of them; what is known of the lesson.

    The database decides which of two writers was first: the row that exists stands, the other learns of it.
    """

    new: set[UUID]
    is_spoken_of: bool
    known: Sequence[sql.Row]


def _insert_in_postgres(batch: Ready, placed: Sequence[int]) -> _Inserted:
    """In one sentence, as each one more is a way to the server and back."""
    question, values = batch.lesson.question() if batch.lesson else ("", ())
    rows = sql.run(
        "WITH new AS (INSERT INTO stored_statement (position, id, body) "
        # %b: the texts go as they are. Written as an array's text, each quote in them would be escaped one by one.
        "SELECT * FROM unnest(%s::bigint[], %s::uuid[], %b::text[]) "
        "ON CONFLICT (id) DO NOTHING RETURNING id, position), "
        "found_by AS (INSERT INTO statement_key (key, position) "
        "SELECT key, position FROM unnest(%s::uuid[], %s::bigint[]) AS by (key, position) "
        "WHERE position IN (SELECT position FROM new)) "
        "SELECT EXISTS (SELECT 1 FROM statement_reference r WHERE r.target_id = new.id)::int, id, NULL::uuid FROM new"
        f"{' UNION ALL ' if question else ''}{question}",
        sql.array([placed[number] for number in batch.order]),
        sql.array([batch.statements[number].id.hex for number in batch.order]),
        [batch.statements[number].body(placed[number]) for number in batch.order],
        sql.array([key.hex() for key, _ in batch.keys]),
        sql.array([placed[number] for _, number in batch.keys]),
        *values,
    ).all()
    new = [row for row in rows if row[0] < knowledge.ACTIVITY]
    known = [row for row in rows if row[0] >= knowledge.ACTIVITY]
    return _Inserted({row[1] for row in new}, any(row[0] for row in new), known)


def _insert_in_sqlite(batch: Ready, placed: Sequence[int]) -> _Inserted:
    """It has one writer, so what is not there now will not be there in a moment either."""
    ids = [one.id for one in batch.statements]
    is_here, values = sql.among("id", ids)
    is_target, _ = sql.among("target_id", ids)
    rows = sql.run(
        f"SELECT id, 1 FROM stored_statement WHERE {is_here} "
        f"UNION ALL SELECT target_id, 0 FROM statement_reference WHERE {is_target}",
        *values,
        *values,
    ).all()
    there = {sql.as_uuid(row[0]) for row in rows if row[1]}
    new = {number for number, id_ in enumerate(ids) if id_ not in there}
    sql.insert_many(
        "stored_statement",
        ("position", "id", "body"),
        [(placed[number], ids[number].bytes, batch.statements[number].body(placed[number])) for number in sorted(new)],
    )
    sql.insert_many(
        "statement_key",
        ("key", "position"),
        [(key, placed[number]) for key, number in batch.keys if number in new],
    )
    known: Sequence[sql.Row] = []
    if batch.lesson:
        question, values = batch.lesson.question()
        known = sql.run(question, *values).all()
    return _Inserted({ids[number] for number in new}, len(rows) > len(there), known)


def _insert_attachments(fresh: Sequence[tuple[Received, int]], attachments: Attachments) -> None:
    for sha2 in sorted(attachments):
        sql.run(
            "INSERT INTO attachment_content (sha2, content) VALUES (%s, %s) ON CONFLICT (sha2) DO NOTHING",
            sha2,
            attachments[sha2],
        )
    for one, position in fresh:
        for sha2 in one.attachments:
            sql.run("INSERT INTO statement_attachment (position, sha2) VALUES (%s, %s)", position, sha2)


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
            raise ForeignVoiding(
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
