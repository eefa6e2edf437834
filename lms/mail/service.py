"""Mail is owed in the transaction of the act that causes it; the worker sends it afterwards."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from lms.db import db
from lms.mail.models import Message

LONGEST_SUBJECT = 300


def owe(
    to_address: str | None,
    *,
    user_id: UUID | None,
    kind: str,
    subject: str,
    text: str,
    at: datetime,
    dedupe_key: str | None = None,
) -> Message | None:
    """Put one mail in the outbox. None: this transition was told before, or the person has no address.

    `dedupe_key` names the transition ("review_waiting/<move id>/<person id>"), so that doing the work again
    after a crash tells nobody twice.
    """
    if not to_address:
        return None
    if dedupe_key is not None and db.session.scalar(select(Message.id).where(Message.dedupe_key == dedupe_key)):
        return None
    message = Message(
        id=uuid4(),
        to_address=to_address,
        user_id=user_id,
        kind=kind,
        dedupe_key=dedupe_key,
        # A line break in a header would begin a new header.
        subject=" ".join(subject.split())[:LONGEST_SUBJECT],
        text=text,
        created_at=at,
    )
    db.session.add(message)
    db.session.flush()
    return message


def forget_owed(before: datetime) -> int:
    """Drop unsent mail of before that instant: what a loaded past would have sent long ago. How many were dropped."""
    dropped = db.session.execute(delete(Message).where(Message.state == "owed", Message.created_at < before))
    return int(dropped.rowcount)  # type: ignore[attr-defined]


def parked(message_id: UUID) -> Message | None:
    """A mail that will not be tried again by itself; held until the transaction ends. None: it is none of these."""
    return db.session.scalar(
        select(Message).where(Message.id == message_id, Message.state == "parked").with_for_update()
    )


def owe_again(message: Message, *, to_address: str) -> None:
    """A parked mail is tried anew, at the address that the person has now."""
    message.to_address, message.state, message.attempts, message.retry_at = to_address, "owed", 0, None
    db.session.flush()
