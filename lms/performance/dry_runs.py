"""A file checked against what is on record now."""

from datetime import date

from lms.performance import queries
from lms.performance.readings import DryRun, check_readings, check_targets


def dry_run(kind: str, data: bytes, *, today: date) -> DryRun:
    """What `data` would do as `readings` or `targets`, with every problem; writes nothing."""
    metrics = queries.versions()
    if kind == "targets":
        return check_targets(data, metrics=metrics, job_roles=queries.job_roles(), known=queries.known_targets())
    by_key = queries.people_by_key()
    first_pass = check_readings(data, people=by_key, metrics=metrics, known={}, today=today)
    first = min((reading.starts_on for reading in first_pass.readings), default=None)
    last = max((reading.ends_on for reading in first_pass.readings), default=None)
    known = queries.known_readings(first, last)
    if not known:
        return first_pass
    return check_readings(data, people=by_key, metrics=metrics, known=known, today=today)
