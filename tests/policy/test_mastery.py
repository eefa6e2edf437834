"""The numbers of the measurement rules, 2.2 and section 6."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from lms.policy.mastery import (
    FirstTry,
    Standing,
    chance_known,
    chance_of_passing,
    passes_test_out,
    right_to_test_out,
    standing,
)


@pytest.mark.parametrize(
    ("right", "asked", "chance"),
    [(9, 10, 0.725), (10, 10, 0.931), (11, 12, 0.802), (13, 15, 0.690), (14, 15, 0.882), (18, 20, 0.846)],
)
def test_chance_known(right, asked, chance):
    assert float(chance_known(right, asked)) == pytest.approx(chance, abs=0.0005)


@pytest.mark.parametrize(("asked", "needed"), [(8, 8), (10, 10), (12, 11), (15, 14), (20, 18)])
def test_right_to_test_out(asked, needed):
    assert right_to_test_out(asked) == needed
    assert passes_test_out(needed, asked)
    assert not passes_test_out(needed - 1, asked)


@pytest.mark.parametrize("asked", range(8))
def test_a_short_form_never_lets_anyone_skip(asked):
    assert right_to_test_out(asked) is None
    assert not passes_test_out(asked, asked)


@pytest.mark.parametrize(
    ("share", "chance"), [(Fraction(6, 10), 0.1673), (Fraction(7, 10), 0.3828), (Fraction(9, 10), 0.9298)]
)
def test_chance_of_passing_ten_items_at_eight(share, chance):
    assert float(chance_of_passing(share, 10, 8)) == pytest.approx(chance, abs=0.00005)


def test_more_right_answers_never_make_us_less_sure():
    for asked in range(1, 25):
        chances = [chance_known(right, asked) for right in range(asked + 1)]
        assert chances == sorted(chances)


@pytest.mark.parametrize(("right", "asked"), [(-1, 8), (9, 8)])
def test_impossible_counts_are_refused(right, asked):
    with pytest.raises(ValueError, match=r"of 8"):
        chance_known(right, asked)


TODAY = date(2026, 6, 1)


def tries(results, *, days_ago=(20, 12)):
    """First tries on as many days as are named, in turn."""
    return [
        FirstTry(TODAY - timedelta(days=days_ago[at % len(days_ago)]), is_right) for at, is_right in enumerate(results)
    ]


@pytest.mark.parametrize(
    ("results", "days_ago", "expected"),
    [
        ([True] * 6, (20, 12), Standing.MASTERED),
        ([True] * 5, (20, 12), Standing.UNKNOWN),  # sure enough, and too few
        ([True] * 6, (12,), Standing.UNKNOWN),  # all on one day
        ([True] * 5 + [False], (20, 12), Standing.UNKNOWN),
        ([True] * 11 + [False], (20, 12), Standing.MASTERED),
        ([True, False], (20, 12), Standing.SHAKY),
        ([False] * 3, (20, 12), Standing.SHAKY),
        ([], (20,), Standing.UNKNOWN),
        ([True] * 6, (181, 182), Standing.UNKNOWN),  # half a year is over
        ([False] * 6, (181, 182), Standing.UNKNOWN),
    ],
)
def test_standing(results, days_ago, expected):
    assert standing(tries(results, days_ago=days_ago), on=TODAY, taught_on=None) is expected


@pytest.mark.parametrize(
    ("days_before", "expected"), [(27, Standing.MASTERED), (19, Standing.UNKNOWN), (0, Standing.UNKNOWN)]
)
def test_what_is_known_within_a_week_of_teaching_does_not_count(days_before, expected):
    taught_on = TODAY - timedelta(days=days_before)
    assert standing(tries([True] * 6), on=TODAY, taught_on=taught_on) is expected


@pytest.mark.parametrize(
    ("days_ago", "expected"), [(0, Standing.MASTERED), (180, Standing.MASTERED), (181, Standing.SHAKY)]
)
def test_a_passed_delayed_check_is_enough_for_half_a_year(days_ago, expected):
    passed_on = TODAY - timedelta(days=days_ago)
    assert standing(tries([False] * 4), on=TODAY, taught_on=None, delayed_passed_on=passed_on) is expected
