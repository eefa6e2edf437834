"""The numbers: claimed by the rep, queried or confirmed by the approver. Both are kept, neither replaces the other."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID, uuid4

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.learning.service import Opened
from lms.policy import results as numbers_rules
from lms.policy import transfer as rules
from lms.policy.outline import OpensNext
from lms.policy.transfer import Capacity, Move, Status
from lms.policy.worksheet import clean_text
from lms.statements import ledger
from lms.statements.events import Person, ResultsConfirmed, ResultsQueried, ResultsReported, TransferCompleted
from lms.transfer import queries
from lms.transfer.models import ResultReport, TransferActivity
from lms.transfer.service import moves, telling
from lms.transfer.service.moves import Named


def report_results(
    activity: TransferActivity,
    *,
    numbers: Mapping[str, int],
    from_on: date,
    until_on: date,
    met_manager: bool,
    by: Named,
    at: datetime,
    note: str = "",
) -> ResultReport:
    """Claim the numbers. The same claim again (a double click) is the same report."""
    moves.by_rep(activity, by)
    moves.hold(activity)
    asked = queries.definition(activity)
    last = queries.latest_report(activity.id)
    claim = {one.key: numbers.get(one.key) for one in asked.numbers}
    if (
        activity.status == Status.RESULTS_IN
        and last is not None
        and (last.claimed, last.from_on, last.until_on) == (claim, from_on, until_on)
    ):
        return last
    rules.move(Status(activity.status), Move.REPORT, Capacity.REP)
    zone = moves.zone_of(activity.rep_id)
    days = numbers_rules.check_window(
        from_on, until_on, today=clock.local_day(at, zone), earliest=queries.earliest_day(activity, zone)
    )
    problems = numbers_rules.check(asked, claim) | days
    if problems:
        raise RuleViolation("numbers_invalid", count=len(problems), problems=problems)
    if asked.attestation and not met_manager:
        raise RuleViolation("attestation_missing", attestation=asked.attestation)
    report = ResultReport(
        id=uuid4(),
        activity_id=activity.id,
        rep_id=activity.rep_id,
        number=last.number + 1 if last else 1,
        from_on=from_on,
        until_on=until_on,
        claimed=claim,
        note=clean_text(note),
        met_manager=met_manager,
        reported_at=at,
    )
    data = {"report": report.number, "numbers": claim}
    with moves.moving(activity, Move.REPORT, Capacity.REP, by=by, at=at, data=data) as row:
        db.session.add(report)
        moves.waits_on_approver(activity, at)
    event = ResultsReported(
        **moves.about(activity, row, by),
        record_id=row.id,
        numbers=_pairs(claim),
        from_on=from_on,
        until_on=until_on,
        met_manager=met_manager,
        approver=moves.approver(activity, at),
    )
    moves.said(activity, row, event)
    moves.complete(activity, OpensNext.RESULTS, by=by, at=at)
    telling.tell_approvers(
        activity,
        row,
        f"{by.name} has reported numbers: {activity.title}",
        f"{by.name} has reported the numbers of “{activity.title}”. They wait for you to confirm them.",
    )
    return report


def query(
    activity: TransferActivity,
    *,
    report: int,
    question: str,
    by: Named,
    at: datetime,
    reason: str = "",
) -> None:
    """Back to the field with a question; the claim stays on record."""
    moves.hold(activity)
    capacity = moves.deciding(activity, Move.QUERY, by=by, at=at, reason=reason, seen=report)
    _seen_report(activity, report)
    asked = clean_text(question)
    if not asked:
        raise RuleViolation("question_missing")
    data = {"question": asked, "decided": report}
    with moves.moving(activity, Move.QUERY, capacity, by=by, at=at, reason=reason, data=data) as row:
        moves.waits_on_rep(activity)
    facts = moves.about(activity, row, by)
    facts["reason"] = asked
    event = ResultsQueried(
        **facts,
        record_id=row.id,
        reported_id=_reported(activity),
    )
    moves.said(activity, row, event)
    telling.tell_rep(
        activity,
        row,
        f"A question about your numbers: {activity.title}",
        f"{by.name} has a question about the numbers of “{activity.title}”.",
    )


def verify(
    activity: TransferActivity,
    *,
    report: int,
    corrected: Mapping[str, int],
    by: Named,
    at: datetime,
    reason: str = "",
) -> Opened:
    """Confirm the numbers, corrected where `corrected` says so; this completes the activity and opens what follows."""
    moves.hold(activity)
    capacity = moves.deciding(activity, Move.VERIFY, by=by, at=at, reason=reason, seen=report)
    claimed = _seen_report(activity, report)
    asked = queries.definition(activity)
    rules.may_verify(queries.observer_ids(activity.id), rep_id=activity.rep_id, needed=asked.observations)
    unknown = corrected.keys() - claimed.claimed.keys()
    if unknown:
        raise RuleViolation("number_unknown", number=", ".join(sorted(unknown)))
    confirmed = {**claimed.claimed, **corrected}
    if problems := numbers_rules.check(asked, confirmed):
        raise RuleViolation("numbers_invalid", count=len(problems), problems=problems)
    changed = {key: value for key, value in confirmed.items() if value != claimed.claimed[key]}
    data = {"decided": report, "corrected": changed}
    with moves.moving(activity, Move.VERIFY, capacity, by=by, at=at, reason=reason, data=data) as row:
        claimed.confirmed, claimed.confirmed_by_id, claimed.confirmed_at = confirmed, by.id, at
        activity.verified_at = at
    facts = moves.about(activity, row, by)
    ledger.record(
        ResultsConfirmed(
            **facts,
            record_id=row.id,
            reported_id=_reported(activity),
            corrected=_pairs(changed),
            capacity=capacity.value,
        )
    )
    event = TransferCompleted(**facts, record_id=row.id, approver=Person(by.id, by.name))
    moves.said(activity, row, event)
    opened = moves.complete(activity, OpensNext.CONFIRMATION, by=by, at=at)
    telling.tell_rep(
        activity,
        row,
        f"Confirmed: {activity.title}",
        f"{by.name} has confirmed the numbers of “{activity.title}”. It is done.",
    )
    return opened


def _seen_report(activity: TransferActivity, seen: int) -> ResultReport:
    last = queries.latest_report(activity.id)
    if last is None or last.number != seen:
        raise RuleViolation("review_outdated", seen=seen, current=last.number if last else None)
    return last


def _reported(activity: TransferActivity) -> UUID:
    return moves.statement_of(queries.last_move(activity.id, (Move.REPORT,)))


def _pairs(numbers: Mapping[str, int | None]) -> tuple[tuple[str, int], ...]:
    return tuple((key, value) for key, value in numbers.items() if value is not None)
