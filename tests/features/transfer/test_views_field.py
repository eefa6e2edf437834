"""Handing over, tallying and observing in the browser."""

import pytest
from sqlalchemy import func, select

from lms import clock
from lms.db import db
from lms.transfer import queries
from lms.transfer.models import Observation, TallyMark
from tests.features.transfer.pages import is_chosen, text, today, value_of

LEADS = "Adler Works; CRM-1; ask for Ms. Ode\n\nBirch & Sons"
SEEN = {
    "client_id": "phone-1",
    "seen-reason": "yes",
    "level-reason": "3",
    "seen-question": "no_chance",
    "mode": "live",
    "minutes": "20",
    "strength": "Waits for the answer.",
}


def window(**more):
    return {"from_on": today(), "until_on": today(7), **more}


class TestHandingOver:
    @pytest.fixture(autouse=True)
    def _approved(self, story):
        story.to_approved()

    def test_too_few_leads_keep_what_was_typed(self, pages, story, milo):
        answer = pages.post(milo, pages.reviewed("/release"), window(leads="Adler Works"))
        assert answer.status_code == 422
        assert "Hand over at least 2" in text(answer)
        assert "So far there is 1." in text(answer)
        assert value_of(answer, "leads") == "Adler Works"
        assert story.activity.status == "approved"

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"leads": "; CRM-1\nBirch"}, "Line 1 has no name before the semicolon."),
            ({"leads": "x" * 201}, "Line 1: the name is longer than 200 characters."),
            ({"leads": LEADS, "until_on": "2020-01-01"}, "The last day is before the first."),
            ({"leads": LEADS, "from_on": "soon"}, "Enter the first day in the field as a date"),
        ],
    )
    def test_what_does_not_fit_is_named(self, pages, story, milo, sent, said):
        answer = pages.post(milo, pages.reviewed("/release"), window(**sent))
        assert answer.status_code == 422
        assert said in text(answer)
        assert value_of(answer, "leads") == sent["leads"]
        assert story.activity.status == "approved"

    def test_leads_belong_to_the_rep_and_the_line(self, pages, story, rosa, milo, vera, otis, enid):
        assert pages.post(milo, pages.reviewed("/release"), window(leads=LEADS)).status_code == 303
        for person, path in ((rosa, pages.work()), (rosa, pages.work("/tally")), (milo, pages.reviewed())):
            page = text(pages.get(person, path))
            assert "Adler Works" in page
            assert "ask for Ms. Ode" in page
        assert "Adler Works" in text(pages.get(vera, pages.reviewed()))
        assert pages.get(otis, pages.reviewed()).status_code == 404
        for path in (pages.reviewed(), pages.work()):
            page = pages.get(enid, path)
            assert page.status_code == 200
            assert "Adler Works" not in text(page)
        assert [lead.crm_key for lead in queries.leads(story.activity.id)] == ["CRM-1", ""]

    def test_an_own_list_needs_no_leads(self, pages, story, milo):
        assert pages.post(milo, pages.reviewed("/release"), window(own_list="yes")).status_code == 303
        assert story.activity.status == "in_field"

    def test_twice_is_once(self, pages, milo, story):
        for status in (303, 409):
            assert pages.post(milo, pages.reviewed("/release"), window(leads=LEADS)).status_code == status
        assert len(queries.leads(story.activity.id)) == 2


class TestTally:
    @pytest.fixture(autouse=True)
    def _in_the_field(self, story):
        story.to_field()

    def tap(self, pages, person, *taps, raw=None):
        browser = pages.browser(person)
        headers = {"X-CSRFToken": browser.token_for("/account"), "Accept": "application/json"}
        answer = browser.post(pages.work("/tally"), json={"taps": list(taps)} if raw is None else raw, headers=headers)
        pages.look_again()
        return answer

    def test_a_phone_may_send_its_taps_again(self, pages, story, rosa):
        at = clock.now().isoformat()
        taps = [
            {"client_id": "a", "kind": "calls", "delta": 1, "at": at},
            {"client_id": "b", "kind": "calls", "delta": 1, "at": at},
            {"client_id": "c", "kind": "calls", "delta": -1, "at": "no time at all"},
            {"client_id": "d", "kind": "contacts", "delta": 1, "at": "2999-01-01T00:00:00+00:00"},
        ]
        for sent in (taps[:1], taps, taps):
            answer = self.tap(pages, rosa, *sent)
            assert answer.status_code == 200
        assert answer.json["counts"] == {"calls": 1, "contacts": 1}
        assert answer.json["accepted"] == ["a", "b", "c", "d"]
        latest = db.session.scalar(select(func.max(TallyMark.tapped_at)))
        assert latest <= clock.now()  # a phone from the future is taken to mean now

    @pytest.mark.parametrize(
        "raw",
        [
            [],
            "taps",
            {"taps": "a"},
            {"taps": [3, None, {}]},
            {"taps": [{"client_id": "a", "kind": "calls", "delta": 5}]},
            {"taps": [{"client_id": "a", "kind": "calls", "delta": [1]}]},
        ],
    )
    def test_what_is_no_tap_counts_nothing(self, pages, rosa, raw):
        answer = self.tap(pages, rosa, raw=raw)
        assert answer.status_code == 200
        assert answer.json == {"counts": {}, "accepted": []}

    def test_without_javascript_a_button_counts(self, pages, rosa):
        for kind in ("calls", "calls", "calls:less"):
            assert pages.post(rosa, pages.work("/tally"), {"kind": kind}).status_code == 303
        page = pages.get(rosa, pages.work("/tally")).get_data(as_text=True)
        assert 'data-count="calls" aria-labelledby="tally-calls">1</output>' in page

    def test_the_counts_are_on_the_managers_page(self, pages, rosa, milo):
        pages.post(rosa, pages.work("/tally"), {"kind": "calls"})
        assert "Calls 1" in text(pages.get(milo, pages.reviewed()))


class TestObserving:
    @pytest.fixture(autouse=True)
    def _in_the_field(self, story):
        story.to_field()

    def test_the_same_form_twice_is_one_observation(self, pages, story, rosa, milo):
        for _ in range(2):
            answer = pages.post(milo, pages.reviewed("/observations/new"), {**SEEN, "observed_on": today()})
            assert answer.status_code == 303
        assert db.session.scalar(select(func.count()).select_from(Observation)) == 1
        assert pages.moves.count("observe") == 1
        page = text(pages.get(rosa, pages.work()))
        assert "Waits for the answer." in page
        assert "observed 1 of 1" in page
        found = queries.observations(story.activity.id)[0]
        assert found.scores == {
            "reason": {"seen": "yes", "level": 3},
            "question": {"seen": "no_chance", "level": None},
        }
        opened = text(pages.get(rosa, f"/observations/{found.id}"))
        assert "No chance to show it" in opened
        assert "How well: 3 of 4" in opened

    def test_what_is_missing_is_named_and_the_rest_kept(self, pages, story, milo):
        sent = {
            **SEEN,
            "level-reason": "",
            "seen-question": "",
            "minutes": "20 min",
            "mode": "",
            "observed_on": today(2),
        }
        answer = pages.post(milo, pages.reviewed("/observations/new"), sent)
        assert answer.status_code == 422
        page = text(answer)
        for said in (
            "Reason: say how well, from 1 to 4.",
            "Question: say whether you saw it.",
            "Enter the minutes as a whole number from 1 to 600.",
            "Say how you observed.",
            "lies in the future. Enter the day on which you observed.",
        ):
            assert said in page
        assert is_chosen(answer, "seen-reason", "yes")
        assert value_of(answer, "minutes") == "20 min"
        assert value_of(answer, "client_id") == "phone-1"
        assert value_of(answer, "strength") == "Waits for the answer."
        assert queries.observations(story.activity.id) == ()

    def test_a_level_without_having_done_it_is_dropped(self, pages, story, milo):
        sent = {**SEEN, "seen-reason": "no", "observed_on": today()}
        assert pages.post(milo, pages.reviewed("/observations/new"), sent).status_code == 303
        assert queries.observations(story.activity.id)[0].scores["reason"] == {"seen": "no", "level": None}

    def test_the_queue_asks_for_it_until_it_was_done(self, pages, milo):
        assert "To observe" in text(pages.get(milo, "/queue"))
        pages.post(milo, pages.reviewed("/observations/new"), {**SEEN, "observed_on": today()})
        assert "To observe" not in text(pages.get(milo, "/queue"))


def test_before_the_field_there_is_nothing_to_tally_or_observe(pages, story, rosa, milo):
    story.to_approved()
    assert "The tally is open while you are in the field" in text(pages.get(rosa, pages.work("/tally")))
    assert pages.post(rosa, pages.work("/tally"), {"kind": "calls"}).status_code == 409
    assert "is not in the field" in text(pages.get(milo, pages.reviewed("/observations/new")))
    sent = {**SEEN, "observed_on": today()}
    assert pages.post(milo, pages.reviewed("/observations/new"), sent).status_code == 409
