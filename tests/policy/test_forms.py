"""Drawn forms: their blueprint, what is not shown again, and that a seed says it all."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.policy import forms
from lms.policy.forms import Candidate, Stratum
from lms.policy.outline import ItemType

BANDS = ("easy", "medium", "hard")


def bank(per_stratum=4, objectives=("open", "close"), type_=ItemType.SINGLE):
    return [
        Candidate(f"{objective}-{band}-{number}", objective, band, type_)
        for objective in objectives
        for band in BANDS
        for number in range(per_stratum)
    ]


def blueprint(count=1, objectives=("open", "close")):
    return [Stratum(objective, count, band) for objective in objectives for band in BANDS]


def test_a_form_has_so_many_of_each_stratum():
    drawn = forms.draw(blueprint(2), bank(), seed=7)
    assert Counter(key.rsplit("-", 1)[0] for key in drawn.keys) == Counter(
        {f"{objective}-{band}": 2 for objective in ("open", "close") for band in BANDS}
    )
    assert drawn.missing == ()


def test_the_same_seed_draws_the_same_form_on_every_machine():
    """The keys are written down: another release of Python or another machine must draw them too."""
    drawn = forms.draw(blueprint(), bank(), seed=20261122)
    assert drawn == forms.draw(blueprint(), list(reversed(bank())), seed=20261122)
    assert drawn.keys == PINNED


PINNED = (
    "open-easy-2",
    "open-medium-3",
    "open-hard-1",
    "close-easy-2",
    "close-medium-2",
    "close-hard-0",
)


def test_different_seeds_draw_different_forms():
    assert len({forms.draw(blueprint(), bank(), seed=seed).keys for seed in range(50)}) > 40


def test_every_item_has_its_turn():
    counts = Counter(key for seed in range(600) for key in forms.draw(blueprint(), bank(), seed=seed).keys)
    assert len(counts) == 24
    assert all(100 < count < 200 for count in counts.values())  # 150 expected, five deviations of 10.6 off


def test_what_was_just_seen_is_not_shown_again_while_the_bank_allows():
    first = forms.draw(blueprint(2), bank(), seed=1)
    second = forms.draw(blueprint(2), bank(), seed=2, seen=[first.keys])
    third = forms.draw(blueprint(2), bank(), seed=3, seen=[second.keys, first.keys])
    assert not set(first.keys) & set(second.keys)
    assert second.repeated == ()
    assert set(third.keys) == set(first.keys), "seen longest ago comes first"
    assert set(third.repeated) == set(third.keys)


def test_a_small_bank_repeats_and_says_which():
    first = forms.draw(blueprint(3), bank(4), seed=1)
    second = forms.draw(blueprint(3), bank(4), seed=2, seen=[first.keys])
    assert second.missing == ()
    assert len(second.repeated) == 12
    assert len(set(second.keys) - set(first.keys)) == 6, "everything new is used"


def test_a_stratum_that_cannot_be_filled_is_told():
    wanted = [Stratum("open", 5, "easy"), Stratum("close", 1, "hard")]
    drawn = forms.draw(wanted, bank(4), seed=1)
    assert drawn.missing == ((wanted[0], 1),)
    assert len(drawn.keys) == 5


def test_overlapping_strata_leave_no_seat_empty_that_could_be_filled():
    """Two of any band and the only hard one there is: whoever comes first must give the hard one up."""
    items = [Candidate("e1", "o", "easy", ItemType.SINGLE), Candidate("h1", "o", "hard", ItemType.SINGLE)]
    for seed in range(20):
        drawn = forms.draw([Stratum("o", 1), Stratum("o", 1, "hard")], items, seed=seed)
        assert drawn.keys == ("e1", "h1")


def test_a_type_is_a_stratum_too():
    items = [*bank(2), *(Candidate(f"j{n}", "open", "easy", ItemType.JUDGMENT) for n in range(2))]
    drawn = forms.draw([Stratum("open", 1, type=ItemType.JUDGMENT), Stratum("open", 1, "easy")], items, seed=4)
    assert drawn.keys[0].startswith("j")
    assert drawn.missing == ()


candidates = st.lists(
    st.builds(
        Candidate,
        st.integers(0, 30).map(str),
        st.sampled_from("ab"),
        st.sampled_from(BANDS),
        st.sampled_from([ItemType.SINGLE, ItemType.ORDER]),
    ),
    max_size=9,
    unique_by=lambda one: one.key,
)
strata = st.lists(
    st.builds(
        Stratum,
        st.sampled_from("ab"),
        st.integers(1, 2),
        st.sampled_from(("", *BANDS)),
        st.sampled_from([None, ItemType.SINGLE]),
    ),
    max_size=3,
)


def most_seats(wanted, items):
    """The largest number of seats that can be filled, by trying (Hall's theorem)."""
    seats = [stratum for stratum in wanted for _ in range(stratum.count)]
    short = max(
        (
            size - sum(any(stratum.takes(one) for stratum in some) for one in items)
            for size in range(len(seats) + 1)
            for some in combinations(seats, size)
        ),
        default=0,
    )
    return len(seats) - max(0, short)


@given(strata, candidates, st.integers(0, 999), st.lists(st.sets(st.integers(0, 30).map(str)), max_size=2))
def test_no_item_twice_every_seat_fits_and_as_many_as_can_be(wanted, items, seed, seen):
    drawn = forms.draw(wanted, items, seed=seed, seen=seen)
    by_key = {one.key: one for one in items}
    assert len(set(drawn.keys)) == len(drawn.keys)
    assert len(drawn.keys) == most_seats(wanted, items)
    assert len(drawn.keys) + sum(short for _, short in drawn.missing) == sum(one.count for one in wanted)
    assert all(any(stratum.takes(by_key[key]) for stratum in wanted) for key in drawn.keys)
    assert set(drawn.repeated) == set(drawn.keys) & set().union(*seen)


@given(candidates, st.integers(1, 12))
def test_a_number_alone_is_spread_as_the_bank_is(items, count):
    wanted = forms.spread(items, count)
    assert sum(stratum.count for stratum in wanted) == min(count, len(items))
    assert forms.draw(wanted, items, seed=1).missing == ()
    objectives = {one.objective for one in items}
    if items and count >= len(objectives):
        assert {stratum.objective for stratum in wanted} == objectives


def test_a_number_alone_keeps_the_proportions():
    items = [Candidate(f"e{n}", "o", "easy", ItemType.SINGLE) for n in range(30)]
    items += [Candidate(f"h{n}", "o", "hard", ItemType.SINGLE) for n in range(10)]
    assert forms.spread(items, 10) in (
        (Stratum("o", 7, "easy"), Stratum("o", 3, "hard")),
        (Stratum("o", 8, "easy"), Stratum("o", 2, "hard")),
    )


@pytest.mark.parametrize(("per_stratum", "is_thin"), [(1, True), (2, False), (3, False)])
def test_a_bank_that_retakes_will_repeat_is_told(per_stratum, is_thin):
    found = forms.thin(blueprint(), bank(per_stratum))
    assert bool(found) == is_thin
    assert all(there == per_stratum for _, there in found)
