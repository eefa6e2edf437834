"""A small course with one transfer activity, and a story that can be told step by step."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from lms import clock
from lms.catalog import queries as catalog
from lms.catalog import service as catalog_service
from lms.errors import RuleViolation
from lms.learning import service as learning
from lms.learning.models import Enrollment
from lms.policy.outline import (
    Chunk,
    Column,
    Course,
    Criterion,
    Edition,
    Field,
    FieldType,
    Module,
    OpensNext,
    Option,
    Preparation,
    ResultNumber,
    Rubric,
    Section,
    Sheet,
    Transfer,
)
from lms.transfer import queries, service
from lms.transfer.models import TransferActivity

MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
STEP = "script/call-script"
KEYS = ("calls", "contacts", "presentations", "appointments")
CONTENT = {
    "opening": "Hello, this is Rosa Diaz.",
    "tone": "warm",
    "concerns": [{"concern": "No time", "answer": "Two minutes?"}],
}
BETTER = {**CONTENT, "opening": "Hello Mr. Adler, this is Rosa Diaz."}
ADJUSTED = {**CONTENT, "opening": "Hello Mr. Adler, Rosa Diaz here."}
MET = {"reason": "met", "question": "met"}
SCORES = {"reason": {"seen": "yes", "level": 3}, "question": {"seen": "no_chance", "level": None}}
CLAIM = {"calls": 40, "contacts": 20, "presentations": 8, "appointments": 3}


def criterion(key: str) -> Criterion:
    return Criterion(key, key.title(), f"does {key}", ("poor", "fair", "good", "strong"))


def activity_step(**changes) -> Transfer:
    rubric = Rubric("call", "The call", (criterion("reason"), criterion("question")))
    step = Transfer(
        key="call-script",
        title="Your call script",
        sheet=Sheet(
            "Call script",
            (
                Section(
                    "opening",
                    "Opening",
                    (
                        Field("opening", FieldType.LONG, "Your opening", required=True, max_length=200),
                        Field("tone", FieldType.CHOICE, "Tone", options=(Option("warm", "Warm"), Option("dry", "Dry"))),
                        Field(
                            "concerns",
                            FieldType.ROWS,
                            "Concern",
                            min_rows=1,
                            max_rows=3,
                            columns=(Column("concern", "They say", required=True), Column("answer", "You say")),
                        ),
                    ),
                ),
            ),
        ),
        review_rubric=rubric,
        field_rubric=rubric,
        numbers=tuple(ResultNumber(key, key.title()) for key in KEYS),
        order=KEYS,
        attestation="I met with my manager about these calls",
        leads_minimum=2,
        leads_label="Accounts to call",
        preparation=Preparation.NONE,
    )
    return replace(step, **changes)


def publish(by, *, key: str = "calling", **changes) -> catalog.VersionRow:
    course = Course(
        key=key,
        title="Calling",
        modules=(
            Module("script", "Your script", (activity_step(**changes),)),
            Module("after", "After the field", (Chunk("next", "Next", 3, "Text"),), requires=("script",)),
        ),
    )
    version = catalog_service.publish(course, {}, change_class="substantive", by=by, at=MONDAY - 30 * DAY)
    return catalog.version(version.id)


def publish_edition(by, *, key: str = "calling") -> catalog.VersionRow:
    course = Course(
        key=f"{key}-manager",
        title="Calling, for managers",
        modules=(Module("prepare", "Prepare", (Chunk("read", "Read", 3, "Text"),)),),
        edition=Edition.MANAGER,
        edition_of=key,
    )
    version = catalog_service.publish(course, {}, change_class="substantive", by=by, at=MONDAY - 30 * DAY)
    return catalog.version(version.id)


def refused(code, act, *args, **kwargs) -> RuleViolation:
    """The refusal that the act meets, which must be this one."""
    with pytest.raises(RuleViolation) as caught:
        act(*args, **kwargs)
    assert caught.value.code == code
    return caught.value


class Story:
    """One rep, one activity. Every step takes who acts and, where it matters, when; time goes on by itself."""

    def __init__(self, cast, **changes) -> None:
        self.cast = cast
        self.rep = cast.rosa
        self.version = publish(cast.enid, **changes)
        self.at = MONDAY
        self.enrollment: Enrollment = learning.enroll(self.rep.id, self.version, by=cast.enid, at=MONDAY - DAY)
        self.activity_id: UUID | None = None

    def later(self, **by) -> datetime:
        self.at += timedelta(**(by or {"minutes": 5}))
        return self.at

    @property
    def activity(self) -> TransferActivity:
        """By its id, once that is known: the session has it at hand, and a story asks for it at every turn."""
        found = queries.activity(self.activity_id) if self.activity_id else None
        if found is None:
            found = queries.activity_by_step(self.enrollment.id, STEP)
            self.activity_id = found and found.id
        return found

    @property
    def today(self) -> date:
        return clock.company_day(self.at)

    @property
    def lock(self) -> int:
        draft = queries.draft(self.activity.id) if self.activity else None
        return draft.lock if draft else 0

    @property
    def report_number(self) -> int:
        last = queries.latest_report(self.activity.id)
        return last.number if last else 0

    def typed(self, content=None, **changes):
        values = {"content": content or CONTENT, "lock": self.lock, "by": self.rep, "at": self.later()}
        return service.save_draft(self.enrollment, STEP, **{**values, **changes})

    def submitted(self, content=None):
        self.typed(content)
        return service.submit(self.activity, by=self.rep, at=self.later())

    def approved(self, by=None, **changes):
        values = {"revision": self.activity.submitted_revision, "marks": MET, "meeting_on": self.today}
        return service.approve(self.activity, **{**values, **changes}, by=by or self.cast.milo, at=self.later())

    def adjusted(self, by=None, **changes):
        values = {"revision": self.activity.submitted_revision, "marks": MET, "meeting_on": self.today}
        return service.adjust(
            self.activity, **{"content": ADJUSTED, **values, **changes}, by=by or self.cast.milo, at=self.later()
        )

    def returned(self, by=None, **changes):
        values = {
            "revision": self.activity.submitted_revision,
            "reasons": {"reason": "It is about us, not about him."},
            "due_on": self.today + 2 * DAY,
        }
        return service.return_(self.activity, **{**values, **changes}, by=by or self.cast.milo, at=self.later())

    def acknowledged(self):
        return service.acknowledge(self.activity, by=self.rep, at=self.later())

    def released(self, by=None, **changes):
        values = {
            "leads": (service.NewLead("Adler Works"), service.NewLead("Birch & Sons", "CRM-7")),
            "own_list": False,
            "from_on": self.today,
            "until_on": self.today + 7 * DAY,
        }
        return service.release(self.activity, **{**values, **changes}, by=by or self.cast.milo, at=self.later())

    def observed(self, by=None, **changes):
        at = self.later()
        values = {
            "client_id": f"observation {at.isoformat()}",
            "observed_on": self.today,
            "mode": "live",
            "minutes": 20,
            "scores": SCORES,
            "strength": "Waits for the answer.",
            "next_step": "Ask one question fewer.",
        }
        return service.observe(self.activity, **{**values, **changes}, by=by or self.cast.milo, at=at)

    def reported(self, **changes):
        values = {"numbers": CLAIM, "from_on": self.today, "until_on": self.today, "met_manager": True}
        return service.report_results(self.activity, **{**values, **changes}, by=self.rep, at=self.later())

    def queried(self, by=None, **changes):
        values = {"report": self.report_number, "question": "Three of eight?"}
        return service.query(self.activity, **{**values, **changes}, by=by or self.cast.milo, at=self.later())

    def verified(self, by=None, **changes):
        values = {"report": self.report_number, "corrected": {}}
        return service.verify(self.activity, **{**values, **changes}, by=by or self.cast.milo, at=self.later())

    def to_review(self):
        self.submitted()
        return self

    def to_approved(self):
        self.to_review().approved()
        return self

    def to_field(self):
        self.to_approved().released()
        return self

    def to_results(self):
        self.to_field().observed()
        self.reported()
        return self

    def to_verified(self):
        self.to_results().verified()
        return self


__all__ = ["OpensNext", "Preparation", "Story"]
