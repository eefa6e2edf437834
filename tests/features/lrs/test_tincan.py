"""Rustici's client library against our server, over real HTTP: what any xAPI tool would do."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import tincan

from lms.statements import build
from lms.statements.home import Home
from tests.features.statements.samples import EVENTS, MILO, ROSA, sample

HOME = Home("https://learn.example.com")


@pytest.fixture
def lrs(served):
    return tincan.RemoteLRS(endpoint=served.endpoint, version="1.0.3", username=served.key, password=served.secret)


def save(lrs, kind):
    body = build.statement(sample(kind), HOME)
    answer = lrs.save_statement(tincan.Statement(body))
    assert answer.success, answer.data
    return answer.content


def agent(person):
    return tincan.Agent(account=tincan.AgentAccount(home_page=HOME.base, name=str(person.id)))


def found(lrs, **query):
    answer = lrs.query_statements(query)
    assert answer.success, answer.data
    return [str(statement.id) for statement in answer.content.statements]


def test_about_is_more_than_tincan_knows(lrs):
    """It fails on every store that lists 2.0.0; what is sent is right (see `test_statements`)."""
    with pytest.raises(ValueError, match=r"2\.0\.0"):
        lrs.about()


def test_every_statement_of_ours_can_be_saved_and_read_back(lrs):
    for event in EVENTS:
        for body in build.statements(event, HOME):
            if body["verb"]["id"].endswith("voided"):
                continue
            saved = lrs.save_statement(tincan.Statement.from_json(tincan.Statement(dict(body)).to_json()))
            assert saved.success, (event.kind, saved.data)
            back = lrs.retrieve_statement(body["id"])
            assert back.success, event.kind
            assert back.content.verb.id == body["verb"]["id"]
            assert back.content.timestamp == datetime.fromisoformat(body["timestamp"])


def test_found_by_agent_verb_activity_and_registration(lrs):
    submitted, approved = save(lrs, "worksheet_submitted"), save(lrs, "worksheet_approved")
    assert found(lrs, agent=agent(ROSA)) == [str(submitted.id)]
    assert found(lrs, agent=agent(MILO)) == [str(approved.id)]
    assert found(lrs, verb=tincan.Verb(id=approved.verb.id)) == [str(approved.id)]
    both = [str(approved.id), str(submitted.id)]
    assert found(lrs, activity=tincan.Activity(id=submitted.object.id)) == both
    assert found(lrs, registration=str(submitted.context.registration)) == both
    assert found(lrs, ascending=True) == both[::-1]
    assert found(lrs, since=datetime(2099, 1, 1, tzinfo=UTC).isoformat()) == []


def test_pages(lrs):
    batch = tincan.StatementList(
        [tincan.Statement({**build.statement(sample("chunk_completed"), HOME), "id": str(uuid4())}) for _ in range(5)]
    )
    assert lrs.save_statements(batch).success
    page = lrs.query_statements({"limit": 2})
    seen = [str(one.id) for one in page.content.statements]
    while page.content.more:
        page = lrs.more_statements(page.content.more)
        seen += [str(one.id) for one in page.content.statements]
    assert seen == [str(one.id) for one in batch][::-1]


def test_saving_twice_is_harmless_and_something_else_is_refused(lrs):
    first = save(lrs, "module_completed")
    again = save(lrs, "module_completed")
    assert again.id == first.id
    assert found(lrs) == [str(first.id)]
    other = tincan.Statement({**build.statement(sample("course_satisfied"), HOME), "id": str(first.id)})
    answer = lrs.save_statement(other)
    assert not answer.success
    assert answer.response.status == 409


def test_voided(lrs):
    reported = save(lrs, "results_reported")
    body = build.statement(sample("results_queried"), HOME)
    body["object"]["id"] = str(reported.id)
    assert lrs.save_statement(tincan.Statement(body)).success
    assert lrs.retrieve_statement(str(reported.id)).response.status == 404
    assert lrs.retrieve_voided_statement(str(reported.id)).content.id == reported.id


def test_eight_clients_at_once(served):
    """Every one is told the truth about whether its statement is the one under the id."""
    gate = threading.Barrier(8)
    id_ = str(uuid4())

    def put(number):
        client = tincan.RemoteLRS(
            endpoint=served.endpoint, version="1.0.3", username=served.key, password=served.secret
        )
        body = {**build.statement(sample("module_completed"), HOME), "id": id_, "result": {"response": str(number)}}
        gate.wait()
        return client.save_statement(tincan.Statement(body)).response.status

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(put, range(8)))
    assert sorted(said) == [204, *[409] * 7]
