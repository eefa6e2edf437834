"""What the tests of people share: passwords, the outbox, the record."""

import re
from datetime import date, timedelta

import pytest

from lms import clock
from lms.mail.models import Message
from lms.people import passwords
from lms.people.passwords import Hasher
from lms.statements.models import LedgerEntry

PASSWORD = "river stone lamp"


def today(days: int = 0) -> date:
    """The company's day, or one some days from it; asked anew each time, for midnight may pass while the suite runs.

    Where the company is, it is still yesterday while UTC has gone on to the next day.
    """
    return clock.local_day(clock.now(), "America/New_York") + timedelta(days=days)


@pytest.fixture
def hasher() -> Hasher:
    return passwords.hasher(cheap=True)


@pytest.fixture
def with_password(session, hasher):
    """Give somebody the password of these tests."""

    def give(user, password=PASSWORD):
        user.password_hash = hasher.hash(password)
        session.flush()
        return user

    return give


@pytest.fixture
def outbox(session):
    """The mails owed to one person, oldest first."""

    def owed(user):
        session.expire_all()
        return session.query(Message).filter_by(user_id=user.id).order_by(Message.created_at).all()

    return owed


@pytest.fixture
def link_in():
    """The path of the one link in a mail."""

    def find(message):
        (link,) = re.findall(r"http://localhost(/\S+)", message.text)
        return link

    return find


@pytest.fixture
def account_changes(session):
    """What the record says about accounts, oldest first."""

    def changes(user):
        rows = (
            session.query(LedgerEntry).filter_by(kind="account_changed", subject_id=user.id).order_by(LedgerEntry.seq)
        )
        return [row.facts["change"] for row in rows]

    return changes
