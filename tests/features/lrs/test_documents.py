"""State, Activity Profile and Agent Profile: what is kept, what may be overwritten by whom, what is merged."""

import json
from uuid import uuid4

import pytest

from lms import clock

AGENT = json.dumps({"mbox": "mailto:rosa@example.com"})
ACTIVITY = "https://example.com/a"
STATE = "activities/state"
PROFILES = ("activities/profile", "agents/profile")
DOCUMENTS = {
    STATE: {"activityId": ACTIVITY, "agent": AGENT, "stateId": "s"},
    "activities/profile": {"activityId": ACTIVITY, "profileId": "s"},
    "agents/profile": {"agent": AGENT, "profileId": "s"},
}
NEW = {"If-None-Match": "*"}
every_document = pytest.mark.parametrize("resource", DOCUMENTS)
every_version = pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])


def owner(resource: str) -> dict[str, str]:
    return {
        name: value for name, value in DOCUMENTS[resource].items() if not name.endswith("eId") or "activity" in name
    }


@every_version
@every_document
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'{"a": 1.50}', "application/json"),
        (b"\x00\xff\xfe bytes \r\n", "application/octet-stream"),
        ("Grüße".encode(), "text/plain; charset=utf-8"),
        (b"", "text/plain"),
        (b"<script>alert(1)</script>", "text/html"),
    ],
)
def test_a_document_comes_back_byte_for_byte(caller, resource, version, content, content_type):
    headers = {**NEW, "Content-Type": content_type}
    assert (
        caller.ask("PUT", resource, content, headers=headers, version=version, **DOCUMENTS[resource]).status_code == 204
    )
    answer = caller.get(resource, version=version, **DOCUMENTS[resource])
    assert answer.status_code == 200
    assert answer.data == content
    assert answer.headers["Content-Type"] == content_type
    assert answer.last_modified is not None
    assert len(answer.headers["ETag"].strip('"')) == 40
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    head = caller.ask("HEAD", resource, version=version, **DOCUMENTS[resource])
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])


@every_document
def test_what_is_not_there(caller, resource):
    assert caller.get(resource, **DOCUMENTS[resource]).status_code == 404
    assert caller.ask("DELETE", resource, **DOCUMENTS[resource]).status_code == 204
    assert caller.ask("PUT", resource, {}, headers={"If-Match": '"x"'}, **DOCUMENTS[resource]).status_code == 412


@every_version
@every_document
def test_overwriting_needs_the_etag_where_the_version_asks_it(caller, resource, version):
    caller.version = version
    where = DOCUMENTS[resource]
    is_free = resource == STATE and version == "1.0.3"
    first = caller.ask("PUT", resource, {"n": 1}, **where).status_code
    assert first == (400 if resource in PROFILES and version == "1.0.3" else 204)
    if first == 400:
        assert caller.get(resource, **where).status_code == 404
        assert caller.ask("PUT", resource, {"n": 1}, headers=NEW, **where).status_code == 204
    again = caller.ask("PUT", resource, {"n": 2}, **where)
    assert again.status_code == (204 if is_free else 409)
    assert caller.get(resource, **where).get_json() == {"n": 2 if is_free else 1}
    assert caller.ask("PUT", resource, {"n": 3}, headers=NEW, **where).status_code == 412
    assert caller.ask("PUT", resource, {"n": 3}, headers={"If-Match": '"0"'}, **where).status_code == 412
    etag = caller.get(resource, **where).headers["ETag"]
    assert caller.ask("PUT", resource, {"n": 4}, headers={"If-Match": etag}, **where).status_code == 204
    assert caller.ask("PUT", resource, {"n": 5}, headers={"If-Match": etag}, **where).status_code == 412
    assert caller.ask("PUT", resource, {"n": 6}, headers={"If-Match": "*"}, **where).status_code == 204
    assert caller.get(resource, **where).get_json() == {"n": 6}


@every_version
@every_document
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_preconditions_hold_for_merging_and_deleting_too(caller, resource, version, method):
    where = DOCUMENTS[resource]
    caller.version = version
    caller.ask("POST", resource, {"a": 1}, **where)
    etag = caller.get(resource, **where).headers["ETag"]
    body = {"b": 2} if method == "POST" else None
    assert caller.ask(method, resource, body, headers={"If-Match": '"0"'}, **where).status_code == 412
    assert caller.get(resource, **where).get_json() == {"a": 1}
    several = {"If-Match": f'"0", {etag.upper()}'}
    assert caller.ask(method, resource, body, headers=several, **where).status_code == 204
    left = caller.get(resource, **where)
    assert left.get_json() == {"a": 1, "b": 2} if method == "POST" else left.status_code == 404


@every_document
def test_merging_sets_properties_one_level_deep(caller, resource):
    where = DOCUMENTS[resource]
    assert caller.ask("POST", resource, {"kept": 1, "deep": {"a": 1}}, **where).status_code == 204
    assert caller.ask("POST", resource, {"deep": {"b": 2}, "ü": None}, **where).status_code == 204
    assert caller.get(resource, **where).get_json() == {"kept": 1, "deep": {"b": 2}, "ü": None}


@every_document
@pytest.mark.parametrize(
    ("there", "sent"),
    [
        ((b'{"a": 1}', "application/json"), (b"text", "text/plain")),
        ((b'{"a": 1}', "application/json"), (b"[1]", "application/json")),
        ((b'{"a": 1}', "application/json"), (b'{"a": ', "application/json")),
        ((b"text", "text/plain"), (b'{"a": 1}', "application/json")),
        ((b"[1]", "application/json"), (b'{"a": 1}', "application/json")),
        ((b'{"a": 1}', "text/plain"), (b'{"a": 1}', "application/json")),
    ],
)
def test_what_cannot_be_merged_changes_nothing(caller, resource, there, sent):
    where = DOCUMENTS[resource]
    caller.ask("PUT", resource, there[0], headers={**NEW, "Content-Type": there[1]}, **where)
    assert caller.ask("POST", resource, sent[0], headers={"Content-Type": sent[1]}, **where).status_code == 400
    assert caller.get(resource, **where).data == there[0]


@every_document
def test_the_first_document_that_is_merged_is_the_document(caller, resource):
    where = DOCUMENTS[resource]
    assert (
        caller.ask("POST", resource, b"[1]", headers={"Content-Type": "application/json"}, **where).status_code == 400
    )
    assert caller.ask("POST", resource, b"text", headers={"Content-Type": "text/plain"}, **where).status_code == 204
    assert caller.get(resource, **where).data == b"text"


@every_document
def test_ids_are_listed_by_owner_and_time(caller, resource):
    id_name = "stateId" if resource == STATE else "profileId"
    where = owner(resource)
    assert caller.get(resource, **where).get_json() == []
    for name in ("b", "a"):
        caller.ask("POST", resource, {}, **where, **{id_name: name})
    between = clock.instant().isoformat()
    caller.ask("POST", resource, {}, **where, **{id_name: "c/Ü"})
    assert caller.get(resource, **where).get_json() == ["a", "b", "c/Ü"]
    assert caller.get(resource, **where, since=between).get_json() == ["c/Ü"]
    caller.ask("POST", resource, {"x": 1}, **where, **{id_name: "a"})
    assert caller.get(resource, **where, since=between).get_json() == ["a", "c/Ü"]
    others = {name: value.replace("rosa", "nils").replace("com/a", "com/b") for name, value in where.items()}
    assert caller.get(resource, **others).get_json() == []


def test_a_state_belongs_to_its_registration(caller):
    where = owner(STATE)
    one, other = str(uuid4()), str(uuid4())
    for registration in ({}, {"registration": one}, {"registration": other}):
        caller.ask("PUT", STATE, registration, **where, stateId="s", **registration)
    caller.ask("PUT", STATE, {}, **where, stateId="t", registration=one)
    assert caller.get(STATE, **where, stateId="s").get_json() == {}
    assert caller.get(STATE, **where, stateId="s", registration=one.upper()).get_json() == {"registration": one}
    assert caller.get(STATE, **where).get_json() == ["s", "t"]
    assert caller.get(STATE, **where, registration=other).get_json() == ["s"]
    assert caller.ask("DELETE", STATE, **where, registration=one).status_code == 204
    assert caller.get(STATE, **where, registration=one).get_json() == []
    assert caller.get(STATE, **where, registration=other).get_json() == ["s"]
    assert caller.ask("DELETE", STATE, **where).status_code == 204
    assert caller.get(STATE, **where).get_json() == []


def test_agents_are_the_same_by_their_identifier(caller):
    named = json.dumps({"objectType": "Agent", "name": "Rosa", "mbox": "mailto:rosa@example.com"})
    caller.ask("PUT", STATE, {"a": 1}, activityId=ACTIVITY, agent=named, stateId="s")
    assert caller.get(STATE, activityId=ACTIVITY, agent=AGENT, stateId="s").get_json() == {"a": 1}


@every_document
@pytest.mark.parametrize("method", ["PUT", "POST", "GET", "DELETE"])
def test_parameters_are_needed_known_and_sound(caller, resource, method):
    where = DOCUMENTS[resource]
    body = {} if method in {"PUT", "POST"} else None
    wrong = [{name: value for name, value in where.items() if name != left_out} for left_out in where]
    if method == "GET" or (method == "DELETE" and resource == STATE):
        wrong.pop()  # the id may be missing: then all are meant
    wrong += [{**where, "unknown": "x"}, {**where, "Agent": AGENT}]
    if "agent" in where:
        wrong += [{**where, "agent": text} for text in ("rosa", "{}", '{"name":"Rosa"}', "[]")]
    if "activityId" in where:
        wrong.append({**where, "activityId": "no iri"})
    wrong.append({**where, "registration": "1" if resource == STATE else str(uuid4())})
    wrong.append({**where, "since": clock.instant().isoformat()})
    for query in wrong:
        answer = caller.ask(method, resource, body, headers=NEW if body is not None else None, **query)
        assert answer.status_code == 400, query
        assert any(name in caller.said(answer) for name in {*query, *where}), caller.said(answer)
    assert caller.get(resource, **where).status_code == 404


@pytest.mark.parametrize("resource", DOCUMENTS)
def test_lists_take_a_time_and_nothing_else(caller, resource):
    assert caller.get(resource, **owner(resource), since="yesterday").status_code == 400
