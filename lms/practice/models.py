"""Cards that bring questions back, the log that decides everything about them, and each person's settings."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Id, Json, Model


class PracticeCard(Model):
    """A person's card of one question. `due_on` to `wrong_in_row` repeat what the log says, to be listed by; replaying
    the log gives them again.

    `enrollment_id`, `version_id`, `step_key`, `item_version`: where the question is read; without a version of its own,
    in that of the enrollment. `begun_on` and `was_right`: the answer in
    the course that began the card.
    """

    __tablename__ = "practice_card"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("course_line.id"))
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollment.id"))
    step_key: Mapped[str] = mapped_column(String(170))
    item_key: Mapped[str] = mapped_column(String(80))
    item_version: Mapped[int]
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("course_version.id"))
    begun_on: Mapped[date]
    was_right: Mapped[bool]
    due_on: Mapped[date]
    last_on: Mapped[date]
    interval: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    answers: Mapped[int] = mapped_column(default=0)
    wrong_in_row: Mapped[int] = mapped_column(default=0)
    lock: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": lock}  # noqa: RUF012 -- SQLAlchemy reads this attribute by name
    __table_args__ = (
        UniqueConstraint("user_id", "line_id", "item_key"),
        CheckConstraint("state IN ('scheduled', 'suspended', 'stuck', 'graduated', 'retired')", name="known_state"),
        Index("ix_practice_card_due", "user_id", "state", "due_on"),
    )


class PracticeEntry(Model):
    """One line of a card's log; never changed, except that an answer to a wrong key is marked void.

    `sent_id` comes from the page, so that the same page sent twice is one answer.
    """

    __tablename__ = "practice_entry"

    id: Mapped[Id]
    card_id: Mapped[UUID] = mapped_column(ForeignKey("practice_card.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    happened_on: Mapped[date]
    happened_at: Mapped[datetime]
    is_right: Mapped[bool] = mapped_column(default=False)
    is_void: Mapped[bool] = mapped_column(default=False)
    response: Mapped[dict[str, Any]] = mapped_column(Json)
    item_version: Mapped[int]
    sent_id: Mapped[UUID | None] = mapped_column(unique=True)

    __table_args__ = (
        UniqueConstraint("card_id", "number"),
        CheckConstraint(
            "kind IN ('answered', 'suspended', 'resumed', 'restarted', 'retired', 'moved')", name="known_kind"
        ),
    )


class PracticeSource(Model):
    """A completed module whose questions have become cards: each entry of the ledger is looked at once."""

    __tablename__ = "practice_source"

    entry_seq: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("ledger_entry.seq"), primary_key=True, autoincrement=False
    )
    taken_at: Mapped[datetime]


class PracticeSetting(Model):
    """How somebody wants to practice; who has no row has the defaults. `hour`: when a mail may come, None for none."""

    __tablename__ = "practice_setting"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), primary_key=True)
    scheduler: Mapped[str] = mapped_column(String(10), default="leitner")
    cap: Mapped[int] = mapped_column(default=5)
    hour: Mapped[int | None]
    away_since: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("scheduler IN ('leitner', 'fsrs')", name="known_scheduler"),
        CheckConstraint("cap BETWEEN 1 AND 20", name="cap_in_range"),
        CheckConstraint("hour IS NULL OR hour BETWEEN 0 AND 23", name="hour_in_range"),
    )
