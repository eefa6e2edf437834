"""What first attempts say about the questions themselves, and from how many people on it may be said.

Only first, complete attempts of one assessment kind go in, one version of each item: whoever asks sees to that.
Nothing here withdraws an item; a flag asks a person to look.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from statistics import median

from lms.policy import intervals
from lms.policy.intervals import Interval

# From how many first attempts on something is shown (measurement rules 2.3).
FROM_DIFFICULTY = 20
FROM_WRONG_KEY = 30
FROM_DISCRIMINATION = 50
FROM_ALPHA = 50
FROM_TAILS = 100  # below it the best and the worst half are compared, not the outer 27 %
FEWEST_ITEMS_FOR_ALPHA = 8

TAIL = 0.27
LOOK_BELOW = 0.15
DEAD_BELOW = 0.05


class Flag(StrEnum):
    """Why somebody should look at an item."""

    WEAK = "weak"  # it hardly tells those who know from those who do not
    WRONG_KEY = "wrong_key"
    DEAD_OPTION = "dead_option"
    SECOND_KEY = "second_key"  # a wrong option that good people choose


@dataclass(frozen=True, slots=True)
class Sat:
    """One person's first attempt: points earned and possible by item, what was chosen, and how long it took."""

    earned: Mapping[str, float]
    possible: Mapping[str, float]
    chosen: Mapping[str, frozenset[str]]
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of an item, as the bank holds it."""

    key: str
    is_right: bool


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """How often an option was chosen. `top`, `bottom`: among those who did best and worst on everything else."""

    key: str
    is_right: bool
    count: int
    share: float | None
    top: float | None
    bottom: float | None
    rest_r: float | None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item. A figure is None while too few people have met the item; `n` is always told.

    `exposure`: the share of the attempts that had this item on their form.
    """

    key: str
    n: int
    exposure: float
    difficulty: float | None
    difficulty_error: float | None
    r: float | None
    r_interval: Interval | None
    choices: tuple[ChoiceRow, ...]
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Reliability:
    """`alpha` and `sem` are None while they may not be shown; `reason` says why (a code)."""

    n: int
    items: int
    mean: float | None
    deviation: float | None
    alpha: float | None
    sem: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    n: int
    items: tuple[ItemRow, ...]
    reliability: Reliability
    median_seconds: float | None


def report(sittings: Sequence[Sat], items: Mapping[str, Sequence[Choice]]) -> Report:
    """Everything about a set of first attempts; `items` by key in the order of the page, with their options."""
    rests = [Rest(one) for one in sittings]
    rows = tuple(_item_row(key, choices, sittings, rests) for key, choices in items.items())
    seconds = [one.seconds for one in sittings if one.seconds > 0]
    return Report(len(sittings), rows, reliability(sittings), median(seconds) if seconds else None)


def reliability(sittings: Sequence[Sat]) -> Reliability:
    """Cronbach's alpha where everybody had the same items; drawn forms have none of their own."""
    n = len(sittings)
    same = {frozenset(one.possible) for one in sittings}
    keys = sorted(next(iter(same))) if len(same) == 1 else []
    totals = [sum(one.earned.values()) for one in sittings]
    mean, deviation = (sum(totals) / n if n else None), sample_deviation(totals)
    reason = ""
    if len(same) > 1:
        reason = "forms_differ"
    elif n < FROM_ALPHA:
        reason = "too_few_people"
    elif len(keys) < FEWEST_ITEMS_FOR_ALPHA:
        reason = "too_few_items"
    value = None if reason else alpha([[one.earned[key] for key in keys] for one in sittings])
    sem = None if value is None or deviation is None else deviation * sqrt(max(0.0, 1 - value))
    if len(same) > 1:
        mean = deviation = None
    return Reliability(n, len(keys), mean, deviation, value, sem, reason)


def alpha(rows: Sequence[Sequence[float]]) -> float | None:
    """k/(k−1)·(1 − Σ var(item)/var(total)); None where it does not exist."""
    k = len(rows[0]) if rows else 0
    whole = _variance([sum(row) for row in rows])
    if k < 2 or not whole:
        return None
    parts = sum(_variance([row[at] for row in rows]) for at in range(k))
    return k / (k - 1) * (1 - parts / whole)


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Pearson's r; None while one of the two does not vary."""
    n = len(xs)
    if n < 2:
        return None
    mean_x, mean_y = sum(xs) / n, sum(ys) / n
    dx, dy = [x - mean_x for x in xs], [y - mean_y for y in ys]
    spread = sum(x * x for x in dx) * sum(y * y for y in dy)
    if spread <= 1e-24:
        return None
    return max(-1.0, min(1.0, sum(x * y for x, y in zip(dx, dy, strict=True)) / sqrt(spread)))


def sample_deviation(values: Sequence[float]) -> float | None:
    return sqrt(_variance(values)) if len(values) > 1 else None


def _variance(values: Sequence[float]) -> float:
    n = len(values)
    if n < 2:
        return 0.0
    mean = sum(values) / n
    return sum((value - mean) ** 2 for value in values) / (n - 1)


class Rest:
    """A person's share of the points on everything but one item: comparable between drawn forms."""

    def __init__(self, sitting: Sat) -> None:
        self._sitting = sitting
        self._earned = sum(sitting.earned.values())
        self._possible = sum(sitting.possible.values())

    def without(self, key: str) -> float | None:
        possible = self._possible - self._sitting.possible[key]
        return (self._earned - self._sitting.earned[key]) / possible if possible else None


def _item_row(key: str, choices: Sequence[Choice], sittings: Sequence[Sat], rests: Sequence[Rest]) -> ItemRow:
    met = [(one, rest) for one, rest in zip(sittings, rests, strict=True) if key in one.possible]
    n = len(met)
    shares = [one.earned[key] / one.possible[key] for one, _ in met]
    compared = [
        (share, left, one)
        for share, (one, rest) in zip(shares, met, strict=True)
        if (left := rest.without(key)) is not None
    ]
    r = correlation([share for share, _, _ in compared], [left for _, left, _ in compared])
    p = sum(shares) / n if n else 0.0
    table = _choice_table(key, choices, met, compared)
    flags = _flags(n, r, table)
    shows_p, shows_r = n >= FROM_DIFFICULTY, n >= FROM_DISCRIMINATION
    return ItemRow(
        key=key,
        n=n,
        exposure=n / len(sittings) if sittings else 0.0,
        difficulty=p if shows_p else None,
        difficulty_error=sqrt(max(0.0, p * (1 - p)) / n) if shows_p else None,
        r=r if shows_r else None,
        r_interval=intervals.of_correlation(r, len(compared)) if shows_r and r is not None else None,
        choices=table,
        flags=flags,
    )


def _choice_table(
    key: str,
    choices: Sequence[Choice],
    met: Sequence[tuple[Sat, Rest]],
    compared: Sequence[tuple[float, float, Sat]],
) -> tuple[ChoiceRow, ...]:
    n = len(met)
    shows_share, shows_r = n >= FROM_DIFFICULTY, n >= FROM_DISCRIMINATION
    scores = [left for _, left, _ in compared]
    top, bottom = groups(scores) if shows_share else ((), ())
    rows = []
    for choice in choices:
        count = sum(choice.key in one.chosen.get(key, ()) for one, _ in met)
        was_chosen = [float(choice.key in one.chosen.get(key, ())) for _, _, one in compared]
        rest_r = correlation(was_chosen, scores) if shows_r else None
        share = count / n if shows_share else None
        flags = []
        if not choice.is_right and share is not None and share < DEAD_BELOW:
            flags.append(Flag.DEAD_OPTION)
        if not choice.is_right and rest_r is not None and rest_r > 0 and Flag.DEAD_OPTION not in flags:
            flags.append(Flag.SECOND_KEY)
        rows.append(
            ChoiceRow(
                choice.key,
                choice.is_right,
                count,
                share,
                _weighted(was_chosen, top),
                _weighted(was_chosen, bottom),
                rest_r,
                tuple(flags),
            )
        )
    return tuple(rows)


def groups(scores: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """(top, bottom): how much each person belongs to the best and to the worst group.

    Outer 27 %, or halves below a hundred people. People with the same score at the edge share the places that are
    left, so that the order of the rows does not matter.
    """
    size = len(scores) * (TAIL if len(scores) >= FROM_TAILS else 0.5)
    return _lowest([-score for score in scores], size), _lowest(scores, size)


def _lowest(scores: Sequence[float], size: float) -> list[float]:
    tied: dict[float, list[int]] = {}
    for at, score in enumerate(scores):
        tied.setdefault(score, []).append(at)
    weights, left = [0.0] * len(scores), size
    for score in sorted(tied):
        if left <= 0:
            break
        each = min(1.0, left / len(tied[score]))
        for at in tied[score]:
            weights[at] = each
        left -= len(tied[score])
    return weights


def _weighted(values: Sequence[float], weights: Sequence[float]) -> float | None:
    whole = sum(weights)
    return sum(v * w for v, w in zip(values, weights, strict=True)) / whole if whole else None


def _flags(n: int, r: float | None, table: Iterable[ChoiceRow]) -> tuple[Flag, ...]:
    rows = tuple(table)
    flags = []
    if n >= FROM_WRONG_KEY and r is not None and r < 0 and any(_is_shunned(row) for row in rows):
        flags.append(Flag.WRONG_KEY)
    if n >= FROM_DISCRIMINATION and r is not None and r < LOOK_BELOW:
        flags.append(Flag.WEAK)
    flags += dict.fromkeys(flag for row in rows for flag in row.flags)
    return tuple(flags)


def _is_shunned(row: ChoiceRow) -> bool:
    """A right option that the best choose less often than the worst."""
    return row.is_right and row.top is not None and row.bottom is not None and row.top < row.bottom
