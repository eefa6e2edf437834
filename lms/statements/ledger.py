"""Writing down what happened, in the transaction of the act: ledger entry, owed statement, deliveries."""

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from fractions import Fraction
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, insert, literal, select, true

from lms.db import db
from lms.statements import build, home
from lms.statements.administration import CoursePublished, ItemMoved, ItemRepaired
from lms.statements.build import statement_id
from lms.statements.events import Event, Person, Place, Thing
from lms.statements.models import Delivery, DeliveryTarget, LedgerEntry, OwedStatement

__all__ = ["record", "record_all", "statement_id"]

# What every event has, and what its entry keeps in columns.
COLUMNS = frozenset(field.name for field in fields(Event))
TITLE_LENGTH = 300

# Tables, not classes: one round trip each, and the caller's half-made rows are not flushed before their time.
ENTRY = cast(Table, LedgerEntry.__table__)
OWED = cast(Table, OwedStatement.__table__)
DELIVERY = cast(Table, Delivery.__table__)

# Written once: making a statement anew for every act costs more than running it.
WRITE_ENTRY = insert(ENTRY).returning(ENTRY.c.id, ENTRY.c.seq)
OWE_STATEMENT = insert(OWED)
OWE_DELIVERIES = insert(DELIVERY).from_select(
    ["seq", "target", "state", "attempts", "error"],
    select(OWED.c.seq, DeliveryTarget.key, literal("owed"), literal(0), literal(""))
    .select_from(OWED)
    .join(DeliveryTarget, true())
    .where(OWED.c.entry_seq.in_(bindparam("entries", expanding=True)), DeliveryTarget.is_enabled),
)


def record(event: Event) -> UUID:
    """Write `event` down and owe its statement to every store; return the statement's id.

    Uses `db.session` and does not commit. A fact is told once: the same kind, record and revision again is a
    violation of the ledger's unique id, so that a double click that reached this far takes nothing with it.
    """
    return record_all([event])[0]


def record_all(events: Sequence[Event]) -> tuple[UUID, ...]:
    """Record several events of one act, in order, for the price of one: three statements to the database."""
    if not events:
        return ()
    ids = tuple(statement_id(event.kind, event.record_id, event.revision) for event in events)
    rows = [_entry(id_, event) for id_, event in zip(ids, events, strict=True)]
    entries: dict[UUID, int] = {row.id: row.seq for row in db.session.execute(WRITE_ENTRY, rows)}
    here = home.current()
    owed = [
        {"entry_seq": entries[id_], "id": UUID(said["id"]), "body": json.dumps(said, ensure_ascii=False)}
        for id_, event in zip(ids, events, strict=True)
        for said in build.statements(event, here)
    ]
    if owed:
        db.session.execute(OWE_STATEMENT, owed)
        db.session.execute(OWE_DELIVERIES, {"entries": [row["entry_seq"] for row in owed]})
    return ids


def _entry(id_: UUID, event: Event) -> dict[str, Any]:
    return {
        "id": id_,
        "at": event.at,
        "kind": event.kind,
        "actor_id": event.actor.id if event.actor else None,
        "actor_name": event.actor.name if event.actor else "",
        "subject_id": event.learner.id,
        "registration": event.place.registration if event.place else None,
        "record_id": event.record_id,
        "title": _title(event)[:TITLE_LENGTH],
        "reason": event.reason,
        "facts": facts(event),
    }


def facts(event: Event) -> dict[str, Any]:
    """What this kind of event says beyond the columns, and where it happened, as JSON."""
    said = {field.name: _plain(getattr(event, field.name)) for field in fields(event) if field.name not in COLUMNS}
    if event.place is not None:
        said["place"] = _plain(event.place)
    return said


def _plain(value: Any) -> Any:
    match value:
        case Person():
            return {"id": str(value.id), "name": value.name}
        case Thing():
            return {"key": value.key, "title": value.title, "version": value.version}
        case Place():
            parts = {"course": value.course, "module": value.module, "step": value.step}
            return {name: _plain(part) for name, part in parts.items() if part is not None}
        case UUID() | Fraction():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case tuple():
            return [_plain(part) for part in value]
        case _:
            return value


def _title(event: Event) -> str:
    """The title of the smallest thing it is about, as it was then."""
    if isinstance(event, CoursePublished):
        return event.course.title
    if isinstance(event, ItemMoved | ItemRepaired):
        return event.item.key
    place = event.place
    if place is None:
        return ""
    return (place.step or place.module or place.course).title
