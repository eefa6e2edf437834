"""What the acts of this package share: who acts, and rows that are written once on both databases."""

from typing import Any, Protocol
from uuid import UUID, uuid5

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite

from lms.db import db
from lms.errors import RuleViolation
from lms.learning.models import Enrollment
from lms.learning.queries import AnyEnrollment
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


def learner_of(enrollment: AnyEnrollment, by: Named | None) -> Person:
    """The learner, without asking the database when they act themselves."""
    return person(enrollment.user_id, by)


def person(user_id: UUID, by: Named | None = None) -> Person:
    if by is not None and by.id == user_id:
        return Person(by.id, by.name)
    row = people.person(user_id)
    if row is None:
        raise LookupError(f"no person {user_id}")
    return Person(row.id, row.name)


def locked(enrollment: AnyEnrollment) -> Enrollment:
    """The same row, read again under a lock: what others committed is seen, what follows is alone."""
    return db.session.scalars(
        select(Enrollment)
        .where(Enrollment.id == enrollment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def locked_by_another(enrollment: AnyEnrollment, by: Named) -> Enrollment:
    """`locked`, for what nobody decides about their own course."""
    if by.id == enrollment.user_id:
        raise RuleViolation("own_work")
    return locked(enrollment)


def insert(model: type) -> Any:
    """An INSERT that knows ON CONFLICT on both databases."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    if db.session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def write(statement: Any) -> int:
    """Run an INSERT; how many rows it wrote. Counted by what it returns: a driver may not know the number."""
    written = statement.returning(*statement.table.primary_key)
    return len(db.session.execute(written).all())


def fact_id(enrollment: AnyEnrollment, key: str) -> UUID:
    """The lasting id of "this step (or module) of this enrollment is done": it can happen only once."""
    return uuid5(enrollment.id, key)
