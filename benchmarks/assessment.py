"""How fair drawn forms are, and how long grading, drawing and statistics take: `python -m benchmarks.assessment`.

The fairness: a learner who would get 70 percent of the whole bank right sits forms of ten out of forty questions, eight
to pass. Forms drawn by lot alone are compared with forms drawn by difficulty band; what differs between forms is luck.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import exp
from random import Random

from benchmarks import practice_load
from lms.policy import attempts, forms, grading, item_statistics
from lms.policy.forms import Candidate
from lms.policy.item_statistics import Choice, Sat
from lms.policy.items import Item, ItemType, Option
from lms.policy.outline import Assessment, Purpose

BANK, FORM, NEEDED, FORMS = 40, 10, 8, 2000
SHARE = 0.7
PEOPLE, ITEMS = 10_000, 40


def bank(draw: Random) -> tuple[list[Candidate], dict[str, float]]:
    """Forty items with the chance of the borderline learner on each; bands are their thirds by difficulty."""
    hardness = sorted(draw.gauss(0, 1.2) for _ in range(BANK))
    low, high = -10.0, 10.0
    while high - low > 1e-9:  # the ability at which the whole bank gives SHARE
        ability = (low + high) / 2
        mean = sum(1 / (1 + exp(one - ability)) for one in hardness) / BANK
        low, high = (ability, high) if mean < SHARE else (low, ability)
    chances = {f"i{at:02}": 1 / (1 + exp(one - low)) for at, one in enumerate(hardness)}
    bands = ("easy", "medium", "hard")
    items = [Candidate(key, "o", bands[at * 3 // BANK], ItemType.SINGLE) for at, key in enumerate(chances)]
    return items, chances


def chance_to_pass(keys: Sequence[str], chances: dict[str, float]) -> float:
    """P(at least NEEDED right) on this form, exactly."""
    spread = [1.0]
    for key in keys:
        p = chances[key]
        spread = [
            (spread[at] * (1 - p) if at < len(spread) else 0) + (spread[at - 1] * p if at else 0)
            for at in range(len(spread) + 1)
        ]
    return sum(spread[NEEDED:])


def fairness() -> bool:
    """Print the spread of the chance to pass; whether bands make it less than half as wide."""
    items, chances = bank(Random(20261122))
    flat = [replace(one, band="") for one in items]
    widths = []
    print(f"\nchance of a {SHARE:.0%} learner to get {NEEDED} of {FORM}, over {FORMS} forms from a bank of {BANK}")
    for name, pool in (("by lot", flat), ("by band", items)):
        blueprint = forms.spread(pool, FORM)
        found = sorted(chance_to_pass(forms.draw(blueprint, pool, seed=seed).keys, chances) for seed in range(FORMS))
        low, middle, high = (found[int(part * FORMS)] for part in (0.05, 0.5, 0.95))
        widths.append(high - low)
        print(f"{name:<10} 5th percentile {low:.0%}, median {middle:.0%}, 95th {high:.0%}")
    return widths[1] < widths[0] / 2


def timed(name: str, count: int, act: Callable[[], object], bare: Callable[[], object]) -> None:
    """By this process's own CPU time, so that other programs do not matter; beside the least that could be done."""
    spent = []
    for one in (act, bare):
        began = time.process_time()
        one()
        spent.append(time.process_time() - began)
    ours, least = spent
    print(f"{name:<42}{ours:>8.2f} s{1e6 * ours / count:>10.1f} µs each{ours / max(least, 1e-6):>8.0f} × bare")


def speed(people: int) -> None:
    """Print how long the rulebook takes for so many learners with forty items each."""
    draw = Random(1)
    options = (Option("a", "A", Fraction(1)), *(Option(key, key) for key in "bcd"))
    items = tuple(
        Item(f"i{at}", ItemType.SINGLE, "?", f"o{at % 5}", "because", options=options, band=("easy", "hard")[at % 2])
        for at in range(ITEMS)
    )
    test = Assessment("t", "T", Purpose.POST, items)
    drawn = replace(test, draws=20)
    form = attempts.draw(test, version_id="v", seed=1)
    by_key = {item.key: item for item in items}
    answers = [{item.key: {"choice": draw.choice("aaab")} for item in items} for _ in range(people)]
    print(f"\n{people} learners, {ITEMS} items each (bare: compare letters, sample keys, add up points)")
    timed(
        "grading a form",
        people,
        lambda: [attempts.outcome(form, by_key, one) for one in answers],
        lambda: [sum(given["choice"] == "a" for given in one.values()) for one in answers],
    )
    timed(
        "drawing 20 of 40",
        people,
        lambda: [attempts.draw(drawn, version_id="v", seed=s) for s in range(people)],
        lambda: [Random(s).sample(items, 20) for s in range(people)],
    )
    sittings = [
        Sat(
            {key: float(grading.grade(by_key[key], given).share) for key, given in one.items()},
            dict.fromkeys(one, 1),
            {key: frozenset(given.values()) for key, given in one.items()},
        )
        for one in answers
    ]
    choices = {item.key: tuple(Choice(option.key, option.is_right) for option in item.options) for item in items}
    timed(
        "statistics of the test and its items",
        people,
        lambda: item_statistics.report(sittings, choices),
        lambda: [sum(one.earned[key] for one in sittings) / people for key in by_key],
    )


def main() -> int:
    """All of it; `--quick` with a tenth of the learners."""
    good = fairness()
    good = practice_load.main() and good
    speed(PEOPLE // 10 if "--quick" in sys.argv else PEOPLE)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
