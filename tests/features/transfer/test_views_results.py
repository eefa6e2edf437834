"""Reporting and confirming numbers in the browser: both numbers are kept and named, and doubts are asked about."""

from dataclasses import replace

import pytest

from lms import clock
from lms.transfer import queries, service
from tests.features.transfer.pages import NUMBERS, Pages, text, today, value_of
from tests.features.transfer.stage import CLAIM, DAY, Story, activity_step

UNLIKELY = tuple(replace(one, plausible=(20, 150)) if one.key == "calls" else one for one in activity_step().numbers)


@pytest.fixture
def story(cast) -> Story:
    return Story(cast, numbers=UNLIKELY).to_field()


def report(**more):
    return {**NUMBERS, "from_on": today(-6), "until_on": today(), "met_manager": "yes", **more}


def test_the_report_starts_from_the_tally(pages, story, rosa):
    service.tally(story.activity, taps=[service.Tap("a", "calls", 1, story.at)], by=rosa, at=story.at)
    page = pages.get(rosa, pages.work("/results"))
    assert value_of(page, "n-calls") == "1"
    assert "Your tally says 1" in text(page)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"n-presentations": "21"}, "Presentations (21) cannot be more than Contacts (20)."),
        ({"n-calls": "forty"}, "Calls: Enter a whole number such as 42"),
        ({"n-calls": "4.5"}, "Calls: Enter a whole number such as 42"),
        ({"n-appointments": "-1"}, "Appointments: Enter 0 or more."),
        ({"n-appointments": ""}, "Appointments: Enter a whole number. Enter 0 if there was none."),
        ({"n-calls": "9" * 30}, "Calls: Enter 100000 or less."),
        ({"until_on": "2999-01-01"}, "This day lies in the future."),
        ({"from_on": "2999-01-01"}, "The last day lies before the first."),
        ({"until_on": ""}, "Enter the last day."),
        ({"met_manager": ""}, "Confirm that you met your manager"),
    ],
)
def test_what_does_not_fit_is_named_and_kept(pages, story, rosa, sent, said):
    answer = pages.post(rosa, pages.work("/results"), report(note="Two had moved.", **sent))
    assert answer.status_code == 422
    assert said in text(answer)
    for name, value in sent.items():
        if name != "met_manager":
            assert value_of(answer, name) == value
    assert value_of(answer, "note") == "Two had moved."
    assert queries.latest_report(story.activity.id) is None


def test_an_unlikely_number_is_asked_about_once(pages, story, rosa):
    sent = report(**{"n-calls": "400"})
    asked = pages.post(rosa, pages.work("/results"), sent)
    assert asked.status_code == 422
    assert "Is this right?" in text(asked)
    assert f"{UNLIKELY[0].label}: This is outside the usual 20 to 150." in text(asked)
    assert 'name="sure" value="yes"' in asked.get_data(as_text=True)
    assert queries.latest_report(story.activity.id) is None
    assert pages.post(rosa, pages.work("/results"), {**sent, "sure": "yes"}).status_code == 303
    assert queries.latest_report(story.activity.id).claimed["calls"] == 400


def test_days_before_the_hand_over_are_asked_about_once_and_shown_to_the_manager(pages, story, rosa, milo):
    story.activity.field_from = clock.company_day(clock.now()) - 3 * DAY
    sent = report(from_on=today(-40))
    asked = pages.post(rosa, pages.work("/results"), sent)
    assert asked.status_code == 422
    assert "First day: You went to the field on" in text(asked)
    assert value_of(asked, "from_on") == sent["from_on"]
    assert pages.post(rosa, pages.work("/results"), {**sent, "sure": "yes"}).status_code == 303
    assert "Begins before the hand-over" in text(pages.get(milo, pages.reviewed()))


def test_reporting_twice_is_one_report(pages, story, rosa, milo):
    for _ in range(2):
        assert pages.post(rosa, pages.work("/results"), report(note="Two had moved.")).status_code == 303
    assert len(queries.reports(story.activity.id)) == 1
    page = text(pages.get(milo, pages.reviewed()))
    assert "Two had moved." in page
    assert "Rosa reported" in page
    assert "Observe first: 0 of 1 done." in page


def test_numbers_are_not_confirmed_before_somebody_observed(pages, story, milo):
    story.reported()
    answer = pages.post(milo, pages.reviewed("/verification"), {"report": "1"})
    assert answer.status_code == 409
    assert "Observe first, then confirm" in text(answer)
    assert story.activity.status == "results_in"


class TestConfirming:
    @pytest.fixture(autouse=True)
    def _reported(self, story):
        story.observed()
        story.reported()

    def test_as_claimed(self, pages, story, rosa, milo):
        answer = pages.post(milo, pages.reviewed("/verification"), {"report": "1"})
        assert answer.status_code == 303
        assert queries.latest_report(story.activity.id).confirmed == CLAIM
        page = pages.get(milo, pages.reviewed())
        assert "“After the field” opened for Rosa." in text(page)
        assert "Milo Hart confirmed it on" in text(pages.get(rosa, pages.work()))
        assert "Observed 1 of 1" in text(pages.get(milo, pages.reviewed()))

    def test_a_correction_keeps_both_numbers_with_their_party(self, pages, story, rosa, milo):
        sent = {"report": "1", "c-calls": "40", "c-contacts": "20", "c-presentations": "8", "c-appointments": "2"}
        assert pages.post(milo, pages.reviewed("/verification"), sent).status_code == 303
        last = queries.latest_report(story.activity.id)
        assert (last.claimed["appointments"], last.confirmed["appointments"]) == (3, 2)
        for person, path in ((rosa, pages.work()), (milo, pages.reviewed())):
            assert "Appointments 3 Rosa reported 2 Milo confirmed" in text(pages.get(person, path))

    def test_a_correction_that_breaks_the_order_is_refused_and_kept(self, pages, story, milo):
        answer = pages.post(milo, pages.reviewed("/verification"), {"report": "1", "c-appointments": "9"})
        assert answer.status_code == 422
        assert "Appointments (9) cannot be more than Presentations (8)." in text(answer)
        assert value_of(answer, "c-appointments") == "9"
        assert story.activity.status == "results_in"

    def test_of_two_confirmations_the_second_hears_of_the_first(self, pages, story, milo):
        for status in (303, 409):
            answer = pages.post(milo, pages.reviewed("/verification"), {"report": "1"})
            assert answer.status_code == status
        assert "Milo Hart confirmed this on" in text(answer)
        assert pages.moves.count("verify") == 1

    def test_a_question_goes_back_and_is_answered_by_a_corrected_report(self, pages, story, rosa, milo):
        empty = pages.post(milo, pages.reviewed("/query"), {"report": "1", "question": " "})
        assert empty.status_code == 422
        assert "Say which number does not fit" in text(empty)
        sent = {"report": "1", "question": "Three of eight?"}
        assert pages.post(milo, pages.reviewed("/query"), sent).status_code == 303
        story.observed()  # an observation meanwhile does not answer the question
        for tail in ("", "/results"):
            assert "Three of eight?" in text(pages.get(rosa, pages.work(tail)))
        assert "Answer with a corrected report" in text(pages.get(rosa, pages.work()))
        assert value_of(pages.get(rosa, pages.work("/results")), "n-appointments") == "3"
        assert pages.post(rosa, pages.work("/results"), report(**{"n-appointments": "2"})).status_code == 303
        assert [row.claimed["appointments"] for row in queries.reports(story.activity.id)] == [2, 3]
        assert "Three of eight?" not in text(pages.get(rosa, pages.work("/results")))
        old = pages.post(milo, pages.reviewed("/verification"), {"report": "1"})
        assert old.status_code == 409
        assert "A newer version arrived" in text(old)

    def test_a_stand_in_asks_and_confirms_with_a_reason(self, pages, story, milo, vera):
        story.activity.escalated_to_id, story.activity.escalated_at = vera.id, clock.now()
        for tail, sent in (("/verification", {}), ("/query", {"question": "Which three?"})):
            answer = pages.post(vera, pages.reviewed(tail), {"report": "1", **sent})
            assert answer.status_code == 422
            assert "You decide in place of the manager: say why." in text(answer)
        sent = {"report": "1", "reason": "Milo is ill this week."}
        assert pages.post(vera, pages.reviewed("/verification"), sent).status_code == 303
        assert "Vera Lind confirmed the numbers as stand-in" in text(pages.get(milo, pages.reviewed()))

    def test_a_confirmation_by_mistake_is_reopened_with_a_reason(self, pages, story, rosa, enid):
        story.verified()
        assert pages.post(enid, pages.reviewed("/reopening"), {"reason": ""}).status_code == 409
        assert story.activity.status == "verified"
        assert pages.post(enid, pages.reviewed("/reopening"), {"reason": "The wrong week."}).status_code == 303
        assert story.activity.status == "results_in"
        page = text(pages.get(rosa, pages.work()))
        assert "Waiting on Milo Hart" in page
        assert "The wrong week." in page

    def test_what_a_confirmation_cannot_be_about(self, pages, story, milo):
        for number in ("2", "0", "one", ""):
            assert pages.post(milo, pages.reviewed("/verification"), {"report": number}).status_code == 409
        assert story.activity.status == "results_in"


def test_nothing_can_be_reported_before_the_field(cast, visit, rosa):
    story = Story(cast, key="other").to_approved()
    pages = Pages(story, visit)
    assert "Results can be reported once you are in the field" in text(pages.get(rosa, pages.work("/results")))
    assert pages.post(rosa, pages.work("/results"), report()).status_code == 409
    assert queries.reports(story.activity.id) == ()
