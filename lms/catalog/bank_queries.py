"""Reads of the item bank: questions by what they are about, where they are used, what was said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased, undefer

from lms.catalog import queries, question_files
from lms.catalog.document import item_from
from lms.catalog.models import CourseLine, CourseVersion, ItemLine, ItemNote, ItemUse, ItemVersion
from lms.catalog.queries import AssetRow
from lms.db import db
from lms.people.models import User
from lms.policy.item_states import ItemState, is_drawn
from lms.policy.items import Item

PAGE = 25


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in the bank; an empty part asks nothing."""

    words: str = ""
    course_key: str = ""
    objective: str = ""
    type: str = ""
    band: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item by its newest version. `uses`: how many course versions ask it, in any version of the item."""

    id: UUID
    key: str
    state: ItemState
    course_key: str
    course_title: str
    number: int
    objective: str
    competency: str
    type: str
    band: str
    prompt: str
    uses: int


@dataclass(frozen=True, slots=True)
class Found:
    rows: tuple[ItemRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class VersionRow:
    id: UUID
    number: int
    made_at: datetime
    made_by_id: UUID | None
    made_by: str
    item: Item


@dataclass(frozen=True, slots=True)
class UseRow:
    course_version_id: UUID
    course_title: str
    course_number: int
    step_key: str
    item_number: int


@dataclass(frozen=True, slots=True)
class NoteRow:
    said_at: datetime
    said_by: str
    text: str
    move: str


def known(line_id: UUID) -> Mapping[str, Mapping[str, int]]:
    """Of every item of a course line, by key: the version number of each digest."""
    rows = db.session.execute(
        select(ItemLine.key, ItemVersion.digest, ItemVersion.number)
        .join(ItemVersion, ItemVersion.item_id == ItemLine.id)
        .where(ItemLine.line_id == line_id)
    )
    found: dict[str, dict[str, int]] = {}
    for key, digest, number in rows:
        found.setdefault(key, {})[digest] = number
    return found


def _listed() -> Select[Any]:
    any_version = aliased(ItemVersion)
    newest = (
        select(func.max(any_version.number))
        .where(any_version.item_id == ItemLine.id)
        .correlate(ItemLine)
        .scalar_subquery()
    )
    uses = (
        select(func.count(ItemUse.course_version_id.distinct()))
        .join(any_version, any_version.id == ItemUse.item_version_id)
        .where(any_version.item_id == ItemLine.id)
        .correlate(ItemLine)
        .scalar_subquery()
    )
    return (
        select(ItemLine, ItemVersion, CourseLine, uses)
        .select_from(ItemLine)
        .join(ItemVersion, (ItemVersion.item_id == ItemLine.id) & (ItemVersion.number == newest))
        .join(CourseLine, CourseLine.id == ItemLine.line_id)
    )


def search(wanted: Wanted, page: int = 1, *, limit: int | None = PAGE) -> Found:
    """Items that fit everything that is asked, by course and key, a page at a time; all of them without a limit."""
    statement = _listed()
    for part in filter(None, wanted.words.casefold().split()):
        like = f"%{_escaped(part)}%"
        statement = statement.where(
            or_(
                func.lower(ItemVersion.prompt).like(like, escape="\\"),
                func.lower(ItemLine.key).like(like, escape="\\"),
            )
        )
    for column, value in (
        (CourseLine.key, wanted.course_key),
        (ItemVersion.objective, wanted.objective),
        (ItemVersion.type, wanted.type),
        (ItemVersion.band, wanted.band),
        (ItemLine.state, wanted.state),
    ):
        if value:
            statement = statement.where(column == value)
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(CourseLine.title, CourseLine.key, ItemLine.key)
    if limit is not None:
        ordered = ordered.limit(limit).offset(limit * (max(1, page) - 1))
    rows = db.session.execute(ordered)
    return Found(tuple(_row(*row) for row in rows), total)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _row(line: ItemLine, version: ItemVersion, course: CourseLine, uses: int) -> ItemRow:
    return ItemRow(
        line.id,
        line.key,
        ItemState(line.state),
        course.key,
        course.title,
        version.number,
        version.objective,
        version.competency,
        version.type,
        version.band,
        version.prompt,
        uses,
    )


def item(item_id: UUID) -> ItemRow | None:
    row = db.session.execute(_listed().where(ItemLine.id == item_id)).one_or_none()
    return None if row is None else _row(*row)


def items(item_ids: Sequence[UUID]) -> tuple[ItemRow, ...]:
    """These items, in this order."""
    rows = {
        line.id: _row(line, *rest) for line, *rest in db.session.execute(_listed().where(ItemLine.id.in_(item_ids)))
    }
    return tuple(rows[item_id] for item_id in item_ids if item_id in rows)


def file(item_id: UUID, number: int, path: str) -> AssetRow | None:
    """A picture that a version of an item shows."""
    version_id = db.session.scalar(
        select(ItemVersion.id).where(ItemVersion.item_id == item_id, ItemVersion.number == number)
    )
    sha256 = question_files.of_versions([version_id]).get(version_id, {}).get(path) if version_id else None
    return None if sha256 is None else queries.blob(sha256)


def item_line(item_id: UUID) -> ItemLine | None:
    return db.session.get(ItemLine, item_id)


def objectives() -> tuple[str, ...]:
    """Every objective that an item is about, for a filter."""
    return tuple(db.session.scalars(select(ItemVersion.objective).distinct().order_by(ItemVersion.objective)))


def versions(item_id: UUID) -> tuple[VersionRow, ...]:
    """Every version of an item, newest first, whole."""
    rows = db.session.execute(
        select(ItemVersion, User.name)
        .outerjoin(User, User.id == ItemVersion.made_by_id)
        .where(ItemVersion.item_id == item_id)
        .order_by(ItemVersion.number.desc())
        .options(undefer(ItemVersion.document))
    )
    return tuple(
        VersionRow(
            version.id,
            version.number,
            version.made_at,
            version.made_by_id,
            name or "",
            item_from(version.document, version.number),
        )
        for version, name in rows
    )


def uses(item_id: UUID) -> tuple[UseRow, ...]:
    """Where an item is asked, newest course version first, then in the order of keys."""
    rows = db.session.execute(
        select(ItemUse.course_version_id, CourseLine.title, CourseVersion.number, ItemUse.step_key, ItemVersion.number)
        .join(ItemVersion, ItemVersion.id == ItemUse.item_version_id)
        .join(CourseVersion, CourseVersion.id == ItemUse.course_version_id)
        .join(CourseLine, CourseLine.id == CourseVersion.line_id)
        .where(ItemVersion.item_id == item_id)
        .order_by(CourseVersion.number.desc(), ItemUse.step_key)
    )
    return tuple(UseRow(*row) for row in rows)


def notes(item_id: UUID) -> tuple[NoteRow, ...]:
    """What was said, oldest first."""
    rows = db.session.execute(
        select(ItemNote.said_at, User.name, ItemNote.text, ItemNote.move)
        .outerjoin(User, User.id == ItemNote.said_by_id)
        .where(ItemNote.item_id == item_id)
        .order_by(ItemNote.number)
    )
    return tuple(NoteRow(at, name or "", text, move) for at, name, text, move in rows)


def not_drawn(line_id: UUID) -> frozenset[str]:
    """Keys of a course's items that new forms must do without."""
    rows = db.session.execute(select(ItemLine.key, ItemLine.state).where(ItemLine.line_id == line_id))
    return frozenset(key for key, state in rows if not is_drawn(ItemState(state)))
