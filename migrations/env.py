"""Alembic's entry: the application's engine and models; every migration in its own transaction."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from lms.db import Base

config = context.config


def _include(_object: object, name: str | None, kind: str, reflected: bool, _compare_to: object) -> bool:
    """Everything is ours but what the database made for itself."""
    return not (kind == "table" and reflected and name is not None and name.startswith("sqlite_"))


def run_migrations_online() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        # Rebuilding a table drops the old one: with foreign keys on, that would delete or refuse.
        _foreign_keys(connection, "OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            transaction_per_migration=True,
            include_object=_include,
            compare_type=True,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
        finally:
            _foreign_keys(connection, "ON")


def _foreign_keys(connection: Connection, state: str) -> None:
    """On SQLite, past SQLAlchemy: inside the transaction that it would begin, the setting is ignored without a word."""
    if connection.dialect.name == "sqlite":
        connection.rollback()
        connection.connection.driver_connection.execute(f"PRAGMA foreign_keys={state}")


run_migrations_online()
