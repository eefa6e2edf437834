"""Reads of the catalog. A version never changes: what is read of it once is kept for as long as the process lives."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import func, select

from lms.catalog.document import from_document
from lms.catalog.models import AssetBlob, CourseLine, CourseVersion, StagedBundle
from lms.db import db
from lms.policy.outline import Course, Edition

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class LineRow:
    """A course line. `edition_of_id` is the rep course that a manager's edition belongs to."""

    id: UUID
    key: str
    title: str
    edition: Edition
    edition_of_id: UUID | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """The facts of one published version, without its content. `title` is the one this version was published with."""

    id: UUID
    line_id: UUID
    line_key: str
    edition: Edition
    edition_of_id: UUID | None
    title: str
    number: int
    digest: str
    change_class: str
    published_at: datetime
    published_by_id: UUID | None
    note: str


@dataclass(frozen=True, slots=True)
class AssetRow:
    media_type: str
    sha256: str
    data: bytes


class _Kept(Generic[K, V]):
    """Values that cannot change, read once per process even when many threads ask at the same moment."""

    def __init__(self) -> None:
        self._values: dict[K, V] = {}
        self._lock = Lock()

    def get(self, key: K, read: Callable[[], V | None]) -> V | None:
        """What is kept under `key`, otherwise what `read` gives; None (not there) is never kept."""
        found = self._values.get(key)
        if found is None:
            with self._lock:
                found = self._values.get(key)
                if found is None:
                    found = read()
                    if found is not None:
                        self._values[key] = found
        return found


_courses: _Kept[UUID, Course] = _Kept()
_versions: _Kept[UUID, VersionRow] = _Kept()

_VERSION_COLUMNS = (
    CourseVersion.id,
    CourseVersion.line_id,
    CourseLine.key,
    CourseLine.edition,
    CourseLine.edition_of_id,
    CourseVersion.document["title"].as_string(),
    CourseVersion.number,
    CourseVersion.digest,
    CourseVersion.change_class,
    CourseVersion.published_at,
    CourseVersion.published_by_id,
    CourseVersion.note,
)


def course(version_id: UUID) -> Course:
    """The whole course of a version. Raises LookupError when there is none: a pinned version cannot be missing."""
    found = find_course(version_id)
    if found is None:
        raise LookupError(f"no course version {version_id}")
    return found


def find_course(version_id: UUID) -> Course | None:
    """The whole course of a version, or None: for ids that come from an address."""

    def read() -> Course | None:
        document = db.session.scalar(select(CourseVersion.document).where(CourseVersion.id == version_id))
        return None if document is None else from_document(document)

    return _courses.get(version_id, read)


def version(version_id: UUID) -> VersionRow | None:
    def read() -> VersionRow | None:
        row = db.session.execute(
            select(*_VERSION_COLUMNS).join(CourseLine).where(CourseVersion.id == version_id)
        ).one_or_none()
        return None if row is None else _version(row)

    return _versions.get(version_id, read)


def latest_version(line_key: str) -> VersionRow | None:
    """The newest version of the line with this key, or None: unknown line."""
    version_id = db.session.scalar(
        select(CourseVersion.id)
        .join(CourseLine)
        .where(CourseLine.key == line_key)
        .order_by(CourseVersion.number.desc())
        .limit(1)
    )
    return None if version_id is None else version(version_id)


def latest_versions() -> tuple[VersionRow, ...]:
    """The newest version of every line, by title, then key."""
    newest = (
        select(CourseVersion.line_id, func.max(CourseVersion.number).label("number"))
        .group_by(CourseVersion.line_id)
        .subquery()
    )
    ids = db.session.scalars(
        select(CourseVersion.id).join(
            newest,
            (CourseVersion.line_id == newest.c.line_id) & (CourseVersion.number == newest.c.number),
        )
    ).all()
    rows = [row for version_id in ids if (row := version(version_id)) is not None]
    return tuple(sorted(rows, key=lambda row: (row.title, row.line_key)))


def titles() -> dict[str, dict[str, str]]:
    """Of every course, by key: the titles of its objectives and competencies, by theirs."""
    found = {}
    for row in latest_versions():
        of = course(row.id)
        words = {one.key: one.title for one in of.competencies}
        found[row.line_key] = words | {one.key: one.title for one in of.objectives}
    return found


def versions(line_id: UUID) -> tuple[VersionRow, ...]:
    """Every version of a line, newest first."""
    ids = db.session.scalars(
        select(CourseVersion.id).where(CourseVersion.line_id == line_id).order_by(CourseVersion.number.desc())
    ).all()
    return tuple(row for version_id in ids if (row := version(version_id)) is not None)


def lines() -> tuple[LineRow, ...]:
    """Every line, by title, then key."""
    rows = db.session.execute(select(*_LINE_COLUMNS).order_by(CourseLine.title, CourseLine.key)).all()
    return tuple(_line(row) for row in rows)


def line(line_id: UUID) -> LineRow | None:
    row = db.session.execute(select(*_LINE_COLUMNS).where(CourseLine.id == line_id)).one_or_none()
    return None if row is None else _line(row)


def line_by_key(key: str) -> LineRow | None:
    row = db.session.execute(select(*_LINE_COLUMNS).where(CourseLine.key == key)).one_or_none()
    return None if row is None else _line(row)


def edition_line(line_id: UUID) -> LineRow | None:
    """The manager's edition of a rep line; None when nobody has published one."""
    row = db.session.execute(
        select(*_LINE_COLUMNS)
        .where(CourseLine.edition_of_id == line_id, CourseLine.edition == Edition.MANAGER.value)
        .order_by(CourseLine.key)
        .limit(1)
    ).one_or_none()
    return None if row is None else _line(row)


def asset(version_id: UUID, path: str) -> AssetRow | None:
    """The bytes of an asset that this version names; None when it names no such path."""
    found = find_course(version_id)
    sha256 = None if found is None else found.assets.get(path)
    if sha256 is None:
        return None
    return blob(sha256)


def blob(sha256: str) -> AssetRow:
    """The bytes with this digest. Raises NoResultFound when nobody stored them: what names a digest keeps it."""
    row = db.session.execute(
        select(AssetBlob.media_type, AssetBlob.sha256, AssetBlob.data).where(AssetBlob.sha256 == sha256)
    ).one()
    return AssetRow(row[0], row[1], bytes(row[2]))


def staged_bundle(staged_id: UUID, by_id: UUID) -> StagedBundle | None:
    """The upload, for the person who made it."""
    return db.session.scalar(
        select(StagedBundle).where(StagedBundle.id == staged_id, StagedBundle.created_by_id == by_id)
    )


_LINE_COLUMNS = (
    CourseLine.id,
    CourseLine.key,
    CourseLine.title,
    CourseLine.edition,
    CourseLine.edition_of_id,
)


def _line(row: Any) -> LineRow:
    id_, key, title, edition, edition_of_id = row
    return LineRow(id_, key, title, Edition(edition), edition_of_id)


def _version(row: Any) -> VersionRow:
    id_, line_id, line_key, edition, *rest = row
    return VersionRow(id_, line_id, line_key, Edition(edition), *rest)
