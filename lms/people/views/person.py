"""Administration of one person: details, roles, line, team, stand-ins, sign-in, leaving."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.people import directory, login, queries, service
from lms.people.forms import PersonForm, day_from, person_named, told
from lms.people.models import User
from lms.people.queries import accommodations
from lms.people.views.blueprint import bp, load_person, password_link, settings
from lms.policy.access import Permission, Role
from lms.web.guards import requires, writes

FIELD_OF_CODE = {
    "email_invalid": "email",
    "email_taken": "email",
    "key_taken": "external_key",
    "left_before_hired": "hired_on",
    "name_missing": "name",
    "name_unusable": "name",
    "unknown_zone": "zone",
}
TIME_FACTORS = (
    ("125", "A quarter more (125%)"),
    ("150", "Half as much again (150%)"),
    ("200", "Twice as much (200%)"),
    ("other", "Another share of the limit"),
)
NAME_OR_NOBODY = "Either write a name or choose the box below it, not both."
ROLES = (
    (Role.REP, "takes courses, does transfer activities"),
    (Role.MANAGER, "has a queue and a team page, also before anybody reports to them"),
    (Role.ADMIN, "administers people, metrics and deliveries"),
    (Role.AUTHOR, "publishes courses"),
    (Role.FACILITATOR, "scores the answers that no program can score"),
)


@bp.get("/admin/people/<uuid:person_id>")
@requires(Permission.PEOPLE_ADMIN, load=load_person)
def person_admin(user: User) -> ResponseReturnValue:
    return person_page(user)


@bp.post("/admin/people/<uuid:person_id>/details")
@requires(Permission.PEOPLE_ADMIN, load=load_person)
@writes
def change_details(user: User) -> ResponseReturnValue:
    form = PersonForm(current_zone=user.zone)
    if not form.validate():
        return person_page(user, form=form, status=422)
    try:
        service.change_account(
            user,
            name=form.name.data,
            email=form.email.data,
            zone=form.zone.data,
            job_role=form.job_role.data or "",
            external_key=form.external_key.data,
            hired_on=form.hired_on.data,
            by=current_user,
            at=clock.now(),
        )
    except RuleViolation as refused:
        form[FIELD_OF_CODE.get(refused.code, "name")].errors = [told(refused)]
        return person_page(user, form=form, status=422)
    return _done(user, "Saved.")


@bp.post("/admin/people/<uuid:person_id>/roles")
@requires(Permission.PEOPLE_ADMIN, load=load_person)
@writes
def change_role(user: User) -> ResponseReturnValue:
    role = request.form.get("role", "")
    act = service.revoke_role if request.form.get("act") == "revoke" else service.grant_role
    return _try(user, "roles", lambda: act(user, role, by=current_user, at=clock.now()), "Roles are changed.")


@bp.post("/admin/people/<uuid:person_id>/line")
@requires(Permission.PEOPLE_ADMIN, load=load_person)
@writes
def change_line(user: User) -> ResponseReturnValue:
    from_on = day_from(request.form.get("from_on", ""))
    if from_on is None:
        return person_page(user, problems={"line_from": "Choose the day from which it holds."}, status=422)
    named, to_nobody = request.form.get("manager", "").strip(), "reports_to_nobody" in request.form
    # An empty field is what a hurried click sends: only the box takes a manager away.
    if bool(named) == to_nobody:
        said = NAME_OR_NOBODY if named else "Write who the new manager is, or choose “Reports to nobody”."
        return person_page(user, problems={"manager": said}, status=422)

    def change() -> None:
        manager = db.session.get_one(User, person_named(named, login.today()).id) if named else None
        service.set_manager(user, manager, from_on=from_on, by=current_user, at=clock.now())

    return _try(user, "manager", change, "The reporting line is changed.")


@bp.post("/admin/people/<uuid:person_id>/team")
@requires(Permission.PEOPLE_ADMIN, load=load_person)
@writes
def change_team(user: User) -> ResponseReturnValue:
    from_on = day_from(request.form.get("from_on", ""))
    if from_on is None:
        return person_page(user, problems={"team_from": "Choose the day from which it holds."}, status=422)
    name, in_none = " ".join(request.form.get("team", "").split())[:120], "in_no_team" in request.form
    if bool(name) == in_none:
        said = NAME_OR_NOBODY if name else "Write which team is the new one, or choose “In no team”."
        return person_page(user, problems={"team": said}, status=422)

    def change() -> None:
        if name:
            team = service.team_named(name)
            service.join_team(user, team, from_on=from_on, by=current_user, at=clock.now())
        else:
            service.leave_team(user, from_on=from_on, by=current_user, at=clock.now())

    return _try(user, "team", change, "The team is changed.")


@bp.post("/admin/people/<uuid:person_id>/invitation")
@requires(Permission.PEOPLE_ADMIN, load=load_person)
@writes
def invite(user: User) -> ResponseReturnValue:
    return _try(
        user,
        "invite",
        lambda: service.invite(user, link=password_link, company=settings().company, by=current_user, at=clock.now()),
        f"A mail with a link to choose a password is on its way to {user.email}.",
    )


@bp.post("/admin/people/<uuid:person_id>/sign-out")
@requires(Permission.PEOPLE_ADMIN, load=load_person)
@writes
def sign_person_out(user: User) -> ResponseReturnValue:
    service.rotate_session(user, by=current_user, at=clock.now())
    if user.id == current_user.id:
        login.end_session()
        return redirect(url_for("people.sign_in"), 303)
    return _done(user, f"{user.name} is signed out on every device.")


@bp.post("/admin/people/<uuid:person_id>/leaving")
@requires(Permission.PEOPLE_ADMIN, load=load_person)
@writes
def deactivate(user: User) -> ResponseReturnValue:
    left_on = day_from(request.form.get("left_on", ""))
    if left_on is None:
        return person_page(user, problems={"left_on": "Choose the first day on which they are away."}, status=422)
    return _try(
        user,
        "left_on",
        lambda: service.deactivate(user, left_on=left_on, by=current_user, at=clock.now()),
        f"{user.name} leaves on that day.",
    )


@bp.post("/admin/people/<uuid:person_id>/return")
@requires(Permission.PEOPLE_ADMIN, load=load_person)
@writes
def reactivate(user: User) -> ResponseReturnValue:
    return _try(
        user,
        "left_on",
        lambda: service.reactivate(user, by=current_user, at=clock.now()),
        f"{user.name} is back.",
    )


def _try(user: User, element: str, act: Callable[[], object], done: str) -> ResponseReturnValue:
    """Do it and come back to the page; refused, show the page with the sentence where it belongs."""
    try:
        act()
    except RuleViolation as refused:
        said = told(refused)
        db.session.rollback()
        return person_page(db.session.get_one(User, user.id), problems={element: said}, status=422)
    return _done(user, done)


def _done(user: User, said: str) -> ResponseReturnValue:
    flash(said, "success")
    return redirect(url_for("people.person_admin", person_id=user.id), 303)


def person_page(
    user: User, *, form: PersonForm | None = None, problems: dict[str, str] | None = None, status: int = 200
) -> ResponseReturnValue:
    on = login.today()
    page = render_template(
        "people/person.html",
        person=user,
        form=form or PersonForm(obj=user, formdata=None, current_zone=user.zone),
        problems=problems or {},
        typed=request.form,
        roles=ROLES,
        held=queries.roles_of(user.id),
        role_history=directory.role_history(user.id),
        lines=directory.line_history(user.id),
        teams=queries.teams(),
        team_history=directory.team_history(user.id),
        reports=queries.reports(user.id, on),
        delegations=directory.delegations_of(user.id),
        more_time=accommodations.accommodations(user.id),
        time_factors=TIME_FACTORS,
        colleagues=directory.colleagues(user.id, on),
        has_left=user.left_on is not None and user.left_on <= on,
        today=on,
    )
    return page, status
