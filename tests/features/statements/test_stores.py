"""Stores elsewhere: described on a page or by the settings, paused, replayed, switched off and on."""

import dataclasses
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select, text

from lms import clock, worker
from lms.db import db
from lms.errors import RuleViolation
from lms.settings import Store
from lms.statements import delivery, ledger, queries, sealing, service, stores
from lms.statements.home import Home
from lms.statements.models import Delivery, DeliveryTarget, LedgerEntry
from lms.statements.stores import Stores
from tests.conftest import make_settings
from tests.fakes import FakeLrs
from tests.features.statements.samples import MILO, sample

AT = datetime(2026, 11, 23, 16, tzinfo=UTC)
HOME = Home("http://localhost")
KEY = "k" * 40
GOOD = {"endpoint": "https://lrs.example.com/xapi/", "user": "key", "password": "sécret", "secret_key": KEY}


def record(session, count=1, *, at=AT, first=0) -> list[str]:
    made = []
    for number in range(first, first + count):
        event = dataclasses.replace(sample("chunk_completed"), revision=number, at=at)
        made.append(str(ledger.record(event)))
    session.commit()
    return made


def add(session, name="Analytics", **more) -> str:
    row = service.add_store(name, **{"by": MILO, "at": AT, **GOOD, **more})
    session.commit()
    return row.key


def row_of(session, key) -> DeliveryTarget:
    return session.get(DeliveryTarget, key, populate_existing=True)


def states(session, key) -> list[str]:
    return list(session.scalars(select(Delivery.state).where(Delivery.target == key).order_by(Delivery.seq)))


def deliver(session, key, *, at=AT, park=()) -> None:
    for row in session.scalars(select(Delivery).where(Delivery.target == key).order_by(Delivery.seq)):
        row.state, row.delivered_at = ("parked", None) if row.seq in park else ("delivered", at)
    session.commit()


def told(session) -> list[tuple[str, str]]:
    rows = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "store_changed").order_by(LedgerEntry.seq))
    return [(row.facts["change"], row.facts["name"]) for row in rows]


# Passwords


def test_what_is_sealed_opens_for_its_own_store_and_address_only():
    sealed = sealing.seal("sécret", store="own-a", endpoint="https://a.example/", secret_key=KEY)
    assert "cret" not in sealed
    assert sealed != sealing.seal("sécret", store="own-a", endpoint="https://a.example/", secret_key=KEY)

    def opened(**more):
        return sealing.unseal(sealed, **{"store": "own-a", "endpoint": "https://a.example/", "secret_key": KEY, **more})

    assert opened() == "sécret"
    for wrong in ({"store": "own-b"}, {"endpoint": "https://b.example/"}, {"secret_key": "another"}):
        with pytest.raises(sealing.CannotOpen):
            opened(**wrong)
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal(sealed[:-4] + "AAAA", store="own-a", endpoint="https://a.example/", secret_key=KEY)
    with pytest.raises(sealing.CannotOpen):
        sealing.unseal("", store="own-a", endpoint="https://a.example/", secret_key=KEY)


# Adding


def test_a_new_store_is_owed_everything(session):
    record(session, 3)
    key = add(session)
    assert key == "own-analytics"
    assert states(session, key) == ["owed"] * 3
    record(session, 1, first=3)
    assert states(session, key) == ["owed"] * 4
    assert told(session) == [("added", "Analytics")]
    assert GOOD["password"] not in row_of(session, key).sealed_password


def test_or_what_was_recorded_since_a_day(session):
    record(session, 2, at=AT - timedelta(days=9))
    record(session, 1, at=AT - timedelta(days=1), first=2)
    key = add(session, owed_from=AT - timedelta(days=2))
    assert states(session, key) == ["owed"]
    assert stores.owe_missing() == 0


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": " "}, "store_needs_a_name"),
        ({"name": "n" * 81}, "store_needs_a_name"),
        ({"endpoint": ""}, "store_address_unusable"),
        ({"endpoint": "lrs.example.com"}, "store_address_unusable"),
        ({"endpoint": "ftp://lrs.example.com/"}, "store_address_unusable"),
        ({"endpoint": "https:///xapi"}, "store_address_unusable"),
        ({"endpoint": "https://lrs.example.com:x/"}, "store_address_unusable"),
        ({"endpoint": "https://[::1/"}, "store_address_unusable"),
        ({"endpoint": "https://key:secret@lrs.example.com/"}, "store_address_unusable"),
        ({"endpoint": "https://lrs.example.com/xapi/statements"}, "store_address_unusable"),
        ({"endpoint": "https://lrs.example.com/xapi?a=b"}, "store_address_unusable"),
        ({"endpoint": "https://lrs.example.com/x y"}, "store_address_unusable"),
        ({"endpoint": "https://lrs.example.com/\r\nX: y"}, "store_address_unusable"),
        ({"endpoint": "https://lrs.example.com/" + "a" * 500}, "store_address_unusable"),
        ({"user": ""}, "store_needs_credentials"),
        ({"user": "a:b"}, "store_needs_credentials"),
        ({"user": "a\nb"}, "store_needs_credentials"),
        ({"password": ""}, "store_needs_credentials"),
        ({"password": "p" * 1001}, "store_needs_credentials"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(session, wrong, code):
    with pytest.raises(RuleViolation, match=code):
        add(session, **wrong)


def test_two_stores_have_two_names(session):
    add(session, "Data  lake")
    with pytest.raises(RuleViolation, match="store_key_taken"):
        add(session, "data-lake")
    assert add(session, "Архив").startswith("own-")
    assert len(add(session, "n" * 80)) <= service.LONGEST_KEY


def test_what_was_recorded_in_the_moment_a_store_was_added_is_found_among_the_latest(session):
    record(session, 5)
    key = add(session)
    session.query(Delivery).filter_by(target=key).delete()
    session.commit()
    assert stores.owe_missing(latest=2) == 2
    assert stores.owe_missing(latest=2) == 0
    assert stores.owe_missing() == 3


def test_the_pages_ask_along_indexes(session):
    """However many statements were delivered over the years: nothing here reads them all."""
    bind = session.get_bind()
    if bind.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by what is in the tables, and they are empty here")
    asked = {
        "targets": queries._TARGETS,
        "refused": queries._DELIVERIES.where(Delivery.state == "parked").order_by(Delivery.seq.desc()).limit(50),
        "recent": queries._DELIVERIES.order_by(Delivery.seq.desc(), Delivery.target).limit(50),
    }
    for name, query in asked.items():
        written = str(query.compile(bind, compile_kwargs={"literal_binds": True}))
        plan = [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {written}"))]
        walks = [line for line in plan if re.match(r"SCAN (delivery|owed_statement|ledger_entry)\b", line)]
        # The newest deliveries are read from the end of their key, and no further than the page.
        assert not [line for line in walks if name != "recent" or "USING INDEX" not in line], (name, plan)


# Changing


def test_another_address_is_another_store(session):
    record(session, 3)
    key = add(session)
    deliver(session, key)
    change = {**GOOD, "name": "Analytics", "by": MILO, "at": AT}
    with pytest.raises(RuleViolation, match="store_password_again"):
        service.change_store(key, **{**change, "endpoint": "https://thief.example/", "password": ""})
    service.change_store(key, **{**change, "endpoint": "https://new.example/xapi/"})
    session.commit()
    assert states(session, key) == ["owed"] * 3
    row = row_of(session, key)
    assert sealing.unseal(row.sealed_password, store=key, endpoint="https://new.example/xapi/", secret_key=KEY)


def test_an_empty_password_keeps_the_one_it_has(session):
    record(session, 1)
    key = add(session)
    deliver(session, key)
    row = row_of(session, key)
    row.failures, row.last_error, row.retry_at = 4, "401", AT + timedelta(minutes=5)
    kept = row.sealed_password
    service.change_store(
        key, name="Warehouse", endpoint=GOOD["endpoint"], user="other", password="", secret_key=KEY, by=MILO, at=AT
    )
    session.commit()
    row = row_of(session, key)
    assert (row.name, row.username, row.sealed_password) == ("Warehouse", "other", kept)
    assert (row.failures, row.last_error, row.retry_at) == (0, "", None), "it is asked at once"
    assert states(session, key) == ["delivered"], "the same store has what it has"


def test_what_the_settings_describe_is_not_changed_here(session):
    session.add(DeliveryTarget(key="archive", endpoint="https://a.example/"))
    session.commit()
    with pytest.raises(RuleViolation, match="store_is_set_elsewhere"):
        service.change_store("archive", name="x", **GOOD, by=MILO, at=AT)
    with pytest.raises(RuleViolation, match="store_is_set_elsewhere"):
        service.switch_store("archive", on=False, by=MILO, at=AT)
    with pytest.raises(RuleViolation, match="no_such_store"):
        service.pause_store("nowhere", by=MILO, at=AT)


# Pausing, switching


def test_pausing_twice_is_pausing_once(session):
    key = add(session)
    for at in (AT, AT + timedelta(hours=1)):
        service.pause_store(key, by=MILO, at=at)
    assert row_of(session, key).paused_at == AT
    for _ in range(2):
        service.resume_store(key, by=MILO, at=AT)
    assert row_of(session, key).paused_at is None
    assert told(session)[1:] == [("paused", "Analytics"), ("resumed", "Analytics")]


def test_switched_off_it_is_owed_nothing_and_on_again_what_it_missed(session):
    key = add(session)
    record(session, 1)
    service.switch_store(key, on=False, by=MILO, at=AT)
    session.commit()
    record(session, 2, first=1)
    assert states(session, key) == ["owed"]
    assert stores.owe_missing() == 0
    service.switch_store(key, on=True, by=MILO, at=AT)
    session.commit()
    assert states(session, key) == ["owed"] * 3


# Sending again


def test_replay_from_a_point_in_time(session):
    days = [AT - timedelta(days=count) for count in (9, 5, 1)]
    for number, at in enumerate(days):
        record(session, 1, at=at, first=number)
    key = add(session)
    deliver(session, key)
    row_of(session, key).retry_at = AT + timedelta(minutes=5)
    session.commit()
    assert service.replay_store(key, since=days[1], by=MILO, at=AT) == 2
    session.commit()
    assert states(session, key) == ["delivered", "owed", "owed"]
    assert row_of(session, key).retry_at is None
    assert told(session)[-1] == ("replayed", "Analytics")
    assert service.replay_store(key, since=AT, by=MILO, at=AT) == 0


def test_replay_reaches_behind_the_day_from_which_it_was_owed(session):
    record(session, 1, at=AT - timedelta(days=9))
    record(session, 1, at=AT - timedelta(days=1), first=1)
    key = add(session, owed_from=AT - timedelta(days=2))
    deliver(session, key)
    assert service.replay_store(key, since=AT - timedelta(days=30), by=MILO, at=AT) == 2
    session.commit()
    assert states(session, key) == ["owed", "owed"]


def test_everything_refused_goes_again(session):
    record(session, 3)
    key = add(session)
    seqs = list(session.scalars(select(Delivery.seq).where(Delivery.target == key).order_by(Delivery.seq)))
    deliver(session, key, park={seqs[1]})
    assert service.resend_refused(key, by=MILO, at=AT) == 1
    session.commit()
    assert states(session, key) == ["delivered", "owed", "delivered"]
    assert service.resend_refused(key, by=MILO, at=AT) == 0, "and nothing is told of nothing"
    assert [change for change, _ in told(session)] == ["added", "sent every refused statement again to"]


# What the worker works with


def test_transports_follow_what_is_described(session, tmp_path):
    settings = make_settings(
        "sqlite://",
        tmp_path,
        secret_key=KEY,
        lrs_stores=(Store("archive", "https://archive.example/", "u", "p"),),
    )
    stores.sync_targets(settings)
    session.commit()
    found = Stores(settings, HOME)
    assert found.refresh()
    assert list(found) == ["archive", "embedded"]
    assert not found.refresh()
    key = add(session)
    assert found.refresh()
    assert list(found) == ["archive", "embedded", key]
    before, archive = found[key], found["archive"]
    service.change_store(key, name="Analytics", **{**GOOD, "user": "other"}, by=MILO, at=AT)
    session.commit()
    assert found.refresh()
    assert found[key] is not before
    assert found["archive"] is archive, "what did not change keeps its connection"
    service.switch_store(key, on=False, by=MILO, at=AT)
    session.commit()
    assert found.refresh()
    assert list(found) == ["archive", "embedded"]
    found.close()


def test_stores_of_the_page_survive_a_start_with_other_settings(session, tmp_path):
    key = add(session)
    stores.sync_targets(make_settings("sqlite://", tmp_path))
    session.commit()
    assert row_of(session, key).is_enabled


def test_another_secret_key_opens_no_password_and_says_so(session, tmp_path):
    record(session, 1)
    key = add(session)
    found = Stores(make_settings("sqlite://", tmp_path, secret_key="another" * 8), HOME)
    found.refresh()
    done = delivery.deliver_due(key, found[key], at=AT)
    assert "Write the password again" in done.error
    assert queries.target(key).last_error == done.error


def test_the_worker_finds_a_store_that_is_added_while_it_runs(own_app):
    with FakeLrs().running() as fake, own_app.app_context():
        working = worker.make(own_app)
        ids = record(db.session, 2)
        working.until_idle()
        secret_key = own_app.config["SETTINGS"].secret_key
        key = service.add_store(
            "Analytics", endpoint=fake.endpoint, user="u", password="p", secret_key=secret_key, by=MILO, at=AT
        ).key
        db.session.commit()
        for duty in working.duties:
            duty.next_at = None
        working.until_idle()
        assert sorted(fake.received) == sorted(ids)
        assert fake.headers[0]["Authorization"] == "Basic dTpw"
        line = queries.target(key)
        assert (line.owed, line.delivered, line.parked) == (0, 2, 0)
        working.close()


def test_many_stores_each_get_everything_once(own_app):
    with (
        FakeLrs().running() as one,
        FakeLrs(failures=1).running() as two,
        FakeLrs(strict=True).running() as three,
        own_app.app_context(),
    ):
        fakes = {"one": one, "two": two, "three": three}
        own_app.config["SETTINGS"] = dataclasses.replace(
            own_app.config["SETTINGS"],
            lrs_stores=tuple(Store(name, fake.endpoint, "u", "p") for name, fake in fakes.items()),
        )
        ids = record(db.session, 5)
        working = worker.make(own_app)
        with time_machine.travel(clock.now(), tick=False):  # on a slow machine the second store's rest would be over
            working.until_idle()
        assert sorted(one.received) == sorted(three.received) == sorted(ids)
        assert stores.backlog("two") == 5
        state = db.session.get(DeliveryTarget, "two")
        state.retry_at = None
        db.session.query(Delivery).update({"retry_at": None})
        db.session.commit()
        working.until_idle()
        assert sorted(two.received) == sorted(ids)
        assert all(len(fake.puts) == 5 for fake in fakes.values())
        working.close()
        assert db.session.scalar(select(func.count()).where(Delivery.state != "delivered")) == 0
