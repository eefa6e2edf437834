"""What is said about a transfer activity, from the submitted worksheet to the confirmed numbers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from lms.statements import events as e
from lms.statements.administration import AdministrativeEvent
from lms.statements.home import Home
from lms.statements.sayings import (
    Activity,
    Builder,
    Saying,
    Score,
    StatementRef,
    doer,
    instructor,
    module,
    place_of,
    step,
    surroundings,
)
from lms.statements.vocabulary import NUMBER, Ext, Type, Verb, WaivedBecause


def activity(event: e.TransferEvent, home: Home) -> Activity:
    return step(home, place_of(event), Type.TRANSFER)


def submission(event: e.TransferEvent, home: Home) -> Activity:
    title = event.place.step.title if event.place and event.place.step else ""
    return Activity(home.submission(event.activity_id, event.revision_number), Type.SUBMISSION, title)


def _said(event: e.TransferEvent, home: Home, verb: Verb, object_: Activity | StatementRef, **more: Any) -> Saying:
    """About something inside a transfer activity. What another person did names the learner."""
    actor_id = doer(event)
    extensions: dict[str, Any] = {Ext.ROUND: event.round} if event.round else {}
    if actor_id != event.learner.id:
        extensions[Ext.LEARNER] = {"objectType": "Agent", "account": home.account(str(event.learner.id))}
    extensions |= more.pop("extensions", {})
    return Saying(
        actor_id,
        verb,
        object_,
        # What voids a step is no step.
        follows=None if verb is Verb.VOIDED else event.activity_id,
        parent=activity(event, home),
        grouping=surroundings(home, place_of(event)),
        extensions=extensions,
        **more,
    )


def _revision(event: e.TransferEvent) -> dict[str, Any]:
    return {} if event.revision_number is None else {Ext.REVISION: event.revision_number}


def worksheet_submitted(event: e.WorksheetSubmitted, home: Home) -> Saying:
    return _said(
        event,
        home,
        Verb.SUBMITTED,
        submission(event, home),
        instructor_id=instructor(event, event.approver),
        extensions=_revision(event),
    )


def worksheet_adjusted(event: e.WorksheetAdjusted, home: Home) -> Saying:
    more = {**_revision(event), Ext.CHANGED_FIELDS: event.changed_fields}
    return _said(event, home, Verb.UPDATED, submission(event, home), extensions=more)


def worksheet_approved(event: e.WorksheetApproved, home: Home) -> Saying:
    more = {
        **_revision(event),
        Ext.ADJUSTED: event.adjusted,
        Ext.CRITERIA_MET: event.criteria_met,
        Ext.CRITERIA: event.criteria,
        Ext.CAPACITY: event.capacity,
    }
    return _said(
        event,
        home,
        Verb.APPROVED,
        submission(event, home),
        answers=event.submitted_id,
        after_ms=1 if event.adjusted else 0,
        extensions=more,
    )


def worksheet_returned(event: e.WorksheetReturned, home: Home) -> Saying:
    more = {
        **_revision(event),
        Ext.REASON_CODES: list(event.criteria),
        Ext.CAPACITY: event.capacity,
    }
    return _said(
        event,
        home,
        Verb.RETURNED,
        submission(event, home),
        answers=event.submitted_id,
        extensions=more,
    )


def leads_handed_over(event: e.LeadsHandedOver, home: Home) -> Saying:
    more = {**_revision(event), Ext.LEAD_COUNT: event.lead_count}
    return _said(event, home, Verb.ASSIGNED, submission(event, home), extensions=more)


def rep_observed(event: e.RepObserved, home: Home) -> Saying:
    possible = event.points_possible
    scaled = event.points / possible if possible else 0.0
    return _said(
        event,
        home,
        Verb.EVALUATED,
        Activity(
            home.performance(event.activity_id),
            Type.PERFORMANCE,
            event.place.step.title if event.place and event.place.step else "",
        ),
        score=Score(raw=event.points, max=possible, scaled=scaled) if possible else None,
        duration=timedelta(minutes=event.minutes),
        result_extensions={
            Ext.RUBRICS: [
                {"rubric": event.rubric, "criterion": criterion, "level": level} for criterion, level in event.levels
            ]
        },
        extensions={Ext.MODE: event.mode},
    )


def _numbers(numbers: tuple[tuple[str, int], ...]) -> dict[str, Any]:
    """The four that most courses report have an extension each; what else an author asks for is one map."""
    said: dict[str, Any] = {NUMBER[key].value: count for key, count in numbers if key in NUMBER}
    others = {key: count for key, count in numbers if key not in NUMBER}
    return said | ({Ext.NUMBERS.value: others} if others else {})


def results_reported(event: e.ResultsReported, home: Home) -> Saying:
    return _said(
        event,
        home,
        Verb.REPORTED,
        Activity(
            home.worksheet(event.activity_id),
            Type.WORKSHEET,
            event.place.step.title if event.place and event.place.step else "",
        ),
        instructor_id=instructor(event, event.approver),
        result_extensions=_numbers(event.numbers),
        extensions={
            Ext.FROM: event.from_on.isoformat(),
            Ext.TO: event.until_on.isoformat(),
            Ext.MET_MANAGER: event.met_manager,
        },
    )


def results_confirmed(event: e.ResultsConfirmed, home: Home) -> Saying:
    return _said(
        event,
        home,
        Verb.VERIFIED,
        StatementRef(event.reported_id),
        result_extensions=_numbers(event.corrected),
        extensions={Ext.CAPACITY: event.capacity},
    )


def transfer_completed(event: e.TransferCompleted, home: Home) -> Saying:
    return _whole(
        event,
        home,
        Verb.COMPLETED,
        after_ms=1,
        instructor_id=instructor(event, event.approver),
        success=True,
        completion=True,
    )


def transfer_waived(event: e.TransferWaived, home: Home) -> Saying:
    return _whole(
        event,
        home,
        Verb.WAIVED,
        instructor_id=instructor(event),
        success=True,
        completion=True,
        result_extensions={Ext.REASON: WaivedBecause.ADMINISTRATIVE.value},
    )


def transfer_canceled(event: e.TransferCancelled, home: Home) -> Saying:
    return _whole(event, home, Verb.CANCELED, actor_id=doer(event))


def transfer_reopened(event: e.TransferReopened, home: Home) -> Saying:
    return _whole(event, home, Verb.OPENED, actor_id=doer(event))


def _whole(event: e.TransferEvent, home: Home, verb: Verb, **more: Any) -> Saying:
    """About the transfer activity itself: by the learner unless `actor_id` says otherwise."""
    place = place_of(event)
    actor_id: UUID = more.pop("actor_id", event.learner.id)
    extensions: dict[str, Any] = {}
    if actor_id != event.learner.id:
        extensions[Ext.LEARNER] = {"objectType": "Agent", "account": home.account(str(event.learner.id))}
    return Saying(
        actor_id,
        verb,
        activity(event, home),
        follows=event.activity_id,
        parent=module(home, place),
        grouping=surroundings(home, place),
        extensions=extensions,
        **more,
    )


def submission_withdrawn(event: e.SubmissionWithdrawn, home: Home) -> Saying:
    return _voided(event, home, event.submitted_id)


def results_queried(event: e.ResultsQueried, home: Home) -> Saying:
    return _voided(event, home, event.reported_id)


def _voided(event: e.TransferEvent, home: Home, statement_id: UUID) -> Saying:
    return _said(event, home, Verb.VOIDED, StatementRef(statement_id))


TRANSFER: dict[type[e.Event], Builder] = {
    e.WorksheetSubmitted: worksheet_submitted,
    e.SubmissionWithdrawn: submission_withdrawn,
    e.WorksheetAdjusted: worksheet_adjusted,
    e.WorksheetApproved: worksheet_approved,
    e.WorksheetReturned: worksheet_returned,
    e.LeadsHandedOver: leads_handed_over,
    e.RepObserved: rep_observed,
    e.ResultsReported: results_reported,
    e.ResultsQueried: results_queried,
    e.ResultsConfirmed: results_confirmed,
    e.TransferCompleted: transfer_completed,
    e.TransferWaived: transfer_waived,
    e.TransferCancelled: transfer_canceled,
    e.TransferReopened: transfer_reopened,
}


def taken_back(event: e.Event, home: Home) -> Saying | None:
    """The second saying of an event that also takes an earlier statement back, or None."""
    if isinstance(event, e.TransferReopened) and event.completed_id is not None:
        return _voided(event, home, event.completed_id)
    return None


# Written in the ledger, told to no learning record store.
LEDGER_ONLY: tuple[type[e.Event], ...] = (
    e.AdjustmentAcknowledged,
    e.PreparationOverridden,
    e.ReviewReminded,
    e.ReviewEscalated,
    e.ScoringReminded,
    e.ScoringEscalated,
    AdministrativeEvent,
)
