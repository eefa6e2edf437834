"""Metrics with versions, their targets per job role, and imported readings that are never overwritten."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Id, Json, Model


class Metric(Model):
    """One version of one definition. `direction`: up or down is good. `number_key` joins worksheet numbers."""

    __tablename__ = "metric"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    definition: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(String(40))
    direction: Mapped[str] = mapped_column(String(4))
    timing: Mapped[str] = mapped_column(String(4))
    kind: Mapped[str] = mapped_column(String(12))
    decimals: Mapped[int] = mapped_column(default=0)
    number_key: Mapped[str | None] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(80), default="")
    effective_on: Mapped[date]
    retired_on: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("key", "version"),
        CheckConstraint("direction IN ('up', 'down')", name="known_direction"),
        CheckConstraint("timing IN ('lead', 'lag')", name="known_timing"),
        CheckConstraint("kind IN ('activity', 'conversion', 'value', 'result', 'learning')", name="known_kind"),
    )


class ImportBatch(Model):
    """One applied import: who, when, which file, what it said."""

    __tablename__ = "import_batch"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    applied_at: Mapped[datetime]
    applied_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    report: Mapped[dict[str, Any]] = mapped_column(Json)


class Reading(Model):
    """A value of a metric for one person and period [starts_on, ends_on], as recorded then (bitemporal).

    A later row with the same person, metric and period corrects an earlier one; both stay.
    """

    __tablename__ = "reading"

    id: Mapped[Id]
    metric_key: Mapped[str] = mapped_column(String(64))
    metric_version: Mapped[int]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    value: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    source: Mapped[str] = mapped_column(String(40))
    recorded_at: Mapped[datetime]
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("import_batch.id"), index=True)

    __table_args__ = (
        UniqueConstraint("user_id", "metric_key", "starts_on", "ends_on", "recorded_at"),
        CheckConstraint("ends_on >= starts_on", name="dates_in_order"),
        Index("ix_reading_user", "user_id", "metric_key", "starts_on"),
    )


class Target(Model):
    """What is expected of a job role per week from a day on: a value, and a band low..high around it."""

    __tablename__ = "target"

    id: Mapped[Id]
    metric_key: Mapped[str] = mapped_column(String(64))
    job_role: Mapped[str] = mapped_column(String(64))
    effective_on: Mapped[date]
    value: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    low: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    high: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("import_batch.id"))

    __table_args__ = (
        UniqueConstraint("metric_key", "job_role", "effective_on"),
        CheckConstraint("low IS NULL OR high IS NULL OR low <= high", name="band_in_order"),
    )


class StagedImport(Model):
    """An uploaded file between its dry run and its application; taken away when applied."""

    __tablename__ = "staged_import"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(200))
    data: Mapped[bytes] = mapped_column(LargeBinary)
    staged_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    staged_at: Mapped[datetime]
