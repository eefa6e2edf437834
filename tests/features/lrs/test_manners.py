"""What every resource does: HEAD, methods, credentials, scopes, refusals as JSON, sizes, hostile requests."""

import base64
import io
import json
import socket
import time
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask import session
from werkzeug.test import TestResponse

from lms import clock
from lms.lrs import credentials
from lms.lrs.models import StoredStatement
from lms.lrs.service import statements as service
from tests.features.lrs.client import Store
from tests.features.lrs.test_shapes import GOOD

AGENT = json.dumps({"mbox": "mailto:rosa@example.com"})
STATE = {"activityId": "https://example.com/a", "agent": AGENT, "stateId": "s"}
RESOURCES = {
    "statements": {},
    "activities/state": STATE,
    "activities/profile": {"activityId": "https://example.com/a", "profileId": "p"},
    "agents/profile": {"agent": AGENT, "profileId": "p"},
    "activities": {"activityId": "https://example.com/a"},
    "agents": {"agent": AGENT},
}
every_resource = pytest.mark.parametrize("resource", RESOURCES)


@every_resource
@pytest.mark.parametrize("mount", ["/xapi", "/xapi-1", "/xapi-2", "/xapi/", "/xapi-2/"])
def test_head_is_get_without_its_body(caller, resource, mount):
    if resource.endswith(("state", "profile")):
        caller.ask("POST", resource, {"a": 1}, mount=mount, **RESOURCES[resource])
    get = caller.get(resource, mount=mount, **RESOURCES[resource])
    head = caller.ask("HEAD", resource, mount=mount, **RESOURCES[resource])
    assert (get.status_code, head.status_code, head.data) == (200, 200, b"")
    for name in ("Content-Type", "X-Experience-API-Version", "ETag", "Last-Modified", "Content-Length"):
        assert head.headers.get(name) == get.headers.get(name)
    assert ("X-Experience-API-Consistent-Through" in head.headers) == (resource == "statements")


@pytest.mark.parametrize(
    ("method", "resource"),
    [
        ("DELETE", "statements"),
        ("PUT", "activities"),
        ("POST", "agents"),
        ("DELETE", "agents"),
    ],
)
def test_a_method_that_a_resource_has_not(caller, method, resource):
    answer = caller.ask(method, resource, **RESOURCES[resource])
    assert answer.status_code == 405
    assert method in caller.said(answer)
    assert "GET" in answer.headers["Allow"]
    assert method not in answer.headers["Allow"]


def test_every_answer_of_the_statements_says_through_when(caller):
    """Also those that give none (1.0.3, communication 2.1.3: on all responses)."""
    one = {**GOOD, "id": str(uuid4())}
    calls = [("POST", one, {}), ("PUT", one, {"statementId": one["id"]}), ("POST", {}, {}), ("DELETE", None, {})]
    answers = [caller.ask(method, "statements", body, **query) for method, body, query in calls]
    assert [answer.status_code for answer in answers] == [200, 204, 400, 405]
    read = caller.get().headers["X-Experience-API-Consistent-Through"]
    for answer in answers:
        assert "" < answer.headers["X-Experience-API-Consistent-Through"] <= read


@pytest.mark.parametrize(
    ("method", "resource", "status", "words"),
    [
        ("PATCH", "statements", 405, "PATCH is not possible here; GET, HEAD, POST, PUT are."),
        ("FETCH", "agents", 405, "FETCH is not possible here"),
        ("POST", "about", 405, "POST is not possible here; GET, HEAD are."),
        ("GET", "statement", 404, "There is no /xapi-2/statement; there are /xapi-2/statements, "),
        ("PUT", "statements/", 404, "There is no /xapi-2/statements/"),
        ("GET", "", 404, "There is no /xapi-2/"),
    ],
)
def test_an_address_and_a_method_that_xapi_has_not(caller, method, resource, status, words):
    """Programs hear it as they hear every refusal, not by a page for people."""
    answer = caller.ask(method, resource, mount="/xapi-2")
    assert answer.status_code == status
    assert caller.said(answer).startswith(words)
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"
    assert "Set-Cookie" not in answer.headers


def test_another_address_is_a_page_of_its_own(caller):
    assert caller.client.get("/xapiary").mimetype == "text/html"


@every_resource
@pytest.mark.parametrize("mount", ["/xapi", "/xapi-2"])
def test_credentials_are_asked_before_anything_else(caller, resource, mount):
    for auth in (None, ("nobody", "x"), (caller.auth[0], "x")):
        caller.session.commit()
        for method in ("GET", "PUT", "POST", "DELETE"):
            answer = caller.client.open(f"{mount}/{resource}?unknown=1", method=method, auth=auth)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
            assert "X-Experience-API-Version" in answer.headers


@pytest.mark.parametrize(
    "header", ["Basic", "Basic x", "Basic " + base64.b64encode(b"nocolon").decode(), "Bearer x", "Basic \xff"]
)
def test_credentials_that_are_none(caller, header):
    caller.session.commit()
    answer = caller.client.get(
        "/xapi/statements", headers={"Authorization": header, "X-Experience-API-Version": "1.0.3"}
    )
    assert answer.status_code == 401


def test_content_in_a_browser_is_not_asked_for_a_password(caller):
    answer = caller.client.get("/xapi/statements", headers={"Sec-Fetch-Mode": "cors"})
    assert answer.status_code == 401
    assert "WWW-Authenticate" not in answer.headers


def test_no_session_and_no_hook_for_pages(caller, app):
    """A cookie that somebody holds means nothing here, and is given to nobody."""
    caller.client.get("/sign-in")  # a page with a form: its token begins a session
    assert caller.client.get_cookie("fieldwork") is not None
    caller.session.commit()
    with caller.client as client:
        answer = client.get("/xapi/statements", auth=caller.auth, headers={"X-Experience-API-Version": "1.0.3"})
        assert answer.status_code == 200
        assert not session
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_text_that_no_database_keeps_is_refused_in_parameters(caller):
    answer = caller.get("activities", activityId="http://example.com/\0")
    assert answer.status_code == 400
    assert "NUL" in caller.said(answer)


WRITE, READ, MINE, ALL_READ = "statements/write", "statements/read", "statements/read/mine", "all/read"
ACTS = {
    "keep": ("POST", "statements", {**GOOD, "id": str(uuid4())}, {}, {"all", WRITE}),
    "read": ("GET", "statements", None, {}, {"all", ALL_READ, READ, MINE}),
    "set state": ("POST", "activities/state", {}, STATE, {"all", "state"}),
    "read state": ("GET", "activities/state", None, STATE, {"all", ALL_READ, "state"}),
    "drop state": ("DELETE", "activities/state", None, STATE, {"all", "state"}),
    "set profile": ("POST", "agents/profile", {}, RESOURCES["agents/profile"], {"all", "profile"}),
    "read profile": ("GET", "activities/profile", None, RESOURCES["activities/profile"], {"all", ALL_READ, "profile"}),
    "person": ("GET", "agents", None, RESOURCES["agents"], {"all", ALL_READ, READ, "profile", "state"}),
    "activity": ("GET", "activities", None, RESOURCES["activities"], {"all", ALL_READ, READ, "profile", "state"}),
}
SCOPES = ("all", ALL_READ, WRITE, READ, MINE, "state", "profile", "define")


@pytest.fixture
def granted(monkeypatch):
    """Lets the key pairs of the test have these scopes."""

    def grant(*scopes: str) -> None:
        found = SimpleNamespace(scopes=frozenset(scopes))
        real = credentials.verified
        monkeypatch.setattr(credentials, "verified", lambda key, secret: found if real(key, secret) else None)

    return grant


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("act", ACTS)
def test_a_key_does_what_its_scopes_say(caller, granted, act, scope):
    method, resource, body, query, allowed = ACTS[act]
    granted(scope)
    answer = caller.ask(method, resource, body, **query)
    assert (answer.status_code != 403) == (scope in allowed)
    if scope not in allowed:
        assert "needs the scope" in caller.said(answer)
    assert answer.status_code in {200, 204, 403, 404}


def test_who_may_read_only_its_own_sees_nothing_else(caller, session, granted):
    other = {"objectType": "Agent", "account": {"homePage": "http://localhost", "name": "lrs:other"}}
    # Somebody else's statement about this very key does not become its own by that.
    about_me = {
        **GOOD,
        "id": str(uuid4()),
        "actor": {"account": {"homePage": "http://localhost", "name": f"lrs:{caller.auth[0]}"}},
    }
    service.store([about_me], at=clock.instant(), authority=other)
    mine = caller.ask("POST", "statements", {**GOOD, "id": str(uuid4())}).get_json()
    assert set(caller.ids()) == {about_me["id"], *mine}
    granted(MINE)
    assert caller.ids() == mine
    assert caller.ids(verb=GOOD["verb"]["id"]) == mine
    assert caller.ids(agent=json.dumps(about_me["actor"])) == []
    assert caller.get(statementId=mine[0]).status_code == 200
    assert caller.get(statementId=about_me["id"]).status_code == 404


def test_what_others_say_of_ones_own_is_theirs(caller, session, granted):
    """A statement is found by what it refers to; whose it is, is not passed on with that."""
    other = {"objectType": "Agent", "account": {"homePage": "http://localhost", "name": "lrs:other"}}
    [mine] = caller.ask("POST", "statements", {**GOOD, "id": str(uuid4())}).get_json()
    theirs, ours = str(uuid4()), str(uuid4())
    reference = {**GOOD, "actor": {"mbox": "mailto:x@example.com"}, "context": {}}
    service.store(
        [
            {**reference, "id": str(uuid4()), "object": {"objectType": "StatementRef", "id": mine}},
            {**GOOD, "id": theirs},
        ],
        at=clock.instant(),
        authority=other,
    )
    caller.ask("POST", "statements", {**reference, "id": ours, "object": {"objectType": "StatementRef", "id": theirs}})
    granted(MINE)
    agent = json.dumps(GOOD["actor"])
    assert caller.ids() == [ours, mine]
    assert caller.ids(agent=agent) == [ours, mine]
    assert caller.ids(agent=agent, activity=GOOD["object"]["id"], ascending="true") == [mine, ours]
    assert caller.ids(related_agents="true", agent=agent, related_activities="true", activity=GOOD["object"]["id"]) == [
        ours,
        mine,
    ]


@pytest.mark.parametrize(("scopes", "is_defined"), [((WRITE,), False), ((WRITE, "define"), True), (("all",), True)])
def test_only_who_may_define_defines(caller, granted, scopes, is_defined):
    granted(*scopes)
    id_ = f"https://example.com/{uuid4()}"
    one = {**GOOD, "id": str(uuid4()), "object": {"id": id_, "definition": {"name": {"en": "A"}}}}
    assert caller.ask("POST", "statements", one).status_code == 200
    granted("all")
    assert ("definition" in caller.get("activities", activityId=id_).get_json()) == is_defined


# Sizes and hostile requests


def test_a_compressed_body_is_refused(caller):
    answer = caller.ask(
        "POST", "statements", b"x", headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}
    )
    assert answer.status_code == 415
    assert "Content-Encoding" in caller.said(answer)


def test_what_comes_in_chunks_is_kept_whole_or_not_at_all(caller, app, monkeypatch):
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], xapi_megabytes=1))

    def put(stream: io.RawIOBase) -> TestResponse:
        caller.session.commit()
        return caller.client.put(
            "/xapi/activities/state",
            query_string=STATE,
            environ_overrides={"wsgi.input": stream, "wsgi.input_terminated": True},
            headers={
                "X-Experience-API-Version": "1.0.3",
                "Content-Type": "text/plain",
                "Transfer-Encoding": "chunked",
            },
            auth=caller.auth,
        )

    too_large = put(io.BytesIO(b"x" * (2**20 + 1)))
    assert too_large.status_code == 413
    assert "larger than 1 MB" in caller.said(too_large)
    broken = put(Broken())
    assert broken.status_code == 400
    assert "body could not be read" in caller.said(broken)
    assert caller.get("activities/state", **STATE).status_code == 404
    assert put(io.BytesIO(b"x" * 2**20)).status_code == 204
    assert len(caller.get("activities/state", **STATE).data) == 2**20


class Broken(io.RawIOBase):
    """A body as a web server gives it whose chunks are none."""

    def readable(self) -> bool:
        return True

    def readinto(self, _: object) -> int:
        raise LookupError("no chunk")


@pytest.mark.parametrize(
    "kind",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data; boundary=x"],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_of_another_kind_is_refused(caller, method, kind):
    headers = {"Content-Type": kind} if kind else {}
    query = {"statementId": GOOD["id"]} if method == "PUT" else {}
    answer = caller.ask(method, "statements", json.dumps(GOOD).encode(), headers=headers, **query)
    assert answer.status_code == 400
    assert "Content-Type" in caller.said(answer)


@pytest.mark.parametrize(
    "text", ["", " ", "[", "[1", "[1,]", "[1 2]", '{"a":1}x', "[]]", "tru", '{"a":1,"a":2}', "\ufeff{}", "1" * 5000]
)
def test_a_body_that_is_no_json_is_refused(caller, text):
    answer = caller.ask("POST", "statements", text.encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert ("byte order mark" if text.startswith("\ufeff") else "JSON") in caller.said(answer)


def test_an_empty_batch_is_kept(caller):
    answer = caller.ask("POST", "statements", [])
    assert (answer.status_code, answer.get_json()) == (200, [])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("verb", "a" * 100_000),
        ("verb", "a:" + "\\" * 100_000),
        ("language", "a-" * 50_000),
        ("language", "x" + "-a1" * 50_000 + "!"),
        ("language", "en" + "-abcde" * 50_000 + "!"),
        ("duration", "P" + "1" * 100_000),
        ("duration", "PT" + "1.1" * 50_000 + "S"),
        ("timestamp", "2026-11-23T15:04:05." + "1" * 100_000 + "x"),
        ("mbox", "mailto:" + "a@" * 50_000),
        ("mbox", "mailto:" + "a" * 100_000),
        ("contentType", "a/" + "b" * 100_000 + " " * 50_000 + "x"),
    ],
)
def test_a_hostile_text_is_answered_at_once(caller, path, value):
    one = json.loads(json.dumps({**GOOD, "id": str(uuid4())}))
    match path:
        case "verb":
            one["verb"]["id"] = value
        case "language":
            one["context"]["language"] = value
        case "duration":
            one["result"]["duration"] = value
        case "timestamp":
            one["timestamp"] = value
        case "mbox":
            one["actor"] = {"mbox": value}
        case "contentType":
            one["attachments"] = [
                {
                    "usageType": "a:b",
                    "display": {},
                    "length": 1,
                    "sha2": "0" * 64,
                    "contentType": value,
                    "fileUrl": "a:b",
                }
            ]
    began = time.process_time()
    answer = caller.ask("POST", "statements", one)
    assert time.process_time() - began < 2
    assert answer.status_code == 400
    assert path in caller.said(answer)


def deep(levels: int, opening: str, closing: str) -> str:
    return opening * levels + "1" + closing * levels


@pytest.mark.parametrize("levels", [101, 900, 5_000, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_json_is_refused(caller, levels, opening, closing):
    one = json.dumps({**GOOD, "id": str(uuid4()), "result": {"extensions": {"https://example.com/x": "HERE"}}})
    text = one.replace('"HERE"', deep(levels, opening, closing))
    answer = caller.ask("POST", "statements", text.encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "deep" in caller.said(answer)
    state = caller.ask(
        "POST",
        "activities/state",
        deep(levels, opening, closing).encode(),
        headers={"Content-Type": "application/json"},
        **STATE,
    )
    assert state.status_code in {204, 400}


@pytest.mark.parametrize(
    "text",
    [
        "\u202e\u200b\u0007\u001f",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍👩‍👧‍👦",
        "e\u0301",
        "\uffff\ufffe",
        "\U0010ffff",
        "'; DROP TABLE stored_statement; --",
        "%s %(x)s ?",
    ],
)
def test_any_text_comes_back_as_it_was(caller, keep, text):
    actor = {"account": {"homePage": "https://example.com", "name": text}, "name": text}
    one = keep(actor=actor, result={"response": text, "extensions": {"https://example.com/x": text}})
    assert caller.get(statementId=one).get_json()["result"]["response"] == text
    assert caller.ids(agent=json.dumps({"account": actor["account"]})) == [one]
    assert caller.get("agents", agent=json.dumps({"account": actor["account"]})).get_json()["name"] == [text]
    state = {**STATE, "stateId": text}
    assert caller.ask("PUT", "activities/state", {"a": text}, **state).status_code == 204
    assert caller.get("activities/state", **state).get_json() == {"a": text}


def test_a_thousand_statements_at_once(caller):
    batch = [{**GOOD, "id": str(uuid4())} for _ in range(1000)]
    assert caller.ask("POST", "statements", batch).get_json() == [one["id"] for one in batch]
    assert caller.ids(limit="0") == [one["id"] for one in batch[::-1]][:500]
    batch = [{**GOOD, "id": str(uuid4())} for _ in range(1000)]
    batch[999]["verb"] = {}
    answer = caller.ask("POST", "statements", batch)
    assert answer.status_code == 400
    assert caller.said(answer) == "statements[999].verb.id: is missing"
    assert caller.session.query(StoredStatement).count() == 1000


@pytest.mark.parametrize("how", ["in the body", "in the headers", "chunked"])
def test_who_goes_away_in_the_middle_leaves_nothing_behind(served, how):
    """Nobody waits for them either: what they would write is not begun before it is read."""
    store = Store(served)
    place = urlsplit(served.endpoint)
    head = "".join(
        f"{name}: {value}\r\n"
        for name, value in {**store.headers, "Host": "x", "Content-Type": "application/json"}.items()
    )
    length = "Transfer-Encoding: chunked" if how == "chunked" else "Content-Length: 100000"
    text = (
        f"POST /xapi/statements HTTP/1.1\r\n{head}{length}\r\n\r\n"
        + ("fff\r\n" if how == "chunked" else "")
        + json.dumps(GOOD)
    )
    left = [socket.create_connection((place.hostname, place.port)) for _ in range(4)]
    for connection in left:
        connection.sendall(text.encode()[:60] if how == "in the headers" else text.encode())
    assert store.ask("POST", "statements", {**GOOD, "id": str(uuid4())}).status == 200
    for connection in left:
        connection.close()
    assert store.ask("POST", "statements", {**GOOD, "id": str(uuid4())}).status == 200
    assert len(store.ask("GET", "statements").json["statements"]) == 2
