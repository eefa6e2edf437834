"""A score is looked at again: a record of its own with its cause, a verdict of its own, and a word to the learner."""

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from lms import clock
from lms.assessment import queries, scoring_queries
from lms.assessment.models import AttemptScoring
from lms.assessment.queries import Sitting
from lms.assessment.scoring_queries import ScoringRow
from lms.assessment.service import grading, scoring, telling
from lms.assessment.service.grading import Graded
from lms.assessment.service.scoring import LONGEST_REASON, Marks, Named
from lms.assessment.service.sitting import held
from lms.db import db
from lms.errors import RuleViolation
from lms.learning.service import Opened
from lms.people import queries as people
from lms.policy import grading as rules
from lms.policy import repair, rescoring
from lms.policy.attempts import Outcome
from lms.policy.outline import Purpose
from lms.policy.repair import Before
from lms.statements.events import Person


def is_correction(sitting: Sitting, *, by: Named, at: datetime) -> bool:
    """Whether this person would correct their own score; otherwise they would repair it. Refused for anybody else."""
    if by.id == sitting.enrollment.user_id:
        raise RuleViolation("own_work")
    rows = scoring_queries.scorings(sitting.attempt.id)
    if not rows:
        raise RuleViolation("attempt_not_scored")
    return rescoring.may_revise(
        is_scorer=rows[-1].scored_by_id == by.id,
        is_built_on=scoring_queries.is_built_on(sitting, rows[0].scored_at),
        is_admin=by.id in people.admins(clock.company_day(at)),
    )


def revise_score(
    sitting: Sitting, marks: Mapping[str, Marks], *, seen: int, reason: str, by: Named, at: datetime
) -> Graded:
    """Keep other levels beside the ones before, and the verdict that they give.

    `seen`: the number of the score that was on the page. Of two people in the same moment the second is told so; the
    same revision sent again by the same person changes nothing.
    """
    sitting = held(sitting)
    answers = queries.responses(sitting.attempt.id)
    items = {item.key: item for item in sitting.items}
    waiting = rules.needs_person(sitting.items, answers)
    last = scoring_queries.scoring(sitting.attempt.id)
    if last is None:
        raise RuleViolation("attempt_not_scored")
    kept = {item.key: scoring.checked(item, marks.get(item.key, Marks({}))) for item in waiting}
    why = reason.strip()[:LONGEST_REASON]
    before = _verdict(sitting)
    if last.number != seen:
        if last.number == seen + 1 and (last.scored_by_id, last.marks, last.reason) == (by.id, kept, why):
            return Graded(before.passed, Opened(), is_new=False)
        raise RuleViolation("score_outdated", who=last.scored_by, at=last.scored_at)
    corrects = is_correction(sitting, by=by, at=at)
    if not why:
        raise RuleViolation("revision_needs_reason")
    changed = [item for item in waiting if kept[item.key] != last.marks.get(item.key)]
    if not changed:
        raise RuleViolation("score_unchanged")
    judged = scoring_queries.with_levels(answers, kept)
    outcome = repair.outcome(sitting.form, items, judged, queries.repairs(sitting.enrollment.line_id))
    is_gate = sitting.form.purpose == Purpose.POST
    stands = Before(before.earned, before.possible, before.passed and is_gate)
    rescoring.check(stands, outcome, is_correction=corrects)
    row = AttemptScoring(
        id=uuid4(),
        attempt_id=sitting.attempt.id,
        number=last.number + 1,
        scored_at=at,
        scored_by_id=by.id,
        marks=kept,
        reason=why,
    )
    db.session.add(row)
    db.session.flush()
    learner, actor = grading.learner_of(sitting), Person(by.id, by.name)
    for item in changed:
        scoring.record(sitting, item, row, judged[item.key], learner=learner, by=actor, at=at)
    passed_id = grading.add_grade(
        sitting, outcome, number=before.number + 1, cause=grading.RESCORED, learner=learner, by=actor, at=at
    )
    passes_now = outcome.passed and not before.passed
    change = "You pass it now." if passes_now and is_gate else _change(row, last, stands, outcome)
    telling.tell_revised(sitting, by.name, change, why, number=row.number, at=at)
    if not passes_now:
        return Graded(outcome.passed, Opened())
    return grading.progress(sitting, outcome, learner=learner, passed_id=passed_id, at=at)


def _verdict(sitting: Sitting) -> queries.GradeRow:
    """The one that stands; whatever was scored has one."""
    rows = queries.attempts_of(sitting.enrollment.id, sitting.attempt.step_key)
    grade = next((row.grade for row in rows if row.id == sitting.attempt.id), None)
    if grade is None:
        raise RuleViolation("attempt_not_scored")
    return grade


def _change(row: AttemptScoring, last: ScoringRow, before: Before, outcome: Outcome) -> str:
    """What is different now, in the words of the letter."""
    if all(row.marks[key]["levels"] == last.marks.get(key, {}).get("levels") for key in row.marks):
        return "The levels stay; a comment is different."
    verdict = outcome.verdict
    share = verdict.earned / verdict.possible if verdict.possible else before.share
    if share == before.share:
        return "Levels are different; your points stay."
    return "You have more points than before." if share > before.share else "You have fewer points than before."
