"""People, what they were granted, whom they reported to on which day, and how they sign in."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, text

from lms.db import Id, Mapped, Model, mapped_column


class User(Model):
    """A person. `session_token` is random and rotates: on it hang all sessions ("sign out everywhere")."""

    __tablename__ = "user"

    id: Mapped[Id]
    email: Mapped[str | None] = mapped_column(String(254))  # None: known from a file, cannot sign in
    name: Mapped[str] = mapped_column(String(120))
    zone: Mapped[str] = mapped_column(String(64))
    job_role: Mapped[str] = mapped_column(String(64), default="")  # for targets: "sdr", "account-executive"
    external_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    session_token: Mapped[str] = mapped_column(String(64), unique=True)
    hired_on: Mapped[date | None]
    left_on: Mapped[date | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_user_email_lower", func.lower(email), unique=True),
        CheckConstraint("length(name) > 0", name="has_name"),
        CheckConstraint("left_on IS NULL OR hired_on IS NULL OR left_on >= hired_on", name="left_after_hired"),
    )


class RoleGrant(Model):
    __tablename__ = "role_grant"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    role: Mapped[str] = mapped_column(String(20))
    granted_on: Mapped[date]
    revoked_on: Mapped[date | None]
    granted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))

    __table_args__ = (
        CheckConstraint("role IN ('rep', 'manager', 'admin', 'author', 'facilitator')", name="known_role"),
        Index(
            "uq_role_grant_open",
            "user_id",
            "role",
            unique=True,
            sqlite_where=text("revoked_on IS NULL"),
            postgresql_where=text("revoked_on IS NULL"),
        ),
    )


class Team(Model):
    __tablename__ = "team"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))


class TeamMembership(Model):
    __tablename__ = "team_membership"

    id: Mapped[Id]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  # first day no longer in the team

    __table_args__ = (
        UniqueConstraint("user_id", "starts_on"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
    )


class ReportingLine(Model):
    """`user` reports to `manager` from `starts_on` until the day before `ends_on`. One line a day at most."""

    __tablename__ = "reporting_line"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    manager_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("user_id", "starts_on"),
        CheckConstraint("user_id <> manager_id", name="not_own_manager"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ends_after_start"),
        Index(
            "uq_reporting_line_open",
            "user_id",
            unique=True,
            sqlite_where=text("ends_on IS NULL"),
            postgresql_where=text("ends_on IS NULL"),
        ),
    )


class Delegation(Model):
    """`delegate` decides for `manager` from `starts_on` through `ends_on`, both included, for a reason."""

    __tablename__ = "delegation"

    id: Mapped[Id]
    manager_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    delegate_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500))
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("manager_id <> delegate_id", name="not_own_delegate"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("length(reason) > 0", name="has_reason"),
    )


class Accommodation(Model):
    """More time in tests for a person: `time_percent` of the limit, from `starts_on` until the day before `ends_on`.

    The reason is for the person and administrators only: no ledger entry, statement or other page has it.
    """

    __tablename__ = "accommodation"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    time_percent: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(500))
    given_at: Mapped[datetime]
    given_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"))

    __table_args__ = (
        CheckConstraint("time_percent BETWEEN 110 AND 400", name="percent_in_range"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("length(reason) > 0", name="has_reason"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_iff_by_somebody"),
        Index("ix_accommodation_user", "user_id", "starts_on"),
    )


class SignInAttempt(Model):
    """One try to sign in: the counter behind the rate limit. Addresses are kept as keyed digests."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[Id]
    email_digest: Mapped[str] = mapped_column(String(64))
    address_digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    succeeded: Mapped[bool]

    __table_args__ = (
        Index("ix_sign_in_attempt_email", "email_digest", "at"),
        Index("ix_sign_in_attempt_address", "address_digest", "at"),
    )


class PasswordReset(Model):
    """A link to choose a password: only the digest of its token is kept; works once, until it expires."""

    __tablename__ = "password_reset"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class StagedFile(Model):
    """A file of people between its dry run and "Apply": what was looked at is what gets applied."""

    __tablename__ = "people_staged_file"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes]
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(index=True)
