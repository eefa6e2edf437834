"""Stores elsewhere may be described on a page, paused, and owed from a day on; deliveries are counted as they happen.

Additive: the previous release goes on. It knows nothing of a pause, and leaves stores of the page alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_delivery_stores"
down_revision = "0011_credential_scopes"
branch_labels = None
depends_on = None


def _columns() -> tuple[sa.Column, ...]:
    # Added one by one, not as a batch: on SQLite that would replace a table that deliveries refer to.
    return (
        sa.Column("origin", sa.String(length=10), nullable=False, server_default=sa.text("'settings'")),
        sa.Column("name", sa.String(length=80), nullable=False, server_default=sa.text("''")),
        sa.Column("username", sa.String(length=200), nullable=False, server_default=sa.text("''")),
        sa.Column("sealed_password", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("owed_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_count", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("last_delivered_at", sa.DateTime(timezone=True), nullable=True),
    )


def upgrade() -> None:
    for column in _columns():
        op.add_column("delivery_target", column)
    op.execute(
        "UPDATE delivery_target SET "
        "delivered_count = (SELECT count(*) FROM delivery WHERE delivery.target = delivery_target.key "
        "AND delivery.state = 'delivered'), "
        "last_delivered_at = (SELECT max(delivered_at) FROM delivery WHERE delivery.target = delivery_target.key)"
    )
    op.create_index("ix_delivery_state", "delivery", ["state", "seq"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_delivery_state", "delivery")
    # A release that knows no passwords of its own cannot serve these; it would owe to them for ever.
    op.execute("UPDATE delivery_target SET is_enabled = (1 = 0) WHERE origin = 'page'")
    for column in reversed(_columns()):
        op.drop_column("delivery_target", column.name)
