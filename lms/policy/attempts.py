"""Attempts: when one may begin, the form that is frozen into it, when it ends, and how much feedback it
shows.
"""

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from lms.policy import calculated, forms, grading, mastery
from lms.policy.forms import Candidate, Stratum
from lms.policy.items import SCORED_BY_PERSON, Item, ItemType
from lms.policy.outline import Assessment, Chunk, Feedback, Purpose

GRACE = timedelta(seconds=30)  # for an answer that was on its way when the time ran out
TEST_OUT_WAIT = timedelta(days=30)
COUNTED = frozenset({Purpose.PRE, Purpose.POST, Purpose.CARRY})  # so many tries and no more
REPEATED = frozenset({Purpose.FORMATIVE})  # also after it was passed
# What was asked may be shown once nothing hangs on it any more.
REVEALED_IN_THE_END = frozenset({Purpose.POST.value, Purpose.CARRY.value, Purpose.DELAYED.value})
WITH_TEST_OUT = frozenset({Purpose.PRE, Purpose.TEST_OUT})
CHECK = "check"  # the purpose of an attempt on a chunk's own questions


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier attempt. `closed_at` and `passed` are None while it is open; `awaits`: a person has to score it."""

    number: int
    closed_at: datetime | None
    passed: bool | None
    awaits: bool = False


class StartState(StrEnum):
    MAY_START = "may_start"
    RESUME = "resume"
    AWAITING = "awaiting"
    COOLING = "cooling"
    EXHAUSTED = "exhausted"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Start:
    """Whether an attempt may begin, and what the page says about it. `left` and `allowed` are None without a
    limit.
    """

    state: StartState
    number: int
    used: int
    allowed: int | None
    opens_at: datetime | None = None
    passed_on: int | None = None

    @property
    def left(self) -> int | None:
        return None if self.allowed is None else max(0, self.allowed - self.used)

    @property
    def code(self) -> str:
        """Why not, as a code for `web/wording.py`; empty when one may."""
        return {
            StartState.AWAITING: "attempt_awaiting_review",
            StartState.COOLING: "attempt_cooling",
            StartState.EXHAUSTED: "attempts_exhausted",
            StartState.PASSED: "attempt_already_passed",
        }.get(self.state, "")


def may_start(
    assessment: Assessment, past: Sequence[Past], granted: int, at: datetime, before: datetime | None = None
) -> Start:
    """`granted` attempts were unlocked by a manager after a conversation; they need no waiting.

    `before`: when this person last sat it under an earlier enrollment on the course. A pre-test asks what one knew
    before, so taking the course again gives no new try until the waiting time is over. A test-out has one try in 30
    days. When a delayed check comes is decided by its calendar, not here.
    """
    used = len(past)
    number = max((one.number for one in past), default=0) + 1
    has_limit = assessment.purpose in COUNTED
    allowed = assessment.attempts + granted if has_limit else None
    open_one = next((one for one in past if one.closed_at is None), None)
    if open_one is not None:
        return Start(StartState.RESUME, open_one.number, used, allowed)
    passed_on = next((one.number for one in past if one.passed), None)
    if passed_on is not None and assessment.purpose not in REPEATED:
        return Start(StartState.PASSED, number, used, allowed, passed_on=passed_on)
    if any(one.awaits for one in past):
        return Start(StartState.AWAITING, number, used, allowed)
    if allowed is not None and used >= allowed:
        return Start(StartState.EXHAUSTED, number, used, allowed)
    last_closed = max((one.closed_at for one in past if one.closed_at is not None), default=None)
    is_test_out = assessment.purpose is Purpose.TEST_OUT
    waits_from = [last_closed] if is_test_out or (has_limit and used < assessment.attempts) else []
    if assessment.purpose in WITH_TEST_OUT:
        waits_from.append(before)
    last = max((one for one in waits_from if one is not None), default=None)
    if last is not None and at < (opens_at := last + waiting_time(assessment)):
        return Start(StartState.COOLING, number, used, allowed, opens_at=opens_at)
    return Start(StartState.MAY_START, number, used, allowed)


def waiting_time(assessment: Assessment) -> timedelta:
    """Between two tries."""
    wait = timedelta(hours=assessment.cooldown_hours)
    return max(wait, TEST_OUT_WAIT) if assessment.purpose is Purpose.TEST_OUT else wait


@dataclass(frozen=True, slots=True)
class FormItem:
    """An item on a form: which version, and its options (places, right-hand sides) in the order they are
    shown.
    """

    key: str
    version: int
    options: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()  # the numbers drawn for a calculated item

    def to_json(self) -> dict[str, Any]:
        kept: dict[str, Any] = {"key": self.key, "version": self.version, "options": list(self.options)}
        return {**kept, "values": [list(one) for one in self.values]} if self.values else kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "FormItem":
        values = tuple((key, value) for key, value in kept.get("values", ()))
        return cls(kept["key"], kept["version"], tuple(kept["options"]), values)


@dataclass(frozen=True, slots=True)
class Form:
    """Everything about an attempt that a later change of the course must not touch."""

    purpose: str
    title: str
    version_id: str
    seed: int
    threshold_bp: int
    feedback: Feedback
    items: tuple[FormItem, ...]
    minutes: int | None = None
    has_floors: bool = True
    test_out_right: int | None = None
    time_percent: int = 100  # how much of the time limit this person has

    def to_json(self) -> dict[str, Any]:
        return {
            "purpose": self.purpose,
            "title": self.title,
            "version_id": self.version_id,
            "seed": self.seed,
            "threshold_bp": self.threshold_bp,
            "feedback": self.feedback.value,
            "items": [one.to_json() for one in self.items],
            "minutes": self.minutes,
            "has_floors": self.has_floors,
            "test_out_right": self.test_out_right,
            "time_percent": self.time_percent,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Form":
        items = tuple(FormItem.from_json(one) for one in kept["items"])
        return cls(**{**kept, "feedback": Feedback(kept["feedback"]), "items": items})


def draw(
    assessment: Assessment,
    *,
    version_id: str,
    seed: int,
    has_test_out: bool = False,
    seen: Sequence[Iterable[str]] = (),
    withdrawn: Collection[str] = (),
    time_percent: int = 100,
) -> Form:
    """The form of one attempt: items and options in an order of its own.

    `seen`: item keys of the learner's earlier forms, the latest first. `withdrawn`: items that no new form may have; a
    test of which nothing else is left is asked as it is.
    """
    order = Random(seed)  # noqa: S311 -- repeatable on purpose: the seed is kept with the form
    items = _chosen(assessment, seed, seen, withdrawn)
    order.shuffle(items)
    spares = has_test_out and assessment.purpose in WITH_TEST_OUT
    return Form(
        purpose=assessment.purpose.value,
        title=assessment.title,
        version_id=version_id,
        seed=seed,
        threshold_bp=assessment.threshold_bp,
        feedback=assessment.feedback,
        items=tuple(_form_item(item, order, seed) for item in items),
        minutes=assessment.minutes,
        test_out_right=mastery.right_to_test_out(len(items)) if spares else None,
        time_percent=time_percent,
    )


def _chosen(assessment: Assessment, seed: int, seen: Sequence[Iterable[str]], withdrawn: Collection[str]) -> list[Item]:
    live = [item for item in assessment.items if item.key not in withdrawn] or list(assessment.items)
    if not assessment.blueprint and not assessment.draws:
        return live
    candidates = [Candidate(item.key, item.objective, item.band, item.type) for item in live]
    blueprint = assessment.blueprint or forms.spread(candidates, assessment.draws)
    drawn = forms.draw(blueprint, candidates, seed=seed, seen=seen)
    if drawn.missing:  # items were withdrawn since publishing: the same objectives, from any band
        left = [one for one in candidates if one.key not in drawn.keys]
        wanted = [Stratum(stratum.objective, short) for stratum, short in drawn.missing]
        more = forms.draw(wanted, left, seed=seed, seen=seen)
        keys = {*drawn.keys, *more.keys}
    else:
        keys = set(drawn.keys)
    return [item for item in live if item.key in keys]


def check_seed(registration: str, step_key: str) -> int:
    """The same order of options for a learner on every visit to a chunk, another one for another learner."""
    return zlib.crc32(f"{registration}/{step_key}".encode())


def draw_check(chunk: Chunk, *, version_id: str, seed: int) -> Form:
    """The questions of a chunk: in the author's order, options in an order that the seed repeats."""
    order = Random(seed)  # noqa: S311 -- repeatable on purpose
    return Form(
        purpose=CHECK,
        title=chunk.title,
        version_id=version_id,
        seed=seed,
        threshold_bp=0,
        feedback=Feedback.FULL,
        items=tuple(_form_item(item, order, seed) for item in chunk.items),
        has_floors=False,
    )


def on_form(form: Form, items: Iterable[Item]) -> tuple[Item, ...]:
    """The items of a form in its order, each as this learner meets it: with the numbers that were drawn."""
    by_key = {item.key: item for item in items}
    return tuple(as_drawn(by_key[one.key], one) for one in form.items)


def as_drawn(item: Item, shown: FormItem) -> Item:
    return calculated.filled(item, dict(shown.values)) if item.type is ItemType.CALCULATED else item


def form_item(item: Item, seed: int) -> FormItem:
    """One question by itself, its parts in an order that the seed repeats."""
    return _form_item(item, Random(seed), seed)  # noqa: S311 -- repeatable on purpose


def _form_item(item: Item, order: Random, seed: int) -> FormItem:
    keys = _shown_keys(item)
    shown = list(keys)
    if item.type is not ItemType.HOTSPOT:  # the numbers on a picture are read in its order
        order.shuffle(shown)
    gives_away = [one.key for one in sorted(item.places, key=lambda one: -one.weight)]
    if len(shown) > 1 and gives_away and shown == gives_away:  # the right order must not be given away
        shown = [*shown[1:], shown[0]]
    values = calculated.drawn(item, seed) if item.type is ItemType.CALCULATED else ()
    return FormItem(item.key, item.version, tuple(shown), values)


def _shown_keys(item: Item) -> list[str]:
    """Everything of an item that is shown in an order of its own: parts of parts by `part.key`."""
    keys = [entry.key for entry in (*item.options, *item.sequence)] + [pair.key for pair in item.pairs]
    keys += [f"{gap.key}.{option.key}" for gap in item.gaps for option in gap.options]
    return keys + [f"{turn.key}.{reply.key}" for turn in item.turns for reply in turn.replies]


def deadline(started_at: datetime, minutes: int | None, time_percent: int = 100) -> datetime | None:
    """`time_percent`: how much of the time this person has, 150 for half as much again; settled before freezing."""
    return None if minutes is None else started_at + timedelta(minutes=minutes) * time_percent / 100


def is_over(deadline_at: datetime | None, at: datetime) -> bool:
    """Whether no answer is accepted any more; the server's clock decides."""
    return deadline_at is not None and at > deadline_at + GRACE


@dataclass(frozen=True, slots=True)
class Outcome:
    """A graded form. `passed` is the verdict, for a test-out form at its higher bar too."""

    scores: Mapping[str, grading.ItemScore]
    verdict: grading.Verdict
    right: int
    passed: bool
    detail: dict[str, Any] = field(default_factory=dict)


def outcome(form: Form, items: Mapping[str, Item], answers: Mapping[str, Mapping[str, Any]]) -> Outcome:
    """Grade a form. What was not answered earns nothing. `detail` is what a grade keeps, in JSON."""
    on_form = [items[one.key] for one in form.items]
    scores = {item.key: grading.grade(item, answers.get(item.key, {})) for item in on_form}
    verdict = grading.verdict(
        ((item, scores[item.key].share) for item in on_form), form.threshold_bp, has_floors=form.has_floors
    )
    right = sum(score.share == 1 for score in scores.values())
    passed = verdict.passed and (form.test_out_right is None or right >= form.test_out_right)
    detail = {
        "items": {
            item.key: {"share": str(scores[item.key].share), "points": item.points, "version": item.version}
            for item in on_form
        },
        "objectives": {
            key: {"earned": str(score.earned), "possible": score.possible, "items": score.items}
            for key, score in verdict.objectives.items()
        },
        "below_floor": list(verdict.below_floor),
        "right": right,
    }
    return Outcome(scores, verdict, right, passed, detail)


def shows_answer(form: Form, item: Item, *, has_passed: bool, is_exhausted: bool) -> bool:
    """Whether the right answer and the reasons of this question are shown, now that it is handed in.

    A gate that shows objectives only keeps its answers until it is passed or cannot be tried again; a pre-test or a
    test-out keeps them. The question's own policy comes before the test's; `score` never shows an answer.
    """
    match item.feedback or form.feedback:
        case Feedback.FULL | Feedback.AT_ONCE:
            return True
        case Feedback.SCORE:
            return False
    return form.purpose in REVEALED_IN_THE_END and (has_passed or is_exhausted)


def shows_at_once(form: Form, item: Item) -> bool:
    """Whether an answer to this question may be checked before the rest is handed in; it counts as it is then. A
    conversation answers by itself.
    """
    return (item.feedback or form.feedback) is Feedback.AT_ONCE and item.type not in {
        ItemType.SCENARIO,
        *SCORED_BY_PERSON,
    }


def shows_objectives(form: Form) -> bool:
    return form.feedback is not Feedback.SCORE


def tells_key(form: Form, item: Item) -> bool:
    """Whether what is said to a record store may name the right answer: not where no learner ever sees it."""
    return (item.feedback or form.feedback) is not Feedback.SCORE
