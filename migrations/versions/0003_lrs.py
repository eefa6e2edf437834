"""The embedded learning record store."""

import sqlalchemy as sa
from alembic import op

revision = "0003_lrs"
down_revision = "0002_statements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lrs_credential",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("secret_digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lrs_credential")),
    )
    op.create_table(
        "stored_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stored", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=400), nullable=False),
        sa.Column("verb", sa.String(length=400), nullable=False),
        sa.Column("activity", sa.String(length=400), nullable=False),
        sa.Column("registration", sa.Uuid(), nullable=True),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_statement")),
    )
    op.create_index("ix_stored_statement_activity", "stored_statement", ["activity", "stored", "id"], unique=False)
    op.create_index("ix_stored_statement_actor", "stored_statement", ["actor", "stored", "id"], unique=False)
    op.create_index(
        "ix_stored_statement_registration", "stored_statement", ["registration", "stored", "id"], unique=False
    )
    op.create_index("ix_stored_statement_stored", "stored_statement", ["stored", "id"], unique=False)
    op.create_index(op.f("ix_stored_statement_target_id"), "stored_statement", ["target_id"], unique=False)
    op.create_index("ix_stored_statement_verb", "stored_statement", ["verb", "stored", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("stored_statement")
    op.drop_table("lrs_credential")
