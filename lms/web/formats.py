"""How days, moments, durations, counts and shares are written for people; template filters of the same names."""

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import Flask, current_app, has_request_context
from markupsafe import Markup

from lms import clock
from lms.web.navigation import viewer
from lms.web.redline import redline

NOTHING = "no data yet"


def zone() -> str:
    """The reader's time zone; the organization's where nobody is signed in."""
    person = viewer() if has_request_context() else None
    return getattr(person, "zone", None) or current_app.config["SETTINGS"].zone


def reading() -> tuple[str, int]:
    """What the writing of a moment depends on besides the moment: the reader's zone and year."""
    return zone(), clock.local_day(clock.now(), zone()).year


def day(value: date | datetime | None) -> str:
    """`Tue, Nov 24` this year, `Nov 24, 2025` otherwise."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = clock.local_day(value, zone())
    if value.year == clock.local_day(clock.now(), zone()).year:
        return f"{value:%a, %b} {value.day}"
    return f"{value:%b} {value.day}, {value.year}"


def moment(value: datetime | None) -> str:
    """`Tue, Nov 24, 3:40 PM EST`: in the reader's zone, with the zone."""
    if value is None:
        return ""
    local = value.astimezone(ZoneInfo(zone()))
    return f"{day(local)}, {local.hour % 12 or 12}:{local:%M} {local:%p} {local.tzname()}"


def when(value: date | datetime | None) -> Markup:
    """A `<time>` element: a day or a moment, readable by people and programs."""
    if value is None:
        return Markup("")
    text = moment(value) if isinstance(value, datetime) else day(value)
    return _time_element(value.isoformat(), text)


@lru_cache(maxsize=4096)
def _time_element(machine: str, text: str) -> Markup:
    """The same few days and moments stand on page after page."""
    return Markup('<time datetime="{}">{}</time>').format(machine, text)


def age(value: date | datetime | timedelta | None) -> str:
    """How long ago, or how long, in the largest sensible unit: `3 days`, `2 hours`, `just now`."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = clock.now() - value
    elif isinstance(value, date):
        days = (clock.local_day(clock.now(), zone()) - value).days
        return "today" if days <= 0 else plural(days, "day")
    seconds = int(value.total_seconds())
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return plural(seconds // 60, "minute")
    if seconds < 86400:
        return plural(seconds // 3600, "hour")
    if seconds < 86400 * 14:
        return plural(seconds // 86400, "day")
    return plural(seconds // (86400 * 7), "week")


def minutes(value: int | timedelta | None) -> str:
    """`6 min`, `1 h 15 min`."""
    if value is None:
        return ""
    total = int(value.total_seconds() // 60) if isinstance(value, timedelta) else int(value)
    hours, rest = divmod(total, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def number(value: int | float | Decimal | Fraction | str | None, places: int | None = None) -> str:
    """`1,200`, `12.5`: thousands separated, no empty decimals; words where there is no number."""
    if value is None or value == "":
        return NOTHING
    if type(value) is int and not places:
        return f"{value:,}".replace("-", "\N{MINUS SIGN}")
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    exact = Decimal(str(value))
    if places is None:
        places = 0 if exact == exact.to_integral_value() else min(2, -int(exact.normalize().as_tuple().exponent))
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{rounded:,.{places}f}".replace("-", "\N{MINUS SIGN}")


def plural(count: int | None, one: str, many: str | None = None) -> str:
    """`1 chunk`, `3 chunks`, `2 replies` with `many`."""
    count = count or 0
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def percent(value: int | float | Decimal | Fraction | None, of: int | None = None) -> str:
    """A share as `82%`: a fraction of 1, or `value` out of `of`. Without anything to divide by: words."""
    if value is None or of == 0:
        return NOTHING
    share = Fraction(str(value)) if not isinstance(value, Fraction) else value
    if of is not None:
        share /= of
    # Never round up to "all" or down to "none": 199 of 200 is not 100%.
    whole = int(share * 100 + Fraction(1, 2))
    if whole == 100 and share < 1:
        whole = 99
    if whole == 0 and share > 0:
        return "under 1%"
    return f"{whole}%"


def spoken(name: str) -> str:
    """A field's name as words, where nothing better is known: `first_call.opening` is `First call: opening`."""
    words = re.sub(r"[_-]+", " ", re.sub(r"[.\[\]]+", ": ", name)).strip(" :")
    return words[:1].upper() + words[1:]


# What companies call these jobs; any other key is written as words.
JOB_ROLES = {"sdr": "SDR", "bdr": "BDR", "ae": "Account executive", "am": "Account manager", "csm": "Customer success"}


def job_role(key: str | None) -> str:
    """`SDR`, `Account executive`, `Field sales`."""
    return JOB_ROLES.get((key or "").lower()) or spoken(key or "")


def zone_words(name: str | None = None) -> str:
    """A time zone, the reader's unless it is named, as people say it: `New York time`."""
    name = name or zone()
    return f"{name.rpartition('/')[2].replace('_', ' ')} time" if "/" in name and not name.startswith("Etc/") else name


def init_app(app: Flask) -> None:
    for one in (job_role, day, moment, when, age, minutes, number, plural, percent, spoken):
        app.add_template_filter(one)
    app.add_template_global(zone, "reader_zone")
    app.add_template_global(zone_words, "reader_zone_words")
    app.add_template_global(redline)
    app.add_template_filter(redline)
