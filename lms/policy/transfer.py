"""The workflow of a transfer activity: which move is possible in which status, for whom, on what conditions.

A refused move names its reason as a code. The clock may remind and escalate; no move of the system approves.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from lms.errors import RuleViolation
from lms.policy.outline import Criterion, Preparation

REOPEN_WITHIN = timedelta(days=7)
MET_BEFORE_SUBMISSION = timedelta(days=30)  # a meeting longer ago was not about this worksheet
FIELD_AHEAD = timedelta(days=366)  # beyond it a year was mistyped


class Status(StrEnum):
    PREPARING = "preparing"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    APPROVED = "approved"
    IN_FIELD = "in_field"
    RESULTS_IN = "results_in"
    VERIFIED = "verified"
    WAIVED = "waived"
    CANCELLED = "cancelled"


class Move(StrEnum):
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    ADJUST = "adjust"
    RETURN = "return"
    ACKNOWLEDGE = "acknowledge"
    RELEASE = "release"
    OBSERVE = "observe"
    REPORT = "report"
    QUERY = "query"
    VERIFY = "verify"
    WAIVE = "waive"
    CANCEL = "cancel"
    REOPEN = "reopen"
    REMIND = "remind"
    ESCALATE = "escalate"
    OVERRIDE = "override"


class Capacity(StrEnum):
    """As what somebody acts. ADMIN decides only where nobody stands above the rep (`deciding_capacity`)."""

    REP = "rep"
    MANAGER = "manager"
    DELEGATE = "delegate"
    STAND_IN = "stand_in"
    ADMIN = "admin"
    SYSTEM = "system"


class Mark(StrEnum):
    """A criterion of the review, as the approver saw it in the worksheet."""

    MET = "met"
    NOT_YET = "not_yet"


class Seen(StrEnum):
    """A criterion in the field. "No chance" is missing, not zero."""

    YES = "yes"
    NO = "no"
    NO_CHANCE = "no_chance"


TERMINAL = frozenset({Status.VERIFIED, Status.WAIVED, Status.CANCELLED})
EDITABLE = frozenset({Status.PREPARING, Status.RETURNED, Status.APPROVED})
WAITING = frozenset({Status.IN_REVIEW, Status.APPROVED, Status.RESULTS_IN})  # the approver's turn
OPEN = tuple(status for status in Status if status not in TERMINAL)

# Of each group only one can be made about the same revision or report.
DECISIONS = (frozenset({Move.APPROVE, Move.ADJUST, Move.RETURN}), frozenset({Move.VERIFY, Move.QUERY}))

DECIDED = {
    Move.APPROVE: "approved",
    Move.ADJUST: "adjusted",
    Move.RETURN: "returned",
    Move.VERIFY: "confirmed",
    Move.QUERY: "queried",
}

# Who makes one of these must have been through the manager's edition.
PREPARED_MOVES = frozenset({Move.APPROVE, Move.ADJUST, Move.RETURN, Move.VERIFY, Move.OBSERVE})

_REP = frozenset({Capacity.REP})
_APPROVERS = frozenset({Capacity.MANAGER, Capacity.DELEGATE, Capacity.STAND_IN, Capacity.ADMIN})
_ADMIN = frozenset({Capacity.ADMIN})
_SYSTEM = frozenset({Capacity.SYSTEM})

CAPACITIES: Mapping[Move, frozenset[Capacity]] = {
    Move.SUBMIT: _REP,
    Move.WITHDRAW: _REP,
    Move.APPROVE: _APPROVERS,
    Move.ADJUST: _APPROVERS,
    Move.RETURN: _APPROVERS,
    Move.ACKNOWLEDGE: _REP,
    Move.RELEASE: _APPROVERS,
    Move.OBSERVE: _APPROVERS,
    Move.REPORT: _REP,
    Move.QUERY: _APPROVERS,
    Move.VERIFY: _APPROVERS,
    Move.WAIVE: _ADMIN,
    Move.CANCEL: _SYSTEM | _ADMIN,
    Move.REOPEN: _APPROVERS,
    Move.REMIND: _REP | _SYSTEM,
    Move.ESCALATE: _SYSTEM,
    Move.OVERRIDE: _ADMIN,
}

TRANSITIONS: Mapping[Move, Mapping[Status, Status]] = {
    # An edit of an approved worksheet is a new submission: "approved" refers to exactly one revision.
    Move.SUBMIT: dict.fromkeys((Status.PREPARING, Status.RETURNED, Status.APPROVED), Status.IN_REVIEW),
    Move.WITHDRAW: {Status.IN_REVIEW: Status.PREPARING},
    Move.APPROVE: {Status.IN_REVIEW: Status.APPROVED},
    Move.ADJUST: {Status.IN_REVIEW: Status.APPROVED},
    Move.RETURN: {Status.IN_REVIEW: Status.RETURNED},
    Move.ACKNOWLEDGE: {Status.APPROVED: Status.APPROVED},
    Move.RELEASE: {Status.APPROVED: Status.IN_FIELD},
    # Also once the numbers are in: a recording can be listened to after the rep reported.
    Move.OBSERVE: {Status.IN_FIELD: Status.IN_FIELD, Status.RESULTS_IN: Status.RESULTS_IN},
    Move.REPORT: {Status.IN_FIELD: Status.RESULTS_IN},
    Move.QUERY: {Status.RESULTS_IN: Status.IN_FIELD},
    Move.VERIFY: {Status.RESULTS_IN: Status.VERIFIED},
    Move.WAIVE: dict.fromkeys(OPEN, Status.WAIVED),
    Move.CANCEL: dict.fromkeys(OPEN, Status.CANCELLED),
    Move.REOPEN: {Status.VERIFIED: Status.RESULTS_IN},
    Move.REMIND: {status: status for status in Status if status in WAITING},
    Move.ESCALATE: {status: status for status in Status if status in WAITING},
    Move.OVERRIDE: {status: status for status in OPEN},
}


def move(status: Status, act: Move, capacity: Capacity) -> Status:
    """The status after `act`; raises `may_not` for the wrong capacity, then `wrong_status`."""
    if capacity not in CAPACITIES[act]:
        raise RuleViolation("may_not", move=act.value, capacity=capacity.value)
    try:
        return TRANSITIONS[act][status]
    except KeyError:
        raise RuleViolation("wrong_status", status=status.value, move=act.value) from None


def replay(moves: Iterable[tuple[Move, Capacity]]) -> Status:
    """The status that these moves lead to, from the beginning."""
    status = Status.PREPARING
    for act, capacity in moves:
        status = move(status, act, capacity)
    return status


def may_do(status: Status, capacity: Capacity) -> frozenset[Move]:
    """What can be offered; the guards below may still refuse it."""
    return frozenset(act for act in Move if capacity in CAPACITIES[act] and status in TRANSITIONS[act])


def is_editable(status: Status) -> bool:
    """Whether the rep may type in the worksheet."""
    return status in EDITABLE


# Who


@dataclass(frozen=True, slots=True)
class Relation:
    """How one person stands to one rep's activity on one day."""

    actor_id: UUID
    rep_id: UUID
    approvers: frozenset[UUID]
    manager_id: UUID | None = None
    delegate_ids: frozenset[UUID] = frozenset()
    escalated_to_id: UUID | None = None
    below: frozenset[UUID] = frozenset()  # who reports to the rep, directly or not


def deciding_capacity(relation: Relation) -> Capacity:
    """As what this person decides today; raises `own_work`, `below_the_rep` or `not_approver`."""
    if relation.actor_id == relation.rep_id:
        raise RuleViolation("own_work")
    if relation.actor_id in relation.below:
        raise RuleViolation("below_the_rep")
    if relation.actor_id == relation.manager_id:
        return Capacity.MANAGER
    if relation.actor_id in relation.delegate_ids:
        return Capacity.DELEGATE
    if relation.actor_id == relation.escalated_to_id:
        return Capacity.STAND_IN
    if relation.actor_id in relation.approvers:
        return Capacity.ADMIN  # nobody stands above the rep, so enablement does
    raise RuleViolation("not_approver")


def stand_in_gives_reason(capacity: Capacity, reason: str) -> None:
    if capacity is Capacity.STAND_IN and not reason.strip():
        raise RuleViolation("stand_in_needs_reason")


def blocks_unprepared(rule: Preparation, *, is_prepared: bool, is_overridden: bool) -> bool:
    """Whether somebody who has not been through the manager's edition is kept from deciding."""
    return rule is Preparation.REQUIRED and not is_prepared and not is_overridden


# On what conditions


def may_withdraw(opened_at: datetime | None, opened_by: str, *, opened_next: bool = False) -> None:
    """`opened_next`: the submission itself opened what follows, and that cannot be taken back with it."""
    if opened_next:
        raise RuleViolation("submission_opened_next")
    if opened_at is not None:
        raise RuleViolation("review_opened", by=opened_by, at=opened_at)


def may_decide_revision(seen: int, current: int | None) -> None:
    """A decision is bound to what was read: not to whatever arrived while the page was open."""
    if seen != current:
        raise RuleViolation("review_outdated", seen=seen, current=current)


def may_approve(criteria: Iterable[Criterion], marks: Mapping[str, str]) -> None:
    """Every criterion is marked, so that nothing is approved unread. A criterion may be "not yet"."""
    missing = tuple(criterion.title for criterion in criteria if marks.get(criterion.key) not in {"met", "not_yet"})
    if missing:
        raise RuleViolation("marks_missing", criteria=missing)


def may_adjust(changed_fields: int) -> None:
    if not changed_fields:
        raise RuleViolation("nothing_adjusted")


def may_return(criteria: Iterable[Criterion], reasons: Mapping[str, str]) -> dict[str, str]:
    """The reasons that were given, in the rubric's order; at least one."""
    given = {
        criterion.key: reasons[criterion.key].strip()
        for criterion in criteria
        if reasons.get(criterion.key, "").strip()
    }
    if not given:
        raise RuleViolation("reasons_missing")
    return given


def may_have_met(meeting_on: date, *, submitted_on: date, today: date) -> None:
    """The meeting that a decision came out of: not to come, and not long before there was anything to talk about."""
    if meeting_on > today:
        raise RuleViolation("meeting_in_the_future", day=meeting_on)
    if meeting_on < submitted_on - MET_BEFORE_SUBMISSION:
        raise RuleViolation("meeting_too_early", day=meeting_on, earliest=submitted_on - MET_BEFORE_SUBMISSION)


def may_have_observed(observed_on: date, *, earliest: date, today: date) -> None:
    """Field work is seen in the field window, and before it is written down."""
    if observed_on > today:
        raise RuleViolation("observed_in_the_future", day=observed_on)
    if observed_on < earliest:
        raise RuleViolation("observed_too_early", day=observed_on, earliest=earliest)


def may_open_field(from_on: date, until_on: date, *, earliest: date, today: date) -> None:
    if until_on < from_on:
        raise RuleViolation("window_backwards", from_on=from_on, until_on=until_on)
    if from_on < earliest:
        raise RuleViolation("window_too_early", from_on=from_on, earliest=earliest)
    if until_on > today + FIELD_AHEAD:
        raise RuleViolation("window_too_late", until_on=until_on, latest=today + FIELD_AHEAD)


def may_release(needs_acknowledgment: bool) -> None:
    """The rep has seen what was changed before anything is tried on a buyer."""
    if needs_acknowledgment:
        raise RuleViolation("acknowledge_first")


def may_verify(observer_ids: Collection[UUID], *, rep_id: UUID, needed: int) -> None:
    """`needed` observations by somebody other than the rep; at least one, whatever the course says."""
    have = sum(observer != rep_id for observer in observer_ids)
    need = max(needed, 1)
    if have < need:
        raise RuleViolation("observations_missing", have=have, need=need)


def may_reopen(capacity: Capacity, verified_at: datetime, at: datetime) -> None:
    """An admin at any time; who approves, within seven days."""
    if capacity is not Capacity.ADMIN and at > verified_at + REOPEN_WITHIN:
        raise RuleViolation("reopen_too_late", until=verified_at + REOPEN_WITHIN)


def has_seen(scores: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether an observation saw anything: one in which nothing had a chance to show is kept, but never counts."""
    return any(score.get("seen") in {Seen.YES.value, Seen.NO.value} for score in scores.values())


def check_scores(
    criteria: Iterable[Criterion], scores: Mapping[str, Mapping[str, object]]
) -> dict[str, dict[str, object]]:
    """Each criterion of the rubric with "seen" and, only where it was seen, an anchored level."""
    clean: dict[str, dict[str, object]] = {}
    wrong = []
    for criterion in criteria:
        score = scores.get(criterion.key, {})
        seen, level = score.get("seen"), score.get("level")
        if seen == Seen.YES.value:
            if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= len(criterion.levels):
                wrong.append(criterion.title)
            clean[criterion.key] = {"seen": seen, "level": level}
        elif seen in {Seen.NO.value, Seen.NO_CHANCE.value}:
            clean[criterion.key] = {"seen": seen, "level": None}
        else:
            wrong.append(criterion.title)
    if wrong:
        raise RuleViolation("scores_incomplete", criteria=tuple(wrong))
    return clean


def points(criteria: Iterable[Criterion], scores: Mapping[str, Mapping[str, object]]) -> tuple[int, int]:
    """Earned and possible points. Not seen earns nothing of what was possible; no chance counts nowhere."""
    earned = possible = 0
    for criterion in criteria:
        score = scores.get(criterion.key, {})
        level = score.get("level")
        if score.get("seen") == Seen.YES.value and isinstance(level, int):
            earned += level
            possible += len(criterion.levels)
        elif score.get("seen") == Seen.NO.value:
            possible += len(criterion.levels)
    return earned, possible


def levels(scores: Mapping[str, Mapping[str, object]]) -> tuple[tuple[str, int | None], ...]:
    """The level of each criterion; None where there was no chance or it was not seen."""
    return tuple(
        (key, level if isinstance(level := score.get("level"), int) else None) for key, score in scores.items()
    )
