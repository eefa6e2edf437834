"""The stores that statements are delivered to: adding one, and whatever there is to do about it."""

from datetime import date, datetime, timedelta

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from lms import clock
from lms.errors import RuleViolation
from lms.policy.access import Permission
from lms.statements import queries, service
from lms.statements.forms import NewStoreForm, ReplayForm, StoreForm
from lms.statements.stores import ON_PAGE
from lms.statements.views.blueprint import bp, named, viewer
from lms.web.formats import zone
from lms.web.guards import requires, writes
from lms.web.wording import sentence

# Nothing was recorded before it, and a calendar ends somewhere.
FIRST_DAY = date(2000, 1, 1)

# The field that a refusal is about; the others stand above the form.
FIELDS = {
    "store_address_unusable": "endpoint",
    "store_key_taken": "name",
    "store_needs_a_name": "name",
    "store_needs_credentials": "password",
    "store_password_again": "password",
}


@bp.get("/admin/deliveries/stores/new")
@requires(Permission.SYSTEM_ADMIN)
def new_store() -> ResponseReturnValue:
    return _new(NewStoreForm())


@bp.post("/admin/deliveries/stores/new")
@requires(Permission.SYSTEM_ADMIN)
@writes
def add_store() -> ResponseReturnValue:
    form = NewStoreForm()
    if not form.validate():
        return _new(form, 422)
    try:
        row = service.add_store(
            form.name.data or "",
            endpoint=form.endpoint.data or "",
            user=form.user.data or "",
            password=form.password.data or "",
            secret_key=current_app.config["SETTINGS"].secret_key,
            owed_from=_begin(form.owed_from.data) if form.owed_from.data else None,
            by=viewer(),
            at=clock.now(),
        )
    except RuleViolation as refused:
        _tell(form, refused)
        return _new(form, 422)
    flash(f"The worker begins to send to {row.name} in a moment.", "success")
    return _to(row.key)


@bp.get("/admin/deliveries/stores/<target>")
@requires(Permission.SYSTEM_ADMIN)
def store(target: str) -> ResponseReturnValue:
    return _page(_line(target))


@bp.post("/admin/deliveries/stores/<target>")
@requires(Permission.SYSTEM_ADMIN)
@writes
def change_store(target: str) -> ResponseReturnValue:
    line = _line(target)
    form = StoreForm()
    if not form.validate():
        return _page(line, form=form, status=422)
    try:
        service.change_store(
            target,
            name=form.name.data or "",
            endpoint=form.endpoint.data or "",
            user=form.user.data or "",
            password=form.password.data or "",
            secret_key=current_app.config["SETTINGS"].secret_key,
            by=viewer(),
            at=clock.now(),
        )
    except RuleViolation as refused:
        _tell(form, refused)
        return _page(line, form=form, status=422)
    flash("The store is changed; the worker asks it at once.", "success")
    return _to(target)


@bp.post("/admin/deliveries/stores/<target>/pause")
@requires(Permission.SYSTEM_ADMIN)
@writes
def pause_store(target: str) -> ResponseReturnValue:
    service.pause_store(_line(target).key, by=viewer(), at=clock.now())
    flash("Paused. What happens meanwhile waits here.", "success")
    return _to(target)


@bp.post("/admin/deliveries/stores/<target>/resume")
@requires(Permission.SYSTEM_ADMIN)
@writes
def resume_store(target: str) -> ResponseReturnValue:
    service.resume_store(_line(target).key, by=viewer(), at=clock.now())
    flash("Resumed. The worker goes on in a moment.", "success")
    return _to(target)


@bp.post("/admin/deliveries/stores/<target>/on")
@requires(Permission.SYSTEM_ADMIN)
@writes
def switch_store_on(target: str) -> ResponseReturnValue:
    service.switch_store(_line(target).key, on=True, by=viewer(), at=clock.now())
    flash("Switched on. It is sent what it missed, too.", "success")
    return _to(target)


@bp.post("/admin/deliveries/stores/<target>/off")
@requires(Permission.SYSTEM_ADMIN)
@writes
def switch_store_off(target: str) -> ResponseReturnValue:
    service.switch_store(_line(target).key, on=False, by=viewer(), at=clock.now())
    flash("Switched off. It is sent nothing, and owed nothing new.", "success")
    return _to(target)


@bp.post("/admin/deliveries/stores/<target>/replay")
@requires(Permission.SYSTEM_ADMIN)
@writes
def replay_store(target: str) -> ResponseReturnValue:
    line = _line(target)
    form = ReplayForm()
    if not form.validate() or form.since.data is None:
        return _page(line, replay=form, status=422)
    count = service.replay_store(target, since=_begin(form.since.data), by=viewer(), at=clock.now())
    return _sent_again(line, count)


@bp.post("/admin/deliveries/stores/<target>/refused")
@requires(Permission.SYSTEM_ADMIN)
@writes
def resend_refused(target: str) -> ResponseReturnValue:
    line = _line(target)
    count = service.resend_refused(line.key, by=viewer(), at=clock.now())
    return _sent_again(line, count)


def _sent_again(line: queries.TargetLine, count: int) -> ResponseReturnValue:
    many = f"{count:,} {'statement' if count == 1 else 'statements'}"
    if not count:
        flash("There is nothing to send again.")
    elif not line.is_enabled:
        flash(f"{many} will be sent again once the store is switched on.", "success")
    elif line.paused_at is not None:
        flash(f"{many} will be sent again once the store is resumed.", "success")
    else:
        flash(f"{many} {'is' if count == 1 else 'are'} sent again.", "success")
    return _to(line.key)


def _line(key: str) -> queries.TargetLine:
    found = queries.target(key)
    if found is None:
        raise NotFound
    return found


def _begin(day: date) -> datetime:
    """The first instant of this day where the reader is; of a day before there was anything, of the first one."""
    return clock.end_of_day(max(day, FIRST_DAY) - timedelta(days=1), zone())


def _tell(form: StoreForm, refused: RuleViolation) -> None:
    said = sentence(refused.code, **refused.facts)
    name = FIELDS.get(refused.code)
    if name is None:
        form.form_errors.append(said)
    else:
        getattr(form, name).errors = [said]


def _to(key: str) -> ResponseReturnValue:
    return redirect(url_for(".store", target=key), 303)


def _new(form: NewStoreForm, status: int = 200) -> ResponseReturnValue:
    return render_template("statements/new_store.html", form=form), status


def _page(
    line: queries.TargetLine, *, form: StoreForm | None = None, replay: ReplayForm | None = None, status: int = 200
) -> ResponseReturnValue:
    if form is None and line.origin == ON_PAGE:
        form = StoreForm(formdata=None, data={"name": line.name, "endpoint": line.endpoint, "user": line.username})
    page = render_template(
        "statements/store.html",
        line=line,
        name=named(line),
        is_own=line.origin == ON_PAGE,
        form=form if line.origin == ON_PAGE else None,
        replay=replay or ReplayForm(formdata=None),
        parked=queries.deliveries("parked", target=line.key, limit=20),
    )
    return page, status
