"""Panels as charts: the three origins differ in shape and name, the band is that of the target in force."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from lms.performance import numbers
from lms.performance.numbers import Panel, TeamLine
from lms.performance.queries import MetricRow, TargetRow
from lms.web.chart_values import Band, Point, Series
from lms.web.charts import chart_with_table, line_chart, sparkline
from lms.web.formats import plural


def label(week: date) -> str:
    return f"{week:%b} {week.day}"


def chart(panel: Panel, *, rep: str, source: str) -> Markup:
    """The chart of one metric with its data folded away below; `rep` and `source` name the parties."""
    series = _series(panel, rep, source)
    drawn = line_chart(
        f"{panel.metric.unit[:1].upper()}{panel.metric.unit[1:]} by week",
        series,
        unit=panel.metric.unit,
        band=_band(panel.target, panel.metric),
    )
    return chart_with_table(drawn, series, unit=panel.metric.unit, caption=f"{panel.metric.name} as a table")


def spark(panel: Panel) -> Markup:
    """A word-sized line of the imported weeks; of the confirmed ones where nothing was imported."""
    is_imported = panel.has_imported
    points = [Point(label(week.starts_on), week.imported if is_imported else _or_claimed(week)) for week in panel.weeks]
    return sparkline(points, name=panel.metric.name, unit=panel.metric.unit, band=_band(panel.target, panel.metric))


def team_spark(line: TeamLine, metric: MetricRow) -> Markup:
    points = [Point(label(week), value) for week, value in line.by_week]
    return sparkline(points, name=f"{metric.name} of {line.person.name}", band=_band(line.target, metric))


def _or_claimed(week: numbers.Week) -> int | None:
    return week.confirmed if week.confirmed is not None else week.claimed


def _series(panel: Panel, rep: str, source: str) -> Sequence[Series]:
    """An origin without a number is left out, so that the key names only what is drawn.

    Confirmed last: where it equals what was reported, its mark lies on the other and both are seen.
    """
    names = " and ".join(name.split()[0] for name in panel.confirmed_by)
    found = []
    if panel.has_imported or not panel.has_claimed:
        points = [
            Point(label(week.starts_on), week.imported, _not_full(week) if week.imported is not None else "")
            for week in panel.weeks
        ]
        found.append(Series(f"{source} says", points, "imported"))
    if panel.has_claimed:
        points = [Point(label(week.starts_on), week.claimed, _days(week)) for week in panel.weeks]
        short = any(0 < week.field_days < numbers.DAYS for week in panel.weeks)
        found.append(Series(f"{rep} reported{', days of the exercise only' if short else ''}", points, "claimed"))
    if panel.has_confirmed:
        points = [Point(label(week.starts_on), week.confirmed) for week in panel.weeks]
        found.append(Series(f"{names} confirmed", points, "confirmed"))
    return found


def _not_full(week: numbers.Week) -> str:
    if week.is_running:
        return "week still running"
    return "first week, begun after its Monday" if week.is_first else ""


def _days(week: numbers.Week) -> str:
    """An exercise is rarely a week: its number must not be read against a week's target."""
    if week.claimed is None or week.field_days == numbers.DAYS:
        return ""
    return f"exercise of {plural(week.field_days, 'day')}"


def _band(target: TargetRow | None, metric: MetricRow) -> Band | None:
    if target is None:
        return None
    low, high = numbers.band(target, metric.direction)
    return Band(low, high)
