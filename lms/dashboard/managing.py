"""What a home page opens with for somebody who decides about others: the oldest request, prepared or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from lms.catalog import queries as catalog
from lms.dashboard.today import NextThing
from lms.db import db
from lms.learning import queries as learning
from lms.people import queries as people
from lms.policy.outline import Edition, Preparation
from lms.policy.transfer import Capacity, Status
from lms.transfer.models import TransferMove
from lms.transfer.queries import QueueRow


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
    edition_of = {line.edition_of_id: line for line in catalog.lines() if line.edition is Edition.MANAGER}
    satisfied = learning.satisfied_lines(person_id)
    begun = {row.line_id: row.id for row in learning.open_enrollments(person_id)}
    overridden = _overridden(queue)
    asked: dict[UUID, list[bool]] = {}
    titles: dict[UUID, str] = {}
    for row in queue:
        version = catalog.version(row.version_id)
        edition = edition_of.get(version.line_id) if version else None
        rule = catalog.course(row.version_id).transfers[row.step_key].preparation
        if edition is None or edition.id in satisfied or rule is Preparation.NONE or row.activity_id in overridden:
            continue
        titles[edition.id] = edition.title
        asked.setdefault(edition.id, []).append(rule is Preparation.REQUIRED)
    hints = (
        EditionHint(line_id, titles[line_id], begun.get(line_id), any(required), len(required))
        for line_id, required in asked.items()
    )
    return tuple(sorted(hints, key=lambda hint: (not hint.is_required, -hint.waiting, hint.title)))


def _overridden(queue: Sequence[QueueRow]) -> frozenset[UUID]:
    return frozenset(
        db.session.scalars(
            select(TransferMove.activity_id).where(
                TransferMove.activity_id.in_([row.activity_id for row in queue]), TransferMove.move == "override"
            )
        )
    )


def manager_next(queue: Sequence[QueueRow], hints: Sequence[EditionHint], on: date) -> NextThing | None:
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
    title, action = {
        Status.IN_REVIEW.value: (f"Review {_whose(row.rep_name)} worksheet", "Review"),
        Status.RESULTS_IN.value: (f"Confirm {_whose(row.rep_name)} numbers", "Confirm"),
        Status.APPROVED.value: (f"Hand the field work over to {row.rep_name}", "Hand over"),
    }.get(row.status, (row.title, "Open"))
    days = f"{row.days} day" + ("" if row.days == 1 else "s")
    why = f"“{row.title}”" + (f", round {row.round}" if row.round > 1 else "")
    if row.capacity == Capacity.STAND_IN.value:
        why += f"; escalated to you: waited {days} on {_manager_of(row.rep_id, on)}"
    else:
        why += "; waits since today" if row.days == 0 else f"; waits for {days}"
        why += ", overdue" if row.is_overdue else ""
    values = {"activity_id": row.activity_id}
    return NextThing(title, why, action, "transfer.review", values, row.minutes, kicker="Oldest decision")


def _manager_of(rep_id: UUID, on: date) -> str:
    manager_id = people.acting_approvers(rep_id, on).manager_id
    manager = people.person(manager_id) if manager_id else None
    return manager.name if manager else "their manager"


def _whose(name: str) -> str:
    return f"{name}’" if name.endswith("s") else f"{name}’s"
