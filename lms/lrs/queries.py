"""Reading statements: by id, and by filters, page by page."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select, text
from sqlalchemy.orm import aliased

from lms.db import db
from lms.lrs.models import StoredStatement
from lms.lrs.shapes import VOIDED

PAGE = 100
LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Filter:
    """What a client asks for; `actor`, `verb` and `activity` are keys (see `compare`)."""

    actor: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: UUID | None = None
    since: datetime | None = None  # exclusive
    until: datetime | None = None  # inclusive
    limit: int = PAGE
    ascending: bool = False
    after: "tuple[datetime, UUID] | None" = None  # the last one of the page before


@dataclass(frozen=True, slots=True)
class Page:
    """Bodies as JSON text; `next` asks for what follows, or is None at the end."""

    bodies: tuple[str, ...]
    next: Filter | None


@dataclass(frozen=True, slots=True)
class Found:
    body: str
    stored: datetime


def statement(statement_id: UUID, *, voided: bool = False) -> Found | None:
    """The statement under this id if it is (not) voided, as `voided` asks."""
    condition = _is_voided() if voided else ~_is_voided()
    row = db.session.execute(
        select(StoredStatement.body, StoredStatement.stored).where(StoredStatement.id == statement_id, condition)
    ).one_or_none()
    return None if row is None else Found(row.body, row.stored)


def page(wanted: Filter) -> Page:
    """Newest first unless asked otherwise; ties are ordered by id, so paging is stable while others write."""
    found = StoredStatement
    conditions: list[ColumnElement[bool]] = [~_is_voided()]
    for column, value in (
        (found.actor, wanted.actor),
        (found.verb, wanted.verb),
        (found.activity, wanted.activity),
        (found.registration, wanted.registration),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.since is not None:
        conditions.append(found.stored > wanted.since)
    if wanted.until is not None:
        conditions.append(found.stored <= wanted.until)
    if wanted.after is not None:
        moment, last = wanted.after
        if wanted.ascending:
            conditions.append(or_(found.stored > moment, and_(found.stored == moment, found.id > last)))
        else:
            conditions.append(or_(found.stored < moment, and_(found.stored == moment, found.id < last)))
    order = (found.stored, found.id) if wanted.ascending else (found.stored.desc(), found.id.desc())
    size = min(wanted.limit or LARGEST_PAGE, LARGEST_PAGE)
    rows = db.session.execute(
        select(found.id, found.stored, found.body).where(*conditions).order_by(*order).limit(size + 1)
    ).all()
    following = replace(wanted, after=(rows[size - 1].stored, rows[size - 1].id)) if len(rows) > size else None
    return Page(tuple(row.body for row in rows[:size]), following)


def _is_voided() -> ColumnElement[bool]:
    """A voiding statement cannot itself be voided."""
    voider = aliased(StoredStatement)
    return and_(
        StoredStatement.verb != VOIDED,
        exists().where(voider.target_id == StoredStatement.id, voider.verb == VOIDED),
    )


def consistent_through(at: datetime) -> datetime:
    """Every statement stored up to this moment can be read now.

    A statement gets its time inside its writer's transaction, so none can appear before the oldest one open.
    SQLite does not say who is writing: there a commit under way can be missed by the length of that commit.
    """
    if db.session.get_bind().dialect.name != "postgresql":
        return at
    oldest = db.session.execute(
        text(
            "SELECT min(xact_start) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
    ).scalar_one()
    return at if oldest is None else min(at, oldest)
