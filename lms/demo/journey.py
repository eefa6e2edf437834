"""One person's way through a course, act by act, through the services, on a clock of its own."""

import io
import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from lms import clock
from lms.assessment import queries as assessments
from lms.assessment import scoring_queries
from lms.assessment import service as assessment
from lms.assessment.answers_shown import store
from lms.catalog.queries import VersionRow
from lms.demo.answers import Response, fill, plausible, reworded, right, spoken, spoken_field, wrong
from lms.learning import queries as learning_queries
from lms.learning import service as learning
from lms.learning.models import Enrollment
from lms.people.models import User
from lms.policy import sequencing
from lms.policy.items import ItemType
from lms.policy.outline import Chunk, Item, Transfer
from lms.transfer import queries as transfers
from lms.transfer import service as transfer
from lms.transfer.models import TransferActivity, WorksheetRevision


class Journey:
    """`now` moves forward with every act; `draw` is seeded by the person, so that the company is the same each time."""

    def __init__(
        self, rep: User, version: VersionRow, *, starts_at: datetime, by: User, due_on: date | None = None
    ) -> None:
        self.rep = rep
        self.now = starts_at
        self.draw = random.Random(f"journey:{rep.external_key}")  # noqa: S311 -- demo data, not a secret
        self.enrollment: Enrollment = learning.enroll(rep.id, version, by=by, at=starts_at, due_on=due_on)
        self.course = learning_queries.course_of(self.enrollment)

    @classmethod
    def resume(cls, rep: User, enrollment: Enrollment, *, at: datetime) -> "Journey":
        """Go on with an enrollment that exists."""
        journey = cls.__new__(cls)
        journey.rep, journey.enrollment, journey.now = rep, enrollment, at
        journey.draw = random.Random(f"journey:{rep.external_key}")  # noqa: S311 -- demo data, not a secret
        journey.course = learning_queries.course_of(enrollment)
        return journey

    @property
    def seed(self) -> str:
        return self.rep.external_key or ""

    def wait(self, *, days: float = 0, minutes: float = 0) -> datetime:
        self.now += timedelta(days=days, minutes=minutes)
        return self.now

    def next_key(self) -> str | None:
        """The first step that is open to the rep and waits on nobody."""
        access = sequencing.resolve(self.course, learning_queries.facts(self.enrollment.id), self.now)
        return sequencing.next_step(self.course, access)

    def learn(self, *, until: str = "", steps: int = 1000, share: float = 1.0) -> None:
        """Do chunks and assessments in order, up to a transfer activity, the step `until` or a number of steps.

        Pre-tests are passed over. `share`: how often a question is answered right.
        """
        for _ in range(steps):
            key = self._next_to_learn()
            if key is None or key == until:
                return
            _, step = self.course.steps[key]
            if isinstance(step, Transfer):
                return
            self.wait(minutes=5 + self.draw.random() * 20)
            if isinstance(step, Chunk):
                self.take_chunk(key, step, share=share)
            elif not self.sit(key, share=max(share, 0.97)):
                self.wait(days=1.1)

    def _next_to_learn(self) -> str | None:
        access = sequencing.resolve(self.course, learning_queries.facts(self.enrollment.id), self.now)
        for key, (_, step) in self.course.steps.items():
            if access[key].is_open and not sequencing.is_optional(step):
                return key
        return None

    def take_chunk(self, key: str, chunk: Chunk, *, share: float = 1.0) -> None:
        if chunk.items:
            raw = {item.key: self._respond(item, share) for item in chunk.items}
            assessment.answer_check(self.enrollment, key, raw, attempt_id=uuid4(), by=self.rep, at=self.now)
        else:
            learning.complete_step(self.enrollment, key, how="read", by=self.rep, at=self.now)

    def start(self, key: str) -> Any:
        """An attempt, issued and open."""
        attempt = assessment.issue(self.enrollment, key, by=self.rep, at=self.now)
        return assessments.sitting(attempt.id)

    def sit(self, key: str, *, share: float = 1.0) -> bool:
        """Sit an assessment through; True when it was passed."""
        sitting = self.start(key)
        for item in sitting.items:
            self.wait(minutes=0.5)
            if item.type is ItemType.RECORDING:
                take = io.BytesIO(spoken(self.seed))
                assessment.keep_recording(sitting, item.key, take, store(), at=self.now)
                continue
            assessment.save_answer(sitting, item.key, self._respond(item, share), client_id=uuid4().hex, at=self.now)
        self.wait(minutes=1)
        return assessment.submit(sitting, at=self.now).passed

    def score(self, by: User) -> None:
        """What waits of this rep is scored, at the standard and now and then one level off."""
        for key in scoring_queries.facts(self.enrollment.id, self.now):
            rows = assessments.attempts_of(self.enrollment.id, key)
            row = next(one for one in rows if one.state == "awaiting_review")
            sitting = assessments.sitting(row.id)
            if sitting is None:
                raise LookupError(f"no attempt {row.id}")
            marks = {item.key: self._marks(item) for item in sitting.items if item.is_scored_by_person}
            assessment.score_attempt(sitting, marks, by=by, at=self.wait(days=0.4))

    def _marks(self, item: Item) -> assessment.Marks:
        criteria = item.rubric.criteria if item.rubric else ()
        levels = {one.key: min(self.draw.choice((2, 3, 3, 4)), len(one.levels)) for one in criteria}
        return assessment.Marks(levels, {one.key: self.draw.choice(COMMENTS) for one in criteria[:1]})

    def _respond(self, item: Item, share: float) -> Response:
        return right(item) if self.draw.random() < share else wrong(item)

    # The transfer activity

    def activity(self, key: str) -> TransferActivity:
        found = transfers.activity_by_step(self.enrollment.id, key)
        if found is None:
            raise LookupError(key)
        return found

    def write(self, key: str, *, part: float = 1.0, changes: Mapping[str, str] | None = None) -> TransferActivity:
        """Save a draft of the worksheet: the first `part` of its fields, filled the way a rep would."""
        definition = self.course.transfers[key]
        row = transfers.activity_by_step(self.enrollment.id, key)
        draft = transfers.draft(row.id) if row else None
        day = clock.company_day(self.now)
        content = fill(definition, part=part, seed=self.seed, day=day, name=self.rep.name)
        content.update(draft.content if draft else {})  # what was written before stays
        content.update(changes or {})
        saved = transfer.save_draft(
            self.enrollment, key, content=content, lock=draft.lock if draft else 0, by=self.rep, at=self.now
        )
        return saved.activity

    def submit(self, key: str) -> TransferActivity:
        row = self.activity(key)
        transfer.submit(row, by=self.rep, at=self.wait(minutes=3))
        return row

    def send_back(self, key: str, by: User, reasons: Mapping[str, str]) -> None:
        row = self.activity(key)
        at = self.wait(days=0.8)
        transfer.open_review(row, by=by, at=at)
        due_on = clock.add_working_days(clock.company_day(at), 2)
        number = self.submitted(row).number
        transfer.return_(row, revision=number, reasons=reasons, due_on=due_on, by=by, at=self.wait(minutes=9))

    def submitted(self, row: TransferActivity) -> WorksheetRevision:
        found = transfers.revision(row.id, row.submitted_revision)
        if found is None:
            raise LookupError(f"nothing was submitted of {row.title}")
        return found

    def reported(self, row: TransferActivity) -> int:
        """The number of the last report."""
        found = transfers.latest_report(row.id)
        if found is None:
            raise LookupError(f"nothing was reported of {row.title}")
        return found.number

    def approve(self, key: str, by: User, *, edits: Mapping[str, str] | None = None) -> None:
        row, definition = self.activity(key), self.course.transfers[key]
        at = self.wait(days=0.7)
        transfer.open_review(row, by=by, at=at)
        marks = {criterion.key: "met" for criterion in definition.review_rubric.criteria}
        at = self.wait(minutes=8)
        day = clock.company_day(at)
        seen = self.submitted(row)
        if edits:
            content = {**seen.content, **edits}
            transfer.adjust(row, revision=seen.number, content=content, marks=marks, meeting_on=day, by=by, at=at)
        else:
            transfer.approve(row, revision=seen.number, marks=marks, meeting_on=day, by=by, at=at)

    def acknowledge(self, key: str) -> None:
        transfer.acknowledge(self.activity(key), by=self.rep, at=self.wait(minutes=40))

    def release(self, key: str, by: User) -> None:
        row, definition = self.activity(key), self.course.transfers[key]
        at = self.wait(minutes=30)
        day = clock.company_day(at)
        wanted = definition.leads_minimum or 0
        leads = [
            transfer.NewLead(name, f"CRM-{1000 + number}", "") for number, name in enumerate(self._accounts(wanted))
        ]
        transfer.release(
            row,
            leads=leads,
            own_list=not leads,
            from_on=day,
            until_on=day + timedelta(days=definition.field_days),
            by=by,
            at=at,
        )

    def _accounts(self, count: int) -> list[str]:
        return self.draw.sample(ACCOUNTS, min(count + 3, len(ACCOUNTS))) if count else []

    def tap(self, key: str, share: float = 1.0) -> dict[str, int]:
        """Tally the field work as far as it has come; returns the totals."""
        row, definition = self.activity(key), self.course.transfers[key]
        totals = transfers.tally_totals(row.id)
        marks = []
        for number in definition.numbers:
            wanted = round(plausible(definition, self.seed)[number.key] * share) if number.tally else 0
            for _ in range(max(0, wanted - totals.get(number.key, 0))):
                marks.append(transfer.Tap(uuid4().hex, number.key, 1, self.wait(minutes=2)))
        return transfer.tally(row, taps=marks, by=self.rep, at=self.now)

    def observe(self, key: str, by: User, *, levels: tuple[int, ...] = (3, 4, 3, 2, 3, 4)) -> None:
        row, definition = self.activity(key), self.course.transfers[key]
        scores: dict[str, dict[str, Any]] = {}
        for number, criterion in enumerate(definition.field_rubric.criteria):
            level = levels[number % len(levels)]
            if level == 0:
                scores[criterion.key] = {"seen": "no_chance", "level": None}
            else:
                scores[criterion.key] = {"seen": "yes", "level": min(level, len(criterion.levels))}
        at = self.wait(days=1.1)
        transfer.observe(
            row,
            client_id=uuid4().hex,
            observed_on=clock.company_day(at),
            mode=self.draw.choice(("live", "joint", "recorded")),
            minutes=self.draw.choice((20, 30, 45)),
            scores=scores,
            strength=self.draw.choice(STRENGTHS),
            next_step=self.draw.choice(NEXT_STEPS),
            by=by,
            at=at,
        )

    def report(self, key: str, numbers: Mapping[str, int] | None = None, note: str = "") -> None:
        row = self.activity(key)
        at = self.wait(days=1)
        totals = {**plausible(self.course.transfers[key], self.seed), **transfers.tally_totals(row.id)}
        day = clock.local_day(at, self.rep.zone)
        transfer.report_results(
            row,
            numbers=dict(numbers or totals),
            from_on=min(row.field_from or day, day),
            until_on=day,
            met_manager=True,
            note=note,
            by=self.rep,
            at=at,
        )

    def query(self, key: str, by: User, question: str) -> None:
        row = self.activity(key)
        transfer.query(row, report=self.reported(row), question=question, by=by, at=self.wait(days=0.5))

    def verify(self, key: str, by: User, *, corrected: Mapping[str, int] | None = None) -> None:
        row = self.activity(key)
        transfer.verify(row, report=self.reported(row), corrected=dict(corrected or {}), by=by, at=self.wait(days=0.6))

    def whole_activity(self, key: str, by: User, *, edits: bool = False, rounds: int = 1) -> None:
        """From blank worksheet to confirmed numbers."""
        self.wait(minutes=60)
        self.write(key)
        self.submit(key)
        for _ in range(rounds - 1):
            self.send_back(key, by, self.first_reason(key))
            self.wait(days=0.6)
            self.write(key, changes=self.rewrite(key))
            self.submit(key)
        self.approve(key, by, edits=self.edit(key) if edits else None)
        if edits:
            self.acknowledge(key)
        self.release(key, by)
        self.tap(key)
        self.observe(key, by)
        self.report(key)
        self.verify(key, by)

    def first_reason(self, key: str) -> dict[str, str]:
        criterion = self.course.transfers[key].review_rubric.criteria[0]
        return {criterion.key: self.draw.choice(REASONS)}

    def rewrite(self, key: str) -> dict[str, str]:
        """What a second round changes: the end of what is said, anew."""
        return self._said_anew(key, 0)

    def edit(self, key: str) -> dict[str, str]:
        """What a manager changes on approval."""
        return self._said_anew(key, 1)

    def _said_anew(self, key: str, which: int) -> dict[str, str]:
        field = spoken_field(self.course.transfers[key])
        draft = transfers.draft(self.activity(key).id)
        text = draft.content.get(field.key, "") if draft else ""
        return {field.key: reworded(text, REWRITES.get(field.key, OTHERWISE)[which])[: field.max_length]}


ACCOUNTS = (
    "Alder & Finch Logistics",
    "Brightwater Foods",
    "Cobalt Freight",
    "Dunmore Packaging",
    "Eastgate Clinics",
    "Fairholm Printing",
    "Granite Ridge Builders",
    "Harbor Lane Hotels",
    "Ironwood Supply",
    "Juniper Pharmacies",
    "Kestrel Components",
    "Larkspur Dental Group",
    "Millbrook Dairy",
    "Northfield Machining",
    "Orchard Valley Schools",
    "Pinecrest Storage",
)
REASONS = (
    "The reason is about us, not about them. Start with what a plant manager loses when parts are late.",
    "Two questions at once. Ask one and wait.",
    "The request has no day and no time. Offer one.",
)
REWRITES = {
    "reason_line": (
        "Two others found a way out, and I could show you what they changed.",
        "May I show you what two others changed?",
    ),
}
OTHERWISE = ("Does that fit with what you expect?", "What would you add?")
COMMENTS = (
    "The fact and the consequence are in one breath. Keep that.",
    "Slower at the number: I could not write it down.",
    "You say what you will do next. Say when, too.",
)
STRENGTHS = (
    "Waited after the question until the buyer had finished.",
    "The reason was about the buyer's week, not about us.",
    "Took the concern as a question and answered in two sentences.",
)
NEXT_STEPS = (
    "Offer a day and a time in the request, every time.",
    "Say the reason in one breath; drop the second half.",
    "After a concern, ask one question before you answer.",
)
