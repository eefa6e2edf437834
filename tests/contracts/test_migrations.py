"""Migrations lead from nothing to exactly the models, one step at a time, there and back, also over people's work."""

import ast
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, stamp, upgrade
from sqlalchemy import create_engine, func, inspect, select, table, text
from sqlalchemy.engine import make_url

from lms.app import create_app
from lms.db import Base, db
from tests.conftest import make_settings, new_postgres
from tests.demo import DEMO, Demo
from tests.own_app import own_database

MIGRATIONS = Path(__file__).parents[2] / "migrations"
FILES = sorted((MIGRATIONS / "versions").glob("*.py"))
KNOWN = {"alembic", "collections", "datetime", "hashlib", "json", "sqlalchemy", "typing", "uuid"}
# What a migration works out again from rows that stand below it.
DERIVED = {"0013_item_bank": ("item_line", "item_version", "item_use")}
LONGEST_ID = 32  # the column alembic_version.version_num

# Indexes over expressions are compared in the database's own words.
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index"),
]


@contextmanager
def application(folder: Path) -> Iterator[Flask]:
    """An application on an empty database of its own."""
    with own_database(folder) as url, opened(url, folder) as app:
        yield app


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app(make_settings(url, folder))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def schema() -> dict[str, object]:
    """Everything the database says about itself, in an order that does not depend on how it was made."""
    inspector = inspect(db.engine)

    def named(rows: list) -> dict[str, object]:
        found: dict[str, object] = {}
        for row in rows:
            kept = {key: value for key, value in row.items() if key not in {"comment", "dialect_options"}}
            found[str(row.get("name"))] = str(sorted((key, str(value)) for key, value in kept.items()))
        return found

    # Of all tables at once: PostgreSQL is asked six questions, not six for each table.
    every = {
        "columns": inspector.get_multi_columns(),
        "primary key": inspector.get_multi_pk_constraint(),
        "foreign keys": inspector.get_multi_foreign_keys(),
        "uniques": inspector.get_multi_unique_constraints(),
        "checks": inspector.get_multi_check_constraints(),
        "indexes": inspector.get_multi_indexes(),
    }
    return {
        name: {
            part: found[None, name] if part == "primary key" else named(found[None, name])
            for part, found in every.items()
        }
        for name in sorted(inspector.get_table_names())
        if name != "alembic_version"
    }


def index_definitions() -> dict[str, str]:
    """As the database itself writes them: also what an inspector cannot read, such as expressions."""
    if db.engine.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
    with db.engine.connect() as connection:
        return {name: " ".join(sql.split()) for name, sql in connection.execute(text(query))}


def counts() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table(name))).scalar_one()
            for name in inspect(connection).get_table_names()
            if name != "alembic_version"
        }


def revisions() -> list[str]:
    """From the first to the newest."""
    script = ScriptDirectory(str(MIGRATIONS))
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


# The files


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_what_it_is(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in {"revision", "down_revision"}
    }
    assert values["revision"] == path.stem
    assert len(path.stem) <= LONGEST_ID
    assert path.stem[:4].isdigit()
    position = FILES.index(path)
    assert values["down_revision"] == (FILES[position - 1].stem if position else None)
    assert ast.get_docstring(tree), "a migration tells its story"
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert functions.keys() >= {"upgrade", "downgrade"}
    for function in functions.values():
        assert not all(isinstance(node, ast.Pass | ast.Expr) and not _calls(node) for node in function.body)


def _calls(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Call) for inner in ast.walk(node))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_migration_never_imports_the_product(path):
    """The models move on; the migration must go on saying what was true then."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        for name in names:
            assert name.split(".")[0] in KNOWN, f"imports {name}"


def test_one_line_of_revisions():
    assert revisions() == [path.stem for path in FILES]


# An empty database


@pytest.fixture(scope="module")
def modeled(tmp_path_factory) -> tuple[dict, dict]:
    """What the models make of an empty database."""
    with application(tmp_path_factory.mktemp("modeled")):
        db.create_all()
        return schema(), index_definitions()


def test_up_from_empty_is_what_the_models_say(tmp_path, modeled):
    with application(tmp_path):
        upgrade(directory=str(MIGRATIONS))
        with db.engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            assert not compare_metadata(context, Base.metadata)
        made, indexes = schema(), index_definitions()
        assert made.keys() == modeled[0].keys()
        for name, expected in modeled[0].items():
            assert made[name] == expected, f"table {name}: regenerate migrations"
        indexes.pop("alembic_version_pkc", None)
        assert indexes == modeled[1]
        assert "lower(" in indexes["uq_user_email_lower"]
        assert "UNIQUE" in indexes["uq_user_email_lower"]


def test_every_constraint_has_a_name():
    """Otherwise the next migration cannot drop it on PostgreSQL."""
    unnamed = [
        f"{one.name}: {constraint}"
        for one in Base.metadata.sorted_tables
        for constraint in one.constraints
        if not constraint.name
    ]
    assert not unnamed


def test_every_moment_is_aware():
    """A plain DateTime would come back without its zone on SQLite."""
    from sqlalchemy import DateTime

    from lms.db import UtcDateTime

    plain = [
        f"{one.name}.{column.name}"
        for one in Base.metadata.sorted_tables
        for column in one.columns
        if isinstance(column.type, DateTime) and not isinstance(column.type, UtcDateTime)
    ]
    assert not plain


# A database full of work

# What a migration fills from what is there, and fills again when it comes back.
FILLED = {"statement_key", "statement_reference", "inherited_key", "voided_statement", "known_activity"}


@contextmanager
def copy_of(demo: Demo, folder: Path) -> Iterator[Flask]:
    """The demo company again, to be taken apart."""
    url = demo.app.config["SETTINGS"].database_url
    with demo.app.app_context():
        db.session.remove()
        db.engine.dispose()
    if os.environ.get("LMS_TEST_DATABASE", "sqlite") == "postgres":
        with (
            new_postgres(os.environ["TEST_POSTGRES_URL"], template=make_url(url).database) as copied,
            opened(copied, folder) as app,
        ):
            yield app
        return
    source = create_engine(url)
    with source.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    source.dispose()
    shutil.copy(str(make_url(url).database), folder / "copy.db")
    with opened(f"sqlite:///{folder / 'copy.db'}", folder) as app:
        yield app


class TestWithTheDemoCompany:
    pytestmark = DEMO

    def test_down_one_and_up_one_all_the_way(self, demo, tmp_path, modeled):
        """Each step takes what it added along, comes back as it was, and touches no row of other tables."""
        with copy_of(demo, tmp_path):
            assert schema() == modeled[0]
            before = counts()
            assert before["transfer_activity"]
            assert before["reading"]
            whole = modeled[0]
            for revision in reversed(revisions()):
                downgrade(directory=str(MIGRATIONS), revision="-1")
                left, rest = counts(), schema()
                assert left.keys() <= before.keys(), revision
                assert rest != whole, f"{revision} took nothing away"
                assert left == {name: before[name] for name in left}, revision
                upgrade(directory=str(MIGRATIONS), revision="+1")
                assert schema() == whole, revision
                refilled = {name: before[name] for name in (*(FILLED & before.keys()), *DERIVED.get(revision, ()))}
                assert counts() == {name: left.get(name, 0) for name in before} | refilled, revision
                downgrade(directory=str(MIGRATIONS), revision="-1")
                before, whole = left, rest
            assert not before
            upgrade(directory=str(MIGRATIONS))
            assert schema() == modeled[0]

    def test_a_database_that_is_current_is_left_alone(self, demo, tmp_path):
        """What every start of the server does."""
        with copy_of(demo, tmp_path):
            before = counts()
            upgrade(directory=str(MIGRATIONS))
            assert counts() == before

    def test_the_last_step_over_a_company_at_work(self, demo, tmp_path):
        """An installation one release behind: it upgrades, and everything else is as it was."""
        with copy_of(demo, tmp_path):
            before = counts()
            stamp(directory=str(MIGRATIONS), revision="head")
            downgrade(directory=str(MIGRATIONS), revision="-1")
            kept = counts()
            upgrade(directory=str(MIGRATIONS))
            after = counts()
            assert after.keys() == before.keys()
            assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
            assert sum(after[name] for name in kept) > 10_000
