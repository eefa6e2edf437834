"""The migration that rebuilt the store: what was there is there, found by the same, and back again."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from lms.app import create_app
from lms.db import db
from lms.lrs import service
from tests.conftest import make_settings
from tests.features.lrs.test_shapes import GOOD
from tests.features.lrs.test_statements import AUTHORITY, voiding
from tests.own_app import own_database

MIGRATIONS = str(Path(__file__).parents[3] / "migrations")
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
# What `service` fills and the migration fills anew from the statements' bodies.
FILLED = ("statement_key", "statement_reference", "inherited_key", "voided_statement", "stored_statement")


def rows(table: str) -> list:
    with db.engine.connect() as connection:
        found = connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608 -- names from above
        return sorted((tuple(row) for row in found), key=str)


def about(statement_id: str) -> dict:
    return {
        "actor": {"objectType": "Group", "member": [GOOD["actor"], {"mbox": "mailto:b@example.com"}]},
        "verb": {"id": "https://example.com/answered"},
        "object": {"objectType": "StatementRef", "id": statement_id},
        "context": {
            "instructor": {"openid": "https://example.com/o"},
            "team": {"objectType": "Group", "mbox": "mailto:t@example.com"},
        },
    }


def inside() -> dict:
    inner = {"objectType": "SubStatement", "actor": GOOD["actor"], "verb": GOOD["verb"], "object": GOOD["object"]}
    return {"actor": {"mbox_sha1sum": "e" * 40}, "verb": GOOD["verb"], "object": inner, "context": GOOD["context"]}


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.slow
def test_down_and_up_again_is_the_same_store(tmp_path):
    with own_database(tmp_path) as url:
        app = create_app(make_settings(url, tmp_path))
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            first, second = str(uuid4()), str(uuid4())
            batch = [
                {**GOOD, "id": first},
                {**about(first), "id": second},
                about(second),
                inside(),
                voiding(first),
                voiding(str(uuid4())),
                {
                    **GOOD,
                    "id": str(uuid4()),
                    "object": {"objectType": "Agent", "mbox": "mailto:c@example.com"},
                    "context": {},
                },
            ]
            if db.engine.dialect.name == "sqlite":
                db.session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})
            service.store(batch, at=AT, authority=AUTHORITY)
            db.session.commit()
            # The tie between statements of one microsecond is drawn; the migration begins with the first.
            with db.engine.begin() as connection:
                for table, column in (
                    ("stored_statement", "position"),
                    ("statement_key", "position"),
                    ("statement_reference", "position"),
                    ("inherited_key", "position"),
                    ("inherited_key", "source"),
                    ("voided_statement", "position"),
                ):
                    connection.execute(text(f"UPDATE {table} SET {column} = {column} - {column} % 1024"))  # noqa: S608
            before = {table: rows(table) for table in FILLED}
            assert all(before.values())
            known = rows("known_activity")
            downgrade(directory=MIGRATIONS, revision="0009_performance")
            assert len(rows("stored_statement")) == len(batch)
            upgrade(directory=MIGRATIONS)
            assert {table: rows(table) for table in FILLED} == before
            assert [row[0] for row in rows("known_activity")] == [row[0] for row in known]
            db.session.remove()
            db.engine.dispose()
