"""Several clients at once, over HTTP: nothing is lost, nothing is kept twice, and everyone is told the truth."""

import json
from collections import Counter
from datetime import datetime
from uuid import uuid4

import pytest

from tests.features.lrs.client import Store, at_once
from tests.features.lrs.test_shapes import GOOD

WRITERS = 8
AGENT = json.dumps({"mbox": "mailto:rosa@example.com"})
DOCUMENTS = {
    "activities/state": {"activityId": "https://example.com/a", "agent": AGENT, "stateId": "s"},
    "activities/profile": {"activityId": "https://example.com/a", "profileId": "p"},
    "agents/profile": {"agent": AGENT, "profileId": "p"},
}
every_document = pytest.mark.parametrize("resource", DOCUMENTS)
every_version = pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])


@pytest.mark.parametrize("round_", range(3))
def test_one_id_with_different_content_is_kept_once(served, round_):
    store, id_ = Store(served), str(uuid4())
    said = at_once(
        WRITERS,
        lambda number: store.ask(
            "PUT", "statements", {**GOOD, "id": id_, "result": {"response": str(number)}}, statementId=id_
        ),
    )
    assert Counter(one.status for one in said) == {204: 1, 409: WRITERS - 1}
    winner = next(number for number, one in enumerate(said) if one.status == 204)
    assert store.ask("GET", "statements", statementId=id_).json["result"]["response"] == str(winner)
    assert len(store.ask("GET", "statements").json["statements"]) == 1


def test_the_same_statement_again_and_again_is_one(served):
    store, one = Store(served), {**GOOD, "id": str(uuid4())}
    said = at_once(WRITERS, lambda _: store.ask("POST", "statements", one))
    assert [answer.status for answer in said] == [200] * WRITERS
    assert len(store.ask("GET", "statements").json["statements"]) == 1


@every_version
@every_document
def test_of_new_documents_one_wins(served, resource, version):
    store = Store(served, version)
    said = at_once(
        WRITERS,
        lambda number: store.ask("PUT", resource, {"by": number}, {"If-None-Match": "*"}, **DOCUMENTS[resource]),
    )
    assert Counter(one.status for one in said) == {204: 1, 412: WRITERS - 1}
    winner = next(number for number, one in enumerate(said) if one.status == 204)
    assert store.ask("GET", resource, **DOCUMENTS[resource]).json == {"by": winner}


@every_version
@every_document
def test_of_those_who_know_the_same_document_one_wins(served, resource, version):
    store = Store(served, version)
    assert store.ask("POST", resource, {"by": "first"}, **DOCUMENTS[resource]).status == 204
    etag = store.ask("GET", resource, **DOCUMENTS[resource]).headers["etag"]
    said = at_once(
        WRITERS, lambda number: store.ask("PUT", resource, {"by": number}, {"If-Match": etag}, **DOCUMENTS[resource])
    )
    assert Counter(one.status for one in said) == {204: 1, 412: WRITERS - 1}
    winner = next(number for number, one in enumerate(said) if one.status == 204)
    assert store.ask("GET", resource, **DOCUMENTS[resource]).json == {"by": winner}


@pytest.mark.parametrize("is_there", [False, True])
@every_document
def test_what_is_merged_at_once_is_all_kept(served, resource, is_there):
    store = Store(served)
    expected = {f"key{number}": number for number in range(WRITERS)}
    if is_there:
        store.ask("POST", resource, {"old": True}, **DOCUMENTS[resource])
        expected["old"] = True
    said = at_once(WRITERS, lambda number: store.ask("POST", resource, {f"key{number}": number}, **DOCUMENTS[resource]))
    assert [one.status for one in said] == [204] * WRITERS
    assert store.ask("GET", resource, **DOCUMENTS[resource]).json == expected


def batch(writer: int, size: int = 50) -> list[dict]:
    """Every writer speaks of the same activities and agents, each in another order and with another definition."""
    return [
        {
            "id": str(uuid4()),
            "actor": {"name": f"Rosa {writer}", "mbox": f"mailto:agent{(number * (writer + 1)) % 7}@example.com"},
            "verb": {"id": f"https://example.com/verb{number % 3}"},
            "object": {
                "id": f"https://example.com/activity{(number * (writer + 3)) % 11}",
                "definition": {
                    "name": {f"x-w{writer}": f"by {writer}"},
                    "type": f"https://example.com/type{number % 2}",
                },
            },
            "context": {
                "contextActivities": {
                    "parent": [{"id": "https://example.com/course", "definition": {"name": {"en": str(writer)}}}]
                }
            },
        }
        for number in range(size)
    ]


@pytest.mark.parametrize("writers", [4, 8])
def test_batches_that_share_activities_do_not_block_each_other(served, writers):
    store = Store(served)
    batches = [[batch(writer) for _ in range(3)] for writer in range(writers)]
    said = at_once(writers, lambda writer: [store.ask("POST", "statements", one).status for one in batches[writer]])
    assert said == [[200] * 3] * writers
    kept = set()
    answer = store.ask("GET", "statements", limit="0").json
    while True:
        kept |= {one["id"] for one in answer["statements"]}
        if not answer["more"]:
            break
        path, _, query = answer["more"].removeprefix("/xapi/").partition("?")
        answer = store.ask("GET", f"{path}?{query}").json
    assert kept == {statement["id"] for parts in batches for part in parts for statement in part}
    names = store.ask("GET", "activities", activityId="https://example.com/activity0").json["definition"]["name"]
    assert names == {f"x-w{writer}": f"by {writer}" for writer in range(writers)}
    person = store.ask("GET", "agents", agent='{"mbox":"mailto:agent0@example.com"}').json
    assert person["name"] == [f"Rosa {writer}" for writer in range(writers)]


@pytest.mark.parametrize("round_", range(3))
def test_a_statement_and_those_who_void_it_or_speak_of_it_arrive_at_once(served, round_):
    """Whoever comes first: it is voided, and found by what it was about."""
    store, wrong = Store(served), str(uuid4())
    verb = f"https://example.com/verb-{uuid4()}"
    reference = {"objectType": "StatementRef", "id": wrong}
    voiding = {"actor": GOOD["actor"], "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"}, "object": reference}
    speaking = {
        "actor": {"mbox": "mailto:c@example.com"},
        "verb": {"id": "https://example.com/said"},
        "object": reference,
    }
    sent = [{**GOOD, "id": wrong, "verb": {"id": verb}}, voiding, *({**speaking, "id": str(uuid4())} for _ in range(6))]
    said = at_once(WRITERS, lambda number: store.ask("POST", "statements", sent[number]))
    assert [one.status for one in said] == [200] * WRITERS
    assert store.ask("GET", "statements", statementId=wrong).status == 404
    assert store.ask("GET", "statements", voidedStatementId=wrong).status == 200
    found = {one["id"] for one in store.ask("GET", "statements", verb=verb).json["statements"]}
    assert found == {one.json[0] for one in said} - {wrong}


def test_what_a_moment_promises_can_be_read(served):
    """A reader who hears `consistent through T` then reads everything up to T, while others go on writing."""
    store = Store(served)
    ids: list[str] = []
    seen: list[tuple[datetime, set[str]]] = []

    def work(number: int) -> None:
        for _ in range(15):
            if number < 4:
                ids.extend(store.ask("POST", "statements", batch(number, 5)).json)
            else:
                answer = store.ask("GET", "statements", limit="500")
                found = {one["id"] for one in answer.json["statements"]}
                seen.append((datetime.fromisoformat(answer.headers["x-experience-api-consistent-through"]), found))

    at_once(6, work)
    stored = {
        one["id"]: datetime.fromisoformat(one["stored"])
        for one in store.ask("GET", "statements", limit="500").json["statements"]
    }
    assert len(stored) == len(ids) == 4 * 15 * 5
    for through, found in seen:
        assert {id_ for id_, at in stored.items() if at < through} <= found, through
    assert any(found for _, found in seen)
    # When nobody writes, the promise reaches past everything there is.
    last = store.ask("GET", "statements", limit="1").headers["x-experience-api-consistent-through"]
    assert datetime.fromisoformat(last) >= max(stored.values()).replace(microsecond=0)
