"""An admin gives tools their key pairs, and takes them away."""

import re

import pytest
from sqlalchemy import func, select

from lms.lrs import credentials
from lms.lrs.models import LrsCredential
from lms.statements.models import LedgerEntry

PAGE = "/admin/xapi-credentials"


def make(browser, **more):
    data = {"name": "Reporting", "description": "Weekly report", "scopes": ["statements/read"], **more}
    return browser.send(PAGE, data, page=PAGE)


def pair(page) -> tuple[str, str]:
    key, secret = re.findall(r"<dt>(?:Key|Secret)</dt><dd><code>([^<]+)</code>", page.text)
    return key, secret


def test_the_secret_is_shown_once(visit, enid, session):
    browser = visit(enid)
    page = browser.get(PAGE).text
    assert "No key pair yet" in page
    boxes = [control for control in re.findall("<input[^>]*>", page) if "checkbox" in control]
    assert boxes
    assert not [box for box in boxes if "required" in box], "one box is enough"
    answer = make(browser)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    key, secret = pair(answer)
    assert "http://localhost/xapi/" in answer.text
    assert credentials.verified(key, secret).scopes == {"statements/read"}
    after = browser.get(PAGE).text
    assert key in after
    assert secret not in after
    assert "Weekly report" in after
    assert f"by {enid.name}" in after
    assert "Read every statement" in after


def test_it_is_on_record(visit, enid, session):
    browser = visit(enid)
    key, _ = pair(make(browser))
    assert browser.send(f"{PAGE}/{key}/revoke", page=PAGE).status_code == 303
    assert browser.send(f"{PAGE}/{key}/revoke", page=PAGE).status_code == 303, "a second click changes nothing"
    entries = session.scalars(
        select(LedgerEntry).where(LedgerEntry.kind == "credential_changed").order_by(LedgerEntry.seq)
    ).all()
    assert [(one.facts["change"], one.facts["name"], one.actor_id) for one in entries] == [
        ("made", "Reporting", enid.id),
        ("revoked", "Reporting", enid.id),
    ]
    assert f"{enid.name} revoked the xAPI credential Reporting." in browser.get("/record").text


def test_revoked_it_opens_nothing_and_is_kept(visit, enid, session):
    browser = visit(enid)
    key, secret = pair(make(browser))
    browser.send(f"{PAGE}/{key}/revoke", page=PAGE)
    assert credentials.verified(key, secret) is None
    page = browser.get(PAGE).text
    assert "Revoked key pairs (1)" in page
    assert f"/{key}/revoke" not in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Say who or what will use it."),
        ({"name": "n" * 121}, "120 characters at most"),
        ({"description": "d" * 501}, "500 characters at most"),
        ({"scopes": []}, "Choose at least one thing that it may do."),
        ({"scopes": ["statements"]}, "not a valid choice"),
    ],
)
def test_what_was_typed_is_kept_when_it_cannot_be_made(visit, enid, session, wrong, said):
    answer = make(visit(enid), **{"description": "Kept words", **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    assert wrong.get("description", "Kept words") in answer.text
    assert session.scalar(select(func.count()).select_from(LrsCredential)) == 0


@pytest.mark.parametrize("who", ["rosa", "milo", "otis", "vera"])
def test_these_pages_do_not_exist_for_others(visit, cast, session, who):
    browser = visit(getattr(cast, who))
    assert browser.get(PAGE).status_code == 404
    assert browser.send(PAGE, {"name": "x", "scopes": ["all"]}, page="/account").status_code == 404
    made = credentials.add("Reporting", at=cast.rosa.created_at)
    assert browser.send(f"{PAGE}/{made.key}/revoke", page="/account").status_code == 404


def test_one_that_does_not_exist(visit, enid, session):
    assert visit(enid).send(f"{PAGE}/nobody/revoke", page=PAGE).status_code == 404
