"""The style page: every component in every state. For those who build; it does not exist in production."""

from datetime import timedelta
from types import SimpleNamespace

from flask import Blueprint, Flask, render_template

from lms import clock
from lms.web.charts import Band, Bar, Interval, Point, Series
from lms.web.guards import public

bp = Blueprint("style", __name__)

WEEKS = ("Sep 29", "Oct 6", "Oct 13", "Oct 20", "Oct 27", "Nov 3", "Nov 10", "Nov 17")


def _points(*values: float | None) -> list[Point]:
    return [Point(week, value) for week, value in zip(WEEKS, values, strict=False)]


def _sample() -> SimpleNamespace:
    """Made-up values, enough to see every state."""
    return SimpleNamespace(
        at=clock.now() - timedelta(days=4, hours=3),
        long_ago=clock.now() - timedelta(days=16),
        band=Band(40, None),
        target=Band(10, 14),
        at_most=Band(None, 5, "limit"),
        week=_points(31, 35, None, 36, 38, 41, 39, 38),
        series=[
            Series("Imported from the CRM", _points(6, 7, 9, None, 8, 11, 12, 12)),
            Series("Confirmed by Milo", _points(None, None, None, None, 8, 10, 12, None), "confirmed"),
            Series("Reported by Rosa", _points(None, None, None, None, 9, 11, 12, 13), "claimed"),
        ],
        one=[Series("Calls", [Point("Nov 17", 38)], "confirmed")],
        equal=[Series("Share", _points(3, 3, 3, 3), "imported")],
        none=[Series("Calls", _points(None, None))],
        year=[Series("Calls", [Point(f"week {n + 1}", 30 + (n * 7) % 13 + n / 6) for n in range(52)])],
        funnel=[
            Bar("Assigned", 30, href="#charts"),
            Bar("Worksheet approved", 22),
            Bar("Seen in the field", 15),
            Bar("Confirmed", 11),
            Bar("Result moved", None),
        ],
        intervals=[
            Interval("Region West", -1.2, 2.4, 6.0),
            Interval("Region East", 1.1, 3.0, 4.9),
            Interval("Region North", None, None, None),
        ],
    )


@bp.get("/style")
@public
def page() -> str:
    return render_template("web/style.html", sample=_sample())


def init_app(app: Flask) -> None:
    if app.config["SETTINGS"].mode == "local":
        app.register_blueprint(bp)
