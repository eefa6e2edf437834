"""A manager names who decides while they are away."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.people import directory, login, service
from lms.people.forms import DelegateForm, person_named, told
from lms.people.models import Delegation, User
from lms.people.views.blueprint import bp, own_account
from lms.policy.access import Permission, Subject
from lms.web.guards import requires, writes
from lms.web.spoken import joined


@bp.get("/delegates")
@requires(Permission.DELEGATE)
def delegates() -> ResponseReturnValue:
    return _page(DelegateForm(data={"starts_on": login.today()}))


@bp.post("/delegates")
@requires(Permission.DELEGATE)
@writes
def name_delegate() -> ResponseReturnValue:
    form = DelegateForm()
    if not form.validate():
        return _page(form, status=422)
    try:
        if form.ends_on.data < login.today():
            form.ends_on.errors = ["This day is over."]
            return _page(form, status=422)
        to = db.session.get_one(User, person_named(form.who.data, login.today()).id)
        service.delegate(
            own_account(),
            to,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            reason=form.reason.data,
            by=current_user,
            at=clock.now(),
        )
    except RuleViolation as refused:
        field = form.ends_on if refused.code.startswith("delegation_") else form.who
        field.errors = [told(refused)]
        return _page(form, status=422)
    flash(f"{to.name} decides in your place on these days.{_besides(to, form)}", "success")
    return redirect(url_for("people.delegates"), 303)


def _besides(to: User, form: DelegateForm) -> str:
    """Who else decides on some of these days: allowed, but to be known."""
    others = {
        row.delegate
        for row in directory.delegations_of(current_user.id)
        if row.delegate_id != to.id and row.starts_on <= form.ends_on.data and row.ends_on >= form.starts_on.data
    }
    if not others:
        return ""
    return f" So does {joined(sorted(others))} on some of them: what the first of you decides stays decided."


def _own_delegation(delegation_id: UUID) -> tuple[dict[str, Any], Subject] | None:
    """One's own, or anybody's for an admin (from the person's page)."""
    found = directory.delegation(delegation_id)
    if found is None or (found.manager_id != current_user.id and "admin" not in current_user.roles):
        return None
    return {"delegation": found}, Subject(found.manager_id)


@bp.post("/delegates/<uuid:delegation_id>/end")
@requires(Permission.DELEGATE, load=_own_delegation)
@writes
def end_delegation(delegation: Delegation) -> ResponseReturnValue:
    manager_id = delegation.manager_id
    service.end_delegation(delegation, on=login.today(), by=current_user, at=clock.now())
    flash("The delegation is ended.", "success")
    if manager_id != current_user.id:
        return redirect(url_for("people.person_admin", person_id=manager_id), 303)
    return redirect(url_for("people.delegates"), 303)


def _page(form: DelegateForm, *, status: int = 200) -> ResponseReturnValue:
    on = login.today()
    page = render_template(
        "people/delegates.html",
        form=form,
        delegations=directory.delegations_of(current_user.id),
        stands_in_for=directory.delegations_to(current_user.id, on),
        colleagues=directory.colleagues(current_user.id, on),
        today=on,
    )
    return page, status
