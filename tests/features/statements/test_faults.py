"""A store elsewhere that fails in every way one does: nothing is lost, nothing waits for ever, each to its own."""

import dataclasses
import json
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from lms.statements import delivery, ledger, stores, transport
from lms.statements.models import Delivery, DeliveryTarget, OwedStatement
from lms.statements.transport import NoTransport, RemoteTransport
from tests.fakes import FakeLrs, Fault
from tests.features.statements.samples import sample

AT = datetime(2026, 11, 23, 16, tzinfo=UTC)


@pytest.fixture
def external(session):
    session.add(DeliveryTarget(key="external", endpoint="http://127.0.0.1/xapi"))
    session.commit()


@pytest.fixture
def remote():
    made = []

    def make(fake: FakeLrs, timeout: float = 5) -> RemoteTransport:
        made.append(RemoteTransport(fake.endpoint, "key", "secret", timeout=timeout))
        return made[-1]

    yield make
    for one in made:
        one.close()


def record(session, count=1, **more) -> list[str]:
    made = [
        str(ledger.record(dataclasses.replace(sample("chunk_completed"), revision=number, **more)))
        for number in range(count)
    ]
    session.commit()
    return made


def state_of(session, key="external") -> DeliveryTarget:
    return session.get(DeliveryTarget, key, populate_existing=True)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(silence=30), "no answer in time"),
        (Fault(silence=30, keeps=True), "no answer in time"),
        (Fault(resets=True), "no connection"),
        (Fault(resets=True, keeps=True), "no connection"),
        (Fault(500, "boom"), "500: boom"),
        (Fault(502, "<html>Bad Gateway</html>"), "502: Bad Gateway"),
        (Fault(503, "", (("Retry-After", "5"),)), "503 without a message"),
        (Fault(307, "", (("Location", "http://127.0.0.1:1/"),)), "307: the store redirects"),
        (Fault(200, endless=True), "no connection: its answer has no end"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_whatever_breaks_everything_arrives_later(session, external, remote, fault, said):
    """A torn connection is tried once more at once, for it may only have been idle too long; so it is torn twice."""
    ids = record(session, 3)
    script = [None, fault, fault] if fault.resets else [None, fault]
    with FakeLrs(script=script).running() as fake:
        connection = remote(fake, timeout=1 if fault.silence else 5)
        done = delivery.deliver_due("external", connection, at=AT)
        assert (done.sent, done.parked) == (1, 0)
        assert done.error.startswith(said)
        assert state_of(session).last_error == done.error
        later = delivery.deliver_due("external", connection, at=AT + timedelta(minutes=1))
        assert (later.sent, later.error) == (2, "")
        assert sorted(fake.received) == sorted(ids)
    assert set(session.scalars(select(Delivery.state))) == {"delivered"}
    found = state_of(session)
    assert (found.failures, found.last_error, found.delivered_count) == (0, "", 3)
    assert found.last_delivered_at == AT + timedelta(minutes=1)


PAGE = (("Content-Type", "text/html; charset=utf-8"),)
OF_A_STORE = (("X-Experience-API-Version", "1.0.3"),)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault(200, "<html>Sign in</html>", PAGE), "owed"),
        (Fault(200, '{"message": "hello"}'), "owed"),
        (Fault(202, "[" * 100_000), "owed"),
        (Fault(200, "thanks", OF_A_STORE), "delivered"),
        (Fault(200, ""), "delivered"),
        (Fault(400, "<html>plain HTTP sent to HTTPS port</html>", PAGE), "owed"),
        (Fault(400, "no such verb", (*PAGE, *OF_A_STORE)), "parked"),
        (Fault(400, "no such verb"), "parked"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_no_answer_of_a_record_store_settles_nothing(session, external, remote, fault, outcome):
    """A login page or a proxy says 200, or 400, to anything."""
    record(session)
    with FakeLrs(script=[fault]).running() as fake:
        done = delivery.deliver_due("external", remote(fake), at=AT)
    assert session.scalars(select(Delivery.state)).one() == outcome
    assert bool(done.error) == (outcome == "owed")


def test_of_several_those_that_the_store_does_not_name_are_sent_again(session, external, remote):
    ids = record(session, 3)
    with FakeLrs(batches=200, loses=ids[1:2]).running() as fake:
        assert delivery.deliver_due("external", remote(fake), at=AT).sent == 3
        assert (fake.posts, fake.puts) == ([ids], ids)
        assert sorted(fake.received) == sorted(ids)


def test_a_connection_torn_once_is_no_failure(session, external, remote):
    ids = record(session, 3)
    with FakeLrs(script=[None, Fault(resets=True, keeps=True)]).running() as fake:
        assert delivery.deliver_due("external", remote(fake), at=AT).sent == 3
        assert fake.puts == [ids[0], ids[1], ids[1], ids[2]]
        assert fake.connections == 2


@pytest.mark.parametrize("drips_head", [False, True], ids=["its body", "its first line"])
def test_an_answer_that_drips_is_given_up(session, external, remote, monkeypatch, drips_head):
    """Each byte comes in time, the answer does not."""
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.5)
    record(session)
    fault = Fault(200, "x" * 1000, drip=0.1, drips_head=drips_head)
    with FakeLrs(script=[fault, fault]).running() as fake:
        begun = time.monotonic()
        done = delivery.deliver_due("external", remote(fake), at=AT)
        assert time.monotonic() - begun < 30
    assert (done.sent, done.error) == (0, "no answer in time")


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta(seconds=1)),
        ("999999999999", timedelta(hours=1)),
        ("soon", timedelta(seconds=1)),
        ("Wed, 21 Oct 2015 07:28:00 GMT", timedelta(seconds=1)),
        ("Fri, 31 Dec 2199 23:59:59 GMT", timedelta(hours=1)),
    ],
)
def test_a_store_says_how_long_it_wants_to_be_left_alone(session, external, remote, said, waits):
    record(session)
    with FakeLrs(script=[Fault(429, "slow down", (("Retry-After", said),))]).running() as fake:
        done = delivery.deliver_due("external", remote(fake), at=AT)
    assert done.retry_at == AT + waits


def test_many_that_a_store_stumbles_over_keep_no_other_from_it(session, external, remote):
    ids = record(session, 9)
    with FakeLrs(refuse=dict.fromkeys(ids[:6], (500, "boom"))).running() as fake:
        connection = remote(fake)
        at = AT
        for _ in range(20):
            done = delivery.deliver_due("external", connection, at=at)
            at = (done.retry_at or at) + timedelta(seconds=1)
        assert sorted(fake.received) == sorted(ids[6:])
        fake.puts.clear()
        (new,) = record(session, 1, record_id=uuid4())
        delivery.deliver_due("external", connection, at=AT + timedelta(days=1))
        assert fake.puts[0] == new


def test_no_rest_outlives_a_clock_that_is_set_back(session, external, remote):
    record(session, 2)
    with FakeLrs(failures=1).running() as fake:
        connection = remote(fake)
        assert delivery.deliver_due("external", connection, at=AT + timedelta(days=300)).error
        assert delivery.deliver_due("external", connection, at=AT).sent == 2


def test_a_slow_store_gives_the_turn_away(session, external, remote):
    record(session, 5)
    with FakeLrs(script=[Fault(silence=0.2, keeps=True)] * 5).running() as fake:
        connection = remote(fake, timeout=5)
        first = delivery.deliver_due("external", connection, at=AT, seconds=0.3)
        assert 1 <= first.sent < 5
        assert first.error == ""
        assert delivery.deliver_due("external", connection, at=AT, seconds=30).sent == 5 - first.sent


def test_each_store_has_its_own_position_and_its_own_rest(session, remote):
    session.add_all(DeliveryTarget(key=key, endpoint="http://127.0.0.1/xapi") for key in ("down", "picky", "well"))
    session.commit()
    ids = record(session, 4)
    with (
        FakeLrs(failures=99, status=503).running() as down,
        FakeLrs(refuse={ids[2]: (400, "not this one")}).running() as picky,
        FakeLrs().running() as well,
    ):
        ways = {"down": remote(down), "picky": remote(picky), "well": remote(well)}
        for _ in range(3):
            for key, way in ways.items():
                delivery.deliver_due(key, way, at=AT)
    assert len(down.headers) == 1, "it is left alone"
    assert fake_ids(picky) == {ids[0], ids[1], ids[3]}
    assert fake_ids(well) == set(ids)
    counts = {key: (state_of(session, key).failures, state_of(session, key).delivered_count) for key in ways}
    assert counts == {"down": (1, 0), "picky": (0, 3), "well": (0, 4)}
    assert stores.backlog("down") == 4


def fake_ids(fake: FakeLrs) -> set[str]:
    return set(fake.received)


def test_409_for_what_was_voided_meanwhile_counts_as_delivered(session, external, remote):
    """By its own id alone a voided statement is not found."""
    (id_,) = record(session)
    with FakeLrs(strict=True).running() as fake:
        connection = remote(fake)
        connection.send([session.scalars(select(OwedStatement.body)).one()], at=AT)
        fake.voided.add(id_)
        assert delivery.deliver_due("external", connection, at=AT).sent == 1


def test_409_that_nobody_can_look_into_now_is_no_refusal(session, external, remote):
    record(session)
    with FakeLrs(strict=True).running() as fake:
        connection = remote(fake)
        connection.send([session.scalars(select(OwedStatement.body)).one()], at=AT)
        fake.received = _Failing(fake.received)
        done = delivery.deliver_due("external", connection, at=AT)
    assert (done.sent, done.parked) == (0, 0)
    assert done.retry_at == AT + timedelta(seconds=1)


class _Failing(dict):
    """The store knows that it has the statement, and falls over when asked for it."""

    def get(self, *_):
        raise ConnectionAbortedError


def test_paused_it_is_owed_and_sent_nothing(session, external, remote):
    state_of(session).paused_at = AT
    ids = record(session, 2)
    with FakeLrs().running() as fake:
        connection = remote(fake)
        assert delivery.deliver_due("external", connection, at=AT + timedelta(days=1)) == delivery.Delivered()
        assert fake.headers == []
        assert stores.backlog("external") == 2
        state_of(session).paused_at = None
        session.commit()
        assert delivery.deliver_due("external", connection, at=AT + timedelta(days=1)).sent == 2
        assert fake.puts == ids


def test_a_store_that_cannot_be_asked_says_why(session, external):
    record(session)
    done = delivery.deliver_due("external", NoTransport("there is no password"), at=AT)
    assert (done.sent, done.error) == (0, "there is no password")
    assert stores.backlog("external") == 1


def test_what_the_store_said_can_be_kept(session, external, remote):
    """PostgreSQL keeps no NUL, and nobody reads a novel."""
    record(session)
    with FakeLrs(script=[Fault(400, "no\0" + "o" * 5000)]).running() as fake:
        assert delivery.deliver_due("external", remote(fake), at=AT).parked == 1
    error = session.scalars(select(Delivery.error)).one()
    assert error.startswith("400: nooo")
    assert len(error) == transport.MESSAGE_LENGTH


def test_the_statement_arrives_as_it_was_built(session, external, remote):
    """What tincan makes of it (instants, durations, numbers) means the same."""
    from lms.lrs import compare

    ids = record(session, 1)
    with FakeLrs().running() as fake:
        delivery.deliver_due("external", remote(fake), at=AT)
    ours = json.loads(session.scalars(select(OwedStatement.body)).one())
    assert compare.say_the_same(ours, fake.received[ids[0]])
