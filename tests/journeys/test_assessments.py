"""One test of every kind of question, on a phone: with keys alone, with a finger, without a script; then a repair.

Two of them a person scores, so each attempt waits for Enid before there is a verdict.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from lms import clock
from lms.assessment import queries
from lms.assessment import service as assessment
from lms.assessment.models import Attempt, Grade
from lms.catalog import queries as catalog
from lms.catalog import service as publishing
from lms.db import db
from lms.demo.answers import right, spoken
from lms.learning import service as learning
from lms.people import queries as people_queries
from lms.people import service as people
from lms.people.models import User
from lms.people.passwords import hasher
from lms.policy.items import Item
from lms.statements import delivery
from tests.journeys import every_type
from tests.journeys.browsing import DESK, PHONE, Reader
from tests.journeys.keys_and_taps import by_keys, by_taps
from tests.journeys.site import PASSWORD, Site
from tests.journeys.world import LONG_AGO, inside

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.xdist_group("assessments")]

WITHOUT_SCRIPT = {**PHONE, "java_script_enabled": False}


@pytest.fixture(scope="module")
def world(site: Site) -> SimpleNamespace:
    """Enid has published the course; Rosa, Nils, Ada and Lena stand in front of its test."""
    with inside(site):
        at = clock.now() - timedelta(days=1)

        def hire(key: str, name: str, *roles: str) -> User:
            user = people.create_person(
                name=name, zone="UTC", email=f"{key}@example.com", roles=roles, hired_on=LONG_AGO, by=None, at=at
            )
            people.set_password(user, PASSWORD, hasher=hasher(cheap=True), by=None, at=at)
            return user

        enid = hire("enid", "Enid Shaw", "admin", "author")
        made = publishing.publish(
            every_type.course(), {every_type.ASSET.path: every_type.ASSET}, change_class="substantive", by=enid, at=at
        )
        version = catalog.version(made.id)
        starts = {}
        for key, name in (("rosa", "Rosa Diaz"), ("nils", "Nils Berg"), ("ada", "Ada Holm"), ("lena", "Lena Falk")):
            user = hire(key, name, "rep")
            enrollment = learning.enroll(user.id, version, by=enid, at=at)
            learning.complete_step(enrollment, "one/before", how="read", by=user, at=at)
            starts[key] = f"/courses/{enrollment.id}/assessments/one/test"
        db.session.commit()
    site.start()
    return SimpleNamespace(starts=starts)


def begins(reader: Reader, world: SimpleNamespace) -> UUID:
    reader.go(world.starts[reader.key])
    reader.press("Start attempt 1")
    return UUID(reader.page.url.rsplit("/", 1)[1])


def asked(site: Site, attempt_id: UUID) -> tuple[Item, ...]:
    """The questions as this attempt has them, with their drawn numbers."""
    with inside(site):
        sitting = queries.sitting(attempt_id)
        assert sitting is not None
        return sitting.items


def kept(site: Site, attempt_id: UUID) -> Mapping[str, Mapping[str, Any]]:
    with inside(site):
        return queries.responses(attempt_id)


def meant(items: tuple[Item, ...], **other: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {item.key: other.get(item.key, right(item)) for item in items}


def was_kept(site: Site, attempt_id: UUID, responses: Mapping[str, Mapping[str, Any]]) -> bool:
    """Every answer as it was meant; of the recording, that there is one."""
    found = dict(kept(site, attempt_id))
    return bool(found.pop("said").get("file")) and found == {
        key: one for key, one in responses.items() if key != "said"
    }


def scored(site: Site, attempt_id: UUID) -> str:
    """Enid gives the best levels of both answers, as nobody stands above the reps; where the result is."""
    with inside(site):
        delivery.begin_writing()  # the site's own processes may be writing too
        sitting, enid = queries.sitting(attempt_id), people_queries.by_email("enid@example.com")
        assert sitting is not None
        assert sitting.attempt.state == "awaiting_review"
        best = assessment.Marks({one.key: len(one.levels) for one in every_type.CALL.criteria})
        assessment.score_attempt(sitting, {"mail": best, "said": best}, by=enid, at=clock.now())
        db.session.commit()
    return f"/attempts/{attempt_id}/result"


def test_every_kind_of_question_with_keys_alone(site: Site, world: SimpleNamespace, chromium: Browser) -> None:
    nils = Reader(chromium, site.url, "nils", PHONE).sign_in()
    attempt = begins(nils, world)
    nils.look("attempt-of-every-type")
    lies_on_its_picture(nils)
    items = asked(site, attempt)
    by_keys(nils.page, items, meant(items))
    nils.look("every-type-waits")
    assert "With Enid Shaw since" in nils.text
    assert was_kept(site, attempt, meant(items))
    nils.go(scored(site, attempt), "result-of-every-type")
    assert "Passed on attempt 1" in nils.text
    nils.close()


def lies_on_its_picture(reader: Reader) -> None:
    """The areas of a hotspot cover what the picture shows, whatever its size on this screen."""
    picture = reader.page.locator(".hotspot img")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    shown, areas = picture.bounding_box(), reader.page.locator(".hotspot svg").bounding_box()
    assert shown is not None
    assert areas == pytest.approx(shown, abs=1)


def test_an_answer_that_is_changed_back_stays_changed_back(
    site: Site, world: SimpleNamespace, chromium: Browser
) -> None:
    """Saved as one goes, in one page: what stands on the screen at the end is what is graded."""
    rosa = Reader(chromium, site.url, "rosa", PHONE).sign_in()
    attempt = begins(rosa, world)
    state = rosa.page.locator("[data-autosave-state]")

    def chooses(key: str) -> None:
        with rosa.page.expect_response("**/answers"):
            rosa.page.locator(f'label:has(input[name="q-goal"][value="{key}"])').tap()
        expect(state).to_contain_text("Saved at")

    chooses("a")
    rosa.page.reload()
    site.kill("web")  # a deploy in between: nobody is asked to do anything again
    site.start_web()
    for key in ("b", "a"):
        chooses(key)
        assert kept(site, attempt)["goal"] == {"choice": key}
    rosa.press("Hand in")
    rosa.page.get_by_label("Hand in all the same", exact=False).check()
    with rosa.page.expect_navigation():
        rosa.press("Hand in")
    assert kept(site, attempt) == {"goal": {"choice": "a"}}
    rosa.close()


def test_every_kind_of_question_without_a_script(
    site: Site, world: SimpleNamespace, chromium: Browser, tmp_path: Path
) -> None:
    voice = tmp_path / "voice.wav"
    voice.write_bytes(spoken("ada"))
    ada = Reader(chromium, site.url, "ada", WITHOUT_SCRIPT).sign_in()
    attempt = begins(ada, world)
    items = asked(site, attempt)
    by_taps(ada.page, items, meant(items), voice)
    assert "With Enid Shaw since" in ada.text
    assert was_kept(site, attempt, meant(items))
    ada.go(scored(site, attempt))
    assert "Passed on attempt 1" in ada.text
    ada.close()


def test_a_broken_question_is_repaired_and_who_failed_by_it_passes(
    site: Site, world: SimpleNamespace, chromium: Browser
) -> None:
    lena = Reader(chromium, site.url, "lena", PHONE).sign_in()
    attempt = begins(lena, world)
    items = asked(site, attempt)
    by_taps(lena.page, items, meant(items, word={"text": "Proof point"}))
    result = scored(site, attempt)
    lena.go(result, "result-failed")
    assert "Not passed yet" in lena.text
    enid = Reader(chromium, site.url, "enid", DESK).sign_in()
    repairs(enid)
    lena.go(result, "result-repaired")
    assert "A question was repaired" in lena.text
    assert "What ends a stage?" in lena.text
    assert "a proof point in its second chapter" in lena.text, "and why"
    assert "Passed on attempt 1" in lena.text
    with inside(site):
        grades = db.session.scalars(
            select(Grade).join(Attempt).where(Attempt.id == attempt).order_by(Grade.number)
        ).all()
        assert [(one.cause, one.passed) for one in grades] == [("scored", False), ("repaired", True)]
    lena.close()
    enid.close()


def repairs(enid: Reader) -> None:
    """From the bank to the question, to what a repair would change, to the decision."""
    enid.go("/admin/items", "questions")
    enid.page.get_by_text("Search", exact=True).click()
    enid.page.get_by_label("Words of the question").fill("ends a stage")
    enid.press("Find")
    enid.follow("What ends a stage?")
    enid.look("question")
    enid.follow("It was wrong: repair it for those who sat it")
    enid.look("repair")
    assert "Proof point" in enid.text, "what people typed is offered"
    enid.page.get_by_label("Accept another answer", exact=False).check()
    enid.page.get_by_label("Answers that shall count as right too").fill("Proof point")
    enid.press("Show what it changes")
    enid.look("repair-preview")
    expect(enid.page.get_by_role("row", name="Lena Falk")).to_contain_text("passes now")
    enid.page.get_by_label("Why").fill("The course calls it a proof point in its second chapter.")
    enid.press("Decide and regrade")
    enid.look("question-repaired")
    assert "Results that became better: 1" in enid.page.locator("body").inner_text()
    enid.go("/admin/tests", "tests")
    enid.follow("Every way to ask")
    enid.look("test-figures")
