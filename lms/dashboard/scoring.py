"""Answers to be scored, for the queue and the home page of whoever scores them."""

from collections.abc import Sequence
from datetime import datetime

from flask import url_for

from lms import clock
from lms.assessment import scoring_queries
from lms.assessment.scoring_queries import AwaitingRow
from lms.dashboard.today import NextThing
from lms.policy.access import Actor, Permission, Role, allows
from lms.transfer.views.reviewing import QueueLine
from lms.web.formats import age, minutes


def waiting_on(viewer: Actor, at: datetime) -> tuple[AwaitingRow, ...]:
    if not allows(viewer, Permission.QUEUE_VIEW):
        return ()
    facilitates = Role.FACILITATOR in viewer.roles
    return scoring_queries.waiting_on(viewer.id, clock.company_day(at), at, facilitates=facilitates)


def queue_lines(viewer: Actor, at: datetime) -> tuple[Sequence[QueueLine], int]:
    """The lines of the queue, oldest first, and how many minutes they take."""
    rows = waiting_on(viewer, at)
    return [_line(row, at) for row in rows], sum(row.minutes for row in rows)


def _line(row: AwaitingRow, at: datetime) -> QueueLine:
    waits = age(at - row.waiting_since)
    return QueueLine(
        url_for("scoring.score", attempt_id=row.attempt_id),
        row.learner,
        row.title,
        "Score",
        _waits(waits, is_overdue=row.is_overdue),
        f"about {minutes(row.minutes)}",
        f"{row.course_title}; escalated to you" if row.stands_in else row.course_title,
        row.is_overdue,
    )


def _waits(age_words: str, *, is_overdue: bool) -> str:
    waits = "sent just now" if age_words == "just now" else f"waits {age_words}"
    return f"{waits}, overdue" if is_overdue else waits


def scoring_next(rows: Sequence[AwaitingRow]) -> NextThing | None:
    """The oldest answer to score, as the one next thing of a page."""
    if not rows:
        return None
    row = rows[0]
    days = "since today" if row.days == 0 else f"for {row.days} day" + ("" if row.days == 1 else "s")
    return NextThing(
        f"Score what {row.learner} handed in",
        f"“{row.title}”; waits {days}"
        + (", overdue" if row.is_overdue else "")
        + ("; escalated to you" if row.stands_in else ""),
        "Score",
        "scoring.score",
        {"attempt_id": row.attempt_id},
        row.minutes,
        kicker="Oldest answer",
    )
