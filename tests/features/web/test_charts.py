"""Charts: well-formed, said in words, honest about gaps; sensible for 0, 1, many and equal values."""

from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.web import charts
from lms.web.charts import Band, Bar, Interval, Point, Series, bar_chart, chart_with_table, line_chart


def tree(markup):
    return ElementTree.fromstring(f"<root>{markup}</root>")  # noqa: S314 -- our own output


def series(*values, origin="imported", name="Calls"):
    return Series(name, [Point(f"w{n}", value) for n, value in enumerate(values)], origin)


def lines(markup):
    return [path.get("d") for path in tree(markup).iter("path") if "chart-line-" in (path.get("class") or "")]


def drawn(markup):
    """The lines in the drawing, without the key below it."""
    return [d for d in lines(markup) if d != "M0 8h24"]


def test_no_data_says_so_and_draws_nothing():
    for empty in (
        line_chart("Calls", []),
        line_chart("Calls", [series(None, None)]),
        bar_chart("B", []),
        charts.funnel("F", []),
    ):
        assert "<svg" not in empty
        assert "No data yet" in empty
    assert "Cannot tell yet" in charts.interval_plot("I", [Interval("a", None, None, None)])


def test_one_point_is_a_point_without_a_line():
    chart = line_chart("Calls", [series(7, origin="confirmed")])
    assert drawn(chart) == []
    assert "Calls, w0: 7" in chart


def test_a_missing_value_breaks_the_line():
    chart = line_chart("Calls", [series(1, 2, None, 3, 4)])
    assert len(drawn(chart)) == 2
    assert "1 missing" in chart


def test_origins_differ_in_shape():
    def shape(origin):
        points = tree(line_chart("x", [series(1, 2, origin=origin)])).iter()
        return next(one.tag for one in points if "chart-point-" in (one.get("class") or ""))

    found = {origin: shape(origin) for origin in ("claimed", "confirmed", "imported")}
    assert found == {"claimed": "circle", "confirmed": "path", "imported": "rect"}


def test_the_words_say_what_the_lines_show():
    chart = line_chart("Calls a week", [series(3, 9, 5)], unit="calls", band=Band(4, 8))
    words = tree(chart).find(".//desc").text
    assert words == "Calls: 5 calls in w2, between 3 and 9 over 3 points; target: 4 to 8 calls."
    assert tree(chart).find(".//title").text == "Calls a week"


@pytest.mark.parametrize("value", [0, 5, -3, Decimal("0.001"), 10**9])
def test_equal_values_still_have_an_axis(value):
    chart = line_chart("Calls", [series(value, value, value)])
    assert "nan" not in chart
    assert "inf" not in chart
    assert len(drawn(chart)) == 1


def test_names_are_escaped():
    chart = line_chart("<script>", [Series("<b>", [Point("<i>", 1), Point("&", 2)])], unit="<u>")
    assert "<script>" not in chart
    tree(chart)


def test_no_inline_style_and_unique_ids(app):
    with app.app_context():
        both = line_chart("A", [series(1, 2)]) + line_chart("B", [series(1, 2)])
    assert "style=" not in both
    ids = [element.get("id") for element in tree(both).iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_funnel_bars_are_shares_of_the_first():
    chart = charts.funnel("From assigned", [Bar("Assigned", 30), Bar("Approved", 15), Bar("Moved", None)])
    widths = [float(r.get("width")) for r in tree(chart).iter("rect") if r.get("class") == "chart-bar"]
    assert widths[1] * 2 == pytest.approx(widths[0], abs=0.1)
    assert len(widths) == 2
    assert "Moved: no data yet" in chart


def test_an_interval_that_cannot_be_told_is_said():
    chart = charts.interval_plot("Effect", [Interval("West", -1, 2, 5), Interval("East", None, None, None)], zero=0)
    assert "West: 2 (from −1 to 5)" in chart
    assert "East: cannot tell yet" in chart


def test_the_table_holds_every_value_of_the_chart():
    drawn_from = [series(1, None, 3, name="Imported"), series(1, 2, origin="claimed", name="Reported")]
    table = chart_with_table(line_chart("Calls", drawn_from), drawn_from, unit="calls")
    rows = [[cell.text or cell[0].text for cell in row] for row in tree(table).iter("tr")]
    assert rows == [
        ["Period", "Imported (calls)", "Reported (calls)"],
        ["w0", "1", "1"],
        ["w1", "no data", "2"],
        ["w2", "3", "no data"],
    ]
    bars = [Bar("A", 3, of=4, note="one left")]
    assert "one left" in chart_with_table(bar_chart("B", bars), bars)


def test_the_last_label_is_always_there():
    points = [Point(f"week {n}", n) for n in range(1, 53)]
    assert ">week 52</text>" in line_chart("Year", [Series("Calls", points)])


@given(st.lists(st.one_of(st.none(), st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6)), max_size=60))
def test_any_values_make_well_formed_charts(values):
    points = [Point(f"w{n}", value) for n, value in enumerate(values)]
    for chart in (line_chart("x", [Series("a", points)]), charts.sparkline(points, name="a", band=Band(1, 2))):
        tree(chart)
        assert "nan" not in chart


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_ticks_cover_what_they_must(a, b):
    low, high = sorted((a, b))
    marks = charts.ticks(low, high)
    assert 2 <= len(marks) <= 12
    nothing = (marks[1] - marks[0]) * 1e-6  # less than a hair on the page
    assert marks[0] <= low + nothing
    assert marks[-1] >= high - nothing
    assert marks == sorted(set(marks))
