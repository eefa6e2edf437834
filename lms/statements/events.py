"""Everything that can happen and is written down. One dataclass per event, past tense.

A service makes the event and calls `ledger.record`; `build.py` turns it into a statement. An event holds what
was true then (titles, version, names), so that nothing needs looking up later. `reason` and other free text
go to the ledger, never into a statement.
"""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Thing:
    """A course, module, step, item … as it was then. `key`: unique in its parent; `version`: the course's."""

    key: str
    title: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which enrollment it happened: registration, course, and as far down as it applies."""

    registration: UUID
    course: Thing
    module: Thing | None = None
    step: Thing | None = None


@dataclass(frozen=True, kw_only=True)
class Event:
    """`actor` did it (None: the system), it concerns `learner`; `record_id` and `revision` name the fact."""

    kind: ClassVar[str]
    at: datetime
    actor: Person | None
    learner: Person
    record_id: UUID
    revision: int = 0
    place: Place | None = None
    reason: str = ""


# Learning


@dataclass(frozen=True, kw_only=True)
class CourseAssigned(Event):
    kind: ClassVar[str] = "course_assigned"
    due_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class EnrollmentActivated(Event):
    kind: ClassVar[str] = "enrollment_activated"


@dataclass(frozen=True, kw_only=True)
class EnrollmentWithdrawn(Event):
    kind: ClassVar[str] = "enrollment_withdrawn"


@dataclass(frozen=True, kw_only=True)
class ModuleOpened(Event):
    """`because`: a code and facts for the record, e.g. "verified" of which step by whom."""

    kind: ClassVar[str] = "module_opened"
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class ChunkCompleted(Event):
    kind: ClassVar[str] = "chunk_completed"
    percent: int = 0  # of the module's steps that are done now


@dataclass(frozen=True, kw_only=True)
class ModuleCompleted(Event):
    kind: ClassVar[str] = "module_completed"


@dataclass(frozen=True, kw_only=True)
class ModuleTestedOut(Event):
    """`passed_id` is the statement of the pre-test that earned it."""

    kind: ClassVar[str] = "module_tested_out"
    passed_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class StepWaived(Event):
    kind: ClassVar[str] = "step_waived"


@dataclass(frozen=True, kw_only=True)
class CourseSatisfied(Event):
    kind: ClassVar[str] = "course_satisfied"


# Assessment


@dataclass(frozen=True, kw_only=True)
class AttemptStarted(Event):
    """`purpose`: check, pre, post, formative. `seed` drew the form."""

    kind: ClassVar[str] = "attempt_started"
    purpose: str
    number: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class QuestionAnswered(Event):
    """`interaction` is the xAPI type, `response` in the standard patterns, `share` of the points in [0, 1].

    `components` and `targets` are (key, text) pairs in the author's order: choices, parts of a sequence, or
    for matching the left and the right sides. `correct` holds the right responses in the standard patterns.
    In practice `card_step` is how often the card was answered before, `elapsed_days` how long ago the last time was.
    `share` is None where a person has yet to score it.
    """

    kind: ClassVar[str] = "question_answered"
    attempt_id: UUID
    item: Thing
    interaction: str
    prompt: str
    response: str
    share: Fraction | None
    objective: Thing | None = None
    purpose: str = ""
    components: tuple[tuple[str, str], ...] = ()
    targets: tuple[tuple[str, str], ...] = ()
    correct: tuple[str, ...] = ()
    card_step: int | None = None
    elapsed_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class AttemptGraded(Event):
    """`is_gate`: passed or failed is said, else scored. `is_first_pass`: `passed` once per registration."""

    kind: ClassVar[str] = "attempt_graded"
    purpose: str
    number: int
    earned: Fraction
    possible: int
    threshold_bp: int
    passed: bool
    is_gate: bool
    is_first_pass: bool
    seconds: int
    cause: str = "submitted"


@dataclass(frozen=True, kw_only=True)
class AttemptHandedIn(Event):
    """The attempt waits for a person: `to_score` of its answers have no key. `scorer`: on whom it waits that day."""

    kind: ClassVar[str] = "attempt_handed_in"
    purpose: str
    number: int
    to_score: int
    scorer: Person | None = None


@dataclass(frozen=True, kw_only=True)
class AnswerScored(Event):
    """A person marked a level of each criterion of the rubric: `levels` by criterion key, `share` what they earn."""

    kind: ClassVar[str] = "answer_scored"
    attempt_id: UUID
    item: Thing
    interaction: str
    purpose: str
    share: Fraction
    rubric: str
    levels: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class ScoringReminded(Event):
    """Ledger only: the clock reminded whoever an attempt waits for to be scored."""

    kind: ClassVar[str] = "scoring_reminded"
    scorer: Person | None = None


@dataclass(frozen=True, kw_only=True)
class ScoringEscalated(Event):
    """Ledger only: somebody above the late scorer may now score as a stand-in."""

    kind: ClassVar[str] = "scoring_escalated"
    to: Person | None = None


@dataclass(frozen=True, kw_only=True)
class ObjectiveMastered(Event):
    """An objective has stayed: `evidence_id` is the statement of the verdict, `taught_in` the key of its course."""

    kind: ClassVar[str] = "objective_mastered"
    objective: Thing
    taught_in: str
    evidence_id: UUID


# Transfer. `record_id` is the move's id unless said otherwise.


@dataclass(frozen=True, kw_only=True)
class TransferEvent(Event):
    activity_id: UUID
    round: int = 0
    revision_number: int | None = None


@dataclass(frozen=True, kw_only=True)
class WorksheetSubmitted(TransferEvent):
    kind: ClassVar[str] = "worksheet_submitted"
    approver: Person | None = None


@dataclass(frozen=True, kw_only=True)
class SubmissionWithdrawn(TransferEvent):
    """Voids the statement of the submission."""

    kind: ClassVar[str] = "submission_withdrawn"
    submitted_id: UUID


@dataclass(frozen=True, kw_only=True)
class WorksheetAdjusted(TransferEvent):
    """The manager's edit; the approval that follows is its own event. `record_id` is the revision's id."""

    kind: ClassVar[str] = "worksheet_adjusted"
    changed_fields: int


@dataclass(frozen=True, kw_only=True)
class WorksheetApproved(TransferEvent):
    kind: ClassVar[str] = "worksheet_approved"
    submitted_id: UUID
    adjusted: bool
    criteria_met: int
    criteria: int
    capacity: str = "manager"


@dataclass(frozen=True, kw_only=True)
class WorksheetReturned(TransferEvent):
    """`criteria` are the keys of the criteria that gave the reasons; the reasons stay in the ledger."""

    kind: ClassVar[str] = "worksheet_returned"
    submitted_id: UUID
    criteria: tuple[str, ...]
    capacity: str = "manager"


@dataclass(frozen=True, kw_only=True)
class AdjustmentAcknowledged(TransferEvent):
    """Ledger only: no state changes by it."""

    kind: ClassVar[str] = "adjustment_acknowledged"


@dataclass(frozen=True, kw_only=True)
class LeadsHandedOver(TransferEvent):
    kind: ClassVar[str] = "leads_handed_over"
    lead_count: int


@dataclass(frozen=True, kw_only=True)
class RepObserved(TransferEvent):
    """`record_id`: the observation's id. `levels`: criterion key → level, or None (no chance, not seen)."""

    kind: ClassVar[str] = "rep_observed"
    rubric: str
    mode: str
    minutes: int
    points: int
    points_possible: int
    levels: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, kw_only=True)
class ResultsReported(TransferEvent):
    kind: ClassVar[str] = "results_reported"
    numbers: tuple[tuple[str, int], ...]
    from_on: date
    until_on: date
    met_manager: bool
    approver: Person | None = None


@dataclass(frozen=True, kw_only=True)
class ResultsQueried(TransferEvent):
    """Voids the statement of the report that is in doubt; the claim itself is kept in our records."""

    kind: ClassVar[str] = "results_queried"
    reported_id: UUID


@dataclass(frozen=True, kw_only=True)
class ResultsConfirmed(TransferEvent):
    kind: ClassVar[str] = "results_confirmed"
    reported_id: UUID
    corrected: tuple[tuple[str, int], ...] = ()
    capacity: str = "manager"


@dataclass(frozen=True, kw_only=True)
class TransferCompleted(TransferEvent):
    kind: ClassVar[str] = "transfer_completed"
    approver: Person | None = None


@dataclass(frozen=True, kw_only=True)
class TransferWaived(TransferEvent):
    kind: ClassVar[str] = "transfer_waived"


@dataclass(frozen=True, kw_only=True)
class TransferCancelled(TransferEvent):
    kind: ClassVar[str] = "transfer_cancelled"


@dataclass(frozen=True, kw_only=True)
class TransferReopened(TransferEvent):
    """Says `open`, and voids the `completed` it takes back (a second, derived statement)."""

    kind: ClassVar[str] = "transfer_reopened"
    completed_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ReviewReminded(TransferEvent):
    """Ledger only: the clock, or the rep, reminded the approver."""

    kind: ClassVar[str] = "review_reminded"


@dataclass(frozen=True, kw_only=True)
class ReviewEscalated(TransferEvent):
    """Ledger only: the approver's manager may now decide as a stand-in."""

    kind: ClassVar[str] = "review_escalated"
    to: Person | None = None


@dataclass(frozen=True, kw_only=True)
class PreparationOverridden(TransferEvent):
    """Ledger only: an admin let somebody decide who has not been through the manager's edition."""

    kind: ClassVar[str] = "preparation_overridden"
