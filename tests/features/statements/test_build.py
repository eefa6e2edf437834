"""Each event as a statement."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from uuid import UUID

import pytest

from lms.lrs import shapes
from lms.statements import build
from lms.statements import events as e
from lms.statements.build import statement_id
from lms.statements.home import Home
from lms.statements.vocabulary import Ext
from tests.features.statements.samples import (
    ACTIVITY,
    COMPLETED,
    EVENTS,
    MILO,
    REGISTRATION,
    REPORTED,
    ROSA,
    SUBMITTED,
    WORDS,
    sample,
)

HOME = Home("https://learn.example.com")
TOLD = [event for event in EVENTS if not isinstance(event, build.LEDGER_ONLY)]
ABOUT = "https://learn.example.com/xapi/activities/courses/appointment-setting"


def told(event) -> dict:
    body = build.statement(event, HOME)
    assert body is not None
    return body


def account(person: e.Person) -> dict:
    return {"homePage": HOME.base, "name": str(person.id)}


# verb, actor, the end of the object's id, type's last part
SHOULD = {
    "course_assigned": ("was-assigned", ROSA, "/v3", "course"),
    "enrollment_activated": ("registered", ROSA, "/v3", "course"),
    "enrollment_withdrawn": ("unregistered", ROSA, "/v3", "course"),
    "module_opened": ("launched", ROSA, "/v3/modules/openings", "module"),
    "chunk_completed": ("experienced", ROSA, "/steps/first-words", "lesson"),
    "module_completed": ("completed", ROSA, "/v3/modules/openings", "module"),
    "module_tested_out": ("waived", ROSA, "/v3/modules/openings", "module"),
    "objective_mastered": ("mastered", ROSA, "/courses/basics/objectives/open-a-call", "objective"),
    "step_waived": ("waived", ROSA, "/steps/first-words", None),
    "course_satisfied": ("satisfied", ROSA, "/v3", "course"),
    "attempt_started": ("attempted", ROSA, "/steps/first-words", "assessment"),
    "question_answered": ("answered", ROSA, "/items/opener/v2", "cmi.interaction"),
    "attempt_handed_in": ("submit", ROSA, "/steps/first-words", "assessment"),
    "answer_scored": ("scored", ROSA, "/items/opening/v2", "cmi.interaction"),
    "attempt_graded": ("passed", ROSA, "/steps/first-words", "assessment"),
    "worksheet_submitted": ("submit", ROSA, f"{ACTIVITY}/submissions/4", "submission"),
    "submission_withdrawn": ("voided", ROSA, str(SUBMITTED), None),
    "worksheet_adjusted": ("update", MILO, f"{ACTIVITY}/submissions/4", "submission"),
    "worksheet_approved": ("approve", MILO, f"{ACTIVITY}/submissions/4", "submission"),
    "worksheet_returned": ("return", MILO, f"{ACTIVITY}/submissions/4", "submission"),
    "leads_handed_over": ("assign", MILO, f"{ACTIVITY}/submissions/4", "submission"),
    "rep_observed": ("evaluated", MILO, f"{ACTIVITY}/performance", "performance"),
    "results_reported": ("reported", ROSA, f"{ACTIVITY}/results", "worksheet"),
    "results_queried": ("voided", MILO, str(REPORTED), None),
    "results_confirmed": ("verified", MILO, str(REPORTED), None),
    "transfer_completed": ("completed", ROSA, "/steps/first-words", "transfer-activity"),
    "transfer_waived": ("waived", ROSA, "/steps/first-words", "transfer-activity"),
    "transfer_cancelled": ("cancel", MILO, "/steps/first-words", "transfer-activity"),
    "transfer_reopened": ("open", MILO, "/steps/first-words", "transfer-activity"),
}


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.kind)
def test_who_does_what_to_what(event):
    verb, actor, ending, type_ = SHOULD[event.kind]
    body = told(event)
    assert body["verb"]["id"].rsplit("/", 1)[1] == verb
    assert body["verb"]["display"]["en-US"]
    assert body["actor"]["account"] == account(actor)
    assert body["object"]["id"].endswith(ending)
    assert body["object"].get("definition", {}).get("type", "").rpartition("/")[2] == (type_ or "")


def test_the_table_above_misses_no_event():
    assert {event.kind for event in TOLD} == SHOULD.keys()


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.kind)
def test_every_statement_is_one(event):
    for body in build.statements(event, HOME):
        shapes.statement(json.loads(json.dumps(body, allow_nan=False)))


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.kind)
def test_the_envelope(event):
    body = told(event)
    assert body["id"] == str(statement_id(event.kind, event.record_id, event.revision))
    # What is told second of one act is a moment later, so that a chain can be ordered by time.
    moments = {"worksheet_approved": "05.679Z", "transfer_completed": "05.679Z"}
    assert body["timestamp"] == "2026-11-23T15:04:" + moments.get(event.kind, "05.678Z")
    context = body["context"]
    assert context["registration"] == str(REGISTRATION)
    assert ABOUT in {activity["id"] for activity in context["contextActivities"]["grouping"]}


@pytest.mark.parametrize("event", TOLD, ids=lambda event: event.kind)
def test_no_free_text_no_name_no_address(event):
    text = json.dumps(build.statements(event, HOME))
    for secret in (WORDS, "@", "Acme", ROSA.name, MILO.name):
        assert secret not in text


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_ledger_only_events_are_told_to_nobody(event):
    is_told = build.statement(event, HOME) is not None
    assert is_told == (event.kind in SHOULD)


def test_an_id_is_the_same_for_ever():
    record = UUID("11111111-2222-4333-8444-555555555555")
    # Written down on the day the name space was chosen: a change would double every fact that is sent again.
    assert str(statement_id("worksheet_submitted", record, 0)) == "11801389-e749-5479-8ba6-a2bdb91c5ad9"
    assert statement_id("worksheet_submitted", record, 1) != statement_id("worksheet_submitted", record, 0)
    assert statement_id("worksheet_returned", record, 0) != statement_id("worksheet_submitted", record, 0)
    assert statement_id("worksheet_submitted", record, 0).version == 5


def test_instants_are_utc_with_milliseconds():
    eastern = timezone(timedelta(hours=-5))
    event = dataclasses.replace(sample("chunk_completed"), at=datetime(2026, 1, 2, 22, 0, tzinfo=eastern))
    assert told(event)["timestamp"] == "2026-01-03T03:00:00.000Z"
    assert build.instant(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000Z"


def test_what_another_person_did_names_the_learner():
    for kind in ("worksheet_approved", "worksheet_returned", "rep_observed", "results_confirmed", "results_queried"):
        extensions = told(sample(kind))["context"]["extensions"]
        assert extensions[Ext.LEARNER]["account"] == account(ROSA)


def test_what_the_rep_did_names_the_approver():
    for kind in ("worksheet_submitted", "results_reported", "transfer_completed"):
        assert told(sample(kind))["context"]["instructor"]["account"] == account(MILO)


def test_what_the_system_did_is_said_of_the_learner():
    event = dataclasses.replace(sample("module_opened"), actor=None)
    body = told(event)
    assert body["actor"]["account"] == account(ROSA)
    assert "instructor" not in body["context"]


def test_an_answer_carries_its_question():
    body = told(sample("question_answered"))
    definition = body["object"]["definition"]
    assert definition["interactionType"] == "choice"
    assert [choice["id"] for choice in definition["choices"]] == ["a", "b", "c"]
    assert definition["correctResponsesPattern"] == ["a[,]c"]
    assert body["result"]["response"] == "a[,]c"
    assert body["result"]["score"]["scaled"] == pytest.approx(2 / 3)
    assert body["result"]["success"] is False
    groups = {group["id"] for group in body["context"]["contextActivities"]["grouping"]}
    assert f"{ABOUT}/items/opener" in groups
    assert f"{ABOUT}/objectives/open-a-call" in groups


def test_words_typed_as_an_answer_stay_here():
    event = dataclasses.replace(sample("question_answered"), interaction="fill-in", response=WORDS, components=())
    result = told(event)["result"]
    assert "response" not in result
    assert result["extensions"][Ext.RESPONSE_LENGTH] == len(WORDS)


def test_matching_has_two_sides():
    event = dataclasses.replace(
        sample("question_answered"),
        interaction="matching",
        components=(("a", "Price"), ("b", "Timing")),
        targets=(("1", "Ask what it is compared to"), ("2", "Ask what changes by then")),
        correct=("a[.]1[,]b[.]2",),
        response="a[.]1[,]b[.]2",
        share=Fraction(1),
    )
    body = told(event)
    assert body["object"]["definition"]["source"][0] == {"id": "a", "description": {"en-US": "Price"}}
    assert body["object"]["definition"]["target"][1]["id"] == "2"
    assert body["result"]["success"] is True


@pytest.mark.parametrize(
    ("changes", "verb"),
    [
        ({}, "passed"),
        ({"is_first_pass": False}, "scored"),
        ({"passed": False, "is_first_pass": False}, "failed"),
        ({"is_gate": False, "is_first_pass": False}, "scored"),
        ({"cause": "expired", "passed": False, "is_first_pass": False}, "failed"),
        ({"cause": "regraded", "is_first_pass": True}, "passed"),
        ({"cause": "regraded", "passed": False, "is_first_pass": False}, "scored"),
    ],
)
def test_verdicts(changes, verb):
    body = told(dataclasses.replace(sample("attempt_graded"), **changes))
    assert body["verb"]["id"].endswith(f"/{verb}")
    assert body["result"]["score"] == {"raw": 8.5, "min": 0.0, "max": 10.0, "scaled": 0.85}
    assert body["result"]["duration"] == "PT12M34S"


def test_a_check_is_a_part_of_its_chunk():
    body = told(dataclasses.replace(sample("attempt_started"), purpose="check"))
    assert body["object"]["id"].endswith("/steps/first-words/check")
    assert body["context"]["contextActivities"]["parent"][0]["id"].endswith("/steps/first-words")
    assert body["context"]["extensions"][Ext.ASSESSMENT_TYPE] == "formative"


def test_reported_numbers_keep_their_names():
    extensions = told(sample("results_reported"))["result"]["extensions"]
    assert extensions[Ext.CALLS] == 80
    assert extensions[Ext.APPOINTMENTS] == 4
    assert extensions[Ext.NUMBERS] == {"voicemails": 22}


def test_a_level_that_could_not_be_seen_is_null_and_not_zero():
    rubrics = told(sample("rep_observed"))["result"]["extensions"][Ext.RUBRICS]
    assert [line["level"] for line in rubrics] == [3, 4, None]


def test_answers_refer_to_what_they_answer():
    assert told(sample("worksheet_approved"))["context"]["statement"]["id"] == str(SUBMITTED)
    assert told(sample("worksheet_returned"))["context"]["statement"]["id"] == str(SUBMITTED)
    assert told(sample("results_confirmed"))["object"] == {"objectType": "StatementRef", "id": str(REPORTED)}


def test_reopening_also_takes_the_completion_back():
    opened, voided = build.statements(sample("transfer_reopened"), HOME)
    assert opened["verb"]["id"].endswith("/open")
    assert voided["verb"]["id"].endswith("/voided")
    assert voided["object"] == {"objectType": "StatementRef", "id": str(COMPLETED)}
    assert voided["id"] != opened["id"]
    never_completed = dataclasses.replace(sample("transfer_reopened"), completed_id=None)
    assert len(build.statements(never_completed, HOME)) == 1


def test_an_event_without_a_builder_is_an_error_not_a_silence():
    class Unheard(e.Event):
        kind = "unheard"

    base = sample("module_opened")
    with pytest.raises(LookupError, match="Unheard"):
        build.statements(Unheard(at=base.at, actor=None, learner=ROSA, record_id=base.record_id), HOME)
