"""What a home page opens with: the one next thing and its reason, and what waits on whom since when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import func, select

from lms import clock
from lms.assessment import queries as assessment
from lms.assessment import scoring_queries
from lms.assessment.scoring_queries import OwnAwaiting
from lms.catalog import queries as catalog
from lms.dashboard.words import status_words
from lms.db import db
from lms.learning import queries as learning
from lms.learning.check_queries import DueRow
from lms.learning.models import Enrollment
from lms.people import queries as people
from lms.people.queries import PersonRow
from lms.policy import sequencing
from lms.policy.attempts import StartState
from lms.policy.outline import Assessment, Chunk, Course, Edition, Module, Purpose, Step, Transfer
from lms.policy.sequencing import Facts, TransferFact
from lms.policy.transfer import WAITING, Move, Status
from lms.transfer.models import Observation, TransferActivity, TransferMove

RUNNING = ("active", "paused")
SCORED = "assessment.result"
EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """Something of mine that somebody else has to act on: a transfer activity, or an attempt that is being scored."""

    activity_id: UUID
    enrollment_id: UUID
    step_key: str
    title: str
    who: str
    what: str
    since: datetime
    is_reminded: bool
    may_remind: bool = False  # the rep, today
    escalated_to: str = ""
    escalated_at: datetime | None = None
    endpoint: str = "transfer.activity"

    @property
    def values(self) -> Mapping[str, object]:
        if self.endpoint == SCORED:
            return {"attempt_id": self.activity_id}
        module_key, step_key = self.step_key.split("/", 1)
        return {"enrollment_id": self.enrollment_id, "module_key": module_key, "step_key": step_key}


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
    waits: WaitingLine | None = None  # nothing to do now: this is on somebody else
    is_stuck: bool = False  # a test that cannot be taken now; another course may go on
    opens_at: datetime | None = None  # when it can be taken
    kicker: str = "Next"


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
    awaiting = [work for work in activities.values() if _waits(work)]
    approver, names = _approver(user_id, awaiting, at) if awaiting else ("", {})
    waiting = _waiting_lines(awaiting, approver, names, at)
    scoring = scoring_queries.facts_of_person(user_id, at) if enrollments else {}
    scored = {where: _scoring_line(where, one) for where, one in scoring.items()}
    ahead: list[tuple[bool, date, int, Enrollment, str, NextThing]] = []
    courses = []
    for order, row in enumerate(enrollments):
        course = catalog.course(row.version_id)
        own = {key: work for (enrollment_id, key), work in activities.items() if enrollment_id == row.id}
        scorers = {key: one.fact for (enrollment_id, key), one in scoring.items() if enrollment_id == row.id}
        facts = Facts(done[row.id].done, {key: _fact(work, approver) for key, work in own.items()}, scorers)
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
            awaited = waiting.get(own[key].id) if key in own else scored.get((row.id, key))
            thing = _next_of(row, course, key, own.get(key), awaited)
            ahead.append((awaited is not None, row.due_on or date.max, order, row, key, thing))
    ahead.sort(key=lambda one: one[:3])
    first = None
    for *_, row, key, thing in ahead:
        step = catalog.course(row.version_id).steps[key][1]
        if isinstance(step, Assessment) and thing.waits is None:
            thing = _with_attempts(thing, row.id, key, step, at)
        first = first or thing
        if not thing.is_stuck:
            first = thing if thing.waits is None else first
            break
    lines = sorted((*waiting.values(), *scored.values()), key=lambda line: (line.since, line.activity_id))
    others = tuple(line for line in lines if first is None or line is not first.waits)
    return OwnWork(first, others, tuple(courses))


def _scoring_line(where: tuple[UUID, str], one: OwnAwaiting) -> WaitingLine:
    return WaitingLine(
        one.attempt_id,
        *where,
        one.title,
        one.fact.waiting_on,
        "answers to score",
        one.fact.since,
        is_reminded=one.is_reminded,
        escalated_to=one.escalated_to,
        escalated_at=one.escalated_at,
        endpoint=SCORED,
    )


def _waiting_lines(
    awaiting: Sequence[TransferActivity], approver: str, names: Mapping[UUID, str], at: datetime
) -> Mapping[UUID, WaitingLine]:
    """Oldest first."""
    asked = _reminders(work.id for work in awaiting) if awaiting else {}
    today = clock.company_day(at)
    found = [
        WaitingLine(
            work.id,
            work.enrollment_id,
            work.step_key,
            work.title,
            approver,
            _awaited(work),
            work.waiting_since,
            work.reminded_at is not None or asked.get(work.id, work.waiting_since) > work.waiting_since,
            # As transfer.queries.may_remind_from has it, for all of them at once.
            today >= clock.add_working_days(clock.company_day(max(work.waiting_since, asked.get(work.id, EVER))), 1),
            names.get(work.escalated_to_id, "") if work.escalated_to_id else "",
            work.escalated_at,
        )
        for work in awaiting
        if work.waiting_since is not None
    ]
    return {line.activity_id: line for line in sorted(found, key=lambda line: (line.since, line.activity_id))}


def _reminders(activity_ids: Iterable[UUID]) -> Mapping[UUID, datetime]:
    """When each was last asked about again, by whomever."""
    rows = db.session.execute(
        select(TransferMove.activity_id, func.max(TransferMove.at, type_=TransferMove.at.type))
        .where(TransferMove.activity_id.in_(list(activity_ids)), TransferMove.move == Move.REMIND.value)
        .group_by(TransferMove.activity_id)
    )
    return {activity_id: at for activity_id, at in rows}


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


def _approver(user_id: UUID, awaiting: Iterable[TransferActivity], at: datetime) -> tuple[str, Mapping[UUID, str]]:
    """Who decides, by name, and the names of those to whom something was escalated."""
    approvers = people.acting_approvers(user_id, clock.company_day(at))
    escalated = {work.escalated_to_id for work in awaiting if work.escalated_to_id}
    known = people.people(approvers.all | escalated)
    if approvers.manager_id:
        manager = known.get(approvers.manager_id)
    else:
        manager = next((row for row in known.values() if row.id in approvers.all), None)
    return manager.name if manager else "", {row.id: row.name for row in known.values()}


def _awaited(work: TransferActivity) -> str:
    return {
        Status.IN_REVIEW: f"worksheet, round {work.round}",
        Status.APPROVED: "approved; the field work is to be handed over",
        Status.RESULTS_IN: "numbers to confirm",
    }.get(Status(work.status), status_words(work.status))


def _next_of(
    row: Enrollment, course: Course, key: str, work: TransferActivity | None, awaited: WaitingLine | None
) -> NextThing:
    module, step = course.steps[key]
    module_key, step_key = key.split("/", 1)
    values = {"enrollment_id": row.id, "module_key": module_key, "step_key": step_key}
    if isinstance(step, Transfer):
        return _next_transfer(step, module, work, awaited, values)
    if isinstance(step, Chunk):
        return NextThing(step.title, _place_of_chunk(module, step), "Continue", "learning.step", values, step.minutes)
    if awaited is not None:
        why = f"“{step.title}” has answers that a person scores; nothing to do for you until then"
        title = f"{awaited.who or 'Your manager'} has your test"
        return NextThing(title, why, "See where it stands", SCORED, awaited.values, waits=awaited)
    return NextThing(step.title, _why_assessed(module, step), "Begin", "learning.step", values, step.expected_minutes)


def _place_of_chunk(module: Module, chunk: Chunk) -> str:
    chunks = [step for step in module.steps if isinstance(step, Chunk)]
    number = chunks.index(chunk) + 1
    place = "last chunk" if number == len(chunks) > 1 else f"chunk {number} of {len(chunks)}"
    return f"{place} of “{module.title}”"


def _with_attempts(thing: NextThing, enrollment_id: UUID, key: str, step: Assessment, at: datetime) -> NextThing:
    """The same test, as it stands after the attempts so far; two statements."""
    rows = assessment.attempts_of(enrollment_id, key)
    if not rows:
        return thing
    start = assessment.start_of(step, rows, assessment.grants(enrollment_id, key), at)
    match start.state:
        case StartState.RESUME:
            why = "you have begun it; what you answered is saved"
            return replace(thing, why=why, action="Continue", minutes=None)
        case StartState.COOLING:
            why = "not passed yet; until the next attempt, go through the chunks again"
            course = {"enrollment_id": enrollment_id}
            return replace(
                thing,
                why=why,
                action="See the chunks",
                endpoint="learning.trail",
                values=course,
                minutes=None,
                is_stuck=True,
                opens_at=start.opens_at,
            )
        case StartState.EXHAUSTED:
            why = "your attempts are used up; your manager can unlock one more after you have talked"
            return replace(thing, why=why, action="See your results", minutes=None, is_stuck=True)
    return replace(thing, why=f"attempt {start.number}; {thing.why}")


def _why_assessed(module: Module, step: Step) -> str:
    count = step.asked if isinstance(step, Assessment) else 0
    questions = f"{count} question" + ("" if count == 1 else "s")
    match step.purpose if isinstance(step, Assessment) else None:
        case Purpose.PRE if module.has_test_out:
            return f"{questions}; pass and you skip what you know of “{module.title}”"
        case Purpose.PRE:
            return f"{questions} before “{module.title}” begins"
        case Purpose.TEST_OUT:
            return f"{questions}; pass and you skip “{module.title}”"
        case Purpose.CARRY:
            return f"{questions} on what an earlier course taught"
        case Purpose.POST:
            return f"{questions} on “{module.title}”, then you use it in the field"
    return f"{questions} on “{module.title}”"


def _next_transfer(
    step: Transfer,
    module: Module,
    work: TransferActivity | None,
    awaited: WaitingLine | None,
    values: Mapping[str, object],
) -> NextThing:
    """What a transfer activity asks for now; while it waits on somebody else, that is said instead."""
    status = Status(work.status) if work else Status.PREPARING
    if awaited is not None:
        who = awaited.who or "Your manager"
        title, why = {
            Status.IN_REVIEW: (f"{who} has “{step.title}”", "the next step opens when the review is done"),
            Status.APPROVED: (f"{who} approved “{step.title}”", "the field work is handed over next"),
            Status.RESULTS_IN: (f"{who} has your numbers", f"“{step.title}”; what comes next opens on confirmation"),
        }.get(status, (step.title, f"this waits on {who}"))
        return NextThing(title, why, "See where it stands", "transfer.activity", values, waits=awaited)
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


def next_check(due: Sequence[DueRow]) -> NextThing | None:
    """The later check that closes first, for somebody with nothing else to do."""
    if not due:
        return None
    check = due[0]
    values = {"enrollment_id": check.enrollment_id, "module_key": check.module_key, "step_key": check.step_key}
    why = f"{check.questions} questions show what has stayed, some weeks after the module"
    return NextThing(f"Later check: {check.module_title}", why, "Begin", "assessment.start", values)


def week_of(person: PersonRow, on: date) -> str:
    """`Week 2, day 4` for somebody in their first thirteen weeks; empty afterwards."""
    days = (on - person.hired_on).days if person.hired_on else -1
    return f"Week {days // 7 + 1}, day {days % 7 + 1}" if 0 <= days < 13 * 7 else ""
