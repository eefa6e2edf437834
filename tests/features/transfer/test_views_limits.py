"""Days that cannot be, and observations that saw nothing, as the pages say it: beside the field, nothing lost."""

import pytest

from tests.features.transfer.pages import FORM, MARKS, NUMBERS, text, today, value_of
from tests.features.transfer.stage import CONTENT

LONG_AGO = "1026-03-02"


@pytest.mark.parametrize(("day", "said"), [(LONG_AGO, "lies long before this was submitted"), (None, "in the future")])
def test_when_they_met(pages, story, milo, day, said):
    story.to_review()
    day = day or today(9)
    sent = {**FORM, **MARKS, "missing-question": "One at a time.", "reason-question": "One at a time."}
    sent |= {"revision": story.activity.submitted_revision, "meeting_on": day, "due_on": today(3)}
    answer = pages.post(milo, pages.reviewed("/approval"), sent)
    assert answer.status_code == 422
    assert said in text(answer)
    assert value_of(answer, "meeting_on") == day
    assert story.activity.status == "in_review"


@pytest.mark.parametrize(
    ("first", "days", "said"),
    [(LONG_AGO, 3, "before the course began"), (None, 400, "more than a year ahead")],
)
def test_the_days_in_the_field(pages, story, milo, first, days, said):
    story.to_approved()
    last = today(days)
    sent = {"own_list": "yes", "from_on": first or today(), "until_on": last}
    answer = pages.post(milo, pages.reviewed("/release"), sent)
    assert answer.status_code == 422
    assert said in text(answer)
    assert value_of(answer, "until_on") == last


def test_an_observation_of_long_ago(pages, story, milo):
    story.to_field()
    sent = {"client_id": "p", "seen-reason": "no", "seen-question": "no", "mode": "live", "minutes": "20"}
    answer = pages.post(milo, pages.reviewed("/observations/new"), {**sent, "observed_on": LONG_AGO})
    assert answer.status_code == 422
    assert "lies before the field part, which began on" in text(answer)


def test_numbers_of_long_ago(pages, story, rosa):
    story.to_field()
    sent = {**NUMBERS, "from_on": LONG_AGO, "until_on": today(), "met_manager": "yes"}
    answer = pages.post(rosa, pages.work("/results"), sent)
    assert answer.status_code == 422
    assert "when the course began" in text(answer)


def test_an_observation_that_saw_nothing_says_that_it_does_not_count(pages, story, rosa, milo):
    story.to_field().observed(scores={key: {"seen": "no_chance", "level": None} for key in ("reason", "question")})
    page = text(pages.get(milo, pages.reviewed()))
    assert "Observed 0 of 1" in page
    assert "no chance to see anything: does not count" in page
    assert "no chance to see anything: does not count" in text(pages.get(rosa, pages.work()))
    assert "To observe" in text(pages.get(milo, "/queue"))


def test_a_round_that_was_taken_back_still_shows_why_it_was_returned(pages, story, rosa):
    story.to_review().returned()
    story.submitted({**CONTENT, "opening": "Another opening."})
    assert pages.post(rosa, pages.work("/withdrawal")).status_code == 303
    for path in (pages.work(), pages.work("/worksheet")):
        assert "It is about us, not about him." in text(pages.get(rosa, path))
