"""Courses as they were published: lines with a lasting identity, immutable versions, and their assets."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Id, Json, Model


class CourseLine(Model):
    """The lasting identity of a course; `edition_of_id` joins a manager's edition to its rep course."""

    __tablename__ = "course_line"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    edition: Mapped[str] = mapped_column(String(10))
    edition_of_id: Mapped[UUID | None] = mapped_column(ForeignKey("course_line.id"))

    __table_args__ = (CheckConstraint("edition IN ('rep', 'manager')", name="known_edition"),)


class CourseVersion(Model):
    """A published snapshot, stored whole. Never edited: `digest` is the SHA-256 of the canonical document."""

    __tablename__ = "course_version"

    id: Mapped[Id]
    line_id: Mapped[UUID] = mapped_column(ForeignKey("course_line.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    change_class: Mapped[str] = mapped_column(String(12))
    published_at: Mapped[datetime]
    published_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(String(500), default="")
    document: Mapped[dict[str, Any]] = mapped_column(Json, deferred=True)

    __table_args__ = (
        UniqueConstraint("line_id", "number"),
        CheckConstraint("change_class IN ('cosmetic', 'clarifying', 'substantive')", name="known_class"),
    )


class AssetBlob(Model):
    """The bytes of an asset, stored once by their SHA-256."""

    __tablename__ = "asset_blob"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class StagedBundle(Model):
    """An uploaded bundle between its report and "Publish": what was looked at is what gets published."""

    __tablename__ = "catalog_staged_bundle"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(index=True)
