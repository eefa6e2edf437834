"""Pages of assessment: the start of a test, the attempt, and its result."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flask import Flask, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import NotFound

from lms import clock
from lms.assessment import (
    answers_shown,
    chunk_views,
    entrance,
    queries,
    results,
    scoring_queries,
    service,
    waiting_page,
)
from lms.assessment import seen as seen_before
from lms.assessment.blueprint import bp
from lms.assessment.queries import Sitting
from lms.errors import RuleViolation
from lms.learning import history_queries, loading, pages, questions
from lms.learning import queries as learning_queries
from lms.learning.pages import Addresses
from lms.learning.queries import AnyEnrollment
from lms.learning.views import places
from lms.people import queries as people
from lms.people.queries import accommodations
from lms.policy import attempts, grading, mastery, responses, sequencing
from lms.policy.access import Permission, allows
from lms.policy.attempts import StartState
from lms.policy.items import ItemType, Media
from lms.policy.outline import Assessment, Purpose
from lms.policy.sequencing import Facts
from lms.web import headers
from lms.web.guards import Loaded, actor, requires, takes_recordings, writes
from lms.web.wording import sentence

PAGES = (chunk_views,)  # imported for their routes


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    # Learning stands below and may not import this package: it asks through this hook (docs/decisions/0007).
    learning_queries.scoring_facts = lambda enrollment_id: scoring_queries.facts(enrollment_id, clock.now())
    history_queries.shares[history_queries.SCORING] = scoring_queries.HISTORY_SHARE


def load_attempt(attempt_id: UUID) -> Loaded:
    return _loaded(queries.sitting(attempt_id))


def hold_attempt(attempt_id: UUID, **more: Any) -> Loaded:
    """The attempt, held until the answer is committed: no save slips past a submission."""
    return _loaded(queries.sitting(attempt_id, for_update=True), **more)


def _loaded(found: Sitting | None, **more: Any) -> Loaded:
    return None if found is None else ({"sitting": found, **more}, loading.subject_of(found.enrollment.user_id))


# ------------------------------------------------------------------------------------------------ start


@bp.get("/courses/<uuid:enrollment_id>/assessments/<module_key>/<step_key>")
@requires(Permission.ENROLLMENT_VIEW, load=loading.enrollment)
def start(enrollment: AnyEnrollment, module_key: str, step_key: str) -> ResponseReturnValue:
    """What this test is, what it opens, how many attempts there are, and the way in."""
    course, key = learning_queries.course_of(enrollment), f"{module_key}/{step_key}"
    module, assessment = _assessment(enrollment, key)
    at = clock.now()
    facts = Facts(learning_queries.done(enrollment.id))
    way_in = entrance.entrance(enrollment, course, key, facts, at)
    access = way_in.access
    rows = queries.attempts_of(enrollment.id, key)
    if access.is_locked and not rows and assessment.purpose is not Purpose.DELAYED:
        return places.locked_page(enrollment, course, module, key)
    granted = queries.grants(enrollment.id, key)
    before = seen_before.sat_before(enrollment, key) if sequencing.is_optional(assessment) else None
    begin = queries.start_of(assessment, rows, granted, at, before)
    is_own = enrollment.user_id == current_user.id
    subject = loading.subject_of(enrollment.user_id)
    return render_template(
        "assessment/start.html",
        enrollment=enrollment,
        course=course,
        module=module,
        step_key=key,
        assessment=assessment,
        intro=pages.renderer(enrollment, course, module).block(assessment.intro) if assessment.intro else "",
        rows=rows,
        start=begin,
        is_closed=access.code in entrance.OWN_WORDS or enrollment.state not in {"active", "satisfied"},
        check=way_in.check,
        minutes=_minutes_for(enrollment, assessment, at),
        why_not=_why_not(begin, access),
        by_person=sum(item.is_scored_by_person for item in assessment.items),
        may_test_out=sequencing.may_test_out(module, facts.done, assessment.purpose),
        right_to_test_out=mastery.right_to_test_out(assessment.asked),
        grants=granted,
        is_own=is_own,
        is_optional=sequencing.is_optional(assessment),
        is_warm_up=key not in course.steps and assessment.purpose is Purpose.FORMATIVE,
        skip_href=_first_chunk(enrollment, module_key, facts),
        learner=None if is_own else people.person(enrollment.user_id),
        may_grant=not is_own and begin.state is StartState.EXHAUSTED and allows(actor(), Permission.ENROLL, subject),
        trail=Addresses(enrollment.id).trail,
    )


def _why_not(begin: attempts.Start, access: sequencing.Access) -> str:
    if access.code in entrance.OWN_WORDS:
        return sentence(access.code, **access.facts)
    if not begin.code:
        return ""
    return sentence(begin.code, allowed=begin.allowed, opens_at=begin.opens_at)


def _minutes_for(enrollment: AnyEnrollment, assessment: Assessment, at: datetime) -> int | None:
    """The time limit of this person, in minutes; None without one."""
    if assessment.minutes is None:
        return None
    percent = accommodations.time_percent(enrollment.user_id, at)
    return -(-assessment.minutes * percent // 100)


def _first_chunk(enrollment: AnyEnrollment, module_key: str, facts: Facts) -> str:
    """Where one begins the module without its pre-test."""
    course = learning_queries.course_of(enrollment)
    module = course.module_by_key[module_key]
    to = Addresses(enrollment.id)
    for one in module.steps:
        key = module.step_key(one)
        if not (isinstance(one, Assessment) and one.is_beside) and key not in facts.done:
            return to.of(one, key)
    return to.trail


def _assessment(enrollment: AnyEnrollment, key: str) -> Any:
    try:
        return queries.assessment_at(learning_queries.course_of(enrollment), key)
    except RuleViolation as refusal:
        raise NotFound from refusal


@bp.post("/courses/<uuid:enrollment_id>/assessments/<module_key>/<step_key>")
@requires(Permission.LEARN, load=loading.enrollment, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def issue(enrollment: AnyEnrollment, module_key: str, step_key: str) -> ResponseReturnValue:
    """Begin an attempt, or go back into the open one."""
    key = f"{module_key}/{step_key}"
    _assessment(enrollment, key)
    attempt = service.issue(enrollment, key, by=current_user, at=clock.now())
    return redirect(url_for(".attempt", attempt_id=attempt.id), 303)


@bp.post("/courses/<uuid:enrollment_id>/assessments/<module_key>/<step_key>/grant")
@requires(Permission.ENROLL, load=loading.enrollment, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def grant(enrollment: AnyEnrollment, module_key: str, step_key: str) -> ResponseReturnValue:
    """One more attempt, after the manager and the rep have talked."""
    key = f"{module_key}/{step_key}"
    _assessment(enrollment, key)
    service.grant_attempt(enrollment, key, by=current_user, at=clock.now(), reason=request.form.get("reason", ""))
    flash("One more attempt is unlocked. It can be started at once.", "success")
    return redirect(url_for(".start", enrollment_id=enrollment.id, module_key=module_key, step_key=step_key), 303)


# ---------------------------------------------------------------------------------------------- attempt


@bp.get("/attempts/<uuid:attempt_id>")
@requires(Permission.LEARN, load=load_attempt, seen_with=Permission.ENROLLMENT_VIEW)
def attempt(sitting: Sitting) -> ResponseReturnValue:
    """The form, with what was saved; once it is over, its result."""
    if sitting.attempt.state != "open" or attempts.is_over(sitting.attempt.deadline_at, clock.now()):
        return redirect(url_for(".result", attempt_id=sitting.attempt.id), 303)
    return _may_record(sitting, _attempt_page(sitting, queries.responses(sitting.attempt.id), {}))


def _may_record(sitting: Sitting, page: str) -> Response:
    """The page with leave to use the microphone, and the camera, if it asks for a recording of that kind."""
    response = make_response(page)
    media = answers_shown.records(sitting.items)
    if media:
        allowed = headers.MAY_HEAR_AND_SEE if Media.VIDEO in media else headers.MAY_HEAR
        response.headers["Permissions-Policy"] = allowed
    return response


def _attempt_page(
    sitting: Sitting, answers: Mapping[str, Mapping[str, Any]], problems: Mapping[str, str], *, asks: bool = False
) -> str:
    module, _ = sitting.place
    rendered = pages.renderer(sitting.enrollment, sitting.course, module)
    checked = queries.checked(sitting)
    shown = [
        questions.view(
            number,
            item,
            on_form,
            rendered,
            answers.get(item.key, {}),
            score=grading.grade(item, answers.get(item.key, {})) if item.key in checked else None,
        )
        for number, (item, on_form) in enumerate(zip(sitting.items, sitting.form.items, strict=True), 1)
    ]
    said = {
        item.key: sentence(problems[item.key], longest=responses.longest(item), most=answers_shown.store().most_mb)
        for item in sitting.items
        if item.key in problems
    }
    return render_template(
        "assessment/attempt.html",
        sitting=sitting,
        module=module,
        course=sitting.course,
        questions=shown,
        recorders=answers_shown.recorders(sitting, answers),
        errors=said,
        asks=asks,
        checkable={item.key for item in sitting.items if attempts.shows_at_once(sitting.form, item)} - checked,
        problems=[(q.name, f"Question {q.number}: {said[q.key]}") for q in shown if q.key in said],
    )


@bp.post("/attempts/<uuid:attempt_id>/answers")
@requires(Permission.LEARN, load=hold_attempt, seen_with=Permission.ENROLLMENT_VIEW)
@writes
@takes_recordings
def answer(sitting: Sitting) -> ResponseReturnValue:
    """Save: one answer ({client_id, item, response}), the fields of the page as it is typed, or the form itself."""
    at = clock.now()
    if not request.is_json:
        raw, given, kept, refused = _taken(sitting, at)
        if refused:
            # The other answers are saved all the same, so this page answers below 400.
            page = _attempt_page(sitting, {**kept, **given, **questions.too_long(refused, raw)}, refused)
            return _may_record(sitting, page)
        said = request.args.get("said", "")  # a reply in a conversation: back to where it goes on
        if not said:
            flash("Your answers are saved.", "success")
        return redirect(url_for(".attempt", attempt_id=sitting.attempt.id, _anchor=said or None), 303)
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise RuleViolation("response_malformed")
    was = _save_sent(sitting, sent, at)
    return {"lock_version": sent.get("lock_version", 0), "saved_at": at.isoformat(), "was": was}


def _taken(sitting: Sitting, at: datetime) -> tuple[questions.Raw, questions.Raw, questions.Raw, dict[str, str]]:
    """Keep what the form holds: as it came in, as it was understood, what stands now, and what could not be kept."""
    raw = questions.of_form(request.form.getlist, sitting.items)
    given, refused = questions.cleaned(sitting.items, raw)
    files = _keep_files(sitting, at, refused)
    given = {key: response for key, response in given.items() if key not in files}
    kept = service.save_answers(sitting, questions.touched(request.form.getlist, given), at=at)
    return raw, {**given, **files}, kept, refused


def _keep_files(sitting: Sitting, at: datetime, refused: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Recordings that were chosen as files: the way of a browser without a script."""
    found: dict[str, dict[str, Any]] = {}
    for item in sitting.items:
        file = request.files.get(f"f-{item.key}")
        if item.type is not ItemType.RECORDING or file is None or not file.filename:
            continue
        try:
            take = service.keep_recording(sitting, item.key, file.stream, answers_shown.store(), at=at)
            found[item.key] = {"file": str(take.id)}
        except RuleViolation as refusal:
            if not refusal.code.startswith("recording_"):
                raise
            refused[item.key] = refusal.code
    return found


def _save_sent(sitting: Sitting, sent: Mapping[str, Any], at: datetime) -> dict[str, str]:
    """Keep what a script sent. Returns what the page begins with from now on, for each question that was changed."""
    if "item" in sent:
        raw = sent.get("response")
        if not isinstance(raw, dict):
            raise RuleViolation("response_malformed")
        service.save_answer(sitting, str(sent["item"]), raw, client_id=str(sent.get("client_id") or uuid4().hex), at=at)
        return {}
    fields = sent.get("fields")
    if not isinstance(fields, dict):
        raise RuleViolation("response_malformed")
    given, refused = questions.cleaned(sitting.items, questions.of_json(fields, sitting.items))
    if refused:
        item = next(item for item in sitting.items if item.key in refused)
        raise RuleViolation(refused[item.key], longest=responses.longest(item))
    changed = questions.touched(_texts(fields), given)
    kept = service.save_answers(sitting, changed, at=at)
    return {key: questions.fingerprint(kept.get(key, {})) for key in changed}


def _texts(fields: Mapping[str, Any]) -> questions.Values:
    def values(name: str) -> Sequence[str]:
        value = fields.get(name)
        return [value] if isinstance(value, str) else []

    return values


@bp.post("/attempts/<uuid:attempt_id>/questions/<item_key>/check")
@requires(Permission.LEARN, load=hold_attempt, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def check_answer(sitting: Sitting, item_key: str) -> ResponseReturnValue:
    """Check one answer where the test shows reasons at once; from then on it counts as it is."""
    at = clock.now()
    raw = questions.of_form(request.form.getlist, sitting.items)
    given, refused = questions.cleaned(sitting.items, raw)
    kept = service.save_answers(sitting, questions.touched(request.form.getlist, given), at=at)
    item = next((one for one in sitting.items if one.key == item_key), None)
    problem = refused.get(item_key) or (responses.problem(item, kept.get(item_key, {})) if item is not None else None)
    if problem:
        # The other answers are saved all the same, so this page answers below 400.
        typed = {**kept, **given, **questions.too_long(refused, raw)}
        return _attempt_page(sitting, typed, {**refused, item_key: problem})
    service.check_answer(sitting, item_key, at=at)
    return redirect(url_for(".attempt", attempt_id=sitting.attempt.id, _anchor=f"q-{item_key}"), 303)


@bp.post("/attempts/<uuid:attempt_id>/submission")
@requires(Permission.LEARN, load=load_attempt, seen_with=Permission.ENROLLMENT_VIEW)
@writes
@takes_recordings
def submit(sitting: Sitting) -> ResponseReturnValue:
    """Hand in. Unanswered questions are asked about once; a second click, or coming late, gets the one verdict."""
    at = clock.now()
    sitting = service.held(sitting)
    if sitting.attempt.state == "open" and not attempts.is_over(sitting.attempt.deadline_at, at):
        raw, given, kept, refused = _taken(sitting, at)
        unclear = refused or {
            item.key: code for item in sitting.items if (code := responses.problem(item, kept.get(item.key, {})))
        }
        if refused or (unclear and request.form.get("sure") != "yes"):
            # What was answered is saved all the same, so this page answers below 400.
            shown = {**kept, **given, **questions.too_long(refused, raw)}
            return _may_record(sitting, _attempt_page(sitting, shown, unclear, asks=not refused))
    graded = service.submit(sitting, at=at)
    if graded.is_new:
        places.announce(sitting.course, graded.opened)
    return redirect(url_for(".result", attempt_id=sitting.attempt.id), 303)


@bp.get("/attempts/<uuid:attempt_id>/result")
@requires(Permission.ENROLLMENT_VIEW, load=load_attempt)
def result(sitting: Sitting) -> ResponseReturnValue:
    """The verdict, how each objective went, and as much feedback as the policy gives now."""
    if sitting.attempt.state == "awaiting_review":
        return waiting_page.page(sitting)
    shown = results.result(sitting, clock.now(), may_hear=waiting_page.may_hear(sitting))
    if shown is None:
        if attempts.is_over(sitting.attempt.deadline_at, clock.now()):
            return render_template("assessment/closing.html", sitting=sitting, course=sitting.course)
        if sitting.enrollment.user_id == current_user.id:
            return redirect(url_for(".attempt", attempt_id=sitting.attempt.id), 303)
        return redirect(Addresses(sitting.enrollment.id).trail, 303)
    is_own = sitting.enrollment.user_id == current_user.id
    return render_template(
        "assessment/result.html",
        result=shown,
        sitting=sitting,
        is_own=is_own,
        learner=None if is_own else people.person(sitting.enrollment.user_id),
    )
