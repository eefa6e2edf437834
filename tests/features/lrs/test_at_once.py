"""A single statement kept by one way to PostgreSQL: it is the same as on the common way, or left to that."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from lms.db import db
from lms.lrs import at_once, positions, queries, service, sql, turns
from lms.lrs.shapes import VOIDED
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
    if on_sqlite(own_app):
        pytest.skip("SQLite has no way to go")
    with own_app.app_context():
        yield own_app


def ready(*statements, may_define=True):
    return service.ready(service.received(list(statements), authority=AUTHORITY), may_define=may_define)


def anew(statement, **changes):
    return {**statement, "id": str(uuid4()), **changes}


def voiding(id_):
    return {**GOOD, "id": str(uuid4()), "verb": {"id": VOIDED}, "object": {"objectType": "StatementRef", "id": id_}}


def rows(id_):
    """Its body with a word in place of the time, and what it is found by."""
    position, body = sql.run("SELECT position, body FROM stored_statement WHERE id = %s", UUID(id_)).one()
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

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(strategies.statements(), st.booleans())
    def kept(statement, ascii_only):
        statement["id"] = str(uuid4())
        text = json.dumps(statement, ensure_ascii=ascii_only)
        (one,) = service.received([statement], texts=[text], authority=AUTHORITY)
        if at_once.keep(service.ready([one], may_define=False)):
            position, body = sql.run("SELECT position, body FROM stored_statement WHERE id = %s", one.id).one()
            assert body == one.body(position)
            found_by = sql.run("SELECT key FROM statement_key WHERE position = %s", position).scalars()
            assert {key.bytes for key in found_by} == one.keys
            db.session.rollback()
        else:
            assert one.target_id is not None

    kept()


def test_the_sentences_that_a_connection_forgot_are_prepared_again(app):
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


def test_what_goes_wrong_is_raised_as_on_the_common_way(app):
    sql.run("LOCK TABLE stored_statement IN SHARE MODE")
    impatient = "SET lock_timeout = 10"
    with ThreadPoolExecutor(1) as other:

        def keep_impatiently():
            with sql.past_the_session() as connection:
                connection.driver_connection.pgconn.exec_(impatient.encode())
            return at_once.keep(ready(anew(GOOD), may_define=False))

        with pytest.raises(OperationalError, match="lock timeout"):
            other.submit(in_context, app, keep_impatiently).result(20)
        db.session.rollback()
        assert other.submit(in_context, app, keep_impatiently).result(20) is True


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
        "several": [anew(SAID), anew(SAID)],
        "it refers": [voiding(first["id"])],
        "it is spoken of": [awaited],
    }.items():
        assert not at_once.keep(ready(*left)), why
    assert len(queries.page(queries.Filter()).found) == 2
    assert at_once.keep(ready(anew(SAID, object=told), may_define=False))


def test_a_reference_that_is_being_kept_is_waited_for(app):
    """Two who are kept in the same moment would not see each other."""
    late = anew(GOOD)
    at = turns.begin(alone=True)
    service.store([voiding(late["id"])], at=at, authority=AUTHORITY)
    with ThreadPoolExecutor(1) as other:
        kept = other.submit(in_context, app, lambda: at_once.keep(ready(late, may_define=False)))
        wait_for_somebody_who_waits()
        assert not kept.done()
        db.session.commit()
        assert kept.result(20) is False


def test_a_promise_stops_before_it(app):
    """It waits for a writer of its id, who then gives up."""
    one = anew(GOOD)
    sql.run("INSERT INTO stored_statement (position, id, body) VALUES (1, %s, '{}')", UUID(one["id"]))
    with ThreadPoolExecutor(2) as other:
        kept = other.submit(in_context, app, lambda: at_once.keep(ready(one, may_define=False)))
        wait_for_somebody_who_waits()
        through = other.submit(in_context, app, turns.consistent_through).result(20)
        db.session.rollback()
        assert kept.result(20) is True
    assert through < queries.statement(UUID(one["id"])).stored


def wait_for_somebody_who_waits():
    until = time.monotonic() + 20
    while not sql.run("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one():
        assert time.monotonic() < until
        time.sleep(0.01)
