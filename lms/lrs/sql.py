"""The few words that differ between the two databases, and running a sentence of SQL as it is written.

The store's busiest paths speak SQL themselves: building a query anew for each request would cost more than the query.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, CursorResult

from lms.db import db

POSTGRES = "postgresql"


def is_postgres() -> bool:
    return db.engine.dialect.name == POSTGRES


def connection() -> Connection:
    return db.session.connection()


def run(sentence: str, *values: Any) -> CursorResult[*tuple[Any, ...]]:
    """Run SQL with `%s` for each value."""
    if is_postgres():
        return connection().exec_driver_sql(sentence, values)
    return connection().exec_driver_sql(_with_question_marks(sentence), values)


def run_many(sentence: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """For SQLite only: its driver repeats a sentence faster than it reads a long one."""
    if rows:
        connection().exec_driver_sql(_with_question_marks(sentence), list(rows))


@cache
def _with_question_marks(sentence: str) -> str:
    return sentence.replace("%s", "?")


def sixteen(value: UUID | bytes) -> Any:
    """A UUID or key as the database's driver takes it."""
    if is_postgres():
        return value if isinstance(value, UUID) else UUID(bytes=value)
    return value.bytes if isinstance(value, UUID) else value


def as_uuid(value: Any) -> UUID:
    """What the driver gave back, as a UUID."""
    return UUID(bytes=value) if isinstance(value, bytes) else value


def array(values: Iterable[object]) -> str:
    """Numbers, or UUIDs in hexadecimal, as PostgreSQL reads an array: far cheaper than value by value."""
    return "{" + ",".join(map(str, values)) + "}"


def among(column: str, values: Collection[UUID | bytes]) -> tuple[str, tuple[Any, ...]]:
    """A condition that the column is one of these, and its values."""
    if is_postgres():
        return f"{column} = ANY(%s::uuid[])", (
            array(value.hex if isinstance(value, UUID) else value.hex() for value in values),
        )
    marks = ",".join(["%s"] * len(values))
    return f"{column} IN ({marks})", tuple(value.bytes if isinstance(value, UUID) else value for value in values)
