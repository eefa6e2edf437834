"""Whoever is late to score is reminded, and the next one above is asked; a score can be looked at again; and the
worker finds out what a repair would change.

`scoring_wait` holds the clock of each attempt that waits to be scored; `attempt_scoring.reason` why a stand-in scored, or
why a score was revised, and `number` which of them stands (the highest). `repair_preview` is what
the worker found. Additive: attempts that wait already get their row from the worker, whose clock begins for them that day.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022_scores_and_previews"
down_revision = "0020_imports_moves_repairs"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


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
        table.add_column(sa.Column("number", sa.Integer(), nullable=False, server_default=sa.text("1")))
        table.drop_constraint(op.f("uq_attempt_scoring_attempt_id"), type_="unique")
        table.create_unique_constraint(op.f("uq_attempt_scoring_attempt_id_number"), ["attempt_id", "number"])
        table.create_check_constraint(
            op.f("ck_attempt_scoring_revised_with_reason"), "number = 1 OR length(reason) > 0"
        )
    op.create_table(
        "repair_preview",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_version_id", sa.Uuid(), nullable=False),
        sa.Column("remedy", sa.String(length=10), nullable=False),
        sa.Column("accepted", JSON, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("handed_in", sa.Integer(), nullable=False),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("sat", sa.Integer(), nullable=False),
        sa.Column("passes", sa.Integer(), nullable=False),
        sa.Column("gains", sa.Integer(), nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("last_attempt_id", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("remedy IN ('neutralize', 'accept', 'drop')", name=op.f("ck_repair_preview_known_remedy")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user.id"], name=op.f("fk_repair_preview_asked_by_id")),
        sa.ForeignKeyConstraint(
            ["item_version_id"], ["item_version.id"], name=op.f("fk_repair_preview_item_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair_preview")),
    )
    op.create_index(op.f("ix_repair_preview_item_version_id"), "repair_preview", ["item_version_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_repair_preview_item_version_id"), table_name="repair_preview")
    op.drop_table("repair_preview")
    op.execute("DELETE FROM attempt_scoring WHERE number > 1")
    with op.batch_alter_table("attempt_scoring") as table:
        table.drop_constraint(op.f("ck_attempt_scoring_revised_with_reason"), type_="check")
        table.drop_constraint(op.f("uq_attempt_scoring_attempt_id_number"), type_="unique")
        table.create_unique_constraint(op.f("uq_attempt_scoring_attempt_id"), ["attempt_id"])
        table.drop_column("number")
        table.drop_column("reason")
    op.drop_index(op.f("ix_scoring_wait_escalated_to_id"), table_name="scoring_wait")
    op.drop_table("scoring_wait")
