"""Mail that the mail server refused: an admin sees it without its text, and sends it again to the address of now."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock
from lms.db import db
from lms.mail import service as mail
from lms.mail.models import Message
from lms.statements.models import LedgerEntry

PAGE = "/admin/mail"


@pytest.fixture
def parked(rosa):
    """Refused mail to Rosa: of this kind, so old."""

    def make(kind: str = "verified", age: timedelta = timedelta()) -> Message:
        message = mail.owe(
            rosa.email,
            user_id=rosa.id,
            kind=kind,
            subject=f"About {kind}",
            text="https://secret.example/",
            at=clock.now() - age,
        )
        message.state, message.attempts, message.error = "parked", 1, "550 no such mailbox"
        db.session.commit()
        return message

    return make


def again(browser, message):
    return browser.send(f"{PAGE}/{message.id}", {}, page="/account")


def told() -> list[dict]:
    return [row.facts for row in db.session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "mail_sent_again"))]


def test_it_is_seen_without_its_text_and_goes_to_the_address_of_now(visit, enid, rosa, parked):
    message, browser = parked(), visit(enid)
    old = rosa.email
    rosa.email = "rosa.new@example.com"
    db.session.commit()
    page = browser.get(PAGE).text
    assert "550 no such mailbox" in page
    assert f"{old}; now rosa.new@example.com" in page
    assert "secret.example" not in page
    assert again(browser, message).status_code == 303
    assert again(browser, message).status_code == 303  # the second click finds nothing to do
    db.session.expire_all()
    assert (message.state, message.attempts, message.to_address) == ("owed", 0, "rosa.new@example.com")
    assert [facts["mail"] for facts in told()] == ["About verified"]
    assert "Every mail was taken" in browser.get(PAGE).text


@pytest.mark.parametrize(
    ("kind", "hours", "may"), [("password_reset", 2, False), ("invitation", 2, True), ("invitation", 24 * 8, False)]
)
def test_a_mail_whose_link_is_over_is_not_sent_again(visit, enid, parked, kind, hours, may):
    message, browser = parked(kind, timedelta(hours=hours)), visit(enid)
    assert ("its link is over" in browser.get(PAGE).text) is not may
    assert again(browser, message).status_code == (303 if may else 409)
    db.session.expire_all()
    assert message.state == ("owed" if may else "parked")


def test_nobody_who_left_gets_mail_again(visit, enid, rosa, parked):
    message, browser = parked(), visit(enid)
    rosa.left_on = clock.company_day(clock.now())
    db.session.commit()
    assert "Rosa Diaz has left" in browser.get(PAGE).text
    assert again(browser, message).status_code == 409
    assert told() == []
