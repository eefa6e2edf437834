"""What the acts of this package share: who acts, and rows that are written once on both databases."""

from typing import Any, Protocol, cast
from uuid import UUID, uuid5

from sqlalchemy import CursorResult, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from lms.db import db
from lms.learning.models import Enrollment
from lms.people import queries as people
from lms.statements.events import Person


class Named(Protocol):
    """Who acts: a viewer, a user row, a person row."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


def actor(by: Named | None) -> Person | None:
    """None is the system."""
    return Person(by.id, by.name) if by is not None else None


def learner_of(enrollment: Enrollment, by: Named | None) -> Person:
    """The learner, without asking the database when they act themselves."""
    return person(enrollment.user_id, by)


def person(user_id: UUID, by: Named | None = None) -> Person:
    if by is not None and by.id == user_id:
        return Person(by.id, by.name)
    row = people.person(user_id)
    if row is None:
        raise LookupError(f"no person {user_id}")
    return Person(row.id, row.name)


def locked(enrollment: Enrollment) -> Enrollment:
    """The same row, read again under a lock: what others committed is seen, what follows is alone."""
    return db.session.scalars(
        select(Enrollment)
        .where(Enrollment.id == enrollment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def insert(model: type) -> Any:
    """An INSERT that knows ON CONFLICT on both databases."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    if db.session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def write(statement: Any) -> int:
    """Run it; how many rows were written."""
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


def fact_id(enrollment: Enrollment, key: str) -> UUID:
    """The lasting id of "this step (or module) of this enrollment is done": it can happen only once."""
    return uuid5(enrollment.id, key)
