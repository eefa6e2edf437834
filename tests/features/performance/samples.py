"""Numbers for the tests: files as a CRM would write them, and a team with readings and targets."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

from lms.performance import service
from lms.performance.dry_runs import dry_run

AT = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)  # a Wednesday
LONG_AFTER = date(2027, 1, 1)  # every period of these tests is over
RUNNING = date(2026, 3, 16)
WEEK = timedelta(days=7)


def sheet(*rows, delimiter=",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def apply(data: bytes, *, kind="readings", source="CRM", by=None, at=AT, file_name="weekly.csv"):
    run = dry_run(kind, data, today=LONG_AFTER)
    return service.apply_import(run, kind=kind, file_name=file_name, data=data, source=source, by=by, at=at)


def weekly(person, metric: str, values, *, last=RUNNING - WEEK) -> bytes:
    """One row a week, the last of them beginning on `last`."""
    first = last - WEEK * (len(values) - 1)
    return sheet(
        ("person", "starts_on", metric),
        *((person.email, (first + WEEK * number).isoformat(), value) for number, value in enumerate(values)),
    )


def targets(*rows) -> bytes:
    return sheet(("job_role", "metric", "effective_on", "value", "low", "high"), *rows)
