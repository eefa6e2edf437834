"""Alembic's entry: the application's engine and models; every migration in its own transaction."""

from alembic import context
from flask import current_app

from lms.db import Base

config = context.config


def _include(_object: object, name: str | None, kind: str, reflected: bool, _compare_to: object) -> bool:
    """Everything is ours but what the database made for itself."""
    return not (kind == "table" and reflected and name is not None and name.startswith("sqlite_"))


def run_migrations_online() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Rebuilding a table drops the old one: with foreign keys on, that would delete or refuse.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.rollback()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            transaction_per_migration=True,
            include_object=_include,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations_online()
