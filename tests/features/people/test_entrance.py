"""Signing in and out, guessing, and forgotten passwords, as browsers do it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from argon2 import PasswordHasher

from lms.errors import RuleViolation
from lms.people import service
from lms.people.models import PasswordReset, SignInAttempt
from lms.people.service import Gate
from tests.features.people.conftest import PASSWORD

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
GATE = Gate("only-for-tests")


def enter(browser, email, password=PASSWORD, **data):
    return browser.send("/sign-in", {"email": email, "password": password, **data}, page="/sign-in")


def is_signed_in(browser):
    page = browser.get("/account")
    return page.status_code == 200


@pytest.fixture
def rosa(cast, with_password):
    return with_password(cast.rosa)


def test_sign_in_leads_to_today(visit, rosa):
    browser = visit()
    answer = enter(browser, rosa.email.upper())
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_signed_in(browser)


def test_sign_in_leads_to_where_one_was_going(visit, rosa):
    browser = visit()
    asked = browser.get("/account?x=1")
    assert asked.status_code == 303
    assert asked.location == "/sign-in?next=/account?x%3D1"
    assert enter(browser, rosa.email, next="/account?x=1").location == "/account?x=1"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\\\\evil", "/a\nb", ""],
)
def test_sign_in_never_leads_elsewhere(visit, rosa, target):
    assert enter(visit(), rosa.email, next=target).location == "/"


def test_who_is_signed_in_sees_no_sign_in_page(visit, rosa):
    assert visit(rosa).get("/sign-in?next=//evil.example").location == "/"


@pytest.mark.parametrize("email", ["rosa", "unknown@example.com", ""])
def test_wrong_email_and_wrong_password_look_the_same(visit, rosa, email):
    wrong = enter(visit(), {"rosa": rosa.email}.get(email, email), "not the password")
    assert wrong.status_code == 422
    page = wrong.get_data(as_text=True)
    assert ("do not fit together" in page) is bool(email)
    assert "not the password" not in page


def test_the_email_typed_is_kept(visit, rosa):
    assert f'value="{rosa.email}"' in enter(visit(), rosa.email, "wrong one here").get_data(as_text=True)


def test_without_a_password_nobody_gets_in(visit, cast):
    assert enter(visit(), cast.milo.email, "").status_code == 422
    assert enter(visit(), cast.milo.email, "anything at all").status_code == 422


def test_who_left_does_not_get_in(visit, session, rosa):
    rosa.left_on = AT.date()
    assert enter(visit(), rosa.email).status_code == 422


def test_signing_in_makes_a_new_session(visit, rosa):
    """A session planted before sign-in must not become the signed-in one."""
    browser = visit()
    browser.get("/sign-in")
    with browser.session_transaction() as planted:
        planted["planted"] = "by somebody else"
        old_token = planted["csrf_token"]
    enter(browser, rosa.email)
    with browser.session_transaction() as kept:
        assert "planted" not in kept
        assert kept.get("csrf_token") != old_token
        assert kept.permanent
        assert kept["_user_id"] == rosa.session_token


def test_the_session_cookie_is_guarded_and_dated(visit, rosa):
    cookie = enter(visit(), rosa.email).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires=" in cookie


def test_sign_out(visit, rosa):
    browser = visit(rosa)
    assert browser.send("/sign-out", page="/account").status_code == 303
    assert not is_signed_in(browser)
    assert browser.send("/sign-out", page="/sign-in").status_code == 303


def test_sign_out_everywhere_ends_every_session(visit, rosa, account_changes):
    here, there = visit(rosa), visit(rosa)
    here.send("/account/sign-out-everywhere", page="/account")
    assert not is_signed_in(here)
    assert not is_signed_in(there)
    assert account_changes(rosa) == ["signed_out_everywhere"]


def test_programs_get_json(visit):
    answer = visit().get("/account", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json["code"] == "signed_out"


def test_an_older_hash_is_renewed_on_the_way_in(visit, session, rosa):
    rosa.password_hash = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    assert enter(visit(), rosa.email).status_code == 303
    session.refresh(rosa)
    assert "m=1024" in rosa.password_hash


def test_sign_in_needs_the_form_token(visit, rosa):
    answer = visit().post("/sign-in", data={"email": rosa.email, "password": PASSWORD})
    assert answer.status_code in {400, 401}


# Guessing


def test_guessing_is_slowed_down_and_says_until_when(visit, session, rosa):
    browser = visit()
    with time_machine.travel(AT, tick=False) as clock:
        for _ in range(5):
            assert enter(browser, rosa.email, "wrong wrong wrong").status_code == 422
        refused = enter(browser, rosa.email)
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "30"
        assert "Try again in 30 seconds" in refused.get_data(as_text=True)
        clock.shift(31)
        assert enter(browser, rosa.email).status_code == 303
    digests = {row.email_digest for row in session.query(SignInAttempt)}
    assert rosa.email not in digests
    assert len(digests) == 1


def test_unknown_emails_are_slowed_down_alike(visit):
    browser = visit()
    with time_machine.travel(AT, tick=False):
        answers = [enter(browser, "nobody@example.com", "guess guess guess").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_one_address_cannot_try_many_emails(visit):
    browser = visit()
    with time_machine.travel(AT, tick=False):
        answers = [enter(browser, f"somebody{number}@example.com", "guess guess").status_code for number in range(31)]
    assert answers == [422] * 30 + [429]


def fail(email, address, times, at=AT):
    for _ in range(times):
        service.begin_sign_in(email, address, gate=GATE, at=at)


def test_success_forgives_the_email_but_not_the_address(session, rosa, hasher):
    fail(rosa.email, "192.0.2.1", 4)
    attempt = service.begin_sign_in(rosa.email, "192.0.2.1", gate=GATE, at=AT)
    service.finish_sign_in(attempt, rosa, PASSWORD, hasher=hasher)
    later = AT + timedelta(seconds=1)
    fail(rosa.email, "192.0.2.1", 5, later)
    with pytest.raises(RuleViolation):
        fail(rosa.email, "192.0.2.1", 1, later)


def test_guessing_from_elsewhere_does_not_lock_the_owner_out(session, rosa, hasher):
    attempt = service.begin_sign_in(rosa.email, "192.0.2.1", gate=GATE, at=AT - timedelta(days=2))
    service.finish_sign_in(attempt, rosa, PASSWORD, hasher=hasher)
    session.flush()
    fail(rosa.email, "198.51.100.9", 5)
    with pytest.raises(RuleViolation):
        fail(rosa.email, "198.51.100.9", 1)
    with pytest.raises(RuleViolation):
        fail(rosa.email, "203.0.113.5", 1)  # another guesser elsewhere waits as well
    fail(rosa.email, "192.0.2.1", 1)


def test_waits_grow_and_end(rosa):
    fail(rosa.email, "192.0.2.1", 5)
    with pytest.raises(RuleViolation) as refused:
        fail(rosa.email, "192.0.2.1", 1, AT + timedelta(seconds=29))
    assert refused.value.facts["until"] == AT + timedelta(seconds=30)
    later = AT + timedelta(seconds=30)
    fail(rosa.email, "192.0.2.1", 1, later)
    with pytest.raises(RuleViolation) as refused:
        fail(rosa.email, "192.0.2.1", 1, later)
    assert refused.value.facts["until"] == later + timedelta(seconds=60)
    fail(rosa.email, "192.0.2.1", 5, AT + timedelta(hours=2))


def test_limits_can_be_switched_off(rosa):
    for _ in range(40):
        service.begin_sign_in(rosa.email, "192.0.2.1", gate=Gate("x", is_limiting=False), at=AT)


def test_old_attempts_are_forgotten(session, rosa, hasher):
    fail(rosa.email, "192.0.2.1", 3, AT - timedelta(days=40))
    attempt = service.begin_sign_in(rosa.email, "192.0.2.1", gate=GATE, at=AT)
    service.finish_sign_in(attempt, rosa, PASSWORD, hasher=hasher)
    session.flush()
    assert session.query(SignInAttempt).count() == 1


# Forgotten passwords


def ask(browser, email):
    return browser.send("/forgot", {"email": email}, page="/forgot")


def test_reset_by_mail(visit, session, rosa, outbox, link_in, account_changes):
    other_device = visit(rosa)
    browser = visit()
    assert ask(browser, rosa.email).status_code == 303
    (mail,) = outbox(rosa)
    assert mail.to_address == rosa.email
    path = link_in(mail)
    answer = browser.send(path, {"password": "a brand new one"}, page=path)
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not is_signed_in(other_device)
    assert enter(visit(), rosa.email).status_code == 422
    assert enter(visit(), rosa.email, "a brand new one").status_code == 303
    assert account_changes(rosa) == ["password_changed"]
    assert [message.kind for message in outbox(rosa)] == ["password_reset", "password_changed"]


def test_reset_link_works_once(visit, rosa, outbox, link_in):
    browser = visit()
    ask(browser, rosa.email)
    path = link_in(outbox(rosa)[0])
    token = browser.token(path)
    data = {"password": "a brand new one", "csrf_token": token}
    assert browser.post(path, data=data).status_code == 303
    again = {"password": "yet another one", "csrf_token": browser.token("/sign-in")}
    assert browser.post(path, data=again).status_code == 410
    assert browser.get(path).status_code == 410
    assert enter(visit(), rosa.email, "a brand new one").status_code == 303


def test_a_new_password_ends_every_other_link(visit, rosa, outbox, link_in):
    browser = visit()
    ask(browser, rosa.email)
    ask(browser, rosa.email)
    first, second = map(link_in, outbox(rosa))
    browser.send(first, {"password": "a brand new one"}, page=first)
    assert browser.get(second).status_code == 410


def test_reset_link_holds_for_an_hour(session, rosa):
    links = []
    service.request_reset(
        rosa.email, "192.0.2.1", gate=GATE, link=lambda token: links.append(token) or token, company="X", at=AT
    )
    assert service.user_of_reset(links[0], at=AT + timedelta(minutes=59)) is rosa
    assert service.user_of_reset(links[0], at=AT + timedelta(minutes=60)) is None


def test_only_the_digest_of_the_token_is_kept(session, rosa):
    links = []
    service.request_reset(
        rosa.email, "192.0.2.1", gate=GATE, link=lambda token: links.append(token) or token, company="X", at=AT
    )
    row = session.query(PasswordReset).one()
    assert links[0] not in row.token_digest
    assert len(row.token_digest) == 64


@pytest.mark.parametrize("email", ["unknown@example.com", "rosa"])
def test_the_answer_is_the_same_for_unknown_emails(visit, session, rosa, email):
    answer = ask(visit(), {"rosa": rosa.email}.get(email, email))
    assert (answer.status_code, answer.location) == (303, "/forgot/sent")


def test_asking_too_often_is_refused_for_known_and_unknown_alike(visit, rosa, outbox):
    browser = visit()
    for email in (rosa.email, "unknown@example.com"):
        assert [ask(browser, email).status_code for _ in range(4)] == [303, 303, 303, 429]
    assert len(outbox(rosa)) == 3


def test_who_left_gets_no_link(visit, session, rosa, outbox):
    rosa.left_on = AT.date()
    assert ask(visit(), rosa.email).status_code == 303
    assert outbox(rosa) == []


def test_a_bad_new_password_keeps_the_link(visit, rosa, outbox, link_in):
    browser = visit()
    ask(browser, rosa.email)
    path = link_in(outbox(rosa)[0])
    assert browser.send(path, {"password": "short"}, page=path).status_code == 422
    assert browser.send(path, {"password": "aaaaaaaaaaaaaa"}, page=path).status_code == 422
    page = browser.get(path)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(("token", "status"), [("x", 410), ("%00", 400), ("a" * 3000, 410)])
def test_rubbish_tokens(visit, session, token, status):
    assert visit().get(f"/reset/{token}").status_code == status
