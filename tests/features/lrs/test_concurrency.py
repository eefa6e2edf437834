"""Several clients at once, over real connections: one id is one statement, and everyone is told the truth."""

import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from lms.db import db
from lms.lrs import queries, service, sql, turns
from lms.lrs.models import StoredStatement
from tests.features.lrs.test_shapes import GOOD
from tests.features.lrs.test_statements import AUTHORITY

WRITERS = 8


def at_once(app, work):
    """Run `work(number)` in eight threads that start together; their results."""
    gate = threading.Barrier(WRITERS)

    def one(number):
        gate.wait()
        return in_context(app, lambda: work(number))

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(one, range(WRITERS)))


def in_context(app, work):
    with app.app_context():
        try:
            return work()
        finally:
            db.session.remove()


def keep(statements):
    try:
        service.store(statements, at=turns.begin(), authority=AUTHORITY)
    except service.Conflict:
        db.session.rollback()
        return "conflict"
    db.session.commit()
    return "kept"


@pytest.mark.parametrize("round_", range(3))
def test_eight_writers_of_one_id_with_different_content(own_app, round_):
    id_ = str(uuid4())
    said = at_once(own_app, lambda number: keep([{**GOOD, "id": id_, "result": {"response": str(number)}}]))
    assert Counter(said) == {"kept": 1, "conflict": WRITERS - 1}
    with own_app.app_context():
        assert db.session.query(StoredStatement).count() == 1
        found = queries.statement(UUID(id_))
        assert found is not None
        assert f'"response":"{said.index("kept")}"' in found.body


def test_eight_writers_of_the_same_statement(own_app):
    id_ = str(uuid4())
    assert at_once(own_app, lambda _: keep([{**GOOD, "id": id_}])) == ["kept"] * WRITERS
    with own_app.app_context():
        assert db.session.query(StoredStatement).count() == 1


def test_batches_that_share_statements_in_opposite_order_do_not_block_each_other(own_app):
    shared = [{**GOOD, "id": str(uuid4())} for _ in range(50)]

    def work(number):
        return keep(shared if number % 2 else shared[::-1])

    assert at_once(own_app, work) == ["kept"] * WRITERS
    with own_app.app_context():
        assert db.session.query(StoredStatement).count() == len(shared)


def test_what_batches_share_is_written_in_one_order(session, monkeypatch):
    """So that writers wait in turn, never for each other.

    Without it the database would break the tie and the writer try again: later, and seen in no answer.
    """
    taught, run = [], sql.run

    def seen(sentence, *values):
        if sentence.startswith("INSERT INTO known_activity"):
            taught.append(values)
        return run(sentence, *values)

    monkeypatch.setattr(sql, "run", seen)
    definition = {"name": {"en": "A"}}
    batch = [
        {**GOOD, "id": str(uuid4()), "object": {"id": f"https://example.com/{number}", "definition": definition}}
        for number in range(8)
    ]
    orders = []
    for sent in (batch, batch[::-1]):
        ready = service.ready(service.received(sent, authority=AUTHORITY))
        assert [ready.ids[number] for number in ready.order] == sorted(ready.ids, key=lambda id_: id_.bytes)
        service.keep(ready, at=turns.begin(), authority=AUTHORITY)
        session.rollback()
        orders.append(taught[:])
        taught.clear()
    assert len(orders[0]) == len(batch)
    assert orders[0] == orders[1]


def test_a_promise_is_about_what_is_read_next(own_app):
    """Whoever has read something already, such as whose key was sent, is not told of a moment it cannot see."""
    with own_app.app_context():
        assert db.session.query(StoredStatement).count() == 0  # and the transaction stays open
        with ThreadPoolExecutor(1) as other:
            assert (
                other.submit(lambda: in_context(own_app, lambda: keep([{**GOOD, "id": str(uuid4())}]))).result()
                == "kept"
            )
        through = turns.consistent_through()
        (one,) = queries.page(queries.Filter()).found
        assert one.stored < through


def test_a_promise_beside_one_statement_stops_before_what_is_being_written(own_app):
    """Also where the writer is the only one and has written nothing yet, so that no snapshot lists it."""

    def read():
        with sql.reading():
            return queries.statement_and_moment(uuid4())

    with own_app.app_context(), ThreadPoolExecutor(1) as other:
        at = turns.begin()
        found, through = other.submit(lambda: in_context(own_app, read)).result()
        assert found is None
        assert through < at
        (id_,) = service.store([{**GOOD, "id": str(uuid4())}], at=at, authority=AUTHORITY)
        db.session.commit()
        with sql.reading():
            assert queries.statement(id_).stored == at
            assert at < turns.consistent_through()


class Disk:
    """Stands where the operating system waits for the disk."""

    def __init__(self):
        self.waits = 0
        self.is_asked, self.is_done = threading.Event(), threading.Event()

    def sync(self, file):
        self.waits += 1
        self.is_asked.set()
        assert self.is_done.wait(20)
        os.fsync(file)


def on_sqlite(app):
    return app.config["SETTINGS"].database_url.startswith("sqlite")


def test_who_waits_for_the_disk_keeps_nobody_from_writing(own_app, monkeypatch):
    """And is not told "kept" before the disk has it."""
    if not on_sqlite(own_app):
        pytest.skip("PostgreSQL commits several at once by itself")
    disk = Disk()
    monkeypatch.setattr(turns, "SYNC", disk.sync)

    def one():
        return in_context(own_app, lambda: keep([{**GOOD, "id": str(uuid4())}]))

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(one)
        assert disk.is_asked.wait(20)
        disk.is_asked.clear()
        second = pool.submit(one)
        assert disk.is_asked.wait(20), "the second writer waits for the first one's disk"
        assert not first.done()
        assert not second.done()
        disk.is_done.set()
        assert [first.result(), second.result()] == ["kept", "kept"]
    assert disk.waits == 2


def test_a_statement_that_was_there_is_acknowledged_from_the_disk_too(own_app, monkeypatch):
    """The one who sent it first may still be waiting."""
    if not on_sqlite(own_app):
        pytest.skip("PostgreSQL shows nobody what is not on its disk")
    same = [{**GOOD, "id": str(uuid4())}]
    assert in_context(own_app, lambda: keep(same)) == "kept"
    disk = Disk()
    disk.is_done.set()
    monkeypatch.setattr(turns, "SYNC", disk.sync)
    assert in_context(own_app, lambda: keep(same)) == "kept"
    assert disk.waits == 1


def test_a_disk_that_fails_is_no_acknowledgment(own_app, monkeypatch):
    if not on_sqlite(own_app):
        pytest.skip("PostgreSQL looks after its own disk")

    def fail(_file):
        raise OSError("no space left on device")

    monkeypatch.setattr(turns, "SYNC", fail)
    with pytest.raises(OSError, match="no space"):
        in_context(own_app, lambda: keep([{**GOOD, "id": str(uuid4())}]))
    monkeypatch.undo()
    # The queue is free again, and others write.
    assert in_context(own_app, lambda: keep([{**GOOD, "id": str(uuid4())}])) == "kept"


def test_all_other_transactions_wait_for_the_disk_in_their_commit(own_app):
    if not on_sqlite(own_app):
        pytest.skip("a setting of SQLite")

    def level():
        return db.session.execute(text("PRAGMA synchronous")).scalar_one()

    with own_app.app_context():
        turns.begin()
        assert level() == 1  # NORMAL: `turns` waits, after the commit
        db.session.commit()
        assert level() == 2  # FULL, on the connection that the pool gave again
        db.session.rollback()
        db.session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})
        assert level() == 2
