"""Delivery and what people, and other workers, do in the same moment."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from lms import worker
from lms.db import db
from lms.settings import Store
from lms.statements import delivery, ledger, service
from lms.statements.models import Delivery, DeliveryTarget, OwedStatement
from lms.statements.transport import RemoteTransport
from tests.fakes import FakeLrs, Fault
from tests.features.statements.samples import MILO, sample

AT = datetime(2026, 11, 23, 16, tzinfo=UTC)


@pytest.fixture
def app(own_app):
    with own_app.app_context():
        db.session.add(DeliveryTarget(key="external", endpoint="http://127.0.0.1/xapi"))
        db.session.commit()
        record(3)
        db.session.remove()
    return own_app


@pytest.fixture
def on_postgres(app):
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has one writer at a time, and no locks of rows")
    return app


def record(count: int, start: int = 0) -> None:
    for number in range(start, start + count):
        ledger.record(dataclasses.replace(sample("chunk_completed"), revision=number))
    db.session.commit()


@contextmanager
def impatient(app):
    """A session of its own that waits for no lock."""
    with app.app_context():
        db.session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        try:
            yield
        finally:
            db.session.remove()


@contextmanager
def delivering(app, fake):
    """A worker's turn in a thread of its own, begun and waiting for the answer of the first statement."""

    def turn():
        with app.app_context():
            transport = RemoteTransport(fake.endpoint, "u", "p")
            try:
                return delivery.deliver_due("external", transport, at=AT, endpoint="http://127.0.0.1/xapi")
            finally:
                transport.close()
                db.session.remove()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(turn)
        assert fake.asked.wait(10)
        yield done


def test_nobody_waits_for_a_replay(on_postgres):
    """To send years of statements again takes long; what people do meanwhile is owed to the same store."""
    with on_postgres.app_context():
        service.replay_store("external", since=AT, by=MILO, at=AT)  # and not committed yet
        with ThreadPoolExecutor(1) as other:

            def act():
                with impatient(on_postgres):
                    record(1, start=3)

            other.submit(act).result(20)
        db.session.commit()
        assert db.session.scalar(select(func.count()).select_from(Delivery)) == 4


def test_paused_in_mid_turn_it_gets_no_more_than_what_is_on_its_way(app):
    with FakeLrs(script=[Fault(silence=2, keeps=True)]).running() as fake, delivering(app, fake) as done:
        with app.app_context():
            delivery.begin_writing()
            service.pause_store("external", by=MILO, at=AT)
            db.session.commit()
        fake.wake()
        assert done.result(20).sent == 1
        assert len(fake.received) == 1
    with app.app_context():
        assert sorted(db.session.scalars(select(Delivery.state))) == ["delivered", "owed", "owed"]


def test_what_is_on_its_way_can_be_sent_again_without_waiting_for_its_store(on_postgres):
    with FakeLrs(script=[Fault(silence=2, keeps=True)]).running() as fake, delivering(on_postgres, fake) as done:
        with impatient(on_postgres):
            first = db.session.scalars(select(OwedStatement).order_by(OwedStatement.seq)).first()
            service.resend(first.seq, "external", first.id, by=MILO, at=AT)
            db.session.commit()
        fake.wake()
        assert done.result(20).sent == 3
        assert len(fake.received) == 3


def test_two_workers_that_start_at_once_both_find_a_new_store(app):
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(settings, lrs_stores=(Store("a", "http://127.0.0.1:1/", "u", "p"),))
    gate = threading.Barrier(4)

    def begin(_: int) -> list[str]:
        with app.app_context():
            gate.wait()
            working = worker.make(app)
            found = list(working.stores)
            working.close()
            db.session.remove()
            return found

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(begin, range(4))) == [["a", "embedded"]] * 4
    with app.app_context():
        owed = select(func.count()).select_from(Delivery).where(Delivery.target == "a")
        assert db.session.scalar(owed) == 3
