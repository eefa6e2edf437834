"""The player: one chunk a page, and what a learner sends from there."""

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import NotFound

from lms import clock
from lms.errors import RuleViolation
from lms.learning import loading, queries, service
from lms.learning import player as player_module
from lms.learning.pages import Addresses
from lms.learning.queries import AnyEnrollment
from lms.learning.views.blueprint import bp
from lms.learning.views.places import announce, check_form, located, locked_page
from lms.policy import sequencing
from lms.policy.access import Permission
from lms.policy.outline import Assessment, Chunk, Transfer
from lms.policy.sequencing import Facts
from lms.web import resume
from lms.web.guards import requires, writes


@bp.get("/courses/<uuid:enrollment_id>/steps/<module_key>/<step_key>")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
def step(enrollment: AnyEnrollment, module_key: str, step_key: str) -> ResponseReturnValue:
    """One chunk; an assessment or a transfer activity has a page of its own."""
    course, module, key = located(enrollment, module_key, step_key)
    found = course.steps[key][1]
    if isinstance(found, Assessment | Transfer):
        return redirect(Addresses(enrollment.id).of(found, key), 303)
    facts, at = Facts(queries.done_by_anybody(enrollment.id)), clock.now()
    access = sequencing.resolve_module(course, facts, module.key, at)
    if access[key].is_locked:
        return locked_page(enrollment, course, module, key)
    is_own = enrollment.user_id == current_user.id
    player = player_module.page(enrollment, course, module, found, facts, is_own=is_own, access=access, seen_at=at)
    return render_template("learning/step.html", player=player, **check_form(player))


@bp.post("/courses/<uuid:enrollment_id>/steps/<module_key>/<step_key>/done")
@requires(Permission.LEARN, load=loading.enrollment, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def complete(enrollment: AnyEnrollment, module_key: str, step_key: str) -> ResponseReturnValue:
    """“Done, next” on a chunk without questions; one with questions is done by answering them."""
    course, _, key = located(enrollment, module_key, step_key)
    chunk = course.steps[key][1]
    if not isinstance(chunk, Chunk):
        raise NotFound
    if chunk.items:
        raise RuleViolation("check_first", title=chunk.title)
    at = clock.now()
    opened = service.complete_step(enrollment, key, how="read", by=current_user, at=at)
    announce(course, opened)
    to = Addresses(enrollment.id)
    keys = list(course.steps)
    following = keys[keys.index(key) + 1 :][:1]
    if opened.is_satisfied or not following:
        return redirect(to.trail, 303)
    return redirect(to.of(course.steps[following[0]][1], following[0]), 303)


@bp.post("/courses/<uuid:enrollment_id>/bookmark")
@requires(Permission.LEARN, load=loading.enrollment, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def bookmark(enrollment: AnyEnrollment) -> ResponseReturnValue:
    """Remember the page a learner is on; sent by the page itself."""
    sent = request.get_json(silent=True) if request.is_json else request.form
    key = sent.get("step") if isinstance(sent, dict) else None
    service.bookmark(enrollment, key if isinstance(key, str) else "")
    if resume.wants_json():
        return {"step": key}
    return redirect(Addresses(enrollment.id).step(key or ""), 303)
