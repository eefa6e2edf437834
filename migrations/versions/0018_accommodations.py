"""More time in tests for a person, with dates and a reason that only they and administrators read. Additive."""

import sqlalchemy as sa
from alembic import op

revision = "0018_accommodations"
down_revision = "0017_delayed_checks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accommodation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("time_percent", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("time_percent BETWEEN 110 AND 400", name=op.f("ck_accommodation_percent_in_range")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_accommodation_ends_after_start")),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_accommodation_has_reason")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by_id IS NULL)", name=op.f("ck_accommodation_ended_iff_by_somebody")
        ),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user.id"], name=op.f("fk_accommodation_ended_by_id")),
        sa.ForeignKeyConstraint(["given_by_id"], ["user.id"], name=op.f("fk_accommodation_given_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_accommodation_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accommodation")),
    )
    op.create_index("ix_accommodation_user", "accommodation", ["user_id", "starts_on"])


def downgrade() -> None:
    op.drop_table("accommodation")
