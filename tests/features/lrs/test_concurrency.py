"""Several clients at once, over real connections: one id is one statement, and everyone is told the truth."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from lms.db import db
from lms.lrs import queries, service, turns
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
