"""Numbers from transfer activities, by week: what reps reported and what their managers confirmed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from lms.db import db
from lms.people.models import User
from lms.performance.queries import monday
from lms.policy.transfer import Status
from lms.transfer.models import ResultReport, TransferActivity


@dataclass(slots=True)
class FieldWeek:
    """Sums of the reports that end in one week. `confirmed` is None until a manager confirmed one of them.

    `days`: how many the exercises took; mostly fewer than a week, and sometimes more.
    """

    claimed: int = 0
    days: int = 0
    confirmed: int | None = None
    confirmed_by: set[str] = field(default_factory=set)


ByWeek = Mapping[date, FieldWeek]


def field_numbers(user_ids: Iterable[UUID], first: date, last: date) -> Mapping[UUID, Mapping[str, ByWeek]]:
    """By person, number key and Monday of the week in which the report ends; one statement.

    Of each activity the newest report counts, while it waits for confirmation or is confirmed. One that was queried
    is in doubt and counts again when the rep reports again.
    """
    newest = (
        select(ResultReport.activity_id, func.max(ResultReport.number).label("number"))
        .group_by(ResultReport.activity_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            ResultReport.rep_id,
            ResultReport.from_on,
            ResultReport.until_on,
            ResultReport.claimed,
            ResultReport.confirmed,
            User.name,
        )
        .join(TransferActivity, TransferActivity.id == ResultReport.activity_id)
        .join(newest, (newest.c.activity_id == ResultReport.activity_id) & (newest.c.number == ResultReport.number))
        .outerjoin(User, User.id == ResultReport.confirmed_by_id)
        .where(
            ResultReport.rep_id.in_(list(user_ids)),
            TransferActivity.status.in_([Status.RESULTS_IN.value, Status.VERIFIED.value]),
            ResultReport.until_on.between(first, last),
        )
        .order_by(ResultReport.until_on, ResultReport.id)
    )
    found: dict[UUID, dict[str, dict[date, FieldWeek]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(FieldWeek))
    )
    for rep_id, from_on, until_on, claimed, confirmed, by_name in rows:
        for key, value in claimed.items():
            week = found[rep_id][key][monday(until_on)]
            week.claimed += value
            week.days += (until_on - from_on).days + 1
            if confirmed and confirmed.get(key) is not None:
                week.confirmed = (week.confirmed or 0) + confirmed[key]
                week.confirmed_by.add(by_name or "")
    return found
