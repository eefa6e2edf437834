"""The metric catalog: adding a metric, changing it by a new version, retiring it and taking it up again."""

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.errors import RuleViolation
from lms.performance import queries, service
from lms.performance.defaults import MetricDefinition
from lms.performance.forms import DIRECTIONS, KINDS, TIMINGS, MetricForm, NewMetricForm
from lms.policy.access import Permission, Subject
from lms.statements.events import Person
from lms.web.formats import day
from lms.web.guards import Loaded, requires, writes
from lms.web.input import bounded
from lms.web.wording import sentence

bp = Blueprint("metrics", __name__, template_folder="templates")
# The field that a refusal is about; others are about the whole form.
FIELDS = {"metric_key_taken": "key", "metric_key_unusable": "key", "metric_before_last": "effective_on"}


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


def load_metric(metric_key: str) -> Loaded:
    history = queries.metric_history(metric_key)
    return ({"history": history}, Subject(current_user.id)) if history else None


@bp.get("/admin/new-metric")
@requires(Permission.METRICS_ADMIN)
def new() -> ResponseReturnValue:
    return _new(NewMetricForm(formdata=None, effective_on=clock.company_day(clock.now())))


@bp.post("/admin/new-metric")
@requires(Permission.METRICS_ADMIN)
@writes
def add() -> ResponseReturnValue:
    form = NewMetricForm()
    if not form.validate():
        return _new(form, 422)
    definition = form.read(key=(form.key.data or "").strip(), unit=" ".join((form.unit.data or "").split()))
    try:
        service.add_metric(definition, effective_on=form.effective_on.data, by=_viewer(), at=clock.now())
    except RuleViolation as refused:
        _tell(form, refused)
        return _new(form, 422)
    flash(f"{definition.name} is a metric now. Files name it {definition.key}.", "success")
    return redirect(url_for(".metric", metric_key=definition.key), 303)


@bp.post("/admin/new-metric/shipped")
@requires(Permission.METRICS_ADMIN)
@writes
def add_shipped() -> ResponseReturnValue:
    """The definitions that come along, those that are not there yet."""
    at = clock.now()
    count = service.ensure_default_metrics(effective_on=clock.company_day(at), by=_viewer(), at=at)
    flash(f"{count} {'metric was' if count == 1 else 'metrics were'} added.", "success")
    return redirect(url_for("performance.metrics"), 303)


@bp.get("/admin/metrics/<metric_key>")
@requires(Permission.METRICS_ADMIN, load=load_metric)
def metric(history: tuple[queries.MetricRow, ...]) -> ResponseReturnValue:
    # No version begins before the one that it replaces.
    begins = max(clock.company_day(clock.now()), history[0].effective_on)
    shipped = _shipped(history[0])
    begun = shipped if shipped and request.args.get("begin_with") == "shipped" else history[0]
    return _page(history, MetricForm(formdata=None, data={**MetricForm.shown(begun), "effective_on": begins}))


def _shipped(newest: queries.MetricRow) -> MetricDefinition | None:
    """What comes along for this metric, if it says something else in the same unit."""
    found = {shipped.key: shipped for shipped, _, differs in queries.shipped_otherwise() if "unit" not in differs}
    return found.get(newest.key)


@bp.post("/admin/metrics/<metric_key>/versions")
@requires(Permission.METRICS_ADMIN, load=load_metric)
@writes
def change(history: tuple[queries.MetricRow, ...]) -> ResponseReturnValue:
    form = MetricForm()
    if not form.validate():
        return _page(history, form, 422)
    newest = history[0]
    try:
        made = service.change_metric(
            form.read(key=newest.key, unit=newest.unit),
            effective_on=form.effective_on.data,
            seen=request.form.get("seen", 0, type=bounded),
            by=_viewer(),
            at=clock.now(),
        )
    except RuleViolation as refused:
        _tell(form, refused)
        return _page(history, form, 422)
    flash(f"Version {made.version} holds from {day(made.effective_on)} on.", "success")
    return redirect(url_for(".metric", metric_key=newest.key), 303)


@bp.post("/admin/metrics/<metric_key>/retirement")
@requires(Permission.METRICS_ADMIN, load=load_metric)
@writes
def retire(history: tuple[queries.MetricRow, ...]) -> ResponseReturnValue:
    at = clock.now()
    service.retire_metric(history[0].key, on=clock.company_day(at), by=_viewer(), at=at)
    flash(f"{history[0].name} is not used any more. Its readings stay on record.", "success")
    return redirect(url_for(".metric", metric_key=history[0].key), 303)


@bp.post("/admin/metrics/<metric_key>/revival")
@requires(Permission.METRICS_ADMIN, load=load_metric)
@writes
def revive(history: tuple[queries.MetricRow, ...]) -> ResponseReturnValue:
    service.revive_metric(history[0].key, by=_viewer(), at=clock.now())
    flash(f"{history[0].name} is used again.", "success")
    return redirect(url_for(".metric", metric_key=history[0].key), 303)


def _viewer() -> Person:
    return Person(current_user.id, current_user.name)


def _tell(form: MetricForm, refused: RuleViolation) -> None:
    said = sentence(refused.code, **refused.facts)
    field = FIELDS.get(refused.code)
    if field is None:
        form.form_errors.append(said)
    else:
        getattr(form, field).errors = [said]


def _new(form: NewMetricForm, status: int = 200) -> ResponseReturnValue:
    return render_template("performance/new_metric.html", form=form), status


def _page(history: tuple[queries.MetricRow, ...], form: MetricForm, status: int = 200) -> tuple[str, int]:
    today = clock.company_day(clock.now())
    in_force = queries.version_on(history[::-1], today) if history[0].retired_on is None else None
    page = render_template(
        "performance/metric.html",
        history=history,
        newest=history[0],
        in_force=in_force,
        today=today,
        counts=queries.version_counts(history[0].key),
        form=form,
        shipped=_shipped(history[0]) if in_force else None,
        kinds=KINDS,
        timings=TIMINGS,
        directions=DIRECTIONS,
    )
    return page, status
