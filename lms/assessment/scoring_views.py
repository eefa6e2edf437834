"""Pages of scoring by a person: the answer beside the rubric, the decision, and the recordings that are scored."""

from collections.abc import Mapping
from datetime import UTC
from fractions import Fraction
from uuid import UUID

from flask import Blueprint, Flask, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import NotFound

from lms import clock
from lms.assessment import answers_shown, queries, scoring_queries, service, waiting_queries
from lms.assessment.models import Recording
from lms.assessment.queries import Sitting
from lms.assessment.service import Marks
from lms.assessment.views import hold_attempt
from lms.errors import RuleViolation
from lms.learning import questions
from lms.learning.views import places
from lms.people import queries as people
from lms.policy import grading, recordings
from lms.policy.access import Permission, Role, Subject, allows
from lms.policy.items import Item
from lms.policy.rubric import LONGEST_COMMENT
from lms.web.guards import Loaded, actor, requires, takes_recordings, writes
from lms.web.input import bounded
from lms.web.wording import sentence

bp = Blueprint("scoring", __name__, template_folder="templates")
# What can be put right in the form that was sent, or is no use sending again.
REFUSED_ON_THE_PAGE = frozenset({"score_takes_pass_back", "score_repair_lowers", "score_unchanged"})
# A recording is nobody's page: nothing in it runs, nothing of it is shown in place of ours.
RECORDING_POLICY = "default-src 'none'; media-src 'self'; sandbox"


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


def subject_of(sitting: Sitting) -> Subject:
    """Also who is below the learner, where a facilitator asks: nobody scores their own manager."""
    facilitates = True if Role.FACILITATOR in actor().roles else None
    learner_id = sitting.enrollment.user_id
    return waiting_queries.subject(sitting.attempt.id, learner_id, clock.now(), with_below=facilitates)


def load_scoring(attempt_id: UUID) -> Loaded:
    found = queries.sitting(attempt_id)
    return None if found is None else ({"sitting": found}, subject_of(found))


def load_recording(attempt_id: UUID, recording_id: UUID) -> Loaded:
    take = scoring_queries.recording(recording_id)
    found = queries.sitting(attempt_id)
    if take is None or found is None or take.attempt_id != attempt_id:
        return None
    owner_id = found.enrollment.user_id
    return {"take": take}, Subject(owner_id) if owner_id == current_user.id else subject_of(found)


def hold_for_recording(attempt_id: UUID, item_key: str) -> Loaded:
    loaded = hold_attempt(attempt_id)
    return None if loaded is None else ({**loaded[0], "item_key": item_key}, loaded[1])


# ---------------------------------------------------------------------------------------------- scoring


@bp.get("/attempts/<uuid:attempt_id>/scoring")
@requires(Permission.ATTEMPT_SCORE, load=load_scoring, seen_with=Permission.ENROLLMENT_VIEW)
def score(sitting: Sitting) -> ResponseReturnValue:
    """Each answer beside what good looks like; once it is scored, what was decided and by whom."""
    if sitting.attempt.state == "open":
        raise NotFound  # what is not handed in yet is nobody else's to read
    return _page(sitting, {}, {})


@bp.post("/attempts/<uuid:attempt_id>/scoring")
@requires(Permission.ATTEMPT_SCORE, load=load_scoring, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def decide(sitting: Sitting) -> ResponseReturnValue:
    """Keep the levels and give the verdict. A level that is missing is asked for, with everything that was typed."""
    waiting = grading.needs_person(sitting.items, queries.responses(sitting.attempt.id))
    problems = _problems(waiting)
    reason = request.form.get("reason", "")
    if _stands_in(sitting) and not reason.strip():
        problems["reason"] = sentence("score_needs_reason")
    if problems and sitting.attempt.state == "awaiting_review":
        return _page(sitting, request.form, problems), 422
    scored = service.score_attempt(
        sitting, {item.key: _marks(item) for item in waiting}, by=current_user, at=clock.now(), reason=reason
    )
    if scored.is_new:
        flash("Scored. The learner can see it now, and is told by mail.", "success")
        places.announce(sitting.course, scored.opened)
    return redirect(url_for(".score", attempt_id=sitting.attempt.id), 303)


@bp.get("/attempts/<uuid:attempt_id>/scoring/revision")
@requires(Permission.ATTEMPT_SCORE, load=load_scoring, seen_with=Permission.ENROLLMENT_VIEW)
def revision(sitting: Sitting) -> ResponseReturnValue:
    """The score that stands, to be looked at again by who may."""
    service.is_correction(sitting, by=current_user, at=clock.now())  # refuses who may not
    return _page(sitting, {}, {}, is_revision=True)


@bp.post("/attempts/<uuid:attempt_id>/scoring/revision")
@requires(Permission.ATTEMPT_SCORE, load=load_scoring, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def revise(sitting: Sitting) -> ResponseReturnValue:
    """Keep other levels beside the ones before; what the verdict may not become is said on the page."""
    waiting = grading.needs_person(sitting.items, queries.responses(sitting.attempt.id))
    problems, reason = _problems(waiting), request.form.get("reason", "")
    if not reason.strip():
        problems["reason"] = sentence("revision_needs_reason")
    if problems:
        return _page(sitting, request.form, problems, is_revision=True), 422
    try:
        revised = service.revise_score(
            sitting,
            {item.key: _marks(item) for item in waiting},
            seen=request.form.get("seen", 0, type=bounded),
            reason=reason,
            by=current_user,
            at=clock.now(),
        )
    except RuleViolation as refused:
        if refused.code not in REFUSED_ON_THE_PAGE:
            raise
        return _page(sitting, request.form, {"reason": sentence(refused.code)}, is_revision=True), 422
    if revised.is_new:
        flash("Kept. The learner can see it now, and is told by mail.", "success")
        places.announce(sitting.course, revised.opened)
    return redirect(url_for(".score", attempt_id=sitting.attempt.id), 303)


def _may_revise(sitting: Sitting) -> bool:
    try:
        service.is_correction(sitting, by=current_user, at=clock.now())
    except RuleViolation:
        return False
    return True


def _stands_in(sitting: Sitting) -> bool:
    return waiting_queries.stands_in(sitting.attempt.id, sitting.enrollment.user_id, current_user.id, clock.now())


def _marks(item: Item) -> Marks:
    criteria = item.rubric.criteria if item.rubric else ()
    return Marks(
        {one.key: request.form.get(f"level.{item.key}.{one.key}", "") for one in criteria},
        {one.key: request.form.get(f"comment.{item.key}.{one.key}", "") for one in criteria},
    )


def _problems(waiting: tuple[Item, ...]) -> dict[str, str]:
    """What is missing, by the name of its control."""
    found = {}
    for item in waiting:
        for one in item.rubric.criteria if item.rubric else ():
            level, comment = f"level.{item.key}.{one.key}", f"comment.{item.key}.{one.key}"
            if request.form.get(level) not in {str(number) for number in range(1, len(one.levels) + 1)}:
                found[level] = sentence("score_level_missing", criterion=one.title)
            if len(request.form.get(comment, "").strip()) > LONGEST_COMMENT:
                found[comment] = sentence("score_comment_too_long", longest=LONGEST_COMMENT)
    return found


def _page(sitting: Sitting, sent: Mapping[str, str], problems: Mapping[str, str], *, is_revision: bool = False) -> str:
    """`is_revision`: the form again, with what stands, until something else was sent."""
    answers = queries.responses(sitting.attempt.id)
    history = scoring_queries.scorings(sitting.attempt.id)
    scoring = history[-1] if history else None
    if is_revision and scoring is not None and not sent:
        sent = {
            f"{part[:-1]}.{key}.{criterion}": str(said)
            for key, marked in scoring.marks.items()
            for part in ("levels", "comments")
            for criterion, said in marked[part].items()
        }
    shown = answers_shown.scored_answers(sitting, answers, scoring, may_hear=True)
    rows = queries.attempts_of(sitting.enrollment.id, sitting.attempt.step_key)
    possible = sum(item.points for item in sitting.items)
    by_key = [item for item in sitting.items if item.key not in {one.key for one in shown}]
    subject = subject_of(sitting)
    return render_template(
        "assessment/score.html",
        sitting=sitting,
        course=sitting.course,
        module=sitting.place[0],
        learner=people.person(sitting.enrollment.user_id),
        answers=shown,
        scoring=scoring,
        history=history,
        is_revision=is_revision,
        seen=sent.get("seen") or (scoring.number if scoring else 0),
        corrects=is_revision and service.is_correction(sitting, by=current_user, at=clock.now()),
        may_revise=scoring is not None and not is_revision and _may_revise(sitting),
        grade=next((row.grade for row in rows if row.id == sitting.attempt.id), None),
        sent=sent,
        problems=problems,
        summary=[
            (name, f"Question {one.number}: {problems[name]}")
            for one in shown
            for row in one.criteria
            for part in ("level", "comment")
            if (name := f"{part}.{one.key}.{row.criterion.key}") in problems
        ]
        + [(name, words) for name, words in problems.items() if name == "reason"],
        stands_in=scoring is None and _stands_in(sitting),
        by_key=len(by_key),
        by_key_earned=sum(
            (grading.grade(item, answers.get(item.key, {})).share * item.points for item in by_key), Fraction(0)
        ),
        by_key_possible=sum(item.points for item in by_key),
        needed=Fraction(sitting.form.threshold_bp * possible, grading.FULL_BP),
        possible=possible,
        is_gate=sitting.form.purpose == "post",
        longest=LONGEST_COMMENT,
        may_see_result=allows(actor(), Permission.ENROLLMENT_VIEW, subject),
        has_queue=allows(actor(), Permission.QUEUE_VIEW),
    )


# ------------------------------------------------------------------------------------------- recordings


@bp.post("/attempts/<uuid:attempt_id>/recordings/<item_key>")
@requires(Permission.LEARN, load=hold_for_recording, seen_with=Permission.ENROLLMENT_VIEW)
@writes
@takes_recordings
def send(sitting: Sitting, item_key: str) -> ResponseReturnValue:
    """A take, from the recorder of the page: kept as the answer, in place of the one before."""
    file = request.files.get("recording")
    if file is None:
        return {"code": "recording_empty", "message": sentence("recording_empty")}, 422
    take = service.keep_recording(sitting, item_key, file.stream, answers_shown.store(), at=clock.now())
    return {
        "id": str(take.id),
        "href": url_for(".recording", attempt_id=sitting.attempt.id, recording_id=take.id),
        "is_video": take.media_type.startswith("video/"),
        "was": questions.fingerprint({"file": str(take.id)}),
    }


@bp.get("/attempts/<uuid:attempt_id>/recordings/<uuid:recording_id>")
@requires(Permission.RECORDING_HEAR, load=load_recording)
def recording(take: Recording) -> Response:
    """The bytes, in pieces where a player asks so; only for the learner and for who scores them."""
    path = answers_shown.store().path(take.sha256)
    if not path.is_file():
        raise NotFound
    response = send_file(
        path,
        mimetype=take.media_type,
        as_attachment=True,  # opened by itself it is saved, never shown as a page; players do not mind
        download_name=f"recording-{take.kept_at.astimezone(UTC):%Y-%m-%d}{recordings.SUFFIX[take.media_type]}",
        conditional=True,
        etag=take.sha256,
    )
    response.cache_control.private = True
    response.cache_control.no_cache = None
    response.cache_control.max_age = 0
    response.headers["Content-Security-Policy"] = RECORDING_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
