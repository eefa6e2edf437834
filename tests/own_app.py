"""An application with a database of its own: for real commits, several connections at once, and real HTTP.

The `session` fixture shows its changes to nobody else, so what runs in other threads or processes needs this.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url
from werkzeug.serving import make_server

from lms import clock
from lms.app import create_app
from lms.db import db
from lms.lrs import credentials
from tests.conftest import make_settings, new_postgres


@contextmanager
def own_database(folder: Path, *, like: str | None = None) -> Iterator[str]:
    """The address of a new database of the kind that this run is about: empty, or a copy of a closed one."""
    if os.environ.get("LMS_TEST_DATABASE", "sqlite") == "postgres":
        with new_postgres(os.environ["TEST_POSTGRES_URL"], template=like and make_url(like).database) as url:
            yield url
    else:
        path = folder / "own.db"
        if like:
            shutil.copy(str(make_url(like).database), path)
        yield f"sqlite:///{path}"


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a database with every table and no row, only to be copied: to make it takes far longer."""
    folder = tmp_path_factory.mktemp("tables")
    with own_database(folder) as url:
        app = create_app(make_settings(url, folder))
        with app.app_context():
            db.create_all()
            db.session.remove()
            db.engine.dispose()
        yield url


@pytest.fixture
def own_app(tables: str, tmp_path: Path) -> Iterator[Flask]:
    with own_database(tmp_path, like=tables) as url:
        app = create_app(make_settings(url, tmp_path))
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@dataclass(frozen=True)
class Served:
    """A running server: where its store is, and a key pair for it."""

    endpoint: str
    key: str
    secret: str


@pytest.fixture
def served(own_app: Flask) -> Iterator[Served]:
    """`own_app` behind a real HTTP server on loopback."""
    with own_app.app_context():
        made = credentials.add("tests", at=clock.now())
        db.session.commit()
    server = make_server("127.0.0.1", 0, own_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Served(f"http://127.0.0.1:{server.server_port}/xapi/", made.key, made.secret)
    server.shutdown()
    server.server_close()
    thread.join()
