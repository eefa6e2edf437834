"""The FSRS scheduler gives the package's schedules, and the log of one replays under the other."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import fsrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.policy import practice
from lms.policy.practice import Card, Entry, Kind, Leitner
from lms.practice.fsrs_schedule import Fsrs

BEGUN = date(2026, 3, 2)
REVIEWS = Path(__file__).parents[4] / "shared" / "data" / "fsrs" / "review_logs_josh.csv"


def on_due_days(results):
    first, *rest = results
    card = practice.begin(Fsrs(), BEGUN, was_right=first)
    cards = [card]
    for is_right in rest:
        card = practice.follow(Fsrs(), card, Entry(Kind.ANSWERED, card.due_on, is_right))
        cards.append(card)
    return cards


@pytest.mark.parametrize(
    ("results", "intervals"),
    [
        ([True] * 5, [2, 11, 46, 90, 90]),
        ([False, True, True, True], [1, 2, 6, 17]),
        ([True, True, False, True, True], [2, 11, 2, 5, 12]),
    ],
)
def test_the_vectors_of_the_measurement_rules(results, intervals):
    assert [card.interval for card in on_due_days(results)] == intervals


def test_what_is_remembered_after_five_right_answers():
    memory = on_due_days([True] * 5)[-1].memory
    assert (memory.stability, memory.difficulty) == pytest.approx((375.7405, 2.0906), abs=5e-5)


def test_the_packages_own_steps_are_reproduced_by_the_package_as_installed():
    """The intervals written beside the review log, with the package's default minute steps: the version is the one
    whose schedules were published."""
    scheduler, card = fsrs.Scheduler(enable_fuzzing=False), fsrs.Card(card_id=1)
    at, found = datetime(2022, 11, 29, 12, 30, tzinfo=UTC), []
    for rating in [fsrs.Rating.Good] * 6 + [fsrs.Rating.Again] * 2 + [fsrs.Rating.Good] * 5:
        card, _ = scheduler.review_card(card, rating, at)
        found.append((card.due - card.last_review).days)
        at = card.due
    assert found == [0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21]


answers = st.lists(st.tuples(st.integers(1, 120), st.booleans()), max_size=12)


@given(st.booleans(), answers)
def test_any_history_is_scheduled_as_the_package_schedules_it(was_right, history):
    scheduler = fsrs.Scheduler(
        desired_retention=0.9, learning_steps=(), relearning_steps=(), maximum_interval=90, enable_fuzzing=False
    )
    at = datetime(2026, 3, 2, tzinfo=UTC)
    theirs, _ = scheduler.review_card(fsrs.Card(card_id=1), fsrs.Rating.Good if was_right else fsrs.Rating.Again, at)
    ours: Card = practice.begin(Fsrs(), BEGUN, was_right=was_right)
    assert ours.due_on == theirs.due.date()
    for days, is_right in history:
        at += timedelta(days=days)
        theirs, _ = scheduler.review_card(theirs, fsrs.Rating.Good if is_right else fsrs.Rating.Again, at)
        ours = practice.follow(Fsrs(), ours, Entry(Kind.ANSWERED, at.date(), is_right))
        if ours.state is not practice.CardState.SCHEDULED:
            break
        assert ours.due_on == theirs.due.date()
        assert ours.memory.stability == pytest.approx(theirs.stability)


def test_a_card_begun_under_another_scheduler_must_be_replayed():
    card = practice.begin(Leitner(), BEGUN, was_right=True)
    entry = Entry(Kind.ANSWERED, card.due_on, is_right=True)
    with pytest.raises(ValueError, match="replay"):
        practice.follow(Fsrs(), card, entry)
    assert practice.replay(Fsrs(), BEGUN, [entry], was_right=True).interval > 2


def test_a_real_review_log_replays_the_same_way_twice_under_both():
    """One person's year with a card program: cards as they came, several answers a day, gaps of months."""
    if not REVIEWS.exists():
        pytest.skip("the review log is not beside the project (../shared/data/fsrs)")
    logs: dict[str, list[tuple[date, bool]]] = {}
    with REVIEWS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            on = datetime.fromisoformat(row["review_time"]).date()
            logs.setdefault(row["card_id"], []).append((on, int(row["review_rating"]) > 1))
    assert len(logs) > 100
    for scheduler in (Leitner(), Fsrs()):
        for (begun_on, was_right), *rest in logs.values():
            log = [Entry(Kind.ANSWERED, on, is_right) for on, is_right in rest]
            whole = practice.replay(scheduler, begun_on, log, was_right=was_right)
            card = practice.begin(scheduler, begun_on, was_right=was_right)
            for entry in log:
                card = practice.follow(scheduler, card, entry)
            assert card == whole
            assert 1 <= whole.interval <= scheduler.longest
            assert whole.due_on == whole.last_on + timedelta(days=whole.interval)
