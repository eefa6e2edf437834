"""Spaced practice: cards, their log, where they came from, and each person's settings. Additive."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015_practice"
down_revision = "0014_item_repair"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "practice_card",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("step_key", sa.String(length=170), nullable=False),
        sa.Column("item_key", sa.String(length=80), nullable=False),
        sa.Column("item_version", sa.Integer(), nullable=False),
        sa.Column("begun_on", sa.Date(), nullable=False),
        sa.Column("was_right", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("wrong_in_row", sa.Integer(), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('scheduled', 'suspended', 'stuck', 'graduated', 'retired')",
            name=op.f("ck_practice_card_known_state"),
        ),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_practice_card_enrollment_id")),
        sa.ForeignKeyConstraint(["line_id"], ["course_line.id"], name=op.f("fk_practice_card_line_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_practice_card_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_card")),
        sa.UniqueConstraint("user_id", "line_id", "item_key", name=op.f("uq_practice_card_user_id_line_id_item_key")),
    )
    op.create_index("ix_practice_card_due", "practice_card", ["user_id", "state", "due_on"])
    op.create_table(
        "practice_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.Column("is_void", sa.Boolean(), nullable=False),
        sa.Column("response", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("item_version", sa.Integer(), nullable=False),
        sa.Column("sent_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('answered', 'suspended', 'resumed', 'restarted', 'retired')",
            name=op.f("ck_practice_entry_known_kind"),
        ),
        sa.ForeignKeyConstraint(["card_id"], ["practice_card.id"], name=op.f("fk_practice_entry_card_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_entry")),
        sa.UniqueConstraint("card_id", "number", name=op.f("uq_practice_entry_card_id_number")),
        sa.UniqueConstraint("sent_id", name=op.f("uq_practice_entry_sent_id")),
    )
    op.create_table(
        "practice_setting",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("scheduler", sa.String(length=10), nullable=False),
        sa.Column("cap", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=True),
        sa.Column("away_since", sa.Date(), nullable=True),
        sa.CheckConstraint("cap BETWEEN 1 AND 20", name=op.f("ck_practice_setting_cap_in_range")),
        sa.CheckConstraint("hour IS NULL OR hour BETWEEN 0 AND 23", name=op.f("ck_practice_setting_hour_in_range")),
        sa.CheckConstraint("scheduler IN ('leitner', 'fsrs')", name=op.f("ck_practice_setting_known_scheduler")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_practice_setting_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_practice_setting")),
    )
    op.create_table(
        "practice_source",
        sa.Column("entry_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entry_seq"], ["ledger_entry.seq"], name=op.f("fk_practice_source_entry_seq")),
        sa.PrimaryKeyConstraint("entry_seq", name=op.f("pk_practice_source")),
    )


def downgrade() -> None:
    op.drop_table("practice_source")
    op.drop_table("practice_setting")
    op.drop_table("practice_entry")
    op.drop_table("practice_card")
