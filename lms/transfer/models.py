"""The manager-verified exercise: worksheet, review rounds, field work, results, confirmation.

`TransferActivity.status` is a cache of the fold over `TransferMove`; replaying the moves must give it.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Id, Json, Model


class TransferActivity(Model):
    """One per enrollment and transfer step; made when the rep first saves or submits (before: derived)."""

    __tablename__ = "transfer_activity"

    id: Mapped[Id]
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollment.id"))
    step_key: Mapped[str] = mapped_column(String(170))
    rep_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(12), default="preparing")
    round: Mapped[int] = mapped_column(default=0)  # review rounds so far
    submitted_revision: Mapped[int | None]
    approved_revision: Mapped[int | None]
    waiting_since: Mapped[datetime | None]  # since when it waits on the approver; None: it waits on the rep
    # The approver whose clock is running; when it is somebody else today, the clock starts again for them.
    waiting_on_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    review_due_on: Mapped[date | None]  # by that approver's working days
    reminded_at: Mapped[datetime | None]
    escalated_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"), index=True)
    escalated_at: Mapped[datetime | None]
    opened_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))  # approver who opened this round
    opened_at: Mapped[datetime | None]
    needs_acknowledgment: Mapped[bool] = mapped_column(default=False)
    field_from: Mapped[date | None]
    field_until: Mapped[date | None]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    lock: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": lock}  # noqa: RUF012 -- SQLAlchemy reads this attribute by name
    __table_args__ = (
        UniqueConstraint("enrollment_id", "step_key"),
        CheckConstraint(
            "status IN ('preparing', 'in_review', 'returned', 'approved', 'in_field', 'results_in', 'verified', "
            "'waived', 'cancelled')",
            name="known_status",
        ),
        CheckConstraint(
            "status NOT IN ('approved', 'in_field', 'results_in', 'verified') OR "
            "(approved_revision IS NOT NULL AND decided_by_id IS NOT NULL AND decided_at IS NOT NULL)",
            name="approved_has_decider",
        ),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> rep_id", name="not_self_decided"),
        CheckConstraint("(status = 'verified') = (verified_at IS NOT NULL)", name="verified_iff_dated"),
        CheckConstraint(
            "status NOT IN ('in_review', 'results_in') OR waiting_since IS NOT NULL", name="waiting_has_since"
        ),
        Index("ix_transfer_activity_waiting", "status", "waiting_since"),
    )


class TransferMove(Model):
    """One transition, appended. `data`: marks, reasons per criterion, numbers … of that move."""

    __tablename__ = "transfer_move"

    id: Mapped[Id]
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_activity.id"))
    number: Mapped[int]
    move: Mapped[str] = mapped_column(String(20))
    from_status: Mapped[str] = mapped_column(String(12))
    to_status: Mapped[str] = mapped_column(String(12))
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))  # None: the system
    capacity: Mapped[str] = mapped_column(String(12))  # rep, manager, delegate, stand_in, admin, system
    at: Mapped[datetime]
    round: Mapped[int]
    revision: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    __table_args__ = (UniqueConstraint("activity_id", "number"),)


class WorksheetDraft(Model):
    """What the rep is typing. `lock` is sent with each save, so that a stale tab is told, not obeyed."""

    __tablename__ = "worksheet_draft"

    activity_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_activity.id"), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    saved_at: Mapped[datetime]
    lock: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": lock}  # noqa: RUF012 -- SQLAlchemy reads this attribute by name


class WorksheetRevision(Model):
    """A frozen state of the worksheet. `kind`: draft (a kept autosave), submitted, adjusted (the manager's edit)."""

    __tablename__ = "worksheet_revision"

    id: Mapped[Id]
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_activity.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("activity_id", "number"),
        CheckConstraint("kind IN ('draft', 'submitted', 'adjusted')", name="known_kind"),
    )


class Lead(Model):
    """An account or person that the manager handed over. Private to rep and line."""

    __tablename__ = "lead"

    id: Mapped[Id]
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_activity.id"), index=True)
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    crm_key: Mapped[str] = mapped_column(String(80), default="")
    note: Mapped[str] = mapped_column(String(500), default="")


class TallyMark(Model):
    """One tap in the field: +1 or -1 of a number. `client_id` lets a phone resend without doubling."""

    __tablename__ = "tally_mark"

    id: Mapped[Id]
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_activity.id"))
    client_id: Mapped[str] = mapped_column(String(64))
    number_key: Mapped[str] = mapped_column(String(40))
    delta: Mapped[int]
    tapped_at: Mapped[datetime]
    received_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("activity_id", "client_id"),
        CheckConstraint("delta IN (-1, 1)", name="one_tap"),
    )


class Observation(Model):
    """What another person saw. `scores`: criterion → {"seen": yes|no|no_chance, "level": 1..n or null}."""

    __tablename__ = "observation"

    id: Mapped[Id]
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_activity.id"), index=True)
    client_id: Mapped[str] = mapped_column(String(64))
    rep_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    observer_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]
    observed_on: Mapped[date]
    mode: Mapped[str] = mapped_column(String(10))
    minutes: Mapped[int]
    rubric: Mapped[str] = mapped_column(String(80))
    scores: Mapped[dict[str, Any]] = mapped_column(Json)
    strength: Mapped[str] = mapped_column(Text, default="")
    next_step: Mapped[str] = mapped_column(Text, default="")
    team_id: Mapped[UUID | None]  # as it was then: the evidence belongs to the person

    __table_args__ = (
        UniqueConstraint("activity_id", "client_id"),
        CheckConstraint("observer_id <> rep_id", name="not_self_observed"),
        CheckConstraint("mode IN ('live', 'recorded', 'joint')", name="known_mode"),
        CheckConstraint("minutes BETWEEN 1 AND 600", name="plausible_minutes"),
    )


class ResultReport(Model):
    """Numbers claimed by the rep; `confirmed` holds the manager's, once verified. Both are kept."""

    __tablename__ = "result_report"

    id: Mapped[Id]
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_activity.id"))
    rep_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    number: Mapped[int]
    from_on: Mapped[date]
    until_on: Mapped[date]
    claimed: Mapped[dict[str, Any]] = mapped_column(Json)  # number key → integer
    note: Mapped[str] = mapped_column(Text, default="")
    met_manager: Mapped[bool]
    reported_at: Mapped[datetime]
    confirmed: Mapped[dict[str, Any] | None] = mapped_column(Json)
    confirmed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    confirmed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("activity_id", "number"),
        CheckConstraint("until_on >= from_on", name="dates_in_order"),
        CheckConstraint("(confirmed_by_id IS NULL) = (confirmed_at IS NULL)", name="confirmed_has_confirmer"),
        CheckConstraint("confirmed_by_id IS NULL OR confirmed_by_id <> rep_id", name="not_self_confirmed"),
    )


class PrivateNote(Model):
    """A manager's own draft note on a review; never shown to the rep, exportable on a data request."""

    __tablename__ = "private_note"

    id: Mapped[Id]
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("transfer_activity.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("activity_id", "author_id"),)
