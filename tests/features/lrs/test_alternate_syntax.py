"""The alternate request syntax of 1.0.x: a POST whose form holds what a browser of old could not send otherwise."""

import base64
import json
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from tests.features.lrs.test_shapes import GOOD

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AGENT = json.dumps({"mbox": "mailto:rosa@example.com"})


def form(**fields: str) -> bytes:
    return urlencode({name.replace("_", "-"): value for name, value in fields.items()}).encode()


@pytest.fixture
def posted_by(caller):
    """The shape of `Caller.ask` has a `method` of its own: this sends one in the address."""

    def send(
        resource: str, meant: str, *, version: str | None = "1.0.3", auth: bool = True, more: str = "", **fields: str
    ):
        caller.session.commit()
        headers = dict(FORM)
        if version:
            headers["X-Experience-API-Version"] = version
        return caller.client.post(
            f"/xapi/{resource}?method={meant}{more}",
            data=form(**fields),
            headers=headers,
            auth=caller.auth if auth else None,
        )

    return send


def test_statements(caller, posted_by):
    id_ = str(uuid4())
    assert posted_by("statements", "PUT", statementId=id_, content=json.dumps({**GOOD, "id": id_})).status_code == 204
    answer = posted_by("statements", "POST", content=json.dumps([{**GOOD, "id": str(uuid4())}]))
    assert answer.status_code == 200
    found = posted_by("statements", "GET", limit="1")
    assert [one["id"] for one in found.get_json()["statements"]] == answer.get_json()
    assert found.headers["X-Experience-API-Consistent-Through"]
    assert found.get_json()["more"].startswith("/xapi/statements?limit=1&after=")
    assert (
        caller.client.get(
            found.get_json()["more"], headers={"X-Experience-API-Version": "1.0.3"}, auth=caller.auth
        ).get_json()["statements"][0]["id"]
        == id_
    )


def test_documents(caller, posted_by):
    where = {"activityId": "https://example.com/a", "agent": AGENT, "stateId": "s"}
    text = "Grüße + 100 %"
    assert posted_by("activities/state", "PUT", content=text, Content_Type="text/plain", **where).status_code == 204
    answer = posted_by("activities/state", "GET", **where)
    assert (answer.get_data(as_text=True), answer.headers["Content-Type"]) == (text, "text/plain")
    assert posted_by("activities/state", "PUT", content="x", If_None_Match="*", **where).status_code == 412
    etag = answer.headers["ETag"]
    assert posted_by("activities/state", "DELETE", If_Match='"0"', **where).status_code == 412
    assert posted_by("activities/state", "DELETE", If_Match=etag, **where).status_code == 204
    assert posted_by("activities/state", "GET", **where).status_code == 404
    assert posted_by("agents", "GET", agent=AGENT).get_json()["objectType"] == "Person"


def test_credentials_and_version_may_stand_in_the_form(caller, posted_by):
    pair = base64.b64encode(":".join(caller.auth).encode()).decode()
    sent = {"Authorization": f"Basic {pair}", "X_Experience_API_Version": "1.0.2"}
    answer = posted_by("statements", "GET", version=None, auth=False, **sent)
    assert answer.status_code == 200
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert posted_by("statements", "GET", version=None, auth=False, X_Experience_API_Version="1.0.3").status_code == 401
    assert posted_by("statements", "GET", version=None).status_code == 400
    assert posted_by("statements", "GET", X_Experience_API_Version="0.9").status_code == 400


@pytest.mark.parametrize(
    ("meant", "fields", "more", "words"),
    [
        ("PUT", {"statementId": str(uuid4())}, "", "content is missing"),
        ("POST", {}, "", "content is missing"),
        ("PATCH", {}, "", "no method of xAPI"),
        ("get", {}, "", "no method of xAPI"),
        ("GET", {}, "&limit=1", "no parameter but method"),
        ("GET", {}, "&method=GET", "given twice"),
        ("GET", {"method": "GET"}, "", "method is not a parameter"),
        ("GET", {"unknown": "1"}, "", "unknown is not a parameter"),
        ("PUT", {"content": "{}"}, "", "statementId is missing"),
        ("GET", {"verb": "https://example.com/\0"}, "", "NUL"),
    ],
)
def test_what_cannot_be_meant(caller, posted_by, meant, fields, more, words):
    answer = posted_by("statements", meant, more=more, **fields)
    assert answer.status_code == 400
    assert words in caller.said(answer)


@pytest.mark.parametrize("value", ["text/plain\nX-Other: 1", "text/plain\r", "text/plain; x=\u4e2d", "text/plain\x01"])
@pytest.mark.parametrize("name", ["Content_Type", "If_Match"])
def test_what_no_header_can_hold_is_no_header(posted_by, name, value):
    """Kept, it would come back as a header, and nobody could read the document again."""
    where = {"activityId": "https://example.com/a", "agent": AGENT, "stateId": "s"}
    answer = posted_by("activities/state", "PUT", content="x", **{name: value}, **where)
    assert answer.status_code == 400
    assert name.replace("_", "-") in answer.get_json()["error"]
    assert posted_by("activities/state", "GET", **where).status_code == 404


def test_a_method_that_a_resource_has_not(posted_by):
    assert posted_by("statements", "DELETE").status_code == 405
    assert posted_by("agents", "PUT", content="{}").status_code == 405


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{}", "application/json"),
        (b"\xff\xfe=1", FORM["Content-Type"]),
        (b"a&b", FORM["Content-Type"]),
        (b"a=1&a=2", FORM["Content-Type"]),
        (b"a=%ff", FORM["Content-Type"]),
    ],
)
def test_a_body_that_is_no_form(caller, content, kind):
    headers = {"Content-Type": kind, "X-Experience-API-Version": "1.0.3"}
    answer = caller.client.post("/xapi/statements?method=GET", data=content, headers=headers, auth=caller.auth)
    assert answer.status_code == 400


@pytest.mark.parametrize("meant", ["GET", "PUT", "POST", "DELETE"])
def test_2_0_has_it_no_more(caller, posted_by, meant):
    answer = posted_by("statements", meant, version="2.0.0", content=json.dumps(GOOD), statementId=GOOD["id"])
    assert answer.status_code == 400
    assert "method is not a parameter" in caller.said(answer)
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"
    caller.session.commit()
    answer = caller.client.put(
        "/xapi/statements?method=POST", json={}, headers={"X-Experience-API-Version": "1.0.3"}, auth=caller.auth
    )
    assert answer.status_code == 400
