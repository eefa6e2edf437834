"""A person scores what no key can: first whoever comes first; another look at it is `rescoring`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4, uuid5

from lms.assessment import queries, scoring_queries, waiting_queries
from lms.assessment.models import AttemptScoring
from lms.assessment.queries import Sitting
from lms.assessment.scoring_queries import ScoringRow
from lms.assessment.service import grading, telling
from lms.assessment.service.grading import Graded
from lms.assessment.service.sitting import held
from lms.catalog.markdown import plain
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import queries as learning_queries
from lms.learning.service import Opened
from lms.policy import grading as rules
from lms.policy import repair, responses, rubric
from lms.policy.items import Item
from lms.policy.outline import Purpose
from lms.policy.rubric import LONGEST_COMMENT
from lms.statements import ledger
from lms.statements.events import AnswerScored, Person, Thing

LONGEST_REASON = 500


class Named(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Marks:
    """What was marked for one answer: level and comment by criterion key."""

    levels: Mapping[str, object]
    comments: Mapping[str, str] = field(default_factory=dict)


def score_attempt(sitting: Sitting, marks: Mapping[str, Marks], *, by: Named, at: datetime, reason: str = "") -> Graded:
    """Keep the levels, give the verdict and open what it opens, in one act. Who stands in for a late manager says why.

    The same marks sent again by the same person change nothing. Anybody else is told what the first decided.
    """
    if by.id == sitting.enrollment.user_id:
        raise RuleViolation("own_work")
    sitting = held(sitting)
    attempt = sitting.attempt
    answers = queries.responses(attempt.id)
    waiting = rules.needs_person(sitting.items, answers)
    if attempt.state != "awaiting_review":
        return _already(sitting, waiting, marks, by)
    kept = {item.key: checked(item, marks.get(item.key, Marks({}))) for item in waiting}
    stands_in = waiting_queries.stands_in(attempt.id, sitting.enrollment.user_id, by.id, at)
    if stands_in and not reason.strip():
        raise RuleViolation("score_needs_reason")
    scoring = AttemptScoring(
        id=uuid4(),
        attempt_id=attempt.id,
        scored_at=at,
        scored_by_id=by.id,
        marks=kept,
        reason=reason.strip()[:LONGEST_REASON] if stands_in else "",
    )
    db.session.add(scoring)
    # What the clock closed stays marked: it is no measure of what somebody knows.
    attempt.state = "expired" if attempt.closed_at == attempt.deadline_at else "graded"
    db.session.flush()
    judged = scoring_queries.with_levels(answers, kept)
    items = {item.key: item for item in sitting.items}
    outcome = repair.outcome(sitting.form, items, judged, queries.repairs(sitting.enrollment.line_id))
    learner, actor = grading.learner_of(sitting), Person(by.id, by.name)
    for item in waiting:
        record(sitting, item, scoring, judged[item.key], learner=learner, by=actor, at=at)
    passed_id = grading.add_grade(sitting, outcome, number=1, cause=grading.SCORED, learner=learner, by=actor, at=at)
    telling.tell_learner(sitting, by.name, _result(sitting, outcome.passed), at=at)
    return grading.progress(sitting, outcome, learner=learner, passed_id=passed_id, at=at)


def _already(sitting: Sitting, waiting: tuple[Item, ...], marks: Mapping[str, Marks], by: Named) -> Graded:
    first = scoring_queries.scoring(sitting.attempt.id)
    if first is None:
        raise RuleViolation("attempt_not_awaiting")
    rows = queries.attempts_of(sitting.enrollment.id, sitting.attempt.step_key)
    grade = next((row.grade for row in rows if row.id == sitting.attempt.id), None)
    passed = grade is not None and grade.passed
    if first.scored_by_id == by.id and _is_same(first, waiting, marks):
        return Graded(passed, Opened(), is_new=False)
    raise RuleViolation(
        "attempt_scored_already", who=first.scored_by, at=first.scored_at, result=_result(sitting, passed)
    )


def _is_same(first: ScoringRow, waiting: tuple[Item, ...], marks: Mapping[str, Marks]) -> bool:
    try:
        return {item.key: checked(item, marks.get(item.key, Marks({}))) for item in waiting} == first.marks
    except RuleViolation:
        return False


def _result(sitting: Sitting, passed: bool) -> str:
    if sitting.form.purpose != Purpose.POST:
        return "taken"
    return "passed" if passed else "not passed yet"


def checked(item: Item, marks: Marks) -> dict[str, Any]:
    if item.rubric is None:
        raise LookupError(f"{item.key} has no rubric")
    comments = {one.key: marks.comments.get(one.key, "").strip() for one in item.rubric.criteria}
    if any(len(text) > LONGEST_COMMENT for text in comments.values()):
        raise RuleViolation("score_comment_too_long", longest=LONGEST_COMMENT)
    return {
        "levels": rubric.checked(item.rubric, marks.levels),
        "comments": {key: text for key, text in comments.items() if text},
    }


def record(
    sitting: Sitting,
    item: Item,
    scoring: AttemptScoring,
    judged: Mapping[str, Any],
    *,
    learner: Person,
    by: Person,
    at: datetime,
) -> None:
    ledger.record(
        AnswerScored(
            at=at,
            actor=by,
            learner=learner,
            record_id=uuid5(scoring.id, item.key),
            place=learning_queries.place(sitting.enrollment, sitting.attempt.step_key),
            attempt_id=sitting.attempt.id,
            item=Thing(item.key, plain(item.prompt, sitting.course.glossary), item.version),
            interaction=responses.INTERACTION[item.type],
            purpose=sitting.form.purpose,
            share=rules.grade(item, judged).share,
            reason=scoring.reason,
            rubric=item.rubric.key if item.rubric else "",
            levels=tuple(judged["levels"].items()),
        )
    )
