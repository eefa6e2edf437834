"""A card's log: every line is appended here, and where the card stands is worked out from it again."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from lms.db import db
from lms.people.models import User
from lms.policy import practice
from lms.policy.practice import Kind, Leitner, Scheduler
from lms.practice import queries
from lms.practice.fsrs_schedule import Fsrs
from lms.practice.models import PracticeCard, PracticeEntry, PracticeSetting

SCHEDULERS: Mapping[str, Scheduler] = {"leitner": Leitner(), "fsrs": Fsrs()}


def append(
    card: PracticeCard,
    kind: Kind,
    *,
    on: date,
    at: datetime,
    is_right: bool = False,
    response: Mapping[str, Any] | None = None,
    item_version: int | None = None,
    sent_id: UUID | None = None,
) -> PracticeEntry:
    entry = PracticeEntry(
        id=uuid4(),
        card_id=card.id,
        number=length(card.id) + 1,
        kind=kind.value,
        happened_on=on,
        happened_at=at,
        is_right=is_right,
        is_void=False,
        response=dict(response or {}),
        item_version=item_version or card.item_version,
        sent_id=sent_id,
    )
    db.session.add(entry)
    db.session.flush()
    refresh(card)
    return entry


def refresh(card: PracticeCard) -> None:
    """Write down where the log leads, for lists."""
    scheduler = SCHEDULERS[queries.setting(card.user_id).scheduler]
    now = practice.replay(scheduler, card.begun_on, queries.log(card.id), was_right=card.was_right)
    card.due_on, card.last_on, card.interval = now.due_on, now.last_on, now.interval
    card.state, card.answers, card.wrong_in_row = now.state.value, now.answers, now.wrong_in_row
    db.session.flush()


def length(card_id: UUID) -> int:
    """How long the log is: another question for each line, whatever is voided later."""
    return db.session.scalar(select(func.max(PracticeEntry.number)).where(PracticeEntry.card_id == card_id)) or 0


def cards(user_id: UUID) -> tuple[PracticeCard, ...]:
    return tuple(
        db.session.scalars(select(PracticeCard).where(PracticeCard.user_id == user_id).order_by(PracticeCard.id))
    )


def cards_of(line_id: UUID, item_key: str) -> tuple[PracticeCard, ...]:
    return tuple(
        db.session.scalars(
            select(PracticeCard)
            .where(PracticeCard.line_id == line_id, PracticeCard.item_key == item_key)
            .order_by(PracticeCard.id)
        )
    )


def setting_row(user: User) -> PracticeSetting:
    row = db.session.get(PracticeSetting, user.id)
    if row is None:
        row = PracticeSetting(user_id=user.id, scheduler="leitner", cap=practice.CAP)
        db.session.add(row)
        db.session.flush()
    return row
