"""The numbers from the field: reading, order, plausibility."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.policy import results
from lms.policy.outline import ResultNumber, Rubric, Sheet, Transfer

KEYS = ("calls", "contacts", "presentations", "appointments")
NOTHING = Rubric("r", "R", ())
ACTIVITY = Transfer(
    "script",
    "Your call script",
    Sheet("S", ()),
    NOTHING,
    NOTHING,
    tuple(ResultNumber(key, key.title(), plausible=(20, 120) if key == "calls" else None) for key in KEYS),
    order=KEYS,
)


def numbers(*counts):
    return dict(zip(KEYS, counts, strict=True))


@pytest.mark.parametrize(
    ("raw", "number", "code"),
    [
        ("12", 12, None),
        (" 12 ", 12, None),
        (12, 12, None),
        ("0", 0, None),
        ("-0", 0, None),
        ("0012", 12, None),
        ("100000", 100_000, None),
        ("100001", None, "too_large"),
        ("9" * 5000, None, "too_large"),
        ("", None, "missing"),
        (None, None, "missing"),
        ("-1", None, "negative"),
        ("1.5", None, "not_whole"),
        ("1,200", None, "not_whole"),
        ("--1", None, "not_whole"),
        ("²", None, "not_whole"),
        ("١٢", None, "not_whole"),
        ("twelve", None, "not_whole"),
        (True, None, "not_whole"),
    ],
)
def test_reading_one_number(raw, number, code):
    parsed = results.parse((ResultNumber("calls", "Calls"),), {"calls": raw})
    assert parsed.numbers.get("calls") == number
    assert (parsed.problems["calls"].code if parsed.problems else None) == code


@pytest.mark.parametrize(
    ("claimed", "wrong"),
    [
        (numbers(40, 20, 8, 3), set()),
        (numbers(40, 40, 40, 40), set()),
        (numbers(0, 0, 0, 0), set()),
        (numbers(40, 41, 8, 3), {"contacts"}),
        (numbers(40, 20, 21, 22), {"presentations", "appointments"}),
        (numbers(40, 20, 8, 9), {"appointments"}),
    ],
)
def test_each_number_is_no_larger_than_the_one_before(claimed, wrong):
    problems = results.check(ACTIVITY, claimed)
    assert set(problems) == wrong
    assert all(problem.code == "order_broken" for problem in problems.values())


def test_the_order_names_both_numbers():
    problem = results.check(ACTIVITY, numbers(40, 41, 8, 3))["contacts"]
    assert problem.facts == {"label": "Contacts", "value": 41, "below": "Calls", "limit": 40}


def test_a_missing_number_is_a_problem_of_its_own():
    problems = results.check(ACTIVITY, {"calls": 40, "presentations": 8, "appointments": 3})
    assert {key: one.code for key, one in problems.items()} == {"contacts": "missing"}


@given(st.lists(st.integers(0, 200), min_size=4, max_size=4))
def test_no_problem_exactly_when_the_numbers_do_not_rise(counts):
    assert (not results.check(ACTIVITY, numbers(*counts))) == (counts == sorted(counts, reverse=True))


@pytest.mark.parametrize(("calls", "warns"), [(19, True), (20, False), (120, False), (121, True)])
def test_unlikely_is_a_warning_and_no_problem(calls, warns):
    claimed = numbers(calls, 1, 1, 1)
    assert bool(results.warnings(ACTIVITY, claimed)) is warns
    assert results.check(ACTIVITY, claimed) == {}


@pytest.mark.parametrize(
    ("from_on", "until_on", "code"),
    [
        (date(2026, 3, 2), date(2026, 3, 6), None),
        (date(2026, 3, 6), date(2026, 3, 6), None),
        (date(2026, 3, 6), date(2026, 3, 2), "ends_before_start"),
        (date(2026, 3, 2), date(2026, 3, 7), "in_the_future"),
        (date(2026, 3, 1), date(2026, 3, 6), None),
        (date(2026, 2, 28), date(2026, 3, 6), "before_the_start"),
    ],
)
def test_the_days_that_the_numbers_are_about(from_on, until_on, code):
    problems = results.check_window(from_on, until_on, today=date(2026, 3, 6), earliest=date(2026, 3, 1))
    assert [problem.code for problem in problems.values()] == ([code] if code else [])
