"""Gain from before to after by the rules of 2.4, and the quantiles and intervals it stands on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.policy import intervals
from lms.policy.gain import Scores, corrected_for_guessing, gain, kept, normalized_change

shares = st.integers(0, 20).map(lambda twentieths: twentieths / 20)


@pytest.mark.parametrize(
    ("freedom", "expected"),
    [(1, 12.7062), (2, 4.30265), (5, 2.57058), (9, 2.26216), (30, 2.04227), (100, 1.98397), (100_000, 1.95999)],
)
def test_students_quantile_is_that_of_the_tables(freedom, expected):
    assert intervals.t_quantile(freedom) == pytest.approx(expected, abs=1e-5 * expected)


@pytest.mark.parametrize(("freedom", "probability"), [(0, 0.975), (5, 0.5), (5, 1.0)])
def test_a_quantile_that_does_not_exist_is_refused(freedom, probability):
    with pytest.raises(ValueError, match="degrees"):
        intervals.t_quantile(freedom, probability)


def test_the_interval_of_a_correlation():
    """By hand: atanh .5 = .549306, ± 1.959964/√100, tanh of both ends."""
    found = intervals.of_correlation(0.5, 103)
    assert (found.low, found.high) == pytest.approx((0.33931, 0.63234), abs=1e-5)
    assert intervals.of_correlation(0.5, 3) is None
    assert 1.0 >= intervals.of_correlation(1.0, 50).high > 0.99


def test_the_interval_of_a_share_stays_inside():
    assert (intervals.of_share(20, 20).low, intervals.of_share(20, 20).high) == pytest.approx((0.8389, 1.0), abs=1e-4)
    assert intervals.of_share(0, 20).low == 0
    assert intervals.of_share(0, 0) is None


def test_the_mean_gain_and_its_interval():
    """Worked by hand: differences .2 .4 .3 .1, mean .25, sd .1291, t(3) 3.1824."""
    found = gain([Scores(0.4, 0.6), Scores(0.3, 0.7), Scores(0.5, 0.8), Scores(0.8, 0.9)])
    assert found.n == 4
    assert (found.pre, found.post, found.mean) == pytest.approx((0.5, 0.75, 0.25))
    assert (found.interval.low, found.interval.high) == pytest.approx((0.04457, 0.45543), abs=1e-5)
    assert found.effect == pytest.approx(0.25 / ((0.0466667 + 0.0166667) / 2) ** 0.5, abs=1e-4)
    assert found.normalized == pytest.approx((0.2 / 0.6 + 0.4 / 0.7 + 0.3 / 0.5 + 0.1 / 0.2) / 4)
    assert found.kept is None


@pytest.mark.parametrize(
    ("pre", "post", "expected"),
    [(0.5, 0.75, 0.5), (0.5, 0.25, -0.5), (0.5, 0.5, 0), (0, 0, None), (1, 1, None), (1, 0.5, -0.5), (0, 1, 1)],
)
def test_normalized_change(pre, post, expected):
    assert normalized_change(pre, post) == expected


def test_what_is_kept():
    found = kept([Scores(0.4, 0.8, 0.6), Scores(0.2, 0.6, 0.5), Scores(0.5, 0.9, None)])
    assert (found.n, found.share) == (2, pytest.approx(0.625))
    assert 0.625 in found.interval


def test_of_a_small_gain_nothing_is_said_to_be_kept():
    assert kept([Scores(0.5, 0.55, 0.5), Scores(0.5, 0.6, 0.5)]) is None


def test_everybody_keeping_everything_leaves_no_doubt():
    found = kept([Scores(0.4, 0.8, 0.8), Scores(0.2, 0.5, 0.5)])
    assert (found.share, found.interval.low, found.interval.high) == pytest.approx((1, 1, 1))


def test_nobody_and_one_person():
    assert gain([]).mean is None
    alone = gain([Scores(0.4, 0.8, 0.6)])
    assert (alone.mean, alone.interval, alone.effect) == (pytest.approx(0.4), None, None)
    assert alone.kept.interval is None


@given(st.lists(st.builds(Scores, shares, shares, shares), min_size=2, max_size=30))
def test_a_gain_lies_in_its_interval_and_turns_with_time(people):
    found, back = gain(people), gain([Scores(one.post, one.pre) for one in people])
    assert found.interval.low <= found.mean <= found.interval.high
    assert back.mean == pytest.approx(-found.mean)
    assert (back.interval.low, back.interval.high) == pytest.approx((-found.interval.high, -found.interval.low))


@pytest.mark.parametrize(("share", "options", "expected"), [(1, 4, 1), (0.25, 4, 0), (0.1, 4, 0), (0.75, 2, 0.5)])
def test_correction_for_guessing(share, options, expected):
    assert corrected_for_guessing(share, options) == pytest.approx(expected)
