"""Keeping statements: all of a batch or none, each under its id once, never changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite

from lms.db import db
from lms.lrs import compare, shapes
from lms.lrs.models import StoredStatement
from lms.lrs.validate import InvalidStatement, parse_instant

VERSION = "1.0.3"
STORED = cast(Table, StoredStatement.__table__)

# The database decides which of two writers was first: the row that exists stands, the other learns of it.
INSERTS = {
    "sqlite": sqlite.insert(STORED).on_conflict_do_nothing(index_elements=["id"]).returning(STORED.c.id),
    "postgresql": postgresql.insert(STORED).on_conflict_do_nothing(index_elements=["id"]).returning(STORED.c.id),
}


class Conflict(Exception):
    """This id already carries a statement that says something else."""

    def __init__(self, statement_id: UUID) -> None:
        super().__init__(f"statement {statement_id} exists and says something else")
        self.statement_id = statement_id


@dataclass(frozen=True, slots=True)
class Received:
    """A statement ready to be kept; `dated` says whether its author gave the time."""

    row: Mapping[str, Any]
    dated: bool


def store(statements: Sequence[dict[str, Any]], *, at: datetime, authority: dict[str, Any]) -> tuple[UUID, ...]:
    """Keep these statements and return their ids, in order. Uses `db.session`; does not commit.

    A statement that is already there and says the same changes nothing. Raises InvalidStatement or Conflict,
    and then the caller rolls back: a batch is kept whole or not at all.
    """
    received = [
        _received(statement, index, at, authority, alone=len(statements) == 1)
        for index, statement in enumerate(statements)
    ]
    ids = tuple(one.row["id"] for one in received)
    if len(set(ids)) != len(ids):
        raise InvalidStatement("statements", "have the same id twice")
    if not received:
        return ()
    # In the order of their ids, so that batches that share statements wait in turn, never for each other.
    rows = sorted((one.row for one in received), key=lambda row: row["id"].hex)
    _refuse_foreign_voiding(rows, authority)
    inserted = set(db.session.execute(INSERTS[db.session.get_bind().dialect.name], rows).scalars())
    known = {one.row["id"]: one for one in received if one.row["id"] not in inserted}
    if known:
        _compare(known)
    return ids


def _received(
    statement: dict[str, Any], index: int, at: datetime, authority: dict[str, Any], *, alone: bool
) -> Received:
    shapes.statement(statement, "statement" if alone else f"statements[{index}]")
    # One batch has one time; the microseconds keep the order in which its statements came.
    stored = at + timedelta(microseconds=index)
    id_ = UUID(statement["id"]) if "id" in statement else uuid4()
    dated = "timestamp" in statement
    object_ = statement["object"]
    target = UUID(object_["id"]) if object_.get("objectType") == "StatementRef" else None
    registration = statement.get("context", {}).get("registration")
    kept = {
        **statement,
        "id": str(id_),
        "stored": _text(stored),
        "authority": authority,
        "version": statement.get("version", "1.0.0"),
    }
    kept.setdefault("timestamp", kept["stored"])
    _list_context_activities(kept)
    row = {
        "id": id_,
        "stored": stored,
        "timestamp": parse_instant(kept["timestamp"], "timestamp"),
        "actor": compare.agent_key(statement["actor"]),
        "verb": compare.key(statement["verb"]["id"]),
        "activity": compare.object_key(object_),
        "registration": UUID(registration) if registration else None,
        "target_id": target,
        "body": json.dumps(kept, ensure_ascii=False, allow_nan=False, separators=(",", ":")),
        "digest": compare.digest({**statement, "id": str(id_)}),
    }
    return Received(row, dated)


def _refuse_foreign_voiding(rows: Sequence[Mapping[str, Any]], authority: dict[str, Any]) -> None:
    """Only the authority that stored a statement may void it.

    A voiding statement that comes before its target is kept, as the specification asks: whoever knows an id that is
    not stored yet may void it. Ids of ours are made from random ones, so only their author knows them before.
    """
    targets = {row["target_id"] for row in rows if row["verb"] == shapes.VOIDED}
    if not targets:
        return
    for id_, body in db.session.execute(select(STORED.c.id, STORED.c.body).where(STORED.c.id.in_(targets))):
        if json.loads(body)["authority"] != authority:
            raise InvalidStatement("statement.object.id", f"{id_} was stored by another authority, which may void it")


def _list_context_activities(statement: dict[str, Any]) -> None:
    """They are always given back as lists, even when a single one came."""
    activities = statement.get("context", {}).get("contextActivities")
    if activities and any(isinstance(part, dict) for part in activities.values()):
        listed = {name: part if isinstance(part, list) else [part] for name, part in activities.items()}
        statement["context"] = {**statement["context"], "contextActivities": listed}


def _compare(known: Mapping[UUID, Received]) -> None:
    existing = db.session.execute(
        select(STORED.c.id, STORED.c.digest, STORED.c.timestamp, STORED.c.stored).where(STORED.c.id.in_(known))
    )
    for row in existing:
        one = known[row.id]
        was_dated = row.timestamp != row.stored
        differs_in_time = one.dated and was_dated and row.timestamp != one.row["timestamp"]
        if row.digest != one.row["digest"] or differs_in_time:
            raise Conflict(row.id)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
