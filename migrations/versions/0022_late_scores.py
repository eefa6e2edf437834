"""Whoever is late to score is reminded, and the next one above is asked.

`scoring_wait` holds the clock of each attempt that waits to be scored; `attempt_scoring.reason` why a stand-in scored.
Additive: attempts that wait already get their row from the worker, whose clock begins for them that day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022_late_scores"
down_revision = "0020_imports_moves_repairs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scoring_wait",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("waiting_on_id", sa.Uuid(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_to_id", sa.Uuid(), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(escalated_to_id IS NULL) = (escalated_at IS NULL)", name=op.f("ck_scoring_wait_escalated_iff_dated")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_scoring_wait_attempt_id")),
        sa.ForeignKeyConstraint(["waiting_on_id"], ["user.id"], name=op.f("fk_scoring_wait_waiting_on_id")),
        sa.ForeignKeyConstraint(["escalated_to_id"], ["user.id"], name=op.f("fk_scoring_wait_escalated_to_id")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_scoring_wait")),
    )
    op.create_index(op.f("ix_scoring_wait_escalated_to_id"), "scoring_wait", ["escalated_to_id"])
    with op.batch_alter_table("attempt_scoring") as table:
        table.add_column(sa.Column("reason", sa.String(length=500), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    with op.batch_alter_table("attempt_scoring") as table:
        table.drop_column("reason")
    op.drop_index(op.f("ix_scoring_wait_escalated_to_id"), table_name="scoring_wait")
    op.drop_table("scoring_wait")
