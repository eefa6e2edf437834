"""Who may decide about an activity today, whose turn it is, and who is prepared.

Guards and services ask here, so that no page offers what the service would refuse. The day is the company's.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from lms import clock
from lms.catalog import queries as catalog
from lms.db import db
from lms.errors import RuleViolation
from lms.learning import queries as learning
from lms.people import queries as people
from lms.people.queries import Turn
from lms.policy import transfer as rules
from lms.policy.access import Subject
from lms.policy.outline import Preparation
from lms.transfer.models import TransferActivity, TransferMove
from lms.transfer.queries.work import definition, enrollment, last_move


@dataclass(frozen=True, slots=True)
class WaitsOn:
    """Whose turn it is. `kind`: rep, approver or nobody (closed)."""

    kind: str
    person_id: UUID | None = None
    name: str = ""
    delegates: tuple[str, ...] = ()
    stand_in: str = ""


@dataclass(frozen=True, slots=True)
class Preparedness:
    """Whether somebody has been through the manager's edition, and whether that keeps them from deciding.

    `edition_line_id` is None when no manager's edition was published: then nobody can be asked for it.
    """

    rule: Preparation
    is_prepared: bool
    is_overridden: bool
    edition_line_id: UUID | None
    blocks: bool


def owner_subject(rep_id: UUID, at: datetime) -> Subject:
    """For pages of an activity that has no row yet."""
    return people.subject(rep_id, clock.company_day(at))


def turn_of(activity: TransferActivity) -> Turn | None:
    """How long it has waited on the manager; None while it does not."""
    if activity.waiting_since is None:
        return None
    return Turn(
        activity.rep_id,
        activity.waiting_since,
        definition(activity).review_days,
        activity.review_due_on,
        activity.reminded_at,
        activity.escalated_to_id,
        activity.escalated_at,
    )


def stand_in_id(activity: TransferActivity, at: datetime) -> UUID | None:
    """To whom it is escalated, as long as they stand above the rep or are an admin: as `people.standing_in` has it."""
    return people.standing_in(activity.rep_id, activity.escalated_to_id, at)


def review_subject(activity: TransferActivity, at: datetime) -> Subject:
    """The rep, their line and whoever may decide today, an escalation included."""
    stand_in = stand_in_id(activity, at)
    extra = frozenset({stand_in} if stand_in else ())
    return people.subject(activity.rep_id, clock.company_day(at), extra_approvers=extra)


def relation(activity: TransferActivity, person_id: UUID, at: datetime) -> rules.Relation:
    """How this person stands to the rep today; what every decision is checked against."""
    on = clock.company_day(at)
    approvers = people.acting_approvers(activity.rep_id, on)
    is_in_line = person_id == approvers.manager_id
    return rules.Relation(
        actor_id=person_id,
        rep_id=activity.rep_id,
        approvers=approvers.all,
        manager_id=approvers.manager_id,
        delegate_ids=approvers.delegate_ids,
        escalated_to_id=stand_in_id(activity, at),
        below=frozenset() if is_in_line else people.people_below(activity.rep_id, on),
    )


def earliest_day(activity: TransferActivity, zone: str) -> date:
    """The local day on which the rep could begin: nothing of the activity happened before."""
    work = enrollment(activity)
    return clock.local_day(work.activated_at or work.assigned_at, zone)


def submitted_day(activity: TransferActivity, zone: str) -> date:
    """The local day of this round's submission; before any, the day the rep could begin."""
    last = last_move(activity.id, (rules.Move.SUBMIT,))
    return clock.local_day(last.at, zone) if last else earliest_day(activity, zone)


def capacity_of(activity: TransferActivity, person_id: UUID, at: datetime) -> rules.Capacity | None:
    """As what this person may decide today; None when they may not."""
    try:
        return rules.deciding_capacity(relation(activity, person_id, at))
    except RuleViolation:
        return None


def waits_on(activity: TransferActivity, at: datetime) -> WaitsOn:
    status = rules.Status(activity.status)
    if status in rules.TERMINAL:
        return WaitsOn("nobody")
    if activity.waiting_since is None:
        rep = people.person(activity.rep_id)
        return WaitsOn("rep", activity.rep_id, rep.name if rep else "")
    approvers = people.acting_approvers(activity.rep_id, clock.company_day(at))
    stand_in_now = stand_in_id(activity, at)
    known = people.people(approvers.all | {stand_in_now or activity.rep_id})
    manager = known.get(approvers.manager_id) if approvers.manager_id else None
    if manager is None:  # nobody above the rep: enablement decides
        manager = next((row for row in known.values() if row.id in approvers.all), None)
    stand_in = known.get(stand_in_now) if stand_in_now else None
    return WaitsOn(
        "approver",
        manager.id if manager else None,
        manager.name if manager else "",
        tuple(row.name for row in known.values() if row.id in approvers.delegate_ids),
        stand_in.name if stand_in else "",
    )


def may_remind_from(activity: TransferActivity) -> date | None:
    """The first day on which the rep may remind the approver: a working day after it began to wait or after the
    last reminder, whoever sent it. None while it waits on nobody else.
    """
    if activity.waiting_since is None or rules.Status(activity.status) not in rules.WAITING:
        return None
    last = last_move(activity.id, (rules.Move.REMIND,))
    since = max(activity.waiting_since, last.at) if last else activity.waiting_since
    return clock.add_working_days(clock.company_day(since), 1)


def preparation(activity: TransferActivity, person_id: UUID) -> Preparedness:
    rule = definition(activity).preparation
    version = catalog.version(enrollment(activity).version_id)
    edition = catalog.edition_line(version.line_id) if version else None
    is_prepared = edition is None or edition.id in learning.satisfied_lines(person_id)
    is_overridden = not is_prepared and is_preparation_overridden(activity.id)
    return Preparedness(
        rule,
        is_prepared,
        is_overridden,
        edition.id if edition else None,
        rules.blocks_unprepared(rule, is_prepared=is_prepared, is_overridden=is_overridden),
    )


def is_preparation_overridden(activity_id: UUID) -> bool:
    """By an admin, for this activity."""
    found = db.session.scalar(
        select(TransferMove.id)
        .where(TransferMove.activity_id == activity_id, TransferMove.move == rules.Move.OVERRIDE.value)
        .limit(1)
    )
    return found is not None
