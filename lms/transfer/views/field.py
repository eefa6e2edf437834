"""Observing in the field, phone-first: did it, how well, or no chance to show it."""

from collections.abc import Mapping
from uuid import uuid4

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from lms import clock
from lms.policy.access import Permission
from lms.policy.transfer import Capacity, Move, has_seen, may_have_observed
from lms.transfer import forms, queries, service
from lms.transfer.models import Observation
from lms.transfer.views import loading
from lms.transfer.views.blueprint import REVIEW, bp
from lms.transfer.views.loading import Begun
from lms.transfer.views.reviewing import given_reason, latest_day, may_show_again, need_reason
from lms.transfer.words import MODES
from lms.web.guards import requires, writes

MODE_KEYS = frozenset(key for key, _ in MODES)


@bp.get(REVIEW + "/observations/new")
@requires(Permission.TRANSFER_OBSERVE, load=loading.review, seen_with=Permission.TRANSFER_VIEW)
def observe(work: Begun) -> str:
    return _page(work, {"client_id": uuid4().hex}, {})


def _page(work: Begun, sent: Mapping[str, str], problems: Mapping[str, str]) -> str:
    preparation = queries.preparation(work.activity, current_user.id)
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
        blocked=preparation.blocks,
        edition_line_id=preparation.edition_line_id,
        needs_reason=queries.capacity_of(work.activity, current_user.id, clock.now()) is Capacity.STAND_IN,
    )


@bp.post(REVIEW + "/observations/new")
@requires(Permission.TRANSFER_OBSERVE, load=loading.review, seen_with=Permission.TRANSFER_VIEW)
@writes
def record_observation(work: Begun) -> Response | tuple[str, int]:
    """Keep what was seen; the same form sent twice is one observation."""
    read = forms.Read()
    scores, read.problems = forms.scores(work.definition.field_rubric, request.form)
    seen_on = read.day(request.form, "observed_on", "the day")
    minutes = read.integer(request.form, "minutes", "the minutes", 1, 600)
    mode = request.form.get("mode", "")
    if mode not in MODE_KEYS:
        read.problems["mode"] = "Say how you observed."
    today = clock.local_day(clock.now(), current_user.zone)
    if seen_on:
        earliest = work.activity.field_from or queries.earliest_day(work.activity, current_user.zone)
        read.rule("observed_on", may_have_observed, seen_on, earliest=earliest, today=latest_day(today))
    need_reason(work, read)
    if may_show_again(work, Move.OBSERVE, read):
        return _page(work, request.form, read.problems), 422
    service.observe(
        work.activity,
        client_id=request.form.get("client_id", "")[:64] or uuid4().hex,
        observed_on=seen_on or today,
        mode=mode,
        minutes=minutes or 0,
        scores=scores,
        strength=request.form.get("strength", "").strip()[:2000],
        next_step=request.form.get("next_step", "").strip()[:2000],
        by=current_user,
        at=clock.now(),
        reason=given_reason(),
    )
    flash(f"Kept. {work.first} sees what you saw.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.get("/observations/<uuid:observation_id>")
@requires(Permission.TRANSFER_VIEW, load=loading.observation)
def observation(work: Begun, observation: Observation) -> str:
    return render_template(
        "transfer/observation.html",
        work=work,
        observation=observation,
        observer=loading.name(observation.observer_id),
        rubric=work.definition.field_rubric,
        modes=dict(MODES),
        has_seen=has_seen(observation.scores),
    )
