"""How days, moments, numbers and shares read."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine

from lms.web import formats

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _here(app):
    with app.app_context(), time_machine.travel(NOON, tick=False):
        yield


def test_a_moment_carries_the_readers_zone():
    assert formats.moment(datetime(2026, 11, 24, 20, 40, tzinfo=UTC)) == "Tue, Nov 24, 3:40 PM EST"
    assert formats.moment(datetime(2026, 7, 1, 4, 5, tzinfo=UTC)) == "Wed, Jul 1, 12:05 AM EDT"


def test_a_day_is_the_readers_day_not_utc():
    assert formats.day(datetime(2026, 11, 24, 2, 0, tzinfo=UTC)) == "Mon, Nov 23"


def test_a_day_of_another_year_names_it():
    assert formats.day(date(2025, 3, 2)) == "Mar 2, 2025"


def test_when_is_a_time_element():
    assert formats.when(date(2026, 11, 24)) == '<time datetime="2026-11-24">Tue, Nov 24</time>'


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(hours=5), "5 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=13), "13 days"),
        (timedelta(days=16), "2 weeks"),
        (timedelta(seconds=-5), "just now"),
    ],
)
def test_age(ago, said):
    assert formats.age(NOON - ago) == said
    assert formats.age(ago) == said


def test_age_of_a_day():
    assert formats.age(date(2026, 11, 20)) == "today"
    assert formats.age(date(2026, 11, 17)) == "3 days"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1200, "1,200"), (0, "0"), (Decimal("12.50"), "12.5"), (12.345, "12.35"), (Fraction(1, 3), "0.33"), (-3, "−3"),
        (None, "no data yet"), ("", "no data yet"), (Decimal("1E+3"), "1,000"), (1e-9, "0.00"),
    ],
)  # fmt: skip
def test_number(value, said):
    assert formats.number(value) == said


@pytest.mark.parametrize(
    ("value", "of", "said"),
    [
        (Fraction(1, 2), None, "50%"),
        (199, 200, "99%"),
        (1, 1000, "under 1%"),
        (0, 12, "0%"),
        (12, 12, "100%"),
        (3, 0, "no data yet"),
        (None, None, "no data yet"),
        (Decimal("0.825"), None, "83%"),
    ],
)
def test_percent_never_rounds_to_all_or_nothing(value, of, said):
    assert formats.percent(value, of) == said


def test_minutes_and_plural():
    assert [formats.minutes(n) for n in (6, 60, 75)] == ["6 min", "1 h", "1 h 15 min"]
    assert formats.minutes(timedelta(minutes=90)) == "1 h 30 min"
    assert [formats.plural(n, "reply", "replies") for n in (0, 1, 2)] == ["0 replies", "1 reply", "2 replies"]


def test_field_names_as_words():
    assert formats.spoken("first_call.opening") == "First call: opening"
    assert formats.spoken("r-concerns-0-text") == "R concerns 0 text"


@pytest.mark.parametrize(
    ("key", "said"), [("sdr", "SDR"), ("ae", "Account executive"), ("sales-manager", "Sales manager"), (None, "")]
)
def test_job_roles_are_words(key, said):
    assert formats.job_role(key) == said


@pytest.mark.parametrize(
    ("zone", "said"),
    [("America/New_York", "New York time"), ("Europe/London", "London time"), ("UTC", "UTC"), ("Etc/UTC", "Etc/UTC")],
)
def test_a_zone_is_named_as_people_do(monkeypatch, zone, said):
    monkeypatch.setattr(formats, "zone", lambda: zone)
    assert formats.zone_words() == said
