"""Reads about metrics, readings and targets. What was recorded later for the same period is what is read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from lms.db import db
from lms.people.models import User
from lms.performance.defaults import DEFAULT_METRICS, MetricDefinition
from lms.performance.models import ImportBatch, Metric, Reading, StagedImport, Target

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class MetricRow:
    key: str
    version: int
    name: str
    definition: str
    unit: str
    direction: str
    timing: str
    kind: str
    decimals: int
    number_key: str | None
    effective_on: date
    retired_on: date | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One value over [starts_on, ends_on]."""

    starts_on: date
    ends_on: date
    value: Decimal
    source: str = ""


@dataclass(frozen=True, slots=True)
class TargetRow:
    """Per week, from a day on; `low`..`high` is the band that counts as on target."""

    metric_key: str
    job_role: str
    effective_on: date
    value: Decimal
    low: Decimal | None
    high: Decimal | None


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


_METRIC_COLUMNS = (
    Metric.key,
    Metric.version,
    Metric.name,
    Metric.definition,
    Metric.unit,
    Metric.direction,
    Metric.timing,
    Metric.kind,
    Metric.decimals,
    Metric.number_key,
    Metric.effective_on,
    Metric.retired_on,
)
KINDS = ("activity", "conversion", "value", "result", "learning")


def versions() -> Mapping[str, tuple[MetricRow, ...]]:
    """Every version of every metric that is not retired, by its key, in the order in which they come into force."""
    query = select(*_METRIC_COLUMNS).where(Metric.retired_on.is_(None))
    found: dict[str, list[MetricRow]] = defaultdict(list)
    for row in db.session.execute(query.order_by(Metric.key, Metric.effective_on, Metric.version)):
        found[row.key].append(MetricRow(*row))
    return {key: tuple(rows) for key, rows in found.items()}


def version_on(rows: Sequence[MetricRow], day: date) -> MetricRow:
    """The version in force on `day`: the latest that had begun; before the first one, the first."""
    begun = [row for row in rows if row.effective_on <= day]
    return begun[-1] if begun else rows[0]


def metrics(on: date) -> tuple[MetricRow, ...]:
    """The version in force on this day of every metric that is not retired; activity first, then results, by name."""
    return _in_order(version_on(rows, on) for rows in versions().values())


def retired_metrics() -> tuple[MetricRow, ...]:
    """The last version of every metric that is not used any more."""
    rows = db.session.execute(select(*_METRIC_COLUMNS).where(Metric.retired_on.is_not(None)).order_by(Metric.version))
    return _in_order({row.key: MetricRow(*row) for row in rows}.values())


def _in_order(rows: Iterable[MetricRow]) -> tuple[MetricRow, ...]:
    return tuple(sorted(rows, key=lambda metric: (KINDS.index(metric.kind), metric.name)))


def metric_history(key: str) -> tuple[MetricRow, ...]:
    """Every version of one metric, newest first."""
    rows = db.session.execute(select(*_METRIC_COLUMNS).where(Metric.key == key).order_by(Metric.version.desc()))
    return tuple(MetricRow(*row) for row in rows)


def shipped_otherwise() -> tuple[tuple[MetricDefinition, MetricRow, tuple[str, ...]], ...]:
    """Shipped definitions that the newest version of their metric does not say, with that version and what differs.

    In the order of the shipped catalog. Retired metrics are left alone.
    """
    rows = db.session.execute(select(*_METRIC_COLUMNS).where(Metric.retired_on.is_(None)).order_by(Metric.version))
    newest = {row.key: MetricRow(*row) for row in rows}
    found = []
    for shipped in DEFAULT_METRICS:
        if row := newest.get(shipped.key):
            differs = tuple(one.name for one in fields(shipped) if getattr(shipped, one.name) != getattr(row, one.name))
            if differs:
                found.append((shipped, row, differs))
    return tuple(found)


def version_counts(key: str) -> Mapping[int, int]:
    """How many readings were taken by each version of one metric."""
    rows = db.session.execute(
        select(Reading.metric_version, func.count()).where(Reading.metric_key == key).group_by(Reading.metric_version)
    )
    return {version: count for version, count in rows}


def readings(
    user_ids: Iterable[UUID], *, since: date, metric_keys: Sequence[str] | None = None
) -> Mapping[UUID, Mapping[str, tuple[Point, ...]]]:
    """Imported values by person and metric, oldest period first, as known now."""
    query = (
        select(
            Reading.user_id,
            Reading.metric_key,
            Reading.starts_on,
            Reading.ends_on,
            Reading.value,
            Reading.source,
        )
        .where(Reading.user_id.in_(list(user_ids)), Reading.starts_on >= since)
        .order_by(Reading.starts_on, Reading.ends_on, Reading.recorded_at, Reading.id)
    )
    if metric_keys is not None:
        query = query.where(Reading.metric_key.in_(metric_keys))
    found: dict[UUID, dict[str, dict[tuple[date, date], Point]]] = defaultdict(lambda: defaultdict(dict))
    for user_id, key, starts_on, ends_on, value, source in db.session.execute(query):
        found[user_id][key][starts_on, ends_on] = Point(starts_on, ends_on, value, source)
    return {
        user_id: {key: tuple(points.values()) for key, points in by_metric.items()}
        for user_id, by_metric in found.items()
    }


def known_readings(first: date | None, last: date | None) -> Mapping[tuple[UUID, str, date, date], Decimal]:
    """What is on record now for periods that touch these days: for the dry run of an import."""
    if first is None or last is None:
        return {}
    query = (
        select(Reading.user_id, Reading.metric_key, Reading.starts_on, Reading.ends_on, Reading.value)
        .where(Reading.starts_on <= last, Reading.ends_on >= first)
        .order_by(Reading.recorded_at, Reading.id)
    )
    return {(row[0], row[1], row[2], row[3]): row[4] for row in db.session.execute(query)}


def known_targets() -> Mapping[tuple[str, str, date], tuple[Decimal, Decimal | None, Decimal | None]]:
    rows = db.session.execute(select(Target))
    return {(t.metric_key, t.job_role, t.effective_on): (t.value, t.low, t.high) for (t,) in rows}


def targets(job_roles: Iterable[str]) -> Mapping[tuple[str, str], tuple[TargetRow, ...]]:
    """Targets by (metric, job role), earliest first."""
    query = (
        select(Target.metric_key, Target.job_role, Target.effective_on, Target.value, Target.low, Target.high)
        .where(Target.job_role.in_(set(job_roles)))
        .order_by(Target.effective_on)
    )
    found: dict[tuple[str, str], list[TargetRow]] = defaultdict(list)
    for row in db.session.execute(query):
        found[row.metric_key, row.job_role].append(TargetRow(*row))
    return {key: tuple(rows) for key, rows in found.items()}


def target_on(rows: Sequence[TargetRow], day: date) -> TargetRow | None:
    """The target in force on `day`: the latest that had begun."""
    in_force = [row for row in rows if row.effective_on <= day]
    return in_force[-1] if in_force else None


def people_by_key() -> Mapping[str, UUID]:
    """Everybody by lower-case email address and by external key."""
    found: dict[str, UUID] = {}
    for user_id, email, key in db.session.execute(select(User.id, User.email, User.external_key)):
        if email:
            found[email.lower()] = user_id
        if key:
            found[key.lower()] = user_id
    return found


def job_roles() -> frozenset[str]:
    return frozenset(db.session.scalars(select(User.job_role).where(User.job_role != "").distinct()))


def batches(limit: int = 20) -> Sequence[ImportBatch]:
    """Applied imports, newest first."""
    return db.session.scalars(
        select(ImportBatch).order_by(ImportBatch.applied_at.desc(), ImportBatch.id).limit(limit)
    ).all()


def staged(staged_id: UUID) -> StagedImport | None:
    return db.session.get(StagedImport, staged_id)


def staged_for_applying(staged_id: UUID) -> StagedImport | None:
    """Held until the transaction ends: of two who apply the same file at once, the second finds it gone."""
    return db.session.scalar(select(StagedImport).where(StagedImport.id == staged_id).with_for_update())


def reading_counts() -> Mapping[str, int]:
    """Rows on record per metric."""
    rows = db.session.execute(select(Reading.metric_key, func.count()).group_by(Reading.metric_key))
    return {key: count for key, count in rows}
