"""An admin adds a store elsewhere, sees how it does, pauses it, sends again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lms.statements import ledger, queries, sealing, service
from lms.statements.models import Delivery, DeliveryTarget
from tests.features.statements.samples import MILO, sample

AT = datetime(2026, 11, 23, 16, tzinfo=UTC)
LIST = "/admin/deliveries"
NEW = f"{LIST}/stores/new"
GOOD = {"name": "Analytics", "endpoint": "https://lrs.example.com/xapi/", "user": "key", "password": "hidden-words"}


def page_of(key: str) -> str:
    return f"{LIST}/stores/{key}"


@pytest.fixture
def key(app, session) -> str:
    ledger.record(sample("chunk_completed"))
    row = service.add_store(**GOOD, secret_key=app.config["SETTINGS"].secret_key, by=MILO, at=AT)
    session.commit()
    return row.key


def target(session, key) -> DeliveryTarget:
    return session.get(DeliveryTarget, key, populate_existing=True)


def test_added_it_is_listed_and_owed(app, visit, enid, session):
    ledger.record(sample("chunk_completed"))
    browser = visit(enid)
    answer = browser.send(NEW, GOOD, page=NEW)
    assert (answer.status_code, answer.location) == (303, page_of("own-analytics"))
    page = browser.get(answer.location).text
    assert "hidden-words" not in page
    assert "this page" in page
    assert "Analytics" in browser.get(LIST).text
    row = target(session, "own-analytics")
    opened = sealing.unseal(
        row.sealed_password, store=row.key, endpoint=row.endpoint, secret_key=app.config["SETTINGS"].secret_key
    )
    assert opened == "hidden-words"
    assert queries.target(row.key).owed == 1
    assert f"{enid.name} added the record store Analytics." in browser.get("/record").text


def test_a_day_is_the_readers_day(visit, enid, session):
    enid.zone = "America/New_York"
    visit(enid).send(NEW, {**GOOD, "owed_from": "2026-03-02"}, page=NEW)
    assert target(session, "own-analytics").owed_from == datetime(2026, 3, 2, 5, tzinfo=UTC), "midnight in New York"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Give the store a name."),
        ({"endpoint": "lrs.example.com"}, "must begin with https://"),
        ({"endpoint": "https://lrs.example.com/xapi/statements"}, "end before “statements”"),
        ({"user": ""}, "Write the user or key"),
        ({"password": ""}, "Write the user (or key"),
        ({"owed_from": "soon"}, "must be a date"),
    ],
    ids=str,
)
def test_what_was_typed_is_kept_but_the_password(visit, enid, session, wrong, said):
    answer = visit(enid).send(NEW, {**GOOD, "user": "typed-user", **wrong}, page=NEW)
    assert answer.status_code == 422
    assert said in answer.text
    assert wrong.get("user", "typed-user") in answer.text
    assert "hidden-words" not in answer.text
    assert session.scalars(select(DeliveryTarget)).all() == []


def test_the_same_name_twice(visit, enid, session, key):
    answer = visit(enid).send(NEW, GOOD, page=NEW)
    assert answer.status_code == 422
    assert "There is a store with this name already" in answer.text


def test_changed(visit, enid, session, key):
    browser = visit(enid)
    moved = {**GOOD, "endpoint": "https://new.example/xapi", "password": ""}
    refused = browser.send(page_of(key), moved, page=page_of(key))
    assert refused.status_code == 422
    assert "The address has changed" in refused.text
    assert "https://new.example/xapi" in refused.text
    assert browser.send(page_of(key), {**moved, "password": "p"}, page=page_of(key)).status_code == 303
    assert target(session, key).endpoint == "https://new.example/xapi"
    assert browser.send(page_of(key), {**GOOD, "name": ""}, page=page_of(key)).status_code == 422


def test_an_address_without_encryption_is_pointed_out(visit, enid, session, key):
    browser = visit(enid)
    assert "not encrypted" not in browser.get(page_of(key)).text
    browser.send(page_of(key), {**GOOD, "endpoint": "http://lrs.example.com/xapi/"}, page=page_of(key))
    assert "not encrypted" in browser.get(page_of(key)).text


def test_paused_resumed_off_and_on(visit, enid, session, key):
    browser = visit(enid)
    for act, shown in (
        ("pause", "Paused"),
        ("resume", "Not tried yet"),
        ("off", "Switched off"),
        ("on", "Not tried yet"),
    ):
        assert browser.send(f"{page_of(key)}/{act}", page=page_of(key)).status_code == 303
        assert f">{shown}</span>" in browser.get(page_of(key)).text
        assert f">{shown}</span>" in browser.get(LIST).text


def test_sent_again_from_a_day_on(visit, enid, session, key):
    row = session.scalars(select(Delivery).where(Delivery.target == key)).one()
    row.state, row.delivered_at = "delivered", AT
    browser = visit(enid)
    assert browser.send(f"{page_of(key)}/replay", {"since": ""}, page=page_of(key)).status_code == 422
    answer = browser.send(f"{page_of(key)}/replay", {"since": "2026-11-01"}, page=page_of(key))
    assert answer.status_code == 303
    assert "1 statement is sent again" in browser.get(page_of(key)).text
    assert session.scalars(select(Delivery.state).where(Delivery.target == key)).all() == ["owed"]


def test_a_day_before_all_calendars_is_ever(visit, enid, session, key):
    row = session.scalars(select(Delivery).where(Delivery.target == key)).one()
    row.state, row.delivered_at = "delivered", AT
    browser = visit(enid)
    assert browser.send(f"{page_of(key)}/replay", {"since": "0001-01-01"}, page=page_of(key)).status_code == 303
    assert "1 statement is sent again" in browser.get(page_of(key)).text
    sent = {**GOOD, "name": "Since ever", "owed_from": "0001-01-01"}
    assert browser.send(f"{LIST}/stores/new", sent, page=f"{LIST}/stores/new").status_code == 303


@pytest.mark.parametrize(
    ("act", "said"), [("pause", "once the store is resumed"), ("off", "once the store is switched on")]
)
def test_what_waits_for_a_store_at_rest_is_not_said_to_be_sent(visit, enid, session, key, act, said):
    row = session.scalars(select(Delivery).where(Delivery.target == key)).one()
    row.state, row.delivered_at = "delivered", AT
    browser = visit(enid)
    browser.send(f"{page_of(key)}/{act}", page=page_of(key))
    browser.send(f"{page_of(key)}/replay", {"since": "2026-11-01"}, page=page_of(key))
    assert said in browser.get(page_of(key)).text
    browser.send(f"{page_of(key)}/replay", {"since": "2030-01-01"}, page=page_of(key))
    assert "nothing to send again" in browser.get(page_of(key)).text


def test_refused_ones_are_shown_with_the_stores_words_and_go_again(visit, enid, session, key):
    row = session.scalars(select(Delivery).where(Delivery.target == key)).one()
    row.state, row.error = "parked", "400: the verb is not to our taste"
    browser = visit(enid)
    assert "the verb is not to our taste" in browser.get(page_of(key)).text
    assert browser.send(f"{page_of(key)}/refused", page=page_of(key)).status_code == 303
    page = browser.get(page_of(key)).text
    assert "1 statement is sent again" in page
    assert "not to our taste" not in page


def test_a_store_that_fails_says_how(visit, enid, session, key):
    row = target(session, key)
    row.failures, row.last_error, row.retry_at = 3, "no answer in time", AT + timedelta(seconds=4)
    browser = visit(enid)
    for page in (LIST, page_of(key)):
        text = browser.get(page).text
        assert "no answer in time" in text
        assert ">Failing</span>" in text


def test_stores_that_the_settings_describe_can_be_paused_but_not_changed(visit, enid, session, key):
    session.add(DeliveryTarget(key="archive", endpoint="https://archive.example/"))
    browser = visit(enid)
    page = browser.get(page_of("archive"))
    assert "the settings" in page.text
    assert "<h2>Change</h2>" not in page.text
    assert browser.send(page_of("archive"), GOOD, page=page_of("archive")).status_code == 422
    assert browser.send(f"{page_of('archive')}/off", page=page_of("archive")).status_code == 409
    assert browser.send(f"{page_of('archive')}/pause", page=page_of("archive")).status_code == 303
    assert target(session, "archive").paused_at


@pytest.mark.parametrize("who", ["rosa", "milo", "otis", "vera"])
def test_these_pages_do_not_exist_for_others(visit, cast, session, key, who):
    browser = visit(getattr(cast, who))
    for page in (NEW, page_of(key)):
        assert browser.get(page).status_code == 404
    for act in ("", "/pause", "/resume", "/on", "/off", "/replay", "/refused"):
        assert browser.send(page_of(key) + act, {**GOOD, "since": "2026-01-01"}, page="/account").status_code == 404
    assert browser.send(NEW, {**GOOD, "name": "Other"}, page="/account").status_code == 404
    assert target(session, key).paused_at is None


def test_what_is_not_there(visit, enid, session, key):
    browser = visit(enid)
    assert browser.get(page_of("nowhere")).status_code == 404
    for act in ("", "/pause", "/resume", "/on", "/off", "/replay", "/refused"):
        assert browser.send(page_of("nowhere") + act, {**GOOD, "since": "2026-01-01"}, page=LIST).status_code == 404


def test_the_list_costs_the_same_however_many_stores_there_are(visit, enid, session, key, count_statements):
    browser = visit(enid)

    def cost() -> int:
        session.expunge_all()
        count_statements.statements.clear()
        browser.get(LIST)
        return len(count_statements)

    one = cost()
    session.add_all(DeliveryTarget(key=f"s{number}", endpoint="https://s.example/") for number in range(9))
    session.commit()
    assert cost() == one
