"""Many tabs at the very same moment, on a database of their own with real connections and real commits."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lms import clock
from lms.assessment import queries, service
from lms.assessment.models import Answer, Attempt, Grade
from lms.catalog import queries as catalog
from lms.catalog.models import ItemLine
from lms.db import db
from lms.learning import service as learning
from lms.learning.models import Enrollment, StepCompletion
from lms.people.models import User
from lms.policy import repair
from lms.policy.repair import Remedy
from lms.statements.models import LedgerEntry
from tests.factories import make_user
from tests.features.assessment.tabs import opened
from tests.features.learning.samples import RIGHT as RESPONSES

RIGHT = {"q-i-single": "a", "q-i-short": "exit criterion", "sure": "yes"}


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path) as made:
        yield made


def test_starting_in_every_tab_is_one_attempt(shop):
    answers = shop.at_once(shop.start, {}, shop.start)
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    assert shop.count(Attempt) == 1
    assert shop.count(LedgerEntry, LedgerEntry.kind == "attempt_started") == 1


def test_handing_in_from_every_tab_is_one_verdict(shop):
    attempt = shop.begin()
    answers = shop.at_once(f"{attempt}/submission", RIGHT, attempt)
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"{attempt}/result")}
    assert shop.count(Grade) == 1
    assert shop.count(LedgerEntry, LedgerEntry.kind == "attempt_graded") == 1
    assert shop.count(Answer) == 2


def test_what_was_said_to_be_saved_is_graded_though_others_hand_in(shop):
    """Answers and submissions cross: each answer is either refused in words, or kept and in the verdict."""
    attempt = shop.begin()
    nothing_new = {f"was-{key}": "{}" for key in RESPONSES}  # from pages that were opened on an empty form
    sent = []
    for key, response in RESPONSES.items():
        sent.append((f"{attempt}/answers", {"item": key, "client_id": key, "response": response}))
        sent.append((f"{attempt}/submission", {**nothing_new, "sure": "yes"}))
    answers = shop.send_at_once(sent, attempt)
    saved = {data["item"] for (_, data), got in zip(sent, answers, strict=True) if "item" in data and got.is_json
             and got.status_code == 200}  # fmt: skip
    refused = [got for (_, data), got in zip(sent, answers, strict=True) if "item" in data and got.status_code == 409]
    assert len(saved) + len(refused) == len(RESPONSES)
    assert all(got.get_json()["code"] == "attempt_closed" for got in refused)

    def verdict():
        sitting = queries.sitting(UUID(attempt.rsplit("/", 1)[1]))
        kept = queries.responses(sitting.attempt.id)
        [grade] = db.session.scalars(select(Grade))
        again = repair.outcome(sitting.form, {item.key: item for item in sitting.items}, kept, ())
        return set(kept), Fraction(grade.earned_numerator, grade.earned_denominator), again.verdict.earned

    kept, earned, again = shop.read(verdict)
    assert kept == saved
    assert earned == again == len(saved)


def test_the_last_attempt_is_begun_once_from_every_tab(shop):
    """Two are used; of twenty starts and hand-ins at once exactly one more comes of it."""

    def used():
        now = clock.now()
        for number in (1, 2):
            db.session.add(_row(shop, number, state="graded", closed_at=now))
        db.session.commit()

    shop.read(used)
    shop.read(lambda: _forget_cooling(shop))
    answers = shop.at_once(shop.start, {}, shop.start)
    assert {answer.status_code for answer in answers} == {303}
    attempt = answers[0].location
    shop.at_once(f"{attempt}/submission", {"sure": "yes"}, attempt)
    again = shop.at_once(shop.start, {}, "/courses")
    assert {answer.status_code for answer in again} == {409}
    assert shop.count(Attempt) == 3
    assert shop.count(Grade) == 1


def _row(shop, number, **values):
    form = {"purpose": "post", "title": "T", "version_id": str(uuid4()), "seed": 1, "threshold_bp": 8000,
            "feedback": "objective", "items": []}  # fmt: skip
    known = {"id": uuid4(), "enrollment_id": shop.enrollment_id, "step_key": "one/posttest", "purpose": "post"}
    return Attempt(**{**known, "number": number, "state": "open", "started_at": clock.now(), "form": form, **values})


def _forget_cooling(shop):
    for attempt in db.session.scalars(select(Attempt)):
        attempt.started_at = attempt.closed_at = attempt.closed_at.replace(year=2020)
    db.session.commit()


@pytest.mark.parametrize("taken", [{"number": 2}, {"number": 1, "state": "graded", "closed_at": clock.now()}])
def test_the_database_refuses_what_the_code_would_have_let_through(shop, taken):
    """One open attempt at a time and each number once: whoever forgets the lock finds no second attempt."""
    shop.begin()

    def slips_in():
        db.session.add(_row(shop, **taken))
        db.session.commit()

    with pytest.raises(IntegrityError):
        shop.read(slips_in)
    assert shop.count(Attempt) == 1


def test_a_repair_reaches_those_who_hand_in_at_that_moment(shop):
    """Some verdicts come before the decision, some after it, some while it is made: all have what it gives."""

    def more():
        author = db.session.get_one(User, shop.author_id)
        version = catalog.version(db.session.scalars(select(Enrollment.version_id)).one())
        people = [make_user(f"Rep {number}", roles=("rep",)) for number in range(8)]
        made = [(one, learning.enroll(one.id, version, by=author, at=clock.now())) for one in people]
        db.session.commit()
        return [replace(shop, token=one.session_token, enrollment_id=enrollment.id) for one, enrollment in made]

    said = {"q-i-short": "proof point", "sure": "yes"}
    tabs = [(one.tab(), one.begin()) for one in shop.read(more)]
    tokens = [tab.token(attempt) for tab, attempt in tabs]
    ready = Barrier(len(tabs) + 1)

    def submit(number):
        tab, attempt = tabs[number]
        ready.wait()
        return tab.post(f"{attempt}/submission", data={**said, "csrf_token": tokens[number]}).status_code

    def decide():
        with shop.app.app_context():
            ready.wait()
            db.session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})  # as a request that writes
            line = db.session.scalars(select(ItemLine).where(ItemLine.key == "i-short")).one()
            author = db.session.get_one(User, shop.author_id)
            service.repair_item(line, 1, Remedy.ACCEPT, ["proof point"], reason="Said so.", by=author, at=clock.now())
            db.session.commit()
            db.session.remove()

    with ThreadPoolExecutor(len(tabs) + 1) as pool:
        decided = pool.submit(decide)
        assert list(pool.map(submit, range(len(tabs)))) == [303] * len(tabs)
        decided.result()

    def earned():
        latest = {}
        for grade in db.session.scalars(select(Grade).order_by(Grade.number)):
            latest[grade.attempt_id] = grade.detail["items"]["i-short"]["share"]
        return sorted(latest.values())

    assert shop.read(earned) == ["1"] * len(tabs)


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
