"""One's own account: zone, password, sessions."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.people import directory, login, queries, service
from lms.people.forms import ChangePasswordForm, ZoneForm, told
from lms.people.queries import accommodations
from lms.people.views.blueprint import bp, gate, hasher, own_account
from lms.policy.access import Permission
from lms.web.guards import requires, writes


@bp.get("/account")
@requires(Permission.SIGNED_IN)
def account() -> ResponseReturnValue:
    return _page()


@bp.post("/account")
@requires(Permission.SIGNED_IN)
@writes
def change_zone() -> ResponseReturnValue:
    form = ZoneForm(current=current_user.zone)
    if not form.validate():
        return _page(zone=form, status=422)
    service.set_zone(own_account(), form.zone.data, by=current_user, at=clock.now())
    flash("Saved.", "success")
    return redirect(url_for("people.account"), 303)


@bp.post("/account/password")
@requires(Permission.SIGNED_IN)
@writes
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    if not form.validate():
        return _page(password=form, status=422)
    email = current_user.email
    try:
        attempt = service.begin_sign_in(email, request.remote_addr, gate=gate(), at=clock.now())
    except RuleViolation as refused:
        form.current_password.errors = [told(refused)]
        return _page(password=form, status=429)
    db.session.commit()  # as at sign-in: a wrong guess stays counted
    user = service.recognize(email, form.current_password.data, hasher=hasher(), on=login.today())
    db.session.commit()
    if user is None or user.id != current_user.id:
        form.current_password.errors = [told(RuleViolation("password_wrong"))]
        return _page(password=form, status=422)
    service.finish_sign_in(attempt, user, form.current_password.data, hasher=hasher())
    try:
        service.change_password(user, form.new_password.data, hasher=hasher(), by=current_user, at=clock.now())
    except RuleViolation as refused:
        form.new_password.errors = [told(refused)]
        return _page(password=form, status=422)
    login.begin_session(user)
    flash("Your password is changed. Every other device is signed out.", "success")
    return redirect(url_for("people.account"), 303)


def _page(
    *, zone: ZoneForm | None = None, password: ChangePasswordForm | None = None, status: int = 200
) -> ResponseReturnValue:
    on = login.today()
    line = queries.managers_above(current_user.id, on)
    named = queries.people(line[:1])
    page = render_template(
        "people/account.html",
        zone_form=zone or ZoneForm(current=current_user.zone, formdata=None, data={"zone": current_user.zone}),
        password_form=password or ChangePasswordForm(formdata=None),
        manager=named.get(line[0]) if line else None,
        team=queries.team_of(current_user.id, on),
        more_time=[row for row in accommodations.accommodations(current_user.id) if row.may_end(on)],
        stands_in_for=directory.delegations_to(current_user.id, on),
        today=on,
    )
    return page, status
