"""Pages of other sites that ask from a browser."""

from dataclasses import replace

import pytest

from tests.features.lrs.test_shapes import GOOD

CONTENT = "https://content.example.com"
ASKS = {
    "Origin": CONTENT,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,x-experience-api-version",
}


@pytest.fixture
def client(app, session):
    return app.test_client()


@pytest.fixture
def allow(app, monkeypatch):
    def allowed(*origins):
        monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], xapi_origins=origins))

    return allowed


def about_origins(answer):
    return {name for name, _ in answer.headers if name.startswith("Access-Control-")}


@pytest.mark.parametrize("address", ["/xapi/statements", "/xapi-2/activities/state", "/xapi//agents", "/xapi/about"])
def test_a_browser_hears_what_a_page_that_is_named_may_send(client, allow, address):
    allow("http://localhost:8080", CONTENT)
    answer = client.options(address, headers=ASKS)
    assert answer.status_code in {200, 204}
    assert answer.headers["Access-Control-Allow-Origin"] == CONTENT
    assert {"GET", "PUT", "POST", "DELETE"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    sent = {name.lower() for name in answer.headers["Access-Control-Allow-Headers"].split(", ")}
    assert {"authorization", "content-type", "x-experience-api-version", "if-match", "if-none-match"} <= sent
    assert "Access-Control-Allow-Credentials" not in answer.headers, "cookies open nothing here"
    assert "Origin" in answer.headers["Vary"]


def test_such_a_page_reads_answers_and_refusals(caller, allow):
    allow(CONTENT)
    kept = caller.ask("POST", "statements", GOOD, headers={"Origin": CONTENT})
    refused = caller.ask("POST", "statements", {}, headers={"Origin": CONTENT})
    read = caller.ask("GET", "statements", headers={"Origin": CONTENT})
    assert [answer.status_code for answer in (kept, refused, read)] == [200, 400, 200]
    for answer in (kept, refused, read):
        assert answer.headers["Access-Control-Allow-Origin"] == CONTENT
        assert "X-Experience-API-Consistent-Through" in answer.headers["Access-Control-Expose-Headers"]


def test_every_site_may_be_named(client, allow):
    allow("*")
    assert client.options("/xapi/statements", headers=ASKS).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("named", [(), ("https://other.example.com",), ("https://content.example.com:8443",)])
def test_no_other_page_is_told_anything(client, caller, allow, named):
    allow(*named)
    assert not about_origins(client.options("/xapi/statements", headers=ASKS))
    assert not about_origins(caller.ask("GET", "statements", headers={"Origin": CONTENT}))


def test_no_page_of_ours_is_opened_by_it(client, allow):
    allow("*")
    assert not about_origins(client.options("/sign-in", headers=ASKS))
    assert not about_origins(client.get("/sign-in", headers={"Origin": CONTENT}))
