"""When an attempt may begin, what is frozen into it, and what it shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.policy import attempts
from lms.policy.attempts import Form, Past, StartState
from lms.policy.forms import Stratum
from lms.policy.outline import Assessment, Feedback, Item, ItemType, Option, Purpose

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def single(key, objective="o"):
    options = (Option("a", "A", Fraction(1)), *(Option(k, k) for k in "bcd"))
    return Item(key, ItemType.SINGLE, "?", objective, "because", options=options)


def order(key):
    return Item(key, ItemType.ORDER, "?", "o", "because", sequence=tuple(Option(k, k) for k in "abc"))


def assessment(purpose=Purpose.POST, items=4, **overrides):
    values = {"items": tuple(single(f"q{n}") for n in range(items)), "attempts": 3, "cooldown_hours": 24}
    return Assessment("post", "Post", purpose, **{**values, **overrides})


def closed(number, hours_ago, passed=False):
    return Past(number, AT - hours_ago * HOUR, passed)


@pytest.mark.parametrize(
    ("past", "granted", "state", "left"),
    [
        ([], 0, StartState.MAY_START, 3),
        ([Past(1, None, None)], 0, StartState.RESUME, 2),
        ([closed(1, 25)], 0, StartState.MAY_START, 2),
        ([closed(1, 24)], 0, StartState.MAY_START, 2),
        ([closed(1, 23)], 0, StartState.COOLING, 2),
        ([closed(1, 23, passed=True)], 0, StartState.PASSED, 2),
        ([closed(1, 99), closed(2, 70), closed(3, 1)], 0, StartState.EXHAUSTED, 0),
        ([closed(1, 99), closed(2, 70), closed(3, 1)], 1, StartState.MAY_START, 1),  # no waiting after the talk
        ([closed(1, 99), closed(2, 70), closed(3, 2), closed(4, 1)], 1, StartState.EXHAUSTED, 0),
    ],
)
def test_may_start(past, granted, state, left):
    start = attempts.may_start(assessment(), past, granted, AT)
    assert (start.state, start.left) == (state, left)


def test_the_wait_ends_at_a_named_moment():
    start = attempts.may_start(assessment(), [closed(1, 5)], 0, AT)
    assert start.opens_at == AT + 19 * HOUR
    assert start.code == "attempt_cooling"


def test_a_formative_assessment_has_no_limit_and_no_waiting():
    past = [closed(n, 0, passed=n % 2 == 0) for n in range(1, 9)]
    start = attempts.may_start(assessment(Purpose.FORMATIVE), past, 0, AT)
    assert (start.state, start.left, start.number) == (StartState.MAY_START, None, 9)


def test_a_form_survives_its_json():
    form = attempts.draw(assessment(minutes=15), version_id="v", seed=7)
    assert Form.from_json(form.to_json()) == form


def test_the_same_seed_draws_the_same_form_and_another_seed_another():
    made = assessment(items=8)
    draws = [attempts.draw(made, version_id="v", seed=seed) for seed in (1, 1, 2)]
    assert draws[0] == draws[1]
    assert draws[0].items != draws[2].items


@given(st.integers(0, 2**31))
def test_a_form_holds_every_item_once_and_never_shows_the_right_order(seed):
    made = assessment()
    made = Assessment("p", "P", Purpose.POST, (*made.items, order("sort")))
    form = attempts.draw(made, version_id="v", seed=seed)
    assert sorted(one.key for one in form.items) == sorted(item.key for item in made.items)
    by_key = {one.key: one for one in form.items}
    assert sorted(by_key["q0"].options) == ["a", "b", "c", "d"]
    assert by_key["sort"].options != ("a", "b", "c")


@pytest.mark.parametrize(
    ("purpose", "has_test_out", "items", "needed"),
    [
        (Purpose.PRE, True, 8, 8),
        (Purpose.PRE, True, 12, 11),
        (Purpose.PRE, True, 7, None),
        (Purpose.PRE, False, 8, None),
        (Purpose.POST, True, 8, None),
    ],
)
def test_the_test_out_bar_is_frozen_into_pre_tests(purpose, has_test_out, items, needed):
    form = attempts.draw(assessment(purpose, items), version_id="v", seed=1, has_test_out=has_test_out)
    assert form.test_out_right == needed


@pytest.mark.parametrize(("right", "passed"), [(8, True), (7, False)])
def test_skipping_needs_the_higher_bar(right, passed):
    made = assessment(Purpose.PRE, 8, threshold_bp=8000)
    form = attempts.draw(made, version_id="v", seed=1, has_test_out=True)
    answers = {f"q{n}": {"choice": "a" if n < right else "b"} for n in range(8)}
    result = attempts.outcome(form, {item.key: item for item in made.items}, answers)
    assert (result.right, result.passed) == (right, passed)
    assert result.verdict.passed  # 7 of 8 would do for a post-test


def test_an_outcome_is_kept_exactly():
    made = assessment(items=3)
    form = attempts.draw(made, version_id="v", seed=1)
    result = attempts.outcome(form, {item.key: item for item in made.items}, {"q0": {"choice": "a"}})
    assert result.detail["items"]["q0"] == {"share": "1", "points": 1, "version": 1}
    assert result.detail["objectives"]["o"] == {"earned": "1", "possible": 3, "items": 3}
    assert (result.detail["below_floor"], result.passed) == (["o"], False)


@pytest.mark.parametrize(
    ("after", "over"),
    [
        (timedelta(minutes=15), False),
        (timedelta(minutes=15, seconds=30), False),
        (timedelta(minutes=15, seconds=31), True),
    ],
)
def test_thirty_seconds_of_grace(after, over):
    assert attempts.is_over(attempts.deadline(AT, 15), AT + after) is over
    assert not attempts.is_over(attempts.deadline(AT, None), AT + after)


@pytest.mark.parametrize(
    ("purpose", "feedback", "has_passed", "is_exhausted", "shown"),
    [
        (Purpose.POST, Feedback.OBJECTIVE, False, False, False),
        (Purpose.POST, Feedback.OBJECTIVE, True, False, True),
        (Purpose.POST, Feedback.OBJECTIVE, False, True, True),
        (Purpose.POST, Feedback.FULL, False, False, True),
        (Purpose.POST, Feedback.SCORE, True, True, False),
        (Purpose.DELAYED, Feedback.OBJECTIVE, False, False, False),
        (Purpose.DELAYED, Feedback.OBJECTIVE, True, False, True),
        (Purpose.CARRY, Feedback.OBJECTIVE, False, True, True),
        (Purpose.PRE, Feedback.OBJECTIVE, True, True, False),
        (Purpose.TEST_OUT, Feedback.OBJECTIVE, True, True, False),
        (Purpose.FORMATIVE, Feedback.FULL, False, False, True),
        (Purpose.FORMATIVE, Feedback.AT_ONCE, False, False, True),
        (Purpose.FORMATIVE, Feedback.SCORE, True, True, False),
    ],
)
def test_whether_an_answer_is_shown_afterwards(purpose, feedback, has_passed, is_exhausted, shown):
    made = assessment(purpose, feedback=feedback)
    form = attempts.draw(made, version_id="v", seed=1)
    asked = attempts.shows_answer(form, made.items[0], has_passed=has_passed, is_exhausted=is_exhausted)
    assert asked is shown
    assert attempts.shows_objectives(form) is (feedback is not Feedback.SCORE)


def test_a_question_may_keep_its_answer_for_itself():
    """What is asked for years is not given away by a test that shows everything else, nor told to a store."""
    kept = replace(single("q"), feedback=Feedback.SCORE)
    form = attempts.draw(assessment(Purpose.FORMATIVE, feedback=Feedback.AT_ONCE), version_id="v", seed=1)
    assert not attempts.shows_answer(form, kept, has_passed=True, is_exhausted=True)
    assert (attempts.shows_at_once(form, kept), attempts.tells_key(form, kept)) == (False, False)
    assert (attempts.shows_at_once(form, single("q")), attempts.tells_key(form, single("q"))) == (True, True)


@pytest.mark.parametrize(
    ("past", "before_days", "state"),
    [
        ([], None, StartState.MAY_START),
        ([closed(1, 29 * 24)], None, StartState.COOLING),
        ([closed(1, 30 * 24)], None, StartState.MAY_START),
        ([closed(1, 90 * 24), closed(2, 31 * 24)], None, StartState.MAY_START),  # no number of tries, one in 30 days
        ([closed(1, 1, passed=True)], None, StartState.PASSED),
        ([Past(1, None, None)], None, StartState.RESUME),
        ([], 29, StartState.COOLING),  # under an earlier enrollment
        ([], 30, StartState.MAY_START),
    ],
)
def test_a_test_out_has_one_try_in_thirty_days(past, before_days, state):
    before = None if before_days is None else AT - timedelta(days=before_days)
    start = attempts.may_start(assessment(Purpose.TEST_OUT, items=8, cooldown_hours=1), past, 0, AT, before)
    assert (start.state, start.allowed) == (state, None)


def test_a_delayed_check_is_over_once_it_is_passed():
    made = assessment(Purpose.DELAYED)
    assert attempts.may_start(made, [closed(1, 400)], 0, AT).state is StartState.MAY_START
    assert attempts.may_start(made, [closed(1, 400, passed=True)], 0, AT).state is StartState.PASSED


@pytest.mark.parametrize(
    ("purpose", "offered", "needed"),
    [
        (Purpose.TEST_OUT, True, 8),
        (Purpose.TEST_OUT, False, None),
        (Purpose.PRE, True, 8),
        (Purpose.POST, True, None),
        (Purpose.CARRY, True, None),
    ],
)
def test_only_a_pretest_and_a_test_out_have_the_higher_bar(purpose, offered, needed):
    form = attempts.draw(assessment(purpose, items=8), version_id="v", seed=1, has_test_out=offered)
    assert form.test_out_right == needed


def test_the_time_of_a_person_is_frozen_with_the_form():
    form = attempts.draw(assessment(minutes=20), version_id="v", seed=1, time_percent=150)
    assert Form.from_json(form.to_json()).time_percent == 150
    old = {key: value for key, value in form.to_json().items() if key != "time_percent"}
    assert Form.from_json(old).time_percent == 100  # a form of before there were accommodations
    assert attempts.deadline(AT, form.minutes, form.time_percent) == AT + timedelta(minutes=30)


# Drawn forms


def bank(per_band=4):
    return tuple(
        replace(single(f"{objective}-{band}-{n}", objective), band=band)
        for objective in ("open", "close")
        for band in ("easy", "hard")
        for n in range(per_band)
    )


BLUEPRINT = tuple(Stratum(objective, 1, band) for objective in ("open", "close") for band in ("easy", "hard"))


def strata(form):
    return sorted(one.key.rsplit("-", 1)[0] for one in form.items)


@pytest.mark.parametrize("how", [{"blueprint": BLUEPRINT}, {"draws": 4}])
def test_a_form_is_drawn_by_stratum(how):
    made = assessment(items=0)
    made = replace(made, items=bank(), **how)
    assert made.asked == 4
    form = attempts.draw(made, version_id="v", seed=3)
    assert strata(form) == ["close-easy", "close-hard", "open-easy", "open-hard"]
    assert attempts.draw(made, version_id="v", seed=3) == form
    again = attempts.draw(made, version_id="v", seed=4, seen=[[one.key for one in form.items]])
    assert not {one.key for one in form.items} & {one.key for one in again.items}
    assert strata(again) == strata(form)


def test_withdrawn_items_are_not_drawn_and_their_seat_is_filled():
    made = replace(assessment(items=0), items=bank(1), blueprint=BLUEPRINT)
    made = replace(made, items=(*made.items, replace(single("open-spare", "open"), band="medium")))
    form = attempts.draw(made, version_id="v", seed=3, withdrawn={"open-easy-0"})
    assert {one.key for one in form.items} == {"open-spare", "open-hard-0", "close-easy-0", "close-hard-0"}
    shorter = attempts.draw(made, version_id="v", seed=3, withdrawn={"open-easy-0", "open-spare"})
    assert len(shorter.items) == 3, "nothing fits that seat any more"


def test_a_fixed_form_does_without_what_was_withdrawn():
    form = attempts.draw(assessment(items=4), version_id="v", seed=1, withdrawn={"q2"})
    assert {one.key for one in form.items} == {"q0", "q1", "q3"}
    everything = attempts.draw(assessment(items=2), version_id="v", seed=1, withdrawn={"q0", "q1"})
    assert len(everything.items) == 2, "a test is never empty"


def test_the_bar_for_skipping_is_that_of_the_drawn_form():
    made = replace(assessment(Purpose.PRE, 0), items=bank(8), draws=12)
    form = attempts.draw(made, version_id="v", seed=1, has_test_out=True)
    assert (len(form.items), form.test_out_right) == (12, 11)


@pytest.mark.parametrize(("percent", "minutes"), [(100, 15), (150, 22.5), (200, 30)])
def test_more_time_for_whoever_needs_it(percent, minutes):
    assert attempts.deadline(AT, 15, percent) == AT + timedelta(minutes=minutes)
    assert attempts.deadline(AT, None, percent) is None
