"""The item bank: every question of every published course as rows, once per content.

Additive. What was published before is taken into the bank from the course versions themselves, oldest first, so that
the numbers are those that publishing would have given.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013_item_bank"
down_revision = "0012_delivery_stores"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "item_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'reviewed', 'live', 'retired')", name=op.f("ck_item_line_known_state")),
        sa.ForeignKeyConstraint(["line_id"], ["course_line.id"], name=op.f("fk_item_line_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_line")),
        sa.UniqueConstraint("line_id", "key", name=op.f("uq_item_line_line_id_key")),
    )
    op.create_table(
        "item_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("objective", sa.String(length=80), nullable=False),
        sa.Column("competency", sa.String(length=80), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("band", sa.String(length=10), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["item_line.id"], name=op.f("fk_item_version_item_id")),
        sa.ForeignKeyConstraint(["made_by_id"], ["user.id"], name=op.f("fk_item_version_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_version")),
        sa.UniqueConstraint("item_id", "digest", name=op.f("uq_item_version_item_id_digest")),
        sa.UniqueConstraint("item_id", "number", name=op.f("uq_item_version_item_id_number")),
    )
    op.create_table(
        "item_use",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_version_id", sa.Uuid(), nullable=False),
        sa.Column("course_version_id", sa.Uuid(), nullable=False),
        sa.Column("step_key", sa.String(length=170), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_version_id"], ["course_version.id"], name=op.f("fk_item_use_course_version_id")
        ),
        sa.ForeignKeyConstraint(["item_version_id"], ["item_version.id"], name=op.f("fk_item_use_item_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_use")),
        sa.UniqueConstraint(
            "course_version_id",
            "step_key",
            "item_version_id",
            name=op.f("uq_item_use_course_version_id_step_key_item_version_id"),
        ),
    )
    op.create_index(op.f("ix_item_use_item_version_id"), "item_use", ["item_version_id"])
    op.create_table(
        "item_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("move", sa.String(length=10), nullable=False),
        sa.CheckConstraint("length(text) > 0 OR length(move) > 0", name=op.f("ck_item_note_says_something")),
        sa.ForeignKeyConstraint(["item_id"], ["item_line.id"], name=op.f("fk_item_note_item_id")),
        sa.ForeignKeyConstraint(["said_by_id"], ["user.id"], name=op.f("fk_item_note_said_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_note")),
        sa.UniqueConstraint("item_id", "number", name=op.f("uq_item_note_item_id_number")),
    )
    _take_in_what_was_published()


def downgrade() -> None:
    op.drop_table("item_note")
    op.drop_table("item_use")
    op.drop_table("item_version")
    op.drop_table("item_line")


def _take_in_what_was_published() -> None:
    """No version that was published has item numbers in its document: each is its line's first, as everywhere then.

    A later content of the same question has to be told apart all the same, so the bank counts it up here.
    """
    connection = op.get_bind()
    versions = sa.table(
        "course_version",
        sa.column("id", sa.Uuid()),
        sa.column("line_id", sa.Uuid()),
        sa.column("number", sa.Integer()),
        sa.column("published_at", sa.DateTime(timezone=True)),
        sa.column("published_by_id", sa.Uuid()),
        sa.column("document", JSON),
    )
    item_line = sa.table(
        "item_line",
        sa.column("id", sa.Uuid()),
        sa.column("line_id", sa.Uuid()),
        *(sa.column(name) for name in ("key", "state", "lock")),
    )
    item_version = sa.table(
        "item_version",
        *(sa.column(name, sa.Uuid()) for name in ("id", "item_id", "made_by_id")),
        *(sa.column(name) for name in ("number", "digest", "objective", "competency", "type", "band", "prompt")),
        sa.column("document", JSON),
        sa.column("made_at", sa.DateTime(timezone=True)),
    )
    item_use = sa.table(
        "item_use",
        *(sa.column(name, sa.Uuid()) for name in ("id", "item_version_id", "course_version_id")),
        sa.column("step_key"),
    )
    lines: dict[tuple[Any, str], Any] = {}
    known: dict[Any, dict[str, Any]] = {}
    for row in connection.execute(sa.select(versions).order_by(versions.c.line_id, versions.c.number)).all():
        competencies = {one["key"]: one.get("competency", "") for one in row.document.get("objectives", ())}
        for step_key, item in _items(row.document):
            key = (row.line_id, item["key"])
            if key not in lines:
                lines[key] = uuid4()
                connection.execute(
                    item_line.insert().values(id=lines[key], line_id=row.line_id, key=item["key"], state="live", lock=1)
                )
            of_line = known.setdefault(lines[key], {})
            digest = _digest(item)
            if digest not in of_line:
                of_line[digest] = uuid4()
                connection.execute(
                    item_version.insert().values(
                        id=of_line[digest],
                        item_id=lines[key],
                        number=len(of_line),
                        digest=digest,
                        objective=item["objective"],
                        competency=competencies.get(item["objective"], ""),
                        type=item["type"],
                        band=item.get("band", "medium"),
                        prompt=item["prompt"],
                        document=item,
                        made_at=row.published_at,
                        made_by_id=row.published_by_id,
                    )
                )
            connection.execute(
                item_use.insert().values(
                    id=uuid4(), item_version_id=of_line[digest], course_version_id=row.id, step_key=step_key
                )
            )


def _items(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for module in document.get("modules", ()):
        for step in module.get("steps", ()):
            for item in step.get("items", ()):
                yield f"{module['key']}/{step['key']}", item


def _digest(item: dict[str, Any]) -> str:
    text = json.dumps(item, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
