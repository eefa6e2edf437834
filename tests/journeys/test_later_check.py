"""Weeks after a module: the check is due, taken on the phone, and what has stayed is told to rep and manager."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect

from lms import clock
from lms.assessment import queries
from lms.catalog import queries as catalog
from lms.catalog import service as publishing
from lms.db import db
from lms.demo.answers import right
from lms.learning import service as learning
from lms.people import service as people
from lms.people.models import User
from lms.people.passwords import hasher
from lms.policy.outline import Layer, Module
from tests.features.learning.samples import chunk, course, posttest
from tests.journeys.browsing import DESK, PHONE, Reader
from tests.journeys.keys_and_taps import by_taps
from tests.journeys.site import PASSWORD, Site
from tests.journeys.world import LONG_AGO, inside

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.xdist_group("later-check")]

FIRST = Module("one", "The job of the call", (chunk("a", prefix="one-"), posttest(items=6)))
LAYER = Module(
    "two",
    "Your script",
    (chunk("b", "Open the call", prefix="two-"),),
    requires=("one",),
    builds_on=(Layer("one", "The job of the call decides the script."),),
    needs_mastery=True,
)


@pytest.fixture(scope="module")
def world(site: Site) -> SimpleNamespace:
    """Rosa finished the first module fifteen days ago; the second waits for what has stayed. She has more time."""
    with inside(site):
        now = clock.now()
        at = now - timedelta(days=20)

        def hire(key: str, name: str, *roles: str) -> User:
            user = people.create_person(
                name=name, zone="UTC", email=f"{key}@example.com", roles=roles, hired_on=LONG_AGO, by=None, at=at
            )
            people.set_password(user, PASSWORD, hasher=hasher(cheap=True), by=None, at=at)
            return user

        enid, milo = hire("enid", "Enid Shaw", "admin", "author"), hire("milo", "Milo Hart", "manager")
        rosa = hire("rosa", "Rosa Diaz", "rep")
        people.set_manager(rosa, milo, from_on=LONG_AGO, by=None, at=at)
        made = course(FIRST, LAYER, key="later", title="Appointment calls")
        stored = publishing.publish(made, {}, change_class="substantive", by=enid, at=at)
        enrollment = learning.enroll(rosa.id, catalog.version(stored.id), by=milo, at=at)
        done_at = now - timedelta(days=15)
        learning.complete_step(enrollment, "one/a", how="read", by=rosa, at=done_at)
        learning.complete_step(enrollment, "one/posttest", how="passed", by=rosa, at=done_at)
        people.give_time(rosa, time_percent=150, starts_on=LONG_AGO, ends_on=None, reason="Low vision.", by=enid, at=at)
        found = SimpleNamespace(trail=f"/courses/{enrollment.id}", rosa_id=rosa.id)
        db.session.commit()
    site.start()
    return found


def test_a_due_check_is_taken_on_the_phone_and_what_stayed_is_told(
    site: Site, world: SimpleNamespace, chromium: Browser
) -> None:
    rosa = Reader(chromium, site.url, "rosa", PHONE).sign_in()
    rosa.go("/", "today-with-a-later-check")
    assert "Later check: The job of the call" in rosa.text
    rosa.go(world.trail, "trail-with-a-later-check")
    assert "Opens when the later check of “The job of the call” shows that it has stayed." in rosa.text
    rosa.go("/")
    rosa.follow("Begin")
    rosa.look("start-of-a-later-check")
    assert "Whatever comes of it, what you have done stays done." in rosa.text
    rosa.press("Start attempt 1")
    attempt = UUID(rosa.page.url.rsplit("/", 1)[1])
    with inside(site):
        items = queries.sitting(attempt).items
    assert len(items) == 8
    by_taps(rosa.page, items, {item.key: right(item) for item in items})
    rosa.look("result-of-a-later-check")
    assert "Mastered" in rosa.text
    rosa.go(world.trail, "trail-after-a-later-check")
    assert "Mastered on" in rosa.text
    assert "Mastered: Know it." in rosa.text

    rosa.follow("Open the call", exact=False)
    rosa.look("first-page-of-a-layer")
    rosa.follow("Warm up")
    rosa.look("start-of-a-warm-up")
    rosa.press("Start attempt 1")
    rosa.page.locator("fieldset.question").first.locator("label.choice").first.tap()
    rosa.page.get_by_role("button", name="Check this answer").first.tap()
    rosa.page.locator(".why-mark").first.wait_for()
    rosa.look("warm-up-with-a-checked-answer")
    assert "Because" in rosa.text
    rosa.go("/account", "account-with-more-time")
    assert "You have 150% of each time limit" in rosa.text
    rosa.close()

    milo = Reader(chromium, site.url, "milo", DESK).sign_in()
    milo.go(f"/people/{world.rosa_id}", "person-with-what-stayed")
    assert "Mastered on" in milo.text
    assert "Low vision" not in milo.text
    milo.close()
    enid = Reader(chromium, site.url, "enid", DESK).sign_in()
    enid.go(f"/admin/people/{world.rosa_id}", "person-with-more-time")
    assert "Low vision." in enid.text
    enid.close()


def test_without_a_script_an_answer_is_checked_too(site: Site, world: SimpleNamespace, chromium: Browser) -> None:
    """The warm-up of a layer that waits for nothing, on a phone that runs no script."""
    with inside(site):
        at = clock.now() - timedelta(days=1)
        enid = db.session.query(User).filter_by(name="Enid Shaw").one()
        nils = people.create_person(
            name="Nils Berg", zone="UTC", email="nils@example.com", roles=("rep",), hired_on=LONG_AGO, by=None, at=at
        )
        people.set_password(nils, PASSWORD, hasher=hasher(cheap=True), by=None, at=at)
        made = course(FIRST, replace(LAYER, needs_mastery=False), key="open", title="Open calls")
        stored = publishing.publish(made, {}, change_class="substantive", by=enid, at=at)
        enrollment = learning.enroll(nils.id, catalog.version(stored.id), by=enid, at=at)
        for key in ("one/a", "one/posttest"):
            learning.complete_step(enrollment, key, how="read", by=nils, at=at)
        start = f"/courses/{enrollment.id}/assessments/two/warm-up"
        db.session.commit()
    reader = Reader(chromium, site.url, "nils", {**PHONE, "java_script_enabled": False}).sign_in()
    reader.go(start)
    reader.press("Start attempt 1")
    reader.page.get_by_role("button", name="Check this answer").first.tap()
    expect(reader.page.locator(".question .error").first).to_contain_text("Answer this question.")
    reader.page.locator("fieldset.question").first.locator("label.choice").first.tap()
    reader.page.get_by_role("button", name="Check this answer").first.tap()
    expect(reader.page.locator(".why").first).to_contain_text("Because")
    reader.close()
