"""Closing an attempt: its grade, what is said about it, and what it does to the learner's progress."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import exists, select

from lms.assessment import queries
from lms.assessment.models import Attempt, Grade, ScoringWait
from lms.assessment.queries import Sitting
from lms.assessment.service import telling
from lms.assessment.waiting_queries import SCORE_WITHIN
from lms.catalog.markdown import plain
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import check_queries
from lms.learning import queries as learning_queries
from lms.learning import service as learning
from lms.learning.service import Opened
from lms.people import queries as people
from lms.people.queries import PersonRow
from lms.policy import attempts, grading, later, repair, responses, scenario
from lms.policy.attempts import Outcome
from lms.policy.grading import ItemScore
from lms.policy.items import Gap, Item, ItemType
from lms.policy.later import Evidence
from lms.policy.outline import Course, Purpose
from lms.statements import ledger
from lms.statements.events import AttemptGraded, AttemptHandedIn, Person, Place, QuestionAnswered, Thing

SUBMITTED = "submitted"
EXPIRED = "expired"
REPAIRED = "repaired"
SCORED = "scored"
RESCORED = "rescored"
GATES = frozenset({Purpose.POST.value, Purpose.DELAYED.value})
GATES_IF_PASSED = frozenset({Purpose.PRE.value, Purpose.TEST_OUT.value})  # they may also just say what is known


@dataclass(frozen=True, slots=True)
class Graded:
    """What closing an attempt did. `is_new` is False when it had been closed before; `awaits`: a person scores it."""

    passed: bool
    opened: Opened
    tested_out: bool = False
    is_new: bool = True
    awaits: bool = False


def close(sitting: Sitting, *, cause: str, at: datetime) -> Graded:
    """Grade what was saved, or hand it to the person who scores what no key can.

    The caller holds the enrollment and the attempt (see `submit`).
    """
    attempt, form = sitting.attempt, sitting.form
    answers = queries.responses(attempt.id)
    items = {item.key: item for item in sitting.items}
    waiting = grading.needs_person(items.values(), answers)
    if waiting:
        return _hand_over(sitting, items, answers, waiting, at=at)
    outcome = repair.outcome(form, items, answers, queries.repairs(sitting.enrollment.line_id))
    attempt.state = "expired" if cause == EXPIRED else "graded"
    attempt.closed_at = at
    learner = learner_of(sitting)
    place = learning_queries.place(sitting.enrollment, attempt.step_key)
    _record_answers(sitting, items.values(), answers, outcome.scores, learner=learner, place=place, at=at)
    passed_id = add_grade(sitting, outcome, number=1, cause=cause, learner=learner, by=learner, at=at)
    return progress(sitting, outcome, learner=learner, passed_id=passed_id, at=at)


def _hand_over(
    sitting: Sitting, items: Mapping[str, Item], answers: queries.Responses, waiting: Sequence[Item], *, at: datetime
) -> Graded:
    """Nothing is a verdict yet. A test that gates nothing has been taken, though, and what comes next may open."""
    attempt = sitting.attempt
    attempt.state, attempt.closed_at = "awaiting_review", at
    db.session.flush()
    learner, place = learner_of(sitting), learning_queries.place(sitting.enrollment, attempt.step_key)
    scores: dict[str, ItemScore | None] = dict.fromkeys(item.key for item in waiting)
    scores |= {key: grading.grade(item, answers.get(key, {})) for key, item in items.items() if key not in scores}
    _record_answers(sitting, items.values(), answers, scores, learner=learner, place=place, at=at)
    scorers = telling.scorers(learner.id, at)
    ledger.record(
        AttemptHandedIn(
            at=at,
            actor=learner,
            learner=learner,
            record_id=attempt.id,
            place=place,
            purpose=sitting.form.purpose,
            number=attempt.number,
            to_score=len(waiting),
            scorer=Person(scorers[0].id, scorers[0].name) if scorers else None,
        )
    )
    begin_wait(sitting, at)
    telling.tell_scorers(sitting, learner.name, scorers, to_score=len(waiting), at=at)
    if sitting.form.purpose not in {Purpose.FORMATIVE, Purpose.CARRY}:
        return Graded(passed=False, opened=Opened(), awaits=True)
    return Graded(passed=False, opened=_done(sitting, "attempted", learner=learner, at=at), awaits=True)


def begin_wait(sitting: Sitting, at: datetime) -> None:
    wait = ScoringWait(attempt_id=sitting.attempt.id)
    start_clock(wait, people.acting_manager(sitting.enrollment.user_id, at), at)
    db.session.add(wait)
    db.session.flush()


def start_clock(wait: ScoringWait, manager: PersonRow | None, at: datetime) -> None:
    """From now on, in this manager's working days; with nobody above the learner, in the company's."""
    wait.began_at, wait.waiting_on_id = at, manager.id if manager else None
    wait.due_on = people.due_day(manager, at, SCORE_WITHIN)


def _done(sitting: Sitting, how: str, *, learner: Person, at: datetime) -> Opened:
    try:
        return learning.complete_step(sitting.enrollment, sitting.attempt.step_key, how=how, by=learner, at=at)
    except RuleViolation:
        return Opened()


def add_grade(
    sitting: Sitting, outcome: Outcome, *, number: int, cause: str, learner: Person, by: Person, at: datetime
) -> UUID:
    """Append a verdict and say it. Returns the id of what was said."""
    attempt, form = sitting.attempt, sitting.form
    had_passed = _has_passed(attempt)
    grade = Grade(
        id=uuid4(),
        attempt_id=attempt.id,
        number=number,
        cause=cause,
        graded_at=at,
        earned_numerator=outcome.verdict.earned.numerator,
        earned_denominator=outcome.verdict.earned.denominator,
        possible=outcome.verdict.possible,
        threshold_bp=form.threshold_bp,
        passed=outcome.passed,
        detail=outcome.detail,
    )
    db.session.add(grade)
    db.session.flush()
    is_gate = form.purpose in GATES or (form.purpose in GATES_IF_PASSED and outcome.passed)
    until = attempt.closed_at or at
    return ledger.record(
        AttemptGraded(
            at=at,
            actor=by,
            learner=learner,
            record_id=grade.id,
            place=learning_queries.place(sitting.enrollment, attempt.step_key),
            purpose=form.purpose,
            number=attempt.number,
            earned=outcome.verdict.earned,
            possible=outcome.verdict.possible,
            threshold_bp=form.threshold_bp,
            passed=outcome.passed,
            is_gate=is_gate,
            is_first_pass=is_gate and outcome.passed and not had_passed,
            seconds=max(0, int((until - attempt.started_at).total_seconds())),
            cause=cause,
        )
    )


def progress(sitting: Sitting, outcome: Outcome, *, learner: Person, passed_id: UUID, at: datetime) -> Graded:
    """What the verdict opens. A grade stands even where the enrollment has ended or the step has moved."""
    enrollment, key = sitting.enrollment, sitting.attempt.step_key
    if sitting.form.purpose == Purpose.DELAYED:
        return _check(sitting, outcome, learner=learner, passed_id=passed_id, at=at)
    how = _how(sitting, outcome)
    if how is None:
        return Graded(outcome.passed, Opened())
    if key not in sitting.course.steps:
        learning.note_warm_up(enrollment, key, how=how, by=learner, at=at)
        return Graded(outcome.passed, Opened())
    if sitting.form.purpose == Purpose.CARRY:
        _carry(sitting, outcome, learner=learner, evidence_id=passed_id, at=at)
    opened = _done(sitting, how, learner=learner, at=at)
    tested_out = False
    if outcome.passed and sitting.form.test_out_right is not None:
        purpose = Purpose(sitting.form.purpose)
        more = learning.test_out(enrollment, sitting.place[0].key, passed_id=passed_id, at=at, purpose=purpose)
        tested_out = more != Opened()
        opened = Opened((*opened.steps, *more.steps), (*opened.modules, *more.modules), more.is_satisfied)
    return Graded(outcome.passed, opened, tested_out)


def _check(sitting: Sitting, outcome: Outcome, *, learner: Person, passed_id: UUID, at: datetime) -> Graded:
    """A later check decides what is mastered; it takes nothing back."""
    found = later.evidence(outcome.verdict, sitting.form.threshold_bp, passed=outcome.passed)
    opened = learning.close_check(
        sitting.enrollment,
        sitting.attempt.step_key,
        found,
        passed=outcome.passed,
        source_id=sitting.attempt.id,
        evidence_id=passed_id,
        started_at=sitting.attempt.started_at,
        by=learner,
        at=at,
    )
    return Graded(outcome.passed, opened)


def _carry(sitting: Sitting, outcome: Outcome, *, learner: Person, evidence_id: UUID, at: datetime) -> None:
    """Only what was learned a week ago or longer says that it has stayed."""
    course = sitting.course
    homes = {later.objective_home(course, item.objective)[0] for item in sitting.items}
    fresh = {
        home for home in homes if check_queries.learned_since(sitting.enrollment.user_id, home, at - later.SETTLED)
    }
    found = later.evidence(outcome.verdict, sitting.form.threshold_bp, passed=outcome.passed)
    settled = tuple(key for key in found.mastered if later.objective_home(course, key)[0] not in fresh)
    learning.note_carried(
        sitting.enrollment,
        sitting.attempt.step_key,
        Evidence(settled, found.slipped),
        source_id=sitting.attempt.id,
        evidence_id=evidence_id,
        by=learner,
        at=at,
    )


def _how(sitting: Sitting, outcome: Outcome) -> str | None:
    """How this attempt makes its step done, or None: a failed gate leaves it open."""
    match sitting.form.purpose:
        case attempts.CHECK:
            return "read" if all(score.is_answered for score in outcome.scores.values()) else None
        case Purpose.POST:
            return "passed" if outcome.passed else None
        case _:
            return "passed" if outcome.passed else "attempted"


def _record_answers(
    sitting: Sitting,
    items: Iterable[Item],
    answers: Mapping[str, Mapping[str, Any]],
    scores: Mapping[str, ItemScore | None],
    *,
    learner: Person,
    place: Place,
    at: datetime,
) -> None:
    """`scores`: None where a person has yet to say it."""
    course = sitting.course
    ledger.record_all(
        [
            QuestionAnswered(
                at=at,
                actor=learner,
                learner=learner,
                record_id=uuid5(sitting.attempt.id, item.key),
                place=place,
                attempt_id=sitting.attempt.id,
                item=Thing(item.key, plain(item.prompt, course.glossary), item.version),
                interaction=responses.INTERACTION[item.type],
                prompt=plain(item.prompt, course.glossary),
                response=responses.pattern(item, answers[item.key]),
                share=None if (score := scores[item.key]) is None else score.share,
                objective=_objective(course, item),
                purpose=sitting.form.purpose,
                components=_in_words(_components(item), course),
                targets=_in_words(_targets(item), course),
                correct=correct_pattern(item) if attempts.tells_key(sitting.form, item) else (),
            )
            for item in items
            if responses.is_answered(item, answers.get(item.key, {}))
        ]
    )


def _objective(course: Course, item: Item) -> Thing | None:
    return next((Thing(found.key, found.title) for found in course.objectives if found.key == item.objective), None)


def _components(item: Item) -> tuple[tuple[str, str], ...]:
    match item.type:
        case ItemType.MATCHING:
            return tuple((pair.key, pair.left) for pair in item.pairs)
        case ItemType.BEST_WORST:
            return tuple((end, end.capitalize()) for end in responses.ENDS)
        case ItemType.SCENARIO:
            return tuple((turn.key, turn.text) for turn in item.turns)
        case _:
            return tuple((entry.key, entry.text) for entry in (*item.options, *item.sequence))


def _in_words(parts: Iterable[tuple[str, str]], course: Course) -> tuple[tuple[str, str], ...]:
    return tuple((key, plain(text, course.glossary)) for key, text in parts)


def _targets(item: Item) -> tuple[tuple[str, str], ...]:
    if item.type is ItemType.BEST_WORST:
        return tuple((option.key, option.text) for option in item.options)
    return tuple((pair.key, pair.right) for pair in item.pairs)


def correct_pattern(item: Item) -> tuple[str, ...]:
    """The right responses in the standard xAPI patterns."""
    match item.type:
        case ItemType.NUMERIC | ItemType.CALCULATED:
            return (item.answer,)
        case ItemType.SHORT:
            return item.accept
        case ItemType.ORDER:
            return ("[,]".join(entry.key for entry in item.sequence),)
        case ItemType.RANKING:
            return ("[,]".join(one.key for one in sorted(item.options, key=lambda one: -one.weight)),)
        case ItemType.MATCHING:
            return ("[,]".join(f"{pair.key}[.]{pair.key}" for pair in item.pairs),)
        case ItemType.BEST_WORST:
            ends = (max, min)
            keyed = (pick(item.options, key=lambda one: one.weight) for pick in ends)
            return ("[,]".join(f"{end}[.]{one.key}" for end, one in zip(responses.ENDS, keyed, strict=True)),)
        case ItemType.CLOZE:
            return ("[,]".join(_right_in_gap(gap) for gap in item.gaps),)
        case ItemType.SCENARIO:
            return ("[,]".join(f"{turn}[.]{reply}" for turn, reply in scenario.best_way(item).items()),)
        case ItemType.LONG_TEXT | ItemType.RECORDING:
            return ()
        case _:
            return ("[,]".join(option.key for option in item.options if option.is_right),)


def _right_in_gap(gap: Gap) -> str:
    return next((option.key for option in gap.options if option.is_right), "") if gap.options else gap.accept[0]


def _has_passed(attempt: Attempt) -> bool:
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    Grade.attempt_id == Attempt.id,
                    Grade.passed,
                    Attempt.enrollment_id == attempt.enrollment_id,
                    Attempt.step_key == attempt.step_key,
                )
            )
        )
    )


def learner_of(sitting: Sitting) -> Person:
    row = people.person(sitting.enrollment.user_id)
    if row is None:
        raise LookupError(f"no person {sitting.enrollment.user_id}")
    return Person(row.id, row.name)
