"""The few words that differ between the two databases, and running a sentence of SQL as it is written.

The store's busiest paths speak SQL themselves, and to the database's driver: building a query anew for each request
would cost more than the query, and so would all that is done around each sentence for those who do not know it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NoReturn, cast
from uuid import UUID

from flask import current_app, g
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import PoolProxiedConnection

from lms.db import db
from lms.settings import Settings

DRIVER = "lrs_driver"
MOST_VALUES = 900  # in one sentence; old builds of SQLite take 999
Row = tuple[Any, ...]


class Rows:
    """What the driver found, to be read once."""

    __slots__ = ("_cursor",)

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def __iter__(self) -> Iterator[Row]:
        return iter(self._cursor)

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        return int(self._cursor.rowcount)

    def one_or_none(self) -> Row | None:
        rows = self._cursor.fetchmany(2)
        if len(rows) > 1:
            raise MultipleResultsFound("one row was expected")
        return rows[0] if rows else None

    def one(self) -> Row:
        row = self.one_or_none()
        if row is None:
            raise NoResultFound("one row was expected")
        return row

    def scalar_one(self) -> Any:
        return self.one()[0]

    def scalar(self) -> Any:
        """The first value of the first row; None without rows."""
        row = self._cursor.fetchone()
        return None if row is None else row[0]

    def all(self) -> list[Row]:
        return list(self._cursor.fetchall())

    def scalars(self) -> list[Any]:
        return [row[0] for row in self._cursor]


def is_postgres() -> bool:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.database_url.startswith("postgresql")


def run(sentence: str, *values: Any) -> Rows:
    """Run SQL with `%s` for each value, in the transaction of `db.session`, or by itself inside `reading`.

    Raises what SQLAlchemy would raise; unlike it, no event listens.
    """
    driver, postgres = _driver()
    try:
        return Rows(driver.execute(sentence if postgres else _with_question_marks(sentence), values))
    except db.engine.dialect.loaded_dbapi.Error as wrong:
        raise_as_sqlalchemy(wrong, sentence, values)


def insert_many(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """For SQLite only: many rows by one sentence. The caller rolls back when it fails.

    Repeating a sentence for each row, the driver would let other threads of the process have their turn after each,
    while other writers wait. OR FAIL leaves the rows before one that fails; for ABORT, which is meant otherwise,
    SQLite would first copy every page it changes.
    """
    driver, _ = _driver()
    names, marks = ", ".join(columns), "(" + ", ".join("?" * len(columns)) + ")"
    step = MOST_VALUES // len(columns)
    for first in range(0, len(rows), step):
        part = rows[first : first + step]
        many = ", ".join([marks] * len(part))
        sentence = f"INSERT OR FAIL INTO {table} ({names}) VALUES {many}"  # noqa: S608 -- names of ours
        values = [value for row in part for value in row]
        try:
            driver.execute(sentence, values)
        except db.engine.dialect.loaded_dbapi.Error as wrong:
            raise_as_sqlalchemy(wrong, sentence, values)


@contextmanager
def reading() -> Iterator[None]:
    """Inside, each sentence sees what is committed when it begins; there is no transaction around them.

    The session's way (itself, a transaction, what is reset afterwards) costs more than the reading, and on PostgreSQL
    two ways to the server. It stays where the application has but one connection, whose transaction is everybody's.
    """
    if not has_connections():
        yield
        return
    with past_the_session() as connection:
        driver: Any = connection.driver_connection
        postgres = is_postgres()
        if postgres:
            driver.autocommit = True  # as SQLite's connections are, see `db.tune_sqlite`
        g.lrs_reader = driver, postgres
        try:
            yield
        finally:
            del g.lrs_reader
            if postgres and not driver.closed:
                driver.autocommit = False


def has_connections() -> bool:
    """Whether there are others than the session's own; tests that undo everything have but that one."""
    return isinstance(cast(object, db.engine), Engine)


@contextmanager
def past_the_session() -> Iterator[PoolProxiedConnection]:
    """A connection of the pool, on which SQLAlchemy begins nothing."""
    if db.session.registry.has():
        db.session.rollback()  # what was read so far has its own connection, which others can use
    connection = db.engine.raw_connection()
    try:
        yield connection
    finally:
        if is_postgres() and cast(Any, connection.driver_connection).closed:
            connection.invalidate()
        connection.close()


def raise_as_sqlalchemy(wrong: Exception, sentence: str, values: Any = ()) -> NoReturn:
    """An error of the driver, as whoever asks the session would see it."""
    dialect = db.engine.dialect
    raise DBAPIError.instance(sentence, values, wrong, dialect.loaded_dbapi.Error, dialect=dialect) from wrong


def is_reading() -> bool:
    return "lrs_reader" in g


def _driver() -> tuple[Any, bool]:
    """The connection that `db.session` holds for its transaction (or the one to read), without SQLAlchemy around it."""
    reader: tuple[Any, bool] | None = g.get("lrs_reader")
    if reader is not None:
        return reader
    session = db.session()
    kept: tuple[Any, bool] | None = session.info.get(DRIVER)
    if kept is None:
        driver = session.connection().connection.driver_connection
        kept = session.info[DRIVER] = (driver, is_postgres())
    return kept


@event.listens_for(db.session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    """The next transaction may hold another connection."""
    if transaction.parent is None:
        session.info.pop(DRIVER, None)


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


def as_bytes(value: Any) -> bytes:
    """What the driver gave back for a key, as bytes."""
    return value if isinstance(value, bytes) else value.bytes


def array(values: Iterable[object]) -> str:
    """Numbers, or UUIDs in hexadecimal, as PostgreSQL reads an array: far cheaper than value by value."""
    return "{" + ",".join(map(str, values)) + "}"


def among(column: str, values: Collection[UUID | bytes]) -> tuple[str, tuple[Any, ...]]:
    """A condition that the column is one of these, and its values."""
    if is_postgres():
        return f"{column} = ANY(%s::uuid[])", (
            array([value.hex if isinstance(value, UUID) else value.hex() for value in values]),
        )
    marks = ",".join(["%s"] * len(values))
    return f"{column} IN ({marks})", tuple(value.bytes if isinstance(value, UUID) else value for value in values)
