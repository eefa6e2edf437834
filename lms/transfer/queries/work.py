"""One activity and everything that was done in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from lms.catalog import queries as catalog
from lms.db import db
from lms.learning import queries as learning
from lms.learning.models import Enrollment
from lms.people.models import User
from lms.policy import transfer as rules
from lms.policy.outline import Transfer
from lms.transfer.models import (
    Lead,
    Observation,
    PrivateNote,
    ResultReport,
    TallyMark,
    TransferActivity,
    TransferMove,
    WorksheetDraft,
    WorksheetRevision,
)


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One move. `by_name` is empty for what the system did."""

    number: int
    move: str
    from_status: str
    to_status: str
    at: datetime
    by_id: UUID | None
    by_name: str
    capacity: str
    round: int
    revision: int | None
    reason: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RevisionRow:
    number: int
    kind: str
    by_id: UUID
    by_name: str
    at: datetime
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class ObservationRow:
    id: UUID
    observer_id: UUID
    observer_name: str
    observed_on: date
    at: datetime
    mode: str
    minutes: int
    rubric: str
    scores: Mapping[str, Any]
    strength: str
    next_step: str

    @property
    def counts(self) -> bool:
        """Whether it saw anything at all."""
        return rules.has_seen(self.scores)


def activity(activity_id: UUID) -> TransferActivity | None:
    return db.session.get(TransferActivity, activity_id)


def activity_by_step(enrollment_id: UUID, step_key: str) -> TransferActivity | None:
    return db.session.scalar(
        select(TransferActivity).where(
            TransferActivity.enrollment_id == enrollment_id, TransferActivity.step_key == step_key
        )
    )


def enrollment(work: TransferActivity) -> Enrollment:
    found = learning.enrollment(work.enrollment_id)
    if found is None:
        raise LookupError(f"activity {work.id} has no enrollment")
    return found


def definition(work: TransferActivity) -> Transfer:
    """What the author asked for, in the version that the rep is pinned to."""
    return definition_of(enrollment(work), work.step_key)


def definition_of(whose: Enrollment, step_key: str) -> Transfer:
    """Raises LookupError where the course has no transfer activity under this key."""
    return catalog.course(whose.version_id).transfers[step_key]


def draft(activity_id: UUID) -> WorksheetDraft | None:
    return db.session.get(WorksheetDraft, activity_id)


def timeline(activity_id: UUID) -> tuple[TimelineRow, ...]:
    """Oldest first."""
    rows = db.session.execute(
        select(TransferMove, User.name)
        .outerjoin(User, User.id == TransferMove.by_id)
        .where(TransferMove.activity_id == activity_id)
        .order_by(TransferMove.number)
    )
    return tuple(
        TimelineRow(
            row.number,
            row.move,
            row.from_status,
            row.to_status,
            row.at,
            row.by_id,
            name or "",
            row.capacity,
            row.round,
            row.revision,
            row.reason,
            row.data,
        )
        for row, name in rows
    )


def replayed(activity_id: UUID) -> rules.Status:
    """The status that the moves lead to: what the stored one must equal."""
    rows = db.session.execute(
        select(TransferMove.move, TransferMove.capacity)
        .where(TransferMove.activity_id == activity_id)
        .order_by(TransferMove.number)
    )
    return rules.replay((rules.Move(act), rules.Capacity(capacity)) for act, capacity in rows)


def last_move(activity_id: UUID, acts: Iterable[rules.Move]) -> TransferMove | None:
    return db.session.scalar(
        select(TransferMove)
        .where(TransferMove.activity_id == activity_id, TransferMove.move.in_([act.value for act in acts]))
        .order_by(TransferMove.number.desc())
        .limit(1)
    )


def revisions(activity_id: UUID) -> tuple[RevisionRow, ...]:
    """Newest first, without the content."""
    rows = db.session.execute(
        select(
            WorksheetRevision.number,
            WorksheetRevision.kind,
            WorksheetRevision.by_id,
            User.name,
            WorksheetRevision.at,
            WorksheetRevision.acknowledged_at,
        )
        .join(User, User.id == WorksheetRevision.by_id)
        .where(WorksheetRevision.activity_id == activity_id)
        .order_by(WorksheetRevision.number.desc())
    )
    return tuple(RevisionRow(*row) for row in rows)


def revision(activity_id: UUID, number: int | None) -> WorksheetRevision | None:
    if number is None:
        return None
    return db.session.scalar(
        select(WorksheetRevision).where(
            WorksheetRevision.activity_id == activity_id, WorksheetRevision.number == number
        )
    )


def latest_revision(activity_id: UUID) -> WorksheetRevision | None:
    """Of any kind."""
    return db.session.scalar(
        select(WorksheetRevision)
        .where(WorksheetRevision.activity_id == activity_id)
        .order_by(WorksheetRevision.number.desc())
        .limit(1)
    )


def observations(activity_id: UUID) -> tuple[ObservationRow, ...]:
    """Newest first; all are kept, none replaces another."""
    rows = db.session.execute(
        select(
            Observation.id,
            Observation.observer_id,
            User.name,
            Observation.observed_on,
            Observation.at,
            Observation.mode,
            Observation.minutes,
            Observation.rubric,
            Observation.scores,
            Observation.strength,
            Observation.next_step,
        )
        .join(User, User.id == Observation.observer_id)
        .where(Observation.activity_id == activity_id)
        .order_by(Observation.at.desc(), Observation.id)
    )
    return tuple(ObservationRow(*row) for row in rows)


def observation(observation_id: UUID) -> Observation | None:
    return db.session.get(Observation, observation_id)


def observer_ids(activity_id: UUID) -> tuple[UUID, ...]:
    """One per observation that counts: one that had no chance to see anything does not."""
    rows = db.session.execute(
        select(Observation.observer_id, Observation.scores)
        .where(Observation.activity_id == activity_id)
        .order_by(Observation.at, Observation.id)
    )
    return tuple(observer_id for observer_id, scores in rows if rules.has_seen(scores))


def tally_totals(activity_id: UUID) -> dict[str, int]:
    """What the rep tapped, never below zero (a phone may deliver the correction before the tap)."""
    rows = db.session.execute(
        select(TallyMark.number_key, func.sum(TallyMark.delta))
        .where(TallyMark.activity_id == activity_id)
        .group_by(TallyMark.number_key)
        .order_by(TallyMark.number_key)
    )
    return {key: max(int(total), 0) for key, total in rows}


def leads(activity_id: UUID) -> tuple[Lead, ...]:
    return tuple(
        db.session.scalars(select(Lead).where(Lead.activity_id == activity_id).order_by(Lead.position, Lead.id))
    )


def reports(activity_id: UUID) -> tuple[ResultReport, ...]:
    """Newest first."""
    return tuple(
        db.session.scalars(
            select(ResultReport).where(ResultReport.activity_id == activity_id).order_by(ResultReport.number.desc())
        )
    )


def latest_report(activity_id: UUID) -> ResultReport | None:
    return db.session.scalar(
        select(ResultReport)
        .where(ResultReport.activity_id == activity_id)
        .order_by(ResultReport.number.desc())
        .limit(1)
    )


def private_note(activity_id: UUID, author_id: UUID) -> PrivateNote | None:
    """The author's own; there is no read of anybody else's."""
    return db.session.scalar(
        select(PrivateNote).where(PrivateNote.activity_id == activity_id, PrivateNote.author_id == author_id)
    )
