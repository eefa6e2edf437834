"""A chunk's own questions: answered on its page, with what is to be said about the answers."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import NotFound

from lms import clock
from lms.assessment import queries, service
from lms.assessment.blueprint import bp
from lms.learning import loading, questions
from lms.learning import player as player_module
from lms.learning import queries as learning_queries
from lms.learning.pages import Addresses
from lms.learning.queries import AnyEnrollment
from lms.learning.views import places
from lms.policy import attempts, grading, responses, sequencing
from lms.policy.access import Permission
from lms.policy.outline import Chunk, Item
from lms.policy.sequencing import Facts
from lms.web.guards import requires, writes
from lms.web.wording import sentence


@bp.get("/courses/<uuid:enrollment_id>/checks/<module_key>/<step_key>")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
def checked(enrollment: AnyEnrollment, module_key: str, step_key: str) -> ResponseReturnValue:
    """The chunk with the last answers to its questions and what is to be said about them."""
    found = queries.latest_check(enrollment.id, f"{module_key}/{step_key}")
    if found is None:
        return redirect(f"{Addresses(enrollment.id).step(f'{module_key}/{step_key}')}", 303)
    _, sitting = found
    return _check_page(enrollment, module_key, step_key, queries.responses(sitting.attempt.id), has_feedback=True)


@bp.post("/courses/<uuid:enrollment_id>/checks/<module_key>/<step_key>")
@requires(Permission.LEARN, load=loading.enrollment, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def check(enrollment: AnyEnrollment, module_key: str, step_key: str) -> ResponseReturnValue:
    """Answer the questions at the end of a chunk; feedback comes at once, and every try counts as practice."""
    course, _, key = places.located(enrollment, module_key, step_key)
    chunk = course.steps[key][1]
    if not isinstance(chunk, Chunk) or not chunk.items:
        raise NotFound
    raw = questions.of_form(request.form.getlist, chunk.items)
    given, refused = questions.cleaned(chunk.items, raw)
    problems = refused or _unclear(chunk.items, given)
    if problems:
        typed = {**given, **questions.too_long(refused, raw)}
        return _check_page(enrollment, module_key, step_key, typed, problems), 422
    graded = service.answer_check(enrollment, key, given, attempt_id=_client_id(), by=current_user, at=clock.now())
    places.announce(course, graded.opened)
    return redirect(
        url_for(".checked", enrollment_id=enrollment.id, module_key=module_key, step_key=step_key, _anchor="check"),
        303,
    )


def _unclear(items: Sequence[Item], given: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {item.key: code for item in items if (code := responses.problem(item, given.get(item.key, {})))}


def _client_id() -> UUID:
    try:
        return UUID(request.form.get("client_id", ""))
    except ValueError:
        return uuid4()


def _check_page(
    enrollment: AnyEnrollment,
    module_key: str,
    step_key: str,
    answers: Mapping[str, Mapping[str, Any]],
    problems: Mapping[str, str] | None = None,
    *,
    has_feedback: bool = False,
) -> str:
    course, module, key = places.located(enrollment, module_key, step_key)
    chunk = course.steps[key][1]
    if not isinstance(chunk, Chunk):
        raise NotFound
    facts = Facts(learning_queries.done(enrollment.id))
    is_own, at = enrollment.user_id == current_user.id, clock.now()
    access = sequencing.resolve_module(course, facts, module.key, at)
    player = player_module.page(enrollment, course, module, chunk, facts, is_own=is_own, access=access, seen_at=at)
    form = attempts.draw_check(chunk, version_id=str(enrollment.version_id), seed=player.form_seed)
    items = {item.key: item for item in attempts.on_form(form, chunk.items)}
    scores = {key: grading.grade(item, answers.get(key, {})) for key, item in items.items()} if has_feedback else {}
    told = {
        key for key, item in items.items() if attempts.shows_answer(form, item, has_passed=False, is_exhausted=False)
    }
    shown = [
        questions.view(
            number,
            items[one.key],
            one,
            player.markdown,
            answers.get(one.key, {}),
            score=scores.get(one.key) if one.key in told else None,
        )
        for number, one in enumerate(form.items, 1)
    ]
    said = {one: sentence(code, longest=responses.LONGEST_TEXT) for one, code in (problems or {}).items()}
    return render_template(
        "learning/step.html",
        player=player,
        questions=shown,
        client_id=uuid4(),
        checked={"right": sum(score.share == 1 for score in scores.values())} if has_feedback else None,
        errors=said,
        problems=[(q.name, f"Question {q.number}: {said[q.key]}") for q in shown if q.key in said],
    )
