"""In the field: accounts handed over, taps on the phone, what other people observed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.people import queries as people
from lms.policy import transfer as rules
from lms.policy.transfer import Move, Status
from lms.policy.worksheet import clean_text
from lms.statements.events import LeadsHandedOver, RepObserved
from lms.transfer import queries
from lms.transfer.models import Lead, Observation, TallyMark, TransferActivity
from lms.transfer.service import moves, telling
from lms.transfer.service.moves import Named

MODES = frozenset({"live", "recorded", "joint"})
LONGEST_OBSERVATION = 600  # minutes
MOST_LEADS = 500
LEAD_LENGTHS = {"name": 200, "crm_key": 80, "note": 500}
LONGEST_CLIENT_ID = 64


@dataclass(frozen=True, slots=True)
class NewLead:
    """An account or person to call. Only the name is needed."""

    name: str
    crm_key: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tap:
    """One tap on the phone. `client_id` is made there, so that resending counts once."""

    client_id: str
    number_key: str
    delta: int
    tapped_at: datetime


def release(
    activity: TransferActivity,
    *,
    leads: Sequence[NewLead],
    own_list: bool,
    from_on: date,
    until_on: date,
    by: Named,
    at: datetime,
    reason: str = "",
) -> None:
    """Hand over accounts, or note that the rep uses an own list, and open the field window."""
    moves.hold(activity)
    capacity = moves.deciding(activity, Move.RELEASE, by=by, at=at, reason=reason)
    rules.may_release(activity.needs_acknowledgment)
    minimum = queries.definition(activity).leads_minimum
    given = [lead for lead in map(_clean_lead, leads) if lead.name]
    if not own_list and minimum is not None and len(given) < minimum:
        raise RuleViolation("leads_missing", minimum=minimum, have=len(given))
    if len(given) > MOST_LEADS:
        raise RuleViolation("leads_too_many", maximum=MOST_LEADS, have=len(given))
    rules.may_open_field(
        from_on,
        until_on,
        earliest=queries.earliest_day(activity, moves.zone_of(activity.rep_id)),
        today=clock.company_day(at),
    )
    data = {
        "lead_count": len(given),
        "own_list": own_list,
        "from_on": from_on.isoformat(),
        "until_on": until_on.isoformat(),
    }
    with moves.moving(
        activity,
        Move.RELEASE,
        capacity,
        by=by,
        at=at,
        revision=activity.approved_revision,
        reason=reason,
        data=data,
    ) as row:
        activity.field_from, activity.field_until = from_on, until_on
        moves.waits_on_rep(activity)
        for position, lead in enumerate(given):
            db.session.add(
                Lead(
                    id=uuid4(),
                    activity_id=activity.id,
                    position=position,
                    name=lead.name,
                    crm_key=lead.crm_key,
                    note=lead.note,
                )
            )
    event = LeadsHandedOver(**moves.about(activity, row, by), record_id=row.id, lead_count=len(given))
    moves.said(activity, row, event)
    telling.tell_rep(
        activity,
        row,
        f"Into the field: {activity.title}",
        f"{by.name} has opened the field part of “{activity.title}”. Your tally is ready.",
    )


def _clean_lead(lead: NewLead) -> NewLead:
    values = {name: clean_text(getattr(lead, name)) for name in LEAD_LENGTHS}
    for name, longest in LEAD_LENGTHS.items():
        if len(values[name]) > longest:
            raise RuleViolation("lead_too_long", name=values["name"][:60], max=longest)
    return NewLead(**values)


def tally(activity: TransferActivity, *, taps: Sequence[Tap], by: Named, at: datetime) -> dict[str, int]:
    """Keep the taps that are new and return the totals. A phone may send late, twice and in any order."""
    moves.by_rep(activity, by)
    moves.hold(activity)
    if activity.status not in {Status.IN_FIELD, Status.RESULTS_IN}:
        raise RuleViolation("tally_closed", status=activity.status)
    known = {number.key for number in queries.definition(activity).numbers if number.tally}
    new: dict[str, Tap] = {}
    for tap in taps:
        if tap.number_key not in known:
            raise RuleViolation("number_unknown", number=tap.number_key)
        if tap.delta not in {-1, 1} or not 0 < len(tap.client_id) <= LONGEST_CLIENT_ID:
            raise RuleViolation("tap_invalid")
        new.setdefault(tap.client_id, tap)
    seen = set(
        db.session.scalars(
            select(TallyMark.client_id).where(TallyMark.activity_id == activity.id, TallyMark.client_id.in_(list(new)))
        )
    )
    for client_id, tap in new.items():
        if client_id not in seen:
            db.session.add(
                TallyMark(
                    id=uuid4(),
                    activity_id=activity.id,
                    client_id=client_id,
                    number_key=tap.number_key,
                    delta=tap.delta,
                    tapped_at=tap.tapped_at,
                    received_at=at,
                )
            )
    db.session.flush()
    return queries.tally_totals(activity.id)


def observe(
    activity: TransferActivity,
    *,
    client_id: str,
    observed_on: date,
    mode: str,
    minutes: int,
    scores: Mapping[str, Mapping[str, Any]],
    strength: str,
    next_step: str,
    by: Named,
    at: datetime,
    reason: str = "",
) -> Observation:
    """Keep what somebody else saw the rep do. The same `client_id` again is the same observation."""
    moves.hold(activity)
    if not 0 < len(client_id) <= LONGEST_CLIENT_ID:
        raise RuleViolation("client_id_invalid")
    found = db.session.scalar(
        select(Observation).where(
            Observation.activity_id == activity.id,
            Observation.client_id == client_id,
            Observation.observer_id == by.id,
        )
    )
    if found is not None:
        return found
    capacity = moves.deciding(activity, Move.OBSERVE, by=by, at=at, reason=reason)
    rubric = queries.definition(activity).field_rubric
    clean = rules.check_scores(rubric.criteria, scores)
    _check_observation(mode, minutes)
    zone = moves.zone_of(by.id)
    earliest = activity.field_from or queries.earliest_day(activity, zone)
    rules.may_have_observed(observed_on, earliest=earliest, today=moves.latest_day(zone, at))
    team = people.team_of(activity.rep_id, clock.company_day(at))
    row = Observation(
        id=uuid4(),
        activity_id=activity.id,
        client_id=client_id,
        rep_id=activity.rep_id,
        observer_id=by.id,
        at=at,
        observed_on=observed_on,
        mode=mode,
        minutes=minutes,
        rubric=rubric.key,
        scores=clean,
        strength=clean_text(strength),
        next_step=clean_text(next_step),
        team_id=team.id if team else None,
    )
    data = {"observation": str(row.id), "mode": mode, "minutes": minutes}
    with moves.moving(activity, Move.OBSERVE, capacity, by=by, at=at, reason=reason, data=data) as move:
        db.session.add(row)
    earned, possible = rules.points(rubric.criteria, clean)
    event = RepObserved(
        **moves.about(activity, move, by),
        record_id=row.id,
        rubric=rubric.key,
        mode=mode,
        minutes=minutes,
        points=earned,
        points_possible=possible,
        levels=rules.levels(clean),
    )
    moves.said(activity, move, event)
    telling.tell_rep(
        activity,
        move,
        f"You were observed: {activity.title}",
        f"{by.name} has written down what they saw in “{activity.title}”: what worked, and one next step.",
    )
    return row


def _check_observation(mode: str, minutes: int) -> None:
    if mode not in MODES:
        raise RuleViolation("mode_unknown", mode=mode)
    if not 1 <= minutes <= LONGEST_OBSERVATION:
        raise RuleViolation("minutes_implausible", max=LONGEST_OBSERVATION)
