"""app.js in a real browser: nothing typed is lost, states are said in words, keys and tabs work, the policy holds."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from lms import clock

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(probe) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, probe[0], threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def bp(probe):
    bp = probe[1]
    bp.answer = None
    bp.sent.clear()
    bp.saved = {"lock_version": 1, "fields": {}}
    bp.counts["call"] = 0
    return bp


@pytest.fixture
def page(chromium, address) -> Iterator[Page]:
    """A phone. Whatever the policy blocks, and whatever a script breaks, fails the test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=address)
    context.set_default_timeout(8000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert not wrong


def state(page: Page):
    return page.locator("[data-autosave-state]")


# ---------------------------------------------------------------------------------------- autosave


def test_typing_is_saved_and_said(page, bp):
    page.goto("/probe/page/autosave")
    page.get_by_label("Opening").fill("Good morning")
    expect(state(page)).to_contain_text("Saved at")
    page.get_by_label("Ready").check()
    expect(page.locator("input[name=lock_version]")).to_have_value("3")
    assert bp.saved["fields"] == {"opening": "Good morning", "ready": True, "r-concerns-0-text": ""}


def test_what_does_not_fit_is_said_beside_its_control_once_it_is_left(page, bp):
    page.goto("/probe/page/autosave")
    opening = page.get_by_label("Opening")
    opening.fill("42")
    expect(state(page)).to_contain_text("1 answer does not fit yet.")
    expect(page.locator("#opening-error")).to_have_count(0)
    page.get_by_label("Ready").focus()
    expect(page.locator("#opening-error")).to_have_text("Error: Say it in letters.")
    expect(opening).to_have_attribute("aria-describedby", "opening-error")
    expect(opening).to_have_value("42")
    opening.fill("Good morning")
    expect(page.locator("#opening-error")).to_have_count(0)
    expect(opening).not_to_have_attribute("aria-invalid", "true")
    assert bp.saved["fields"]["opening"] == "Good morning"


def test_a_dead_network_keeps_a_draft_and_sends_it_later(page, bp):
    page.goto("/probe/page/autosave")
    page.context.set_offline(True)
    page.get_by_label("Opening").fill("Typed in a tunnel")
    expect(state(page)).to_contain_text("no connection")
    page.context.set_offline(False)
    expect(state(page)).to_contain_text("Saved at")
    assert bp.saved["fields"]["opening"] == "Typed in a tunnel"


def test_a_lost_answer_does_not_make_the_tab_stale(page, bp):
    """The server has it, the page does not know: typing goes on, and both end up with the same."""

    def lose(route):
        route.fetch()
        route.abort()

    page.goto("/probe/page/autosave")
    page.route("**/probe/autosave", lose)
    page.get_by_label("Opening").fill("First")
    expect(state(page)).to_contain_text("no connection")
    assert bp.saved["fields"]["opening"] == "First"
    page.unroute("**/probe/autosave")
    page.get_by_label("Opening").fill("First and second")
    expect(state(page)).to_contain_text("Saved at", timeout=12_000)
    assert bp.saved["fields"]["opening"] == "First and second"
    assert bp.saved["lock_version"] == 3


def test_a_stale_tab_leads_to_both_versions(page, bp):
    both = {
        "code": "draft_stale",
        "message": "Changed elsewhere.",
        "href": "/probe/thanks",
        "link": "See both versions",
    }
    bp.answer = (409, both)
    page.goto("/probe/page/autosave")
    page.get_by_label("Opening").fill("Mine")
    expect(state(page)).not_to_contain_text("kept on this device")  # the server has kept it, and says so
    page.get_by_role("button", name="See both versions").click()
    page.wait_for_url("**/probe/thanks")
    page.goto("/probe/page/autosave")
    expect(page.get_by_role("button", name="Put it back")).to_have_count(0)


def quiet(bp) -> None:
    """Wait until nothing has reached the server for a second."""
    seen, since = len(bp.sent), time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.05)
        if len(bp.sent) != seen:
            seen, since = len(bp.sent), time.monotonic()


def test_a_closed_tab_offers_its_draft_again(page, bp):
    bp.answer = (503, {"code": "later"})
    page.goto("/probe/page/autosave")
    page.get_by_label("Opening").fill("Not lost")
    page.get_by_role("button", name="Add a concern").click()
    page.locator("[name=r-concerns-1-text]").fill("Send me an email")
    expect(state(page)).to_contain_text("Not saved")
    page.goto("/probe/thanks")
    quiet(bp)  # what the closing tab still sends is to be refused as well
    bp.answer = None
    page.goto("/probe/page/autosave")
    expect(page.get_by_label("Opening")).to_have_value("")
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_label("Opening")).to_have_value("Not lost")
    expect(page.locator("[name=r-concerns-1-text]")).to_have_value("Send me an email")
    expect(state(page)).to_contain_text("Saved at")
    assert bp.saved["fields"]["r-concerns-1-text"] == "Send me an email"


def test_a_stale_tab_is_told_so_and_stops(page, bp):
    bp.answer = (409, {"code": "draft_stale", "message": "This was changed in another tab."})
    page.goto("/probe/page/autosave")
    page.get_by_label("Opening").fill("Mine")
    expect(state(page)).to_contain_text("This was changed in another tab.")
    expect(page.get_by_role("button", name="Show what is saved now")).to_be_visible()
    expect(page.get_by_label("Opening")).to_have_value("Mine")


def test_signed_out_is_said_with_a_way_in(page, bp):
    bp.answer = (401, {"code": "signed_out"})
    page.goto("/probe/page/autosave")
    page.get_by_label("Opening").fill("Mine")
    expect(state(page)).to_contain_text("You are signed out")
    expect(state(page).get_by_role("link")).to_have_attribute("target", "_blank")


def test_a_refused_value_is_said_in_the_servers_words(page, bp):
    bp.answer = (422, {"code": "worksheet_too_large", "message": "The worksheet is too long."})
    page.goto("/probe/page/autosave")
    page.get_by_label("Opening").fill("Mine")
    expect(state(page)).to_contain_text("Not saved: The worksheet is too long.")


def test_a_void_token_is_renewed_without_the_person(page, bp):
    page.goto("/probe/page/autosave")
    page.evaluate("document.querySelector('meta[name=csrf-token]').content = 'old'")
    page.get_by_label("Opening").fill("Mine")
    # Nobody is signed in here, so the server says signed out; with a viewer it hands out a new token (test_resume).
    expect(state(page)).to_contain_text("signed out")


def test_submitting_while_saving_waits_and_sends_once(page, bp):
    page.goto("/probe/page/autosave")
    page.get_by_label("Opening").fill("Final")
    page.evaluate(
        "const b = [...document.querySelectorAll('button')].find(b => b.textContent === 'Submit'); b.click(); b.click()"
    )
    expect(page.get_by_role("heading", name="Thanks")).to_be_visible()
    assert len(bp.sent) == 1
    assert bp.sent[0]["opening"] == ["Final"]
    page.goto("/probe/page/autosave")
    expect(page.get_by_role("button", name="Put it back")).to_have_count(0)


# ------------------------------------------------------------------------------- rows, drafts, tally


def test_rows_can_be_added_up_to_a_limit_and_removed(page, bp):
    page.goto("/probe/page/autosave")
    add = page.get_by_role("button", name="Add a concern")
    add.click()
    expect(page.locator("[name=r-concerns-1-text]")).to_be_focused()
    add.click()
    expect(add).to_be_disabled()
    page.locator("[name=r-concerns-2-text]").fill("third")
    page.get_by_role("button", name="Remove this concern").nth(1).click()
    expect(page.locator("[data-row]")).to_have_count(2)
    expect(state(page)).to_contain_text("Saved at")
    assert bp.saved["fields"]["r-concerns-2-text"] == "third"
    assert "r-concerns-1-text" not in bp.saved["fields"]


def test_an_observation_survives_a_dead_network(page, bp):
    page.goto("/probe/page/keep")
    page.get_by_label("What did you see?").fill("She asked first")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("[data-keep-state]")).to_contain_text("not sent yet")
    page.context.set_offline(False)
    page.goto("/probe/page/keep")
    page.get_by_role("button", name="Put it back").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thanks")).to_be_visible()
    assert bp.sent == [{"csrf_token": bp.sent[0]["csrf_token"], "seen": ["She asked first"]}]
    page.goto("/probe/page/keep")
    expect(page.get_by_role("button", name="Put it back")).to_have_count(0)


def test_a_new_client_id_is_nothing_somebody_typed(page, bp):
    page.goto("/probe/page/again")
    field = page.get_by_label("What did you see?")
    field.fill("She asked first")
    field.fill("Nothing yet")
    page.goto("/probe/page/again")
    expect(page.get_by_role("button", name="Put it back")).to_have_count(0)
    field.fill("She asked first")
    page.goto("/probe/page/again")
    expect(page.get_by_text("This device holds something you typed today at")).to_be_visible()
    kept = page.evaluate("Object.entries(localStorage).find(([key]) => key.includes('observation-2'))[1]")
    page.get_by_role("button", name="Put it back").click()
    assert f'"client_id":"{page.locator("[name=client_id]").input_value()}"' in kept  # sent twice, it is one


def test_a_required_field_in_a_closed_tab_is_opened(page, bp):
    page.goto("/probe/page/hidden")
    why = page.get_by_label("Why")
    expect(why).to_be_hidden()
    page.get_by_role("button", name="Send").click()
    expect(why).to_be_visible()
    expect(why).to_be_focused()
    assert bp.sent == []
    why.fill("Because")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thanks")).to_be_visible()


def test_taps_are_counted_offline_and_sent_once(page, bp):
    page.goto("/probe/page/tally")
    said = page.locator("[data-tally-state]")
    page.context.set_offline(True)
    for _ in range(3):
        page.get_by_role("button", name="Call", exact=True).click()
    page.get_by_role("button", name="Take one back").click()
    expect(page.locator("[data-count=call]")).to_have_text("2")
    expect(said).to_contain_text("4 taps on this device")
    assert bp.counts["call"] == 0
    page.context.set_offline(False)
    expect(said).to_contain_text("All counted and saved")
    assert bp.counts["call"] == 2
    page.reload()
    expect(page.locator("[data-count=call]")).to_have_text("2")
    page.wait_for_timeout(600)
    assert bp.counts["call"] == 2


def test_taps_survive_a_closed_tab(page, bp):
    page.goto("/probe/page/tally")
    bp.answer = (503, {})
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.locator("[data-tally-state]")).to_contain_text("1 tap on this device")
    page.goto("/probe/thanks")
    bp.answer = None
    page.goto("/probe/page/tally")
    expect(page.locator("[data-tally-state]")).to_contain_text("All counted and saved")
    assert bp.counts["call"] == 1


# ----------------------------------------------------------------------------------- keys, tabs, poll


def test_arrows_turn_pages_but_not_while_typing(page, bp):
    page.goto("/probe/page/player")
    page.get_by_label("Box").press("ArrowRight")
    expect(page).to_have_url(re.compile("player$"))
    page.get_by_role("heading", name="Probe").click()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("next$"))
    page.go_back()
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile("previous$"))


def test_tabs_by_keyboard_are_remembered(page, bp):
    page.goto("/probe/page/player")
    expect(page.get_by_role("tabpanel", name="Script")).to_be_visible()
    page.get_by_role("tab", name="Script").press("ArrowRight")
    expect(page.get_by_role("tab", name="Rubric")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Rubric")).to_be_visible()
    expect(page.get_by_role("tabpanel", name="Script")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("tabpanel", name="Rubric")).to_be_visible()


def test_a_link_opens_what_hides_its_target(page, bp):
    page.goto("/probe/page/player")
    page.get_by_role("link", name="To the inside").click()
    expect(page.locator("#inside")).to_be_visible()


def test_a_fragment_polls_and_keeps_what_the_reader_opened(page, bp):
    page.goto("/probe/page/poll")
    page.locator("#kept-open summary").click()
    expect(page.locator("#polled")).to_have_text("2")
    expect(page.locator("#kept-open")).to_have_attribute("open", "")


def test_without_script_everything_is_there(chromium, address, bp):
    context = chromium.new_context(java_script_enabled=False, base_url=address)
    page = context.new_page()
    page.goto("/probe/page/player")
    assert page.get_by_text("First").is_visible()
    assert page.get_by_text("Second").is_visible()
    page.goto("/probe/page/autosave")
    page.get_by_label("Opening").fill("By hand")
    page.get_by_role("button", name="Submit").click()
    assert bp.sent[0]["opening"] == ["By hand"]
    context.close()


# ------------------------------------------------------------------------------------ accessibility


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", (390, 844)), ("dark", (1280, 900))], ids=["light phone", "dark desk"]
)
def test_the_style_page_is_accessible_and_fits(chromium, address, scheme, size):
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce", base_url=address
    )
    page = context.new_page()
    for path in ("/style", "/nowhere", "/probe/fail/rule"):
        page.goto(path)
        page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
    context.close()


def test_targets_are_large_enough_for_a_thumb(page, bp):
    """44 pixels for whatever is a control; links inside running text are excepted, as WCAG does."""
    page.goto("/style")
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            'button, summary, select, input:not([type=hidden]), .nav a, .choice, .button')]
        .filter((one) => one.checkVisibility() && !one.closest('.choice, .visually-hidden') && one.type !== 'checkbox')
        .filter((one) => one.getBoundingClientRect().height < 43.5)
        .map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_moving_a_row_places_it_and_answers_for_no_other(page, bp):
    page.goto("/probe/page/order")
    page.get_by_role("button", name="Move up: Row b").click()
    assert [page.get_by_label(f"Row {key}", exact=True).input_value() for key in "abc"] == ["", "1", ""]
    page.get_by_role("button", name="Move down: Row b").click()
    page.get_by_role("button", name="Move up: Row c").click()
    assert [page.get_by_label(f"Row {key}", exact=True).input_value() for key in "abc"] == ["", "3", "2"]


def test_the_time_left_is_said_in_minutes(page, bp):
    ends = clock.now() + timedelta(minutes=12, seconds=30)
    bp.saved = {**bp.saved, "deadline": ends.isoformat()}
    page.clock.install()
    page.goto("/probe/page/order")
    left = page.locator("[data-deadline-left]")
    expect(left).to_have_text("12 min left.")
    page.clock.fast_forward("11:45")
    expect(left).to_have_text("Less than a minute left.")
    page.clock.fast_forward("01:00")
    expect(left).to_have_text("The time is over.")
