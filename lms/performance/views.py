"""Pages of numbers: a person's, a team's, the metric catalog, and imports with a dry run first."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.people import queries as people
from lms.people.models import User
from lms.people.queries import PersonRow
from lms.performance import drawings, numbers, queries, service
from lms.performance.commands import cli
from lms.performance.defaults import DEFAULT_METRICS
from lms.performance.dry_runs import dry_run
from lms.performance.queries import MetricRow
from lms.policy.access import Permission
from lms.web.guards import Loaded, requires, writes
from lms.web.input import bounded

bp = Blueprint("performance", __name__, template_folder="templates")
KINDS = {
    "readings": ("Readings", ("person", "starts_on", "metric", "value")),
    "targets": ("Targets", ("job_role", "metric", "effective_on", "value", "low", "high")),
}
WINDOWS = (13, 26, 52)
PAGE = 50


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.cli.add_command(cli)


def load_person(person_id: UUID) -> Loaded:
    person = people.person(person_id)
    return None if person is None else ({"person": person}, people.subject(person_id, clock.company_day(clock.now())))


@bp.get("/people/<uuid:person_id>/numbers", endpoint="numbers")
@requires(Permission.PERSON_VIEW, load=load_person)
def numbers_page(person: PersonRow) -> str:
    weeks = _window(26)
    first = person.name.split()[0]
    panels = numbers.panels(person, today=clock.company_day(clock.now()), weeks=weeks)
    return render_template(
        "performance/person.html",
        person=person,
        first=first,
        is_own=person.id == current_user.id,
        panels=[(panel, drawings.chart(panel, rep=first, source=panel.source or "CRM")) for panel in panels],
        weeks=weeks,
        windows=WINDOWS,
    )


@bp.get("/team/numbers")
@requires(Permission.TEAM_VIEW)
def team_numbers() -> str:
    on = clock.company_day(clock.now())
    metrics = queries.metrics(on)
    weeks = _window(13)
    metric = _asked_metric(metrics)
    team = people.reports(current_user.id, on, deep=True)
    lines = numbers.team(team, metric, today=on, weeks=weeks) if metric else ()
    start = max(0, request.args.get("start", 0, type=bounded))
    return render_template(
        "performance/team.html",
        metrics=metrics,
        metric=metric,
        metric_choices=[(row.key, row.name) for row in metrics],
        window_choices=[(str(count), f"last {count} full weeks") for count in WINDOWS],
        lines=[(line, drawings.team_spark(line, metric)) for line in lines[start : start + PAGE] if metric],
        total=numbers.team_total(lines),
        source=next((line.points[-1].source for line in lines if line.points), "CRM"),
        has_team=bool(team),
        weeks=weeks,
        windows=WINDOWS,
        last_day=queries.monday(on) - timedelta(days=1),
        start=start,
        size=PAGE,
    )


def _asked_metric(metrics: Sequence[MetricRow]) -> MetricRow | None:
    """The metric that the address names; appointments, or the first there is, where it names none."""
    by_key = {metric.key: metric for metric in metrics}
    asked = request.args.get("metric")
    if asked is not None and asked not in by_key:
        raise NotFound
    return by_key.get(asked or "appointments") or next(iter(metrics), None)


@bp.get("/admin/metrics")
@requires(Permission.METRICS_ADMIN)
def metrics() -> str:
    return render_template(
        "performance/metrics.html",
        metrics=queries.metrics(clock.company_day(clock.now())),
        retired=queries.retired_metrics(),
        shipped=[metric.name for metric in DEFAULT_METRICS],
        counts=queries.reading_counts(),
        batches=queries.batches(),
    )


@bp.get("/admin/metrics/import/<any(readings, targets):kind>")
@requires(Permission.METRICS_ADMIN)
def import_file(kind: str) -> str:
    run = staged = None
    if staged_id := request.args.get("staged", type=UUID):
        staged = queries.staged(staged_id)
        if staged is None or staged.kind != kind:
            raise NotFound
        run = dry_run(kind, staged.data, today=clock.company_day(clock.now()))
    return render_template("performance/import.html", kind=kind, words=KINDS[kind], staged=staged, run=run, error="")


@bp.post("/admin/metrics/import/<any(readings, targets):kind>")
@requires(Permission.METRICS_ADMIN)
@writes
def stage_file(kind: str) -> Response | tuple[str, int]:
    """Keep the upload and show its dry run; nothing else is written."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        error = "Choose a file first."
        page = render_template(
            "performance/import.html", kind=kind, words=KINDS[kind], staged=None, run=None, error=error
        )
        return page, 422
    staged = service.stage(kind, upload.filename, upload.read(), by=current_user.id, at=clock.now())
    return redirect(url_for(".import_file", kind=kind, staged=staged.id), 303)


@bp.post("/admin/metrics/import/<any(readings, targets):kind>/application")
@requires(Permission.METRICS_ADMIN)
@writes
def apply_file(kind: str) -> Response:
    """Apply a staged file whole; a second press finds it gone and says so."""
    staged_id = request.form.get("staged", type=UUID)
    staged = queries.staged_for_applying(staged_id) if staged_id else None
    if staged is None or staged.kind != kind:
        raise RuleViolation("import_already_applied")
    run = dry_run(kind, staged.data, today=clock.company_day(clock.now()))
    if run.problems or request.form.get("values", type=int) != run.added + run.corrections:
        flash("People, metrics or readings changed since this dry run. This is what the file would do now.", "warning")
        return redirect(url_for(".import_file", kind=kind, staged=staged.id), 303)
    by = db.session.get(User, current_user.id)
    source = request.form.get("source", "").strip()[:40] or "CRM"
    batch = service.apply_import(
        run, kind=kind, file_name=staged.file_name, data=staged.data, source=source, by=by, at=clock.now()
    )
    db.session.delete(staged)
    said = batch.report
    flash(
        f"Applied {staged.file_name}: {said['added']} added, {said['corrected']} corrected, "
        f"{said['unchanged']} as before.",
        "success",
    )
    return redirect(url_for(".metrics"), 303)


def _window(default: int) -> int:
    weeks = request.args.get("weeks", default, type=bounded)
    return weeks if weeks in WINDOWS else default
