"""Cards, their schedule and the day's review, by the rules of 1.3 F and 2.5."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.policy import practice
from lms.policy.practice import Card, CardState, Due, Edit, Entry, Hold, Kind, Leitner

BEGUN = date(2026, 3, 2)
LADDER = Leitner()


def day(number):
    return BEGUN + timedelta(days=number)


def answered(number, is_right=True, **more):
    return Entry(Kind.ANSWERED, day(number), is_right, **more)


def on_due_days(results, scheduler=LADDER, *, was_right=True):
    """Answer each time on the day it is due; the card after each."""
    card = practice.begin(scheduler, BEGUN, was_right=was_right)
    cards = [card]
    for is_right in results:
        card = practice.follow(scheduler, card, Entry(Kind.ANSWERED, card.due_on, is_right))
        cards.append(card)
    return cards


def test_leitner_climbs_its_ladder():
    assert [card.interval for card in on_due_days([True] * 5)] == [1, 3, 7, 21, 60, 60]


def test_a_wrong_answer_begins_again():
    assert [card.interval for card in on_due_days([True, True, False, True])] == [1, 3, 7, 1, 3]


def test_the_longest_box_right_twice_ends_the_card():
    cards = on_due_days([True] * 6)
    assert [card.state for card in cards[-2:]] == [CardState.SCHEDULED, CardState.GRADUATED]
    missed = on_due_days([True] * 5 + [False] + [True] * 6)
    assert missed[-2].state is CardState.SCHEDULED
    assert missed[-1].state is CardState.GRADUATED, "a miss in between starts the count again"


def test_three_wrong_in_a_row_stop_the_card():
    cards = on_due_days([False, False, True, False, False, False])
    assert [card.state is CardState.STUCK for card in cards] == [False] * 6 + [True]
    still = practice.follow(LADDER, cards[-1], Entry(Kind.ANSWERED, day(50), is_right=True))
    assert still == cards[-1]
    again = practice.follow(LADDER, cards[-1], Entry(Kind.RESTARTED, day(60)))
    assert (again.state, again.due_on, again.wrong_in_row) == (CardState.SCHEDULED, day(61), 0)


def test_a_late_answer_counts_from_the_day_it_was_given():
    card = practice.replay(LADDER, BEGUN, [answered(10)], was_right=True)
    assert card.due_on == day(13)


def test_a_second_answer_on_a_day_moves_nothing():
    once = practice.replay(LADDER, BEGUN, [answered(1)], was_right=True)
    assert practice.replay(LADDER, BEGUN, [answered(1), answered(1, is_right=False)], was_right=True) == once


def test_what_was_answered_before_the_last_answer_is_not_believed():
    once = practice.replay(LADDER, BEGUN, [answered(9)], was_right=True)
    assert practice.follow(LADDER, once, answered(4, is_right=False)) == once


@pytest.mark.parametrize(
    ("away_from", "back", "due"),
    [
        (2, 12, 14),  # due on day 4, two days were left
        (4, 30, 30),
        (9, 30, 30),  # overdue already
    ],
)
def test_leave_costs_nothing(away_from, back, due):
    log = [answered(1), Entry(Kind.SUSPENDED, day(away_from)), Entry(Kind.RESUMED, day(back))]
    card = practice.replay(LADDER, BEGUN, log, was_right=True)
    assert (card.state, card.due_on, card.box) == (CardState.SCHEDULED, day(due), 1)


def test_who_is_away_is_asked_nothing():
    card = practice.replay(LADDER, BEGUN, [Entry(Kind.SUSPENDED, day(1)), answered(2)], was_right=True)
    assert (card.state, card.answers) == (CardState.SUSPENDED, 0)
    assert practice.todays([Due("q", card)], day(9), answered=0, is_workday=True) == ()


def test_a_changed_question_begins_again_even_during_leave():
    log = [answered(1), answered(4), Entry(Kind.SUSPENDED, day(5)), Entry(Kind.RESTARTED, day(6))]
    card = practice.replay(LADDER, BEGUN, log, was_right=True)
    assert card.state is CardState.SUSPENDED
    back = practice.follow(LADDER, card, Entry(Kind.RESUMED, day(20)))
    assert (back.box, back.due_on) == (0, day(21))


def test_answers_to_a_wrong_key_are_taken_out_of_the_history():
    log = [answered(1), answered(4, is_right=False, is_void=True), answered(5)]
    assert practice.replay(LADDER, BEGUN, log, was_right=True) == practice.replay(
        LADDER, BEGUN, [answered(1), answered(5)], was_right=True
    )


def test_a_retired_card_stays_retired():
    log = [Entry(Kind.RETIRED, day(1)), answered(2), Entry(Kind.RESTARTED, day(3)), Entry(Kind.RESUMED, day(4))]
    assert practice.replay(LADDER, BEGUN, log, was_right=True).state is CardState.RETIRED


@pytest.mark.parametrize(
    ("edit", "restarts"), [(Edit.COSMETIC, False), (Edit.CLARIFYING, False), (Edit.SUBSTANTIVE, True)]
)
def test_only_a_change_of_substance_restarts(edit, restarts):
    assert edit.restarts is restarts


def due(key, number):
    return Due(key, Card(day(number), 3, day(number - 3)))


def test_the_day_asks_what_is_oldest_due_and_no_more_than_its_cap():
    cards = [due("e", 9), due("a", 3), due("d", 7), due("f", 11), due("b", 4), due("c", 4), due("g", 10)]
    asked = practice.todays(cards, day(10), answered=0, is_workday=True)
    assert [one.key for one in asked] == ["a", "b", "c", "d", "e"]
    assert [one.key for one in practice.todays(cards, day(10), answered=3, is_workday=True)] == ["a", "b"]
    assert practice.todays(cards, day(10), answered=7, is_workday=True) == ()
    assert practice.todays(cards, day(10), answered=0, is_workday=False) == ()
    assert len(practice.todays(cards, day(11), answered=0, is_workday=True, cap=10)) == 7


@pytest.mark.parametrize(
    ("results", "days_late", "hold"),
    [
        ([], -1, Hold.NEW),
        ([], 1, Hold.NEW),
        ([], 2, Hold.FADING),
        ([True, True], -1, Hold.FIRM),
        ([True, True], 0, Hold.DUE),
        ([True, True], 7, Hold.DUE),
        ([True, True], 8, Hold.FADING),
        ([True, False], 0, Hold.SLIPPED),
        ([False] * 3, 0, Hold.STUCK),
        ([True] * 6, 400, Hold.KEPT),
    ],
)
def test_how_well_something_is_held(results, days_late, hold):
    card = on_due_days(results)[-1]
    assert practice.hold(card, card.due_on + timedelta(days=days_late)) is hold


entries = st.lists(
    st.builds(Entry, st.sampled_from(Kind), st.integers(0, 200).map(day), st.booleans(), st.booleans()), max_size=25
)


@given(entries, st.booleans())
def test_a_log_replays_to_the_card_it_made(log, was_right):
    card = practice.begin(LADDER, BEGUN, was_right=was_right)
    for entry in log:
        card = practice.follow(LADDER, card, entry)
    assert practice.replay(LADDER, BEGUN, log, was_right=was_right) == card
    assert practice.replay(LADDER, BEGUN, [one for one in log if not one.is_void], was_right=was_right) == card
    assert card.interval in LADDER.days
    assert (card.state is CardState.SUSPENDED) == (card.suspended_on is not None) or card.state is CardState.RETIRED


@given(st.lists(st.integers(-5, 20), max_size=20), st.integers(0, 8), st.integers(0, 6))
def test_the_cap_holds_and_nothing_is_asked_early(offsets, answered_today, cap):
    cards = [due(str(at), number) for at, number in enumerate(offsets)]
    asked = practice.todays(cards, day(10), answered=answered_today, is_workday=True, cap=cap)
    assert len(asked) <= max(0, cap - answered_today)
    assert len({one.key for one in asked}) == len(asked)
    assert all(one.card.due_on <= day(10) for one in asked)
    left = [one for one in cards if one not in asked and one.card.due_on <= day(10)]
    assert not left or not asked or max(one.card.due_on for one in asked) <= min(one.card.due_on for one in left)
