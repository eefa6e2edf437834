"""Key pairs of the record store say what they may do, who made and revoked them, and when they were last used.

Additive but for a wider column: the previous release goes on, and takes every pair for one that may do everything.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_credential_scopes"
down_revision = "0010_lrs_store"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("lrs_credential") as table:
        table.alter_column("scope", existing_type=sa.String(length=20), type_=sa.String(length=120))
        table.add_column(sa.Column("description", sa.String(length=500), nullable=False, server_default=sa.text("''")))
        table.add_column(sa.Column("made_by", sa.String(length=120), nullable=False, server_default=sa.text("''")))
        table.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("revoked_by", sa.String(length=120), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    # What does not fit the narrow column could do less than everything; without scopes it may do nothing.
    op.execute("DELETE FROM lrs_credential WHERE scope <> 'all'")
    with op.batch_alter_table("lrs_credential") as table:
        for name in ("description", "made_by", "last_used_at", "revoked_by"):
            table.drop_column(name)
        table.alter_column("scope", existing_type=sa.String(length=120), type_=sa.String(length=20))
