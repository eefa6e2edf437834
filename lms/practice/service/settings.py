"""How somebody practices: which spacing, how many a day, a mail at which hour, and leave."""

from datetime import datetime
from uuid import UUID

from lms import clock
from lms.catalog import bank_queries
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import service as learning
from lms.learning.pause_queries import paused as paused_now
from lms.mail import service as mail
from lms.people.models import User
from lms.policy.practice import CardState, Kind
from lms.practice import queries
from lms.practice.service import card_log

LARGEST_CAP = 20
LETTER = """Hello {name},

{count} wait for you in today's review. It takes about two minutes:

{link}

You can change when this mail comes, or turn it off, on the same page.
"""


def configure(user: User, *, scheduler: str, cap: int, hour: int | None) -> None:
    """Keep somebody's settings. Another scheduler works every card out anew from its log: nothing is lost."""
    if scheduler not in card_log.SCHEDULERS:
        raise RuleViolation("practice_scheduler_unknown")
    if not 1 <= cap <= LARGEST_CAP:
        raise RuleViolation("practice_cap_out_of_range", most=LARGEST_CAP)
    if hour is not None and not 0 <= hour <= 23:
        raise RuleViolation("practice_hour_out_of_range")
    row = card_log.setting_row(user)
    is_other = row.scheduler != scheduler
    row.scheduler, row.cap, row.hour = scheduler, cap, hour
    db.session.flush()
    if is_other:
        for card in card_log.cards(user.id):
            card_log.refresh(card)


def leave(user: User, at: datetime) -> None:
    """Set every card aside until the person is back; a second time changes nothing."""
    row = card_log.setting_row(user)
    if row.away_since is not None:
        return
    row.away_since = clock.local_day(at, user.zone)
    db.session.flush()
    learning.set_aside(user.id, row.away_since)
    for card in card_log.cards(user.id):
        if card.state == CardState.SCHEDULED.value:
            card_log.append(card, Kind.SUSPENDED, on=row.away_since, at=at)


def catch_up(user_id: UUID, at: datetime) -> int:
    """Later checks for what was done before there were any (`learning.catch_up`); those of somebody on leave rest."""
    made = learning.catch_up(user_id, at)
    if queries.setting(user_id).away_since is not None:
        learning.set_aside(user_id, clock.local_day(at, db.session.get_one(User, user_id).zone))
    return made


def come_back(user: User, at: datetime) -> None:
    """Go on where it stopped: nothing is overdue because of the leave. What is under review rests on."""
    row = card_log.setting_row(user)
    if row.away_since is None:
        return
    row.away_since = None
    db.session.flush()
    learning.take_up(user.id, clock.local_day(at, user.zone))
    resting = {
        line_id: bank_queries.not_drawn(line_id) for line_id in {card.line_id for card in card_log.cards(user.id)}
    }
    paused = paused_now(card.enrollment_id for card in card_log.cards(user.id))
    for card in card_log.cards(user.id):
        if card.enrollment_id in paused:  # back with its course
            continue
        if card.state == CardState.SUSPENDED.value and card.item_key not in resting[card.line_id]:
            card_log.append(card, Kind.RESUMED, on=clock.local_day(at, user.zone), at=at)


def remind(user_id: UUID, at: datetime, link: str) -> bool:
    """Tell somebody of today's review, once a workday, from their own hour on."""
    user = db.session.get_one(User, user_id)
    mine = queries.setting(user_id)
    day = clock.local_day(at, user.zone)
    if mine.hour is None or clock.local_hour(at, user.zone) < mine.hour:
        return False
    waiting = queries.today(user.id, day).waiting
    if not waiting:
        return False
    count = "1 question" if len(waiting) == 1 else f"{len(waiting)} questions"
    sent = mail.owe(
        user.email,
        user_id=user.id,
        kind="practice_due",
        subject=f"Today's review: {count}",
        text=LETTER.format(name=user.name, count=count[:1].upper() + count[1:], link=link),
        at=at,
        dedupe_key=f"practice_due/{user.id}/{day.isoformat()}",
    )
    return sent is not None
