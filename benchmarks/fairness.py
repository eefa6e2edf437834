"""How fair drawn forms are, and how long grading, drawing and statistics take: `python -m benchmarks.fairness`.

The fairness: a learner who would get 70 percent of the whole bank right sits forms of ten out of forty questions, eight
to pass. Forms drawn by lot alone are compared with forms drawn by difficulty band; what differs between forms is luck.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from math import exp
from random import Random

from lms.policy import attempts, forms, grading, item_statistics, practice
from lms.policy.forms import Candidate
from lms.policy.item_statistics import Choice, Sat
from lms.policy.items import Item, ItemType, Option
from lms.policy.outline import Assessment, Purpose
from lms.policy.practice import Due, Entry, Kind, Leitner

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


def schedule() -> bool:
    """Print how many questions a day a learner with forty cards meets over half a year, answering 85 of 100 right."""
    draw, ladder, begun = Random(7), Leitner(), date(2026, 3, 2)
    cards = {f"c{at:02}": practice.begin(ladder, begun, was_right=True) for at in range(40)}
    asked, late = [], 0
    for days in range(1, 181):
        day = begun + timedelta(days=days)
        due = practice.todays(
            [Due(key, card) for key, card in cards.items()], day, answered=0, is_workday=day.weekday() < 5
        )
        late += sum(practice.is_due(card, day) for card in cards.values()) - len(due)
        asked.append(len(due))
        for one in due:
            entry = Entry(Kind.ANSWERED, day, draw.random() < 0.85)
            cards[one.key] = practice.follow(ladder, one.card, entry)
    kept = sum(card.state is practice.CardState.GRADUATED for card in cards.values())
    print(f"\nforty cards in half a year: {sum(asked)} questions, at most {max(asked)} a day, {kept} kept for good")
    return max(asked) <= practice.CAP


def timed(name: str, count: int, act: Callable[[], object]) -> None:
    began = time.perf_counter()
    act()
    spent = time.perf_counter() - began
    print(f"{name:<42}{spent:>8.2f} s{1e6 * spent / count:>10.1f} µs each")


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
    print(f"\n{people} learners, {ITEMS} items each")
    timed("grading a form", people, lambda: [attempts.outcome(form, by_key, one) for one in answers])
    timed("drawing 20 of 40", people, lambda: [attempts.draw(drawn, version_id="v", seed=s) for s in range(people)])
    sittings = [
        Sat(
            {key: float(grading.grade(by_key[key], given).share) for key, given in one.items()},
            dict.fromkeys(one, 1),
            {key: frozenset(given.values()) for key, given in one.items()},
        )
        for one in answers
    ]
    choices = {item.key: tuple(Choice(option.key, option.is_right) for option in item.options) for item in items}
    timed("statistics of the test and its items", people, lambda: item_statistics.report(sittings, choices))


def main() -> int:
    """All of it; `--quick` with a tenth of the learners."""
    good = fairness()
    good = schedule() and good
    speed(PEOPLE // 10 if "--quick" in sys.argv else PEOPLE)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
