"""An expired session loses nothing: what was sent is kept, signed, through sign-in, and sent again by the person."""

import re

import pytest
from flask import url_for
from itsdangerous import URLSafeTimedSerializer

from lms.people import passwords
from lms.web import resume

TYPED = {"opening": "Good morning, this is Rosa.", "concerns-0-text": "Send me an email", "password": "hunter2-secret"}


def hidden(page: str, name: str) -> str | None:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found and found[1]


@pytest.fixture
def refused(client):
    """The page that answers a POST from a visitor whose session ended."""
    return client.post("/probe/note", data=TYPED, headers={"Sec-Fetch-Site": "same-origin"})


def after_sign_in(app, keep, **data):
    with app.test_request_context("/sign-in", method="POST", data={"keep": keep, **data}):
        return resume.after_sign_in("/home")


def test_a_refused_post_is_kept_on_the_sign_in_page(refused):
    assert refused.status_code == 401
    assert "You were signed out" in refused.text
    assert "Good morning, this is Rosa." in refused.text
    assert hidden(refused.text, "keep")


def test_passwords_and_tokens_are_not_kept(refused, probe):
    app, _ = probe
    with app.test_request_context():
        kept = resume.kept(hidden(refused.text, "keep"))
    assert kept.path == "/probe/note"
    assert dict(kept.fields) == {name: TYPED[name] for name in ("opening", "concerns-0-text")}


def test_after_sign_in_the_person_sees_it_and_sends_it(refused, probe, client):
    app, bp = probe
    page = after_sign_in(app, hidden(refused.text, "keep")).get_data(as_text=True)
    assert "You are signed in again. Nothing was lost" in page
    assert 'action="/probe/note"' in page
    assert "Send me an email" in page
    assert bp.sent == []  # nothing is sent by itself
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    assert fields["opening"] == TYPED["opening"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("f-account_kind", "Account kind"),
        ("r-concerns-0-text", "Concerns 1: text"),
        ("r-next-steps-11-due_on", "Next steps 12: due on"),
        ("q-goal", "Goal"),
        ("opening", "Opening"),
        ("level.said.reason", "Level: said: reason"),
    ],
)
def test_a_field_is_said_in_words(name, words):
    assert resume.said(name) == words


def test_a_forged_or_foreign_keep_is_ignored(probe):
    app, _ = probe
    with app.app_context():
        elsewhere = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="kept-form").dumps(["//evil.example", []])
        other_salt = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="other").dumps(["/probe/note", []])
    for keep in ("nonsense", elsewhere, other_salt, ""):
        answer = after_sign_in(app, keep)
        assert (answer.status_code, answer.location) == (303, "/home")


def test_another_sites_form_is_not_offered(client):
    page = client.post("/probe/note", data=TYPED, headers={"Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 401
    assert hidden(page.text, "keep") is None
    page = client.post("/probe/note", data=TYPED, headers={"Origin": "https://evil.example"})
    assert hidden(page.text, "keep") is None


def test_what_is_too_large_is_not_kept_and_the_page_says_so(client):
    page = client.post("/probe/note", data={"opening": "x" * (resume.MOST_CHARACTERS + 1)})
    assert page.status_code == 401
    assert hidden(page.text, "keep") is None
    assert "Nothing was saved" in page.text


def test_programs_are_told_to_sign_in(client):
    answer = client.post("/probe/autosave", json={"fields": {}})
    assert (answer.status_code, answer.json["code"]) == (401, "signed_out")


@pytest.mark.parametrize(
    ("path", "is_own"),
    [
        ("/courses?page=2", True), ("/", True), ("//evil.example", False), ("/\\evil.example", False),
        ("https://evil.example", False), ("javascript:alert(1)", False), ("", False), (None, False),
        ("/a\nb", False), ("courses", False),
    ],
)  # fmt: skip
def test_own_paths(path, is_own):
    assert resume.is_own_path(path) is is_own


def test_next_is_followed_only_within_the_site(probe):
    app, _ = probe
    assert after_sign_in(app, "", next="/courses").location == "/courses"
    assert after_sign_in(app, "", next="//evil.example").location == "/home"


def test_a_get_goes_to_sign_in_and_back(probe):
    app, _ = probe
    with app.test_request_context("/courses?page=2"):
        answer = resume.unauthorized()
        assert (answer.status_code, answer.location) == (303, url_for("people.sign_in", next="/courses?page=2"))


def test_signed_in_with_an_old_page_it_can_be_sent_once_more(visit, rosa):
    """Signing in again in another tab gives a new session; the old tab's token is void, its contents are not."""
    browser = visit(rosa)
    answer = browser.post(
        "/account/sign-out-everywhere", data={"csrf_token": "old"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 400
    assert "Please send this once more" in answer.text
    assert 'action="/account/sign-out-everywhere"' in answer.text


def test_a_script_of_an_old_page_gets_a_new_token(visit, rosa):
    browser = visit(rosa)
    answer = browser.post("/account/sign-out-everywhere", json={}, headers={"X-CSRFToken": "old"})
    assert (answer.status_code, answer.json["code"]) == (400, "page_expired")
    assert answer.json["csrf_token"]


def everything_hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))


def test_the_whole_way_through_an_ended_session(visit, rosa, session):
    """Ended session, wrong password, right password, look, send: one act, saved once."""
    rosa.password_hash = passwords.hasher(cheap=True).hash("river stone lamp")
    browser = visit()
    refused = browser.post("/account", data={"zone": "Europe/Berlin"})
    assert (refused.status_code, rosa.zone) == (401, "UTC")
    wrong = browser.post("/sign-in", data={**everything_hidden(refused.text), "email": rosa.email, "password": "no"})
    assert wrong.status_code == 422
    right = {**everything_hidden(wrong.text), "email": rosa.email, "password": "river stone lamp"}
    page = browser.post("/sign-in", data=right)
    assert "You are signed in again. Nothing was lost" in page.text
    assert "Europe/Berlin" in page.text
    session.expire_all()
    assert rosa.zone == "UTC"
    sent = browser.post("/account", data=everything_hidden(page.text))
    assert sent.status_code == 303
    session.expire_all()
    assert rosa.zone == "Europe/Berlin"


def test_signing_out_of_an_ended_session_is_no_error(visit):
    answer = visit().post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in")


def test_signing_in_without_the_cookie_asks_once_more(visit, rosa):
    answer = visit().post("/sign-in", data={"email": rosa.email, "password": "x", "next": "/courses"})
    assert answer.status_code == 401
    assert "Please sign in once more" in answer.text
    assert rosa.email in answer.text
    assert hidden(answer.text, "next") == "/courses"


def test_a_form_for_everyone_asks_for_a_fresh_page(visit):
    answer = visit().post("/forgot", data={"email": "a@example.com"}, headers={"Referer": "http://localhost/forgot"})
    assert answer.status_code == 400
    assert 'href="/forgot"' in answer.text
