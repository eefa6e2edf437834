"""Two tabs at the very same moment, on a database of their own with real connections and real commits."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import func, select

from lms import clock
from lms.app import create_app
from lms.assessment.models import Answer, Attempt, Grade
from lms.db import db
from lms.learning import service as learning
from lms.learning.models import Enrollment, StepCompletion
from lms.policy.outline import Module
from lms.statements.models import LedgerEntry
from tests.conftest import Visitor, make_settings, new_postgres
from tests.factories import make_user
from tests.features.learning.samples import chunk, course, every_type, posttest, publish

TABS = 4


@pytest.fixture
def shop(tmp_path):
    """An application with a rep in front of a test, and a way to be in several tabs at once."""
    if os.environ.get("LMS_TEST_DATABASE", "sqlite") == "postgres":
        with new_postgres(os.environ["TEST_POSTGRES_URL"]) as url:
            yield from _shop(url, tmp_path)
    else:
        yield from _shop(f"sqlite:///{tmp_path / 'tabs.db'}", tmp_path)


class Shop:
    def __init__(self, app, token, enrollment_id):
        self.app, self.token, self.enrollment_id = app, token, enrollment_id

    def tab(self):
        client = self.app.test_client()
        with client.session_transaction() as kept:
            kept["_user_id"], kept["_fresh"] = self.token, True
        return client

    def at_once(self, path, data, page):
        """The same form sent from every tab at the same moment; the answers."""
        tabs = [(tab := self.tab(), tab.token(page)) for _ in range(TABS)]
        ready = Barrier(TABS)

        def send(pair):
            tab, token = pair
            ready.wait()
            return tab.post(path, data={**data, "csrf_token": token})

        with ThreadPoolExecutor(TABS) as pool:
            return list(pool.map(send, tabs))

    def count(self, model, *where):
        with self.app.app_context():
            return db.session.scalar(select(func.count()).select_from(model).where(*where))


def _shop(url, tmp_path):
    app = create_app(make_settings(url, tmp_path))
    app.test_client_class = Visitor
    with app.app_context():
        db.create_all()
        rosa = make_user("Rosa Diaz", roles=("rep",))
        made = course(
            Module("one", "One", (replace(posttest(attempts=3), items=every_type()), chunk("after", items=0))),
            key="tabs",
        )
        enrollment = learning.enroll(rosa.id, publish(made, rosa), by=rosa, at=clock.now())
        token, enrollment_id = rosa.session_token, enrollment.id
        db.session.commit()
        db.session.remove()
    yield Shop(app, token, enrollment_id)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def start(shop):
    return f"/courses/{shop.enrollment_id}/assessments/one/posttest"


def test_starting_in_every_tab_is_one_attempt(shop):
    answers = shop.at_once(start(shop), {}, start(shop))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert shop.count(Attempt) == 1
    assert shop.count(LedgerEntry, LedgerEntry.kind == "attempt_started") == 1


def test_handing_in_from_every_tab_is_one_verdict(shop):
    attempt = shop.at_once(start(shop), {}, start(shop))[0].location
    right = {"q-i-single": "a", "q-i-short": "exit criterion", "sure": "yes"}
    answers = shop.at_once(f"{attempt}/submission", right, attempt)
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"{attempt}/result")}
    assert shop.count(Grade) == 1
    assert shop.count(LedgerEntry, LedgerEntry.kind == "attempt_graded") == 1
    assert shop.count(Answer) == 2


def test_pressing_done_in_every_tab_completes_once(shop):
    with shop.app.app_context():
        enrollment = db.session.get(Enrollment, shop.enrollment_id)
        learning.complete_step(enrollment, "one/posttest", how="passed", by=None, at=clock.now())
        db.session.commit()
    page = f"/courses/{shop.enrollment_id}/steps/one/after"
    answers = shop.at_once(f"{page}/done", {}, page)
    assert {answer.status_code for answer in answers} == {303}
    assert shop.count(StepCompletion, StepCompletion.step_key == "one/after") == 1
    assert shop.count(LedgerEntry, LedgerEntry.kind == "chunk_completed") == 1
    assert shop.count(LedgerEntry, LedgerEntry.kind == "course_satisfied") == 1
