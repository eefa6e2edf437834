"""Observing in the field, phone-first: did it, how well, or no chance to show it."""

from uuid import uuid4

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from lms import clock
from lms.policy.access import Permission
from lms.transfer import forms, queries, service
from lms.transfer.models import Observation
from lms.transfer.views import loading
from lms.transfer.views.blueprint import REVIEW, bp
from lms.transfer.views.loading import Work
from lms.transfer.words import MODES
from lms.web.guards import requires, writes

MODE_KEYS = frozenset(key for key, _ in MODES)


@bp.get(REVIEW + "/observations/new")
@requires(Permission.TRANSFER_OBSERVE, load=loading.review, seen_with=Permission.TRANSFER_VIEW)
def observe(work: Work) -> str:
    return _page(work, {"client_id": uuid4().hex}, {})


def _page(work: Work, sent: object, problems: dict[str, str]) -> str:
    return render_template(
        "transfer/observe.html",
        work=work,
        activity=work.activity,
        rubric=work.definition.field_rubric,
        sent=sent,
        problems=problems,
        modes=MODES,
        today=clock.local_day(clock.now(), current_user.zone),
        earlier=queries.observations(work.activity.id),
        needs_reason=queries.capacity_of(work.activity, current_user.id, clock.now()) == "stand_in",
    )


@bp.post(REVIEW + "/observations/new")
@requires(Permission.TRANSFER_OBSERVE, load=loading.review, seen_with=Permission.TRANSFER_VIEW)
@writes
def record_observation(work: Work) -> Response | tuple[str, int]:
    """Keep what was seen; the same form sent twice is one observation."""
    read = forms.Read()
    scores, read.problems = forms.scores(work.definition.field_rubric, request.form)
    seen_on = read.day(request.form, "observed_on", "the day")
    minutes = read.integer(request.form, "minutes", "the minutes", 1, 600)
    mode = request.form.get("mode", "")
    if mode not in MODE_KEYS:
        read.problems["mode"] = "Say how you observed."
    if seen_on and seen_on > clock.local_day(clock.now(), current_user.zone):
        read.problems["observed_on"] = "That day lies in the future."
    reason = request.form.get("reason", "").strip()[:2000]
    if not reason and queries.capacity_of(work.activity, current_user.id, clock.now()) == "stand_in":
        read.problems["reason"] = "You observe in place of the manager: say why."
    if read.problems:
        return _page(work, request.form, read.problems), 422
    service.observe(
        work.activity,
        client_id=request.form.get("client_id", "")[:64] or uuid4().hex,
        observed_on=seen_on,
        mode=mode,
        minutes=minutes,
        scores=scores,
        strength=request.form.get("strength", "").strip()[:2000],
        next_step=request.form.get("next_step", "").strip()[:2000],
        by=current_user,
        at=clock.now(),
        reason=reason,
    )
    flash(f"Kept. {work.first} sees what you saw.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.get("/observations/<uuid:observation_id>")
@requires(Permission.TRANSFER_VIEW, load=loading.observation)
def observation(work: Work, observation: Observation) -> str:
    observer = loading.names({observation.observer_id}).get(observation.observer_id, "")
    return render_template(
        "transfer/observation.html",
        work=work,
        observation=observation,
        observer=observer,
        rubric=work.definition.field_rubric,
        modes=dict(MODES),
    )
