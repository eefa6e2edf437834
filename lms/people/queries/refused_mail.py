"""Mail that could not be sent, however often it was tried, and the person it was for as they are now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from lms import clock
from lms.db import db
from lms.mail.letters import LINK_HOLDS
from lms.mail.models import Message
from lms.people.models import User

PAGE = 50


@dataclass(frozen=True, slots=True)
class RefusedMail:
    """`why_not`: the code of why it is of no use to send it again; empty when it may go."""

    id: UUID
    subject: str
    to_address: str
    created_at: datetime
    attempts: int
    error: str
    person_id: UUID | None
    person: str
    email_now: str
    why_not: str


def refused_mail(at: datetime) -> tuple[tuple[RefusedMail, ...], int]:
    """The latest of them, newest first, and how many there are in all. Never what stands in them."""
    rows = db.session.execute(
        select(Message, User)
        .outerjoin(User, User.id == Message.user_id)
        .where(Message.state == "parked")
        .order_by(Message.created_at.desc(), Message.id)
        .limit(PAGE)
    )
    found = tuple(
        RefusedMail(
            message.id,
            message.subject,
            message.to_address,
            message.created_at,
            message.attempts,
            message.error,
            user.id if user else None,
            user.name if user else "",
            (user.email if user else None) or message.to_address,
            why_not(message, user, at),
        )
        for message, user in rows
    )
    total = db.session.scalar(select(func.count()).select_from(Message).where(Message.state == "parked"))
    return found, total or 0


def why_not(message: Message, user: User | None, at: datetime) -> str:
    """The code of why this mail is not sent again; empty when it may be."""
    if user is not None and user.left_on is not None and user.left_on <= clock.company_day(at):
        return "mail_left"
    holds = LINK_HOLDS.get(message.kind)
    return "mail_link_over" if holds is not None and at >= message.created_at + holds else ""
