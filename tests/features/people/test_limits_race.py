"""Many guesses at once: those that are heard are no more than one after the other would be."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.people import limits, service
from lms.people.models import SignInAttempt
from lms.people.service import Gate

GUESSES = 24
GATE = Gate("only-for-tests")


@pytest.mark.parametrize("address", ["192.0.2.1", None])
def test_guesses_at_once_are_counted_one_after_the_other(own_app, address):
    start = threading.Barrier(GUESSES)

    def guess(number: int) -> bool:
        start.wait()
        with own_app.app_context():
            try:
                if db.engine.dialect.name == "sqlite":
                    db.session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})
                # Either all from one place, or each from a place of its own at the same account.
                place = address or f"198.51.100.{number}"
                service.begin_sign_in("rosa@example.com", place, gate=GATE, at=clock.now())
                db.session.commit()
            except RuleViolation:
                return False
            finally:
                db.session.remove()
        return True

    with ThreadPoolExecutor(GUESSES) as pool:
        heard = sum(pool.map(guess, range(GUESSES)))
    assert heard == limits.EMAIL.free
    with own_app.app_context():
        assert db.session.query(SignInAttempt).count() == heard
