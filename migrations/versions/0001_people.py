"""People, roles, teams, dated reporting lines, delegations, and signing in."""

import sqlalchemy as sa
from alembic import op

revision = "0001_people"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_digest", sa.String(length=64), nullable=False),
        sa.Column("address_digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_address", "sign_in_attempt", ["address_digest", "at"], unique=False)
    op.create_index("ix_sign_in_attempt_email", "sign_in_attempt", ["email_digest", "at"], unique=False)
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("key", name=op.f("uq_team_key")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("job_role", sa.String(length=64), nullable=False),
        sa.Column("external_key", sa.String(length=120), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("session_token", sa.String(length=64), nullable=False),
        sa.Column("hired_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "left_on IS NULL OR hired_on IS NULL OR left_on >= hired_on", name=op.f("ck_user_left_after_hired")
        ),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_user_has_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("external_key", name=op.f("uq_user_external_key")),
        sa.UniqueConstraint("session_token", name=op.f("uq_user_session_token")),
    )
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("manager_id", sa.Uuid(), nullable=False),
        sa.Column("delegate_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_delegation_ends_after_start")),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_delegation_has_reason")),
        sa.CheckConstraint("manager_id <> delegate_id", name=op.f("ck_delegation_not_own_delegate")),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_delegation_created_by_id")),
        sa.ForeignKeyConstraint(["delegate_id"], ["user.id"], name=op.f("fk_delegation_delegate_id")),
        sa.ForeignKeyConstraint(["manager_id"], ["user.id"], name=op.f("fk_delegation_manager_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_delegate_id"), "delegation", ["delegate_id"], unique=False)
    op.create_index(op.f("ix_delegation_manager_id"), "delegation", ["manager_id"], unique=False)
    op.create_table(
        "password_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_password_reset_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_password_reset_token_digest")),
    )
    op.create_index(op.f("ix_password_reset_user_id"), "password_reset", ["user_id"], unique=False)
    op.create_table(
        "people_staged_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_people_staged_file_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_staged_file")),
    )
    op.create_index(op.f("ix_people_staged_file_created_at"), "people_staged_file", ["created_at"], unique=False)
    op.create_table(
        "reporting_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("manager_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name=op.f("ck_reporting_line_ends_after_start")),
        sa.CheckConstraint("user_id <> manager_id", name=op.f("ck_reporting_line_not_own_manager")),
        sa.ForeignKeyConstraint(["manager_id"], ["user.id"], name=op.f("fk_reporting_line_manager_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_reporting_line_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporting_line")),
        sa.UniqueConstraint("user_id", "starts_on", name=op.f("uq_reporting_line_user_id_starts_on")),
    )
    op.create_index(op.f("ix_reporting_line_manager_id"), "reporting_line", ["manager_id"], unique=False)
    op.create_index(
        "uq_reporting_line_open",
        "reporting_line",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("ends_on IS NULL"),
        postgresql_where=sa.text("ends_on IS NULL"),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("granted_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "role IN ('rep', 'manager', 'admin', 'author', 'facilitator')", name=op.f("ck_role_grant_known_role")
        ),
        sa.ForeignKeyConstraint(["granted_by_id"], ["user.id"], name=op.f("fk_role_grant_granted_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_role_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(
        "uq_role_grant_open",
        "role_grant",
        ["user_id", "role"],
        unique=True,
        sqlite_where=sa.text("revoked_on IS NULL"),
        postgresql_where=sa.text("revoked_on IS NULL"),
    )
    op.create_table(
        "team_membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name=op.f("ck_team_membership_ends_after_start")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_membership_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_team_membership_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_membership")),
        sa.UniqueConstraint("user_id", "starts_on", name=op.f("uq_team_membership_user_id_starts_on")),
    )
    op.create_index(op.f("ix_team_membership_user_id"), "team_membership", ["user_id"], unique=False)

    op.create_index("uq_user_email_lower", "user", [sa.text("lower(email)")], unique=True)


def downgrade() -> None:
    op.drop_table("team_membership")
    op.drop_table("role_grant")
    op.drop_table("reporting_line")
    op.drop_table("people_staged_file")
    op.drop_table("password_reset")
    op.drop_table("delegation")
    op.drop_table("user")
    op.drop_table("team")
    op.drop_table("sign_in_attempt")
