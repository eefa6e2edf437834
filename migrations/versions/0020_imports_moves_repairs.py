"""Questions come into the bank through a page, cards follow courses to new versions, and large repairs are worked off.

`catalog_staged_questions` keeps an upload between its dry run and its import, `item_file` the pictures of drafts. A card
remembers the course version that its question is read from (none: that of its enrollment), and its log a move to
another. A repair says how far its regrading has come; those made so far are done. Additive: the previous release goes
on, and knows nothing of moves.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020_imports_moves_repairs"
down_revision = "0018_accommodations"
branch_labels = None
depends_on = None

KINDS = "kind IN ('answered', 'suspended', 'resumed', 'restarted', 'retired')"
KINDS_WITH_MOVES = "kind IN ('answered', 'suspended', 'resumed', 'restarted', 'retired', 'moved')"


def upgrade() -> None:
    op.create_table(
        "catalog_staged_questions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_catalog_staged_questions_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_staged_questions")),
    )
    op.create_index(
        op.f("ix_catalog_staged_questions_created_at"), "catalog_staged_questions", ["created_at"], unique=False
    )
    op.create_table(
        "item_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_version_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["item_version_id"], ["item_version.id"], name=op.f("fk_item_file_item_version_id")),
        sa.ForeignKeyConstraint(["sha256"], ["asset_blob.sha256"], name=op.f("fk_item_file_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_file")),
        sa.UniqueConstraint("item_version_id", "path", name=op.f("uq_item_file_item_version_id_path")),
    )
    with op.batch_alter_table("practice_card") as table:
        table.add_column(sa.Column("version_id", sa.Uuid(), nullable=True))
        table.create_foreign_key(op.f("fk_practice_card_version_id"), "course_version", ["version_id"], ["id"])
    with op.batch_alter_table("practice_entry") as table:
        table.drop_constraint(op.f("ck_practice_entry_known_kind"), type_="check")
        table.create_check_constraint(op.f("ck_practice_entry_known_kind"), KINDS_WITH_MOVES)
    with op.batch_alter_table("item_repair") as table:
        table.add_column(sa.Column("sat", sa.Integer(), nullable=False, server_default=sa.text("0")))
        table.add_column(sa.Column("looked", sa.Integer(), nullable=False, server_default=sa.text("0")))
        table.add_column(sa.Column("changed", sa.Integer(), nullable=False, server_default=sa.text("0")))
        table.add_column(sa.Column("last_attempt_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE item_repair SET finished_at = decided_at")


def downgrade() -> None:
    with op.batch_alter_table("item_repair") as table:
        for name in ("finished_at", "last_attempt_id", "changed", "looked", "sat"):
            table.drop_column(name)
    op.execute("DELETE FROM practice_entry WHERE kind = 'moved'")
    with op.batch_alter_table("practice_entry") as table:
        table.drop_constraint(op.f("ck_practice_entry_known_kind"), type_="check")
        table.create_check_constraint(op.f("ck_practice_entry_known_kind"), KINDS)
    with op.batch_alter_table("practice_card") as table:
        table.drop_constraint(op.f("fk_practice_card_version_id"), type_="foreignkey")
        table.drop_column("version_id")
    op.drop_table("item_file")
    op.drop_index(op.f("ix_catalog_staged_questions_created_at"), table_name="catalog_staged_questions")
    op.drop_table("catalog_staged_questions")
