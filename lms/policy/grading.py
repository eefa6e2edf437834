"""How an answer earns points, and when an attempt is passed. Exact fractions; a verdict compares whole
numbers.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import combinations

from lms.policy import responses, rubric, scenario
from lms.policy.items import Gap, Item, ItemType, Option, Rule
from lms.policy.responses import Response

FULL_BP = 10_000
FLOOR_ITEMS = 2  # an objective with fewer items on the form has no floor of its own
NONE = Fraction(0)
ALL = Fraction(1)
INNER_SPACE = re.compile(r"\s+")
# Signs that carry meaning in an answer stay: 5 % is not 5.
KEPT_SIGNS = frozenset("%‰+-")


class Mark(StrEnum):
    """What one option, place or pair earned; `MISSED`: right, but not chosen."""

    RIGHT = "right"
    PARTLY = "partly"
    WRONG = "wrong"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class ItemScore:
    """`share` of the item's points in [0, 1]; `marks` by option, place or pair key, only where there is
    something to say.
    """

    share: Fraction
    marks: Mapping[str, Mark]
    is_answered: bool

    @property
    def mark(self) -> Mark:
        if self.share == 1:
            return Mark.RIGHT
        return Mark.PARTLY if self.share else Mark.WRONG


@dataclass(frozen=True, slots=True)
class ObjectiveScore:
    earned: Fraction
    possible: int
    items: int

    @property
    def is_below_floor(self) -> bool:
        return self.items >= FLOOR_ITEMS and self.earned * 2 < self.possible


@dataclass(frozen=True, slots=True)
class Verdict:
    """`below_floor` names the objectives of which less than half was earned: a strong topic cannot hide an
    absent one.
    """

    earned: Fraction
    possible: int
    threshold_bp: int
    objectives: Mapping[str, ObjectiveScore]
    below_floor: tuple[str, ...]
    passed: bool


def grade(item: Item, response: Response) -> ItemScore:
    """Score one canonical response (see `policy/responses.py`). What was not answered earns nothing."""
    if not responses.is_answered(item, response):
        return ItemScore(NONE, _unanswered_marks(item), is_answered=False)
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return _choice(item, response["choice"])
        case ItemType.MULTIPLE | ItemType.HOTSPOT:
            return _multiple(item, frozenset(response["choices"]))
        case ItemType.BEST_WORST:
            return _best_worst(item, response.get("best", ""), response.get("worst", ""))
        case ItemType.RANKING:
            return _ranking(item, response)
        case ItemType.NUMERIC | ItemType.CALCULATED:
            return _whole(_numeric(item, response))
        case ItemType.ORDER:
            return _order(item, response)
        case ItemType.MATCHING:
            return _matching(item, response["pairs"])
        case ItemType.SHORT:
            said = normalized(response["text"])
            return _whole(any(said == normalized(accepted) for accepted in item.accept))
        case ItemType.CLOZE:
            return _cloze(item, response["gaps"])
        case ItemType.SCENARIO:
            return _scenario(item, response["replies"])
        case ItemType.LONG_TEXT | ItemType.RECORDING:
            return _by_person(item, response.get("levels", {}))


def verdict(scored: Iterable[tuple[Item, Fraction]], threshold_bp: int, *, has_floors: bool = True) -> Verdict:
    """Passed if and only if earned·10000 ≥ threshold·possible and no objective is below its floor."""
    earned, possible = NONE, 0
    objectives: dict[str, ObjectiveScore] = {}
    for item, share in scored:
        points = share * item.points
        earned += points
        possible += item.points
        so_far = objectives.get(item.objective, ObjectiveScore(NONE, 0, 0))
        objectives[item.objective] = ObjectiveScore(
            so_far.earned + points, so_far.possible + item.points, so_far.items + 1
        )
    below = tuple(key for key, score in objectives.items() if score.is_below_floor) if has_floors else ()
    enough = possible > 0 and earned * FULL_BP >= threshold_bp * possible
    return Verdict(earned, possible, threshold_bp, objectives, below, passed=enough and not below)


def normalized(text: str) -> str:
    """Short answers are compared without case, extra spaces and outer punctuation; % and currency signs
    count.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    folded = INNER_SPACE.sub(" ", folded).strip()
    start, end = 0, len(folded)
    while start < end and _is_noise(folded[start]):
        start += 1
    while end > start and _is_noise(folded[end - 1]):
        end -= 1
    return folded[start:end]


def _is_noise(sign: str) -> bool:
    return sign.isspace() or (unicodedata.category(sign).startswith("P") and sign not in KEPT_SIGNS)


def _whole(is_right: bool) -> ItemScore:
    return ItemScore(ALL if is_right else NONE, {}, is_answered=True)


def _choice_mark(option: Option) -> Mark:
    if option.is_right:
        return Mark.RIGHT
    return Mark.PARTLY if option.weight else Mark.WRONG


def _choice(item: Item, chosen: str) -> ItemScore:
    marks = {option.key: Mark.MISSED for option in item.options if option.is_right}
    share = NONE
    for option in item.options:
        if option.key == chosen:
            marks[chosen] = _choice_mark(option)
            # Only a situational judgment pays part of the points for a second-best option.
            share = option.weight if item.type is ItemType.JUDGMENT or option.is_right else NONE
    return ItemScore(share, marks, is_answered=True)


def _multiple(item: Item, chosen: frozenset[str]) -> ItemScore:
    key = frozenset(option.key for option in item.options if option.is_right)
    others = len(item.options) - len(key)
    hits, false_hits = len(chosen & key), len(chosen - key)
    match item.rule:
        case Rule.ALL:
            share = ALL if chosen == key else NONE
        case Rule.HALF:
            right_decisions = len(item.options) - len(chosen ^ key)
            if chosen == key:
                share = ALL
            else:
                share = Fraction(1, 2) if 2 * right_decisions > len(item.options) else NONE
        case Rule.NET:
            gained = Fraction(hits, len(key)) if key else NONE
            lost = Fraction(false_hits, others) if others else NONE
            share = max(NONE, gained - lost)
    return ItemScore(share, _multiple_marks(item, chosen, key), is_answered=True)


def _multiple_marks(item: Item, chosen: frozenset[str], key: frozenset[str]) -> dict[str, Mark]:
    marks = {option: Mark.RIGHT if option in key else Mark.WRONG for option in chosen}
    marks |= dict.fromkeys(key - chosen, Mark.MISSED)
    return marks


def _best_worst(item: Item, best: str, worst: str) -> ItemScore:
    """Half the points for each end that is named rightly; taking one end for the other costs as much."""
    weights = {option.key: option.weight for option in item.options}
    top, bottom = max(weights.values()), min(weights.values())
    marks = {}
    points = 0
    for end, named, right, contrary in (("best", best, top, bottom), ("worst", worst, bottom, top)):
        if named in weights:
            marks[end] = Mark.RIGHT if weights[named] == right else Mark.WRONG
            points += (weights[named] == right) - (weights[named] == contrary)
    return ItemScore(max(NONE, Fraction(points, 2)), marks, is_answered=True)


def _ranking(item: Item, response: Response) -> ItemScore:
    """Kendall's τ against the experts' weights, not below zero; pairs that they rank alike do not count."""
    placed = responses.order(item, response)
    if placed is None:
        return ItemScore(NONE, {}, is_answered=True)
    weights = {option.key: option.weight for option in item.options}
    pairs = [(first, second) for first, second in combinations(placed, 2) if weights[first] != weights[second]]
    if not pairs:
        return ItemScore(NONE, {}, is_answered=True)
    concordant = sum(weights[first] > weights[second] for first, second in pairs)
    by_rank = sorted(weights.values(), reverse=True)
    marks = {key: Mark.RIGHT if weights[key] == by_rank[at] else Mark.WRONG for at, key in enumerate(placed)}
    return ItemScore(max(NONE, Fraction(2 * concordant - len(pairs), len(pairs))), marks, is_answered=True)


def _cloze(item: Item, said: Mapping[str, str]) -> ItemScore:
    """The mean over the gaps."""
    marks, whole = {}, NONE
    for gap in item.gaps:
        share = _gap_share(gap, said.get(gap.key, ""))
        whole += share
        if gap.key in said:
            marks[gap.key] = Mark.RIGHT if share == 1 else Mark.PARTLY if share else Mark.WRONG
    return ItemScore(whole / len(item.gaps) if item.gaps else NONE, marks, is_answered=True)


def _gap_share(gap: Gap, said: str) -> Fraction:
    if gap.options:
        return next((option.weight for option in gap.options if option.key == said), NONE)
    return ALL if said and normalized(said) in {normalized(one) for one in gap.accept} else NONE


def _scenario(item: Item, replies: Mapping[str, str]) -> ItemScore:
    marks = {
        turn.key: Mark.RIGHT
        if reply.weight == max(one.weight for one in turn.replies)
        else Mark.PARTLY
        if reply.weight
        else Mark.WRONG
        for turn, reply in scenario.walked(item, replies)
        if reply is not None
    }
    return ItemScore(scenario.earned(item, replies), marks, is_answered=True)


def _by_person(item: Item, levels: Mapping[str, int]) -> ItemScore:
    """By the levels that somebody gave; before that, nothing."""
    if item.rubric is None:
        return ItemScore(NONE, {}, is_answered=True)
    marks = {
        one.key: Mark.RIGHT
        if levels[one.key] == len(one.levels)
        else Mark.PARTLY
        if levels[one.key] > 1
        else Mark.WRONG
        for one in item.rubric.criteria
        if one.key in levels
    }
    return ItemScore(rubric.share(item.rubric, levels), marks, is_answered=True)


def needs_person(items: Iterable[Item], answers: Mapping[str, Response]) -> tuple[Item, ...]:
    """Those that were answered and whose worth only a person can say; what was left empty earns nothing by itself."""
    return tuple(
        item for item in items if item.is_scored_by_person and responses.is_answered(item, answers.get(item.key, {}))
    )


def _numeric(item: Item, response: Response) -> bool:
    """Within the tolerance of the answer, or of another number that was accepted later."""
    given = responses.number(item, response)
    return given is not None and any(_is_near(item, given, Decimal(one)) for one in (item.answer, *item.accept))


def _is_near(item: Item, given: Decimal, right: Decimal) -> bool:
    return abs(given - right) <= max(Decimal(item.abs_tolerance), Decimal(item.rel_tolerance) * abs(right))


def _order(item: Item, response: Response) -> ItemScore:
    """Kendall's τ, not below zero: one adjacent swap among four earns two thirds, reversed earns nothing."""
    placed = responses.order(item, response)
    if placed is None:
        return ItemScore(NONE, {}, is_answered=True)
    right = tuple(entry.key for entry in item.sequence)
    marks = {key: Mark.RIGHT if key == right[at] else Mark.WRONG for at, key in enumerate(placed)}
    if len(right) < 2:
        return ItemScore(ALL, marks, is_answered=True)
    rank = {key: at for at, key in enumerate(right)}
    pairs = list(combinations(placed, 2))
    concordant = sum(rank[first] < rank[second] for first, second in pairs)
    tau = Fraction(2 * concordant - len(pairs), len(pairs))
    return ItemScore(max(NONE, tau), marks, is_answered=True)


def _matching(item: Item, pairs: Mapping[str, str]) -> ItemScore:
    """Right pairs of all pairs. One-to-one: a partner that was used twice earns nothing either time."""
    used = list(pairs.values())
    marks = {
        left: Mark.RIGHT if left == right and used.count(right) == 1 else Mark.WRONG for left, right in pairs.items()
    }
    right_pairs = sum(mark is Mark.RIGHT for mark in marks.values())
    return ItemScore(Fraction(right_pairs, len(item.pairs)), marks, is_answered=True)


def _unanswered_marks(item: Item) -> Mapping[str, Mark]:
    return {option.key: Mark.MISSED for option in item.options if option.is_right}
