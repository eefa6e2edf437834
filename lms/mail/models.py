"""Mail that is owed: written in the transaction of the act, sent by the worker."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Id, Model


class Message(Model):
    __tablename__ = "message"

    id: Mapped[Id]
    to_address: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[UUID | None] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(40))
    dedupe_key: Mapped[str | None] = mapped_column(String(200), unique=True)  # once per transition, never twice
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="owed")
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        CheckConstraint("state IN ('owed', 'sent', 'parked')", name="known_state"),
        Index("ix_message_due", "state", "retry_at"),
    )
