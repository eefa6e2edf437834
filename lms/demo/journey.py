"""One person's way through a course, act by act, through the services, on a clock of its own."""

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

from lms import clock
from lms.assessment import queries as assessments
from lms.assessment import service as assessment
from lms.catalog.queries import VersionRow
from lms.learning import queries as learning_queries
from lms.learning import service as learning
from lms.learning.models import Enrollment
from lms.people.models import User
from lms.policy import sequencing
from lms.policy.outline import Chunk, Column, FieldType, Item, ItemType, Transfer
from lms.transfer import queries as transfers
from lms.transfer import service as transfer
from lms.transfer.models import TransferActivity, WorksheetRevision

Response = Mapping[str, Any]


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
            if access[key].is_open and not sequencing.is_pretest(step):
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
            assessment.save_answer(sitting, item.key, self._respond(item, share), client_id=uuid4().hex, at=self.now)
        self.wait(minutes=1)
        return assessment.submit(sitting, at=self.now).passed

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
        content = fill(definition, part=part, seed=self.rep.external_key or "")
        content.update(changes or {})
        row = transfers.activity_by_step(self.enrollment.id, key)
        draft = transfers.draft(row.id) if row else None
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
            wanted = round(plausible(definition)[number.key] * share) if number.tally else 0
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
        totals = {**plausible(self.course.transfers[key]), **transfers.tally_totals(row.id)}
        day = clock.company_day(at)
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
        """What a second round changes: the first free text, said anew."""
        field = _first_text(self.course.transfers[key])
        return {field.key: _shortened(field.example or "Here is what I say now.") + " " + REWRITES[0]}

    def edit(self, key: str) -> dict[str, str]:
        field = _first_text(self.course.transfers[key])
        return {field.key: _shortened(field.example or "Hello.") + " " + REWRITES[1]}


def right(item: Item) -> Response:
    """The keyed response of any item type."""
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return {"choice": max(item.options, key=lambda option: option.weight).key}
        case ItemType.MULTIPLE:
            return {"choices": [option.key for option in item.options if option.is_right]}
        case ItemType.NUMERIC:
            return {"number": item.answer}
        case ItemType.ORDER:
            return {"places": {entry.key: place for place, entry in enumerate(item.sequence, start=1)}}
        case ItemType.MATCHING:
            return {"pairs": {pair.key: pair.key for pair in item.pairs}}
        case ItemType.SHORT:
            return {"text": item.accept[0]}


def wrong(item: Item) -> Response:
    """A full but wrong response of any item type."""
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return {"choice": min(item.options, key=lambda option: option.weight).key}
        case ItemType.MULTIPLE:
            return {
                "choices": [option.key for option in item.options if not option.is_right][:1] or [item.options[0].key]
            }
        case ItemType.NUMERIC:
            return {"number": "0.001"}
        case ItemType.ORDER:
            return {"places": {entry.key: place for place, entry in enumerate(reversed(item.sequence), start=1)}}
        case ItemType.MATCHING:
            keys = [pair.key for pair in item.pairs]
            return {"pairs": dict(zip(keys, keys[1:] + keys[:1], strict=True))}
        case ItemType.SHORT:
            return {"text": "not sure"}


def fill(definition: Transfer, *, part: float, seed: str) -> dict[str, Any]:
    """A worksheet filled in from the author's own examples, which stand beside each prompt."""
    fields = list(definition.sheet.fields)
    content: dict[str, Any] = {}
    for field in fields[: max(1, round(len(fields) * part))]:
        match field.type:
            case FieldType.ROWS:
                count = max(field.min_rows, 2)
                content[field.key] = [
                    {column.key: _cell(column, number) for column in field.columns} for number in range(count)
                ]
            case FieldType.CHOICE:
                content[field.key] = field.options[len(seed) % len(field.options)].key
            case FieldType.CHECK:
                content[field.key] = True
            case FieldType.NUMBER:
                content[field.key] = str(10 + len(seed))
            case FieldType.DATE:
                content[field.key] = "2026-03-02"
            case _:
                content[field.key] = (field.example or ANSWERS[len(field.key) % len(ANSWERS)])[: field.max_length]
    return content


def plausible(definition: Transfer) -> dict[str, int]:
    """Numbers inside the author's ranges, each at most the one before it in the order."""
    found: dict[str, int] = {}
    for number in definition.numbers:
        low, high = number.plausible or (2, 8)
        found[number.key] = round(low + (high - low) * 0.45)
    for wider, narrower in pairwise(definition.order):
        found[narrower] = min(found[narrower], found[wider])
    return found


def _cell(column: Column, number: int) -> str:
    if column.type is FieldType.NUMBER:
        return str(5 * (number + 1))
    if column.type is FieldType.DATE:
        return f"2026-03-{number + 2:02}"
    concern, answer = CONCERNS[number % len(CONCERNS)]
    lowered = column.key.lower()
    if any(word in lowered for word in ("answer", "response", "buyer", "reply", "says")):
        return answer
    return EVIDENCE[number % len(EVIDENCE)] if "evidence" in lowered or "source" in lowered else concern


def _first_text(definition: Transfer) -> Any:
    return next(field for field in definition.sheet.fields if field.type in {FieldType.TEXT, FieldType.LONG})


def _shortened(text: str) -> str:
    return text.split(". ")[0].rstrip(".") + "."


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
CONCERNS = (
    ("Send me an email.", "I will. So that I send the right page: is it the late orders or the cost that hurts more?"),
    ("We have a supplier.", "Good, then you know what works. What would have to be better for a look to be worth it?"),
    (
        "I have no time.",
        "I called without an appointment, so that is fair. Would Tuesday at ten be better, for fifteen minutes?",
    ),
    ("It is not in the budget.", "Most people say that first. May I ask what a late delivery costs you in a month?"),
)
EVIDENCE = (
    "Said by the operations lead on the call of Tuesday",
    "Written in her mail, forwarded to my manager",
    "Seen in their tender document, page 4",
)
ANSWERS = (
    "I call because plants like yours lose about a shift a week to late parts.",
    "What do you do today when a delivery is late?",
    "Would fifteen minutes on Tuesday at ten work for a first look?",
)
REASONS = (
    "The reason is about us, not about them. Start with what a plant manager loses when parts are late.",
    "Two questions at once. Ask one and wait.",
    "The request has no day and no time. Offer one.",
)
REWRITES = ("I kept it to one reason that concerns them.", "Ask it, then stay silent.")
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
