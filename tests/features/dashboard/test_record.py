"""The ledger about one person, as that person and those above read it."""

import inspect
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from lms.dashboard import sentences
from lms.db import db
from lms.people import service as people
from lms.statements import administration, events
from lms.statements.models import LedgerEntry
from lms.statements.queries import Entry
from tests.features.dashboard.samples import words
from tests.features.transfer import stage
from tests.features.transfer.stage import Story


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(stage.MONDAY + 2 * stage.DAY, tick=False):
        yield


@pytest.fixture
def story(cast):
    return Story(cast)


def entry(kind: str, title="Your call script", actor="Milo Hart", reason="", **facts) -> Entry:
    at = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    return Entry(1, uuid4(), at, kind, uuid4() if actor else None, actor, uuid4(), None, uuid4(), title, reason, facts)


class TestWhoReadsIt:
    @pytest.mark.parametrize(
        ("who", "status"),
        [("rosa", 200), ("milo", 200), ("vera", 200), ("enid", 200), ("nils", 404), ("otis", 404), ("olga", 404)],
    )
    def test_the_person_and_those_above(self, visit, cast, who, status):
        assert visit(getattr(cast, who)).get(f"/people/{cast.rosa.id}/record").status_code == status

    def test_nobody_signs_in_first(self, visit, rosa):
        for page in ("/record", f"/people/{rosa.id}/record"):
            assert visit().get(page).location.startswith("/sign-in")

    def test_a_reason_is_read_by_those_it_is_for(self, visit, story, cast):
        story.to_review().returned(reasons={"reason": "It is about us, not about him."})
        for who in (cast.rosa, cast.milo, cast.vera):
            assert "It is about us, not about him." in words(visit(who).get(f"/people/{cast.rosa.id}/record"))
        assert b"about us" not in visit(cast.otis).get(f"/people/{cast.rosa.id}/record").data

    def test_ones_own_record_says_you(self, visit, rosa):
        said = words(visit(rosa).get("/record"))
        assert "What was written down about you" in said
        assert "Nothing is on record yet" in said


class TestStory:
    def test_every_act_is_a_sentence_newest_first(self, visit, story):
        story.to_review().returned()
        story.submitted(stage.BETTER)
        story.approved()
        story.released()
        story.observed()
        story.reported()
        story.verified(corrected={"appointments": 2})
        said = words(visit(story.rep).get("/record"))
        told = [
            "The module “After the field” opened for Rosa Diaz, because Milo Hart confirmed the numbers.",
            "Milo Hart confirmed the numbers of “Your call script”, with corrections.",
            "Rosa Diaz reported numbers for “Your call script”: calls 40, contacts 20, presentations 8, appointments 3",
            "Milo Hart observed Rosa Diaz for “Your call script”: 3 of 4 points.",
            "Milo Hart handed over 2 leads for “Your call script”.",
            "Milo Hart approved “Your call script”.",
            "Rosa Diaz submitted “Your call script”, round 2, to Milo Hart.",
            "Milo Hart returned “Your call script”.",
            "Rosa Diaz submitted “Your call script”, round 1, to Milo Hart.",
            "Enid Shaw assigned Rosa Diaz the course “Calling”.",
        ]
        places = [said.index(sentence) for sentence in told]
        assert places == sorted(places)

    def test_facts_have_labels_and_no_ids(self, visit, story):
        story.to_results()
        said = words(visit(story.rep).get("/record"))
        assert "Levels reason 3, question not seen" in said
        assert "Met the manager yes" in said
        assert str(story.activity.id) not in said

    def test_earlier_entries_are_on_the_next_page(self, visit, cast):
        at = datetime(2026, 1, 5, 12, tzinfo=UTC)
        for number in range(60):
            people.set_zone(
                cast.rosa, "UTC" if number % 2 else "Europe/Berlin", by=cast.rosa, at=at + timedelta(hours=number)
            )
        cast.rosa.zone = "UTC"
        browser = visit(cast.rosa)
        first = browser.get("/record")
        href = first.get_data(as_text=True).partition('rel="next" href="')[2].partition('"')[0]
        second = browser.get(href.replace("&amp;", "&"))
        assert words(first).count("changed their time zone") == 50
        assert words(second).count("changed their time zone") == 10
        assert "Newest entries" in words(second)

    def test_nonsense_in_the_address_shows_the_newest(self, visit, story):
        assert "assigned Rosa Diaz" in words(visit(story.rep).get("/record?before=x"))
        assert "No earlier entries" in words(visit(story.rep).get("/record?before=0"))


class TestSentences:
    def test_every_kind_of_event_has_one(self):
        kinds = {
            one.kind
            for module in (administration, events)
            for _, one in inspect.getmembers(module, inspect.isclass)
            if issubclass(one, events.Event) and "kind" in vars(one)
        }
        assert kinds == set(sentences.SENTENCES)

    @pytest.mark.parametrize(
        ("entry", "said"),
        [
            (
                entry("worksheet_approved", adjusted=True, capacity="stand_in"),
                "Milo Hart approved “Your call script” with edits as stand-in.",
            ),
            (
                entry("leads_handed_over", lead_count=0),
                "Milo Hart handed over the field work with an own list for “Your call script”.",
            ),
            (entry("leads_handed_over", lead_count=1), "Milo Hart handed over 1 lead for “Your call script”."),
            (entry("attempt_graded", "Test", is_gate=True, passed=False), "Rosa did not pass “Test”."),
            (
                entry("attempt_graded", "Test", is_gate=False, earned="7/2", possible=4),
                "Rosa scored 3.5 of 4 points in “Test”.",
            ),
            (
                entry("review_escalated", actor="", to={"id": "1", "name": "Vera Lind"}),
                "“Your call script” waited too long and was escalated to Vera Lind.",
            ),
            (
                entry("module_opened", "Two", because="enrolled"),
                "The module “Two” opened for Rosa, because the course began.",
            ),
            (
                entry("account_changed", "", change="role_granted", facts=[["role", "manager"]]),
                "Milo Hart granted Rosa the role manager.",
            ),
            (
                entry("account_changed", "", change="something_new"),
                "Milo Hart changed the account of Rosa: something new.",
            ),
            (
                entry("course_assigned", actor="", due_on="2026-04-01"),
                "The system assigned Rosa the course “Your call script”, due 2026-04-01.",
            ),
            (entry("results_reported"), "Rosa reported numbers for “Your call script”: ."),
            (entry("never_heard_of"), "Milo Hart: never heard of."),
        ],
    )
    def test_in_words(self, entry, said):
        assert sentences.sentence(entry, "Rosa") == said

    def test_answers_to_questions_are_counted_and_never_shown(self):
        facts = {"response": "b", "correct": ["a"], "share": "0", "number": 3, "item": {"key": "q", "title": "Q"}}
        run = [entry("question_answered", "Test", **facts) for _ in range(3)]
        (day,) = sentences.by_day(run, "Rosa", "UTC")
        assert [(one.sentence, one.facts) for one in day[1]] == [("Rosa answered 3 questions of “Test”.", ())]

    def test_lists_of_words_are_readable(self):
        assert sentences.details(entry("worksheet_returned", criteria=["opening", "two_words"])) == (
            ("Criteria", "opening, two words"),
        )

    def test_days_are_those_of_the_reader(self):
        late = entry("chunk_completed")
        for zone, day in (("UTC", 2), ("Pacific/Kiritimati", 3)):
            assert sentences.by_day([late], "Rosa", zone)[0][0].day == day


def test_hostile_words_are_only_text(visit, rosa):
    db.session.add(
        LedgerEntry(
            id=uuid4(),
            at=stage.MONDAY,
            kind="worksheet_returned",
            actor_name="<script>x</script>{subject}",
            subject_id=rosa.id,
            record_id=uuid4(),
            title="{actor.__class__}",
            reason="<img src=x onerror=alert(1)>",
            facts={"criteria": ["<b>"]},
        )
    )
    db.session.flush()
    page = visit(rosa).get("/record").get_data(as_text=True)
    assert "<script>x" not in page
    assert "<img src=x" not in page
    assert "{actor.__class__}" in page
