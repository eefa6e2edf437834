"""Mail is owed with the act: once for each transition, never with a header smuggled in."""

from datetime import UTC, datetime

from lms.mail import letters, service
from lms.mail.models import Message

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def owe(**changes):
    values = {"user_id": None, "kind": "test", "subject": "Hello", "text": "Text", "at": AT}
    address = changes.pop("to", "rosa@example.com")
    return service.owe(address, **{**values, **changes})


def test_owed(session):
    message = owe()
    assert session.query(Message).one() is message
    assert (message.state, message.attempts, message.retry_at) == ("owed", 0, None)


def test_once_for_each_transition(session):
    assert owe(dedupe_key="submitted/1") is not None
    assert owe(dedupe_key="submitted/1") is None
    assert owe(dedupe_key="submitted/2") is not None
    owe()
    owe()
    assert session.query(Message).count() == 4


def test_nobody_without_address_gets_mail(session):
    assert owe(to=None) is None
    assert owe(to="") is None
    assert session.query(Message).count() == 0


def test_a_subject_is_one_line(session):
    message = owe(subject="Worksheet of Rosa\r\nBcc: everybody@example.com " + "x" * 400)
    assert message.subject.startswith("Worksheet of Rosa Bcc: everybody")
    assert len(message.subject) == 300


def test_letters_have_their_link_on_a_line_of_its_own():
    link = "https://learn.example.com/reset/abc"
    for letter in (letters.password_reset("Rosa", link, "Northwind"), letters.invitation("Rosa", link, "Northwind", 7)):
        assert link in letter.text.splitlines()
        assert "Rosa" in letter.text
