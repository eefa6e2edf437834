"""Administration: the list of people."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.errors import RuleViolation
from lms.people import directory as reads
from lms.people import login, queries, service
from lms.people.forms import PersonForm, told
from lms.people.views.blueprint import bp, settings
from lms.people.views.person import FIELD_OF_CODE
from lms.policy.access import Permission
from lms.web.guards import requires, writes
from lms.web.input import bounded

STATES = (("here", "Here now"), ("no_password", "No password yet"), ("left", "Left"), ("all", "All"))


@bp.get("/admin/people")
@requires(Permission.PEOPLE_ADMIN)
def directory() -> ResponseReturnValue:
    search = request.args.get("search", "").strip()[:100]
    state = request.args.get("state", "here")
    team = _team_asked()
    page = reads.directory(
        login.today(),
        search=search,
        team_id=team,
        state=state if state in dict(STATES) else "here",
        page=request.args.get("page", 1, type=bounded),
    )

    def at_page(number: int) -> str | None:
        if not 1 <= number <= page.pages:
            return None
        return url_for(
            "people.directory", search=search or None, team=team, state=state, page=number if number > 1 else None
        )

    return render_template(
        "people/directory.html",
        page=page,
        search=search,
        state=state,
        states=STATES,
        team=team,
        team_choices=[("", "All teams"), *((one.id, one.name) for one in queries.teams())],
        next_page=at_page(page.page + 1),
        previous_page=at_page(page.page - 1),
    )


@bp.get("/admin/people/new")
@requires(Permission.PEOPLE_ADMIN)
def new_person() -> ResponseReturnValue:
    return _new_page(PersonForm(current_zone=settings().zone, data={"zone": settings().zone}))


@bp.post("/admin/people/new")
@requires(Permission.PEOPLE_ADMIN)
@writes
def add_person() -> ResponseReturnValue:
    form = PersonForm(current_zone=settings().zone)
    if not form.validate():
        return _new_page(form, status=422)
    try:
        user = service.create_person(
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
        return _new_page(form, status=422)
    return redirect(url_for("people.person_admin", person_id=user.id), 303)


def _new_page(form: PersonForm, *, status: int = 200) -> ResponseReturnValue:
    return render_template("people/new_person.html", form=form), status


def _team_asked() -> UUID | None:
    try:
        return UUID(request.args.get("team", ""))
    except ValueError:
        return None
