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


class DelayedCheck(Model):
    """A check that comes weeks after a module: scheduled with its calendar frozen, then passed, failed or let go by.

    `mastered` and `slipped`: keys of objectives, by the verdict. A person on leave has `rests_since`, and it waits.
    """

    __tablename__ = "delayed_check"

    id: Mapped[Id]
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollment.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    module_key: Mapped[str] = mapped_column(String(80))
    step_key: Mapped[str] = mapped_column(String(170))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="scheduled")
    scheduled_at: Mapped[datetime]
    due_on: Mapped[date]
    closes_on: Mapped[date]
    after_days: Mapped[int]
    open_days: Mapped[int]
    rests_since: Mapped[date | None]
    told_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_on: Mapped[date | None]
    mastered: Mapped[list[Any]] = mapped_column(Json, default=list)
    slipped: Mapped[list[Any]] = mapped_column(Json, default=list)
    lock: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": lock}  # noqa: RUF012 -- SQLAlchemy reads this attribute by name
    __table_args__ = (
        UniqueConstraint("enrollment_id", "module_key", "number"),
        CheckConstraint("state IN ('scheduled', 'passed', 'failed', 'lapsed', 'canceled')", name="known_state"),
        CheckConstraint(
            "(state = 'scheduled') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_on IS NULL)",
            name="ended_iff_dated",
        ),
        CheckConstraint("closes_on >= due_on", name="closes_after_due"),
        Index(
            "uq_delayed_check_scheduled",
            "enrollment_id",
            "module_key",
            unique=True,
            sqlite_where=text("state = 'scheduled'"),
            postgresql_where=text("state = 'scheduled'"),
        ),
        Index("ix_delayed_check_user", "user_id", "state", "due_on"),
        Index("ix_delayed_check_due", "state", "due_on"),
    )


class ObjectiveMastery(Model):
    """Somebody showed, a week or more after learning it, that an objective has stayed. Added, never changed.

    `course_key` is the course that teaches it: evidence of several courses is joined by both keys.
    """

    __tablename__ = "objective_mastery"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    course_key: Mapped[str] = mapped_column(String(80))
    objective_key: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(300))
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollment.id"))
    step_key: Mapped[str] = mapped_column(String(170))
    source_id: Mapped[UUID]  # the attempt that showed it
    mastered_at: Mapped[datetime]
    mastered_on: Mapped[date]

    __table_args__ = (
        UniqueConstraint("source_id", "objective_key"),
        Index("ix_objective_mastery_user", "user_id", "course_key", "objective_key"),
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
