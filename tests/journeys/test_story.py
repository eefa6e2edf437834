"""Rosa's story, whole, in a real browser against the real server: the acceptance test of the product."""

import json
import time
from types import SimpleNamespace
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from lms.catalog import queries as catalog
from lms.db import db
from lms.demo.answers import fill
from lms.learning.models import ModuleOpening
from lms.lrs.models import StoredStatement
from lms.policy.outline import Assessment, Chunk, Course, FieldType, Module, Purpose, Transfer
from lms.transfer.models import Observation, ResultReport, TransferActivity, WorksheetRevision
from tests.journeys.answering import answer, tick
from tests.journeys.browsing import DESK, PHONE, Reader
from tests.journeys.site import Site
from tests.journeys.world import inside, populate

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), pytest.mark.xdist_group("story")]

SCRIPT_MODULE = "your-call-script"
SCRIPT = f"{SCRIPT_MODULE}/call-script"


@pytest.fixture
def world(site: Site) -> SimpleNamespace:
    made = populate(site)
    with inside(site):
        made.course = catalog.course(made.rep_version)
    site.flask("db", "upgrade")  # as before every start; there is nothing left to do
    site.start()
    return made


def test_rosas_story(site: Site, world: SimpleNamespace, chromium: Browser) -> None:
    rosa = Reader(chromium, site.url, "rosa", PHONE).sign_in()
    milo = Reader(chromium, site.url, "milo", DESK).sign_in()
    course: Course = world.course
    learns(rosa, course, world)
    writes_her_script(rosa, course, world)
    milo_returns_it(milo)
    improves_it(rosa)
    milo_approves_with_edits(milo)
    acknowledges(rosa)
    milo_hands_over(milo)
    keeps_a_tally(rosa)
    milo_observes(milo)
    reports_too_much(rosa)
    milo_queries(milo)
    corrects(rosa)
    rosa.go(f"/courses/{world.enrollment}", "trail-locked")
    expect(rosa.page.locator("main")).to_contain_text("Milo Hart")
    milo_confirms(milo)
    sees_the_next_module_without_reload(rosa, course)
    rosa.go("/record", "record")
    assert "queried" in rosa.text
    assert "Milo Hart confirmed" in rosa.text
    rosa.go(f"/people/{world.ids['rosa']}/numbers", "numbers")
    assert "42" in (rosa.page.locator("main").text_content() or "")  # in the table beside the chart
    what_is_on_record(site, world)
    rosa.close()
    milo.close()


def learns(rosa: Reader, course: Course, world: SimpleNamespace) -> None:
    """She tests out of the first module, then takes chunk after chunk up to the script."""
    rosa.look("today")
    first = course.modules[0]
    pretest = next(step for step in first.steps if isinstance(step, Assessment) and step.purpose is Purpose.PRE)
    rosa.go(f"/courses/{world.enrollment}", "trail")
    rosa.go(f"/courses/{world.enrollment}/steps/{first.key}/{pretest.key}", "pretest-start")
    sits(rosa, pretest)
    rosa.look("tested-out")
    assert "Tested out" in rosa.text
    for module in course.modules[1:]:
        takes(rosa, module, world)
        if module.key == SCRIPT_MODULE:
            return


def takes(rosa: Reader, module: Module, world: SimpleNamespace) -> None:
    for step in module.steps:
        if isinstance(step, Assessment) and step.purpose is Purpose.PRE:
            continue
        if isinstance(step, Transfer):
            return
        rosa.go(f"/courses/{world.enrollment}/steps/{module.key}/{step.key}")
        if isinstance(step, Chunk):
            rosa.look(f"chunk-{module.key}" if step is module.steps[1] else "chunk")
            for item in step.items:
                answer(rosa.page, item)
            rosa.press("Check my answers")
            rosa.look("check-feedback")
            assert "This chunk is done" in rosa.text, rosa.page.url
        else:
            sits(rosa, step)
            assert "Passed" in rosa.text
            rosa.look("post-test-result")


def sits(rosa: Reader, step: Assessment) -> None:
    rosa.press("Start attempt 1")
    rosa.look("attempt")
    for item in step.items:
        answer(rosa.page, item)
    rosa.press("Hand in")


def writes_her_script(rosa: Reader, course: Course, world: SimpleNamespace) -> None:
    """Step by step, saved as she types; the paper says the same; then it goes to the manager of the day."""
    definition = course.transfers[SCRIPT]
    rosa.go("/", "today-script")
    rosa.go(f"/transfer/{world.enrollment}/{SCRIPT}", "activity")
    rosa.follow("Start")
    rosa.look("worksheet")
    content = fill(definition, part=1, seed="rosa")
    for field in definition.sheet.fields:
        value = content[field.key]
        match field.type:
            case FieldType.ROWS:
                for number, row in enumerate(value):
                    box = f"r-{field.key}-{number}-"
                    if rosa.page.locator(f'[name="{box}{field.columns[0].key}"]').count() == 0:
                        rosa.page.locator(f"#f-{field.key} button", has_text="Add").click()
                    for key, text in row.items():
                        rosa.page.locator(f'[name="{box}{key}"]').fill(text)
            case FieldType.CHOICE:
                tick(rosa.page.locator(f'input[name="f-{field.key}"][value="{value}"]'))
            case FieldType.CHECK:
                tick(rosa.page.locator(f'input[name="f-{field.key}"]'))
            case _:
                rosa.page.locator(f'[name="f-{field.key}"]').fill(value)
    expect(rosa.page.locator("[data-autosave-state]")).to_contain_text("Saved", timeout=10_000)
    rosa.page.reload()
    first_text = next(field for field in definition.sheet.fields if field.type in {FieldType.TEXT, FieldType.LONG})
    assert rosa.page.locator(f'[name="f-{first_text.key}"]').input_value() == content[first_text.key]
    paper = rosa.page.request.get(rosa.page.url.split("?")[0] + ".pdf")
    assert paper.status == 200
    assert paper.body().startswith(b"%PDF")
    rosa.press("Submit to Milo Hart")
    rosa.look("activity-in-review")
    assert "Waiting on Milo Hart" in rosa.text


def milo_returns_it(milo: Reader) -> None:
    milo.go("/queue", "queue")
    milo.page.locator(".queue-link", has_text="Rosa Diaz").click()
    milo.page.wait_for_load_state()
    milo.look("review")
    tick(milo.page.locator('input[name^="mark-"][value="not_yet"]').first)
    milo.page.locator('textarea[name^="reason-"]').first.fill("The reason is about us. Start with what they lose.")
    milo.press("Return")
    milo.look("review-returned")
    assert "Returned" in milo.text


def improves_it(rosa: Reader) -> None:
    rosa.page.reload()
    rosa.look("activity-returned")
    assert "Start with what they lose" in rosa.text
    rosa.follow("Improve it")
    rosa.look("worksheet-returned")
    rosa.page.locator("main textarea[name^='f-']").first.fill(
        "I call because late parts cost plants like yours a shift."
    )
    rosa.press("Submit to Milo Hart")
    assert "Waiting on Milo Hart" in rosa.text


def milo_approves_with_edits(milo: Reader) -> None:
    milo.go("/queue")
    milo.page.locator(".queue-link", has_text="Rosa Diaz").click()
    milo.page.wait_for_load_state()
    milo.look("review-round-two")
    assert "What changed since the returned round" in milo.text
    milo.page.locator("summary", has_text="Edit it yourself").click()
    milo.page.locator("#edit-worksheet textarea[name^='f-']").first.fill(
        "I call because late parts cost plants a shift a week."
    )
    for box in milo.page.locator('input[name^="mark-"][value="met"]').all():
        tick(box)
    milo.look("review-editing")
    milo.press("Today")
    milo.press("Approve with edits")
    milo.look("review-approved")
    assert "Rosa reads your edits and acknowledges them" in milo.text


def acknowledges(rosa: Reader) -> None:
    rosa.page.reload()
    rosa.look("activity-adjusted")
    assert rosa.page.locator("main ins").count()
    assert rosa.page.locator("main del").count()
    rosa.press("I have read the edits")


def milo_hands_over(milo: Reader) -> None:
    leads = (
        "Alder Logistics; CRM-1\nBrightwater Foods\nCobalt Freight;; called in May\nDunmore Packaging\nEastgate Clinics"
    )
    milo.page.reload()
    assert "Hand over to the field" in milo.text
    milo.page.locator('textarea[name="leads"]').fill(leads)
    milo.press("Hand over")
    milo.look("review-in-field")


def keeps_a_tally(rosa: Reader) -> None:
    """Taps on the phone, some of them without a network; all arrive, none twice."""
    rosa.page.reload()
    rosa.look("activity-in-field")
    assert "Alder Logistics" in rosa.text
    rosa.follow("Open the tally")
    rosa.look("tally")
    more = rosa.page.get_by_role("button", name="One more: Calls made")
    for _ in range(3):
        more.click()
    rosa.context.set_offline(True)
    for _ in range(2):
        more.click()
    rosa.context.set_offline(False)
    expect(rosa.page.locator('[data-count="calls"]')).to_have_text("5")
    expect(rosa.page.locator("[data-tally-state]")).to_contain_text("saved", timeout=20_000, ignore_case=True)
    rosa.page.reload()
    expect(rosa.page.locator('[data-count="calls"]')).to_have_text("5")


def milo_observes(milo: Reader) -> None:
    milo.follow("Observe")
    milo.look("observe")
    for number, box in enumerate(milo.page.locator('input[name^="seen-"][value="yes"]').all()):
        name = box.get_attribute("name").removeprefix("seen-")
        if number == 1:
            tick(milo.page.locator(f'input[name="seen-{name}"][value="no_chance"]'))
            continue
        tick(box)
        tick(milo.page.locator(f'input[name="level-{name}"][value="3"]'))
    milo.page.locator('[name="minutes"]').fill("25")
    milo.page.locator('[name="strength"]').fill("Waited after the question.")
    milo.press("Keep the observation")
    milo.look("review-observed")
    assert "Observed 1 of 1" in milo.text
    milo.follow("Open", exact=False)
    milo.look("observation")
    milo.page.go_back()


def reports_too_much(rosa: Reader) -> None:
    """A wrong order is refused with what was typed still there; an unlikely number is asked about."""
    rosa.follow("Report results")
    rosa.look("results")
    _numbers(rosa, 40, 48, 12, 4)
    rosa.press("Report")
    rosa.look("results-refused")
    assert rosa.page.locator('[name="n-contacts"]').input_value() == "48"
    _numbers(rosa, 4200, 22, 12, 4)
    rosa.press("Report")
    rosa.look("results-unlikely")
    assert "Is this right?" in rosa.text
    rosa.press("Report it as it is")
    rosa.look("activity-results-in")
    assert "Waiting on Milo Hart" in rosa.text


def _numbers(rosa: Reader, *values: int) -> None:
    for key, value in zip(("calls", "contacts", "presentations", "appointments"), values, strict=True):
        rosa.page.locator(f'[name="n-{key}"]').fill(str(value))
    tick(rosa.page.locator('[name="met_manager"]'))


def milo_queries(milo: Reader) -> None:
    milo.go("/queue")
    milo.page.locator(".queue-link", has_text="Rosa Diaz").click()
    milo.page.wait_for_load_state()
    milo.look("review-results")
    assert "4,200" in milo.text
    milo.page.locator('[name="question"]').fill("4,200 calls in a week cannot be. Is it 42?")
    milo.press("Send the question")
    milo.look("review-queried")


def corrects(rosa: Reader) -> None:
    rosa.page.reload()
    rosa.look("activity-queried")
    assert "Is it 42?" in rosa.text
    rosa.follow("Correct the report")
    _numbers(rosa, 42, 22, 12, 4)
    rosa.press("Report")
    assert "Waiting on Milo Hart" in rosa.text


def milo_confirms(milo: Reader) -> None:
    milo.go("/queue")
    milo.page.locator(".queue-link", has_text="Rosa Diaz").click()
    milo.page.wait_for_load_state()
    milo.press("Confirm the numbers")
    milo.look("review-verified")
    assert "opened for Rosa" in milo.text


def sees_the_next_module_without_reload(rosa: Reader, course: Course) -> None:
    """The trail was open on her phone all the while; it changes by itself."""
    keys = [module.key for module in course.modules]
    following = course.modules[keys.index(SCRIPT_MODULE) + 1]
    first = following.steps[0]
    link = rosa.page.get_by_role("link", name=first.title)
    expect(link.first).to_be_attached(timeout=20_000)
    rosa.look("trail-unlocked")


def what_is_on_record(site: Site, world: SimpleNamespace) -> None:
    """The database says the same: numbers of both parties, the reason of the unlock, the statements in the store."""
    with inside(site):
        activity = db.session.scalars(select(TransferActivity)).one()
        assert activity.status == "verified"
        reports = db.session.scalars(select(ResultReport).order_by(ResultReport.number)).all()
        assert [report.claimed["calls"] for report in reports] == [4200, 42]
        assert reports[-1].confirmed is not None
        assert reports[-1].confirmed_by_id == world.ids["milo"]
        kinds = [row.kind for row in db.session.scalars(select(WorksheetRevision).order_by(WorksheetRevision.number))]
        assert [kind for kind in kinds if kind != "draft"] == ["submitted", "submitted", "adjusted"]
        seen = db.session.scalars(select(Observation)).one()
        assert seen.observer_id == world.ids["milo"]
        openings = db.session.scalars(select(ModuleOpening).where(ModuleOpening.because_step == SCRIPT)).all()
        assert openings
        assert all(row.because_how == "verified" for row in openings)
        assert all(row.because_by_id == world.ids["milo"] for row in openings)
        until = time.monotonic() + 30
        while True:
            db.session.rollback()
            bodies = [json.loads(row.body) for row in db.session.scalars(select(StoredStatement))]
            verbs = [body["verb"]["id"].rsplit("/", 1)[-1] for body in bodies]
            if "verified" in verbs and verbs.count("completed") >= 2:
                break
            assert time.monotonic() < until, (
                f"the statements did not arrive: {sorted(set(verbs))}\n{site.log('worker')}"
            )
            time.sleep(0.3)
        for verb in ("submit", "return", "update", "approve", "assign", "evaluated", "reported", "voided", "waived"):
            assert verb in verbs, verb
        assert all(UUID(body["context"]["registration"]) for body in bodies if body["verb"]["id"].endswith("verified"))
