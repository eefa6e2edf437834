"""One event of every kind, about Rosa in one course."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from uuid import UUID, uuid5

from lms.statements import administration
from lms.statements import events as e

AT = datetime(2026, 11, 23, 15, 4, 5, 678000, tzinfo=UTC)
ROOT = UUID("0a8f2a4e-0c3f-4a39-9d1f-5e8b1f4c7a11")
ROSA = e.Person(uuid5(ROOT, "rosa"), "Rosa Diaz")
MILO = e.Person(uuid5(ROOT, "milo"), "Milo Hart")
COURSE = e.Thing("appointment-setting", "Appointment setting", 3)
MODULE = e.Thing("openings", "Openings", 3)
STEP = e.Thing("first-words", "The first words", 3)
REGISTRATION = uuid5(ROOT, "registration")
HERE = e.Place(REGISTRATION, COURSE, MODULE, STEP)
IN_MODULE = e.Place(REGISTRATION, COURSE, MODULE)
IN_COURSE = e.Place(REGISTRATION, COURSE)
ACTIVITY = uuid5(ROOT, "activity")
SUBMITTED = uuid5(ROOT, "submitted")
REPORTED = uuid5(ROOT, "reported")
COMPLETED = uuid5(ROOT, "completed")
# What a person wrote: it may stand in the ledger and nowhere else.
WORDS = "Call pat.jones@customer.example at Acme Corp again"


def rosa(cls, place=HERE, **more):
    return cls(at=AT, actor=ROSA, learner=ROSA, record_id=uuid5(ROOT, cls.kind), place=place, reason=WORDS, **more)


def milo(cls, **more):
    return cls(
        at=AT,
        actor=MILO,
        learner=ROSA,
        record_id=uuid5(ROOT, cls.kind),
        place=HERE,
        reason=WORDS,
        activity_id=ACTIVITY,
        round=2,
        revision_number=4,
        **more,
    )


def admin(cls, **more):
    return cls(at=AT, actor=MILO, learner=ROSA, record_id=uuid5(ROOT, cls.kind), reason=WORDS, **more)


def own(cls, **more):
    return rosa(cls, activity_id=ACTIVITY, round=2, revision_number=4, **more)


EVENTS: tuple[e.Event, ...] = (
    rosa(e.CourseAssigned, IN_COURSE, due_on=date(2026, 12, 24)),
    rosa(e.EnrollmentActivated, IN_COURSE),
    rosa(e.EnrollmentWithdrawn, IN_COURSE),
    rosa(e.ModuleOpened, IN_MODULE, because=WORDS),
    rosa(e.ChunkCompleted, percent=40),
    rosa(e.ModuleCompleted, IN_MODULE),
    rosa(e.ModuleTestedOut, IN_MODULE, passed_id=SUBMITTED),
    rosa(e.StepWaived),
    rosa(e.CourseSatisfied, IN_COURSE),
    rosa(e.AttemptStarted, purpose="pre", number=1, seed=42),
    rosa(
        e.QuestionAnswered,
        attempt_id=uuid5(ROOT, "attempt"),
        item=e.Thing("opener", "Opener", 2),
        interaction="choice",
        prompt="Which opening gives the reason for the call?",
        response="a[,]c",
        share=Fraction(2, 3),
        objective=e.Thing("open-a-call", "Opens a call"),
        components=(("a", "We help …"), ("b", "How are you?"), ("c", "The reason I call …")),
        correct=("a[,]c",),
        purpose="post",
    ),
    rosa(e.AttemptHandedIn, purpose="post", number=2, to_score=1, scorer=MILO),
    e.AnswerScored(
        at=AT,
        actor=MILO,
        learner=ROSA,
        record_id=uuid5(ROOT, "answer_scored"),
        place=HERE,
        reason=WORDS,
        attempt_id=uuid5(ROOT, "attempt"),
        item=e.Thing("opening", "Say your opening", 2),
        interaction="other",
        purpose="post",
        share=Fraction(2, 3),
        rubric="call-rubric",
        levels=(("opening", 3), ("request", 2)),
    ),
    rosa(e.ScoringReminded, scorer=MILO),
    rosa(e.ScoringEscalated, to=MILO),
    rosa(
        e.AttemptGraded,
        purpose="post",
        number=2,
        earned=Fraction(17, 2),
        possible=10,
        threshold_bp=8000,
        passed=True,
        is_gate=True,
        is_first_pass=True,
        seconds=754,
    ),
    rosa(
        e.ObjectiveMastered,
        IN_MODULE,
        objective=e.Thing("open-a-call", "Opens a call"),
        taught_in="basics",
        evidence_id=SUBMITTED,
    ),
    own(e.WorksheetSubmitted, approver=MILO),
    own(e.SubmissionWithdrawn, submitted_id=SUBMITTED),
    milo(e.WorksheetAdjusted, changed_fields=3),
    milo(e.WorksheetApproved, submitted_id=SUBMITTED, adjusted=True, criteria_met=4, criteria=5),
    milo(e.WorksheetReturned, submitted_id=SUBMITTED, criteria=("reason-given", "question-open")),
    own(e.AdjustmentAcknowledged),
    milo(e.LeadsHandedOver, lead_count=12),
    milo(
        e.RepObserved,
        rubric="call",
        mode="live",
        minutes=35,
        points=7,
        points_possible=12,
        levels=(("opening", 3), ("question", 4), ("close", None)),
    ),
    own(
        e.ResultsReported,
        numbers=(("calls", 80), ("contacts", 31), ("presentations", 9), ("appointments", 4), ("voicemails", 22)),
        from_on=date(2026, 11, 16),
        until_on=date(2026, 11, 20),
        met_manager=True,
        approver=MILO,
    ),
    milo(e.ResultsQueried, reported_id=REPORTED),
    milo(e.ResultsConfirmed, reported_id=REPORTED, corrected=(("calls", 78),)),
    own(e.TransferCompleted, approver=MILO),
    milo(e.TransferWaived),
    milo(e.TransferCancelled),
    milo(e.TransferReopened, completed_id=COMPLETED),
    milo(e.PreparationOverridden),
    milo(e.ReviewReminded),
    milo(e.ReviewEscalated, to=MILO),
    admin(administration.AccountChanged, change="role granted", facts=(("role", "admin"),)),
    admin(administration.LineChanged, manager=MILO, from_on=date(2026, 11, 1)),
    admin(administration.DelegationMade, delegate=MILO, starts_on=date(2026, 11, 1), ends_on=date(2026, 11, 9)),
    admin(administration.CoursePublished, course=COURSE),
    admin(administration.ItemMoved, item=e.Thing("reason-first", "Which sentence states the job?", 2)),
    admin(administration.ItemRepaired, item=e.Thing("reason-first", "Which sentence states the job?", 2)),
    admin(administration.AttemptGranted),
    admin(administration.EnrollmentPaused),
    admin(administration.EnrollmentResumed),
    admin(
        administration.ObjectivesSlipped,
        objectives=(e.Thing("open-a-call", "Opens a call"),),
        homes=(("basics", "open-a-call"),),
    ),
    admin(administration.AccommodationChanged, change="gave more time in tests", facts=(("time_percent", "150"),)),
    admin(administration.FileImported, what="readings"),
    admin(administration.MetricChanged, change="retired", name="Calls made"),
    admin(administration.StatementResent, target="external"),
    admin(administration.MailSentAgain, mail="Confirmed: Your call script"),
    admin(administration.CredentialChanged, change="made", name="Reporting"),
    admin(administration.StoreChanged, change="paused", name="Analytics"),
)


def sample(kind: str) -> e.Event:
    return next(event for event in EVENTS if event.kind == kind)


# Kinds that say something else when they went otherwise.
VARIANTS: tuple[e.Event, ...] = (
    replace(sample("attempt_graded"), passed=False, is_first_pass=False),
    replace(sample("attempt_graded"), is_gate=False, is_first_pass=False, cause="regraded"),
    replace(sample("question_answered"), interaction="fill-in", response=WORDS, components=(), correct=()),
    replace(sample("question_answered"), purpose="", card_step=2, elapsed_days=7),
)
