"""Checks that come weeks after a module, and which objectives they showed to have stayed. Additive.

Modules that were completed before get no check: nobody is asked about something that nobody announced.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017_delayed_checks"
down_revision = "0016_reviewed_items"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "delayed_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("module_key", sa.String(length=80), nullable=False),
        sa.Column("step_key", sa.String(length=170), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("after_days", sa.Integer(), nullable=False),
        sa.Column("open_days", sa.Integer(), nullable=False),
        sa.Column("rests_since", sa.Date(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("mastered", JSON, nullable=False),
        sa.Column("slipped", JSON, nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('scheduled', 'passed', 'failed', 'lapsed', 'canceled')",
            name=op.f("ck_delayed_check_known_state"),
        ),
        sa.CheckConstraint(
            "(state = 'scheduled') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_on IS NULL)",
            name=op.f("ck_delayed_check_ended_iff_dated"),
        ),
        sa.CheckConstraint("closes_on >= due_on", name=op.f("ck_delayed_check_closes_after_due")),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_delayed_check_enrollment_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_delayed_check_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delayed_check")),
        sa.UniqueConstraint(
            "enrollment_id", "module_key", "number", name=op.f("uq_delayed_check_enrollment_id_module_key_number")
        ),
    )
    op.create_index(
        "uq_delayed_check_scheduled",
        "delayed_check",
        ["enrollment_id", "module_key"],
        unique=True,
        sqlite_where=sa.text("state = 'scheduled'"),
        postgresql_where=sa.text("state = 'scheduled'"),
    )
    op.create_index("ix_delayed_check_user", "delayed_check", ["user_id", "state", "due_on"])
    op.create_index("ix_delayed_check_due", "delayed_check", ["state", "due_on"])
    op.create_table(
        "objective_mastery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("course_key", sa.String(length=80), nullable=False),
        sa.Column("objective_key", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("step_key", sa.String(length=170), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("mastered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mastered_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_objective_mastery_enrollment_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_objective_mastery_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objective_mastery")),
        sa.UniqueConstraint("source_id", "objective_key", name=op.f("uq_objective_mastery_source_id_objective_key")),
    )
    op.create_index("ix_objective_mastery_user", "objective_mastery", ["user_id", "course_key", "objective_key"])


def downgrade() -> None:
    op.drop_table("objective_mastery")
    op.drop_table("delayed_check")
