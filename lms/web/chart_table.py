"""The data of a chart as a table: what a screen reader, a spreadsheet and a doubter need."""

from collections.abc import Sequence

from markupsafe import Markup

from lms.web.chart_values import Bar, Interval, Series, Value
from lms.web.formats import number


def _cell(value: Value) -> Markup:
    if value is None:
        return Markup('<td class="num"><span class="none">no data</span></td>')
    return Markup('<td class="num">{}</td>').format(number(value))


def _row(label: str, *cells: Markup) -> Markup:
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(label, Markup("").join(cells))


def _note(text: str) -> Markup:
    return Markup("<td>{}</td>").format(text)


def _table(caption: str, heads: Sequence[tuple[str, bool]], rows: Sequence[Markup]) -> Markup:
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(Markup(' class="num"') if is_number else "", text)
        for text, is_number in heads
    )
    return Markup(
        '<div class="scroll" role="group" tabindex="0" aria-label="{caption}"><table class="table">'
        '<caption class="visually-hidden">{caption}</caption>'
        "<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    ).format(caption=caption, head=head, rows=Markup("").join(rows))


def as_table(rows: Sequence[object], *, caption: str, unit: str = "") -> Markup:
    """`rows`: all Series, all Bars or all Intervals."""
    measured = f" ({unit})" if unit else ""
    series = [one for one in rows if isinstance(one, Series)]
    if series:
        labels = list(
            dict.fromkeys(p.label for one in sorted(series, key=lambda s: -len(s.points)) for p in one.points)
        )
        found = [{point.label: point for point in one.points} for one in series]
        noted = any(point.note for one in series for point in one.points)
        lines = []
        for label in labels:
            points = [known.get(label) for known in found]
            cells = [_cell(point.value if point else None) for point in points]
            if noted:
                cells.append(_note("; ".join(point.note for point in points if point and point.note)))
            lines.append(_row(label, *cells))
        heads = [("Period", False), *((one.name + measured, True) for one in series)]
        return _table(caption, [*heads, ("Note", False)] if noted else heads, lines)
    bars = [one for one in rows if isinstance(one, Bar)]
    if bars:
        whole, noted = any(bar.of is not None for bar in bars), any(bar.note for bar in bars)
        heads = [("What", False), ("Number" + measured, True)]
        heads += [("Of", True)] if whole else []
        heads += [("Note", False)] if noted else []
        lines = [
            _row(
                bar.label, _cell(bar.value), *([_cell(bar.of)] if whole else []), *([_note(bar.note)] if noted else [])
            )
            for bar in bars
        ]
        return _table(caption, heads, lines)
    intervals = [one for one in rows if isinstance(one, Interval)]
    noted = any(one.note for one in intervals)
    heads = [("What", False), ("From" + measured, True), ("Estimate", True), ("To", True)]
    lines = [
        _row(one.label, _cell(one.low), _cell(one.estimate), _cell(one.high), *([_note(one.note)] if noted else []))
        for one in intervals
    ]
    return _table(caption, [*heads, ("Note", False)] if noted else heads, lines)
