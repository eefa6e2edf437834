"""Deciding in the browser: bound to what was read, with a reason, by one person, and nothing typed is lost."""

import re

import pytest

from lms import clock
from lms.people import service as people
from lms.policy.outline import Preparation
from lms.transfer import queries, service
from tests.features.transfer.pages import FORM, MARKS, is_chosen, text, today, value_of
from tests.features.transfer.stage import BETTER, CONTENT, DAY, MONDAY, Story, publish_edition

EDITED = {**FORM, "f-opening": "Hello Mr. Adler, Rosa Diaz here."}


@pytest.fixture
def story(cast) -> Story:
    return Story(cast).to_review()


def stands_in(away, delegate, first: int, last: int) -> None:
    """From `first` to `last`, in days from today."""
    day = clock.company_day(clock.now())
    people.delegate(
        away, delegate, starts_on=day + first * DAY, ends_on=day + last * DAY, reason="On leave", by=away, at=MONDAY
    )


def decision(story, **more):
    """What the review form sends: the revision that was read, the worksheet as it stands, the two days."""
    number = str(story.activity.submitted_revision)
    return {"revision": number, "meeting_on": today(), "due_on": today(3), **FORM, **more}


def test_the_queue_leads_to_the_work_beside_its_rubric(pages, milo):
    queue = pages.get(milo, "/queue")
    assert "Rosa Diaz" in text(queue)
    assert f'href="{pages.reviewed()}"' in queue.get_data(as_text=True)
    page = pages.get(milo, pages.reviewed())
    assert "Hello, this is Rosa Diaz." in text(page)
    assert "does question" in text(page)
    assert page.get_data(as_text=True).count("button-primary") == 1


def test_approving(pages, story, rosa, milo):
    answer = pages.post(milo, pages.reviewed("/approval"), decision(story, **MARKS))
    assert answer.status_code == 303
    assert story.activity.status == "approved"
    page = text(pages.get(milo, pages.reviewed()))
    assert "as Milo Hart marked it" in page
    assert "Not yet" in page
    assert "Hand over to the field" in page
    assert "Milo Hart approved it in round 1" in text(pages.get(rosa, pages.work()))


def test_a_line_marked_not_yet_says_what_is_missing(pages, story, rosa, milo):
    silent = {**MARKS, "reason-question": " "}
    answer = pages.post(milo, pages.reviewed("/approval"), decision(story, **silent))
    assert answer.status_code == 422
    assert "1 line is marked Not yet. Say what is missing, or return it." in text(answer)
    assert 'href="#reason-question"' in answer.get_data(as_text=True)
    for path in ("/approval", "/adjustment"):
        both = {**silent, "mark-reason": "not_yet", **(EDITED if path == "/adjustment" else {})}
        answer = pages.post(milo, pages.reviewed(path), decision(story, **both))
        assert answer.status_code == 422
        assert "2 lines are marked Not yet." in text(answer)
    assert story.activity.status == "in_review"
    assert pages.post(milo, pages.reviewed("/approval"), decision(story, **MARKS)).status_code == 303
    page = text(pages.get(rosa, pages.work()))
    assert "Open points Milo Hart approved round 1" in page
    assert "Question: Ask one thing, then wait." in page


def test_a_refused_decision_stays_under_the_queue(pages, story, milo):
    answer = pages.post(milo, pages.reviewed("/approval"), decision(story))
    assert answer.status_code == 422
    links = re.findall(r'<a href="[^"]*" aria-current="page">([^<]*)</a>', answer.get_data(as_text=True))
    assert links == ["Queue"]


def test_the_hand_over_says_how_many_accounts_it_takes(pages, story, milo):
    story.approved()
    page = text(pages.get(milo, pages.reviewed()))
    assert re.search(r"At least \d+, one a line: name; CRM key; note", page)
    label = re.search(r'<label for="leads">(.*?)</label>', pages.get(milo, pages.reviewed()).get_data(as_text=True))
    assert "optional" not in label[1]


def test_approving_without_every_mark_keeps_the_marks(pages, story, milo):
    answer = pages.post(milo, pages.reviewed("/approval"), decision(story, **{"mark-reason": "met"}))
    assert answer.status_code == 422
    assert '<a href="#mark-question">Question: mark it as met or not yet.</a>' in answer.get_data(as_text=True)
    assert is_chosen(answer, "mark-reason", "met")
    assert not is_chosen(answer, "mark-question", "met")
    assert story.activity.status == "in_review"


def test_an_edited_worksheet_is_not_approved_as_it_was(pages, story, milo):
    answer = pages.post(milo, pages.reviewed("/approval"), decision(story, **MARKS, **EDITED))
    assert answer.status_code == 422
    assert "Approve with edits" in text(answer)
    assert value_of(answer, "f-opening") == EDITED["f-opening"]
    assert '<details class="more" id="edit-worksheet" open>' in answer.get_data(as_text=True)
    assert story.activity.status == "in_review"


def test_the_form_untouched_is_no_edit(pages, story, milo):
    windows = {**FORM, "f-opening": FORM["f-opening"] + "\r\n"}
    assert pages.post(milo, pages.reviewed("/approval"), decision(story, **MARKS, **windows)).status_code == 303


def test_approving_with_edits_shows_each_of_them_to_be_acknowledged(pages, story, rosa, milo):
    answer = pages.post(milo, pages.reviewed("/adjustment"), decision(story, **MARKS, **EDITED))
    assert answer.status_code == 303
    page = pages.get(rosa, pages.work())
    assert re.search(r"<ins>[^<]*Mr[^<]*</ins>", page.get_data(as_text=True))
    assert "I have read the edits" in text(page)
    assert "not acknowledged yet" in text(pages.get(milo, pages.reviewed()))
    assert "Hand over to the field" not in text(pages.get(milo, pages.reviewed()))
    for _ in range(2):
        assert pages.post(rosa, pages.work("/acknowledgment")).status_code == 303
    assert pages.moves == ["submit", "adjust", "acknowledge"]
    assert "Hand over to the field" in text(pages.get(milo, pages.reviewed()))
    submitted = queries.revision(story.activity.id, story.activity.submitted_revision)
    assert submitted.content == CONTENT  # what the rep wrote stays


def test_approving_with_edits_needs_an_edit_that_fits(pages, story, milo):
    assert "Nothing was edited" in text(pages.post(milo, pages.reviewed("/adjustment"), decision(story, **MARKS)))
    broken = {**FORM, "f-opening": ""}
    answer = pages.post(milo, pages.reviewed("/adjustment"), decision(story, **MARKS, **broken))
    assert answer.status_code == 422
    assert "Your opening: Fill this in." in text(answer)
    assert value_of(answer, "f-opening") == ""
    assert story.activity.status == "in_review"


def test_returning_needs_a_reason_and_a_day_to_come(pages, story, rosa, milo):
    answer = pages.post(milo, pages.reviewed("/return"), decision(story, due_on=today(-1)))
    assert answer.status_code == 422
    assert "Give a reason for at least one criterion" in text(answer)
    assert "The day lies in the past" in text(answer)
    assert story.activity.status == "in_review"
    body = pages.post(milo, pages.reviewed("/return"), decision(story, **{"mark-reason": "met"})).get_data(as_text=True)
    assert 'href="#reason-question"' in body  # the box of a line that is met stays closed
    assert 'href="#reason-reason"' not in body
    met = decision(story, **{"mark-reason": "met", "mark-question": "met"})
    answer = pages.post(milo, pages.reviewed("/return"), met)
    assert answer.status_code == 422
    assert "Every line is marked as met." in text(answer)
    assert 'id="reason-reason-error"' not in answer.get_data(as_text=True)
    reason = {"reason-question": "Two questions at once."}
    assert pages.post(milo, pages.reviewed("/return"), decision(story, **reason)).status_code == 303
    assert "Question: Two questions at once." in text(pages.get(rosa, pages.work()))
    assert "Two questions at once." in text(pages.get(milo, pages.reviewed()))


def test_reasons_typed_survive_an_approval_that_was_not_taken(pages, story, milo):
    typed = {"mark-reason": "not_yet", "reason-reason": "It is about us.", "meeting_on": "yesterday"}
    answer = pages.post(milo, pages.reviewed("/approval"), decision(story, **typed))
    assert answer.status_code == 422
    assert value_of(answer, "reason-reason") == "It is about us."
    assert value_of(answer, "meeting_on") == "yesterday"


def test_the_day_of_the_meeting_is_said_not_assumed(pages, story, milo):
    page = pages.get(milo, pages.reviewed())
    assert value_of(page, "meeting_on") == ""
    assert f'data-fill="meeting_on" data-value="{today()}"' in page.get_data(as_text=True)
    answer = pages.post(milo, pages.reviewed("/approval"), decision(story, **MARKS, meeting_on=""))
    assert answer.status_code == 422
    assert "Enter the day you met." in text(answer)
    assert story.activity.status == "in_review"


def test_round_two_shows_what_changed(pages, story, milo):
    story.returned()
    story.submitted(BETTER)
    page = pages.get(milo, pages.reviewed())
    assert "round 2" in text(page)
    asked = next(row for row in queries.timeline(story.activity.id) if row.move == "return").data["reasons"]
    assert "You returned round 1:" in text(page)
    for reason in asked.values():
        assert f"Asked in round 1: {reason}" in text(page)
    assert text(page).index("You returned round 1:") < text(page).index("What changed since")
    assert "What changed since the returned round" in text(page)
    assert "<ins>" in page.get_data(as_text=True)


def test_a_decision_is_about_the_revision_that_was_read(pages, story, milo):
    form = decision(story, **MARKS)
    service.withdraw(story.activity, by=story.rep, at=story.later())
    story.submitted(BETTER)
    answer = pages.post(milo, pages.reviewed("/approval"), form)
    assert answer.status_code == 409
    assert "A newer version arrived while this page was open" in text(answer)
    assert story.activity.status == "in_review"


def test_the_second_manager_is_told_what_the_first_decided(pages, story, milo, otis):
    """Also when the form is not complete: there is nothing left to complete it for."""
    stands_in(milo, otis, 0, 30)
    form = decision(story, **MARKS)
    bare = decision(story)
    assert pages.get(otis, pages.reviewed()).status_code == 200
    assert pages.post(milo, pages.reviewed("/approval"), form).status_code == 303
    for tail, sent in (("/approval", form), ("/approval", bare), ("/return", bare), ("/adjustment", bare)):
        answer = pages.post(otis, pages.reviewed(tail), sent)
        assert answer.status_code == 409
        assert "Milo Hart approved this on" in text(answer)
    assert pages.moves == ["submit", "approve"]


def test_a_delegate_decides_in_these_days_only(pages, story, milo, otis):
    assert pages.get(otis, pages.reviewed()).status_code == 404
    stands_in(milo, otis, -10, -1)
    assert pages.get(otis, pages.reviewed()).status_code == 404
    assert pages.post(otis, pages.reviewed("/approval"), decision(story, **MARKS)).status_code == 404
    stands_in(milo, otis, 0, 1)
    assert "You decide as a delegate." in text(pages.get(otis, pages.reviewed()))
    assert pages.post(otis, pages.reviewed("/approval"), decision(story, **MARKS)).status_code == 303
    assert "Otis Grey approved as delegate" in text(pages.get(milo, pages.reviewed()))


def test_a_stand_in_says_why(pages, story, milo, vera):
    refused = pages.post(vera, pages.reviewed("/approval"), decision(story, **MARKS))
    assert refused.status_code == 403
    story.activity.escalated_to_id, story.activity.escalated_at = vera.id, clock.now()
    page = text(pages.get(vera, pages.reviewed()))
    assert "You decide as a stand-in, with a reason" in page
    body = pages.get(vera, pages.reviewed()).get_data(as_text=True)
    # On a phone a browser would refuse the form for a field in a closed tab, without a word.
    assert "novalidate" in re.search(r'<form[^>]*/approval"[^>]*>', body)[0]
    assert body.index('id="review-workbook"') < body.index('id="reason"') < body.index("sticky-actions")
    answer = pages.post(vera, pages.reviewed("/approval"), decision(story, **MARKS))
    assert answer.status_code == 422
    assert "You decide in place of the manager: say why." in text(answer)
    form = decision(story, **MARKS, reason="Milo is ill this week.")
    assert pages.post(vera, pages.reviewed("/approval"), form).status_code == 303
    history = text(pages.get(milo, pages.reviewed()))
    assert "Vera Lind approved as stand-in" in history
    assert "Milo is ill this week." in history


class TestPreparation:
    @pytest.fixture
    def story(self, cast) -> Story:
        story = Story(cast, preparation=Preparation.REQUIRED)
        publish_edition(cast.enid)
        return story.to_review()

    def test_who_is_not_prepared_sees_why_and_where(self, pages, story, milo):
        page = pages.get(milo, pages.reviewed())
        assert "Prepare first" in text(page)
        assert 'action="/courses/take/' in page.get_data(as_text=True)
        assert "Hello, this is Rosa Diaz." in text(page)  # reading is not deciding
        assert 'name="mark-reason"' not in page.get_data(as_text=True)
        refused = pages.post(milo, pages.reviewed("/approval"), decision(story, **MARKS))
        assert refused.status_code == 409
        assert "Go through the manager’s edition" in text(refused)

    def test_an_admin_may_let_it_be_decided(self, pages, story, milo, enid):
        for reason, status in (("", 409), ("The edition is being revised.", 303)):
            answer = pages.post(enid, pages.reviewed("/preparation-override"), {"reason": reason})
            assert answer.status_code == status
        assert "Prepare first" not in text(pages.get(milo, pages.reviewed()))
        assert pages.post(milo, pages.reviewed("/approval"), decision(story, **MARKS)).status_code == 303
        assert "The edition is being revised." in text(pages.get(milo, pages.reviewed()))


def test_an_admin_waives_with_a_reason(pages, story, rosa, milo, enid):
    assert pages.post(enid, pages.reviewed("/waiver"), {"reason": " "}).status_code == 409
    assert story.activity.status == "in_review"
    assert pages.post(enid, pages.reviewed("/waiver"), {"reason": "Has a script of last year."}).status_code == 303
    assert "Waived" in text(pages.get(milo, pages.reviewed()))
    assert "Has a script of last year." in text(pages.get(rosa, pages.work()))


def test_a_private_note_is_the_authors_own(pages, story, rosa, milo, vera):
    assert pages.post(milo, pages.reviewed("/note"), {"text": "Watch the pace."}).status_code == 303
    assert value_of(pages.get(milo, pages.reviewed()), "text") == "Watch the pace."
    for person, path in ((rosa, pages.work()), (vera, pages.reviewed())):
        assert "Watch the pace." not in text(pages.get(person, path))


def test_the_rep_is_sent_to_the_own_page(pages, rosa):
    assert pages.get(rosa, pages.reviewed()).location.endswith(pages.work())
