"""Administration: the list of people."""

from datetime import timedelta
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.errors import RuleViolation
from lms.people import directory as reads
from lms.people import login, queries, service
from lms.people.forms import PersonForm, told
from lms.people.views.blueprint import bp, password_link, settings
from lms.people.views.person import FIELD_OF_CODE
from lms.policy.access import Permission
from lms.web.formats import plural
from lms.web.guards import requires, writes
from lms.web.input import bounded

# One request sends so many at most: each is a row and a mail, and on SQLite everybody else waits meanwhile.
MOST_INVITED = 200
INVITED_LATELY = timedelta(days=1)
STATES = (("here", "Here now"), ("no_password", "No password yet"), ("left", "Left"), ("all", "All"))


@bp.get("/admin/people")
@requires(Permission.PEOPLE_ADMIN)
def directory() -> ResponseReturnValue:
    search = request.args.get("search", "").strip()[:100]
    state = request.args.get("state", "here")
    team = _team(request.args.get("team", ""))
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
        most_invited=MOST_INVITED,
        states=STATES,
        team=team,
        team_choices=[("", "All teams"), *((one.id, one.name) for one in queries.teams())],
        next_page=at_page(page.page + 1),
        previous_page=at_page(page.page - 1),
    )


@bp.post("/admin/people/invitations")
@requires(Permission.PEOPLE_ADMIN)
@writes
def invite_all() -> ResponseReturnValue:
    """A link to choose a password for everybody on the list who has none; sent twice, the second finds nobody."""
    search, team, at = request.form.get("search", "").strip()[:100], _team(request.form.get("team", "")), clock.now()
    people, total = reads.to_invite(
        login.today(), search=search, team_id=team, asked_before=at - INVITED_LATELY, limit=MOST_INVITED
    )
    for user in people:
        service.invite(user, link=password_link, company=settings().company, by=current_user, at=at)
    if not people:
        flash("Nobody is left to invite: everybody on this list got a link within the last day.", "information")
    else:
        left = total - len(people)
        more = (
            f" {plural(left, 'person is', 'people are')} left; send the next {min(left, MOST_INVITED)} when you like."
        )
        flash(
            f"A link to choose a password is on its way to {plural(len(people), 'person', 'people')}."
            + (more if left else ""),
            "success",
        )
    return redirect(url_for("people.directory", state="no_password", search=search or None, team=team), 303)


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


def _team(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
