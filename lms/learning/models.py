"""Enrollments and the facts of progress. Whether a step is open is never stored: `policy/sequencing.py`
derives it.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Id, Json, Model

OPEN = text("state IN ('planned', 'active', 'paused')")


class Enrollment(Model):
    """A person on one version of a course. `id` is the xAPI registration. At most one open per person and
    line.
    """

    __tablename__ = "enrollment"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("course_line.id"), index=True)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("course_version.id"))
    state: Mapped[str] = mapped_column(String(20), default="active")
    assigned_at: Mapped[datetime]
    assigned_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    activated_at: Mapped[datetime | None]
    due_on: Mapped[date | None]
    satisfied_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str] = mapped_column(String(500), default="")
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrollment.id"))  # recertification
    bookmark: Mapped[str | None] = mapped_column(String(170))  # full key of the step last left
    lock: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": lock}  # noqa: RUF012 -- SQLAlchemy reads this attribute by name
    __table_args__ = (
        CheckConstraint(
            "state IN ('planned', 'active', 'paused', 'satisfied', 'withdrawn', 'closed_unfinished')",
            name="known_state",
        ),
        CheckConstraint("(state = 'satisfied') = (satisfied_at IS NOT NULL)", name="satisfied_iff_dated"),
        Index("uq_enrollment_open", "user_id", "line_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_enrollment_user", "user_id", "state"),
    )


class StepCompletion(Model):
    """The fact that a step was done, once: `how` in passed, read, verified, tested_out, waived, submitted,
    approved, reported.
    """

    __tablename__ = "step_completion"

    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollment.id"), primary_key=True)
    step_key: Mapped[str] = mapped_column(String(170), primary_key=True)
    completed_at: Mapped[datetime]
    how: Mapped[str] = mapped_column(String(12))
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))

    __table_args__ = (
        CheckConstraint(
            "how IN ('read', 'passed', 'attempted', 'tested_out', 'waived', "
            "'submitted', 'approved', 'reported', 'verified')",
            name="known_how",
        ),
    )


class ModuleOpening(Model):
    """The record that a module opened, and because of what. A trace for people; gates never read it."""

    __tablename__ = "module_opening"

    id: Mapped[Id]
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollment.id"))
    module_key: Mapped[str] = mapped_column(String(80))
    opened_at: Mapped[datetime]
    because_step: Mapped[str | None] = mapped_column(String(170))
    because_how: Mapped[str] = mapped_column(String(12), default="")
    because_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)

    __table_args__ = (UniqueConstraint("enrollment_id", "module_key"),)
