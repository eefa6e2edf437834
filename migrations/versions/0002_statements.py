"""The ledger, the statements owed, and their delivery."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_statements"
down_revision = "0001_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery_target",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("endpoint", sa.String(length=500), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_delivery_target")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("id", name=op.f("uq_ledger_entry_id")),
    )
    op.create_index(op.f("ix_ledger_entry_actor_id"), "ledger_entry", ["actor_id"], unique=False)
    op.create_index("ix_ledger_entry_record", "ledger_entry", ["record_id", "seq"], unique=False)
    op.create_index(op.f("ix_ledger_entry_registration"), "ledger_entry", ["registration"], unique=False)
    op.create_index("ix_ledger_entry_subject", "ledger_entry", ["subject_id", "seq"], unique=False)
    op.create_table(
        "owed_statement",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("entry_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_seq"], ["ledger_entry.seq"], name=op.f("fk_owed_statement_entry_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_owed_statement")),
        sa.UniqueConstraint("id", name=op.f("uq_owed_statement_id")),
    )
    op.create_index(op.f("ix_owed_statement_entry_seq"), "owed_statement", ["entry_seq"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state = 'delivered') = (delivered_at IS NOT NULL)", name=op.f("ck_delivery_delivered_iff_dated")
        ),
        sa.CheckConstraint("state IN ('owed', 'delivered', 'parked')", name=op.f("ck_delivery_known_state")),
        sa.ForeignKeyConstraint(["seq"], ["owed_statement.seq"], name=op.f("fk_delivery_seq")),
        sa.ForeignKeyConstraint(["target"], ["delivery_target.key"], name=op.f("fk_delivery_target")),
        sa.PrimaryKeyConstraint("seq", "target", name=op.f("pk_delivery")),
    )
    op.create_index("ix_delivery_due", "delivery", ["target", "state", "seq"], unique=False)


def downgrade() -> None:
    op.drop_table("delivery")
    op.drop_table("owed_statement")
    op.drop_table("ledger_entry")
    op.drop_table("delivery_target")
