"""What a home page opens with for somebody with nothing to decide: what stays undecided below, or the running of it."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select

from lms.dashboard import chart as charts
from lms.dashboard.chart import Chart, Waiting
from lms.dashboard.queries import COUNTED_STATES
from lms.dashboard.today import NextThing
from lms.db import db
from lms.learning.models import Enrollment
from lms.people.models import ReportingLine, RoleGrant, User
from lms.people.queries import PersonRow, here


def overdue_below(top: UUID | None, viewer_id: UUID, on: date, at: datetime) -> NextThing | None:
    """The team below in which the oldest overdue request waits; two statements. `top` None: the whole company."""
    chart = charts.chart_below(top, on)
    waiting = charts.waiting_by_manager(chart, on) if chart.people else {}
    found = _late_teams(chart, top, viewer_id, waiting)
    if top is None and len(found) == 1:
        # One person heads the company: say which of the teams below, unless it waits on that person.
        head = found[0][2].id
        if waiting.get(head, charts.NOTHING).late is None:
            found = _late_teams(chart, head, viewer_id, waiting) or found
    if not found:
        return None
    *_, person, sums, leads_others = min(found, key=lambda one: one[:2])
    decisions = f"{sums.count} decision{'' if sums.count == 1 else 's'} wait{'s' if sums.count == 1 else ''}"
    days = (at - (sums.oldest or at)).days
    how_long = f"{days} day" + ("" if days == 1 else "s")
    whose = f"{person.name}’" if person.name.endswith("s") else f"{person.name}’s"
    others = len(found) - 1
    why = "longer than the days there are for a decision"
    if others:
        why += f"; in {others} other team{'' if others == 1 else 's'} some wait too long as well"
    return NextThing(
        f"{decisions} in {whose} team{'s' if leads_others else ''}"
        + (f", the oldest {how_long}" if sums.count > 1 else f", for {how_long}"),
        why,
        "See where",
        "dashboard.team",
        {"of": person.id},
    )


def _late_teams(
    chart: Chart, top: UUID | None, viewer_id: UUID, waiting: Mapping[UUID | None, Waiting]
) -> list[tuple[datetime, str, PersonRow, Waiting, bool]]:
    """Managers right below `top` with something overdue in their teams; the last: whether they lead managers."""
    found = []
    for person in chart.reports(top):
        if person.id in chart.managers and person.id != viewer_id:
            under = chart.under(person.id)
            sums = sum((waiting[key] for key in under if key in waiting), charts.NOTHING)
            if sums.late is not None:
                leads_others = any(key in chart.managers for key in under if key != person.id)
                found.append((sums.late, person.name, person, sums, leads_others))
    return found


def admin_next(on: date) -> NextThing | None:
    """Reps whom nobody would decide about, else reps who have nothing to learn; at most two statements."""
    has_manager = exists().where(
        ReportingLine.user_id == User.id,
        ReportingLine.starts_on <= on,
        (ReportingLine.ends_on.is_(None)) | (ReportingLine.ends_on > on),
    )
    count, first = _reps(on, ~has_manager)
    if first is not None:
        why = "nobody in the line decides about their worksheets: it falls to the admins"
        title = f"{first[1]} has no manager" if count == 1 else f"{count} reps have no manager"
        return NextThing(title, why, f"Open {first[1]}", "people.person_admin", {"person_id": first[0]})
    count, first = reps_without_course(on)
    if first is not None:
        title = f"{first[1]} has no course" if count == 1 else f"{count} reps have no course"
        why = "their page is empty until one is assigned"
        return NextThing(title, why, f"Open {first[1]}", "dashboard.person", {"person_id": first[0]})
    return None


def reps_without_course(on: date) -> tuple[int, tuple[UUID, str] | None]:
    """How many, and the first by name."""
    has_course = exists().where(Enrollment.user_id == User.id, Enrollment.state.in_(COUNTED_STATES))
    return _reps(on, ~has_course)


def _reps(on: date, wanted: ColumnElement[bool]) -> tuple[int, tuple[UUID, str] | None]:
    """How many reps who are here, and the first by name."""
    is_rep = exists().where(RoleGrant.user_id == User.id, RoleGrant.role == "rep", RoleGrant.revoked_on.is_(None))
    row = db.session.execute(
        select(func.count().over(), User.id, User.name)
        .where(here(on), is_rep, wanted)
        .order_by(func.lower(User.name), User.id)
        .limit(1)
    ).first()
    return (row[0], (row[1], row[2])) if row else (0, None)
