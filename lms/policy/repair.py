"""A question was wrong, and people have sat it: their verdicts once it is repaired, never worse than before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import product
from typing import Any

from lms.errors import RuleViolation
from lms.policy import attempts, grading, mastery
from lms.policy.attempts import Form, Outcome
from lms.policy.decimals import decimal
from lms.policy.grading import ItemScore
from lms.policy.items import Item, ItemType

MOST_CHOICES = 5  # questions of one form for which both ways of neutralizing are tried: 2⁵ verdicts


class Remedy(StrEnum):
    NEUTRALIZE = "neutralize"  # full points for everybody, or out of the sum, whichever serves the learner
    ACCEPT = "accept"  # another answer counts as right too
    DROP = "drop"  # out of the sum


@dataclass(frozen=True, slots=True)
class Repair:
    """`accepted`: option keys, spellings or numbers that count from now on; only for ACCEPT."""

    item_key: str
    version: int
    remedy: Remedy
    accepted: tuple[str, ...] = ()


class Effect(StrEnum):
    PASSES_NOW = "passes_now"
    MORE_POINTS = "more_points"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Before:
    """The verdict that stands."""

    earned: Fraction
    possible: int
    passed: bool

    @property
    def share(self) -> Fraction:
        return self.earned / self.possible if self.possible else Fraction(0)


@dataclass(frozen=True, slots=True)
class Regraded:
    """`outcome` is None where what stands is as good or better; then nothing is to be written."""

    effect: Effect
    outcome: Outcome | None


TAKES = {
    ItemType.SINGLE: "option",
    ItemType.JUDGMENT: "option",
    ItemType.MULTIPLE: "option",
    ItemType.HOTSPOT: "option",
    ItemType.NUMERIC: "number",
    ItemType.SHORT: "text",
}


def check(item: Item, repair: Repair) -> None:
    """Refuse a repair that the item cannot have, before anybody is regraded by it."""
    if repair.remedy is not Remedy.ACCEPT:
        return
    kind = TAKES.get(item.type)
    if kind is None:
        raise RuleViolation("repair_accepts_nothing", type=item.type.value)
    if not repair.accepted:
        raise RuleViolation("repair_answer_missing")
    for answer in repair.accepted:
        if kind == "option" and all(option.key != answer for option in item.options):
            raise RuleViolation("repair_answer_unknown", answer=answer)
        if kind == "number" and decimal(answer) is None:
            raise RuleViolation("repair_answer_unknown", answer=answer)


def accepting(item: Item, accepted: Sequence[str]) -> Item:
    """The item with these answers right as well."""
    if TAKES.get(item.type) == "option":
        options = tuple(
            replace(option, weight=Fraction(1)) if option.key in accepted else option for option in item.options
        )
        return replace(item, options=options)
    return replace(item, accept=(*item.accept, *accepted))


def outcome(
    form: Form, items: Mapping[str, Item], answers: Mapping[str, Mapping[str, Any]], repairs: Iterable[Repair]
) -> Outcome:
    """The outcome of a form that is graded for the first time, after these repairs were decided."""
    fitting = _fitting(form, repairs)
    if not fitting:
        return attempts.outcome(form, items, answers)
    return max(_verdicts(form, items, answers, fitting), key=_goodness)


def regraded(
    form: Form,
    items: Mapping[str, Item],
    answers: Mapping[str, Mapping[str, Any]],
    repairs: Iterable[Repair],
    before: Before,
) -> Regraded:
    """The best verdict that these repairs allow, if it is better than the one that stands.

    `repairs`: all that were ever decided for this assessment; those for items or versions that are not on the form
    say nothing about it. A pass is never taken back, and no share of points becomes smaller.
    """
    fitting = _fitting(form, repairs)
    if not fitting:
        return Regraded(Effect.UNCHANGED, None)
    best = max(_verdicts(form, items, answers, fitting), key=_goodness)
    share = best.verdict.earned / best.verdict.possible if best.verdict.possible else Fraction(0)
    if best.passed and not before.passed:
        return Regraded(Effect.PASSES_NOW, best)
    if share > before.share and best.passed >= before.passed:
        return Regraded(Effect.MORE_POINTS, best)
    return Regraded(Effect.UNCHANGED, None)


def _fitting(form: Form, repairs: Iterable[Repair]) -> list[Repair]:
    versions = {one.key: one.version for one in form.items}
    return [one for one in repairs if versions.get(one.item_key) == one.version]


def _goodness(outcome: Outcome) -> tuple[bool, Fraction, int]:
    verdict = outcome.verdict
    share = verdict.earned / verdict.possible if verdict.possible else Fraction(0)
    return outcome.passed, share, verdict.possible


def _verdicts(
    form: Form, items: Mapping[str, Item], answers: Mapping[str, Mapping[str, Any]], repairs: Sequence[Repair]
) -> Iterator[Outcome]:
    on_form = [items[one.key] for one in form.items]
    scores = {item.key: _score(item, answers.get(item.key, {}), repairs) for item in on_form}
    dropped = {one.item_key for one in repairs if one.remedy is Remedy.DROP}
    neutral = [one.item_key for one in repairs if one.remedy is Remedy.NEUTRALIZE and one.item_key not in dropped]
    neutral = list(dict.fromkeys(neutral))
    ways = product((False, True), repeat=len(neutral)) if len(neutral) <= MOST_CHOICES else [(False,) * len(neutral)]
    for way in ways:
        out = dropped | {key for key, is_out in zip(neutral, way, strict=True) if is_out}
        full = set(neutral) - out
        kept = [item for item in on_form if item.key not in out]
        yield _outcome(form, on_form, kept, {**scores, **{key: _full(scores[key]) for key in full}}, full, out)


def _score(item: Item, answer: Mapping[str, Any], repairs: Sequence[Repair]) -> ItemScore:
    """With what was accepted later; an answer that was right stays right."""
    as_asked = grading.grade(item, answer)
    accepted = [
        one
        for repair in repairs
        if repair.item_key == item.key and repair.remedy is Remedy.ACCEPT
        for one in repair.accepted
    ]
    if not accepted:
        return as_asked
    return max(as_asked, grading.grade(accepting(item, accepted), answer), key=lambda score: score.share)


def _full(score: ItemScore) -> ItemScore:
    return replace(score, share=Fraction(1))


def _outcome(
    form: Form,
    on_form: Sequence[Item],
    kept: Sequence[Item],
    scores: Mapping[str, ItemScore],
    full: set[str],
    out: set[str],
) -> Outcome:
    verdict = grading.verdict(
        ((item, scores[item.key].share) for item in kept), form.threshold_bp, has_floors=form.has_floors
    )
    right = sum(scores[item.key].share == 1 for item in kept)
    passed = verdict.passed
    if form.test_out_right is not None:
        needed = form.test_out_right if not out else mastery.right_to_test_out(len(kept))
        passed = passed and needed is not None and right >= needed
    return Outcome(scores, verdict, right, passed, _detail(on_form, scores, verdict, right, full, out))


def _detail(
    on_form: Sequence[Item],
    scores: Mapping[str, ItemScore],
    verdict: grading.Verdict,
    right: int,
    full: set[str],
    out: set[str],
) -> dict[str, Any]:
    """What the grade keeps: as of an ordinary one, with a word at each item that no longer counts as answered."""
    items: dict[str, Any] = {}
    for item in on_form:
        kept: dict[str, Any] = {"share": str(scores[item.key].share), "points": item.points, "version": item.version}
        if item.key in out:
            kept["repaired"] = "dropped"
        elif item.key in full:
            kept["repaired"] = "full"
        items[item.key] = kept
    return {
        "items": items,
        "objectives": {
            key: {"earned": str(score.earned), "possible": score.possible, "items": score.items}
            for key, score in verdict.objectives.items()
        },
        "below_floor": list(verdict.below_floor),
        "right": right,
    }


@dataclass(frozen=True, slots=True)
class Unknown:
    """A typed answer that nobody has judged yet, and how many gave it. `said` is one spelling of it."""

    said: str
    count: int


def unknown_answers(item: Item, said: Iterable[str]) -> tuple[Unknown, ...]:
    """The review list of a short answer: what was typed and is not accepted, most frequent first."""
    accepted = {grading.normalized(one) for one in item.accept}
    counted: dict[str, tuple[str, int]] = {}
    for text in said:
        known = grading.normalized(text)
        if known and known not in accepted:
            first, count = counted.get(known, (text.strip(), 0))
            counted[known] = (first, count + 1)
    found = (Unknown(text, count) for text, count in counted.values())
    return tuple(sorted(found, key=lambda one: (-one.count, one.said.casefold())))
