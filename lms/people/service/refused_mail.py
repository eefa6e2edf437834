"""Mail that could not be sent goes out once more, because somebody says so."""

from datetime import datetime
from uuid import UUID

from lms.db import db
from lms.errors import RuleViolation
from lms.mail import service as mail
from lms.people.models import User
from lms.people.queries.refused_mail import why_not
from lms.people.service.record import Named, person
from lms.statements import ledger
from lms.statements import queries as statements
from lms.statements.administration import MailSentAgain
from lms.statements.events import Person


def send_mail_again(message_id: UUID, *, by: Named, at: datetime) -> str:
    """Owe it again, to the address that the person has now; returns that address.

    Empty when it is on its way already: of two clicks the second changes nothing.
    """
    message = mail.parked(message_id)
    if message is None:
        return ""
    user = db.session.get(User, message.user_id) if message.user_id else None
    if reason := why_not(message, user, at):
        raise RuleViolation(reason, name=user.name if user else message.to_address)
    to_address = (user.email if user else None) or message.to_address
    mail.owe_again(message, to_address=to_address)
    ledger.record(
        MailSentAgain(
            at=at,
            actor=person(by),
            learner=Person(user.id, user.name) if user else Person(by.id, by.name),
            record_id=message.id,
            revision=statements.times_recorded(message.id),
            mail=message.subject,
        )
    )
    return to_address
