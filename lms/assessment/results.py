"""What the result page shows: the verdict in words, each objective, and feedback as far as the policy goes now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from lms.assessment import answers_shown, queries, scoring_queries
from lms.assessment.answers_shown import AnswerView
from lms.assessment.queries import AttemptRow, GradeRow, Sitting
from lms.assessment.scoring_queries import ScoringRow
from lms.learning import pages, questions
from lms.learning import queries as learning_queries
from lms.learning.pages import Addresses
from lms.learning.questions import QuestionView
from lms.policy import attempts, grading, sequencing
from lms.policy.attempts import Start, StartState
from lms.policy.outline import Assessment, Course, Module
from lms.policy.sequencing import Facts
from lms.web.wording import sentence


@dataclass(frozen=True, slots=True)
class ObjectiveRow:
    title: str
    earned: Fraction
    possible: int
    is_below_floor: bool


@dataclass(frozen=True, slots=True)
class ResultView:
    course: Course
    module: Module
    title: str
    purpose: str
    number: int
    grade: GradeRow
    objectives: tuple[ObjectiveRow, ...]
    questions: tuple[QuestionView, ...]  # those whose answers are shown
    kept_back: int  # how many others there are
    is_never_shown: bool  # no answer of this form is ever shown
    unanswered: int
    right: int
    asked: int
    needed: Fraction  # points to pass
    tested_out: bool
    test_out_right: int | None
    start: Start | None
    why_not: str
    start_href: str
    next: pages.NextAction | None
    trail: str
    seconds: int
    attempts: tuple[AttemptRow, ...]
    scoring: ScoringRow | None  # who scored what no key can, and what was marked
    scored: tuple[AnswerView, ...]
    repaired: tuple[tuple[str, str], ...]  # questions that count otherwise than by their first key: prompt, why
    repaired_at: datetime | None


def result(sitting: Sitting, at: datetime, *, may_hear: bool) -> ResultView | None:
    """None while the attempt is not graded."""
    module, step = sitting.place
    rows = queries.attempts_of(sitting.enrollment.id, sitting.attempt.step_key)
    mine = next((row for row in rows if row.id == sitting.attempt.id), None)
    if mine is None or mine.grade is None:
        return None
    start = None
    if isinstance(step, Assessment):
        granted = queries.grants(sitting.enrollment.id, sitting.attempt.step_key)
        start = queries.start_of(step, rows, granted, at)
    is_exhausted = start is not None and start.state is StartState.EXHAUSTED
    has_passed = any(row.grade is not None and row.grade.passed for row in rows)
    facts = learning_queries.facts(sitting.enrollment.id)
    course = learning_queries.course_of(sitting.enrollment)
    to = Addresses(sitting.enrollment.id)
    shown = [
        attempts.shows_answer(sitting.form, item, has_passed=has_passed, is_exhausted=is_exhausted)
        for item in sitting.items
    ]
    answers = queries.responses(sitting.attempt.id)
    scoring = None
    if any(item.is_scored_by_person for item in sitting.items):
        scoring = scoring_queries.scoring(sitting.attempt.id)
        answers = scoring_queries.with_levels(answers, scoring.marks) if scoring else answers
    scores = _scores(sitting, answers, mine.grade)
    # The first verdict cannot be a repair; and a score that was looked at again does not undo one.
    repaired_at = queries.repaired_at(sitting.attempt.id) if mine.grade.number > 1 else None
    return ResultView(
        course=course,
        module=module,
        title=sitting.form.title,
        purpose=sitting.form.purpose,
        number=sitting.attempt.number,
        grade=mine.grade,
        objectives=_objectives(sitting.course, mine.grade) if attempts.shows_objectives(sitting.form) else (),
        questions=_questions(sitting, answers, scores, shown),
        kept_back=shown.count(False),
        is_never_shown=not any(attempts.tells_key(sitting.form, item) for item in sitting.items),
        unanswered=sum(not score.is_answered for score in scores.values()),
        right=int(mine.grade.detail.get("right", 0)),
        asked=len(scores),
        needed=Fraction(sitting.form.threshold_bp * mine.grade.possible, grading.FULL_BP),
        tested_out=_tested_out(sitting, module, facts),
        test_out_right=sitting.form.test_out_right,
        start=start,
        why_not=""
        if start is None or not start.code
        else sentence(start.code, allowed=start.allowed, opens_at=start.opens_at),
        start_href=to.of(step, sitting.attempt.step_key),
        next=next_of(sitting, course, facts, to, at),
        trail=to.trail,
        seconds=int(((mine.closed_at or at) - mine.started_at).total_seconds()),
        attempts=rows,
        scoring=scoring,
        scored=answers_shown.scored_answers(sitting, answers, scoring, may_hear=may_hear) if scoring else (),
        repaired=_repaired(sitting) if repaired_at is not None else (),
        repaired_at=repaired_at,
    )


def _repaired(sitting: Sitting) -> tuple[tuple[str, str], ...]:
    reasons = queries.repair_reasons(sitting.enrollment.line_id)
    found = ((item.prompt, reasons.get((item.key, item.version))) for item in sitting.items)
    return tuple((prompt, reason) for prompt, reason in found if reason is not None)


def _scores(sitting: Sitting, answers: queries.Responses, grade: GradeRow) -> dict[str, grading.ItemScore]:
    """What each answer earned by the verdict that stands: a repair may have given more than the key did."""
    kept = grade.detail.get("items", {})
    scores = {}
    for item in sitting.items:
        score = grading.grade(item, answers.get(item.key, {}))
        scores[item.key] = replace(score, share=Fraction(kept.get(item.key, {}).get("share", score.share)))
    return scores


def _objectives(course: Course, grade: GradeRow) -> tuple[ObjectiveRow, ...]:
    titles = {objective.key: objective.title for objective in course.objectives}
    below = set(grade.detail.get("below_floor", ()))
    return tuple(
        ObjectiveRow(titles.get(key, key), Fraction(kept["earned"]), kept["possible"], key in below)
        for key, kept in grade.detail.get("objectives", {}).items()
    )


def _questions(
    sitting: Sitting, answers: queries.Responses, scores: dict[str, grading.ItemScore], shown: Sequence[bool]
) -> tuple[QuestionView, ...]:
    rendered = pages.renderer(sitting.enrollment, sitting.course, sitting.place[0])
    pairs: Sequence[tuple] = tuple(zip(sitting.items, sitting.form.items, strict=True))
    return tuple(
        questions.view(number, item, on_form, rendered, answers.get(item.key, {}), score=scores[item.key])
        for number, (item, on_form) in enumerate(pairs, 1)
        # What a person scored is told by itself, with what was marked.
        if shown[number - 1] and not (item.is_scored_by_person and scores[item.key].is_answered)
    )


def _tested_out(sitting: Sitting, module: Module, facts: Facts) -> bool:
    """Whether this pre-test did the module's learning."""
    if sitting.form.test_out_right is None:
        return False
    return any(key in facts.done and facts.done[key].how == "tested_out" for key in sequencing.required_keys(module))


def next_of(sitting: Sitting, course: Course, facts: Facts, to: Addresses, at: datetime) -> pages.NextAction | None:
    if sitting.enrollment.state != "active":
        return None
    return pages.next_action(course, facts, sequencing.resolve(course, facts, at), to)
