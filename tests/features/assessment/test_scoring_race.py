"""Two people score the same attempt in the same moment: one decision, one verdict, and the other is told of it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import func, select

from lms import clock
from lms.assessment import service
from lms.assessment.models import AttemptScoring, Grade
from lms.assessment.queries import sitting
from lms.db import db
from lms.learning import service as learning
from lms.learning.models import ModuleOpening
from lms.mail.models import Message
from lms.policy.outline import Module
from lms.statements.models import LedgerEntry
from tests.factories import make_user
from tests.features.assessment import tabs
from tests.features.learning.samples import chunk, course, posttest, publish, written

TABS = 10  # of each scorer
TEST = replace(posttest(), items=(written("letter"),))
COURSE = course(
    Module("one", "One", (TEST,)), Module("two", "Two", (chunk("after", items=0),), requires=("one",)), key="race"
)


@pytest.fixture
def shop(tmp_path):
    with tabs.opened(tmp_path) as made:
        yield made


@pytest.fixture
def waiting(shop):
    """The page of an attempt that waits, and the sign-ins of the manager and of an admin."""
    with shop.app.app_context():
        milo = make_user("Milo Hart", roles=("manager",))
        enid = make_user("Enid Shaw", roles=("admin", "author"))
        nils = make_user("Nils Berg", roles=("rep",), manager=milo)
        at = clock.now()
        enrollment = learning.enroll(nils.id, publish(COURSE, enid), by=milo, at=at)
        attempt = service.issue(enrollment, "one/posttest", by=nils, at=at)
        service.save_answers(sitting(attempt.id, for_update=True), {"letter": {"text": "A fact."}}, at=at)
        service.submit(sitting(attempt.id, for_update=True), at=at)
        found = f"/attempts/{attempt.id}/scoring", milo.session_token, enid.session_token
        db.session.commit()
        db.session.remove()
    return found


def browser(shop, token):
    client = shop.app.test_client()
    client.admit(token)
    return client


def at_once(page, sent):
    ready = Barrier(len(sent))

    def send(one):
        tab, data = one
        ready.wait()
        return tab.post(page, data=data)

    with ThreadPoolExecutor(len(sent)) as pool:
        return list(pool.map(send, sent))


def test_of_two_scorers_one_decides(shop, waiting):
    page, milo, enid = waiting
    high = {"level.letter.reason": "3", "level.letter.request": "4"}
    low = {"level.letter.reason": "1", "level.letter.request": "1"}
    sent = []
    for token, marks in ((milo, high), (enid, low)):
        for _ in range(TABS):
            tab = browser(shop, token)
            sent.append((tab, {**marks, "csrf_token": tab.token(page)}))
    answers = at_once(page, sent)
    codes = [answer.status_code for answer in answers]
    # Every tab of whoever was first is answered as one; every tab of the other hears who decided.
    assert sorted((codes[:TABS], codes[TABS:])) == [[303] * TABS, [409] * TABS]
    first = "Milo Hart" if codes[0] == 303 else "Enid Shaw"
    assert all(f"{first} scored this on" in answer.text for answer in answers if answer.status_code == 409)
    assert (shop.count(AttemptScoring), shop.count(Grade)) == (1, 1)
    assert shop.count(LedgerEntry, LedgerEntry.kind == "answer_scored") == 1
    assert shop.count(Message, Message.kind == "attempt_scored") == 1
    has_passed = shop.read(lambda: db.session.scalars(select(Grade.passed)).one())
    assert has_passed is (first == "Milo Hart")
    opened = select(func.count()).select_from(ModuleOpening).where(ModuleOpening.module_key == "two")
    assert shop.read(lambda: db.session.scalar(opened)) == int(has_passed)


def test_of_four_revisions_one_counts(shop, waiting):
    """An admin repairs a low score from several tabs, each with another reason."""
    page, milo, enid = waiting
    low = {"level.letter.reason": "1", "level.letter.request": "1"}
    scorer = browser(shop, milo)
    assert scorer.post(page, data={**low, "csrf_token": scorer.token(page)}).status_code == 303
    sent = []
    for number in range(4):
        tab = browser(shop, enid)
        marks = {"level.letter.reason": "3", "level.letter.request": "4", "seen": "1"}
        sent.append((tab, {**marks, "reason": f"Tab {number}.", "csrf_token": tab.token(page)}))
    codes = [answer.status_code for answer in at_once(f"{page}/revision", sent)]
    assert sorted(codes) == [303, 409, 409, 409]
    assert (shop.count(AttemptScoring), shop.count(Grade)) == (2, 2)
    assert shop.count(Message, Message.kind == "attempt_rescored") == 1
