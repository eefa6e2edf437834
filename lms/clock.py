"""The only place that reads the clock, and the arithmetic of local days. Services take `at`."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5

_company = {"zone": "UTC"}  # one process serves one company


def now() -> datetime:
    """This instant, aware, UTC, cut to milliseconds (what an LRS keeps and SQLite round-trips)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def instant() -> datetime:
    """This instant to the microsecond: by it the record store orders what it keeps."""
    return datetime.now(UTC)


def local_day(at: datetime, zone: str) -> date:
    """The calendar day of `at` where the person is."""
    return at.astimezone(ZoneInfo(zone)).date()


def local_hour(at: datetime, zone: str) -> int:
    """The hour of `at` on a clock where the person is."""
    return at.astimezone(ZoneInfo(zone)).hour


def keep_company_zone(zone: str) -> None:
    """Called once, by the application factory: services know no settings."""
    _company["zone"] = zone


def company_day(at: datetime) -> date:
    """The company's calendar day of `at`: by it reporting lines and delegations are dated."""
    return local_day(at, _company["zone"])


def end_of_day(day: date, zone: str) -> datetime:
    """The first instant after `day` in `zone`, as UTC."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)


def add_working_days(day: date, count: int) -> date:
    """`count` Mondays-to-Fridays after `day`; zero gives the day itself."""
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY:
            count -= 1
    return day
