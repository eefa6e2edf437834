"""What a person can do with metrics: define, change by a new version, import readings and targets."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select

from lms.db import db
from lms.errors import RuleViolation
from lms.people.models import User
from lms.performance.defaults import DEFAULT_METRICS, MetricDefinition
from lms.performance.models import ImportBatch, Metric, Reading, StagedImport, Target
from lms.performance.readings import DryRun
from lms.statements import ledger
from lms.statements.administration import FileImported
from lms.statements.events import Person

KEPT = timedelta(days=7)  # an upload that nobody applied


def define_metric(definition: MetricDefinition, *, effective_on: date) -> Metric:
    """Add a metric, or a new version of it: an earlier version stays, with the readings that were taken by it."""
    newest = db.session.scalar(select(func.max(Metric.version)).where(Metric.key == definition.key))
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


def ensure_default_metrics(*, effective_on: date) -> int:
    """Add those shipped metrics that are not there; returns how many were added."""
    known = set(db.session.scalars(select(Metric.key)))
    missing = [definition for definition in DEFAULT_METRICS if definition.key not in known]
    for definition in missing:
        define_metric(definition, effective_on=effective_on)
    return len(missing)


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
