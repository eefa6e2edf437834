"""The application once, a database that is rolled back after each test, and visitors whose every page is parsed."""

import gc
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import flask
import html5lib
import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from sqlalchemy import create_engine, event, text
from werkzeug.test import TestResponse

from lms.app import create_app
from lms.db import db
from lms.settings import Settings
from tests.examples import SEARCH, examples

SHARED = Path(__file__).parents[2] / "shared"
COURSES = Path(__file__).parents[1] / "courses"
ON_POSTGRES = os.environ.get("LMS_TEST_DATABASE") == "postgres"
# A loaded machine is not a mistake: no example is held to a clock. What is right today is right tomorrow: the suite
# tries the same examples every time, and new ones are looked for by `make fuzz`.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=not SEARCH, max_examples=examples(100))
hypothesis.settings.load_profile("suite")
pytest_plugins = ("tests.cast", "tests.chromium", "tests.own_app", "tests.demo")


# Nothing here opens a database (`without_a_database` sees to it), so the PostgreSQL half need not repeat it.
WITHOUT_DATABASE = tuple(
    f"tests/{place}"
    for place in (
        "policy/",
        "contracts/test_courses.py",
        "contracts/test_imports.py",
        "contracts/test_shape.py",
        "contracts/test_transfer_pattern.py",
        "contracts/test_vocabulary.py",
        "contracts/test_wording.py",
        "features/catalog/test_document.py",
        "features/catalog/test_fuzz.py",
        "features/catalog/test_loader.py",
        "features/catalog/test_markdown.py",
        "features/catalog/test_svg.py",
        "features/web/test_charts.py",
        "features/web/test_forms.py",
        "features/web/test_headers.py",
        "features/web/test_redline.py",
        "features/web/test_templates.py",
    )
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _leave_out_what_was_run(config, items)
    _keep_groups_together(config, items)


def pytest_collection_finish() -> None:
    """What has been collected stays to the end: looking through it for garbage again and again takes a twentieth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _leave_out_what_was_run(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(WITHOUT_DATABASE):
            item.add_marker("no_database")
    if ON_POSTGRES:
        left_out = [item for item in items if _is_the_same_on_both(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _is_the_same_on_both(item)]


def _is_the_same_on_both(item: pytest.Item) -> bool:
    """No database, or the probe application, whose database is a file in either half."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("no_database") is not None or (
        "probe" in fixtures and "database_url" not in fixtures
    )


@pytest.fixture(autouse=True)
def without_a_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that is left out of the PostgreSQL half fails as soon as it opens a database."""
    if request.node.get_closest_marker("no_database"):

        def refuse(*_: object) -> None:
            raise AssertionError("this test opens a database: take it out of WITHOUT_DATABASE in tests/conftest.py")

        monkeypatch.setattr("sqlalchemy.pool.Pool.connect", refuse)


def _keep_groups_together(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep tests of one xdist_group in one process.

    xdist 3.8 appends the group to `_nodeid`, which pytest 9.1 and newer no longer read; without this, every process
    would build the demo company anew. Drop it when xdist does this itself.
    """
    if not config.getoption("loadgroup", False):
        return
    for item in items:
        group = item.get_closest_marker("xdist_group")
        if group and "@" not in item.nodeid.rpartition("]")[2]:
            item._id = type(item._id).parse(f"{item.nodeid}@{group.args[0]}")  # type: ignore[attr-defined]
    # What takes minutes begins at once: begun last, one process would work on it while the others have nothing to do.
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A throw-away database: SQLite by default, a new PostgreSQL one when LMS_TEST_DATABASE=postgres."""
    if not ON_POSTGRES:
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.db'}"
        return
    server = os.environ.get("TEST_POSTGRES_URL")
    if not server:
        pytest.exit("LMS_TEST_DATABASE=postgres needs TEST_POSTGRES_URL: run `make test`.", returncode=2)
    with new_postgres(server) as url:
        yield url


class new_postgres:
    """A new database on the test server, or a copy of another there; dropped at the end."""

    def __init__(self, server: str, *, template: str | None = None) -> None:
        self.template = template
        self.server = server.replace("postgresql://", "postgresql+psycopg://").replace(
            "postgres://", "postgresql+psycopg://"
        )
        self.name = f"test_{uuid4().hex}"

    def __enter__(self) -> str:
        self._run(f'CREATE DATABASE "{self.name}"' + (f' TEMPLATE "{self.template}"' if self.template else ""))
        from sqlalchemy.engine import make_url

        return make_url(self.server).set(database=self.name).render_as_string(hide_password=False)

    def __exit__(self, *_: object) -> None:
        self._run(f'DROP DATABASE "{self.name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


def make_settings(database_url: str, instance: Path, **changes: object) -> Settings:
    values: dict[str, object] = {
        "secret_key": "only-for-tests-" * 3,
        "database_url": database_url,
        "instance": instance,
        "base_url": "http://localhost",
        "argon2_cheap": True,
        "testing": True,
    }
    return Settings(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = create_app(make_settings(database_url, tmp_path_factory.mktemp("instance")))
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def session(app: Flask) -> Iterator:
    with undone(app):
        yield db.session


@contextmanager
def undone(app: Flask) -> Iterator[None]:
    """Every commit lands in a savepoint of one outer transaction, undone at the end."""
    with app.app_context():
        engines = db.engines
        engine = engines[None]
        connection = engine.connect()
        outer = connection.begin()
        engines[None] = connection  # type: ignore[assignment]
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        try:
            yield
        finally:
            db.session.remove()
            db.session.configure(join_transaction_mode="conditional_savepoint")
            outer.rollback()
            connection.close()
            engines[None] = engine


class Visitor(FlaskClient):
    """Parses every HTML answer strictly (in the SQLite half), and knows the CSRF token of its session."""

    csrf_token = ""  # as forms carry it: signed
    unsigned = ""

    def open(self, *args: object, **kwargs: object) -> TestResponse:
        # A fresh app context for each request: with the fixture's own, requests would share `g`, where Flask-Login
        # keeps the user, and another person would be taken for the first.
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.data:
            self.check(response)
        return response

    def check(self, response: TestResponse) -> None:
        if ON_POSTGRES:  # the pages are the same on both databases, and the parser takes longer than the page
            return
        body = response.get_data(as_text=True)
        parser = html5lib.HTMLParser(strict=False)
        if "<html" in body[:300].lower():
            parser.parse(body)
        else:
            parser.parseFragment(body)
        wrong = [error for error in parser.errors if error[1] not in IGNORED_PARSE_ERRORS]
        assert not wrong, f"{response.request.path}: invalid HTML: {wrong[:3]}"

    def token(self, path: str) -> str:
        """The CSRF token of a page that has a form."""
        page = self.get(path).get_data(as_text=True)
        _, found, rest = page.partition('name="csrf_token" ')
        if not found:
            _, found, rest = page.partition('name="csrf-token" content="')
            return rest.partition('"')[0]
        return rest.partition('value="')[2].partition('"')[0]

    def admit(self, session_token: str | None) -> None:
        """Give it a session of this person, or of nobody, in which some page with a form has been seen."""
        with self.session_transaction() as kept:
            if session_token is not None:
                kept["_user_id"], kept["_fresh"] = session_token, True
                kept.permanent = True
            with self.application.app_context(), self.application.test_request_context():  # a `g` of its own
                self.csrf_token = generate_csrf()
                kept["csrf_token"] = self.unsigned = flask.session["csrf_token"]

    def token_for(self, page: str) -> str:
        """The token of its session, which every page of it has; that of this page, if its session is another by now."""
        if self.csrf_token:
            with self.session_transaction() as kept:
                if kept.get("csrf_token") == self.unsigned:
                    return self.csrf_token
        return self.token(page)

    def send(self, path: str, data: dict | None = None, *, page: str = "/", **kwargs: object) -> TestResponse:
        """POST with a valid CSRF token, as the person's browser would from `page`."""
        return self.post(path, data={**(data or {}), "csrf_token": self.token_for(page)}, **kwargs)


IGNORED_PARSE_ERRORS: frozenset[str] = frozenset()


@pytest.fixture
def visit(app: Flask, session) -> Callable[..., Visitor]:
    """A signed-in browser for this person (None: nobody). Identity never leaks between visitors."""
    app.test_client_class = Visitor

    def open_browser(person=None) -> Visitor:
        session.commit()
        client = app.test_client()
        if person is not None:
            client.admit(person.session_token)
        return client

    return open_browser


@pytest.fixture(autouse=True)
def refuse_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests talk to this machine only."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"
        if self.family != socket.AF_UNIX and host not in {"127.0.0.1", "localhost", "::1"}:
            raise AssertionError(f"a test wanted to reach {address!r}")
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)


class StatementCounter:
    def __init__(self) -> None:
        self.statements: list[str] = []

    def __len__(self) -> int:
        return len(self.statements)


@pytest.fixture
def count_statements(session) -> Iterator[StatementCounter]:
    """Counts SQL statements (not savepoint bookkeeping) while the test runs; `.statements.clear()` restarts."""
    counter = StatementCounter()
    connection = db.engines[None]

    def before(_conn, _cursor, statement, *_: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            counter.statements.append(statement)

    event.listen(connection, "before_cursor_execute", before)
    yield counter
    event.remove(connection, "before_cursor_execute", before)
