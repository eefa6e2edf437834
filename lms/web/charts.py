"""Charts as SVG drawn on the server: title, description, axes with units, and the same data as a table.

No script, no inline style: classes of `app.css` and presentation attributes only. The three origins of a number
(claimed, confirmed, imported) differ in shape as well as color. A missing value is a gap, never a zero; an estimate is
drawn as an interval, never as a bare bar.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from flask import Flask, g, has_app_context
from markupsafe import Markup, escape

from lms.web.chart_table import as_table
from lms.web.chart_values import Band, Bar, Interval, Point, Series, Value, band_words
from lms.web.formats import number

__all__ = [
    "Band",
    "Bar",
    "Interval",
    "Point",
    "Series",
    "Value",
    "bar_chart",
    "chart_with_table",
    "funnel",
    "interval_plot",
    "line_chart",
    "sparkline",
]


NO_KEY = Markup("")
GLYPH = 8.5  # the width of a character of 14 pixels, generously


def _id() -> str:
    """Unique within the page, so that titles are not mixed up between charts."""
    numbers = g.setdefault("chart_numbers", count(1)) if has_app_context() else count(1)
    return f"chart-{next(numbers)}"


def _f(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") or "0"


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`; at least two, even if all values are equal."""
    if high - low <= 1e-9 * max(1.0, abs(low), abs(high)):
        high = low + (abs(low) if abs(low) > 1e-9 else 1.0)
    raw = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * index, 10) for index in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Scale:
    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / ((self.high - self.low) or 1) * (self.end - self.start)


def _known(values: Iterable[Value]) -> list[float]:
    return [float(value) for value in values if value is not None]


def _shape(origin: str, x: float, y: float, said: str) -> Markup:
    """Claimed: hollow circle; confirmed: diamond; imported: square."""
    match origin:
        case "claimed":
            inner = Markup('<circle class="chart-point chart-point-claimed" cx="{}" cy="{}" r="4.5">').format(
                _f(x), _f(y)
            )
            close = Markup("</circle>")
        case "confirmed":
            path = f"M{_f(x)} {_f(y - 5.5)}l5.5 5.5-5.5 5.5-5.5-5.5z"
            inner = Markup('<path class="chart-point chart-point-confirmed" d="{}">').format(path)
            close = Markup("</path>")
        case _:
            inner = Markup('<rect class="chart-point chart-point-imported" x="{}" y="{}" width="7" height="7">').format(
                _f(x - 3.5), _f(y - 3.5)
            )
            close = Markup("</rect>")
    title = Markup("<title>{}</title>").format(said) if said else Markup("")
    return inner + title + close


def _text(x: float, y: float, text: object, anchor: str = "middle", css: str = "") -> Markup:
    named = Markup(' class="{}"').format(css) if css else Markup("")
    return Markup('<text x="{}" y="{}" text-anchor="{}"{}>{}</text>').format(_f(x), _f(y), anchor, named, text)


def _line(x1: float, y1: float, x2: float, y2: float, css: str) -> Markup:
    return Markup('<path class="{}" d="M{} {}L{} {}"/>').format(css, _f(x1), _f(y1), _f(x2), _f(y2))


def _figure(title: str, words: str, width: int, height: int, inside: Markup, key: Markup = NO_KEY) -> Markup:
    name = _id()
    return Markup(
        '<figure class="chart"><figcaption id="{id}-caption">{title}</figcaption>'
        '<svg viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="{role}" aria-labelledby="{id}-title {id}-words">'
        '<title id="{id}-title">{title}</title><desc id="{id}-words">{words}</desc>{inside}</svg>{key}</figure>'
    ).format(
        id=name,
        role="group" if "<a " in inside else "img",
        title=title,
        words=words,
        w=width,
        h=height,
        inside=inside,
        key=key,
    )


def _nothing(title: str, words: str) -> Markup:
    return Markup('<figure class="chart"><figcaption>{}</figcaption><p class="chart-words">{}</p></figure>').format(
        title, words
    )


def line_chart(
    title: str,
    series: Sequence[Series],
    *,
    unit: str = "",
    band: Band | None = None,
    from_zero: bool = True,
    width: int = 440,
    height: int = 250,
) -> Markup:
    """Lines over the labels of the points (all series share the labels of the longest one)."""
    labels = _labels(series)
    values = _known(point.value for one in series for point in one.points)
    if not values:
        return _nothing(title, "No data yet. The chart appears with the first number.")
    edges = _known([band.low, band.high]) if band else []
    marks = ticks(min([*values, *edges, 0] if from_zero else [*values, *edges]), max([*values, *edges]))
    left = 14 + GLYPH * max(len(number(_plain(mark))) for mark in marks)
    longest = max(map(len, labels))
    # Half a label stands out beyond the last point.
    across = Scale(0, max(len(labels) - 1, 1), left + 14, width - max(16, longest * GLYPH / 2))
    up = Scale(marks[0], marks[-1], height - 34, 26)
    parts: list[Markup] = []
    if band and edges:
        top = up.at(min(float(band.high), marks[-1])) if band.high is not None else up.end
        bottom = up.at(max(float(band.low), marks[0])) if band.low is not None else up.start
        parts.append(
            Markup('<rect class="chart-band" x="{}" y="{}" width="{}" height="{}"/>').format(
                _f(left), _f(top), _f(width - 8 - left), _f(max(bottom - top, 1.5))
            )
        )
    for mark in marks:
        parts.append(
            _line(left, up.at(mark), width - 8, up.at(mark), "chart-axis" if mark == marks[0] else "chart-rule")
        )
        parts.append(_text(left - 6, up.at(mark) + 4, number(_plain(mark)), "end"))
    parts.append(_text(0, 13, unit, "start"))
    place = {
        label: (across.at(index) if len(labels) > 1 else (left + width - 8) / 2) for index, label in enumerate(labels)
    }
    for index in _spread(len(labels), int((across.end - across.start) / (longest * GLYPH + 16)) + 1):
        parts.append(_text(place[labels[index]], height - 12, labels[index]))
    for one in series:
        parts.extend(_drawn(one, place, up, unit))
    words = "; ".join(filter(None, [_series_words(series, unit), band_words(band, unit)])) + "."
    return _figure(
        title, words[:1].upper() + words[1:], width, height, Markup("").join(parts), _key(series, band, unit)
    )


def _drawn(one: Series, place: dict[str, float], up: Scale, unit: str) -> Iterable[Markup]:
    """The line, broken where a value is missing, and its points."""
    runs: list[list[tuple[float, float]]] = [[]]
    shapes = []
    for point in one.points:
        if point.value is None:
            runs.append([])
            continue
        x, y = place[point.label], up.at(float(point.value))
        runs[-1].append((x, y))
        said = f"{one.name}, {point.label}: {number(point.value)} {unit}".strip() + (
            f" ({point.note})" if point.note else ""
        )
        shapes.append(_shape(one.origin, x, y, said))
    for run in runs:
        if len(run) > 1:
            path = "M" + "L".join(f"{_f(x)} {_f(y)}" for x, y in run)
            yield Markup('<path class="chart-line chart-line-{}" d="{}"/>').format(one.origin, path)
    # A year of weeks needs no 52 marks: only the ends, or what stands alone between gaps.
    yield from shapes if len(shapes) <= 30 else [shapes[0], shapes[-1]]


def _labels(series: Sequence[Series]) -> list[str]:
    return list(
        dict.fromkeys(point.label for one in sorted(series, key=lambda one: -len(one.points)) for point in one.points)
    )


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _spread(length: int, most: int) -> list[int]:
    """Indexes of labels that fit, evenly apart; the last one, which people look for, is always among them."""
    step = math.ceil(length / max(most, 1))
    return sorted(range(length - 1, -1, -step))


def _series_words(series: Sequence[Series], unit: str) -> str:
    said = []
    for one in series:
        known = [point for point in one.points if point.value is not None]
        if not known:
            said.append(f"{one.name}: no data yet")
            continue
        last = known[-1]
        words = f"{one.name}: {number(last.value)} {unit}".strip() + f" in {last.label}"
        if len(known) > 1:
            low = min(known, key=lambda point: float(point.value or 0))
            high = max(known, key=lambda point: float(point.value or 0))
            words += f", between {number(low.value)} and {number(high.value)} over {len(known)} points"
        if len(known) < len(one.points):
            words += f", {len(one.points) - len(known)} missing"
        said.append(words)
    return "; ".join(said)


def _key(series: Sequence[Series], band: Band | None, unit: str) -> Markup:
    items = [
        Markup(
            '<li><svg viewBox="0 0 24 16" aria-hidden="true" focusable="false">'
            '<path class="chart-line chart-line-{}" d="M0 8h24"/>{}</svg>{}</li>'
        ).format(one.origin, _shape(one.origin, 12, 8, ""), one.name)
        for one in series
    ]
    if words := band_words(band, unit):
        items.append(
            Markup(
                '<li><svg viewBox="0 0 24 16" aria-hidden="true" focusable="false">'
                '<rect class="chart-band" x="1" y="2" width="22" height="12"/></svg>{}</li>'
            ).format(words[:1].upper() + words[1:])
        )
    return Markup('<ul class="chart-key" aria-hidden="true">{}</ul>').format(Markup("").join(items))


def sparkline(points: Sequence[Point], *, name: str, unit: str = "", band: Band | None = None) -> Markup:
    """A word-sized line with its target band; said in words for those who do not see it."""
    values = _known(point.value for point in points)
    if not values:
        return Markup('<span class="muted">no data yet</span>')
    edges = _known([band.low, band.high]) if band else []
    low, high = min([*values, *edges]), max([*values, *edges])
    if low == high:
        low, high = low - 1, high + 1
    across, up = Scale(0, max(len(points) - 1, 1), 4, 116), Scale(low, high, 27, 5)
    parts = []
    if band and edges:
        top = up.at(float(band.high)) if band.high is not None else 2
        bottom = up.at(float(band.low)) if band.low is not None else 30
        parts.append(
            Markup('<rect class="chart-band" x="0" y="{}" width="120" height="{}"/>').format(
                _f(top), _f(max(bottom - top, 1.5))
            )
        )
    place = {index: across.at(index) if len(points) > 1 else 60 for index in range(len(points))}
    run: list[str] = []
    last = (0.0, 0.0)
    for index, point in enumerate([*points, Point("", None)]):
        if point.value is not None:
            last = (place[index], up.at(float(point.value)))
            run.append(f"{_f(last[0])} {_f(last[1])}")
            continue
        if len(run) > 1:
            parts.append(Markup('<path class="chart-line" d="M{}"/>').format("L".join(run)))
        run = []
    parts.append(
        Markup('<circle class="chart-point chart-point-imported" cx="{}" cy="{}" r="2"/>').format(
            _f(last[0]), _f(last[1])
        )
    )
    said = _series_words([Series(name, points)], unit)
    if words := band_words(band, unit):
        said += f"; {words}"
    return Markup('<svg class="spark" viewBox="0 0 120 32" role="img" aria-label="{}">{}</svg>').format(
        said, Markup("").join(parts)
    )


def bar_chart(title: str, bars: Sequence[Bar], *, unit: str = "", whole: Value = None) -> Markup:
    """Horizontal bars with their numbers written out. `whole`: what a full bar is; default, the largest."""
    known = _known([bar.value for bar in bars] + [bar.of for bar in bars])
    if not known:
        return _nothing(title, "No data yet.")
    most = float(whole) if whole else max(known) or 1
    width, row, right = 440, 48, 92
    parts = []
    for index, bar in enumerate(bars):
        y = index * row
        label = _text(0, y + 14, bar.label, "start", "chart-label")
        parts.append(Markup('<a href="{}">{}</a>').format(bar.href, label) if bar.href else label)
        full = width - right
        if bar.of is not None:
            parts.append(_bar(full * float(bar.of) / most, y + 20, "chart-bar-rest"))
        if bar.value is not None:
            parts.append(_bar(full * max(float(bar.value), 0) / most, y + 20, "chart-bar"))
        said = (
            "no data yet"
            if bar.value is None
            else number(bar.value) + (f" of {number(bar.of)}" if bar.of is not None else "")
        )
        end = full * float(bar.of if bar.of is not None else bar.value or 0) / most
        parts.append(_text(end + 8, y + 33, said, "start", "chart-label"))
    words = "; ".join(
        f"{bar.label}: {'no data yet' if bar.value is None else number(bar.value)}"
        + (f" of {number(bar.of)}" if bar.of is not None else "")
        for bar in bars
    )
    return _figure(title, f"{words}{f' ({unit})' if unit else ''}.", width, len(bars) * row + 4, Markup("").join(parts))


def funnel(title: str, bars: Sequence[Bar], *, unit: str = "") -> Markup:
    """Stages one after another; each bar is a share of the first stage, so the first tells the whole."""
    first = next((bar.value for bar in bars if bar.value is not None), None)
    shaped = [Bar(bar.label, bar.value, first, bar.note, bar.href) for bar in bars]
    return bar_chart(title, shaped, unit=unit, whole=first)


def _bar(length: float, y: float, css: str) -> Markup:
    return Markup('<rect class="{}" x="0" y="{}" width="{}" height="18" rx="2"/>').format(
        css, _f(y), _f(max(length, 1))
    )


def interval_plot(
    title: str, intervals: Sequence[Interval], *, unit: str = "", zero: Value = None, level: str = "95%"
) -> Markup:
    """Estimates with their intervals on one axis; `zero` draws the line of "no difference"."""
    values = _known(v for one in intervals for v in (one.low, one.estimate, one.high))
    if not values:
        return _nothing(title, "Cannot tell yet: there is not enough data for an estimate.")
    edges = _known([zero])
    marks = ticks(min(values + edges), max(values + edges))
    width, row = 440, 48
    height = len(intervals) * row + 34
    across = Scale(marks[0], marks[-1], 16, width - 24)
    parts = []
    for mark in marks:
        parts.append(_line(across.at(mark), 0, across.at(mark), height - 30, "chart-rule"))
        parts.append(_text(across.at(mark), height - 14, number(_plain(mark)), "middle"))
    if zero is not None:
        parts.append(_line(across.at(float(zero)), 0, across.at(float(zero)), height - 30, "chart-zero"))
    said = []
    for index, one in enumerate(intervals):
        y = index * row
        parts.append(_text(0, y + 14, one.label, "start", "chart-label"))
        if one.estimate is None or one.low is None or one.high is None:
            parts.append(_text(across.start, y + 33, "cannot tell yet", "start"))
            said.append(f"{one.label}: cannot tell yet")
            continue
        x = across.at(float(one.estimate))
        parts.append(_line(across.at(float(one.low)), y + 28, across.at(float(one.high)), y + 28, "chart-interval"))
        parts.append(Markup('<circle class="chart-estimate" cx="{}" cy="{}" r="6"/>').format(_f(x), _f(y + 28)))
        said.append(f"{one.label}: {number(one.estimate)} (from {number(one.low)} to {number(one.high)})")
    if unit:
        parts.append(_text(width - 8, height - 0.5, unit, "end"))
    return _figure(
        title, f"{'; '.join(said)}. The lines are {level} intervals.", width, height + 4, Markup("").join(parts)
    )


def chart_with_table(
    chart: Markup, rows: Sequence[object], *, unit: str = "", caption: str = "The same data as a table"
) -> Markup:
    """The chart and, folded away, its data as a table. `rows`: the series, bars or intervals it was drawn from."""
    return Markup(
        '<div class="chart-and-table">{}<details class="more"><summary>{}</summary>{}</details></div>'
    ).format(chart, escape(caption), as_table(rows, unit=unit, caption=caption))


def init_app(app: Flask) -> None:
    for one in (line_chart, sparkline, bar_chart, funnel, interval_plot, chart_with_table):
        app.add_template_global(one)
    for kind in (Point, Series, Band, Bar, Interval):
        app.add_template_global(kind, f"chart_{kind.__name__.lower()}")
