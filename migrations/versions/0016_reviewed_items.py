"""Answers that a person scores: attempts that wait for it, what was decided, and recordings.

Additive for the previous release but for one thing: it cannot show an attempt that waits, and it has no course that
asks such a question. Going back opens attempts that wait, so that they can be handed in again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016_reviewed_items"
down_revision = "0015_practice"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
AWAITING = sa.text("state = 'awaiting_review'")


def upgrade() -> None:
    _states("'open', 'awaiting_review', 'graded', 'expired', 'voided'", was=10, becomes=20)
    op.create_index("ix_attempt_awaiting", "attempt", ["closed_at"], sqlite_where=AWAITING, postgresql_where=AWAITING)
    op.create_table(
        "attempt_scoring",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scored_by_id", sa.Uuid(), nullable=False),
        sa.Column("marks", JSON, nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_attempt_scoring_attempt_id")),
        sa.ForeignKeyConstraint(["scored_by_id"], ["user.id"], name=op.f("fk_attempt_scoring_scored_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt_scoring")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_attempt_scoring_attempt_id")),
    )
    op.create_table(
        "recording",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("item_key", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_recording_not_empty")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_recording_attempt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
    )
    op.create_index(op.f("ix_recording_attempt_id"), "recording", ["attempt_id"])
    op.create_index(op.f("ix_recording_sha256"), "recording", ["sha256"])


def downgrade() -> None:
    op.drop_table("recording")
    op.drop_table("attempt_scoring")
    op.drop_index("ix_attempt_awaiting", table_name="attempt")
    op.execute("UPDATE attempt SET state = 'open', closed_at = NULL WHERE state = 'awaiting_review'")
    _states("'open', 'graded', 'expired', 'voided'", was=20, becomes=10)


def _states(known: str, *, was: int, becomes: int) -> None:
    name = op.f("ck_attempt_known_state")
    with op.batch_alter_table("attempt") as table:
        table.drop_constraint(name, type_="check")
        table.alter_column("state", existing_type=sa.String(length=was), type_=sa.String(length=becomes))
        table.create_check_constraint(name, f"state IN ({known})")
