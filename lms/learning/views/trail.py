"""The trail of one course, and the way back into it."""

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.learning import history_queries, loading, pages, queries, standings
from lms.learning import trail as trails
from lms.learning.history_queries import OpeningRow
from lms.learning.pages import Addresses
from lms.learning.pause_queries import pause_of
from lms.learning.queries import AnyEnrollment
from lms.learning.views.blueprint import bp
from lms.people import queries as people
from lms.policy import module_states, sequencing
from lms.policy.access import Permission
from lms.policy.sequencing import Facts
from lms.web.guards import requires


@bp.get("/courses/<uuid:enrollment_id>")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
def trail(enrollment: AnyEnrollment) -> str:
    is_taken = enrollment.user_id == current_user.id == enrollment.assigned_by_id and enrollment.state == "active"
    may_stop = is_taken and not queries.has_sat_test(enrollment)
    facts, openings = history_queries.history(enrollment.id, clock.now())
    return render_template(
        "learning/trail.html",
        is_taken=is_taken,
        may_stop=may_stop,
        has_begun=bool(facts.done),
        **_trail(enrollment, facts, openings),
    )


@bp.get("/courses/<uuid:enrollment_id>/trail")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
def trail_part(enrollment: AnyEnrollment) -> ResponseReturnValue:
    """The trail alone, for a page that keeps itself current: 204 while nothing has changed."""
    facts, openings = history_queries.history(enrollment.id, clock.now())
    if request.args.get("seen") == _mark_of(enrollment, facts):
        return "", 204
    return render_template("learning/_trail.html", **_trail(enrollment, facts, openings))


def _mark_of(enrollment: AnyEnrollment, facts: Facts) -> str:
    """What a page has seen, in a few letters: other facts, other letters."""
    checks = [(key, fact.number, fact.state, fact.due) for key, fact in sorted(facts.checks.items())]
    moved = [(key, fact.status, fact.waiting_on, fact.is_shown, fact.since) for key, fact in facts.transfer.items()]
    scored = [(key, fact.waiting_on, fact.since) for key, fact in facts.scoring.items()]
    said = repr((enrollment.state, sorted(facts.done), sorted(moved), sorted(scored), checks))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _trail(enrollment: AnyEnrollment, facts: Facts, openings: Mapping[str, OpeningRow]) -> dict[str, Any]:
    course = queries.course_of(enrollment)
    at = clock.now()
    stand = sequencing.standing(course, facts.done)
    access = sequencing.resolve(course, facts, at, stand)
    way = trails.Trail(
        enrollment.version_id,
        course,
        facts,
        access,
        module_states.module_states(course, facts, stand),
        openings,
        sequencing.next_step(course, access),
        Addresses(trails.ANY_ENROLLMENT),
    )
    is_own = enrollment.user_id == current_user.id
    learner = None if is_own else people.person(enrollment.user_id)
    zone = current_user.zone if learner is None else learner.zone
    to = Addresses(enrollment.id)
    next_one = pages.next_action(course, facts, access, to)
    checks = standings.lines(course, facts, clock.local_day(at, zone), to)
    return {
        "enrollment": enrollment,
        "course": course,
        "modules": trails.drawn(way, enrollment.id),
        "complete": way.complete,
        "pause": pause_of(enrollment.id) if enrollment.state == "paused" else None,
        "next": next_one if enrollment.state == "active" else None,
        "learner": learner,
        "is_own": is_own,
        "checks": checks,
        "due": [line for line in checks if line.href],
        "seen": _mark_of(enrollment, facts),
    }


@bp.get("/courses/<uuid:enrollment_id>/resume", endpoint="resume")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
def resume_course(enrollment: AnyEnrollment) -> ResponseReturnValue:
    """Back to where the learner left, if that is still the thing to do; otherwise to the next thing."""
    course = queries.course_of(enrollment)
    facts = queries.facts(enrollment.id)
    access = sequencing.resolve(course, facts, clock.now())
    to = Addresses(enrollment.id)
    key = enrollment.bookmark
    if key is None or key not in access or not access[key].is_open:
        key = sequencing.next_step(course, access)
    return redirect(to.of(course.steps[key][1], key) if key else to.trail, 303)
