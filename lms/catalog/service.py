"""Publishing: a course becomes an immutable version of its line, or is found to be published already."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from lms.catalog import bank, bank_queries, queries
from lms.catalog.assets import Asset
from lms.catalog.document import digest, to_document
from lms.catalog.models import AssetBlob, CourseLine, CourseVersion, StagedBundle
from lms.db import db
from lms.errors import RuleViolation
from lms.policy.outline import Course, Edition
from lms.statements import ledger
from lms.statements.administration import CoursePublished
from lms.statements.events import Person, Thing

CHANGE_CLASSES = ("cosmetic", "clarifying", "substantive")
FIRST_CLASS = "substantive"  # of version 1, which changes nothing: nobody is asked
STAGED_FOR = timedelta(days=1)


class Publisher(Protocol):
    """Whoever publishes: a viewer, a user row, a person row."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Publication:
    """`is_new` is False when the newest version of the line has the very same content: nothing was written then."""

    version: CourseVersion
    is_new: bool


def publish(
    course: Course,
    assets: Mapping[str, Asset],
    *,
    change_class: str,
    by: Publisher,
    at: datetime,
    note: str = "",
) -> CourseVersion:
    """Publish, or return the newest version if it has the very same content (see `publish_or_find`)."""
    return publish_or_find(course, assets, change_class=change_class, by=by, at=at, note=note).version


def publish_or_find(
    course: Course,
    assets: Mapping[str, Asset],
    *,
    change_class: str,
    by: Publisher,
    at: datetime,
    note: str = "",
) -> Publication:
    """Append the next version of the course's line; idempotent against the newest version.

    Only the newest is compared: going back to an older content is a new version. Two people who publish at once get
    two numbers, or one version if they publish the same.
    """
    if change_class not in CHANGE_CLASSES:
        raise RuleViolation("change_class_unknown", given=change_class, allowed=", ".join(CHANGE_CLASSES))
    if dict(course.assets) != {path: asset.sha256 for path, asset in assets.items()}:
        raise RuleViolation("assets_do_not_match", course=course.title)
    _refuse_unknown_origins(course)
    line = _locked_line(course)
    course = bank.numbered(course, bank_queries.known(line.id))
    document = to_document(course)
    fingerprint = digest(document)
    newest = db.session.scalar(
        select(CourseVersion).where(CourseVersion.line_id == line.id).order_by(CourseVersion.number.desc()).limit(1)
    )
    if newest is not None and newest.digest == fingerprint:
        return Publication(newest, is_new=False)
    store_assets(assets)
    line.title = course.title
    version = CourseVersion(
        line_id=line.id,
        number=1 if newest is None else newest.number + 1,
        digest=fingerprint,
        change_class=change_class,
        published_at=at,
        published_by_id=by.id,
        note=note,
        document=document,
    )
    db.session.add(version)
    db.session.flush()
    bank.record(course, line.id, version.id, by=by, at=at)
    person = Person(by.id, by.name)
    ledger.record(
        CoursePublished(
            at=at,
            actor=person,
            learner=person,  # it concerns nobody else yet: people are moved to a version by other acts
            record_id=version.id,
            reason=note,
            course=Thing(course.key, course.title, version.number),
            facts=(("change_class", change_class), ("digest", fingerprint), ("number", str(version.number))),
        )
    )
    return Publication(version, is_new=True)


def _refuse_unknown_origins(course: Course) -> None:
    """What is asked again must be taught where the author says: evidence would be joined with nothing otherwise."""
    for objective in course.objectives:
        if objective.of:
            origin = queries.latest_version(objective.of)
            taught = queries.course(origin.id).objectives if origin is not None else ()
            if objective.key not in {one.key for one in taught}:
                raise RuleViolation("carried_objective_unknown", objective=objective.key, key=objective.of)


def _locked_line(course: Course) -> CourseLine:
    """The course's line, made if there is none, locked until the transaction ends (SQLite has one writer anyway)."""
    edition_of_id = None
    if course.edition is Edition.MANAGER:
        edition_of_id = db.session.scalar(select(CourseLine.id).where(CourseLine.key == course.edition_of))
        if edition_of_id is None:
            raise RuleViolation("rep_course_not_published", key=course.edition_of, course=course.title)
    mine = select(CourseLine).where(CourseLine.key == course.key).with_for_update()
    line = db.session.scalar(mine)
    if line is None:
        line = CourseLine(key=course.key, title=course.title, edition=course.edition.value, edition_of_id=edition_of_id)
        try:
            with db.session.begin_nested():
                db.session.add(line)
        except IntegrityError:  # somebody else made the line between our look and our write
            line = db.session.scalars(mine).one()
    if line.edition != course.edition or line.edition_of_id != edition_of_id:
        raise RuleViolation("edition_is_fixed", course=course.title, edition=line.edition)
    return line


def store_assets(assets: Mapping[str, Asset]) -> None:
    """Keep each content once, whoever published it first."""
    wanted = {asset.sha256: asset for asset in assets.values()}
    known = set(db.session.scalars(select(AssetBlob.sha256).where(AssetBlob.sha256.in_(wanted))))
    for sha256 in sorted(wanted.keys() - known):
        asset = wanted[sha256]
        blob = AssetBlob(sha256=sha256, media_type=asset.media_type, size=len(asset.data), data=asset.data)
        try:
            with db.session.begin_nested():
                db.session.add(blob)
        except IntegrityError:  # the same content was published at the same moment
            continue


def stage_bundle(name: str, content: bytes, *, by: Publisher, at: datetime) -> StagedBundle:
    """Keep an uploaded zip for its report; what nobody published within a day is dropped on the way."""
    db.session.execute(delete(StagedBundle).where(StagedBundle.created_at < at - STAGED_FOR))
    staged = StagedBundle(id=uuid4(), name=name[:200], content=content, created_by_id=by.id, created_at=at)
    db.session.add(staged)
    db.session.flush()
    return staged


def discard_bundle(staged: StagedBundle) -> None:
    db.session.delete(staged)
