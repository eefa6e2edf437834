"""Course lines, immutable versions, and assets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_catalog"
down_revision = "0004_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asset_blob",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_asset_blob")),
    )
    op.create_table(
        "course_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("edition", sa.String(length=10), nullable=False),
        sa.Column("edition_of_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("edition IN ('rep', 'manager')", name=op.f("ck_course_line_known_edition")),
        sa.ForeignKeyConstraint(["edition_of_id"], ["course_line.id"], name=op.f("fk_course_line_edition_of_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_line")),
        sa.UniqueConstraint("key", name=op.f("uq_course_line_key")),
    )
    op.create_table(
        "catalog_staged_bundle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["user.id"], name=op.f("fk_catalog_staged_bundle_created_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_staged_bundle")),
    )
    op.create_index(op.f("ix_catalog_staged_bundle_created_at"), "catalog_staged_bundle", ["created_at"], unique=False)
    op.create_table(
        "course_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("change_class", sa.String(length=12), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("document", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.CheckConstraint(
            "change_class IN ('cosmetic', 'clarifying', 'substantive')", name=op.f("ck_course_version_known_class")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["course_line.id"], name=op.f("fk_course_version_line_id")),
        sa.ForeignKeyConstraint(["published_by_id"], ["user.id"], name=op.f("fk_course_version_published_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_version")),
        sa.UniqueConstraint("line_id", "number", name=op.f("uq_course_version_line_id_number")),
    )


def downgrade() -> None:
    op.drop_table("course_version")
    op.drop_table("catalog_staged_bundle")
    op.drop_table("course_line")
    op.drop_table("asset_blob")
