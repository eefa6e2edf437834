"""Enrollments and the facts of progress."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_learning"
down_revision = "0005_catalog"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enrollment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_by_id", sa.Uuid(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("satisfied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.String(length=500), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("bookmark", sa.String(length=170), nullable=True),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'satisfied') = (satisfied_at IS NOT NULL)", name=op.f("ck_enrollment_satisfied_iff_dated")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'active', 'paused', 'satisfied', 'withdrawn', 'closed_unfinished')",
            name=op.f("ck_enrollment_known_state"),
        ),
        sa.ForeignKeyConstraint(["assigned_by_id"], ["user.id"], name=op.f("fk_enrollment_assigned_by_id")),
        sa.ForeignKeyConstraint(["line_id"], ["course_line.id"], name=op.f("fk_enrollment_line_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["enrollment.id"], name=op.f("fk_enrollment_parent_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_enrollment_user_id")),
        sa.ForeignKeyConstraint(["version_id"], ["course_version.id"], name=op.f("fk_enrollment_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollment")),
    )
    op.create_index(op.f("ix_enrollment_line_id"), "enrollment", ["line_id"], unique=False)
    op.create_index("ix_enrollment_user", "enrollment", ["user_id", "state"], unique=False)
    op.create_index(
        "uq_enrollment_open",
        "enrollment",
        ["user_id", "line_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('planned', 'active', 'paused')"),
        postgresql_where=sa.text("state IN ('planned', 'active', 'paused')"),
    )
    op.create_table(
        "module_opening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("module_key", sa.String(length=80), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because_step", sa.String(length=170), nullable=True),
        sa.Column("because_how", sa.String(length=12), nullable=False),
        sa.Column("because_by_id", sa.Uuid(), nullable=True),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["because_by_id"], ["user.id"], name=op.f("fk_module_opening_because_by_id")),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_module_opening_enrollment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_module_opening")),
        sa.UniqueConstraint("enrollment_id", "module_key", name=op.f("uq_module_opening_enrollment_id_module_key")),
    )
    op.create_table(
        "step_completion",
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("step_key", sa.String(length=170), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.String(length=12), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "how IN ('read', 'passed', 'attempted', 'tested_out', 'waived', 'submitted', 'approved', 'reported', 'verified')",
            name=op.f("ck_step_completion_known_how"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_step_completion_by_id")),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_step_completion_enrollment_id")),
        sa.PrimaryKeyConstraint("enrollment_id", "step_key", name=op.f("pk_step_completion")),
    )


def downgrade() -> None:
    op.drop_table("step_completion")
    op.drop_table("module_opening")
    op.drop_table("enrollment")
