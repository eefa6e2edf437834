"""Bringing questions of other systems into the bank: kept between dry run and import, then all of them or none."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from lms.catalog import assets as asset_rules
from lms.catalog import bank, bank_queries, queries, service
from lms.catalog.document import digest, item_document
from lms.catalog.exchange import candidates
from lms.catalog.exchange.candidates import Candidate
from lms.catalog.exchange.reading import read_upload
from lms.catalog.exchange.report import Reading
from lms.catalog.models import CourseLine, ItemFile, ItemLine, ItemVersion, StagedQuestions
from lms.catalog.problems import Report
from lms.db import db
from lms.errors import RuleViolation
from lms.policy.items import Item
from lms.policy.outline import Course
from lms.statements import ledger
from lms.statements.administration import FileImported
from lms.statements.events import Person

KEPT_FOR = timedelta(days=1)
MOST_FILES = 20
MOST_QUESTIONS = 2000
LONGEST_NAME = 200
Files = Sequence[tuple[str, bytes]]


class Importer(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Target:
    """Where questions go: a course, and its objective for those that name none."""

    line_id: UUID
    course: Course
    objective: str
    takes_next_versions: bool = False  # a key that the bank has already: the question's next version, or a new key


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate and what becomes of it in the bank: `new`, `next`, `same` or `refused`, under this key."""

    candidate: Candidate
    outcome: str
    item: Item | None


@dataclass(frozen=True, slots=True)
class Imported:
    """`made`: ids of the items that came in, in the order of the files; `same`: how many the bank had already."""

    made: tuple[UUID, ...]
    same: int


def stage(files: Files, *, by: Importer, at: datetime) -> StagedQuestions:
    """Keep uploaded files for their dry run; what nobody imported within a day is dropped on the way."""
    db.session.execute(delete(StagedQuestions).where(StagedQuestions.created_at < at - KEPT_FOR))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as kept:
        for number, (name, data) in enumerate(files[:MOST_FILES]):
            kept.writestr(f"{number}/{name[-LONGEST_NAME:]}", data)
    names = ", ".join(name for name, _ in files)
    staged = StagedQuestions(
        id=uuid4(), name=names[:LONGEST_NAME], content=buffer.getvalue(), created_by_id=by.id, created_at=at, result={}
    )
    db.session.add(staged)
    db.session.flush()
    return staged


def staged(staged_id: UUID, by_id: UUID, *, for_update: bool = False) -> StagedQuestions | None:
    """The upload, for the person who made it."""
    statement = select(StagedQuestions).where(StagedQuestions.id == staged_id, StagedQuestions.created_by_id == by_id)
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(statement)


def readings(content: bytes) -> tuple[Reading, ...]:
    """What the kept files hold."""
    found: list[Reading] = []
    with zipfile.ZipFile(io.BytesIO(content)) as kept:
        for name in kept.namelist():
            found += read_upload(kept.read(name), name.partition("/")[2])
    return tuple(found)


def target(course_key: str, objective: str, *, takes_next_versions: bool = False) -> Target:
    """Raises RuleViolation for a course that is not published, or an objective that it does not have."""
    version = queries.latest_version(course_key)
    if version is None:
        raise RuleViolation("import_needs_course")
    course = queries.course(version.id)
    known = [one.key for one in course.objectives]
    if objective not in known:
        raise RuleViolation("import_needs_objective", course=course.title)
    return Target(version.line_id, course, objective, takes_next_versions)


def placed(found: Sequence[Reading], wanted: Target) -> tuple[Placed, ...]:
    """What would become of each question now."""
    known = bank_queries.known(wanted.line_id)
    keys = {key: dict(digests) for key, digests in known.items()}
    objectives = [one.key for one in wanted.course.objectives]
    rows = []
    for candidate in candidates.of_readings(found, wanted.objective, objectives)[:MOST_QUESTIONS]:
        item = candidate.item
        if item is None:
            rows.append(Placed(candidate, "refused", None))
            continue
        outcome = "new"
        if item.key in known:
            is_same = digest(item_document(item)) in known[item.key]
            outcome = "same" if is_same else "next" if wanted.takes_next_versions else "new"
        if outcome == "new":
            item = _with_free_key(item, keys)
            if digest(item_document(item)) in keys.get(item.key, {}):
                outcome = "same"
        keys.setdefault(item.key, {})
        rows.append(Placed(candidate, outcome, item))
    return tuple(rows)


def _with_free_key(item: Item, keys: Mapping[str, Mapping[str, int]]) -> Item:
    """The item under a key that no other has; one that came in before under such a key keeps it."""
    number, key = 2, item.key
    while key in keys:
        renamed = replace(item, key=key)
        if digest(item_document(renamed)) in keys[key]:
            return renamed
        number, key = number + 1, f"{item.key}-{number}"
    return replace(item, key=key)


def import_questions(found: Sequence[Reading], name: str, wanted: Target, *, by: Importer, at: datetime) -> Imported:
    """Everything that can be taken, as drafts, in one act. Raises RuleViolation where there is nothing to take.

    The course line is held meanwhile, so that two people do not give two questions one key.
    """
    db.session.execute(select(CourseLine.id).where(CourseLine.id == wanted.line_id).with_for_update())
    rows = [row for row in placed(found, wanted) if row.item is not None]
    coming = [row for row in rows if row.outcome != "same"]
    if not coming:
        raise RuleViolation("import_nothing_new")
    competencies = {one.key: one.competency for one in wanted.course.objectives}
    items = [row.item for row in coming if row.item is not None]
    made = bank.add_drafts(wanted.line_id, items, by=by, at=at, competencies=competencies)
    _keep_files(wanted.line_id, made, coming)
    person = Person(by.id, by.name)
    counts = {"new": 0, "next": 0} | {row.outcome: 0 for row in coming}
    for row in coming:
        counts[row.outcome] += 1
    ledger.record(
        FileImported(
            at=at,
            actor=person,
            learner=person,
            record_id=made[0].id,
            what="questions",
            facts=(
                ("file", name[:LONGEST_NAME]),
                ("course", wanted.course.key),
                *((word, str(count)) for word, count in counts.items()),
            ),
        )
    )
    return Imported(tuple(version.item_id for version in made), len(rows) - len(coming))


def _keep_files(line_id: UUID, made: Sequence[ItemVersion], coming: Sequence[Placed]) -> None:
    rows = db.session.execute(select(ItemLine.id, ItemLine.key).where(ItemLine.line_id == line_id))
    keys: dict[UUID, str] = {item_id: key for item_id, key in rows}
    files = {row.item.key: row.candidate.files for row in coming if row.item is not None}
    for version in made:
        of_item = {
            path: asset_rules.read(path, path, data, Report()) for path, data in files[keys[version.item_id]].items()
        }
        service.store_assets(of_item)
        for path, asset in of_item.items():
            db.session.add(ItemFile(id=uuid4(), item_version_id=version.id, path=path, sha256=asset.sha256))
    db.session.flush()


def finish(kept: StagedQuestions, wanted: Target, *, by: Importer, at: datetime) -> None:
    """Import what was staged; a second press finds it done and changes nothing. The caller holds the row."""
    if kept.imported_at is not None:
        return
    done = import_questions(readings(kept.content), kept.name, wanted, by=by, at=at)
    result: dict[str, Any] = {
        "course_key": wanted.course.key,
        "items": [str(item_id) for item_id in done.made],
        "same": done.same,
    }
    kept.imported_at, kept.result, kept.content = at, result, b""
    db.session.flush()
