"""How sure a number of right answers makes us that somebody knows it. Exact; no floats decide.

The posterior of the true share p after x of n right is Beta(2+x, 1+n−x).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cache
from math import comb

TARGET = Fraction(4, 5)  # the share that counts as knowing it
SURE = Fraction(4, 5)  # how sure we must be
FEWEST_FOR_TEST_OUT = 8  # even 5 of 5 gives only .79
FEWEST_FOR_MASTERY = 6  # 6 of 6 gives .83
DAYS_FOR_MASTERY = 2
SETTLED = timedelta(days=7)  # after teaching; what is known sooner may only be fresh
COUNTS_FOR = timedelta(days=180)


@cache
def chance_known(right: int, asked: int, target: Fraction = TARGET) -> Fraction:
    """P(p ≥ target) after `right` of `asked`, exactly.

    For whole-number parameters a Beta tail is a binomial sum: P(Beta(a, b) ≥ t) = P(Bin(a+b−1, t) ≤ a−1).
    """
    if not 0 <= right <= asked:
        raise ValueError(f"{right} right of {asked}")
    trials = asked + 2
    return sum((comb(trials, k) * target**k * (1 - target) ** (trials - k) for k in range(right + 2)), Fraction(0))


@cache
def right_to_test_out(asked: int) -> int | None:
    """How many right answers let a learner skip a module; None when the form is too short to say."""
    if asked < FEWEST_FOR_TEST_OUT:
        return None
    return next((right for right in range(asked + 1) if chance_known(right, asked) >= SURE), None)


def passes_test_out(right: int, asked: int) -> bool:
    needed = right_to_test_out(asked)
    return needed is not None and right >= needed


def chance_of_passing(share: Fraction, asked: int, needed: int) -> Fraction:
    """How likely somebody whose true share is `share` gets at least `needed` of `asked` right."""
    return sum(
        (comb(asked, k) * share**k * (1 - share) ** (asked - k) for k in range(max(needed, 0), asked + 1)),
        Fraction(0),
    )


class Standing(StrEnum):
    """What is shown of an objective: words, not the number behind them."""

    MASTERED = "mastered"
    SHAKY = "shaky"
    UNKNOWN = "unknown"  # not enough evidence yet


@dataclass(frozen=True, slots=True)
class FirstTry:
    """The first answer that somebody gave to an item on a day; later ones of that day know the feedback."""

    on: date
    is_right: bool


def standing(
    tries: Iterable[FirstTry], *, on: date, taught_on: date | None, delayed_passed_on: date | None = None
) -> Standing:
    """Whether an objective is mastered on that day. A pass on the day of teaching says nothing about it.

    First tries count when a week or more lies between them and the last teaching, for half a year. A passed delayed
    check says it by itself, for as long.
    """
    oldest = on - COUNTS_FOR
    counted = [one for one in tries if oldest <= one.on <= on and (taught_on is None or one.on - taught_on >= SETTLED)]
    right, asked = sum(one.is_right for one in counted), len(counted)
    chance = chance_known(right, asked)
    days = {one.on for one in counted}
    if delayed_passed_on is not None and oldest <= delayed_passed_on <= on:
        return Standing.MASTERED
    if chance >= SURE and asked >= FEWEST_FOR_MASTERY and len(days) >= DAYS_FOR_MASTERY:
        return Standing.MASTERED
    if asked and chance < 1 - SURE:
        return Standing.SHAKY
    return Standing.UNKNOWN
