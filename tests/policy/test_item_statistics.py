"""Item analysis by the rules of 2.3; the LSAT-6 patterns give the published figures."""

import csv
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.policy import item_statistics
from lms.policy.item_statistics import Choice, Flag, Sat

LSAT6 = Path(__file__).parents[3] / "shared" / "data" / "irt" / "lsat6_patterns.csv"


def sat(earned, chosen=None, seconds=0):
    return Sat(earned, dict.fromkeys(earned, 1), chosen or {}, seconds)


def simulated(n, items=10, *, seed=1, dead=()):
    """People of differing ability; an item in `dead` is answered by lot."""
    draw = Random(seed)
    people = []
    for _ in range(n):
        ability = draw.gauss(0, 1)
        earned = {}
        for at in range(items):
            key = f"i{at}"
            chance = 0.5 if key in dead else 1 / (1 + 2.718 ** -(1.6 * ability + 0.5))
            earned[key] = float(draw.random() < chance)
        people.append(sat(earned, {key: frozenset({"a" if got else "b"}) for key, got in earned.items()}))
    return people


@pytest.fixture(scope="module")
def lsat6():
    if not LSAT6.exists():
        pytest.skip("the LSAT-6 patterns are not beside the project (../shared/data/irt)")
    people = []
    with LSAT6.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            earned = {f"Item_{at}": float(row[f"Item_{at}"]) for at in range(1, 6)}
            people += [sat(earned)] * int(row["Freq"])
    assert len(people) == 1000
    return people


def test_the_published_figures_of_lsat6(lsat6):
    found = item_statistics.report(lsat6, {f"Item_{at}": () for at in range(1, 6)})
    assert [row.difficulty for row in found.items] == pytest.approx([0.924, 0.709, 0.553, 0.763, 0.870], abs=1e-9)
    assert [row.r for row in found.items] == pytest.approx([0.1128, 0.1532, 0.1728, 0.1444, 0.1216], abs=5e-5)
    keys = [f"Item_{at}" for at in range(1, 6)]
    assert item_statistics.alpha([[one.earned[key] for key in keys] for one in lsat6]) == pytest.approx(
        0.2950, abs=5e-5
    )
    totals = [sum(one.earned.values()) for one in lsat6]
    uncorrected = [item_statistics.correlation([one.earned[key] for one in lsat6], totals) for key in keys]
    assert uncorrected == pytest.approx([0.362, 0.567, 0.618, 0.534, 0.435], abs=5e-4)


def test_five_items_show_no_alpha(lsat6):
    found = item_statistics.reliability(lsat6)
    assert (found.alpha, found.sem, found.reason) == (None, None, "too_few_items")
    assert found.mean == pytest.approx(3.819)


@pytest.mark.parametrize(
    ("n", "has_difficulty", "has_r"),
    [(0, False, False), (19, False, False), (20, True, False), (49, True, False), (50, True, True)],
)
def test_what_may_be_shown_from_how_many_people_on(n, has_difficulty, has_r):
    [row] = item_statistics.report(simulated(n), {"i0": (Choice("a", True), Choice("b", False))}).items
    assert row.n == n
    assert (row.difficulty is not None, row.difficulty_error is not None) == (has_difficulty, has_difficulty)
    assert (row.r is not None, row.r_interval is not None) == (has_r, has_r)
    assert sum(choice.count for choice in row.choices) == n
    assert all((choice.share is not None) == has_difficulty for choice in row.choices)
    assert all((choice.rest_r is not None) == has_r for choice in row.choices)


@pytest.mark.parametrize(("n", "items", "reason"), [(49, 10, "too_few_people"), (50, 7, "too_few_items"), (50, 8, "")])
def test_alpha_waits_for_people_and_items(n, items, reason):
    found = item_statistics.reliability(simulated(n, items))
    assert found.reason == reason
    assert (found.alpha is None) == bool(reason)
    if not reason:
        assert 0 < found.alpha < 1
        assert found.sem == pytest.approx(found.deviation * (1 - found.alpha) ** 0.5)


def test_drawn_forms_have_no_alpha_and_yet_their_items_are_compared():
    """Two halves of the people met different items: rest scores are shares, so that they stand on one scale."""
    people = simulated(120, 12)
    half = [
        Sat(
            {key: one.earned[key] for key in keys},
            dict.fromkeys(keys, 1),
            one.chosen,
        )
        for at, one in enumerate(people)
        for keys in [[f"i{number}" for number in (range(8) if at % 2 else range(4, 12))]]
    ]
    found = item_statistics.report(half, {"i0": (), "i5": ()})
    assert found.reliability.reason == "forms_differ"
    assert [(row.n, row.exposure) for row in found.items] == [(60, 0.5), (120, 1.0)]
    assert all(row.r > 0.15 for row in found.items)


def test_an_item_answered_by_lot_is_flagged_weak_and_a_good_one_is_not():
    found = item_statistics.report(simulated(200, dead={"i3"}), {"i2": (), "i3": ()})
    good, dead = found.items
    assert Flag.WEAK in dead.flags
    assert good.flags == ()
    assert dead.r_interval.low < 0.15


def keyed_wrong(n):
    """The key is `a`, and those who know choose `b`."""
    people = simulated(n)
    turned = []
    for one in people:
        knows = one.earned["i0"] == 1
        earned = {**one.earned, "i0": 0.0 if knows else 1.0}
        turned.append(sat(earned, {**one.chosen, "i0": frozenset({"b" if knows else "a"})}))
    return turned


@pytest.mark.parametrize(("n", "is_flagged"), [(29, False), (30, True), (200, True)])
def test_a_wrong_key_is_told_from_thirty_people_on(n, is_flagged):
    [row] = item_statistics.report(keyed_wrong(n), {"i0": (Choice("a", True), Choice("b", False))}).items
    assert (Flag.WRONG_KEY in row.flags) == is_flagged
    if n == 200:
        assert Flag.SECOND_KEY in row.choices[1].flags


def test_an_option_nobody_chooses_is_dead():
    options = (Choice("a", True), Choice("b", False), Choice("c", False))
    [row] = item_statistics.report(simulated(40), {"i0": options}).items
    assert row.choices[2].flags == (Flag.DEAD_OPTION,)
    assert row.choices[1].flags == ()


@pytest.mark.parametrize(("n", "size"), [(10, 5), (99, 49.5), (100, 27)])
def test_groups_have_their_size_whatever_is_tied(n, size):
    top, bottom = item_statistics.groups([at % 3 for at in range(n)])
    assert sum(top) == pytest.approx(size)
    assert sum(bottom) == pytest.approx(size)


@given(
    st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=4, max_size=4), min_size=60, max_size=80), st.randoms()
)
def test_the_order_of_people_does_not_matter(rows, draw):
    people = [
        sat(
            {f"i{at}": got for at, got in enumerate(row)},
            {f"i{at}": frozenset({str(got)}) for at, got in enumerate(row)},
        )
        for row in rows
    ]
    options = {"i0": (Choice("1.0", True), Choice("0.5", False), Choice("0.0", False))}
    shuffled = list(people)
    draw.shuffle(shuffled)
    one, other = (item_statistics.report(order, options).items[0] for order in (people, shuffled))
    assert one.difficulty == pytest.approx(other.difficulty)
    assert (one.r is None) == (other.r is None)
    for mine, theirs in zip(one.choices, other.choices, strict=True):
        assert mine.count == theirs.count
        assert mine.top == pytest.approx(theirs.top)
        assert mine.bottom == pytest.approx(theirs.bottom)


def test_an_item_everybody_gets_right_has_no_correlation():
    people = [sat({**one.earned, "i0": 1.0}) for one in simulated(60)]
    [row] = item_statistics.report(people, {"i0": ()}).items
    assert (row.difficulty, row.r, row.r_interval, row.flags) == (1.0, None, None, ())


def test_the_time_it_takes_is_the_median_of_what_is_known():
    people = [sat({"a": 1.0}, seconds=seconds) for seconds in (0, 60, 120, 600)]
    assert item_statistics.report(people, {}).median_seconds == 120
