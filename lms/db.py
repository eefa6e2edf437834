"""The database session, the declarative base and the few column types that every package shares."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, cast
from uuid import UUID, uuid4

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, CursorResult, DateTime, Dialect, Engine, Executable, MetaData, Uuid, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class KnownUuid(Uuid[UUID]):
    """Ids as UUIDs. Where the database has text for them, the same text gives the same object: pages show the same
    people and courses again and again, and to make a UUID costs more than to find it.
    """

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], UUID | None] | None:
        make = super().result_processor(dialect, coltype)
        return None if make is None else lambda value: None if value is None else _known(make, value)


MOST_KNOWN = 50_000
_ids: dict[str, UUID] = {}


def _known(make: Callable[[str], UUID], text: str) -> UUID:
    found = _ids.get(text)
    if found is None:
        if len(_ids) >= MOST_KNOWN:
            _ids.clear()
        found = _ids[text] = make(text)
    return found


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant: naive values are refused on the way in, UTC comes out on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: use clock.now() or an aware value")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Without the generic way through `process_result_value`: a history has hundreds of moments."""
        parse: Any = self.impl_instance.dialect_impl(dialect).result_processor(dialect, coltype)
        if parse is None:  # the driver gives moments, in the zone of its connection
            return lambda value: None if value is None else _in_utc(value)
        return lambda value: None if value is None else parse(value).replace(tzinfo=UTC)


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")

# An explicit registry: the map on the base itself makes Flask-SQLAlchemy raise.
REGISTRY = registry(
    metadata=MetaData(naming_convention=NAMES),
    type_annotation_map={datetime: UtcDateTime(), dict[str, Any]: Json, list[Any]: Json, UUID: KnownUuid()},
)


class Base(DeclarativeBase):
    registry = REGISTRY
    metadata = REGISTRY.metadata


Id = Annotated[UUID, mapped_column(KnownUuid(), primary_key=True, default=uuid4)]
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def read(statement: Executable, values: Mapping[str, Any]) -> CursorResult[*tuple[Any, ...]]:
    """What a statement over tables (not classes) finds, in the session's transaction.

    Straight to the connection: the session's own way looks for objects to make, which costs the statements of every
    page a fifth. Nothing pending is flushed before, as with every statement over tables.
    """
    return db.session.connection().execute(statement, values)


def read_without_transaction() -> None:
    """For a request that only reads, on PostgreSQL: no BEGIN before its first statement, no ROLLBACK after its last.

    Each statement sees what is committed when it begins, as it does inside a transaction of PostgreSQL's default
    level. Besides two ways to the server it saves the plans: psycopg forgets its prepared statements at a ROLLBACK.
    """
    engine = db.engine
    if engine.dialect.name != "postgresql" or not isinstance(engine, Engine) or db.session().in_transaction():
        return  # tests put a connection in the engine's place, whose transaction they undo
    db.session.connection(execution_options=_AUTOCOMMIT)


_AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT"}

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

__all__ = [
    "Base",
    "Id",
    "Json",
    "Mapped",
    "Model",
    "UtcDateTime",
    "db",
    "mapped_column",
    "read",
    "read_without_transaction",
]


# What SQLite does when a transaction is committed: it waits for the disk, before others may write.
DURABLE = "FULL"
PATIENCE = 15_000  # milliseconds to wait for another writer


def set_sqlite(connection: PoolProxiedConnection, *, synchronous: str = DURABLE, patience: int = PATIENCE) -> None:
    """Before a transaction: set what the one before it on this connection wanted otherwise."""
    about, driver = connection.info, cast(Any, connection.driver_connection)
    if about.get("synchronous", DURABLE) != synchronous:
        driver.execute(f"PRAGMA synchronous={synchronous}")
        about["synchronous"] = synchronous
    if about.get("patience", PATIENCE) != patience:
        driver.execute(f"PRAGMA busy_timeout={patience}")
        about["patience"] = patience


def tune_sqlite(engine: Engine) -> None:
    """WAL, foreign keys, a busy timeout; transactions that begin when SQLAlchemy says so."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's implicit BEGIN breaks savepoints
        cursor = connection.cursor()
        # The time-out first: the other settings may themselves have to wait for a writer.
        for pragma in (
            f"busy_timeout={PATIENCE}",
            "journal_mode=WAL",
            "foreign_keys=ON",
            f"synchronous={DURABLE}",
            "wal_autocheckpoint=16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        options = connection.get_execution_options()
        begin, level = options.get("sqlite_begin"), options.get("sqlite_synchronous", DURABLE)
        set_sqlite(connection.connection, synchronous=level)
        if begin is None:
            # Waits for nobody, so it cannot fail; past SQLAlchemy's own execution it costs a tenth.
            connection.connection.driver_connection.execute("BEGIN")
        else:
            connection.exec_driver_sql(begin)
