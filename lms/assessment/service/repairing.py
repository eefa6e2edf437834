"""Repairing a question that people have sat. Verdicts are added, never changed; what it would change: `previewing`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from lms.assessment import queries, repair_queries, scoring_queries
from lms.assessment.models import ItemRepair
from lms.assessment.queries import GradeRow, Responses, Sitting
from lms.assessment.service import grading
from lms.assessment.service.sitting import held
from lms.catalog import bank_queries
from lms.catalog.bank_queries import VersionRow
from lms.catalog.markdown import plain
from lms.catalog.models import ItemLine, ItemVersion
from lms.db import db
from lms.errors import RuleViolation
from lms.mail import service as mail
from lms.people.models import User
from lms.policy import repair as rules
from lms.policy.repair import Before, Effect, Regraded, Remedy, Repair
from lms.statements import ledger
from lms.statements.administration import ItemRepaired
from lms.statements.events import Person, Thing

LONGEST_REASON = 500
AT_ONCE = 200  # tests handed in, up to which a decision regrades in one go; more are the worker's
PART = 100
LETTER = """Hello {name},

a question of “{title}”, which you took, was wrong, and your result was worked out again. {passes}

Why: {reason}

The result shows it. Nobody’s result became worse.
"""


class Named(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


def repair_item(
    line: ItemLine,
    number: int,
    remedy: Remedy,
    accepted: Sequence[str],
    *,
    reason: str,
    by: Named,
    at: datetime,
) -> ItemRepair:
    """Decide it for this version of the question, and regrade every attempt that is the better for it.

    Each regrade is a verdict of its own, said to the record and to the learner; a pass opens what it opens. Attempts
    that are open now are graded by the decision when they are handed in. Where many tests were handed in, the worker
    works them off (`work_off`), and the decision says how far it is.
    """
    if not reason.strip():
        raise RuleViolation("item_reason_missing")
    asked = wanted(line, number, remedy, accepted)
    version = version_of(line, number)
    already = queries.repairs(line.line_id)
    if asked in already:
        raise RuleViolation("repair_decided_already")
    decision = ItemRepair(
        id=uuid4(),
        item_version_id=version.id,
        remedy=remedy.value,
        accepted=list(asked.accepted),
        reason=reason.strip()[:LONGEST_REASON],
        decided_at=at,
        decided_by_id=by.id,
    )
    db.session.add(decision)
    db.session.flush()
    actor = Person(by.id, by.name)
    queries.hold_sitters(line.line_id)
    decision.sat = repair_queries.handed_in(line.line_id)
    if decision.sat <= AT_ONCE:
        _look_through(decision, line, number, (*already, asked), AT_ONCE + 1, by=actor, at=at)
    ledger.record(
        ItemRepaired(
            at=at,
            actor=actor,
            learner=actor,
            record_id=decision.id,
            reason=decision.reason,
            item=Thing(line.key, plain(version.item.prompt), number),
            facts=(("remedy", remedy.value), ("line_id", str(line.line_id))),
        )
    )
    return decision


def is_large(line: ItemLine) -> bool:
    """Whether so many tests were handed in that a request would take too long to look through them."""
    return repair_queries.handed_in(line.line_id) > AT_ONCE


def work_off(repair_id: UUID, at: datetime) -> ItemRepair:
    """Work out the next part of the attempts that a decision is about. The caller commits: a part is done or not."""
    decision = db.session.get_one(ItemRepair, repair_id, with_for_update=True, populate_existing=True)
    if decision.finished_at is not None:
        return decision
    version = db.session.get_one(ItemVersion, decision.item_version_id)
    line = db.session.get_one(ItemLine, version.item_id)
    decider = db.session.get_one(User, decision.decided_by_id)
    decided = queries.repairs(line.line_id)
    _look_through(decision, line, version.number, decided, PART, by=Person(decider.id, decider.name), at=at)
    return decision


def _look_through(
    decision: ItemRepair,
    line: ItemLine,
    number: int,
    decided: Sequence[Repair],
    limit: int,
    *,
    by: Person,
    at: datetime,
) -> None:
    sat, looked = repair_queries.sat_after(line.line_id, line.key, number, decision.last_attempt_id, limit)
    answers = scoring_queries.judged([sitting.attempt.id for sitting, _, _ in sat])
    better = [
        sitting
        for sitting, grade, _ in sat
        if regraded(sitting, grade, decided, answers[sitting.attempt.id]).outcome is not None
    ]
    decision.changed += sum(_regrade(held(sitting), decided, decision, by=by, at=at) for sitting in better)
    decision.looked += len(looked)
    if looked:
        decision.last_attempt_id = looked[-1]
    if len(looked) < limit:
        decision.finished_at = at
    db.session.flush()


def version_of(line: ItemLine, number: int) -> VersionRow:
    found = next((one for one in bank_queries.versions(line.id) if one.number == number), None)
    if found is None:
        raise RuleViolation("item_unknown", item=line.key)
    return found


def wanted(line: ItemLine, number: int, remedy: Remedy, accepted: Sequence[str]) -> Repair:
    """The repair, checked against the version it is about."""
    kept = tuple(dict.fromkeys(answer.strip() for answer in accepted if answer.strip()))
    found = Repair(line.key, number, remedy, kept if remedy is Remedy.ACCEPT else ())
    rules.check(version_of(line, number).item, found)
    return found


def regraded(sitting: Sitting, grade: GradeRow, decided: Sequence[Repair], answers: Responses) -> Regraded:
    items = {item.key: item for item in sitting.items}
    before = Before(grade.earned, grade.possible, grade.passed)
    return rules.regraded(sitting.form, items, answers, decided, before)


def _regrade(sitting: Sitting, decided: Sequence[Repair], decision: ItemRepair, *, by: Person, at: datetime) -> bool:
    """Read again under the lock, so that two decisions at once both count."""
    rows = queries.attempts_of(sitting.enrollment.id, sitting.attempt.step_key)
    latest = next((row.grade for row in rows if row.id == sitting.attempt.id), None)
    if latest is None:
        return False
    attempt_id = sitting.attempt.id
    found = regraded(sitting, latest, decided, scoring_queries.judged([attempt_id])[attempt_id])
    if found.outcome is None:
        return False
    learner = grading.learner_of(sitting)
    passed_id = grading.add_grade(
        sitting, found.outcome, number=latest.number + 1, cause=grading.REPAIRED, learner=learner, by=by, at=at
    )
    if found.effect is Effect.PASSES_NOW:
        grading.progress(sitting, found.outcome, learner=learner, passed_id=passed_id, at=at)
    _tell(sitting, found, decision, at)
    return True


def _tell(sitting: Sitting, found: Regraded, decision: ItemRepair, at: datetime) -> None:
    learner = db.session.get_one(User, sitting.enrollment.user_id)
    title = sitting.form.title
    passes = "You pass it now." if found.effect is Effect.PASSES_NOW else "You have more points than before."
    mail.owe(
        learner.email,
        user_id=learner.id,
        kind="item_repaired",
        subject=f"A question of “{title}” was repaired",
        text=LETTER.format(name=learner.name, title=title, passes=passes, reason=decision.reason),
        at=at,
        dedupe_key=f"item_repaired/{decision.id}/{sitting.attempt.id}",
    )
