"""Sign-in, sign-out, forgotten passwords."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.people import login, service
from lms.people.forms import ForgotForm, NewPasswordForm, told
from lms.people.views.blueprint import bp, gate, hasher, own_account, password_link, settings
from lms.policy.access import Permission
from lms.web import resume
from lms.web.guards import public, requires, writes


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@writes
def sign_in() -> ResponseReturnValue:
    if request.method != "POST":
        if current_user.is_authenticated:
            following = request.args.get("next")
            home = url_for("dashboard.today")
            return redirect(following if following and resume.is_own_path(following) else home, 303)
        return _sign_in_page()
    email, password = request.form.get("email", "").strip(), request.form.get("password", "")
    if not email or not password:
        return _sign_in_page("Write your email address and your password.", status=422)
    try:
        attempt = service.begin_sign_in(email, request.remote_addr, gate=gate(), at=clock.now())
    except RuleViolation as refused:
        return _limited(refused)
    db.session.commit()  # a failed try must stay counted, and hashing takes too long to hold a lock
    user = service.recognize(email, password, hasher=hasher(), on=login.today())
    db.session.commit()  # ends the reading, so that on SQLite the writing below begins afresh
    if user is None:
        return _sign_in_page(
            "Email and password do not fit together. Check both; capital letters count in the password.",
            status=422,
        )
    service.finish_sign_in(attempt, user, password, hasher=hasher())
    login.begin_session(user)
    return resume.after_sign_in(url_for("dashboard.today"))


@bp.post("/sign-out")
@public  # signing out twice, or after the session ended, is no error
@writes
def sign_out() -> ResponseReturnValue:
    login.end_session()
    flash("You are signed out.")
    return redirect(url_for("people.sign_in"), 303)


@bp.post("/account/sign-out-everywhere")
@requires(Permission.SIGNED_IN)
@writes
def sign_out_everywhere() -> ResponseReturnValue:
    service.rotate_session(own_account(), by=current_user, at=clock.now())
    login.end_session()
    flash("You are signed out on every device.")
    return redirect(url_for("people.sign_in"), 303)


@bp.get("/forgot")
@public
def forgot() -> ResponseReturnValue:
    return render_template("people/forgot.html", form=ForgotForm(), is_sent=False)


@bp.post("/forgot")
@public
@writes
def ask_reset() -> ResponseReturnValue:
    form = ForgotForm()
    if not form.validate():
        return render_template("people/forgot.html", form=form, is_sent=False), 422
    try:
        service.request_reset(
            form.email.data,
            request.remote_addr,
            gate=gate(),
            link=password_link,
            company=settings().company,
            at=clock.now(),
        )
    except RuleViolation as refused:
        form.email.errors = [told(refused)]
        return render_template("people/forgot.html", form=form, is_sent=False), 429
    return redirect(url_for("people.reset_sent"), 303)


@bp.get("/forgot/sent")
@public
def reset_sent() -> ResponseReturnValue:
    """The same for every email, so that nobody learns who has an account."""
    return render_template("people/forgot.html", form=ForgotForm(), is_sent=True)


@bp.get("/reset/<token>")
@public
def reset(token: str) -> ResponseReturnValue:
    if service.user_of_reset(token, at=clock.now()) is None:
        return _link_over()
    return _reset_page(token, NewPasswordForm())


@bp.post("/reset/<token>")
@public
@writes
def choose_password(token: str) -> ResponseReturnValue:
    form = NewPasswordForm()
    user = service.user_of_reset(token, at=clock.now())
    if user is None:
        return _link_over()
    if not form.validate():
        return _reset_page(token, form, status=422)
    try:
        service.reset_password(token, form.password.data, hasher=hasher(), at=clock.now())
    except RuleViolation as refused:
        if refused.code == "reset_link_over":
            return _link_over()
        form.password.errors = [told(refused)]
        return _reset_page(token, form, status=422)
    login.end_session()
    flash("Your new password is set. Sign in with it.", "success")
    return redirect(url_for("people.sign_in"), 303)


def _sign_in_page(problem: str | None = None, *, status: int = 200) -> ResponseReturnValue:
    page = render_template("people/sign_in.html", email=request.form.get("email", ""), problem=problem)
    return page, status


def _limited(refused: RuleViolation) -> ResponseReturnValue:
    until = refused.facts["until"]
    page = make_response(_sign_in_page(told(refused), status=429))
    page.headers["Retry-After"] = str(max(1, round((until - clock.now()).total_seconds())))  # type: ignore[operator]
    return page


def _reset_page(token: str, form: NewPasswordForm, *, status: int = 200) -> ResponseReturnValue:
    page = make_response(render_template("people/reset.html", form=form, token=token), status)
    # The address is a key: no page that is opened from here may learn it.
    page.headers["Referrer-Policy"] = "no-referrer"
    page.headers["Cache-Control"] = "no-store"
    return page


def _link_over() -> ResponseReturnValue:
    return render_template("people/reset_over.html"), 410
