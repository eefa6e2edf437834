"""What a monitoring system reads, and who may."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from prometheus_client.parser import text_string_to_metric_families

from lms.mail import service as mail
from lms.statements import ledger
from lms.statements.models import Delivery, DeliveryTarget
from tests.features.statements.samples import AT as RECORDED
from tests.features.statements.samples import sample

TOKEN = "a-token-for-prometheus"
AT = datetime(2026, 11, 23, 16, tzinfo=UTC)


@pytest.fixture
def scrape(app, session):
    """Reads the page with a token; the setting is there while the test runs."""
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(before, metrics_token=TOKEN)

    def read(token: str | None = TOKEN):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with time_machine.travel(AT, tick=False), app.app_context():
            return app.test_client().get("/metrics", headers=headers)

    yield read
    app.config["SETTINGS"] = before


def values(answer) -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels.get("store", "")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_without_the_setting_there_is_no_such_page(visit, enid):
    assert visit(enid).get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", "ä"])
def test_without_the_token_nobody_reads(scrape, token):
    answer = scrape(token)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "fieldwork_" not in answer.text


def test_before_anything_happened(scrape):
    answer = scrape()
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    assert values(answer)["fieldwork_mail_owed", ""] == 0


def test_how_each_store_does(scrape, session):
    session.add_all(
        [
            DeliveryTarget(key="embedded", delivered_count=41, last_delivered_at=AT),
            DeliveryTarget(key="archive", failures=3, paused_at=AT),
        ]
    )
    session.flush()
    for number in range(3):
        ledger.record(replace(sample("chunk_completed"), revision=number))
    seqs = sorted(row.seq for row in session.query(Delivery).filter_by(target="archive"))
    parked = session.get(Delivery, (seqs[0], "archive"))
    parked.state, parked.error = "parked", "400"
    done = session.get(Delivery, (seqs[0], "embedded"))
    done.state, done.delivered_at = "delivered", AT
    mail.owe("a@b.example", user_id=None, kind="k", subject="s", text="t", at=AT - timedelta(minutes=3))
    session.commit()
    found = values(scrape())
    waits = (AT - RECORDED).total_seconds()
    assert {name: found[f"fieldwork_{name}", "embedded"] for name in EXPECTED} == dict(
        zip(EXPECTED, (2, 0, waits, 41, 0, 1), strict=True)
    )
    assert {name: found[f"fieldwork_{name}", "archive"] for name in EXPECTED} == dict(
        zip(EXPECTED, (2, 1, waits, 0, 3, 0), strict=True)
    )
    assert found["fieldwork_mail_owed", ""] == 1
    assert found["fieldwork_mail_oldest_seconds", ""] == 180


EXPECTED = (
    "statements_owed",
    "statements_refused",
    "statements_oldest_seconds",
    "statements_delivered_total",
    "store_failures",
    "store_sending",
)


def test_the_worker_of_this_machine(app, scrape):
    heartbeat = app.config["SETTINGS"].instance / "worker-heartbeat"
    assert ("fieldwork_worker_heartbeat_seconds", "") not in values(scrape())
    heartbeat.touch()
    try:
        assert values(scrape())["fieldwork_worker_heartbeat_seconds", ""] >= 0
    finally:
        heartbeat.unlink()


def test_the_reading_costs_the_same_however_much_there_is(scrape, session, count_statements):
    session.add(DeliveryTarget(key="embedded"))
    session.commit()
    count_statements.statements.clear()
    scrape()
    one = len(count_statements)
    session.add_all(DeliveryTarget(key=f"s{number}") for number in range(9))
    session.flush()
    for number in range(20):
        ledger.record(replace(sample("chunk_completed"), revision=number))
    session.commit()
    count_statements.statements.clear()
    scrape()
    assert len(count_statements) == one
