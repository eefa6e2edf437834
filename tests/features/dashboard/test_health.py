"""Whether the server can serve, and how late its background work is."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from lms import clock, worker
from lms.dashboard import health
from lms.db import db
from lms.mail import service as mail
from lms.statements import ledger
from lms.statements.models import DeliveryTarget
from tests.features.statements.samples import sample
from tests.features.transfer.stage import Story

MIGRATIONS = Path(__file__).parents[3] / "migrations"


@pytest.fixture
def at_head(session):
    """As after `flask db upgrade`."""
    context = MigrationContext.configure(session.connection())
    context.stamp(ScriptDirectory(str(MIGRATIONS)), "heads")
    yield
    session.execute(text("DROP TABLE IF EXISTS alembic_version"))


@pytest.fixture
def heartbeat(app):
    file = app.config["SETTINGS"].instance / worker.HEARTBEAT

    def beat(seconds_ago: float = 0) -> None:
        file.touch()
        then = clock.now().timestamp() - seconds_ago
        os.utime(file, (then, then))

    yield beat
    file.unlink(missing_ok=True)


def test_the_process_answers_without_a_database(visit, monkeypatch):
    browser = visit()
    monkeypatch.setattr(Engine, "connect", lambda _: pytest.fail("the database was asked"))
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_the_worker_writes_where_readiness_looks():
    assert worker.HEARTBEAT == health.HEARTBEAT


def test_ready(visit, at_head, heartbeat):
    heartbeat()
    answer = visit().get("/readyz")
    assert answer.status_code == 200
    assert answer.json["status"] == "ready"
    assert (answer.json["problems"], answer.json["late"]) == ([], [])
    assert answer.json["checks"]["migrations"] == "current"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_schema_that_is_behind_is_not_ready(visit, at_head, session):
    session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    answer = visit().get("/readyz")
    assert (answer.status_code, answer.json["status"], answer.json["problems"]) == (503, "not ready", ["migrations"])


def test_a_database_that_does_not_answer_is_not_ready(app, tmp_path):
    from lms.app import create_app

    settings = replace(app.config["SETTINGS"], database_url=f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    try:
        broken = create_app(settings)
        answer = broken.test_client().get("/readyz")
    finally:
        clock.keep_company_zone(app.config["SETTINGS"].zone)
    assert answer.status_code == 503
    assert answer.json["problems"] == ["database"]
    assert answer.json["checks"]["database"] == "unreachable"


@pytest.mark.parametrize("seconds", [None, 600])
def test_without_a_worker_pages_are_served_and_it_is_said(visit, at_head, heartbeat, seconds):
    if seconds:
        heartbeat(seconds)
    answer = visit().get("/readyz")
    assert (answer.status_code, answer.json["status"], answer.json["late"]) == (200, "late", ["worker"])


def test_what_is_owed_is_counted_and_old_debts_are_late(visit, at_head, heartbeat, cast):
    heartbeat()
    Story(cast).to_review()  # in March 2026, long ago
    mail.owe(
        "rosa@example.com",
        user_id=cast.rosa.id,
        kind="test",
        subject="S",
        text="T",
        at=clock.now() - timedelta(hours=1),
    )
    db.session.flush()
    checks = visit().get("/readyz").json
    assert checks["status"] == "late"
    assert checks["checks"]["mail_owed"] >= 1
    assert checks["checks"]["mail_oldest_seconds"] >= 3600
    assert "mail" in checks["late"]


@pytest.mark.parametrize(
    ("state", "is_late"),
    [({}, True), ({"paused_at": datetime(2026, 3, 2, tzinfo=UTC)}, False), ({"is_enabled": False}, False)],
    ids=str,
)
def test_what_waits_because_somebody_wants_it_to_is_not_late(visit, at_head, heartbeat, session, state, is_late):
    heartbeat()
    session.add(DeliveryTarget(key="archive"))
    session.flush()
    ledger.record(replace(sample("chunk_completed"), at=datetime(2026, 3, 1, tzinfo=UTC)))
    for name, value in state.items():
        setattr(session.get(DeliveryTarget, "archive"), name, value)
    session.flush()
    answer = visit().get("/readyz").json
    assert ("statements" in answer["late"]) == is_late
    assert answer["checks"]["statements_owed"] == int(is_late)


def test_nothing_about_people_is_told(visit, at_head, cast):
    answer = visit().get("/readyz").get_data(as_text=True)
    assert "Rosa" not in answer
    assert "example.com" not in answer
