"""The item bank as rows: written when a course version is published, so that file and bank cannot say two things.

A course version holds its questions whole; the bank holds the same questions once per content, with a number. Both
are written in one transaction, the second from the first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol
from uuid import UUID, uuid4

from sqlalchemy import func, select

from lms.catalog.document import digest, item_document
from lms.catalog.markdown import plain
from lms.catalog.models import ItemLine, ItemNote, ItemUse, ItemVersion
from lms.db import db
from lms.errors import RuleViolation
from lms.policy import item_states
from lms.policy.item_states import ItemMove, ItemState
from lms.policy.items import Item
from lms.policy.lint.finding import all_items, items_of
from lms.policy.outline import Assessment, Chunk, Course, Module, Step
from lms.statements import ledger
from lms.statements.administration import ItemMoved
from lms.statements.events import Person, Thing

Known = Mapping[str, Mapping[str, int]]
LONGEST_NOTE = 2000


class Author(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


def numbered(course: Course, known: Known) -> Course:
    """The course with each question's version number: that of the same content, else the next of its line.

    What comes from files has no numbers of its own; the same files against the same bank get the same ones.
    """
    items = {item.key: _numbered(item, known.get(item.key, {})) for _, _, item in all_items(course)}
    modules = tuple(_module(module, items) for module in course.modules)
    return course if modules == course.modules else replace(course, modules=modules)


def _numbered(item: Item, versions: Mapping[str, int]) -> Item:
    number = versions.get(digest(item_document(item)), max(versions.values(), default=0) + 1)
    return replace(item, version=number)


def _module(module: Module, items: Mapping[str, Item]) -> Module:
    steps = tuple(_step(step, items) for step in module.steps)
    return module if steps == module.steps else replace(module, steps=steps)


def _step(step: Step, items: Mapping[str, Item]) -> Step:
    if not isinstance(step, Chunk | Assessment):
        return step
    return replace(step, items=tuple(items[item.key] for item in step.items))


def record(course: Course, line_id: UUID, course_version_id: UUID, *, by: Author, at: datetime) -> None:
    """Write the questions of a version that is being published, and where it asks them.

    What learners now get is live: a draft that was put into a published course has been released by that.
    """
    competencies = {objective.key: objective.competency for objective in course.objectives}
    items = {item.key: item for _, _, item in all_items(course)}
    lines = _lines(line_id, items)
    versions = _versions(line_id)
    for key, item in items.items():
        if (key, item.version) not in versions:
            made = _version(lines[key].id, item, competencies.get(item.objective, ""), by=by, at=at)
            versions[key, item.version] = made.id
        if lines[key].state in {ItemState.DRAFT, ItemState.REVIEWED}:
            lines[key].state = ItemState.LIVE.value
            _note(lines[key], "", ItemMove.RELEASE.value, by=by, at=at)
    db.session.flush()
    for step_key, (_, step) in course.steps.items():
        for item in dict.fromkeys(items_of(step)):
            db.session.add(
                ItemUse(
                    item_version_id=versions[item.key, item.version],
                    course_version_id=course_version_id,
                    step_key=step_key,
                )
            )
    db.session.flush()


def _lines(line_id: UUID, keys: Iterable[str]) -> dict[str, ItemLine]:
    """The line of each key, made where there is none. The course line is held: nobody else makes one meanwhile."""
    found = {line.key: line for line in db.session.scalars(select(ItemLine).where(ItemLine.line_id == line_id))}
    for key in keys:
        if key not in found:
            found[key] = ItemLine(id=uuid4(), line_id=line_id, key=key, state=ItemState.LIVE.value)
            db.session.add(found[key])
    db.session.flush()
    return found


def _versions(line_id: UUID) -> dict[tuple[str, int], UUID]:
    rows = db.session.execute(
        select(ItemLine.key, ItemVersion.number, ItemVersion.id)
        .join(ItemVersion, ItemVersion.item_id == ItemLine.id)
        .where(ItemLine.line_id == line_id)
    )
    return {(key, number): id_ for key, number, id_ in rows}


def _version(item_id: UUID, item: Item, competency: str, *, by: Author, at: datetime) -> ItemVersion:
    document = item_document(item)
    made = ItemVersion(
        id=uuid4(),
        item_id=item_id,
        number=item.version,
        digest=digest(document),
        objective=item.objective,
        competency=competency,
        type=item.type.value,
        band=item.band,
        prompt=item.prompt,
        document=document,
        made_at=at,
        made_by_id=by.id,
    )
    db.session.add(made)
    return made


def add_drafts(
    line_id: UUID,
    items: Iterable[Item],
    *,
    by: Author,
    at: datetime,
    competencies: Mapping[str, str] = MappingProxyType({}),
) -> tuple[ItemVersion, ...]:
    """Bring questions in from elsewhere: as drafts, which nobody is asked until somebody has reviewed them.

    The same content again changes nothing; another content under a known key is its next version. `competencies`: that
    of each objective.
    """
    made = []
    wanted = {item.key: item for item in items}
    fresh = wanted.keys() - set(db.session.scalars(select(ItemLine.key).where(ItemLine.line_id == line_id)))
    lines = _lines(line_id, wanted)
    for key, item in wanted.items():
        versions = {
            row.digest: row.number
            for row in db.session.execute(
                select(ItemVersion.digest, ItemVersion.number).where(ItemVersion.item_id == lines[key].id)
            )
        }
        if key in fresh:
            lines[key].state = ItemState.DRAFT.value
        if digest(item_document(item)) not in versions:
            made.append(
                _version(lines[key].id, _numbered(item, versions), competencies.get(item.objective, ""), by=by, at=at)
            )
    db.session.flush()
    return tuple(made)


def move(line: ItemLine, by_move: ItemMove, *, comment: str, lock: int, by: Author, at: datetime) -> ItemState:
    """One move of the review round. `lock` is that of the page: the second of two people is told of the first."""
    if line.lock != lock:
        raise RuleViolation("item_moved_on", state=line.state)
    newest = db.session.scalars(
        select(ItemVersion).where(ItemVersion.item_id == line.id).order_by(ItemVersion.number.desc()).limit(1)
    ).one()
    state = item_states.move(ItemState(line.state), by_move, is_own=newest.made_by_id == by.id, comment=comment)
    line.state = state.value
    said = _note(line, comment, by_move.value, by=by, at=at)
    person = Person(by.id, by.name)
    ledger.record(
        ItemMoved(
            at=at,
            actor=person,
            learner=person,
            record_id=said.id,
            reason=comment.strip()[:500],
            item=Thing(line.key, plain(newest.prompt), newest.number),
            facts=(("move", by_move.value), ("state", state.value), ("line_id", str(line.line_id))),
        )
    )
    return state


def comment(line: ItemLine, text: str, *, by: Author, at: datetime) -> ItemNote:
    """Say something about an item without moving it."""
    if not text.strip():
        raise RuleViolation("item_comment_missing")
    return _note(line, text, "", by=by, at=at)


def _note(line: ItemLine, text: str, move_: str, *, by: Author, at: datetime) -> ItemNote:
    last = db.session.scalar(select(func.max(ItemNote.number)).where(ItemNote.item_id == line.id))
    note = ItemNote(
        id=uuid4(),
        item_id=line.id,
        number=(last or 0) + 1,
        said_at=at,
        said_by_id=by.id,
        text=text.strip()[:LONGEST_NOTE],
        move=move_,
    )
    db.session.add(note)
    db.session.flush()
    return note
