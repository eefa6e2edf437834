"""Repairs of questions that people have sat. Additive."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014_item_repair"
down_revision = "0013_item_bank"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "item_repair",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_version_id", sa.Uuid(), nullable=False),
        sa.Column("remedy", sa.String(length=10), nullable=False),
        sa.Column("accepted", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_item_repair_has_reason")),
        sa.CheckConstraint("remedy IN ('neutralize', 'accept', 'drop')", name=op.f("ck_item_repair_known_remedy")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user.id"], name=op.f("fk_item_repair_decided_by_id")),
        sa.ForeignKeyConstraint(["item_version_id"], ["item_version.id"], name=op.f("fk_item_repair_item_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_repair")),
    )
    op.create_index(op.f("ix_item_repair_item_version_id"), "item_repair", ["item_version_id"])


def downgrade() -> None:
    op.drop_table("item_repair")
