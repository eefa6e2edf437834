"""Key pairs for /xapi: what they may do, how long they are good, how often they may ask."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from click.testing import CliRunner
from werkzeug.exceptions import TooManyRequests

from lms.app import create_app
from lms.db import db
from lms.errors import RuleViolation
from lms.lrs import credentials
from lms.lrs.credentials import REMEMBERED_SECONDS, Credential, Scope
from lms.lrs.limits import WINDOW, RateLimit
from lms.lrs.models import LrsCredential
from lms.settings import from_environment
from tests.conftest import make_settings
from tests.features.lrs.test_shapes import GOOD

AT = datetime(2026, 11, 23, 16, tzinfo=UTC)
ABOUT = {"X-Experience-API-Version": "1.0.3"}


def ask(client, made, secret=None):
    answer = client.get("/xapi/statements", auth=(made.key, secret or made.secret), headers=ABOUT)
    answer.close()  # as a server does once all is sent
    return answer


# What they may do


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        ({Scope.ALL}, set(Scope)),
        ({Scope.ALL_READ}, {Scope.ALL_READ, Scope.READ, Scope.READ_MINE}),
        ({Scope.READ}, {Scope.READ, Scope.READ_MINE}),
        ({Scope.READ_MINE}, {Scope.READ_MINE}),
        ({Scope.WRITE}, {Scope.WRITE}),
        ({Scope.WRITE, Scope.STATE}, {Scope.WRITE, Scope.STATE}),
        ({Scope.PROFILE}, {Scope.PROFILE}),
        ({Scope.DEFINE}, {Scope.DEFINE}),
    ],
    ids=lambda scopes: "+".join(sorted(scopes)),
)
def test_what_a_scope_allows(scopes, allowed):
    credential = Credential("key", "name", frozenset(scopes))
    assert {scope for scope in Scope if credential.allows(scope)} == allowed
    assert not credential.allows("everything")


def test_documents_may_be_read_by_who_may_read_everything():
    reader = Credential("key", "name", frozenset({"all/read"}))
    assert reader.may_read("state")
    assert not reader.allows("state")
    assert not Credential("key", "name", frozenset({"statements/read"})).may_read("state")
    assert Credential("key", "name", frozenset({"profile"})).may_read("profile")


def test_scopes_are_kept_as_oauth_writes_them(session):
    made = credentials.add("Reporting", at=AT, scopes={"statements/read", "statements/write"}, made_by="Enid")
    session.commit()
    row = session.get(LrsCredential, made.key)
    assert row.scope == "statements/write statements/read"
    assert row.secret_digest not in {made.secret, ""}
    assert made.secret not in repr(made)
    assert credentials.verified(made.key, made.secret).scopes == {"statements/read", "statements/write"}


def test_the_longest_set_of_scopes_fits(session):
    made = credentials.add("All of them", at=AT, scopes=set(Scope))
    session.commit()
    assert credentials.verified(made.key, made.secret).scopes == set(Scope)
    assert len(credentials.spelled(frozenset(Scope))) <= LrsCredential.scope.type.length


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"scopes": {"statements"}}, "no_such_scope"),
        ({"scopes": ()}, "credential_needs_a_scope"),
        ({"name": "  "}, "credential_needs_a_name"),
        ({"name": "n" * 121}, "credential_needs_a_name"),
        ({"description": "d" * 501}, "credential_description_too_long"),
    ],
)
def test_what_cannot_be_made(session, more, code):
    with pytest.raises(RuleViolation, match=code):
        credentials.add(**{"name": "Reporting", "at": AT, **more})


# Who gets in


def test_a_pair_opens_and_another_does_not(session):
    made, other = credentials.add("one", at=AT), credentials.add("other", at=AT)
    session.commit()
    for _ in range(2):  # looked up, then remembered
        assert credentials.verified(made.key, made.secret).name == "one"
        assert credentials.verified(made.key, other.secret) is None
        assert credentials.verified("nobody", made.secret) is None
        assert credentials.verified("no\0body", made.secret) is None
        assert credentials.verified(made.key, "\ud800") is None


def test_a_remembered_pair_costs_no_query(session, count_statements):
    made = credentials.add("busy", at=AT)
    session.commit()
    credentials.verified(made.key, made.secret)
    count_statements.statements.clear()
    for _ in range(100):
        assert credentials.verified(made.key, made.secret)
    assert len(count_statements) == 0


def test_revoked_here_it_opens_nothing_at_once(session):
    made = credentials.add("left", at=AT)
    session.commit()
    assert credentials.verified(made.key, made.secret)
    credentials.revoke(made.key, at=AT + timedelta(days=1), by="Enid")
    session.commit()
    assert credentials.verified(made.key, made.secret) is None
    again = credentials.revoke(made.key, at=AT + timedelta(days=2), by="Milo")
    assert (again.revoked_at, again.revoked_by) == (AT + timedelta(days=1), "Enid")
    with pytest.raises(RuleViolation, match="no_such_credential"):
        credentials.revoke("nobody", at=AT)


def test_revoked_by_another_process_it_opens_nothing_after_some_seconds(own_app, tmp_path, monkeypatch):
    elsewhere = create_app(own_app.config["SETTINGS"])
    with own_app.app_context():
        made = credentials.add("left", at=AT)
        db.session.commit()
        assert credentials.verified(made.key, made.secret)
    with elsewhere.app_context():
        credentials.revoke(made.key, at=AT)
        db.session.commit()
        assert credentials.verified(made.key, made.secret) is None
        db.session.remove()
        db.engine.dispose()
    now = time.monotonic()
    with own_app.app_context():
        monkeypatch.setattr(credentials.time, "monotonic", lambda: now + REMEMBERED_SECONDS - 1)
        assert credentials.verified(made.key, made.secret)
        monkeypatch.setattr(credentials.time, "monotonic", lambda: now + REMEMBERED_SECONDS + 1)
        assert credentials.verified(made.key, made.secret) is None


# What it may do at the store


@pytest.fixture
def at_the_store(own_app):
    """`at_the_store("statements/write")(method, resource, …)`: what a tool with these scopes is answered."""

    def tool(*scopes):
        with own_app.app_context():
            made = credentials.add("tool", at=AT, scopes=scopes)
            db.session.commit()

        def ask(method, resource, body=None, **query):
            headers = {**ABOUT, "If-None-Match": "*"} if method == "PUT" else ABOUT
            path = f"/xapi/{resource}"
            answer = own_app.test_client().open(
                path, method=method, json=body, query_string=query, auth=(made.key, made.secret), headers=headers
            )
            answer.close()
            return answer

        return ask

    return tool


STATE = {
    "activityId": "https://example.com/a",
    "agent": '{"mbox": "mailto:a@b.example"}',
    "stateId": "s",
}
PROFILE = {"activityId": "https://example.com/a", "profileId": "p"}
ACTS = {
    "write": ("POST", "statements", "STATEMENT", {}),
    "read": ("GET", "statements", None, {}),
    "put state": ("PUT", "activities/state", {}, STATE),
    "get state": ("GET", "activities/state", None, STATE),
    "put profile": ("PUT", "activities/profile", {}, PROFILE),
    "get profile": ("GET", "activities/profile", None, PROFILE),
}


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("all", set(ACTS)),
        ("all/read", {"read", "get state", "get profile"}),
        ("statements/write", {"write"}),
        ("statements/read", {"read"}),
        ("statements/read/mine", {"read"}),
        ("state", {"put state", "get state"}),
        ("profile", {"put profile", "get profile"}),
        ("define", set()),
    ],
)
def test_what_each_scope_opens_at_the_store(at_the_store, scope, allowed):
    tool = at_the_store(scope)
    opened = set()
    for name, (method, resource, body, query) in ACTS.items():
        said = new_statement() if body == "STATEMENT" else body
        status = tool(method, resource, said, **query).status_code
        assert status in {200, 204, 403, 404}, (name, status)
        if status != 403:
            opened.add(name)
    assert opened == allowed


def test_what_it_wrote_itself(at_the_store):
    writer, other = at_the_store("statements/write", "statements/read/mine"), at_the_store("all")
    (own,) = writer("POST", "statements", new_statement()).get_json()
    (foreign,) = other("POST", "statements", new_statement()).get_json()
    found = [one["id"] for one in writer("GET", "statements").get_json()["statements"]]
    assert found == [own]
    assert writer("GET", "statements", statementId=own).status_code == 200
    assert writer("GET", "statements", statementId=foreign).status_code == 404
    assert len(other("GET", "statements").get_json()["statements"]) == 2


def test_who_may_not_define_leaves_an_activity_as_it_is_known(at_the_store):
    definer, writer = at_the_store("all"), at_the_store("statements/write")
    thing = {"id": "https://example.com/a", "definition": {"name": {"en": "A course"}}}
    definer("POST", "statements", new_statement(object=thing))
    renamed = {**thing, "definition": {"name": {"en": "Renamed"}}}
    assert writer("POST", "statements", new_statement(object=renamed)).status_code == 200
    known = definer("GET", "activities", activityId=thing["id"]).get_json()
    assert known["definition"]["name"] == {"en": "A course"}


def new_statement(**more) -> dict:
    return {**GOOD, "id": str(uuid4()), **more}


# When a pair was last used


def test_the_last_use_is_noted_to_within_minutes(own_app):
    def noted():
        with own_app.app_context():
            return db.session.get(LrsCredential, made.key).last_used_at

    with own_app.app_context():
        made = credentials.add("reader", at=AT)
        db.session.commit()
    client = own_app.test_client()
    with time_machine.travel(AT, tick=False):
        assert ask(client, made, "wrong").status_code == 401
        assert noted() is None
        assert ask(client, made).status_code == 200
        assert noted() == AT
    for minutes, expected in ((5, AT), (20, AT + timedelta(minutes=20))):
        own_app.extensions[credentials.EXTENSION].forget(made.key)  # as after some seconds
        with time_machine.travel(AT + timedelta(minutes=minutes), tick=False):
            assert ask(client, made).status_code == 200
        assert noted() == expected


# How often they may ask


def test_a_minutes_worth_at_once_then_at_an_even_pace():
    limit = RateLimit(60)
    assert [limit.wait("a", 0.0) for _ in range(61)] == [0] * 60 + [1]
    assert limit.wait("b", 0.0) == 0, "each for itself"
    assert limit.wait("a", 0.5) == 1
    assert limit.wait("a", 1.0) == 0
    assert limit.wait("a", 1.0) == 1
    assert [limit.wait("a", 1.0 + WINDOW) for _ in range(61)] == [0] * 60 + [1], "a quiet minute fills it up"


def test_refusals_do_not_prolong_the_wait():
    limit = RateLimit(1)
    assert limit.wait("a", 0.0) == 0
    assert [limit.wait("a", 10.0) for _ in range(5)] == [50] * 5
    assert limit.wait("a", 60.0) == 0


def test_no_limit():
    limit = RateLimit(0)
    assert {limit.wait("a", 0.0) for _ in range(1000)} == {0}


@pytest.fixture
def slow_app(own_app, tmp_path):
    """Two requests a minute, on the same database."""
    url = own_app.config["SETTINGS"].database_url
    app = create_app(make_settings(url, tmp_path, xapi_per_minute=2))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_who_asks_too_often_is_told_when_to_come_back(slow_app):
    with slow_app.app_context():
        made, other = credentials.add("busy", at=AT), credentials.add("other", at=AT)
        db.session.commit()
    client = slow_app.test_client()
    for _ in range(5):  # somebody who knows the key only
        assert ask(client, made, "wrong").status_code == 401
    assert [ask(client, made).status_code for _ in range(2)] == [200, 200]
    refused = ask(client, made)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 30
    assert "asks too often" in refused.get_json()["error"]
    assert refused.headers["X-Experience-API-Version"].startswith("1.0")
    assert ask(client, other).status_code == 200
    with slow_app.app_context(), pytest.raises(TooManyRequests):
        credentials.verified(made.key, made.secret)


def test_the_limit_can_be_switched_off(own_app, tmp_path):
    url = own_app.config["SETTINGS"].database_url
    for more in ({"xapi_per_minute": 0}, {"xapi_per_minute": 1, "rate_limits": False}):
        app = create_app(make_settings(url, tmp_path, **more))
        with app.app_context():
            made = credentials.add("busy", at=AT)
            db.session.commit()
        assert {ask(app.test_client(), made).status_code for _ in range(5)} == {200}
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_the_limit_is_a_setting(tmp_path):
    environ = {"LMS_INSTANCE": str(tmp_path), "SECRET_KEY": "s" * 32, "LMS_XAPI_PER_MINUTE": "600"}
    assert from_environment(environ).xapi_per_minute == 600


# By command


@pytest.fixture
def lrs(app, session):
    def run(*words):
        return CliRunner().invoke(app.cli, ["lrs", *words], obj=None)

    return run


def test_made_listed_and_revoked_by_command(lrs, session):
    made = lrs(
        "add-credential", "Authoring", "--scope", "statements/write", "--scope", "state", "--description", "East"
    )
    assert made.exit_code == 0, made.output
    key, secret = (line.split()[1] for line in made.output.splitlines()[:2])
    assert credentials.verified(key, secret).scopes == {"statements/write", "state"}
    listed = lrs("list").output
    assert key in listed
    assert secret not in listed
    assert "never used" in listed
    assert "(statements/write state)" in listed
    assert "is revoked" in lrs("revoke", key).output
    assert credentials.verified(key, secret) is None
    assert "revoked 20" in lrs("list").output


def test_a_command_that_cannot_be_meant(lrs, session):
    assert "is not one of" in lrs("add-credential", "x", "--scope", "write").output
    assert "who or what will use it" in lrs("add-credential", " ").output
    assert lrs("revoke", "nobody").exit_code == 1
