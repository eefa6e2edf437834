"""The figures of tests as charts: only what may be shown, every estimate with its interval."""

from collections.abc import Sequence

from markupsafe import Markup

from lms.assessment.statistics import ItemLineRow
from lms.policy.gain import Gain
from lms.policy.item_statistics import LOOK_BELOW
from lms.web.chart_values import Bar, Interval
from lms.web.charts import bar_chart, chart_with_table, interval_plot


def _label(row: ItemLineRow) -> str:
    return row.key if row.version == 1 else f"{row.key}, version {row.version}"


def difficulty(rows: Sequence[ItemLineRow]) -> Markup | None:
    """None while no item has been met by enough people."""
    bars = [
        Bar(_label(row), round(100 * row.figures.difficulty, 1), of=100, note=f"{row.figures.n} people")
        for row in rows
        if row.figures.difficulty is not None
    ]
    if not bars:
        return None
    drawn = bar_chart("Points earned of those possible, by question", bars, unit="%", whole=100)
    return chart_with_table(drawn, bars, unit="%", caption="Difficulty as a table")


def discrimination(rows: Sequence[ItemLineRow]) -> Markup | None:
    """None while no item has been met by enough people."""
    intervals = [
        Interval(
            _label(row),
            round(row.figures.r_interval.low, 2),
            round(row.figures.r, 2),
            round(row.figures.r_interval.high, 2),
            note=f"{row.figures.n} people",
        )
        for row in rows
        if row.figures.r is not None and row.figures.r_interval is not None
    ]
    if not intervals:
        return None
    drawn = interval_plot("How each question goes with the rest of the test", intervals, zero=LOOK_BELOW)
    return chart_with_table(drawn, intervals, caption="Discrimination as a table")


def gain(found: Gain) -> Markup | None:
    if found.mean is None or found.interval is None:
        return None
    said = [
        Interval(
            "From pre-test to post-test",
            round(100 * found.interval.low, 1),
            round(100 * found.mean, 1),
            round(100 * found.interval.high, 1),
            note=f"{found.n} people",
        )
    ]
    drawn = interval_plot("Mean gain in percentage points", said, unit="points", zero=0)
    return chart_with_table(drawn, said, unit="points", caption="The gain as a table")
