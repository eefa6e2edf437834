"""Reads about scoring by a person: what waits and on whom, what was decided, and recordings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, literal_column, or_, select

from lms import clock
from lms.assessment import queries, waiting_queries
from lms.assessment.models import Attempt, AttemptScoring, Recording, ScoringWait
from lms.assessment.queries import Responses, Sitting
from lms.catalog import queries as catalog
from lms.db import db, read
from lms.learning import queries as learning
from lms.learning.history_queries import SCORING, Share
from lms.learning.models import Enrollment, ModuleOpening, StepCompletion
from lms.people import queries as people
from lms.people.models import User
from lms.policy.attempts import Form
from lms.policy.sequencing import ScoringFact

# Built once, of tables: trail and queue ask them every time.
_ATTEMPT: Any = Attempt.__table__
_ENROLLED: Any = Enrollment.__table__
_AWAITS = _ATTEMPT.c.state == literal_column("'awaiting_review'")
_LEARNERS = (
    select(_ENROLLED.c.user_id)
    .join(_ATTEMPT, _ATTEMPT.c.enrollment_id == _ENROLLED.c.id)
    .where(_AWAITS, _ENROLLED.c.user_id != bindparam("person", type_=_ENROLLED.c.user_id.type))
    .distinct()
)
_AWAITING_OF_ONE = (
    select(_ATTEMPT.c.step_key, _ATTEMPT.c.closed_at, _ENROLLED.c.user_id)
    .join(_ENROLLED, _ENROLLED.c.id == _ATTEMPT.c.enrollment_id)
    .where(_ATTEMPT.c.enrollment_id == bindparam("enrollment", type_=_ENROLLED.c.id.type), _AWAITS)
    .order_by(_ATTEMPT.c.closed_at, _ATTEMPT.c.id)
)

# The condition that a test of anybody but `:person` waits to be scored.
ANYBODY_WAITS = exists(_LEARNERS)

MINUTES_TO_SCORE = 5  # for each answer, as it is told to who has little time


@dataclass(frozen=True, slots=True)
class ScoringRow:
    """What a person decided about an attempt. `marks`: as in `AttemptScoring`."""

    scored_at: datetime
    scored_by_id: UUID
    scored_by: str
    marks: Mapping[str, Any]
    reason: str
    number: int

    def level(self, item_key: str, criterion: str) -> int | None:
        level: int | None = self.marks.get(item_key, {}).get("levels", {}).get(criterion)
        return level

    def comment(self, item_key: str, criterion: str) -> str:
        return str(self.marks.get(item_key, {}).get("comments", {}).get(criterion, ""))


@dataclass(frozen=True, slots=True)
class AwaitingRow:
    """An attempt that waits to be scored by somebody."""

    attempt_id: UUID
    enrollment_id: UUID
    step_key: str
    learner_id: UUID
    learner: str
    title: str
    course_title: str
    waiting_since: datetime
    days: int
    minutes: int
    is_overdue: bool
    stands_in: bool  # the viewer may score only because it waited too long


@dataclass(frozen=True, slots=True)
class OwnAwaiting:
    """An attempt of mine that somebody else scores."""

    attempt_id: UUID
    title: str
    fact: ScoringFact
    is_reminded: bool = False
    escalated_to: str = ""
    escalated_at: datetime | None = None


def scorings(attempt_id: UUID) -> tuple[ScoringRow, ...]:
    """The first score of an attempt and each look at it again, as they came; the last one stands."""
    rows = db.session.execute(
        select(AttemptScoring, User.name)
        .join(User, User.id == AttemptScoring.scored_by_id)
        .where(AttemptScoring.attempt_id == attempt_id)
        .order_by(AttemptScoring.number)
    )
    return tuple(
        ScoringRow(row.scored_at, row.scored_by_id, name, row.marks, row.reason, row.number) for row, name in rows
    )


def scoring(attempt_id: UUID) -> ScoringRow | None:
    return next(iter(scorings(attempt_id)[-1:]), None)


def is_built_on(sitting: Sitting, since: datetime) -> bool:
    """Whether the learner has gone on in this course since they were told: another step done, another attempt begun, or
    work in a module that the verdict opened.
    """
    enrollment_id = sitting.enrollment.id
    went_on = db.session.scalar(
        select(
            or_(
                exists().where(
                    StepCompletion.enrollment_id == enrollment_id,
                    StepCompletion.step_key != sitting.attempt.step_key,
                    StepCompletion.completed_at > since,
                ),
                exists().where(
                    Attempt.enrollment_id == enrollment_id,
                    Attempt.id != sitting.attempt.id,
                    Attempt.started_at > since,
                ),
            )
        )
    )
    if went_on:
        return True
    opened = set(
        db.session.scalars(
            select(ModuleOpening.module_key).where(
                ModuleOpening.enrollment_id == enrollment_id, ModuleOpening.opened_at >= since
            )
        )
    )
    return any(key.split("/", 1)[0] in opened for key in learning.facts(enrollment_id).transfer)


def with_levels(answers: Responses, marks: Mapping[str, Any]) -> Responses:
    """Responses as they are graded: with the levels that a person gave."""
    return {
        key: {**response, "levels": marks[key]["levels"]} if key in marks else response
        for key, response in answers.items()
    }


def judged(attempt_ids: Sequence[UUID]) -> Mapping[UUID, Responses]:
    """The last responses of these attempts as they are graded, in few statements."""
    found = dict(queries.responses_of(attempt_ids))
    for ids in queries.batched(attempt_ids):
        rows = db.session.execute(
            select(AttemptScoring.attempt_id, AttemptScoring.marks)
            .where(AttemptScoring.attempt_id.in_(ids))
            .order_by(AttemptScoring.attempt_id, AttemptScoring.number)
        )
        for attempt_id, marks in rows:
            found[attempt_id] = with_levels(found[attempt_id], marks)
    return found


def recording(recording_id: UUID) -> Recording | None:
    """None too for one that was removed by age: the answer still names it."""
    return db.session.get(Recording, recording_id)


def is_recording_of(recording_id: UUID, attempt_id: UUID, item_key: str) -> bool:
    found = recording(recording_id)
    return found is not None and found.attempt_id == attempt_id and found.item_key == item_key


# What waits


def waiting_on(person_id: UUID, on: date, at: datetime, *, facilitates: bool = False) -> tuple[AwaitingRow, ...]:
    """What this person may be asked to score today, oldest first; one statement when nothing waits at all.

    A manager or a delegate: of their own reps. Who stands in: what waited too long. A facilitator: of everybody but
    themselves and who is above them.
    """
    learners = set(read(_LEARNERS, {"person": person_id}).scalars())
    if not learners:
        return ()
    mine = learners & people.reps_waiting_on(person_id, on)
    if facilitates:
        mine = learners.difference(people.managers_above(person_id, on))
    escalated = waiting_queries.escalated_to(person_id, at)
    rows = [*_waiting_rows(Attempt.id.in_(escalated), Enrollment.user_id.not_in(mine))] if escalated else []
    by_right = {row.id for row in rows}
    rows += [row for ids in queries.batched(sorted(mine)) for row in _waiting_rows(Enrollment.user_id.in_(ids))]
    return tuple(
        _awaiting(row, on, at, stands_in=row.id in by_right)
        for row in sorted(rows, key=lambda row: (row.closed_at, row.id))
    )


def _waiting_rows(*conditions: Any) -> Iterable[Any]:
    return db.session.execute(
        select(
            Attempt.id,
            Attempt.enrollment_id,
            Attempt.step_key,
            Attempt.closed_at,
            Attempt.form,
            User.id.label("learner_id"),
            User.name,
            ScoringWait.due_on,
        )
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .join(User, User.id == Enrollment.user_id)
        .outerjoin(ScoringWait, ScoringWait.attempt_id == Attempt.id)
        .where(Attempt.state == "awaiting_review", *conditions)
    )


def _awaiting(row: Any, on: date, at: datetime, *, stands_in: bool) -> AwaitingRow:
    attempt_id, enrollment_id, step_key, since, kept, learner_id, learner, due_on = row
    form = Form.from_json(kept)
    course = catalog.course(UUID(form.version_id))
    by_key = {item.key: item for item in getattr(course.steps[step_key][1], "items", ())}
    count = sum(by_key[one.key].is_scored_by_person for one in form.items if one.key in by_key)
    return AwaitingRow(
        attempt_id,
        enrollment_id,
        step_key,
        learner_id,
        learner,
        form.title,
        course.title,
        since,
        max((at - since).days, 0),
        max(count, 1) * MINUTES_TO_SCORE,
        due_on is not None and due_on < on,
        stands_in,
    )


def facts(enrollment_id: UUID, at: datetime) -> Mapping[str, ScoringFact]:
    """Which tests of one enrollment wait to be scored, on whom and since when; one statement when none does."""
    rows = read(_AWAITING_OF_ONE, {"enrollment": enrollment_id}).all()
    if not rows:
        return {}
    scorer = scorer_of(rows[0].user_id, at)
    return {step_key: ScoringFact(scorer[1], since, scorer[0]) for step_key, since, _ in rows if since is not None}


# Its share of `learning.history_queries.history`.
HISTORY_SHARE = Share(
    select(
        _ATTEMPT.c.step_key,
        _ATTEMPT.c.closed_at,
        *(literal_column(written) for written in ("''", "''", "''", str(SCORING))),
    ).where(_ATTEMPT.c.enrollment_id == bindparam("enrollment", type_=_ENROLLED.c.id.type), _AWAITS),
    lambda enrollment_id, _rows, at: facts(enrollment_id, at),
)


def facts_of_person(user_id: UUID, at: datetime) -> Mapping[tuple[UUID, str], OwnAwaiting]:
    """The same for all enrollments of a person: by enrollment and step, with the attempt."""
    rows = db.session.execute(
        select(Attempt.id, Attempt.enrollment_id, Attempt.step_key, Attempt.closed_at, Attempt.form)
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .where(Enrollment.user_id == user_id, Attempt.state == "awaiting_review")
        .order_by(Attempt.closed_at, Attempt.id)
    ).all()
    if not rows:
        return {}
    scorer_id, name = scorer_of(user_id, at)
    waits = waiting_queries.waits(row.id for row in rows)
    above = people.people({wait.escalated_to_id for wait in waits.values() if wait.escalated_to_id})

    def own(attempt_id: UUID, title: str, since: datetime) -> OwnAwaiting:
        wait, fact = waits.get(attempt_id), ScoringFact(name, since, scorer_id)
        if wait is None:
            return OwnAwaiting(attempt_id, title, fact)
        stand_in = above.get(wait.escalated_to_id) if wait.escalated_to_id else None
        is_reminded = wait.reminded_at is not None
        return OwnAwaiting(attempt_id, title, fact, is_reminded, stand_in.name if stand_in else "", wait.escalated_at)

    return {
        (enrollment_id, step_key): own(attempt_id, form["title"], since)
        for attempt_id, enrollment_id, step_key, since, form in rows
        if since is not None
    }


def scorer_of(user_id: UUID, at: datetime) -> tuple[UUID | None, str]:
    """The manager of the day; where nobody is above, the first admin; else a word that stands for whoever it is."""
    approvers = people.acting_approvers(user_id, clock.company_day(at))
    known = people.people(approvers.all)
    found = known.get(approvers.manager_id) if approvers.manager_id else None
    if found is None:
        found = next(iter(sorted(known.values(), key=lambda row: (row.name, row.id))), None)
    return (found.id, found.name) if found else (None, "your manager")
