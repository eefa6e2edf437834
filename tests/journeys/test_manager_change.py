"""The manager is away, then another takes over: the work is never stuck, and what was decided stays decided."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from lms import clock
from lms.db import db
from lms.demo.journey import Journey
from lms.learning import queries as learning_queries
from lms.people import service as people
from lms.people.models import User
from lms.transfer.models import TransferActivity, TransferMove
from tests.journeys.answering import tick
from tests.journeys.browsing import DESK, PHONE, Reader
from tests.journeys.site import Site
from tests.journeys.world import inside, populate

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.xdist_group("change")]
SCRIPT = "your-call-script/call-script"


@pytest.fixture
def world(site: Site) -> SimpleNamespace:
    """Rosa has submitted; her request waits on Milo."""
    made = populate(site)
    with inside(site):
        rosa = db.session.get_one(User, made.ids["rosa"])
        enrollment = learning_queries.enrollment(made.enrollment)
        assert enrollment is not None
        journey = Journey.resume(rosa, enrollment, at=clock.now() - timedelta(hours=20))
        journey.learn()
        journey.write(SCRIPT)
        made.activity = journey.submit(SCRIPT).id
        db.session.commit()
    site.start()
    return made


def test_delegate_decides_then_the_new_manager_goes_on(site: Site, world: SimpleNamespace, chromium: Browser) -> None:
    milo = Reader(chromium, site.url, "milo", DESK).sign_in()
    otis = Reader(chromium, site.url, "otis", PHONE).sign_in()
    rosa = Reader(chromium, site.url, "rosa", PHONE).sign_in()
    review = f"/reviews/{world.activity}"

    assert otis.page.goto(review).status == 404  # type: ignore[union-attr]
    milo_names_otis(milo)
    otis.go("/queue", "queue-delegate")
    assert "Rosa Diaz" in otis.text
    assert "stand in" in otis.text
    otis.page.locator(".queue-link", has_text="Rosa Diaz").click()
    otis.page.wait_for_load_state()
    otis.look("review-delegate")

    milo.go(review)  # Milo has it open on his screen, too, when Otis decides
    approve(otis)
    assert "Hand over to the field" in otis.text
    marks(milo)
    milo.press("Approve")
    milo.look("already-decided")
    assert "Otis Grey" in milo.text
    assert "approved" in milo.text

    rosa.go(f"/transfer/{world.enrollment}/{SCRIPT}", "activity-approved-by-delegate")
    assert "Otis Grey approved it" in rosa.text
    milo.go(review, "review-after-delegate")
    milo.page.locator('textarea[name="leads"]').fill("\n".join(f"Account {number}" for number in range(1, 7)))
    milo.press("Hand over")

    change_manager(site, world)
    assert milo.page.goto(review).status == 404  # type: ignore[union-attr]
    otis.go("/queue", "queue-new-manager")
    otis.page.locator(".queue-link", has_text="Rosa Diaz").click()
    otis.page.wait_for_load_state()
    otis.look("observe-new-manager")
    observe(otis)
    rosa.go(f"/transfer/{world.enrollment}/{SCRIPT}/results")
    for key, value in (("calls", 40), ("contacts", 20), ("presentations", 10), ("appointments", 3)):
        rosa.page.locator(f'[name="n-{key}"]').fill(str(value))
    tick(rosa.page.locator('[name="met_manager"]'))
    rosa.press("Report")
    assert "Waiting on Otis Grey" in rosa.text
    otis.go(review)
    otis.press("Confirm the numbers")
    assert "opened for Rosa" in otis.text
    on_record(site, world)
    for reader in (milo, otis, rosa):
        reader.close()


def milo_names_otis(milo: Reader) -> None:
    milo.go("/delegates", "delegates")
    today = clock.local_day(clock.now(), "UTC")
    milo.page.locator('input[name="who"]').fill("otis@example.com")
    milo.page.locator('input[name="starts_on"]').fill(today.isoformat())
    milo.page.locator('input[name="ends_on"]').fill((today + timedelta(days=5)).isoformat())
    milo.page.locator('[name="reason"]').fill("On leave")
    milo.press("Name them")
    milo.look("delegates-named")
    assert "Otis Grey" in milo.text
    assert "On leave" in milo.text


def marks(reader: Reader) -> None:
    guide = reader.page.get_by_role("tab", name="Rubric", exact=True)
    if guide.count() and guide.is_visible():
        guide.click()
    for box in reader.page.locator('input[name^="mark-"][value="met"]').all():
        tick(box)
    reader.press("Today")


def approve(reader: Reader) -> None:
    marks(reader)
    reader.press("Approve")


def observe(reader: Reader) -> None:
    for box in reader.page.locator('input[name^="seen-"][value="yes"]').all():
        tick(box)
        name = (box.get_attribute("name") or "").removeprefix("seen-")
        tick(reader.page.locator(f'input[name="level-{name}"][value="3"]'))
    reader.page.locator('[name="minutes"]').fill("30")
    reader.press("Keep the observation")
    assert "Observed 1 of 1" in reader.text


def change_manager(site: Site, world: SimpleNamespace) -> None:
    """From today Rosa reports to Otis; his standing in for Milo ends with it."""
    with inside(site):
        at = clock.now()
        rosa, otis = (db.session.get_one(User, world.ids[key]) for key in ("rosa", "otis"))
        enid = db.session.get_one(User, world.ids["enid"])
        people.set_manager(rosa, otis, from_on=clock.company_day(at), by=enid, at=at)
        db.session.commit()


def on_record(site: Site, world: SimpleNamespace) -> None:
    with inside(site):
        activity = db.session.get_one(TransferActivity, world.activity)
        assert activity.status == "verified"
        moves = db.session.scalars(
            select(TransferMove).where(TransferMove.activity_id == activity.id).order_by(TransferMove.number)
        ).all()
        by = {move.move: (move.by_id, move.capacity) for move in moves}
        assert by["approve"] == (world.ids["otis"], "delegate")
        assert by["release"] == (world.ids["milo"], "manager")
        assert by["verify"] == (world.ids["otis"], "manager")
