"""What may happen while somebody sits a test: the clock jumps, the course changes, a new process takes over."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from sqlalchemy import select

from lms import clock
from lms.assessment import queries, service
from lms.assessment.models import Answer, Attempt, Grade
from lms.catalog import service as catalog_service
from lms.db import db
from lms.people.models import User
from tests.features.assessment.tabs import course_with_test, opened
from tests.features.learning.samples import every_type, single

HOUR = timedelta(hours=1)
HALF = {"q-i-single": "a", "q-i-multiple": ["a", "b"], "q-i-judgment": "a", "q-i-numeric": "12.5"}
REST = {
    **{f"q-i-{kind}.{key}": place for kind in ("order", "ranking") for key, place in zip("abc", "123", strict=True)},
    **{f"q-i-matching.{key}": key for key in "abc"},
    "q-i-short": "exit criterion",
    "q-i-best-worst.best": "a",
    "q-i-best-worst.worst": "c",
    "q-i-calculated": "14",
    "q-i-cloze.one": "a",
    "q-i-cloze.two": "ask",
    "q-i-hotspot": "a",
}


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path) as made:
        yield made


@pytest.fixture
def clock_says(monkeypatch):
    """Put the server's clock somewhere else, from now on."""
    true = clock.now

    def put(by):
        monkeypatch.setattr(clock, "now", lambda: true() + by)

    return put


def save(shop, attempt, answers):
    """As the page saves without a script; the page is read anew, so it says what it began with."""
    tab = shop.tab()
    began = {f"was-{item.key}": "{}" for item in every_type()}
    return tab.send(f"{attempt}/answers", {**began, **answers}, page="/courses")


def hand_in(shop, attempt, answers):
    began = {f"was-{item.key}": "{}" for item in every_type()}
    return shop.tab().send(f"{attempt}/submission", {**began, **answers, "sure": "yes"}, page="/courses")


def only_verdict(shop):
    def read():
        [grade] = db.session.scalars(select(Grade))
        [attempt] = db.session.scalars(select(Attempt))
        return grade.passed, Fraction(grade.earned_numerator, grade.earned_denominator), grade.possible, attempt.state

    return shop.read(read)


def publish(shop, **changes):
    """The next version of the course, by its author."""

    def change():
        author = db.session.get_one(User, shop.author_id)
        made = catalog_service.publish(
            course_with_test(**changes), {}, change_class="substantive", by=author, at=clock.now()
        )
        db.session.commit()
        return made.number

    return shop.read(change)


@pytest.mark.parametrize(("first", "then"), [(HOUR, timedelta(0)), (-HOUR, timedelta(0)), (24 * HOUR, -24 * HOUR)])
def test_a_clock_that_jumps_costs_nothing_without_a_time_limit(shop, clock_says, first, then):
    attempt = shop.begin()
    clock_says(first)
    assert save(shop, attempt, HALF).status_code == 303
    assert shop.begin() == attempt
    clock_says(then)
    assert hand_in(shop, attempt, REST).location == f"{attempt}/result"
    assert only_verdict(shop) == (True, 12, 12, "graded")


def test_the_last_answer_counts_though_the_clock_went_back(shop, clock_says):
    """What came later was answered later, whatever time it bears."""
    attempt = shop.begin()
    clock_says(HOUR)
    save(shop, attempt, {"q-i-single": "b"})
    clock_says(timedelta(0))
    save(shop, attempt, {"q-i-single": "a"})
    assert shop.read(lambda: queries.responses(UUID(attempt[-36:])))["i-single"] == {"choice": "a"}
    stamps = shop.read(lambda: db.session.scalars(select(Answer.saved_at).order_by(Answer.number)).all())
    assert stamps[0] > stamps[1]


@pytest.fixture
def timed(shop):
    """The same, with half an hour of time for it."""

    def change():
        row = db.session.scalars(select(Attempt)).one()
        row.deadline_at = row.started_at + HOUR / 2
        db.session.commit()

    attempt = shop.begin()
    shop.read(change)
    return attempt


def test_a_clock_that_jumps_past_the_deadline_and_back_takes_no_answer_away(shop, timed, clock_says):
    save(shop, timed, HALF)
    clock_says(2 * HOUR)
    late = save(shop, timed, {"q-i-short": "exit criterion"})
    assert late.status_code == 409
    clock_says(timedelta(0))
    assert hand_in(shop, timed, {**HALF, **REST}).location == f"{timed}/result"
    assert only_verdict(shop) == (True, 12, 12, "graded")


def test_a_clock_that_runs_ahead_ends_it_once_with_what_was_saved(shop, timed, clock_says):
    save(shop, timed, HALF)
    clock_says(2 * HOUR)

    def errand():
        closed = service.close_overdue(clock.now())
        db.session.commit()
        return closed

    assert [shop.read(errand), shop.read(errand)] == [1, 0]
    clock_says(timedelta(0))
    assert hand_in(shop, timed, {**HALF, **REST}).location == f"{timed}/result"
    assert only_verdict(shop) == (False, 4, 12, "expired")


def test_a_new_version_in_mid_attempt_changes_nothing_of_it(shop):
    """Another key, another bar, fewer questions, one attempt only: for those who begin from now on."""
    attempt = shop.begin()
    save(shop, attempt, HALF)
    turned = tuple(replace(option, weight=1 - option.weight) for option in single("i-single").options)
    items = (single("i-single", options=turned[:2]), *(single(f"new-{n}") for n in range(5)))
    assert publish(shop, items=items, threshold_bp=10_000, attempts=1, minutes=1) == 2
    page = shop.tab().get(attempt).get_data(as_text=True)
    assert 'name="q-i-hotspot"' in page
    assert "q-new-0" not in page
    assert hand_in(shop, attempt, {**REST, "q-i-hotspot": "b"}).location == f"{attempt}/result"
    assert only_verdict(shop) == (True, 11, 12, "graded")
    assert "11 of 12 points" in shop.tab().get(f"{attempt}/result").get_data(as_text=True)


def test_a_deploy_in_mid_attempt_is_not_noticed(shop):
    """The tab stays open while the process is exchanged: same form, same answers, same token."""
    tab = shop.tab()
    attempt = tab.send(shop.start, page=shop.start).location
    before = tab.get(attempt).get_data(as_text=True)
    began = {f"was-{item.key}": "{}" for item in every_type()}
    tab.send(f"{attempt}/answers", {**began, **HALF}, page=attempt)
    token = tab.token(attempt)
    cookies = [tab.get_cookie(shop.app.config["SESSION_COOKIE_NAME"])]
    shop.restart()
    tab = shop.app.test_client()
    for cookie in cookies:
        tab.set_cookie(cookie.key, cookie.value)
    after = tab.get(attempt).get_data(as_text=True)
    assert _names(before) == _names(after), "the form is the same, in the same order"
    done = tab.post(f"{attempt}/submission", data={**began, **REST, "sure": "yes", "csrf_token": token})
    assert (done.status_code, done.location) == (303, f"{attempt}/result")
    assert only_verdict(shop) == (True, 12, 12, "graded")


def _names(page):
    return [part.partition('"')[0] for part in page.split('name="q-')[1:]]
