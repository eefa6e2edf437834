"""What a person can do with metrics: define, change by a new version, import readings and targets."""

import re
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select

from lms.db import db
from lms.errors import RuleViolation
from lms.people.models import User
from lms.performance.defaults import DEFAULT_METRICS, MetricDefinition
from lms.performance.models import ImportBatch, Metric, Reading, StagedImport, Target
from lms.performance.readings import LONG, DryRun
from lms.statements import ledger
from lms.statements import queries as statements
from lms.statements.administration import FileImported, MetricChanged
from lms.statements.events import Person

KEY = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
LONGEST_KEY = 64
KEPT = timedelta(days=7)  # an upload that nobody applied


def define_metric(definition: MetricDefinition, *, effective_on: date) -> Metric:
    """Add a metric, or a new version of it: an earlier version stays, with the readings that were taken by it."""
    newest = db.session.scalar(select(func.max(Metric.version)).where(Metric.key == definition.key))
    if newest is None and not is_metric_key(definition.key):
        raise RuleViolation("metric_key_unusable", key=definition.key)
    metric = Metric(
        id=uuid4(),
        key=definition.key,
        version=(newest or 0) + 1,
        name=definition.name,
        definition=definition.definition,
        unit=definition.unit,
        direction=definition.direction,
        timing=definition.timing,
        kind=definition.kind,
        decimals=definition.decimals,
        number_key=definition.number_key,
        effective_on=effective_on,
    )
    db.session.add(metric)
    db.session.flush()
    return metric


def ensure_default_metrics(*, effective_on: date, by: Person | None = None, at: datetime | None = None) -> int:
    """Add those shipped metrics that are not there; returns how many were added."""
    known = set(db.session.scalars(select(Metric.key)))
    missing = [definition for definition in DEFAULT_METRICS if definition.key not in known]
    for definition in missing:
        _record(define_metric(definition, effective_on=effective_on), "added", by=by, at=at)
    return len(missing)


def add_metric(definition: MetricDefinition, *, effective_on: date, by: Person | None, at: datetime) -> Metric:
    """Add a metric under a key that no metric has, or had."""
    if _versions_to_change(definition.key):
        raise RuleViolation("metric_key_taken", key=definition.key)
    return _record(define_metric(definition, effective_on=effective_on), "added", by=by, at=at)


def change_metric(
    definition: MetricDefinition, *, effective_on: date, seen: int, by: Person | None, at: datetime
) -> Metric:
    """A new version, in force from a day on; readings keep theirs. `seen`: the version that was to be changed."""
    versions = _versions_to_change(definition.key)
    if not versions or versions[-1].retired_on:
        raise RuleViolation("metric_retired")
    newest = versions[-1]
    if newest.version != seen:
        raise RuleViolation("metric_changed_meanwhile", version=newest.version)
    if definition.unit != newest.unit:
        raise RuleViolation("metric_unit_fixed", unit=newest.unit)
    if all(getattr(newest, part.name) == getattr(definition, part.name) for part in fields(definition)):
        raise RuleViolation("metric_unchanged")
    if effective_on < newest.effective_on:
        raise RuleViolation("metric_before_last", day=newest.effective_on, version=newest.version)
    return _record(define_metric(definition, effective_on=effective_on), "changed", by=by, at=at)


def retire_metric(key: str, *, on: date, by: Person | None, at: datetime) -> None:
    """Ask for it and draw it no more; its versions, readings and targets stay on record."""
    versions = _versions_to_change(key)
    if not versions or versions[-1].retired_on:
        raise RuleViolation("metric_retired")
    for metric in versions:
        metric.retired_on = on
    _record(versions[-1], "retired", by=by, at=at)


def revive_metric(key: str, *, by: Person | None, at: datetime) -> None:
    """Use a retired metric again, as it was."""
    versions = _versions_to_change(key)
    if not versions or not versions[-1].retired_on:
        raise RuleViolation("metric_not_retired")
    for metric in versions:
        metric.retired_on = None
    _record(versions[-1], "took up again", by=by, at=at)


def is_metric_key(key: str) -> bool:
    """Whether files can name it: a heading of its own, which no column of readings has already."""
    return bool(KEY.fullmatch(key)) and len(key) <= LONGEST_KEY and key not in LONG


def _versions_to_change(key: str) -> list[Metric]:
    """Oldest first; held until the transaction ends, so that two changes at once come one after the other."""
    db.session.execute(select(Metric.id).where(Metric.key == key).with_for_update())
    return list(db.session.scalars(select(Metric).where(Metric.key == key).order_by(Metric.version)))


def _record(metric: Metric, change: str, *, by: Person | None, at: datetime | None) -> Metric:
    """In the ledger, when a person did it."""
    db.session.flush()
    if by is not None and at is not None:
        ledger.record(
            MetricChanged(
                at=at,
                actor=by,
                learner=by,
                record_id=metric.id,
                revision=statements.times_recorded(metric.id),
                change=change,
                name=metric.name,
                facts=(("key", metric.key), ("version", str(metric.version))),
            )
        )
    return metric


def stage(kind: str, file_name: str, data: bytes, *, by: UUID, at: datetime) -> StagedImport:
    """Keep an uploaded file until its dry run was read and it is applied; forgotten ones go after a week."""
    db.session.execute(delete(StagedImport).where(StagedImport.staged_at < at - KEPT))
    staged = StagedImport(id=uuid4(), kind=kind, file_name=file_name[:200], data=data, staged_by_id=by, staged_at=at)
    db.session.add(staged)
    db.session.flush()
    return staged


def apply_import(
    run: DryRun,
    *,
    kind: str,
    file_name: str,
    data: bytes,
    source: str,
    by: User | None,
    at: datetime,
) -> ImportBatch:
    """Write everything a clean dry run promised, in one transaction."""
    if run.problems:
        raise RuleViolation("import_has_problems", count=len(run.problems))
    batch = ImportBatch(
        id=uuid4(),
        kind=kind,
        file_name=file_name[:200],
        digest=sha256(data).hexdigest(),
        applied_at=at,
        applied_by_id=by.id if by else None,
        report={
            "rows": run.row_count,
            "added": run.added,
            "corrected": run.corrections,
            "unchanged": run.unchanged,
            "people": run.people,
        },
    )
    db.session.add(batch)
    db.session.flush()
    _add_readings(run, batch, source, at)
    _set_targets(run, batch)
    if by is not None:
        who = Person(by.id, by.name)
        ledger.record(
            FileImported(
                at=at,
                actor=who,
                learner=who,
                record_id=batch.id,
                what=kind,
                facts=tuple((name, str(value)) for name, value in batch.report.items()),
            )
        )
    return batch


def _add_readings(run: DryRun, batch: ImportBatch, source: str, at: datetime) -> None:
    rows = [
        {
            "id": uuid4(),
            "metric_key": reading.metric_key,
            "metric_version": reading.metric_version,
            "user_id": reading.user_id,
            "starts_on": reading.starts_on,
            "ends_on": reading.ends_on,
            "value": reading.value,
            "source": source,
            "recorded_at": at,
            "batch_id": batch.id,
        }
        for reading in run.readings
    ]
    for piece in _pieces(rows, 1000):
        db.session.execute(insert(Reading), piece)


def _set_targets(run: DryRun, batch: ImportBatch) -> None:
    for new in run.targets:
        target = db.session.scalar(
            select(Target).where(
                Target.metric_key == new.metric_key,
                Target.job_role == new.job_role,
                Target.effective_on == new.effective_on,
            )
        )
        if target is None:
            target = Target(id=uuid4(), metric_key=new.metric_key, job_role=new.job_role, effective_on=new.effective_on)
            db.session.add(target)
        target.value, target.low, target.high, target.batch_id = new.value, new.low, new.high, batch.id
    db.session.flush()


def _pieces(rows: list[dict], size: int) -> Iterable[list[dict]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))
