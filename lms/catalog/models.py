"""Courses as they were published: lines with a lasting identity, immutable versions, and their assets."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
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


class ItemLine(Model):
    """The lasting identity of a question of a course, and where it stands in its review round."""

    __tablename__ = "item_line"

    id: Mapped[Id]
    line_id: Mapped[UUID] = mapped_column(ForeignKey("course_line.id"))
    key: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10))
    lock: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": lock}  # noqa: RUF012 -- SQLAlchemy reads this attribute by name
    __table_args__ = (
        UniqueConstraint("line_id", "key"),
        CheckConstraint("state IN ('draft', 'reviewed', 'live', 'retired')", name="known_state"),
    )


class ItemVersion(Model):
    """A question as it was published or brought in. Never edited: `digest` is that of its canonical document.

    Objective, type and so on repeat what the document says, to be searched by; they are written once, from it.
    """

    __tablename__ = "item_version"

    id: Mapped[Id]
    item_id: Mapped[UUID] = mapped_column(ForeignKey("item_line.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    objective: Mapped[str] = mapped_column(String(80))
    competency: Mapped[str] = mapped_column(String(80), default="")
    type: Mapped[str] = mapped_column(String(20))
    band: Mapped[str] = mapped_column(String(10))
    prompt: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, Any]] = mapped_column(Json, deferred=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))

    __table_args__ = (UniqueConstraint("item_id", "number"), UniqueConstraint("item_id", "digest"))


class ItemUse(Model):
    """A step of a course version asks this version of an item."""

    __tablename__ = "item_use"

    id: Mapped[Id]
    item_version_id: Mapped[UUID] = mapped_column(ForeignKey("item_version.id"), index=True)
    course_version_id: Mapped[UUID] = mapped_column(ForeignKey("course_version.id"))
    step_key: Mapped[str] = mapped_column(String(170))

    __table_args__ = (UniqueConstraint("course_version_id", "step_key", "item_version_id"),)


class ItemNote(Model):
    """What was said about an item in its review, and the move that went with it, if any."""

    __tablename__ = "item_note"

    id: Mapped[Id]
    item_id: Mapped[UUID] = mapped_column(ForeignKey("item_line.id"))
    number: Mapped[int]
    said_at: Mapped[datetime]
    said_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(String(2000), default="")
    move: Mapped[str] = mapped_column(String(10), default="")

    __table_args__ = (
        UniqueConstraint("item_id", "number"),
        CheckConstraint("length(text) > 0 OR length(move) > 0", name="says_something"),
    )


class ItemFile(Model):
    """A picture that a question shows and no published course holds: of a draft that was brought in with it."""

    __tablename__ = "item_file"

    id: Mapped[Id]
    item_version_id: Mapped[UUID] = mapped_column(ForeignKey("item_version.id"))
    path: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(ForeignKey("asset_blob.sha256"))

    __table_args__ = (UniqueConstraint("item_version_id", "path"),)


class StagedQuestions(Model):
    """Uploaded files of questions between their dry run and "Import": what was looked at is what comes in.

    Once imported, `content` is gone and `result` says what came of it, so that the same button pressed twice leads to
    the same page.
    """

    __tablename__ = "catalog_staged_questions"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(index=True)
    imported_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]] = mapped_column(Json)
