"""Who is told by mail about which move. Short, one link, and nothing in it that was meant for the two of them only.

People are told by their relation to the rep, not by a role, and once per move.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from lms import clock
from lms.mail import service as mail
from lms.people import queries as people
from lms.statements import home
from lms.transfer.models import TransferActivity, TransferMove


def tell_rep(activity: TransferActivity, row: TransferMove, subject: str, sentence: str) -> None:
    link = f"{home.current().base}/transfer/{activity.enrollment_id}/{activity.step_key}"
    _tell((activity.rep_id,), row.id, "transfer_decided", subject, sentence, link, row.at)


def tell_approvers(activity: TransferActivity, row: TransferMove, subject: str, sentence: str) -> None:
    """The acting manager and delegates of the day; where nobody stands above the rep, the admins."""
    approvers = people.acting_approvers(activity.rep_id, clock.company_day(row.at)).all
    _tell(approvers, row.id, "transfer_waits", subject, sentence, _review(activity), row.at)


def tell_person(
    person_id: UUID,
    activity: TransferActivity,
    occasion: object,
    subject: str,
    sentence: str,
    *,
    at: datetime,
) -> None:
    link = _review(activity)
    _tell((person_id,), occasion, "transfer_waits", subject, sentence, link, at)


def _review(activity: TransferActivity) -> str:
    return f"{home.current().base}/reviews/{activity.id}"


def _tell(
    person_ids: Iterable[UUID],
    occasion: object,
    kind: str,
    subject: str,
    sentence: str,
    link: str,
    at: datetime,
) -> None:
    for row in people.people(person_ids).values():
        mail.owe(
            row.email,
            user_id=row.id,
            kind=kind,
            subject=subject,
            text=f"Hello {row.name},\n\n{sentence}\n\n{link}\n",
            at=at,
            dedupe_key=f"transfer/{occasion}/{row.id}",
        )
