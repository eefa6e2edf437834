"""The worksheet in the browser: nothing typed is lost, whatever happens to the tab, the session or the network."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

from sqlalchemy import select

from lms.catalog import queries as catalog
from lms.catalog import service as catalog_service
from lms.db import db
from lms.learning import service as learning
from lms.mail.models import Message
from lms.people import service as people
from lms.people.passwords import hasher
from lms.policy.outline import Chunk, Course, Field, FieldType, Module
from lms.transfer import queries
from tests.features.transfer.pages import FORM, Pages, text, value_of
from tests.features.transfer.stage import CONTENT, MONDAY, STEP, Story, activity_step

OTHER = {**FORM, "f-opening": "Good morning, Rosa Diaz here."}


def kinds(story):
    return [row.kind for row in queries.revisions(story.activity.id)]


def test_the_first_visit_offers_the_worksheet_and_writes_nothing(pages, story, rosa):
    assert "Build call script" in text(pages.get(rosa, pages.work()))
    page = pages.get(rosa, pages.work("/worksheet"))
    assert "Your opening" in text(page)
    assert "Submit to Milo Hart" in text(page)
    assert story.activity is None


def test_saving_keeps_an_incomplete_worksheet(pages, story, rosa):
    answer = pages.post(rosa, pages.work("/worksheet"), {"f-opening": "Hello", "lock_version": "0"})
    assert answer.status_code == 303
    page = pages.get(rosa, pages.work("/worksheet"))
    assert value_of(page, "f-opening") == "Hello"
    assert value_of(page, "lock_version") == "1"
    assert "Go on with call script" in text(pages.get(rosa, pages.work()))


def test_what_does_not_fit_is_said_at_once_and_kept(cast, visit, rosa):
    sheet = activity_step().sheet
    section = replace(sheet.sections[0], fields=(*sheet.fields, Field("seconds", FieldType.NUMBER, "Seconds")))
    pages = Pages(Story(cast, sheet=replace(sheet, sections=(section,))), visit)
    typed = {**FORM, "f-seconds": "abc"}
    told = pages.autosave(rosa, typed, 0)
    assert told.status_code == 200
    assert told.json["problems"] == {"f-seconds": "Enter a number such as 12 or 12.5."}
    answer = pages.post(rosa, pages.work("/worksheet"), {**typed, "lock_version": "1"})
    assert answer.status_code == 303
    page = pages.get(rosa, pages.work("/worksheet"))
    assert "Saved. 1 answer does not fit yet: see below." in text(page)
    assert value_of(page, "f-seconds") == "abc"
    assert 'id="f-seconds-error"' in page.get_data(as_text=True)
    assert "3 of 4 filled in" in text(page)
    assert primary(page) == ["Save"]
    assert "Submit it to your manager" not in text(pages.get(rosa, pages.work()))
    assert pages.autosave(rosa, {**FORM, "f-seconds": "12"}, 1).json["problems"] == {}


def primary(page) -> list[str]:
    """The words on the primary buttons of the page."""
    return re.findall(r'<button class="button button-primary"[^>]*>([^<]*)<', page.get_data(as_text=True))


def test_sections_with_their_counts_and_save_before_submit(pages, rosa):
    pages.post(rosa, pages.work("/worksheet"), {"f-opening": "Hello", "lock_version": "0"})
    page = pages.get(rosa, pages.work("/worksheet"))
    listed = re.search(r'<nav class="sections.*?</nav>', page.get_data(as_text=True), re.S)[0]
    targets = re.findall(r'href="#([^"]*)"', listed)
    assert targets
    assert all(f'id="{target}"' in page.get_data(as_text=True) for target in targets)
    assert re.search(r"1 of \d filled in", listed)
    assert primary(page) == ["Save"]
    pages.post(rosa, pages.work("/worksheet"), {**FORM, "lock_version": "1"})
    assert primary(pages.get(rosa, pages.work("/worksheet"))) == ["Submit to Milo Hart"]


def test_a_change_of_the_approved_worksheet_is_a_new_round_and_says_so(pages, story, rosa):
    story.to_review().approved()
    assert "Change the approved worksheet" in text(pages.get(rosa, pages.work()))
    page = pages.get(rosa, pages.work("/worksheet"))
    assert "Milo Hart approved round 1" in text(page)
    assert "Submitting a change sends it back for round 2" in text(page)
    assert "Submit as round 2" in text(page)
    assert primary(page) == ["Save"]


def test_each_reason_of_a_return_leads_to_the_worksheet(pages, story, rosa):
    story.to_review().returned()
    page = pages.get(rosa, pages.work())
    assert "the reasons stand above, and at the top of the worksheet" in text(page)
    assert re.search(rf'href="{pages.work("/worksheet")}#section', page.get_data(as_text=True))
    assert 'id="sections"' in pages.get(rosa, pages.work("/worksheet")).get_data(as_text=True)


def test_what_waits_on_the_hand_over_is_not_in_progress(pages, story, rosa):
    story.to_review()
    assert "Review (Waiting)" in text(pages.get(rosa, pages.work()))
    story.approved()
    page = text(pages.get(rosa, pages.work()))
    assert "In the field (Waiting) waits for the hand-over" in page
    assert "In progress" not in page


def test_the_timeline_names_who_reviews(pages, rosa):
    assert "Review (not yet) By Milo Hart" in text(pages.get(rosa, pages.work()))


def test_autosave_answers_the_lock_of_the_next_save(pages, rosa):
    first = pages.autosave(rosa, {"f-opening": "Hel"}, 0)
    assert first.status_code == 200
    second = pages.autosave(rosa, FORM, first.json["lock_version"])
    assert second.json["lock_version"] == first.json["lock_version"] + 1
    assert second.json["saved_at"]
    assert pages.draft.content == CONTENT


def test_what_an_autosave_cannot_mean_is_refused(pages, rosa):
    for fields in (None, "everything", ["f-opening"]):
        assert pages.autosave(rosa, fields, 0).status_code == 422


def test_a_resent_autosave_after_a_lost_answer_is_the_same_save(pages, story, rosa):
    lock = pages.autosave(rosa, {"f-opening": "Hello"}, 0).json["lock_version"]
    pages.autosave(rosa, FORM, lock)
    again = pages.autosave(rosa, FORM, lock)  # the page never heard that it had been saved
    assert again.status_code == 200
    assert again.json["lock_version"] == pages.draft.lock
    kept = [queries.revision(story.activity.id, row.number).content for row in queries.revisions(story.activity.id)]
    assert CONTENT not in kept


def test_a_stale_autosave_is_told_so_and_does_not_learn_the_lock(pages, story, rosa):
    lock = pages.autosave(rosa, {"f-opening": "Hello"}, 0).json["lock_version"]
    pages.autosave(rosa, FORM, lock)
    stale = pages.autosave(rosa, OTHER, lock)
    assert stale.status_code == 409
    assert "kept as a copy" in stale.json["message"]
    assert "lock_version" not in stale.json  # with it, the next key in that tab would overwrite the other text
    assert pages.draft.content == CONTENT
    both = pages.get(rosa, stale.json["href"])
    assert "Two versions exist" in text(both)
    assert "<ins>" in both.get_data(as_text=True)
    assert value_of(both, "f-opening") == FORM["f-opening"]


def test_a_stale_tab_keeps_both_and_either_can_be_taken(pages, story, rosa):
    pages.post(rosa, pages.work("/worksheet"), {**FORM, "lock_version": "0"})
    stale = pages.post(rosa, pages.work("/worksheet"), {**OTHER, "lock_version": "0"})
    assert stale.status_code == 303
    both = pages.get(rosa, stale.location)
    kept = re.search(r"kept=(\d+)", stale.location)[1]
    assert f"kept as version {kept}" in text(both)
    assert pages.draft.content == CONTENT
    pages.post(rosa, pages.work("/worksheet/restoration"), {"revision": kept, "lock_version": str(pages.draft.lock)})
    assert pages.draft.content["opening"] == OTHER["f-opening"]
    contents = [queries.revision(story.activity.id, row.number).content for row in queries.revisions(story.activity.id)]
    assert CONTENT in contents
    assert "Two versions exist" not in text(pages.get(rosa, stale.location))  # now they are the same


def test_submitting_twice_is_one_move_and_back_changes_nothing(pages, story, rosa):
    for _ in range(2):
        answer = pages.post(rosa, pages.work("/submission"), {**FORM, "lock_version": "0"})
        assert answer.status_code == 303
    assert pages.moves == ["submit"]
    back = pages.post(rosa, pages.work("/submission"), {**OTHER, "lock_version": "1"})
    assert back.location.endswith(pages.work())
    assert pages.moves == ["submit"]
    assert queries.revision(story.activity.id, story.activity.submitted_revision).content == CONTENT
    page = text(pages.get(rosa, pages.work()))
    assert "Waiting on Milo Hart" in page
    assert "Round 1 is with Milo Hart" in page


def test_submitting_from_a_stale_tab_submits_nothing(pages, rosa):
    pages.post(rosa, pages.work("/worksheet"), {**FORM, "lock_version": "0"})
    answer = pages.post(rosa, pages.work("/submission"), {**OTHER, "lock_version": "0"})
    assert "kept=" in answer.location
    assert pages.moves == []


def test_an_incomplete_submission_says_what_is_missing_and_saves_what_is_there(pages, story, rosa):
    typed = {"f-tone": "dry", "r-concerns-0-answer": "Two minutes?", "lock_version": "0"}
    answer = pages.post(rosa, pages.work("/submission"), typed)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert '<a href="#f-opening">Your opening: Fill this in.</a>' in page
    assert '<a href="#r-concerns-0-concern">Concern 1, They say: Fill this in.</a>' in page
    assert 'id="f-opening-error"' in page
    assert 'id="r-concerns-0-concern-error"' in page
    assert value_of(answer, "r-concerns-0-answer") == "Two minutes?"
    assert value_of(answer, "lock_version") == "1"  # sent again from this page, it is not stale
    assert pages.draft.content["concerns"] == [{"concern": "", "answer": "Two minutes?"}]
    assert story.activity.status == "preparing"


def test_too_much_text_is_kept_and_named(pages, rosa):
    answer = pages.post(rosa, pages.work("/submission"), {**FORM, "f-opening": "x" * 201, "lock_version": "0"})
    assert answer.status_code == 422
    assert "At most 200 characters fit here; there are 201." in text(answer)
    assert value_of(answer, "f-opening") == "x" * 201


def test_hostile_text_stays_text(pages, rosa, milo, story):
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7*7 }} </textarea>"
    pages.post(rosa, pages.work("/submission"), {**FORM, "f-opening": hostile, "lock_version": "0"})
    for answer in (pages.get(rosa, pages.work("/worksheet")), pages.get(milo, pages.reviewed())):
        page = answer.get_data(as_text=True)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert hostile in unescape(page)


def test_taking_it_back_before_the_reviewer_opened_it(pages, story, rosa):
    story.to_review()
    assert "Take it back" in text(pages.get(rosa, pages.work()))
    assert pages.post(rosa, pages.work("/withdrawal")).status_code == 303
    assert story.activity.status == "preparing"
    assert value_of(pages.get(rosa, pages.work("/worksheet")), "f-opening") == FORM["f-opening"]


def test_not_after_the_reviewer_opened_it(pages, story, rosa, milo):
    story.to_review()
    assert "Start the review" in text(pages.get(milo, pages.reviewed()))
    assert pages.post(milo, pages.reviewed("/opening")).status_code == 303
    assert "Take it back" not in text(pages.get(rosa, pages.work()))
    answer = pages.post(rosa, pages.work("/withdrawal"))
    assert answer.status_code == 409
    assert "Milo Hart opened this for review" in text(answer)
    assert story.activity.status == "in_review"


def test_a_session_that_ends_in_the_middle_loses_nothing(pages, story, rosa, visit):
    browser = pages.browser(rosa)
    token = browser.token(pages.work("/worksheet"))
    with browser.session_transaction() as kept:
        kept.pop("_user_id")
    refused = browser.post(pages.work("/worksheet"), data={**FORM, "lock_version": "0", "csrf_token": token})
    assert refused.status_code == 401
    assert FORM["f-opening"] in text(refused)
    keep = unescape(re.search(r'name="keep" value="([^"]+)"', refused.get_data(as_text=True))[1])
    pages.look_again()
    assert story.activity is None

    people.set_password(rosa, "a long enough password", hasher=hasher(cheap=True), by=None, at=MONDAY)
    stranger = visit(None)
    sign_in = {
        "email": rosa.email,
        "password": "a long enough password",
        "keep": keep,
        "csrf_token": stranger.token("/sign-in"),
    }
    resumed = stranger.post("/sign-in", data=sign_in)
    assert resumed.status_code == 200
    assert "Nothing was lost" in text(resumed)
    page = resumed.get_data(as_text=True)
    fields = {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    }
    assert fields["f-opening"] == FORM["f-opening"]
    assert stranger.post(pages.work("/worksheet"), data=fields).status_code == 303
    pages.look_again()
    assert pages.draft.content == CONTENT


def test_a_locked_worksheet_explains_itself_and_takes_nothing(cast, visit, rosa):

    steps = (Chunk("first", "Read this first", 3, "Text"), activity_step())
    course = Course(key="locked", title="Calling", modules=(Module("script", "Your script", steps),))
    made = catalog_service.publish(course, {}, change_class="substantive", by=cast.enid, at=MONDAY)
    enrollment = learning.enroll(rosa.id, catalog.version(made.id), by=cast.enid, at=MONDAY)
    browser = visit(rosa)
    path = f"/transfer/{enrollment.id}/{STEP}"
    for page in (browser.get(path), browser.get(f"{path}/worksheet")):
        assert page.status_code == 200
        assert "Read this first" in text(page)
        assert "<textarea" not in page.get_data(as_text=True)
    for tail in ("/worksheet", "/submission"):
        refused = browser.send(f"{path}{tail}", {**FORM, "lock_version": "0"}, page="/account")
        assert refused.status_code == 409
        assert "Read this first" in text(refused)
    assert queries.activity_by_step(enrollment.id, STEP) is None


def test_introductions_are_markdown_of_the_course(cast, visit, rosa):

    sheet = activity_step().sheet
    section = replace(sheet.sections[0], intro="Say it **aloud** <b>first</b>.")
    story = Story(cast, sheet=replace(sheet, sections=(section,)))
    page = visit(rosa).get(Pages(story, visit).work("/worksheet")).get_data(as_text=True)
    assert "<strong>aloud</strong>" in page
    assert "<b>first" not in page


def test_nobody_elses_draft_can_be_read(pages, story, rosa, milo):
    pages.post(rosa, pages.work("/worksheet"), {**FORM, "lock_version": "0"})
    pages.post(rosa, pages.work("/worksheet"), {**OTHER, "lock_version": "0"})  # kept as a draft revision
    drafts = [row.number for row in queries.revisions(story.activity.id)]
    assert kinds(story) == ["draft"]
    for tail in ("/worksheet", f"/worksheet?revision={drafts[0]}", f"/worksheet.pdf?revision={drafts[0]}"):
        assert pages.get(milo, pages.work(tail)).status_code == 404
        assert pages.get(rosa, pages.work(tail)).status_code == 200
    body = text(pages.get(milo, pages.reviewed())) + text(pages.get(milo, pages.work()))
    assert "Hello, this is Rosa" not in body
    assert "Good morning" not in body


def test_the_return_stands_beside_the_worksheet(pages, story, rosa):
    story.to_review().returned()
    for tail in ("", "/worksheet"):
        page = text(pages.get(rosa, pages.work(tail)))
        assert "Returned by Milo Hart, round 1" in page
        assert "It is about us, not about him." in page
    refused = pages.post(rosa, pages.work("/submission"), {**FORM, "lock_version": str(pages.draft.lock)})
    assert refused.status_code == 409
    assert "Change it before you send it again" in text(refused)


def test_a_rep_reminds_at_most_once_a_working_day(pages, story, rosa, milo, time_machine):
    time_machine.move_to(MONDAY + timedelta(minutes=1), tick=False)
    story.to_review()
    assert "Remind Milo" not in text(pages.get(rosa, pages.work()))
    early = pages.post(rosa, pages.work("/reminder"))
    assert early.status_code == 409
    assert "You may remind again on Tue, Mar 3" in text(early)
    due_on = story.activity.review_due_on
    for day, status in ((1, 303), (1, 409), (2, 303)):
        time_machine.move_to(MONDAY + timedelta(days=day), tick=False)
        assert ("Remind Milo" in text(pages.get(rosa, pages.work()))) is (status == 303)
        assert pages.post(rosa, pages.work("/reminder")).status_code == status
    assert pages.moves == ["submit", "remind", "remind"]
    mail = db.session.scalars(select(Message).where(Message.subject.contains("asks you to look"))).all()
    assert [one.to_address for one in mail] == [milo.email] * 2
    assert (story.activity.review_due_on, story.activity.reminded_at) == (due_on, None)  # the clock goes on as it was


def test_nobody_is_reminded_of_what_waits_on_the_rep(pages, story, rosa):
    story.to_review().returned()
    assert pages.post(rosa, pages.work("/reminder")).status_code == 409
    assert "remind" not in pages.moves


HUGE = "9" * 5000


def test_numbers_that_no_column_takes_are_stale_or_not_there(pages, rosa):
    pages.post(rosa, pages.work("/worksheet"), {**FORM, "lock_version": "0"})
    for number in ("99999999999", str(10**30)):
        assert pages.get(rosa, pages.work(f"/worksheet?kept={number}")).status_code == 200
        for page in ("/worksheet.pdf", "/worksheet"):
            assert pages.get(rosa, pages.work(f"{page}?revision={number}")).status_code == 404
    answer = pages.post(rosa, pages.work("/worksheet"), {**OTHER, "lock_version": HUGE})
    assert answer.status_code == 303
    assert "kept=" in answer.location
    assert pages.autosave(rosa, {**FORM, "f-opening": "A third"}, HUGE).status_code == 409
    assert value_of(pages.get(rosa, pages.work("/worksheet")), "f-opening") == FORM["f-opening"]
