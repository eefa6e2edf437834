"""What a repair would change: at once where few tests were handed in, by the worker where many were."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID, uuid4

from sqlalchemy import delete

from lms.assessment import queries, repair_queries, scoring_queries
from lms.assessment.models import RepairPreview
from lms.assessment.queries import GradeRow, Sitting
from lms.assessment.repair_queries import KEPT, MOST_SHOWN, Change, Preview
from lms.assessment.service import repairing
from lms.assessment.service.repairing import Named
from lms.catalog.models import ItemLine, ItemVersion
from lms.db import db
from lms.policy.repair import Effect, Regraded, Remedy, Repair


@dataclass(frozen=True, slots=True)
class _Found:
    sitting: Sitting
    person: str
    before: GradeRow
    found: Regraded


def preview(line: ItemLine, number: int, remedy: Remedy, accepted: Sequence[str]) -> Preview:
    """Whose verdict would change. Writes nothing."""
    decided = (*queries.repairs(line.line_id), repairing.wanted(line, number, remedy, accepted))
    sat = repair_queries.sat_with(line.line_id, line.key, number)
    changes = [_change(one) for one in _changed(sat, decided)]
    effects = [one.effect for one in changes]
    return Preview(
        len(sat), effects.count(Effect.PASSES_NOW), effects.count(Effect.MORE_POINTS), tuple(changes[:MOST_SHOWN])
    )


def ask_preview(
    line: ItemLine, number: int, remedy: Remedy, accepted: Sequence[str], *, by: Named, at: datetime
) -> RepairPreview:
    """Have the worker find out. One that is under way or still true is taken again; old ones go."""
    wanted = repairing.wanted(line, number, remedy, accepted)
    version = repairing.version_of(line, number)
    db.session.execute(delete(RepairPreview).where(RepairPreview.asked_at <= at - KEPT))
    found = repair_queries.asked_preview(line.line_id, version.id, wanted, at)
    if found is not None:
        return found
    asked = RepairPreview(
        id=uuid4(),
        item_version_id=version.id,
        remedy=remedy.value,
        accepted=list(wanted.accepted),
        asked_at=at,
        asked_by_id=by.id,
        handed_in=repair_queries.handed_in(line.line_id),
        changes=[],
    )
    db.session.add(asked)
    db.session.flush()
    return asked


def work_off_preview(preview_id: UUID, at: datetime) -> RepairPreview:
    """Look through the next part. The caller commits: a part is counted or not."""
    asked = db.session.get_one(RepairPreview, preview_id, with_for_update=True, populate_existing=True)
    if asked.finished_at is not None:
        return asked
    version = db.session.get_one(ItemVersion, asked.item_version_id)
    line = db.session.get_one(ItemLine, version.item_id)
    wanted = Repair(line.key, version.number, Remedy(asked.remedy), tuple(asked.accepted))
    decided = (*queries.repairs(line.line_id), wanted)
    sat, looked = repair_queries.sat_after(
        line.line_id, line.key, version.number, asked.last_attempt_id, repairing.PART
    )
    changed = list(_changed(sat, decided))
    asked.sat += len(sat)
    asked.looked += len(looked)
    asked.passes += sum(one.found.effect is Effect.PASSES_NOW for one in changed)
    asked.gains += sum(one.found.effect is Effect.MORE_POINTS for one in changed)
    room = MOST_SHOWN - len(asked.changes)
    asked.changes = [*asked.changes, *(_kept(one) for one in changed[:room])]
    if looked:
        asked.last_attempt_id = looked[-1]
    if len(looked) < repairing.PART:
        asked.finished_at = at
    db.session.flush()
    return asked


def _changed(sat: Sequence[tuple[Sitting, GradeRow, str]], decided: Sequence[Repair]) -> Iterator[_Found]:
    answers = scoring_queries.judged([sitting.attempt.id for sitting, _, _ in sat])
    for sitting, grade, person in sat:
        found = repairing.regraded(sitting, grade, decided, answers[sitting.attempt.id])
        if found.outcome is not None:
            yield _Found(sitting, person, grade, found)


def _change(one: _Found) -> Change:
    kept = _kept(one)
    return repair_queries.change(kept, one.person, one.sitting.attempt.step_key, one.sitting.attempt.number)


def _kept(one: _Found) -> dict[str, str | int | bool]:
    """As `repair_queries.change` reads it again; whose it is stands with the attempt, not here."""
    verdict = one.found.outcome.verdict if one.found.outcome is not None else None
    return {
        "attempt_id": str(one.sitting.attempt.id),
        "effect": one.found.effect.value,
        "earned": str(verdict.earned if verdict else Fraction(0)),
        "possible": verdict.possible if verdict else 0,
        "was_earned": str(one.before.earned),
        "was_possible": one.before.possible,
        "was_passed": one.before.passed,
    }
