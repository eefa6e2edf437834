"""A spoken and a written answer on the phone: with keys, with a finger or as a file; then scored by the manager."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from lms import clock
from lms.catalog import queries as catalog
from lms.catalog import service as publishing
from lms.db import db
from lms.demo.answers import spoken
from lms.learning import queries as learning_queries
from lms.learning import service as learning
from lms.people import queries as people_queries
from lms.people import service as people
from lms.people.models import User
from lms.people.passwords import hasher
from lms.policy.items import Media
from lms.policy.outline import Module
from tests.features.learning.samples import chunk, course, posttest, recorded, written
from tests.journeys.browsing import DESK, PHONE, Reader
from tests.journeys.site import PASSWORD, Site
from tests.journeys.world import LONG_AGO, inside

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.xdist_group("scoring")]

WITHOUT_SCRIPT = {**PHONE, "java_script_enabled": False}
MAIL = "You start a second shift in March."
FOCUSED = "() => { const at = document.activeElement; return [at.tagName, at.name || '', at.innerText || '']; }"
MOST_STOPS = 60


@pytest.fixture(scope="module")
def world(site: Site) -> SimpleNamespace:
    """Rosa, Nils, Ada and Lena stand in front of a test that Milo scores."""
    test = posttest(items=0, cooldown_hours=0)
    items = (recorded("said", prompt="Say how you open the call.", max_seconds=30), written("mail"))
    filmed = recorded("filmed", prompt="Show how you say it.", media=Media.VIDEO, max_seconds=10)
    made = course(
        Module("one", "The opening", (_with(test, items),)),
        Module("two", "The rest", (chunk("after", items=0), _with(test, (filmed,))), requires=("one",)),
        title="Openings",
    )
    with inside(site):
        at = clock.now() - timedelta(days=1)

        def hire(key: str, name: str, *roles: str) -> User:
            user = people.create_person(
                name=name, zone="UTC", email=f"{key}@example.com", roles=roles, hired_on=LONG_AGO, by=None, at=at
            )
            people.set_password(user, PASSWORD, hasher=hasher(cheap=True), by=None, at=at)
            return user

        enid, milo = hire("enid", "Enid Shaw", "admin", "author"), hire("milo", "Milo Hart", "manager")
        version = catalog.version(publishing.publish(made, {}, change_class="substantive", by=enid, at=at).id)
        starts = {}
        for key, name in (("rosa", "Rosa Diaz"), ("nils", "Nils Berg"), ("ada", "Ada Holm"), ("lena", "Lena Falk")):
            user = hire(key, name, "rep")
            people.set_manager(user, milo, from_on=LONG_AGO, by=None, at=at)
            starts[key] = f"/courses/{learning.enroll(user.id, version, by=enid, at=at).id}"
        db.session.commit()
    site.start()
    return SimpleNamespace(starts=starts)


def _with(test, items):
    values = {name: getattr(test, name) for name in test.__dataclass_fields__}
    return type(test)(**{**values, "items": items, "threshold_bp": 5000})


def begins(reader: Reader, world: SimpleNamespace, module: str = "one") -> str:
    reader.go(f"{world.starts[reader.key]}/assessments/{module}/posttest")
    reader.press("Start attempt 1")
    return reader.page.url


def tab_to(page: Page, *, name: str = "", text: str = "") -> None:
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        _, at, words = page.evaluate(FOCUSED)
        if (name and at == name) or (text and words == text):
            return
    raise AssertionError(f"the keyboard does not come to {name or text}")


def sounds(page: Page) -> None:
    """What was kept is a recording that the browser can play."""
    player = page.locator("[data-recorder-take] .take, .take").first
    expect(player).to_be_visible()
    page.wait_for_function("at => at.readyState > 0", arg=player.element_handle())
    assert player.evaluate("at => at.error") is None


def test_recorded_and_written_with_keys_then_scored(site: Site, world: SimpleNamespace, chromium: Browser) -> None:
    rosa = Reader(chromium, site.url, "rosa", PHONE).sign_in()
    attempt, page = begins(rosa, world), rosa.page
    rosa.look("attempt-with-a-recording")
    parts = ("said", "mail") if _top(page, "#q-said") < _top(page, "#q-mail") else ("mail", "said")
    for part in parts:
        if part == "mail":
            tab_to(page, name="q-mail")
            page.keyboard.type(MAIL)
        else:
            tab_to(page, text="Record your voice")
            page.keyboard.press("Enter")
            expect(page.locator(".recorder-time")).to_contain_text("0:02 of 0:30")
            rosa.look("recording")
            page.keyboard.press("Enter")  # the focus is on "Stop"
            expect(page.get_by_text("The recording is saved.")).to_be_visible()
            sounds(page)
    rosa.look("recorded")
    page.reload()  # what was saved is there
    sounds(page)
    tab_to(page, text="Hand in")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "With Milo Hart since" in rosa.text
    assert MAIL in rosa.text
    rosa.look("waiting")

    milo = Reader(chromium, site.url, "milo", PHONE).sign_in()
    assert "Score what Rosa Diaz handed in" in milo.text
    milo.look("today-with-an-answer-to-score")
    milo.go("/queue", "queue-with-an-answer-to-score")
    milo.page.get_by_role("link", name="Rosa Diaz").click()
    milo.page.wait_for_url("**/scoring")
    milo.look("score-on-the-phone")
    sounds(milo.page)
    milo.page.set_viewport_size(DESK["viewport"])
    milo.look("score-on-the-desk")
    milo.page.set_viewport_size(PHONE["viewport"])
    milo.press("Keep the score")
    assert "Choose a level for “Gives a reason”." in milo.text
    milo.look("score-with-problems")
    for control in ("level.said.reason", "level.said.request", "level.mail.reason", "level.mail.request"):
        tab_to(milo.page, name=control)
        milo.page.keyboard.press("Space")
        milo.page.keyboard.press("ArrowDown")
    tab_to(milo.page, name="comment.mail.request")
    milo.page.keyboard.type("Say the day.")
    tab_to(milo.page, text="Keep the score")
    with milo.page.expect_navigation():
        milo.page.keyboard.press("Enter")
    assert "Milo Hart scored this on" in milo.text
    milo.look("scored")
    milo.close()

    rosa.go(attempt)
    assert "Not passed yet" in rosa.text  # 1/2 and 1/3 of each: 5/12 of all, and half is needed
    assert "Say the day." in rosa.text
    rosa.look("result-by-a-person")
    rosa.close()


def _top(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"]


def test_a_film_by_touch(site: Site, world: SimpleNamespace, chromium: Browser) -> None:
    with inside(site):
        from_enid = people_queries.by_email("enid@example.com")
        ada = learning_queries.enrollment(_id(world.starts["ada"]))
        learning.waive(ada, "one/posttest", reason="Has shown it.", by=from_enid, at=clock.now())
        learning.complete_step(ada, "two/after", how="read", by=None, at=clock.now())
        db.session.commit()
    reader = Reader(chromium, site.url, "ada", PHONE).sign_in()
    begins(reader, world, "two")
    reader.page.get_by_role("button", name="Record with the camera").tap()
    expect(reader.page.locator(".recorder-time")).to_contain_text("0:02 of 0:10")
    reader.look("filming")
    # Nothing is handed in over the head of a recording that is under way.
    reader.page.get_by_role("button", name="Hand in", exact=True).tap()
    expect(reader.page.get_by_text("You are still recording. Stop first.")).to_be_visible()
    reader.page.get_by_role("button", name="Stop").tap()
    expect(reader.page.get_by_text("The recording is saved.")).to_be_visible()
    sounds(reader.page)
    expect(reader.page.locator("video.take")).to_be_visible()
    with reader.page.expect_navigation():
        reader.page.get_by_role("button", name="Hand in", exact=True).tap()
    assert "With Milo Hart since" in reader.text
    reader.close()


def test_a_recording_waits_for_the_connection(site: Site, world: SimpleNamespace, chromium: Browser) -> None:
    nils = Reader(chromium, site.url, "nils", PHONE).sign_in()
    begins(nils, world)
    page = nils.page
    nils.context.set_offline(True)
    page.get_by_role("button", name="Record your voice").tap()
    expect(page.locator(".recorder-time")).to_contain_text("0:01 of 0:30")
    page.get_by_role("button", name="Stop").tap()
    expect(page.get_by_text("Not sent: no connection.")).to_be_visible()
    nils.context.set_offline(False)
    page.get_by_role("button", name="Send it again").tap()
    expect(page.get_by_text("The recording is saved.")).to_be_visible()
    sounds(page)
    nils.close()


def test_a_file_without_a_script(site: Site, world: SimpleNamespace, chromium: Browser, tmp_path) -> None:
    voice = tmp_path / "voice.wav"
    voice.write_bytes(spoken("lena"))
    lena = Reader(chromium, site.url, "lena", WITHOUT_SCRIPT).sign_in()
    begins(lena, world)
    lena.page.locator("#f-said").set_input_files(voice)
    lena.page.locator('[name="q-mail"]').fill(MAIL)
    lena.press("Save and go on later")
    expect(lena.page.locator("audio.take")).to_be_visible()
    lena.press("Hand in")
    assert "With Milo Hart since" in lena.text
    lena.close()


def _id(address: str) -> UUID:
    return UUID(address.rsplit("/", 1)[1])
