"""Attempts, issued and frozen by the server; every answer saved; grades that are added, never changed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Id, Json, Model


class Attempt(Model):
    """One sitting of one form under one frozen policy.

    Open until it is handed in; then graded, or `awaiting_review` until a person has scored what a key cannot.

    `form` holds threshold, item versions, item and option order, scoring rules, feedback mode and the seed
    they were drawn by.
    `purpose`: check (of a chunk), pre, post, formative.
    """

    __tablename__ = "attempt"

    id: Mapped[Id]
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollment.id"))
    step_key: Mapped[str] = mapped_column(String(170))
    purpose: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default="open")
    started_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    form: Mapped[dict[str, Any]] = mapped_column(Json)
    lock: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": lock}  # noqa: RUF012 -- SQLAlchemy reads this attribute by name
    __table_args__ = (
        UniqueConstraint("enrollment_id", "step_key", "number"),
        CheckConstraint("state IN ('open', 'awaiting_review', 'graded', 'expired', 'voided')", name="known_state"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_iff_dated"),
        Index(
            "uq_attempt_open",
            "enrollment_id",
            "step_key",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_attempt_awaiting",
            "closed_at",
            sqlite_where=text("state = 'awaiting_review'"),
            postgresql_where=text("state = 'awaiting_review'"),
        ),
    )


class Answer(Model):
    """One saved response. `client_id` makes saving idempotent; the last before the deadline counts; all are
    kept.
    """

    __tablename__ = "answer"

    id: Mapped[Id]
    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"))
    item_key: Mapped[str] = mapped_column(String(80))
    client_id: Mapped[str] = mapped_column(String(64))
    response: Mapped[dict[str, Any]] = mapped_column(Json)
    saved_at: Mapped[datetime]
    number: Mapped[int]  # counts up within the attempt: two answers may share a millisecond

    __table_args__ = (
        UniqueConstraint("attempt_id", "client_id"),
        Index("ix_answer_attempt", "attempt_id", "number"),
    )


class Grade(Model):
    """A verdict on an attempt. A regrade adds a row with its cause. Points are exact: numerator over
    denominator.
    """

    __tablename__ = "grade"

    id: Mapped[Id]
    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), index=True)
    number: Mapped[int] = mapped_column(default=1)
    cause: Mapped[str] = mapped_column(String(40), default="submitted")
    graded_at: Mapped[datetime]
    earned_numerator: Mapped[int]
    earned_denominator: Mapped[int]
    possible: Mapped[int]
    threshold_bp: Mapped[int]
    passed: Mapped[bool]
    detail: Mapped[dict[str, Any]] = mapped_column(Json)  # per item: share, points; per objective: earned, possible

    __table_args__ = (UniqueConstraint("attempt_id", "number"),)


class AttemptScoring(Model):
    """What a person decided about the answers of an attempt that no key can grade. Looked at again, a row is added.

    `marks`: by item key, the level and the comment of each criterion of the rubric that the item had on the form.
    `reason`: why somebody scored in the manager's place, or why it was looked at again. The highest `number` stands.
    """

    __tablename__ = "attempt_scoring"

    id: Mapped[Id]
    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"))
    number: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    scored_at: Mapped[datetime]
    scored_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    marks: Mapped[dict[str, Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))

    __table_args__ = (
        UniqueConstraint("attempt_id", "number"),
        CheckConstraint("number = 1 OR length(reason) > 0", name="revised_with_reason"),
    )


class ScoringWait(Model):
    """On whom an attempt waits, and what the clock has done about it. It stays as it was when somebody scored.

    The clock begins when it is handed in, and again for each other manager (`waiting_on_id`; none: the admins).
    """

    __tablename__ = "scoring_wait"

    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    began_at: Mapped[datetime]
    due_on: Mapped[date]
    waiting_on_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    reminded_at: Mapped[datetime | None]
    escalated_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"), index=True)
    escalated_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(escalated_to_id IS NULL) = (escalated_at IS NULL)", name="escalated_iff_dated"),
    )


class Recording(Model):
    """What a learner said into a question. The bytes lie in the store of recordings under their hash.

    A row is one take; which of them counts says the answer that names it.
    """

    __tablename__ = "recording"

    id: Mapped[Id]
    attempt_id: Mapped[UUID] = mapped_column(ForeignKey("attempt.id"), index=True)
    item_key: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    kept_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("size > 0", name="not_empty"),)


class AttemptGrant(Model):
    """One more attempt, unlocked by a manager after a conversation about the ones before."""

    __tablename__ = "attempt_grant"

    id: Mapped[Id]
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollment.id"))
    step_key: Mapped[str] = mapped_column(String(170))
    after_number: Mapped[int]  # the number of attempts used when it was granted: one grant for each
    granted_at: Mapped[datetime]
    granted_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    reason: Mapped[str] = mapped_column(String(500))

    __table_args__ = (
        UniqueConstraint("enrollment_id", "step_key", "after_number"),
        CheckConstraint("length(reason) > 0", name="has_reason"),
    )


class ItemRepair(Model):
    """A question was found wrong after people had sat it: what was decided, for every attempt that has this version.

    `accepted`: options, spellings or numbers that count as right too. Of `sat` attempts with this version,
    `looked` were worked out again so far, up to `last_attempt_id`, and `changed` became better; unfinished ones are the
    worker's.
    """

    __tablename__ = "item_repair"

    id: Mapped[Id]
    item_version_id: Mapped[UUID] = mapped_column(ForeignKey("item_version.id"), index=True)
    remedy: Mapped[str] = mapped_column(String(10))
    accepted: Mapped[list[Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(String(500))
    decided_at: Mapped[datetime]
    decided_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    sat: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    looked: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    changed: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    last_attempt_id: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("remedy IN ('neutralize', 'accept', 'drop')", name="known_remedy"),
        CheckConstraint("length(reason) > 0", name="has_reason"),
    )


class RepairPreview(Model):
    """What a repair would change, found out by the worker; nothing is decided by it, and it goes after some days.

    Of `handed_in` tests `looked` were looked through, up to `last_attempt_id`; `sat` had the question, `passes` would
    pass and `gains` have more points. `changes`: the first of these.
    """

    __tablename__ = "repair_preview"

    id: Mapped[Id]
    item_version_id: Mapped[UUID] = mapped_column(ForeignKey("item_version.id"), index=True)
    remedy: Mapped[str] = mapped_column(String(10))
    accepted: Mapped[list[Any]] = mapped_column(Json)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    handed_in: Mapped[int]
    looked: Mapped[int] = mapped_column(default=0)
    sat: Mapped[int] = mapped_column(default=0)
    passes: Mapped[int] = mapped_column(default=0)
    gains: Mapped[int] = mapped_column(default=0)
    changes: Mapped[list[Any]] = mapped_column(Json)
    last_attempt_id: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("remedy IN ('neutralize', 'accept', 'drop')", name="known_remedy"),)
