"""My courses, taking one, assigning and ending one."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import Forbidden, NotFound

from lms import clock
from lms.catalog import queries as catalog
from lms.errors import RuleViolation
from lms.learning import loading, pages, queries, service
from lms.learning.forms import EnrollForm
from lms.learning.pages import Addresses
from lms.learning.queries import AnyEnrollment
from lms.learning.views.blueprint import bp
from lms.people.queries import PersonRow
from lms.policy import module_states, sequencing
from lms.policy.access import Permission, allows
from lms.policy.outline import Course
from lms.policy.sequencing import Facts
from lms.web.guards import actor, requires, writes
from lms.web.wording import sentence


@bp.get("/courses")
@requires(Permission.SIGNED_IN)
def courses() -> str:
    """What I take, with one next thing each, and what else there is."""
    at = clock.now()
    mine = queries.enrollments([current_user.id])
    done = queries.facts_of_many(row.id for row in mine)
    cards = []
    for row in mine:
        if row.state in {"withdrawn", "closed_unfinished"}:
            continue
        course = catalog.course(row.version_id)
        facts = done[row.id]
        if row.state in {"active", "satisfied"}:  # a confirmation may be taken back after the course was satisfied
            facts = Facts(facts.done, queries.transfers(row.id), queries.scorings(row.id))
        to = Addresses(row.id)
        access = sequencing.resolve(course, facts, at)
        cards.append(
            {
                "row": row,
                "course": course,
                "states": module_states.module_states(course, facts),
                "next": pages.next_action(course, facts, access, to) if row.state == "active" else None,
                "href": to.trail,
            }
        )
    # What was ended may be taken again.
    taken = {row.line_id for row in mine if row.state not in {"withdrawn", "closed_unfinished"}}
    return render_template("learning/courses.html", cards=cards, offered=_offered(taken))


def _offered(taken: set[UUID]) -> list[tuple[Any, Course]]:
    return [
        (version, catalog.course(version.id))
        for version in catalog.latest_versions()
        if version.line_id not in taken
        and service.may_take(version.edition, manages_people=current_user.manages_people, roles=current_user.roles)
    ]


@bp.post("/courses/take/<uuid:line_id>")
@requires(Permission.SIGNED_IN)
@writes
def take(line_id: UUID) -> ResponseReturnValue:
    """Enroll myself in the newest version of a course."""
    line = catalog.line(line_id)
    version = catalog.latest_version(line.key) if line is not None else None
    if version is None or not service.may_take(
        version.edition, manages_people=current_user.manages_people, roles=current_user.roles
    ):
        raise NotFound
    for row in queries.open_enrollments(current_user.id):
        if row.line_id == line_id:  # a second click, or a second tab
            return redirect(url_for(".trail", enrollment_id=row.id), 303)
    enrollment = service.enroll(current_user.id, version, by=current_user, at=clock.now())
    return redirect(url_for(".trail", enrollment_id=enrollment.id), 303)


@bp.get("/people/<uuid:person_id>/enrollments")
@requires(Permission.ENROLL, load=loading.person, seen_with=Permission.PERSON_VIEW)
def enrollments(person: PersonRow) -> str:
    """Assign a course to somebody, and what they have already."""
    return _enrollments_page(person, EnrollForm())


@bp.post("/people/<uuid:person_id>/enrollments")
@requires(Permission.ENROLL, load=loading.person, seen_with=Permission.PERSON_VIEW)
@writes
def enroll(person: PersonRow) -> ResponseReturnValue:
    form = EnrollForm()
    form.offer(catalog.latest_versions())
    if not form.validate_on_submit():
        return _enrollments_page(person, form), 422
    version = catalog.version(UUID(form.version.data))
    if version is None:
        raise NotFound
    try:
        service.enroll(person.id, version, by=current_user, at=clock.now(), due_on=form.due_on.data)
    except RuleViolation as refusal:
        form.version.errors = [sentence(refusal.code, **refusal.facts)]
        return _enrollments_page(person, form), 422
    flash(f"{person.name} is enrolled in “{version.title}”.", "success")
    return redirect(url_for(".enrollments", person_id=person.id), 303)


def _enrollments_page(person: PersonRow, form: EnrollForm) -> str:
    form.offer(catalog.latest_versions())
    return render_template("learning/enrollments.html", person=person, form=form, rows=queries.enrollments([person.id]))


@bp.post("/courses/<uuid:enrollment_id>/withdrawal")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
@writes
def withdraw(enrollment: AnyEnrollment) -> ResponseReturnValue:
    """By who may assign; the learner only what they took themselves."""
    reason = request.form.get("reason", "")
    if enrollment.user_id == current_user.id:
        if enrollment.assigned_by_id != current_user.id:
            raise RuleViolation("withdraw_assigned")
        reason = reason or "Taken back by the learner"
        way = url_for(".courses")
    elif allows(actor(), Permission.ENROLL, loading.subject_of(enrollment.user_id)):
        way = url_for(".enrollments", person_id=enrollment.user_id)
    else:  # a delegate sees the course and decides about worksheets, but assigns nothing
        raise Forbidden
    service.withdraw(enrollment, reason=reason, by=current_user, at=clock.now())
    flash(f"“{queries.course_of(enrollment).title}” was ended. What was done stays on record.", "success")
    return redirect(way, 303)


@bp.post("/courses/<uuid:enrollment_id>/reopening")
@requires(Permission.ENROLL, load=loading.enrollment, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def reopen(enrollment: AnyEnrollment) -> ResponseReturnValue:
    """Let somebody who is back go on where a closed course stood."""
    service.reopen(enrollment, reason=request.form.get("reason", ""), by=current_user, at=clock.now())
    flash(f"“{queries.course_of(enrollment).title}” goes on where it stood.", "success")
    return redirect(url_for(".enrollments", person_id=enrollment.user_id), 303)


@bp.post("/courses/<uuid:enrollment_id>/pause")
@requires(Permission.ENROLL, load=loading.enrollment, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def pause(enrollment: AnyEnrollment) -> ResponseReturnValue:
    """Somebody is away: the course rests, and is not overdue because of it."""
    service.pause(enrollment, reason=request.form.get("reason", ""), by=current_user, at=clock.now())
    flash(f"“{queries.course_of(enrollment).title}” is paused. Nothing is overdue meanwhile.", "success")
    return redirect(url_for(".enrollments", person_id=enrollment.user_id), 303)


@bp.post("/courses/<uuid:enrollment_id>/pause/end")
@requires(Permission.ENROLL, load=loading.enrollment, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def end_pause(enrollment: AnyEnrollment) -> ResponseReturnValue:
    service.resume(enrollment, by=current_user, at=clock.now())
    flash(f"“{queries.course_of(enrollment).title}” goes on where it stood.", "success")
    return redirect(url_for(".enrollments", person_id=enrollment.user_id), 303)
