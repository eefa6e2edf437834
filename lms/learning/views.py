"""Pages of learning: my courses, the trail of one, the player, and what a learner sends from there."""

import hashlib
from functools import partial
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, Flask, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import Forbidden, NotFound

from lms import clock
from lms.catalog import markdown
from lms.catalog import queries as catalog
from lms.errors import RuleViolation
from lms.learning import loading, pages, queries, questions, service
from lms.learning import player as player_module
from lms.learning.forms import EnrollForm
from lms.learning.pages import Addresses
from lms.learning.queries import AnyEnrollment
from lms.people import queries as people
from lms.people.queries import PersonRow
from lms.policy import attempts, sequencing
from lms.policy.access import Permission, allows
from lms.policy.outline import Assessment, Chunk, Course, Module, Transfer
from lms.policy.sequencing import Facts
from lms.web import resume
from lms.web.guards import actor, requires, writes
from lms.web.wording import sentence

bp = Blueprint("learning", __name__, template_folder="templates")

ASSET_POLICY = "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; img-src 'self'; sandbox"
FOR_A_YEAR = 31_536_000


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


# ------------------------------------------------------------------------------------------- my courses


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
            facts = Facts(facts.done, queries.transfers(row.id))
        to = Addresses(row.id)
        access = sequencing.resolve(course, facts, at)
        cards.append(
            {
                "row": row,
                "course": course,
                "states": sequencing.module_states(course, facts),
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


# ------------------------------------------------------------------------------------------------ trail


@bp.get("/courses/<uuid:enrollment_id>")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
def trail(enrollment: AnyEnrollment) -> str:
    is_taken = enrollment.user_id == current_user.id == enrollment.assigned_by_id and enrollment.state == "active"
    may_stop = is_taken and not queries.has_sat_test(enrollment)
    facts = queries.facts(enrollment.id)
    return render_template(
        "learning/trail.html",
        is_taken=is_taken,
        may_stop=may_stop,
        has_begun=bool(facts.done),
        **_trail(enrollment, facts),
    )


@bp.get("/courses/<uuid:enrollment_id>/trail")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
def trail_part(enrollment: AnyEnrollment) -> ResponseReturnValue:
    """The trail alone, for a page that keeps itself current: 204 while nothing has changed."""
    facts = queries.facts(enrollment.id)
    if request.args.get("seen") == _mark_of(enrollment, facts):
        return "", 204
    return render_template("learning/_trail.html", **_trail(enrollment, facts))


def _mark_of(enrollment: AnyEnrollment, facts: Facts) -> str:
    """What a page has seen, in a few letters: other facts, other letters."""
    said = repr((enrollment.state, sorted(facts.done), sorted(facts.transfer.items(), key=itemgetter(0))))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _trail(enrollment: AnyEnrollment, facts: Facts) -> dict[str, Any]:
    course = queries.course_of(enrollment)
    access = sequencing.resolve(course, facts, clock.now())
    to = Addresses(enrollment.id)
    current = sequencing.next_step(course, access)
    rows = pages.module_rows(course, facts, access, queries.openings(enrollment.id), to, current)
    is_own = enrollment.user_id == current_user.id
    return {
        "enrollment": enrollment,
        "course": course,
        "modules": rows,
        "far_module": partial(pages.far_module, enrollment.version_id),
        "complete": sum(row.state.access.is_done for row in rows),
        "next": pages.next_action(course, facts, access, to) if enrollment.state == "active" else None,
        "learner": None if is_own else people.person(enrollment.user_id),
        "is_own": is_own,
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


# ----------------------------------------------------------------------------------------------- player


@bp.get("/courses/<uuid:enrollment_id>/steps/<module_key>/<step_key>")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
def step(enrollment: AnyEnrollment, module_key: str, step_key: str) -> ResponseReturnValue:
    """One chunk; an assessment or a transfer activity has a page of its own."""
    course, module, key = located(enrollment, module_key, step_key)
    found = course.steps[key][1]
    if isinstance(found, Assessment | Transfer):
        return redirect(Addresses(enrollment.id).of(found, key), 303)
    facts, at = Facts(queries.done_by_anybody(enrollment.id)), clock.now()
    if sequencing.resolve_module(course, facts, module.key, at)[key].is_locked:
        return locked_page(enrollment, course, module, key)
    is_own = enrollment.user_id == current_user.id
    player = player_module.page(enrollment, course, module, found, facts, is_own=is_own, seen_at=at)
    return render_template("learning/step.html", player=player, **check_form(player))


def located(enrollment: AnyEnrollment, module_key: str, step_key: str) -> tuple[Course, Module, str]:
    """The course, the module and the full key of a step named by an address; 404 when there is none."""
    course = queries.course_of(enrollment)
    key = f"{module_key}/{step_key}"
    if key not in course.steps:
        raise NotFound
    return course, course.steps[key][0], key


def locked_page(enrollment: AnyEnrollment, course: Course, module: Module, key: str) -> tuple[str, int]:
    """A lock is an explanation: the content is refused, the reason is not. 403 for programs, readable for people."""
    facts = queries.facts(enrollment.id)
    access = sequencing.resolve_module(course, facts, module.key, clock.now())[key]
    lock = pages.lock_view(course, access, Addresses(enrollment.id))
    page = render_template(
        "learning/locked.html",
        enrollment=enrollment,
        course=course,
        module=module,
        step=course.steps[key][1],
        lock=lock,
        way=Addresses(enrollment.id),
    )
    return page, 403


def check_form(player: player_module.Player) -> dict[str, Any]:
    """A chunk's questions, unanswered."""
    form = attempts.draw_check(player.chunk, version_id=str(player.enrollment.version_id), seed=player.form_seed)
    items = {item.key: item for item in attempts.on_form(form, player.chunk.items)}
    return {
        "questions": [
            questions.unanswered(number, items[shown.key], shown, player.markdown, disabled=not player.is_own)
            for number, shown in enumerate(form.items, 1)
        ],
        "client_id": uuid4(),
        "is_drawn": True,
        "checked": None,
        "problems": [],
    }


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


def announce(course: Course, opened: service.Opened) -> None:
    """Say what an act opened, on the page that follows."""
    for module_key in opened.modules:
        flash(f"Open now: “{course.module_by_key[module_key].title}”.", "success")
    if opened.is_satisfied:
        flash(f"You completed “{course.title}”.", "success")


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


# ------------------------------------------------------------------------------------- print and assets


@bp.get("/courses/<uuid:enrollment_id>/print/<module_key>")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
def print_module(enrollment: AnyEnrollment, module_key: str) -> str:
    """Every chunk of a module that is open or done, on one page, with its key points first."""
    course = queries.course_of(enrollment)
    module = course.module_by_key.get(module_key)
    if module is None:
        raise NotFound
    facts = Facts(queries.done(enrollment.id))
    access = sequencing.resolve_module(course, facts, module.key, clock.now())
    rendered = pages.renderer(enrollment, course, module)
    chunks = [chunk for chunk in module.steps if isinstance(chunk, Chunk)]
    shown = [chunk for chunk in chunks if not access[module.step_key(chunk)].is_locked]
    points = [(chunk, text) for chunk in shown if (text := markdown.key_points(chunk.body))]
    return render_template(
        "learning/print.html",
        enrollment=enrollment,
        course=course,
        module=module,
        chunks=[(chunk, rendered.block(chunk.body, 3, f"print-{chunk.key}")) for chunk in shown],
        recap=[(chunk, rendered.block(text, 4, f"recap-{chunk.key}")) for chunk, text in points],
        left_out=len(chunks) - len(shown),
        printed_at=clock.now(),
        way=Addresses(enrollment.id),
    )


@bp.get("/courses/<uuid:enrollment_id>/assets/<path:path>")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
def asset(enrollment: AnyEnrollment, path: str) -> Response:
    """A picture, a recording or its captions: only for who may see this enrollment, and never as a page of ours."""
    course = queries.course_of(enrollment)
    digest = course.assets.get(path)
    if digest is None:
        raise NotFound
    if enrollment.user_id == current_user.id:
        facts = Facts(queries.done_by_anybody(enrollment.id))
        if pages.is_shut(course, facts, path, clock.now()):
            raise NotFound
    # An address that names the bytes never changes its meaning; a bare one is asked about again each time.
    is_pinned = request.args.get("v") == digest[:12]
    if request.if_none_match.contains(digest):
        response = make_response("", 304)
        size = 0
    else:
        found = catalog.asset(enrollment.version_id, path)
        if found is None:
            raise NotFound
        response, size = make_response(found.data), len(found.data)
        response.headers["Content-Type"] = found.media_type
    response.set_etag(digest)
    response.cache_control.private = True
    response.cache_control.max_age = FOR_A_YEAR if is_pinned else 0
    response.cache_control.immutable = is_pinned
    response.headers["Content-Security-Policy"] = ASSET_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Safari plays nothing that it cannot ask for in pieces.
    if size:
        response.make_conditional(request, accept_ranges=True, complete_length=size)
    return response
