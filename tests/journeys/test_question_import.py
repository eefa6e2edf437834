"""An author brings questions in from a phone, and another reviews one: every page clean by axe, also by keys."""

import base64
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from lms import clock
from lms.catalog import service as publishing
from lms.db import db
from lms.people import service as people
from lms.people.passwords import hasher
from tests.journeys import every_type
from tests.journeys.browsing import PHONE, Reader
from tests.journeys.site import PASSWORD, Site
from tests.journeys.world import LONG_AGO, inside

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.xdist_group("assessments")]

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><path d="M0 0L200 100"/></svg>'
GIFT = b"""::close::How does a call end?{=With a day and a time#Yes ~With a brochure####Only that counts.}

::why::Why?{}

::match::What belongs together?{=Price -> Value =Timing -> Next step}
"""
MOODLE = (
    b'<quiz><question type="multichoice"><name><text>shown</text></name><questiontext format="html"><text>'
    b'<![CDATA[<p>What is this? <img src="@@PLUGINFILE@@/map.svg" alt="A map"></p>]]></text>'
    b'<file name="map.svg" path="/" encoding="base64">' + base64.b64encode(SVG) + b"</file></questiontext>"
    b'<single>true</single><answer fraction="100"><text>A map</text></answer>'
    b'<answer fraction="0"><text>A list</text></answer></question></quiz>'
)


@pytest.fixture
def authors(site: Site) -> None:
    with inside(site):
        at = clock.now() - timedelta(days=1)
        made = {}
        for key, name in (("enid", "Enid Shaw"), ("ada", "Ada Holm")):
            made[key] = people.create_person(
                name=name, zone="UTC", email=f"{key}@example.com", roles=("author",), hired_on=LONG_AGO, by=None, at=at
            )
            people.set_password(made[key], PASSWORD, hasher=hasher(cheap=True), by=None, at=at)
        publishing.publish(
            every_type.course(),
            {every_type.ASSET.path: every_type.ASSET},
            change_class="substantive",
            by=made["enid"],
            at=at,
        )
        db.session.commit()


def test_questions_come_in_from_a_phone_and_are_reviewed_by_somebody_else(
    site: Site, authors: None, chromium: Browser
) -> None:
    site.start()
    enid = Reader(chromium, site.url, "enid", PHONE).sign_in()
    enid.go("/admin/items", "questions")
    enid.follow("Import questions")
    enid.look("upload")
    enid.page.get_by_label("Files of questions").set_input_files(
        [
            {"name": "bank.gift", "mimeType": "text/plain", "buffer": GIFT},
            {"name": "bank.xml", "mimeType": "text/xml", "buffer": MOODLE},
        ]
    )
    enid.press("Check them")
    enid.look("dry-run")
    assert "a person scores it" in enid.text
    picture = enid.page.get_by_alt_text("A map").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    wide = enid.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["viewport"]["width"], "nothing is wider than the phone"
    button = enid.page.get_by_role("button", name="Import 3 drafts")
    button.focus()
    enid.page.keyboard.press("Enter")
    enid.page.wait_for_load_state()
    expect(enid.page.get_by_role("heading", name="Imported: 3 drafts")).to_be_visible()
    enid.look("imported")
    enid.page.go_back()
    enid.page.reload()
    expect(enid.page.get_by_role("heading", name="Imported: 3 drafts")).to_be_visible()
    enid.follow("All drafts of this course")
    enid.follow("How does a call end?")
    enid.look("draft")
    assert "somebody else reviews it" in enid.text
    at = enid.page.url
    ada = Reader(chromium, site.url, "ada", PHONE).sign_in()
    ada.go(at)
    ada.press("Reviewed: it is good")
    assert "The question is reviewed now." in ada.text
    ada.go("/admin/items?state=reviewed")
    ada.follow("Export these")
    ada.look("export")
    with ada.page.expect_download() as download:
        ada.page.get_by_role("link", name="Download GIFT").click()
    assert b"How does a call end?" in download.value.path().read_bytes()
    enid.close()
    ada.close()
