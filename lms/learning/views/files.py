"""A module on paper, and the pictures and recordings of a course."""

from flask import Response, make_response, render_template, request
from flask_login import current_user
from werkzeug.exceptions import NotFound

from lms import clock
from lms.catalog import markdown
from lms.catalog import queries as catalog
from lms.learning import loading, pages, queries
from lms.learning.pages import Addresses
from lms.learning.queries import AnyEnrollment
from lms.learning.views.blueprint import bp
from lms.policy import sequencing
from lms.policy.access import Permission
from lms.policy.outline import Chunk
from lms.policy.sequencing import Facts
from lms.web.authored import keep_from_running
from lms.web.guards import requires

FOR_A_YEAR = 31_536_000


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
    response.cache_control.max_age = FOR_A_YEAR if is_pinned else 0
    response.cache_control.immutable = is_pinned
    keep_from_running(response)
    # Safari plays nothing that it cannot ask for in pieces.
    if size:
        response.make_conditional(request, accept_ranges=True, complete_length=size)
    return response
