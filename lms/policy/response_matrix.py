"""Figures of a table of responses that came from elsewhere: every figure told, and which of them may be relied on.

The same formulas as `item_statistics`, without holding anything back: whoever brings a published set of answers wants
to compare. A cell without a response is not an answer; the person did not meet that question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from lms.policy import intervals, item_statistics
from lms.policy.intervals import Interval
from lms.policy.item_statistics import (
    FEWEST_ITEMS_FOR_ALPHA,
    FROM_ALPHA,
    FROM_DIFFICULTY,
    FROM_DISCRIMINATION,
    Choice,
    ChoiceRow,
    Flag,
    Rest,
    Sat,
)


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """One question. `r` is against everything else, `r_total` against everything; None where a figure does not exist.

    `choices` and `flags` are those of the pages, so they keep silent while too few people have met the question.
    """

    key: str
    n: int
    most: float
    mean: float | None
    deviation: float | None
    difficulty: float | None
    difficulty_error: float | None
    r: float | None
    r_interval: Interval | None
    r_total: float | None
    alpha_without: float | None
    is_difficulty_shown: bool
    is_r_shown: bool
    choices: tuple[ChoiceRow, ...]
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """The whole. Mean, deviation, alpha and SEM are those of the `complete` people: who met every question."""

    n: int
    complete: int
    items: tuple[ItemFigures, ...]
    mean: float | None
    deviation: float | None
    alpha: float | None
    sem: float | None
    is_alpha_shown: bool


def figures(sittings: Sequence[Sat], items: Mapping[str, Sequence[Choice]], most: Mapping[str, float]) -> Figures:
    """`most` is what each question can earn at best; `items` has the options of those that were chosen from."""
    keys = tuple(items)
    whole = [[one.earned[key] for key in keys] for one in sittings if all(key in one.earned for key in keys)]
    report = {row.key: row for row in item_statistics.report(sittings, items).items}
    totals = [sum(row) for row in whole]
    alpha = item_statistics.alpha(whole)
    deviation = item_statistics.sample_deviation(totals)
    rows = []
    for at, key in enumerate(keys):
        without = [row[:at] + row[at + 1 :] for row in whole]
        shown = report[key]
        rows.append(_item(key, sittings, most[key], item_statistics.alpha(without), shown.choices, shown.flags))
    return Figures(
        n=len(sittings),
        complete=len(whole),
        items=tuple(rows),
        mean=sum(totals) / len(totals) if totals else None,
        deviation=deviation,
        alpha=alpha,
        sem=None if alpha is None or deviation is None else deviation * sqrt(max(0.0, 1 - alpha)),
        is_alpha_shown=len(whole) >= FROM_ALPHA and len(keys) >= FEWEST_ITEMS_FOR_ALPHA,
    )


def _item(
    key: str,
    sittings: Sequence[Sat],
    most: float,
    alpha_without: float | None,
    choices: tuple[ChoiceRow, ...],
    flags: tuple[Flag, ...],
) -> ItemFigures:
    met = [one for one in sittings if key in one.earned]
    n = len(met)
    points = [one.earned[key] for one in met]
    mean = sum(points) / n if n else None
    difficulty = None if mean is None else mean / most
    spread = None if difficulty is None else difficulty * (1 - difficulty)
    compared = [(one.earned[key], rest) for one in met if (rest := Rest(one).without(key)) is not None]
    r = item_statistics.correlation([point for point, _ in compared], [rest for _, rest in compared])
    totals = [sum(one.earned.values()) / sum(one.possible.values()) for one in met]
    return ItemFigures(
        key=key,
        n=n,
        most=most,
        mean=mean,
        deviation=item_statistics.sample_deviation(points),
        difficulty=difficulty,
        difficulty_error=None if spread is None or spread < 0 else sqrt(spread / n),
        r=r,
        r_interval=None if r is None else intervals.of_correlation(r, len(compared)),
        r_total=item_statistics.correlation(points, totals),
        alpha_without=alpha_without,
        is_difficulty_shown=n >= FROM_DIFFICULTY,
        is_r_shown=n >= FROM_DISCRIMINATION,
        choices=choices,
        flags=flags,
    )
