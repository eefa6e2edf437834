"""Questions of the bank for other systems and for courses: their newest versions, with the pictures that they show."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import undefer

from lms.catalog import item_files, queries, question_files
from lms.catalog.bank_queries import ItemRow
from lms.catalog.document import item_from
from lms.catalog.exchange import item_yaml
from lms.catalog.exchange.course_items import question_of, without_references
from lms.catalog.exchange.model import Place, Question
from lms.catalog.exchange.report import Finding, Notes, Outcome, RefusedItem, Writing
from lms.catalog.exchange.writing import write
from lms.catalog.models import ItemVersion
from lms.db import db
from lms.policy.items import Item
from lms.policy.outline import Term

COURSE = "course"
# (form, its name, the end of a file's name)
FORMS = (
    ("gift", "GIFT", "gift"),
    ("moodle-xml", "Moodle XML", "xml"),
    ("qti-3.0", "QTI 3.0", "zip"),
    ("qti-2.2", "QTI 2.2", "zip"),
    ("csv", "CSV", "csv"),
    (COURSE, "Items of a course (YAML)", "zip"),
)


@dataclass(frozen=True, slots=True)
class Shelved:
    """A question as the bank has it now, with its pictures by their path."""

    row: ItemRow
    item: Item
    files: dict[str, bytes]


def shelved(rows: Sequence[ItemRow]) -> tuple[Shelved, ...]:
    """The newest version of each, whole; in a number of statements that does not grow with them."""
    wanted = {row.id: row for row in rows}
    newest: dict[UUID, ItemVersion] = {}
    versions = db.session.scalars(
        select(ItemVersion)
        .where(ItemVersion.item_id.in_(wanted))
        .order_by(ItemVersion.item_id, ItemVersion.number)
        .options(undefer(ItemVersion.document))
    )
    for version in versions:
        newest[version.item_id] = version
    paths = question_files.of_versions([version.id for version in newest.values()])
    items = {item_id: item_from(version.document, version.number) for item_id, version in newest.items()}
    shown = {
        item_id: {
            path: paths[newest[item_id].id][path]
            for path in item_files.named(item)
            if path in paths.get(newest[item_id].id, {})
        }
        for item_id, item in items.items()
    }
    blobs = question_files.blobs({sha256 for files in shown.values() for sha256 in files.values()})
    return tuple(
        Shelved(row, items[row.id], {path: blobs[sha256] for path, sha256 in shown[row.id].items()}) for row in rows
    )


def written(found: Sequence[Shelved], form: str) -> Writing:
    """The questions in one of `FORMS`, and what it could not hold."""
    if form == COURSE:
        files = {path: data for one in found for path, data in one.files.items()}
        return Writing(item_yaml.packed([one.item for one in found], files))
    questions, findings = _questions(found)
    made = write(questions, form)
    return Writing(made.data, (*findings, *made.findings))


def _questions(found: Sequence[Shelved]) -> tuple[list[Question], list[Finding]]:
    notes = Notes()
    questions = []
    glossaries: dict[str, tuple[Term, ...]] = {}
    for one in found:
        key = one.row.course_key
        if key not in glossaries:
            version = queries.latest_version(key)
            glossaries[key] = queries.course(version.id).glossary if version is not None else ()
        place = Place(one.row.course_title)
        try:
            plain = without_references(one.item, glossaries[key])
            questions.append(question_of(plain, one.row.course_title.replace("/", "//"), place, one.files))
        except RefusedItem as refused:
            notes.refused(place, refused.message, one.item.key)
    return questions, notes.found


def refusals(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.outcome is Outcome.REFUSED)
