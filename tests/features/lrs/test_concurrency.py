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
        with app.app_context():
            try:
                return work(number)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(one, range(WRITERS)))


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
