"""More time in tests: given and ended on a person's administration page."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.people import login, service
from lms.people.forms import day_from, told
from lms.people.models import Accommodation, User
from lms.people.views.blueprint import bp, load_person
from lms.people.views.person import person_page
from lms.policy.access import Permission, Subject
from lms.web.guards import requires, writes
from lms.web.input import bounded

FIELD_OF_CODE = {
    "accommodation_out_of_range": "time_percent",
    "accommodation_ends_before_start": "time_until",
    "accommodation_without_reason": "time_reason",
}


def load_accommodation(accommodation_id: UUID) -> tuple[dict[str, Any], Subject] | None:
    row = db.session.get(Accommodation, accommodation_id)
    return None if row is None else ({"accommodation": row}, Subject(row.user_id))


@bp.post("/admin/people/<uuid:person_id>/time")
@requires(Permission.PEOPLE_ADMIN, load=load_person)
@writes
def give_time(user: User) -> ResponseReturnValue:
    starts_on, until = day_from(request.form.get("from_on", "")), request.form.get("until", "").strip()
    ends_on = day_from(until) if until else None
    if starts_on is None:
        return person_page(user, problems={"time_from": "Choose the day from which it holds."}, status=422)
    if until and ends_on is None:
        return person_page(user, problems={"time_until": "Choose a day, or leave it empty."}, status=422)
    chosen = request.form.get("factor", "")
    percent = request.form.get("time_percent" if chosen == "other" else "factor", 0, type=bounded)
    try:
        service.give_time(
            user,
            time_percent=percent,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=request.form.get("reason", ""),
            by=current_user,
            at=clock.now(),
        )
    except RuleViolation as refused:
        return person_page(user, problems={FIELD_OF_CODE[refused.code]: told(refused)}, status=422)
    flash(f"From the next test on, {user.name} has {percent} percent of the time.", "success")
    return redirect(url_for("people.person_admin", person_id=user.id, _anchor="time-title"), 303)


@bp.post("/admin/accommodations/<uuid:accommodation_id>/end")
@requires(Permission.PEOPLE_ADMIN, load=load_accommodation)
@writes
def end_time(accommodation: Accommodation) -> ResponseReturnValue:
    service.end_time(accommodation, on=login.today(), by=current_user, at=clock.now())
    flash("The additional time is ended. A test that runs keeps the time it began with.", "success")
    return redirect(url_for("people.person_admin", person_id=accommodation.user_id, _anchor="time-title"), 303)
