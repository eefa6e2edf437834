"""`/xapi/statements` and `/xapi/about` over HTTP, as any xAPI tool uses them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lms import clock
from lms.lrs import credentials, service
from tests.features.lrs.test_shapes import GOOD

VERSION = {"X-Experience-API-Version": "1.0.3"}
AGENT = GOOD["actor"]
AUTHORITY = {"objectType": "Agent", "account": {"homePage": "http://localhost", "name": "tests"}}


@pytest.fixture
def tool(app, session):
    """A client with a valid key pair."""
    made = credentials.add("tests", at=clock.now())
    session.commit()
    return Tool(app.test_client(), (made.key, made.secret), session)


class Tool:
    def __init__(self, client, auth, session):
        self._client = client
        self.auth = auth
        self.session = session

    @property
    def client(self):
        # The test's session is every request's; each begins a transaction of its own, as on a server.
        self.session.commit()
        return self._client

    def get(self, **query):
        return self.client.get("/xapi/statements", query_string=query, auth=self.auth, headers=VERSION)

    def put(self, statement, statement_id=None, **more):
        query = {"statementId": statement_id or statement["id"]}
        return self.client.put(
            "/xapi/statements", query_string=query, json=statement, auth=self.auth, headers=VERSION, **more
        )

    def post(self, statements):
        return self.client.post("/xapi/statements", json=statements, auth=self.auth, headers=VERSION)

    def ids(self, **query):
        answer = self.get(**query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return [statement["id"] for statement in answer.get_json()["statements"]]


def statement(**changes) -> dict:
    return {**GOOD, "id": str(uuid4()), **changes}


def error(answer) -> str:
    return answer.get_json()["error"]


def test_about_needs_neither_key_nor_version(app, session):
    answer = app.test_client().get("/xapi/about")
    assert answer.status_code == 200
    assert answer.get_json() == {"version": ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"]}
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


def test_put_and_read_back(tool):
    one = statement()
    assert tool.put(one).status_code == 204
    answer = tool.get(statementId=one["id"])
    assert answer.status_code == 200
    back = answer.get_json()
    assert {name: back[name] for name in ("id", "actor", "verb", "object", "result", "timestamp")} == {
        name: one[name] for name in ("id", "actor", "verb", "object", "result", "timestamp")
    }
    assert back["authority"]["account"]["name"].startswith("lrs:")
    assert back["stored"].endswith("Z")
    assert back["version"] == "1.0.0"
    assert back["context"]["contextActivities"]["parent"] == [{"id": "https://example.com/p"}]
    assert answer.last_modified.replace(microsecond=0) == datetime.fromisoformat(back["stored"]).replace(microsecond=0)


def test_put_without_an_id_in_the_body_takes_the_address_s(tool):
    one = statement()
    wanted = one.pop("id")
    assert tool.put(one, wanted).status_code == 204
    assert tool.get(statementId=wanted).get_json()["id"] == wanted


def test_put_twice_is_once(tool):
    one = statement()
    assert tool.put(one).status_code == 204
    assert tool.put({**one, "timestamp": "2026-11-23T16:04:05.678+01:00"}).status_code == 204
    assert tool.ids() == [one["id"]]


def test_the_same_id_for_something_else_is_a_conflict(tool):
    one = statement()
    tool.put(one)
    answer = tool.put({**one, "result": {"success": False}})
    assert answer.status_code == 409
    assert one["id"] in error(answer)
    assert tool.get(statementId=one["id"]).get_json()["result"] == one["result"]


def test_post_gives_ids_in_order(tool):
    named = statement()
    unnamed = statement()
    del unnamed["id"]
    answer = tool.post([named, unnamed])
    assert answer.status_code == 200
    first, second = answer.get_json()
    assert first == named["id"]
    assert tool.get(statementId=second).status_code == 200
    assert tool.post(statement()).status_code == 200


def test_a_batch_is_kept_whole_or_not_at_all(tool):
    good, bad = statement(), statement(verb={})
    answer = tool.post([good, bad])
    assert answer.status_code == 400
    assert error(answer) == "statements[1].verb.id: is missing"
    assert tool.get(statementId=good["id"]).status_code == 404
    twice = statement()
    assert tool.post([twice, twice]).status_code == 400
    known = statement()
    tool.put(known)
    assert tool.post([good, {**known, "result": {"success": True}}]).status_code == 409
    assert tool.ids() == [known["id"]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "not JSON"),
        (b'{"id": NaN}', "NaN is not a JSON number"),
        (b"\xff", "UTF-8"),
        (b"[[[" * 40_000, "not JSON"),
        (b"3", "statement: must be an object"),
    ],
)
def test_what_is_no_json_statement(tool, data, said):
    answer = tool.client.post(
        "/xapi/statements", data=data, content_type="application/json", auth=tool.auth, headers=VERSION
    )
    assert answer.status_code == 400
    assert said in error(answer)


@pytest.mark.parametrize(("megabytes", "status"), [(1, 413), (2, 204), (0, 204)])
def test_a_body_that_is_too_large_is_refused(tool, app, monkeypatch, megabytes, status):
    settings = replace(app.config["SETTINGS"], xapi_megabytes=megabytes)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    answer = tool.put(statement(result={"response": "x" * 1_500_000}))
    assert answer.status_code == status
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    if status == 413:
        assert "larger than 1 MB" in error(answer)
        assert tool.ids() == []


def test_a_form_is_refused(tool):
    answer = tool.client.post("/xapi/statements", data={"a": "b"}, auth=tool.auth, headers=VERSION)
    assert answer.status_code == 400
    assert "Content-Type" in error(answer)


@pytest.mark.parametrize("pair", [None, ("nobody", "x"), ("", "")])
def test_a_wrong_key_pair(tool, pair):
    answer = tool.client.get("/xapi/statements", auth=pair, headers=VERSION)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    in_a_page = tool.client.get("/xapi/statements", auth=pair, headers={**VERSION, "Sec-Fetch-Mode": "cors"})
    assert in_a_page.status_code == 401
    assert "WWW-Authenticate" not in in_a_page.headers


def test_a_wrong_secret_and_a_revoked_pair(tool, session):
    key, secret = tool.auth
    assert tool.client.get("/xapi/statements", auth=(key, secret + "x"), headers=VERSION).status_code == 401
    assert tool.get().status_code == 200
    credentials.revoke(key, at=clock.now())
    session.commit()
    assert tool.get().status_code == 401


def test_signing_in_opens_nothing_here(visit, enid):
    assert visit(enid).get("/xapi/statements", headers=VERSION).status_code == 401


@pytest.mark.parametrize(
    ("asked", "status", "spoken"),
    [
        ("0.9", 400, None),
        ("0.95", 400, None),
        ("1.0", 200, "1.0.3"),
        ("1.0.2", 200, "1.0.3"),
        ("1.0.99", 200, "1.0.3"),
        ("1.1", 400, None),
        ("1.0.x", 400, None),
        ("2.0", 200, "2.0.0"),
        ("2.0.0", 200, "2.0.0"),
        ("2.0.7", 200, "2.0.0"),
        ("2.1.0", 400, None),
        ("3.0.0", 400, None),
        ("", 400, None),
        (None, 400, None),
    ],
)
@pytest.mark.parametrize(("mount", "default"), [("/xapi", "1.0.3"), ("/xapi-1", "1.0.3"), ("/xapi-2", "2.0.0")])
def test_versions(tool, mount, default, asked, status, spoken):
    """Who names a version gets it everywhere; a refusal speaks the version of the address."""
    headers = {} if asked is None else {"X-Experience-API-Version": asked}
    answer = tool.client.get(f"{mount}/statements", auth=tool.auth, headers=headers)
    assert answer.status_code == status
    assert answer.headers["X-Experience-API-Version"] == (spoken or default)


@pytest.mark.parametrize("default", ["1.0.3", "2.0.0"])
def test_the_setting_says_what_is_spoken_with_who_names_no_version(tool, app, monkeypatch, default):
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], xapi_version=default))
    answer = tool.client.get("/xapi/statements", auth=tool.auth)
    assert answer.status_code == 400
    assert answer.headers["X-Experience-API-Version"] == default
    assert tool.client.get("/xapi/about").headers["X-Experience-API-Version"] == default


@pytest.mark.parametrize(
    "query",
    [
        {"Verb": "https://example.com/v"},
        {"statementId": GOOD["id"], "verb": "https://example.com/v"},
        {"statementId": GOOD["id"], "voidedStatementId": GOOD["id"]},
        {"statementId": "1"},
        {"verb": "passed"},
        {"agent": "Rosa"},
        {"agent": "{}"},
        {"since": "yesterday"},
        {"limit": "-1"},
        {"ascending": "yes"},
        {"registration": "1"},
        {"format": "short"},
        {"related_agents": "1"},
        {"after": "x"},
        {"attachments": "maybe"},
        {"agent": '{"objectType": "Group", "member": [{"mbox": "mailto:a@example.com"}]}'},
    ],
)
def test_a_query_that_cannot_be_meant(tool, query):
    answer = tool.get(**query)
    assert answer.status_code == 400
    assert error(answer)
    assert answer.headers["X-Experience-API-Consistent-Through"]


def test_finding(tool):
    registration = str(uuid4())
    other_actor = {"mbox": "mailto:otis@example.com"}
    mine = statement(context={"registration": registration})
    tool.put(mine)
    theirs = statement(actor=other_actor, verb={"id": "https://example.com/verbs/called"})
    tool.put(theirs)
    elsewhere = statement(object={"id": "https://example.com/elsewhere"})
    tool.put(elsewhere)
    assert tool.ids() == [elsewhere["id"], theirs["id"], mine["id"]]
    assert tool.ids(ascending="true") == [mine["id"], theirs["id"], elsewhere["id"]]
    assert tool.ids(agent=json.dumps(AGENT)) == [elsewhere["id"], mine["id"]]
    assert tool.ids(agent=json.dumps({"objectType": "Agent", "name": "Otis", **other_actor})) == [theirs["id"]]
    assert tool.ids(verb="https://example.com/verbs/called") == [theirs["id"]]
    assert tool.ids(activity="https://example.com/elsewhere") == [elsewhere["id"]]
    assert tool.ids(registration=registration) == [mine["id"]]
    assert tool.ids(agent=json.dumps(AGENT), activity="https://example.com/a") == [mine["id"]]
    assert tool.ids(activity="https://example.com/nothing") == []
    assert tool.ids(limit="1") == [elsewhere["id"]]


def test_since_excludes_and_until_includes(session, tool):
    start = datetime(2026, 11, 23, 12, tzinfo=UTC)
    ids = []
    for minute in range(3):
        one = statement()
        ids.append(one["id"])
        service.store([one], at=start + timedelta(minutes=minute), authority=AUTHORITY)
    session.commit()
    middle = "2026-11-23T12:01:00Z"
    assert tool.ids(since=middle) == [ids[2]]
    assert tool.ids(until=middle) == [ids[1], ids[0]]
    assert tool.ids(since="2026-11-23T13:00:30+01:00", until=middle) == [ids[1]]


@pytest.mark.parametrize("ascending", ["true", "false"])
def test_pages_follow_each_other_while_others_write(session, tool, ascending):
    batch = [statement() for _ in range(7)]
    assert tool.post(batch).status_code == 200
    order = [one["id"] for one in batch]
    if ascending == "false":
        order.reverse()
    answer = tool.get(limit="3", ascending=ascending, agent=json.dumps(AGENT)).get_json()
    seen = [one["id"] for one in answer["statements"]]
    tool.put(statement())
    while answer["more"]:
        assert answer["more"].startswith("/xapi/statements?")
        answer = tool.client.get(answer["more"], auth=tool.auth, headers=VERSION).get_json()
        seen += [one["id"] for one in answer["statements"]]
    assert seen[:7] == order
    assert len(set(seen)) == len(seen)


def voiding(target: str) -> dict:
    return {
        "id": str(uuid4()),
        "actor": AGENT,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": target},
    }


@pytest.mark.parametrize("voider_first", [False, True])
def test_voiding(tool, voider_first):
    wrong = statement()
    voider = voiding(wrong["id"])
    for one in (voider, wrong) if voider_first else (wrong, voider):
        assert tool.put(one).status_code == 204
    assert tool.get(statementId=wrong["id"]).status_code == 404
    assert tool.get(voidedStatementId=wrong["id"]).get_json()["id"] == wrong["id"]
    assert tool.ids() == [voider["id"]]


def test_a_voiding_statement_cannot_be_voided(tool):
    wrong = statement()
    voider = voiding(wrong["id"])
    for one in (wrong, voider, voiding(voider["id"])):
        assert tool.put(one).status_code == 204
    assert tool.get(statementId=voider["id"]).status_code == 200
    assert tool.get(statementId=wrong["id"]).status_code == 404
    assert tool.get(voidedStatementId=voider["id"]).status_code == 404


def test_an_endpoint_that_ends_in_a_slash(tool):
    one = statement()
    for method, query in (("PUT", {"statementId": one["id"]}), ("POST", {})):
        answer = tool.client.open(
            "/xapi//statements", method=method, query_string=query, json=one, auth=tool.auth, headers=VERSION
        )
        assert answer.status_code in {200, 204}
    answer = tool.client.get(
        "/xapi//statements", query_string={"statementId": one["id"]}, auth=tool.auth, headers=VERSION
    )
    assert answer.status_code == 200


def test_head_says_the_same_without_a_body(tool):
    answer = tool.client.head("/xapi/statements", auth=tool.auth, headers=VERSION)
    assert answer.status_code == 200
    assert answer.data == b""
    assert answer.headers["X-Experience-API-Consistent-Through"]


def test_a_very_long_iri_can_be_stored_and_found(tool):
    long = "https://example.com/" + "x" * 5000
    one = statement(object={"id": long})
    assert tool.put(one).status_code == 204
    assert tool.ids(activity=long) == [one["id"]]
    assert tool.ids(activity=long + "y") == []


def test_nothing_is_deleted_here(tool):
    assert tool.client.delete("/xapi/statements", auth=tool.auth, headers=VERSION).status_code == 405


def test_the_commands(app, session):
    run = app.test_cli_runner()
    assert "No credentials" in run.invoke(args=["lrs", "list"]).output
    shown = run.invoke(args=["lrs", "add-credential", "Report"]).output
    key = shown.split()[1]
    secret = shown.split()[3]
    assert credentials.verified(key, secret)
    listed = run.invoke(args=["lrs", "list"]).output
    assert "Report" in listed
    assert "active" in listed
    assert secret not in listed
    assert run.invoke(args=["lrs", "revoke", key]).exit_code == 0
    assert not credentials.verified(key, secret)
    refused = run.invoke(args=["lrs", "revoke", "nobody"])
    assert refused.exit_code == 1
    assert "no credential nobody" in refused.output


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"result": {"extensions": {"http://example.com/x": nested(700)}}}, "levels deep"),
        ({"result": {"response": "\ud800"}}, "surrogate"),
        ({"actor": {"account": {"homePage": "http://example.com", "name": "a\0"}}}, "NUL"),
        ({"timestamp": "0001-01-01T00:00:00+14:00"}, "statement.timestamp"),
        ({"timestamp": "9999-12-31T23:59:59-14:00"}, "statement.timestamp"),
    ],
)
def test_what_cannot_be_kept_is_refused(tool, changes, words):
    answer = tool.put(statement(**changes))
    assert answer.status_code == 400
    assert words in error(answer)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "Infinity", "NaN"])
def test_a_number_that_is_not_finite_is_refused(tool, number):
    text = json.dumps(statement(result={"extensions": {"http://example.com/x": 1234567}})).replace("1234567", number)
    answer = tool.client.post(
        "/xapi/statements", data=text, content_type="application/json", auth=tool.auth, headers=VERSION
    )
    assert answer.status_code == 400
    assert number in error(answer)
    assert tool.ids() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("since", "0001-01-01T00:00:00+14:00"),
        ("until", "9999-12-31T23:59:59-14:00"),
        ("agent", "[" * 3000 + "]" * 3000),
        ("agent", '{"account": {"homePage": "http://example.com", "name": "\\u0000"}}'),
        ("verb", "http://example.com/\0"),
    ],
)
def test_a_query_that_means_nothing_is_refused(tool, name, value):
    answer = tool.get(**{name: value})
    assert answer.status_code == 400
    assert error(answer)


def test_a_key_with_nul_is_no_key(tool):
    answer = tool.client.get("/xapi/statements", auth=("a\0b", "c\0d"), headers=VERSION)
    assert answer.status_code == 401


def test_only_who_stored_a_statement_may_void_it(tool):
    ours = statement()
    service.store([dict(ours)], at=clock.now(), authority=AUTHORITY)
    answer = tool.put(voiding(ours["id"]))
    assert answer.status_code == 403  # 1.0.3, data 2.3.2
    assert "another authority" in error(answer)
    assert tool.get(statementId=ours["id"]).status_code == 200
