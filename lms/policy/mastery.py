"""How sure a number of right answers makes us that somebody knows it. Exact; no floats decide.

The posterior of the true share p after x of n right is Beta(2+x, 1+n−x).
"""

from fractions import Fraction
from functools import cache
from math import comb

TARGET = Fraction(4, 5)  # the share that counts as knowing it
SURE = Fraction(4, 5)  # how sure we must be
FEWEST_FOR_TEST_OUT = 8  # even 5 of 5 gives only .79


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
