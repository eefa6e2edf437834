"""What a home page opens with: the one next thing and its reason, and what waits on whom since when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from lms import clock
from lms.catalog import queries as catalog
from lms.dashboard.words import status_words
from lms.db import db
from lms.learning import queries as learning
from lms.learning.models import Enrollment
from lms.people import queries as people
from lms.people.queries import PersonRow
from lms.policy import sequencing
from lms.policy.outline import Assessment, Chunk, Course, Edition, Module, Preparation, Purpose, Step, Transfer
from lms.policy.sequencing import Facts, TransferFact
from lms.policy.transfer import WAITING, Status
from lms.transfer.models import Observation, TransferActivity, TransferMove
from lms.transfer.queries import QueueRow

RUNNING = ("active", "paused")


@dataclass(frozen=True, slots=True)
class NextThing:
    """The primary action of the page. `endpoint` and `values` make its address; `posts`: it is an act."""

    title: str
    why: str
    action: str
    endpoint: str
    values: Mapping[str, object] = field(default_factory=dict)
    minutes: int | None = None
    posts: bool = False


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Something of mine that somebody else has to act on."""

    activity_id: UUID
    enrollment_id: UUID
    step_key: str
    title: str
    who: str
    what: str
    since: datetime
    is_reminded: bool


@dataclass(frozen=True, slots=True)
class CourseLine:
    """An open course of mine: where it stands and what opens it further."""

    enrollment_id: UUID
    title: str
    is_manager_edition: bool
    done: int
    total: int
    due_on: date | None
    is_paused: bool


@dataclass(frozen=True, slots=True)
class OwnWork:
    next: NextThing | None
    waiting: tuple[WaitingLine, ...]
    courses: tuple[CourseLine, ...]


def own_work(user_id: UUID, at: datetime) -> OwnWork:
    """Everything about the viewer as a learner, in a number of statements that does not grow with the courses."""
    enrollments = [row for row in learning.open_enrollments(user_id) if row.state in RUNNING]
    done = learning.facts_of_many(row.id for row in enrollments) if enrollments else {}
    activities = _activities(user_id) if enrollments else {}
    approver = _approver(user_id, at) if any(map(_waits, activities.values())) else ""
    ahead: list[tuple[bool, date, int, NextThing]] = []
    courses = []
    for order, row in enumerate(enrollments):
        course = catalog.course(row.version_id)
        own = {key: work for (enrollment_id, key), work in activities.items() if enrollment_id == row.id}
        facts = Facts(done[row.id].done, {key: _fact(work, approver) for key, work in own.items()})
        access = sequencing.resolve(course, facts, at)
        required = [key for module in course.modules for key in sequencing.required_keys(module)]
        courses.append(
            CourseLine(
                row.id,
                course.title,
                course.edition is Edition.MANAGER,
                sum(key in facts.done for key in required),
                len(required),
                row.due_on,
                row.state == "paused",
            )
        )
        key = sequencing.next_step(course, access)
        if key is not None and row.state == "active":
            is_waiting = bool(access[key].code)
            thing = _next_of(row, course, key, own.get(key), approver if is_waiting else "")
            ahead.append((is_waiting, row.due_on or date.max, order, thing))
    ahead.sort(key=lambda one: one[:3])
    waiting = tuple(
        WaitingLine(
            work.id,
            work.enrollment_id,
            work.step_key,
            work.title,
            approver,
            _awaited(work),
            work.waiting_since,
            work.reminded_at is not None,
        )
        for work in sorted(activities.values(), key=lambda work: (str(work.waiting_since), str(work.id)))
        if _waits(work) and work.waiting_since is not None
    )
    return OwnWork(ahead[0][3] if ahead else None, waiting, tuple(courses))


def _activities(user_id: UUID) -> Mapping[tuple[UUID, str], TransferActivity]:
    rows = db.session.scalars(
        select(TransferActivity).where(TransferActivity.rep_id == user_id).order_by(TransferActivity.id)
    )
    return {(row.enrollment_id, row.step_key): row for row in rows}


def _waits(work: TransferActivity) -> bool:
    return work.waiting_since is not None and Status(work.status) in WAITING


def _fact(work: TransferActivity, approver: str) -> TransferFact:
    if _waits(work):
        return TransferFact(work.status, approver or "your manager", work.waiting_since)
    return TransferFact(work.status)


def _approver(user_id: UUID, at: datetime) -> str:
    approvers = people.acting_approvers(user_id, clock.company_day(at))
    known = people.people(approvers.all)
    manager = known.get(approvers.manager_id) if approvers.manager_id else next(iter(known.values()), None)
    return manager.name if manager else ""


def _awaited(work: TransferActivity) -> str:
    return {
        Status.IN_REVIEW: f"worksheet, round {work.round}",
        Status.APPROVED: "approved; the field work is to be handed over",
        Status.RESULTS_IN: "numbers to confirm",
    }.get(Status(work.status), status_words(work.status))


def _next_of(row: Enrollment, course: Course, key: str, work: TransferActivity | None, waits_on: str) -> NextThing:
    module, step = course.steps[key]
    module_key, step_key = key.split("/", 1)
    values = {"enrollment_id": row.id, "module_key": module_key, "step_key": step_key}
    if isinstance(step, Transfer):
        return _next_transfer(step, module, work, waits_on, values)
    if isinstance(step, Chunk):
        return NextThing(step.title, _place_of_chunk(module, step), "Continue", "learning.step", values, step.minutes)
    return NextThing(step.title, _why_assessed(module, step), "Begin", "learning.step", values, step.minutes)


def _place_of_chunk(module: Module, chunk: Chunk) -> str:
    chunks = [step for step in module.steps if isinstance(step, Chunk)]
    number = chunks.index(chunk) + 1
    place = "last chunk" if number == len(chunks) > 1 else f"chunk {number} of {len(chunks)}"
    return f"{place} of “{module.title}”"


def _why_assessed(module: Module, step: Step) -> str:
    count = len(step.items) if isinstance(step, Assessment) else 0
    questions = f"{count} question" + ("" if count == 1 else "s")
    match step.purpose if isinstance(step, Assessment) else None:
        case Purpose.PRE if module.has_test_out:
            return f"{questions}; pass and you skip what you know of “{module.title}”"
        case Purpose.PRE:
            return f"{questions} before “{module.title}” begins"
        case Purpose.POST:
            return f"{questions} on “{module.title}”, then you use it in the field"
    return f"{questions} on “{module.title}”"


def _next_transfer(
    step: Transfer, module: Module, work: TransferActivity | None, waits_on: str, values: Mapping[str, object]
) -> NextThing:
    """What a transfer activity asks for now; while it waits on somebody else, that is said instead."""
    status = Status(work.status) if work else Status.PREPARING
    if work is not None and waits_on:
        why = {
            Status.IN_REVIEW: f"{waits_on} has your worksheet. The next step opens when the review is done",
            Status.APPROVED: f"{waits_on} approved it and hands the field work over next",
            Status.RESULTS_IN: f"{waits_on} has your numbers. The next module opens on confirmation",
        }.get(status, f"This waits on {waits_on}")
        return NextThing(step.title, why, "See where it stands", "transfer.activity", values)
    match status:
        case Status.PREPARING if work is None:
            why = f"“{module.title}” is learned; now build what you use in the field"
            return NextThing(step.title, why, "Begin the worksheet", "transfer.worksheet", values, step.minutes)
        case Status.PREPARING:
            why = "your worksheet is saved; your manager reviews it when you submit"
            return NextThing(step.title, why, "Continue the worksheet", "transfer.worksheet", values, step.minutes)
        case Status.RETURNED:
            why = "it came back with a reason at each point to work on"
            return NextThing(step.title, why, "See the reasons", "transfer.activity", values)
        case Status.APPROVED:
            why = "your manager approved it with edits; acknowledge them to go on"
            return NextThing(step.title, why, "See the edits", "transfer.activity", values)
        case Status.IN_FIELD:
            return NextThing(step.title, _field_state(step, work), "Open the field work", "transfer.activity", values)
    return NextThing(step.title, status_words(status.value), "Open", "transfer.activity", values)


def _field_state(step: Transfer, work: TransferActivity | None) -> str:
    if work is None:
        return "in the field"
    seen = db.session.scalar(
        select(func.count()).where(Observation.activity_id == work.id, Observation.observer_id != Observation.rep_id)
    )
    needed = max(step.observations, 1)
    observed = f"observed {min(seen or 0, needed)} of {needed}"
    until = f", until {work.field_until:%b} {work.field_until.day}" if work.field_until else ""
    return f"in the field{until}; {observed}. Keep the tally, then report your numbers"


@dataclass(frozen=True, slots=True)
class EditionHint:
    """A manager's edition that must, or should, come before deciding. `enrollment_id`: it was begun."""

    line_id: UUID
    title: str
    enrollment_id: UUID | None
    is_required: bool
    waiting: int


def editions_to_take(person_id: UUID, queue: Sequence[QueueRow]) -> tuple[EditionHint, ...]:
    """Editions that this person has not satisfied and that their queue asks for; four statements, or none."""
    if not queue:
        return ()
    enrollments = {row.id: row.version_id for row in _enrollments(queue)}
    edition_of = {line.edition_of_id: line for line in catalog.lines() if line.edition is Edition.MANAGER}
    satisfied = learning.satisfied_lines(person_id)
    begun = {row.line_id: row.id for row in learning.open_enrollments(person_id)}
    overridden = _overridden(queue)
    asked: dict[UUID, list[bool]] = {}
    titles: dict[UUID, str] = {}
    for row in queue:
        version = catalog.version(enrollments[row.enrollment_id])
        edition = edition_of.get(version.line_id) if version else None
        rule = catalog.course(enrollments[row.enrollment_id]).transfers[row.step_key].preparation
        if edition is None or edition.id in satisfied or rule is Preparation.NONE or row.activity_id in overridden:
            continue
        titles[edition.id] = edition.title
        asked.setdefault(edition.id, []).append(rule is Preparation.REQUIRED)
    hints = (
        EditionHint(line_id, titles[line_id], begun.get(line_id), any(required), len(required))
        for line_id, required in asked.items()
    )
    return tuple(sorted(hints, key=lambda hint: (not hint.is_required, -hint.waiting, hint.title)))


def _enrollments(queue: Sequence[QueueRow]) -> Sequence[Enrollment]:
    wanted = {row.enrollment_id for row in queue}
    return db.session.scalars(select(Enrollment).where(Enrollment.id.in_(wanted))).all()


def _overridden(queue: Sequence[QueueRow]) -> frozenset[UUID]:
    return frozenset(
        db.session.scalars(
            select(TransferMove.activity_id).where(
                TransferMove.activity_id.in_([row.activity_id for row in queue]), TransferMove.move == "override"
            )
        )
    )


def manager_next(queue: Sequence[QueueRow], hints: Sequence[EditionHint]) -> NextThing | None:
    """The oldest thing that waits on a manager; the manager's edition first where it must come first."""
    to_do = [row for row in queue if row.group != "observe"]
    if not to_do:
        return None
    required = next((hint for hint in hints if hint.is_required), None)
    if required is not None:
        why = "you decide about its worksheets once you have been through it; about ten minutes"
        if required.enrollment_id is not None:
            values = {"enrollment_id": required.enrollment_id}
            return NextThing(required.title, why, "Continue", "learning.resume", values)
        return NextThing(required.title, why, "Begin", "learning.take", {"line_id": required.line_id}, posts=True)
    row = to_do[0]
    what = {
        Status.IN_REVIEW.value: f"review round {row.round}",
        Status.RESULTS_IN.value: "confirm or query the numbers",
        Status.APPROVED.value: "hand the field work over",
    }.get(row.status, "act")
    why = f"{row.rep_name} waits until you {what}"
    return NextThing(row.title, why, "Open", "transfer.review", {"activity_id": row.activity_id}, row.minutes)


def week_of(person: PersonRow, on: date) -> str:
    """`Week 2, day 4` for somebody in their first thirteen weeks; empty afterwards."""
    days = (on - person.hired_on).days if person.hired_on else -1
    return f"Week {days // 7 + 1}, day {days % 7 + 1}" if 0 <= days < 13 * 7 else ""
