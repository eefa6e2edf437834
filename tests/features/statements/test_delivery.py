"""Owed statements get to their stores: each once, whatever breaks on the way."""

import dataclasses
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from lms.db import db
from lms.errors import RuleViolation
from lms.lrs.models import StoredStatement
from lms.statements import delivery, home, ledger, stores
from lms.statements.models import Delivery, DeliveryTarget, OwedStatement
from lms.statements.transport import EmbeddedTransport, RemoteTransport, TransportError
from lms.statements.vocabulary import Verb
from tests.conftest import make_settings
from tests.fakes import FakeLrs
from tests.features.statements.samples import sample

AT = datetime(2026, 11, 23, 16, tzinfo=UTC)


@pytest.fixture
def embedded(session):
    session.add(DeliveryTarget(key="embedded"))
    session.commit()
    return EmbeddedTransport(home.current())


@pytest.fixture
def external(session):
    session.add(DeliveryTarget(key="external", endpoint="http://127.0.0.1/xapi"))
    session.commit()


def record(session, count=1) -> list[str]:
    ids = [
        str(ledger.record(dataclasses.replace(sample("chunk_completed"), revision=number))) for number in range(count)
    ]
    session.commit()
    return ids


def spoil(session, statement_id: str, **changes) -> None:
    """Make one owed statement into something that no store accepts."""
    row = session.scalars(select(OwedStatement)).all()
    (wrong,) = [one for one in row if str(one.id) == statement_id]
    wrong.body = json.dumps({**json.loads(wrong.body), **changes})
    session.commit()


def states(session) -> list[str]:
    return list(session.scalars(select(Delivery.state).order_by(Delivery.target, Delivery.seq)))


@pytest.fixture
def remote():
    """Makes transports to a fake store, and closes them."""
    made = []

    def make(fake: FakeLrs, **more) -> RemoteTransport:
        made.append(RemoteTransport(fake.endpoint, "key", "sécret", **more))
        return made[-1]

    yield make
    for transport in made:
        transport.close()


# The embedded store


def test_into_the_embedded_store(session, embedded):
    ids = record(session, 3)
    done = delivery.deliver_due("embedded", embedded, at=AT)
    assert (done.sent, done.parked) == (3, 0)
    stored = session.scalars(select(StoredStatement).order_by(StoredStatement.position)).all()
    assert [str(one.id) for one in stored] == ids
    assert json.loads(stored[0].body)["authority"]["account"]["name"] == "fieldwork"
    assert states(session) == ["delivered"] * 3
    assert delivery.deliver_due("embedded", embedded, at=AT) == delivery.Delivered()


def test_the_oldest_first_and_no_more_than_asked(session, embedded):
    ids = record(session, 5)
    assert delivery.deliver_due("embedded", embedded, at=AT, limit=2).sent == 2
    assert {str(id_) for id_ in session.scalars(select(StoredStatement.id))} == set(ids[:2])
    assert stores.backlog("embedded") == 3


def test_a_refused_statement_is_parked_and_the_others_go_on(session, embedded):
    ids = record(session, 3)
    spoil(session, ids[1], verb={})
    done = delivery.deliver_due("embedded", embedded, at=AT)
    assert (done.sent, done.parked) == (2, 1)
    assert states(session) == ["delivered", "parked", "delivered"]
    parked = session.scalars(select(Delivery).where(Delivery.state == "parked")).one()
    assert parked.error == "statement.verb.id: is missing"
    assert delivery.deliver_due("embedded", embedded, at=AT).sent == 0


def test_a_parked_statement_goes_after_all_once_it_is_sent_again(session, embedded):
    (id_,) = record(session)
    good = json.loads(session.scalars(select(OwedStatement.body)).one())
    spoil(session, id_, verb={})
    delivery.deliver_due("embedded", embedded, at=AT)
    spoil(session, id_, verb=good["verb"])
    (seq,) = session.scalars(select(Delivery.seq))
    stores.resend(seq, "embedded")
    session.commit()
    assert delivery.deliver_due("embedded", embedded, at=AT).sent == 1
    assert states(session) == ["delivered"]


def test_sending_again_what_arrived_changes_nothing(session, embedded):
    record(session)
    delivery.deliver_due("embedded", embedded, at=AT)
    (seq,) = session.scalars(select(Delivery.seq))
    stores.resend(seq, "embedded")
    session.commit()
    assert delivery.deliver_due("embedded", embedded, at=AT + timedelta(hours=1)).sent == 1
    assert len(session.scalars(select(StoredStatement)).all()) == 1
    with pytest.raises(RuleViolation, match="no_such_delivery"):
        stores.resend(seq, "nowhere")


def test_arrival_and_note_are_one_transaction(session, embedded, monkeypatch):
    record(session, 2)
    monkeypatch.setattr(delivery, "_note_delivered", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        delivery.deliver_due("embedded", embedded, at=AT)
    session.rollback()
    assert session.scalars(select(StoredStatement)).all() == []
    assert states(session) == ["owed", "owed"]


# A store elsewhere


def test_to_a_store_elsewhere(session, external, remote):
    ids = record(session, 3)
    with FakeLrs().running() as fake:
        done = delivery.deliver_due("external", remote(fake), at=AT)
        assert (done.sent, done.parked, done.error) == (3, 0, "")
        assert fake.puts == ids
        assert fake.connections == 1, "one connection is kept"
        assert fake.headers[0]["X-Experience-API-Version"] == "1.0.3"
        assert fake.received[ids[0]]["result"]["completion"] is True
    assert states(session) == ["delivered"] * 3


@pytest.mark.parametrize("status", [500, 503, 429, 401, 403, 404, 302])
def test_a_store_that_is_not_well_is_left_alone_for_a_while(session, external, remote, status):
    ids = record(session, 2)
    with FakeLrs(failures=2, status=status).running() as fake:
        transport = remote(fake)
        first = delivery.deliver_due("external", transport, at=AT)
        assert (first.sent, first.retry_at) == (0, AT + timedelta(seconds=1))
        assert str(status) in first.error
        assert states(session) == ["owed", "owed"]
        early = delivery.deliver_due("external", transport, at=AT)
        assert (early.sent, early.retry_at) == (0, AT + timedelta(seconds=1))
        assert len(fake.headers) == 1, "nothing is asked while it rests"
        second = delivery.deliver_due("external", transport, at=AT + timedelta(seconds=1))
        assert second.retry_at == AT + timedelta(seconds=3), "the pause doubles"
        later = AT + timedelta(minutes=1)
        assert delivery.deliver_due("external", transport, at=later).sent == 2
        assert sorted(fake.received) == sorted(ids)
    target = session.get(DeliveryTarget, "external", populate_existing=True)
    assert (target.failures, target.retry_at, target.last_error) == (0, None, "")


def test_a_store_that_lets_only_others_void_is_not_ill(session, external, remote):
    """403 is what xAPI has such a store answer (1.0.3, data 2.3.2); what else is owed goes on."""
    voiding, _ = record(session, 2)
    spoil(session, voiding, verb={"id": Verb.VOIDED}, object={"objectType": "StatementRef", "id": str(uuid4())})
    with FakeLrs(failures=1, status=403).running() as fake:
        done = delivery.deliver_due("external", remote(fake), at=AT)
    assert (done.sent, done.parked, done.retry_at) == (1, 1, None)
    assert states(session) == ["parked", "delivered"]


def test_the_pause_has_an_end(session, external, remote):
    record(session)
    at = AT
    with FakeLrs(failures=99).running() as fake:
        transport = remote(fake)
        for _ in range(14):
            done = delivery.deliver_due("external", transport, at=at)
            pause = (done.retry_at or at) - at
            at += timedelta(hours=2)
    assert pause == timedelta(minutes=5)


def test_a_refusal_is_parked_with_the_servers_words(session, external, remote):
    ids = record(session, 3)
    with FakeLrs(refuse={ids[1]: (400, "verb.id is not known here")}).running() as fake:
        done = delivery.deliver_due("external", remote(fake), at=AT)
    assert (done.sent, done.parked) == (2, 1)
    parked = session.scalars(select(Delivery).where(Delivery.state == "parked")).one()
    assert parked.error == "400: verb.id is not known here"
    assert states(session) == ["delivered", "parked", "delivered"]


@pytest.mark.parametrize(
    ("status", "answer", "shown"),
    [
        (
            403,
            '{"error": "needs statements/write"}',
            "403: the store does not let this user write statements (it says: needs",
        ),
        (
            404,
            "<html><h1>Not Found</h1></html>",
            "404: no store is at this address; it ends before “statements”, often",
        ),
        (400, '{"message": "verb.id: no IRI", "code": 7}', "400: verb.id: no IRI"),
        (400, '["odd"]', '400: ["odd"]'),
        (400, "{not json", "400: {not json"),
        (500, "<html><head><title>x</title></head><p>oops</html>", "500: oops"),
    ],
)
def test_the_error_is_a_sentence_that_says_what_to_mend(session, external, remote, status, answer, shown):
    (id_,) = record(session)
    with FakeLrs(refuse={id_: (status, answer)}).running() as fake:
        done = delivery.deliver_due("external", remote(fake), at=AT)
    row = session.scalars(select(Delivery)).one()
    assert (done.error or row.error).startswith(shown)


def test_a_statement_that_the_store_stumbles_over_does_not_hold_up_the_others(session, external, remote):
    ids = record(session, 3)
    with FakeLrs(refuse={ids[0]: (500, "boom")}).running() as fake:
        transport = remote(fake)
        assert delivery.deliver_due("external", transport, at=AT).sent == 0
        assert delivery.deliver_due("external", transport, at=AT + timedelta(seconds=2)).sent == 2
        assert states(session) == ["owed", "delivered", "delivered"]


@pytest.mark.parametrize("status", [200, 204])
def test_several_go_by_one_request(session, external, remote, status):
    ids = record(session, 3)
    with FakeLrs(batches=status).running() as fake:
        assert delivery.deliver_due("external", remote(fake), at=AT).sent == 3
        assert (fake.posts, fake.puts) == ([ids], [])
        assert list(fake.received) == ids
        assert states(session) == ["delivered"] * 3
        assert session.get_one(DeliveryTarget, "external", populate_existing=True).delivered_count == 3


def test_of_several_the_refused_one_is_found(session, external, remote):
    ids = record(session, 3)
    with FakeLrs(batches=200, refuse={ids[1]: (400, "never")}).running() as fake:
        done = delivery.deliver_due("external", remote(fake), at=AT)
        assert (done.sent, done.parked) == (2, 1)
        assert (fake.posts, fake.puts) == ([ids], ids)
        assert states(session) == ["delivered", "parked", "delivered"]


def test_a_store_that_is_not_well_gets_one_by_one(session, external, remote):
    ids = record(session, 3)
    with FakeLrs(batches=200, refuse={ids[0]: (500, "boom")}).running() as fake:
        transport = remote(fake)
        assert delivery.deliver_due("external", transport, at=AT).error == "500: boom"
        assert (fake.posts, fake.puts) == ([ids], ids[:1])
        assert delivery.deliver_due("external", transport, at=AT + timedelta(seconds=2)).sent == 2
        assert len(fake.posts) == 1


def test_a_silent_store_is_given_up_in_time(session, external, remote):
    record(session)
    with FakeLrs(silence=30).running() as fake:
        done = delivery.deliver_due("external", remote(fake, timeout=0.2), at=AT)
    assert (done.sent, done.error) == (0, "no answer in time")
    assert states(session) == ["owed"]


def test_no_store_at_the_address(session, external, remote):
    record(session)
    with FakeLrs().running() as fake:
        transport = remote(fake)
    done = delivery.deliver_due("external", transport, at=AT)
    assert done.error.startswith("no connection")
    assert states(session) == ["owed"]


def test_a_connection_closed_meanwhile_is_opened_again(session, external, remote):
    ids = record(session, 2)
    fake = FakeLrs()
    with fake.running():
        transport = remote(fake)
        delivery.deliver_due("external", transport, at=AT, limit=1)
        transport._lrs._connection.sock.shutdown(2)
        assert delivery.deliver_due("external", transport, at=AT).sent == 1
    assert fake.puts == ids


def test_409_for_what_is_already_there_counts_as_delivered(session, external, remote):
    (id_,) = record(session)
    with FakeLrs(strict=True).running() as fake:
        transport = remote(fake)
        body = session.scalars(select(OwedStatement.body)).one()
        transport.send([body], at=AT)  # and then the worker was killed, before it wrote that down
        assert delivery.deliver_due("external", transport, at=AT).sent == 1
        assert fake.puts == [id_, id_]
    assert states(session) == ["delivered"]


def test_409_for_something_else_is_parked(session, external, remote):
    (id_,) = record(session)
    with FakeLrs(strict=True).running() as fake:
        fake.received[id_] = {**json.loads(session.scalars(select(OwedStatement.body)).one()), "result": {}}
        done = delivery.deliver_due("external", remote(fake), at=AT)
    assert done.parked == 1
    assert session.scalars(select(Delivery.error)).one() == "409: exists"


def test_killed_between_sending_and_noting_it_is_sent_again_and_is_there_once(session, external, remote, monkeypatch):
    ids = record(session, 2)
    with FakeLrs().running() as fake:
        transport = remote(fake)
        with monkeypatch.context() as patch:
            patch.setattr(delivery, "_note_delivered", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                delivery.deliver_due("external", transport, at=AT)
        session.rollback()
        assert delivery.deliver_due("external", transport, at=AT).sent == 2
        assert fake.puts == [ids[0], ids[0], ids[1]]
        assert sorted(fake.received) == sorted(ids)


def test_through_our_own_server_as_the_store_elsewhere(own_app, served):
    """The whole way: recorded, sent by tincan over HTTP, stored, said to be the same when sent again."""
    with own_app.app_context():
        db.session.add(DeliveryTarget(key="external", endpoint=served.endpoint))
        db.session.commit()
        ids = record(db.session, 3)
        transport = RemoteTransport(served.endpoint, served.key, served.secret)
        assert delivery.deliver_due("external", transport, at=AT).sent == 3
        delivery.begin_writing()  # the server may be writing too
        for seq in db.session.scalars(select(Delivery.seq)).all():
            stores.resend(seq, "external")
        db.session.commit()
        assert delivery.deliver_due("external", transport, at=AT).sent == 3
        assert sorted(str(id_) for id_ in db.session.scalars(select(StoredStatement.id))) == sorted(ids)
        # What the embedded transport would store is the same statement: sending both ways is harmless too.
        EmbeddedTransport(home.current()).send(list(db.session.scalars(select(OwedStatement.body))), at=AT)
        db.session.rollback()
        transport.close()


def test_credentials_that_are_wrong_are_named(own_app, served):
    with own_app.app_context():
        transport = RemoteTransport(served.endpoint, served.key, "wrong")
        with pytest.raises(TransportError, match="does not accept this user and password") as caught:
            transport.send(['{"id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"}'], at=AT)
        assert caught.value.retry
        transport.close()


# The targets


def test_targets_are_what_the_settings_say(session, tmp_path):
    def sync(**more):
        stores.sync_targets(make_settings("sqlite://", tmp_path, **more))
        session.commit()
        return {
            row.key: (row.endpoint, row.is_enabled)
            for row in session.scalars(select(DeliveryTarget).execution_options(populate_existing=True))
        }

    record(session, 2)
    assert sync() == {"embedded": ("", True)}
    assert states(session) == ["owed", "owed"]
    first = sync(lrs_endpoint="https://one.example/xapi", lrs_user="u", lrs_password="p")
    assert first["external"] == ("https://one.example/xapi", True)
    assert states(session) == ["owed"] * 4
    session.query(Delivery).update({"state": "delivered", "delivered_at": AT})
    session.commit()
    sync(lrs_endpoint="https://two.example/xapi", lrs_user="u", lrs_password="p")
    assert states(session) == ["delivered", "delivered", "owed", "owed"], "owed at the new address"
    assert sync()["external"] == ("https://two.example/xapi", False)
    ledger.record(sample("course_satisfied"))
    session.commit()
    assert [row.target for row in session.scalars(select(Delivery).order_by(Delivery.seq.desc()).limit(1))] == [
        "embedded"
    ]


def test_a_target_that_is_switched_off_gets_nothing(session, external, remote):
    record(session)
    session.get(DeliveryTarget, "external").is_enabled = False
    session.commit()
    with FakeLrs().running() as fake:
        assert delivery.deliver_due("external", remote(fake), at=AT).sent == 0
        assert fake.puts == []


@pytest.mark.parametrize("target", ["embedded", "external"])
def test_two_workers_at_once_bring_everything_there_once(own_app, target):
    """On PostgreSQL they share the work; on SQLite one may send again what the other just sent. Both are harmless."""
    with FakeLrs().running() as fake:
        with own_app.app_context():
            db.session.add(DeliveryTarget(key=target))
            db.session.commit()
            ids = record(db.session, 30)
            here = home.current()
            is_sqlite = db.engine.dialect.name == "sqlite"
        gate = threading.Barrier(2)

        def work(_: int) -> int:
            transport = EmbeddedTransport(here) if target == "embedded" else RemoteTransport(fake.endpoint, "u", "p")
            sent = 0
            gate.wait()
            with own_app.app_context():
                while done := delivery.deliver_due(target, transport, at=AT, limit=4).sent:
                    sent += done
                db.session.remove()
            transport.close()
            return sent

        with ThreadPoolExecutor(2) as pool:
            sent = sum(pool.map(work, range(2)))
        with own_app.app_context():
            assert set(db.session.scalars(select(Delivery.state))) == {"delivered"}
            if target == "embedded":
                assert sorted(str(id_) for id_ in db.session.scalars(select(StoredStatement.id))) == sorted(ids)
                assert sent == 30
            else:
                assert sorted(fake.received) == sorted(ids)
                assert is_sqlite or len(fake.puts) == 30
