"""A single statement kept in one sentence: it is the same as on the common way, or left to that."""

import fcntl
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from lms import clock
from lms.db import DURABLE, PATIENCE, db
from lms.lrs import at_once, positions, queries, service, sql, turns
from lms.lrs.at_once import sqlite
from lms.lrs.shapes import VOIDED
from tests.examples import examples
from tests.features.lrs import strategies
from tests.features.lrs.test_concurrency import in_context, keep, on_sqlite
from tests.features.lrs.test_shapes import GOOD
from tests.features.lrs.test_statements import AUTHORITY

SAID = {
    **GOOD,
    "actor": {"mbox": "mailto:rosa@example.com", "name": "Rosa"},
    "object": {"id": "https://example.com/call", "definition": {"name": {"en": "A call"}}},
    "context": {"contextActivities": {"parent": [{"id": "https://example.com/course"}]}},
}


@pytest.fixture
def app(own_app):
    with own_app.app_context():
        yield own_app


@pytest.fixture
def on_postgres(app):
    if on_sqlite(app):
        pytest.skip("about what PostgreSQL does")
    return app


@pytest.fixture
def on_a_file(app):
    if not on_sqlite(app):
        pytest.skip("about what SQLite does")
    return app


def ready(*statements, may_define=True):
    return service.ready(service.received(list(statements), authority=AUTHORITY), may_define=may_define)


def anew(statement, **changes):
    return {**statement, "id": str(uuid4()), **changes}


def voiding(id_):
    return {**GOOD, "id": str(uuid4()), "verb": {"id": VOIDED}, "object": {"objectType": "StatementRef", "id": id_}}


def rows(id_):
    """Its body with a word in place of the time, and what it is found by."""
    position, body = sql.run("SELECT position, body FROM stored_statement WHERE id = %s", sql.sixteen(UUID(id_))).one()
    found_by = sql.run("SELECT key FROM statement_key WHERE position = %s ORDER BY key", position).scalars()
    stored = positions.text(position)
    assert stored in body
    return body.replace(stored, "NOW").replace(id_, "ID"), found_by


@pytest.mark.parametrize("timestamp", [{}, {"timestamp": "2026-11-22T09:30:00.5+01:00"}])
def test_it_is_kept_as_on_the_common_way(app, timestamp):
    common, straight = anew(SAID, **timestamp), anew(SAID, **timestamp)
    assert keep([common]) == "kept"
    before = turns.consistent_through()
    assert at_once.keep(ready(straight))
    assert rows(straight["id"]) == rows(common["id"])
    newest, _ = queries.page(queries.Filter(agent="mbox\0mailto:rosa@example.com")).found
    assert f'"id":"{straight["id"]}"' in newest.body
    assert before < newest.stored < turns.consistent_through()


def test_any_statement_is_kept_as_it_is_written(app):
    """Whatever signs stand in it: it goes inside the sentence."""

    @settings(max_examples=examples(50), suppress_health_check=[HealthCheck.too_slow])
    @given(strategies.statements(), st.booleans())
    def kept(statement, ascii_only):
        statement["id"] = str(uuid4())
        text = json.dumps(statement, ensure_ascii=ascii_only)
        (one,) = service.received([statement], texts=[text], authority=AUTHORITY)
        if at_once.keep(service.ready([one], may_define=False)):
            position, body = sql.run(
                "SELECT position, body FROM stored_statement WHERE id = %s", sql.sixteen(one.id)
            ).one()
            assert body == one.body(position)
            found_by = sql.run("SELECT key FROM statement_key WHERE position = %s", position).scalars()
            assert {sql.as_bytes(key) for key in found_by} == one.keys
            db.session.rollback()
        else:
            assert one.target_id is not None

    kept()


def test_the_sentences_that_a_connection_forgot_are_prepared_again(on_postgres):
    """Each when it is needed: the driver lets a connection forget all of them after a ROLLBACK."""
    one, other = anew(GOOD), anew({name: part for name, part in GOOD.items() if name != "timestamp"})
    assert "timestamp" in one
    for forgets, statement in ((0, one), (1, other), (0, one), (0, other), (1, one), (1, one), (0, other)):
        if forgets:
            with sql.past_the_session() as connection:
                connection.driver_connection.pgconn.exec_(b"DEALLOCATE ALL")
        id_ = str(uuid4())
        assert at_once.keep(ready({**statement, "id": id_}, may_define=False))
        assert queries.statement(UUID(id_)) is not None
        db.session.rollback()


def test_what_goes_wrong_is_raised_as_on_the_common_way(on_postgres):
    sql.run("LOCK TABLE stored_statement IN SHARE MODE")
    impatient = "SET lock_timeout = 10"
    with ThreadPoolExecutor(1) as other:

        def keep_impatiently():
            with sql.past_the_session() as connection:
                connection.driver_connection.pgconn.exec_(impatient.encode())
            return at_once.keep(ready(anew(GOOD), may_define=False))

        with pytest.raises(OperationalError, match="lock timeout"):
            other.submit(in_context, on_postgres, keep_impatiently).result(20)
        db.session.rollback()
        assert other.submit(in_context, on_postgres, keep_impatiently).result(20) is True


def test_what_has_more_to_it_is_left_to_the_common_way(app):
    first = anew(SAID)
    assert not at_once.keep(ready(first)), "its definition and its name are new"
    assert keep([first]) == "kept"
    told = {"id": "https://example.com/call", "definition": {"name": {"en": "A talk"}}}
    awaited = anew(SAID)
    assert keep([voiding(awaited["id"])]) == "kept"
    for why, left in {
        "it is there": [first],
        "something else is there": [{**first, "result": {"response": "x"}}],
        "defined otherwise": [anew(SAID, object=told)],
        "another name": [anew(SAID, actor={**SAID["actor"], "name": "R."})],
        "one of several is there": [anew(SAID), first],
        "many": [anew(SAID) for _ in range(sqlite.MOST_STATEMENTS + 1)],
        "it refers": [voiding(first["id"])],
        "it is spoken of": [awaited],
    }.items():
        assert not at_once.keep(ready(*left)), why
    assert len(queries.page(queries.Filter()).found) == 2
    assert at_once.keep(ready(anew(SAID, object=told), may_define=False))


def test_a_reference_that_is_being_kept_is_waited_for(on_postgres):
    """Two who are kept in the same moment would not see each other."""
    late = anew(GOOD)
    at = turns.begin(alone=True)
    service.store([voiding(late["id"])], at=at, authority=AUTHORITY)
    with ThreadPoolExecutor(1) as other:
        kept = other.submit(in_context, on_postgres, lambda: at_once.keep(ready(late, may_define=False)))
        wait_for_somebody_who_waits()
        assert not kept.done()
        db.session.commit()
        assert kept.result(20) is False


def test_a_promise_stops_before_it(on_postgres):
    """It waits for a writer of its id, who then gives up."""
    one = anew(GOOD)
    sql.run("INSERT INTO stored_statement (position, id, body) VALUES (1, %s, '{}')", UUID(one["id"]))
    with ThreadPoolExecutor(2) as other:
        kept = other.submit(in_context, on_postgres, lambda: at_once.keep(ready(one, may_define=False)))
        wait_for_somebody_who_waits()
        through = other.submit(in_context, on_postgres, turns.consistent_through).result(20)
        db.session.rollback()
        assert kept.result(20) is True
    assert through < queries.statement(UUID(one["id"])).stored


def wait_for_somebody_who_waits():
    until = time.monotonic() + 20
    while not sql.run("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one():
        assert time.monotonic() < until
        time.sleep(0.01)


# SQLite


def test_a_batch_is_kept_in_its_order(on_a_file):
    batch = [anew(SAID, result={"response": str(number)}) for number in range(sqlite.MOST_STATEMENTS)]
    common = anew(SAID, result={"response": "0"})
    assert keep([common]) == "kept"
    assert at_once.keep(ready(*batch))
    assert rows(batch[0]["id"]) == rows(common["id"])
    page = queries.page(queries.Filter(limit=500))
    assert [json.loads(one.body)["id"] for one in page.found[::-1]] == [common["id"], *[one["id"] for one in batch]]
    assert len({one.position for one in page.found}) == len(batch) + 1


def test_a_batch_that_teaches_something_in_its_midst_is_left_to_the_common_way(on_a_file):
    assert keep([anew(SAID)]) == "kept"
    told = {"id": "https://example.com/call", "definition": {"name": {"en": "A talk"}}}
    assert not at_once.keep(ready(anew(SAID), anew(SAID, object=told), anew(SAID)))
    assert len(queries.page(queries.Filter()).found) == 1
    assert at_once.keep(ready(anew(SAID), anew(SAID)))


def test_who_waits_for_another_thread_too_long_takes_the_common_way(on_a_file):
    with sqlite._turn:
        assert not at_once.keep(ready(anew(GOOD), may_define=False))
    assert at_once.keep(ready(anew(GOOD), may_define=False))


def test_who_would_wait_long_takes_the_common_way(on_a_file):
    """Where writers stand in a queue."""
    one = anew(GOOD)
    turns.begin()
    with ThreadPoolExecutor(1) as other:
        assert (
            other.submit(in_context, on_a_file, lambda: at_once.keep(ready(one, may_define=False))).result(20) is False
        )
        db.session.rollback()
        assert (
            other.submit(in_context, on_a_file, lambda: at_once.keep(ready(one, may_define=False))).result(20) is True
        )
    assert queries.statement(UUID(one["id"])) is not None


def test_a_promise_stops_before_who_waits_for_the_lock(on_a_file, monkeypatch):
    """Its time may be one before the lock was its own."""
    monkeypatch.setattr(sqlite, "PATIENCE", 20_000)
    one = anew(GOOD)
    db.session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})  # as a page that writes
    with ThreadPoolExecutor(2) as other:
        kept = other.submit(in_context, on_a_file, lambda: at_once.keep(ready(one, may_define=False)))
        wait_for_a_mark()
        through = other.submit(in_context, on_a_file, turns.consistent_through).result(20)
        db.session.rollback()
        assert kept.result(20) is True
    assert through < queries.statement(UUID(one["id"])).stored


@pytest.mark.parametrize("keep_next", [lambda one: at_once.keep(ready(one, may_define=False)), lambda one: keep([one])])
def test_what_is_kept_later_is_later_whatever_the_clock_says(on_a_file, keep_next):
    """What is in the store reaches as far as its newest statement, say readers when somebody writes."""
    ahead = clock.instant() + timedelta(hours=1)
    (id_,) = service.store([anew(GOOD)], at=(turns.begin(), ahead)[1], authority=AUTHORITY)
    db.session.commit()
    one = anew(GOOD)
    assert keep_next(one)
    assert queries.statement(UUID(one["id"])).stored == queries.statement(id_).stored + positions.MICROSECOND


def test_it_is_acknowledged_from_the_disk(on_a_file, monkeypatch):
    def fail(_file):
        raise OSError("no space left on device")

    monkeypatch.setattr(turns, "SYNC", fail)
    with pytest.raises(OSError, match="no space"):
        at_once.keep(ready(anew(GOOD), may_define=False))
    monkeypatch.undo()
    assert at_once.keep(ready(anew(GOOD), may_define=False))


def test_the_connection_is_as_before_for_others(on_a_file):
    assert at_once.keep(ready(anew(GOOD), may_define=False))
    assert (sql.run("PRAGMA synchronous").scalar(), sql.run("PRAGMA busy_timeout").scalar()) == (2, PATIENCE)
    assert DURABLE == "FULL"


def test_what_has_more_keys_than_a_trigger_cuts_is_left_to_the_common_way(on_a_file, monkeypatch):
    one = anew(SAID)
    monkeypatch.setattr(sqlite, "MOST_PIECES", 3)
    assert not at_once.keep(ready(one, may_define=False))
    monkeypatch.undo()
    assert at_once.keep(ready(one, may_define=False))


def wait_for_a_mark():
    until = time.monotonic() + 20
    while True:
        assert time.monotonic() < until
        file = os.open(f"{db.engine.url.database}-xapi-{turns.MARKED}", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        finally:
            os.close(file)
        time.sleep(0.01)
