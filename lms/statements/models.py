"""The ledger, the statements owed to learning record stores, and where each of them stands."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Json, Model

# SQLite numbers rows by itself only in a column declared INTEGER.
Sequence = BigInteger().with_variant(Integer(), "sqlite")


class LedgerEntry(Model):
    """One act, written once. `id` is also the id of its statement. Never updated, never deleted."""

    __tablename__ = "ledger_entry"

    seq: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[UUID | None] = mapped_column(index=True)  # None: the system
    actor_name: Mapped[str] = mapped_column(String(120))
    subject_id: Mapped[UUID | None]  # the person it concerns
    registration: Mapped[UUID | None] = mapped_column(index=True)
    record_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(String(300), default="")  # of the thing, as it was then
    reason: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    __table_args__ = (
        Index("ix_ledger_entry_subject", "subject_id", "seq"),
        Index("ix_ledger_entry_record", "record_id", "seq"),
    )


class OwedStatement(Model):
    """The finished xAPI statement of one ledger entry, as JSON text; resending it is harmless.

    An entry has one; one that also takes an earlier statement back has a second, which voids that.
    """

    __tablename__ = "owed_statement"

    seq: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    entry_seq: Mapped[int] = mapped_column(ForeignKey("ledger_entry.seq"), index=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    body: Mapped[str] = mapped_column(Text)


class DeliveryTarget(Model):
    """A learning record store that statements are owed to: `embedded`, one that the settings name, or an admin's own.

    `is_enabled`: what happens is owed to it. While `paused_at` is set it goes on being owed and nothing is sent.
    """

    __tablename__ = "delivery_target"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    # Who describes it: the environment, or an admin on the page (then the three columns below hold all of it).
    origin: Mapped[str] = mapped_column(String(10), default="settings", server_default=text("'settings'"))
    name: Mapped[str] = mapped_column(String(80), default="", server_default=text("''"))
    endpoint: Mapped[str] = mapped_column(String(500), default="")
    username: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    sealed_password: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))  # see sealing.py
    owed_from: Mapped[datetime | None]  # what was recorded earlier is not owed
    is_enabled: Mapped[bool] = mapped_column(default=True)
    paused_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)  # in a row; back-off grows with it
    retry_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    # Counted here, as counting rows would cost more with every year.
    delivered_count: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    last_delivered_at: Mapped[datetime | None]


class Delivery(Model):
    """One statement on its way to one target. `parked`: refused, waits for a person."""

    __tablename__ = "delivery"

    seq: Mapped[int] = mapped_column(ForeignKey("owed_statement.seq"), primary_key=True, autoincrement=False)
    target: Mapped[str] = mapped_column(ForeignKey("delivery_target.key"), primary_key=True)
    state: Mapped[str] = mapped_column(String(10), default="owed")
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        CheckConstraint("state IN ('owed', 'delivered', 'parked')", name="known_state"),
        CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name="delivered_iff_dated"),
        Index("ix_delivery_due", "target", "state", "seq"),
        Index("ix_delivery_state", "state", "seq"),
    )
