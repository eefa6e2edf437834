"""The probe application: the real one with a few extra pages that fail in every way."""

from collections.abc import Iterator

import pytest
from flask import Flask

from lms.db import db
from tests.conftest import Visitor
from tests.features.web.probe import make_probe


@pytest.fixture(scope="package")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, object]]:
    """(application, its probe blueprint). Errors become pages here, as they do on a server."""
    folder = tmp_path_factory.mktemp("probe")
    app, bp = make_probe(f"sqlite:///{folder / 'probe.db'}", folder, testing=False)
    with app.app_context():
        db.create_all()
    yield app, bp
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(probe):
    app, bp = probe
    app.test_client_class = Visitor
    bp.sent.clear()
    return app.test_client()
