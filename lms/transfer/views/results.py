"""The numbers: the rep's tally and report, the manager's confirmation or question."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from lms import clock
from lms.policy import results as rules
from lms.policy.access import Permission
from lms.policy.transfer import Move
from lms.policy.worksheet import as_date
from lms.transfer import forms, queries, service
from lms.transfer.stages import open_question
from lms.transfer.views import loading
from lms.transfer.views.blueprint import REVIEW, WORK, bp
from lms.transfer.views.loading import Begun
from lms.transfer.views.reviewing import given_reason, may_show_again, need_reason, review_page
from lms.web.guards import requires, writes
from lms.web.input import bounded
from lms.web.resume import wants_json

reports = requires(Permission.LEARN, load=loading.begun, seen_with=Permission.TRANSFER_VIEW)
decides = requires(Permission.TRANSFER_DECIDE, load=loading.review, seen_with=Permission.TRANSFER_VIEW)


@bp.get(WORK + "/tally")
@reports
def tally(work: Begun) -> str:
    row = work.activity
    return render_template(
        "transfer/tally.html", work=work, activity=row, totals=queries.tally_totals(row.id), leads=queries.leads(row.id)
    )


@bp.post(WORK + "/tally")
@reports
@writes
def tap(work: Begun) -> Response:
    """Taps from a phone, resent as often as it likes; or one press of a button without JavaScript."""
    row, at = work.activity, clock.now()
    if not wants_json():
        service.tally(row, taps=forms.one_tap(request.form, at), by=current_user, at=at)
        return redirect(url_for(".tally", **work.url_args), 303)
    marks = forms.taps(request.get_json(silent=True), at)
    counts = service.tally(row, taps=marks, by=current_user, at=at)
    return make_response(jsonify(counts=counts, accepted=[mark.client_id for mark in marks]))


@bp.get(WORK + "/results")
@reports
def results(work: Begun) -> str:
    return _page(work, _prefill(work), {})


def _prefill(work: Begun) -> dict[str, Any]:
    """The last report if there is one, otherwise the tally; the window as the manager set it."""
    row = work.activity
    report = queries.latest_report(row.id)
    today = clock.local_day(clock.now(), current_user.zone)
    numbers: dict[str, Any]
    if report is not None:
        numbers = dict(report.claimed)
        first, last, note = report.from_on, report.until_on, report.note
    else:
        totals = queries.tally_totals(row.id)
        numbers = {one.key: totals.get(one.key, 0 if one.tally else "") for one in work.definition.numbers}
        first, last, note = row.field_from or today - timedelta(days=6), min(today, row.field_until or today), ""
    return {**{f"n-{key}": value for key, value in numbers.items()}, "from_on": first, "until_on": last, "note": note}


def _page(work: Begun, values: Mapping[str, Any], problems: Mapping[str, str]) -> str:
    row = work.activity
    raw = {one.key: values.get(f"n-{one.key}") for one in work.definition.numbers}
    doubts = _doubts(work, raw, as_date(request.form.get("from_on", ""))) if request.method == "POST" else []
    return render_template(
        "transfer/results.html",
        work=work,
        activity=row,
        values=values,
        problems=problems,
        doubts=doubts,
        question=open_question(queries.timeline(row.id)),
        totals=queries.tally_totals(row.id),
        observed=sum(one.counts for one in queries.observations(row.id)),
    )


def _doubts(work: Begun, raw: Mapping[str, Any], first: date | None) -> list[tuple[str, str]]:
    """Control and sentence of what is unlikely, but may be right."""
    labels = {one.key: one.label for one in work.definition.numbers}
    found = [
        (f"n-{key}", f"{labels[key]}: {forms.problem_text(problem)}")
        for key, problem in rules.warnings(work.definition, raw).items()
    ]
    window = rules.window_warnings(first, field_from=work.activity.field_from)
    return found + [(name, f"First day: {forms.problem_text(problem)}") for name, problem in window.items()]


@bp.post(WORK + "/results")
@reports
@writes
def report_results(work: Begun) -> Response | tuple[str, int]:
    """Typed numbers, checked in order; an unlikely one is asked about once and then taken as it is."""
    read, today = forms.Read(), clock.local_day(clock.now(), current_user.zone)
    raw = {one.key: request.form.get(f"n-{one.key}", "").strip() for one in work.definition.numbers}
    for key, problem in rules.check(work.definition, raw).items():
        read.problems[f"n-{key}"] = forms.problem_text(problem)
    first = read.day(request.form, "from_on", "the first day")
    last = read.day(request.form, "until_on", "the last day")
    if first and last:
        earliest = queries.earliest_day(work.activity, current_user.zone)
        for name, problem in rules.check_window(first, last, today=today, earliest=earliest).items():
            read.problems[name] = forms.problem_text(problem)
    if work.definition.attestation and request.form.get("met_manager") != "yes":
        read.problems["met_manager"] = "Confirm that you met your manager, or meet first and report then."
    unsure = bool(_doubts(work, raw, first)) and request.form.get("sure") != "yes"
    if first is None or last is None or read.problems or unsure:
        return _page(work, {**request.form.to_dict(), "unsure": unsure and not read.problems}, read.problems), 422
    service.report_results(
        work.activity,
        numbers=rules.parse(work.definition.numbers, raw).numbers,
        from_on=first,
        until_on=last,
        met_manager=request.form.get("met_manager") == "yes",
        note=request.form.get("note", "").strip()[:2000],
        by=current_user,
        at=clock.now(),
    )
    flash("Reported. Your manager confirms the numbers or asks about them.", "success")
    return redirect(url_for(".activity", **work.url_args), 303)


@bp.post(REVIEW + "/verification")
@decides
@writes
def verify(work: Begun) -> Response | tuple[str, int]:
    """Confirm the numbers, corrected where the manager knows better; the next module opens with it."""
    read, report = forms.Read(), queries.latest_report(work.activity.id)
    claimed = report.claimed if report else {}
    raw = {
        one.key: request.form.get(f"c-{one.key}", "").strip() or str(claimed.get(one.key, ""))
        for one in work.definition.numbers
    }
    for key, problem in rules.check(work.definition, raw).items():
        read.problems[f"c-{key}"] = forms.problem_text(problem)
    need_reason(work, read)
    if may_show_again(work, Move.VERIFY, read):
        return review_page(work, problems=read.problems, sent=request.form), 422
    numbers = rules.parse(work.definition.numbers, raw).numbers
    opened = service.verify(
        work.activity,
        report=request.form.get("report", 0, type=bounded),
        corrected={key: value for key, value in numbers.items() if claimed.get(key) != value},
        by=current_user,
        at=clock.now(),
        reason=given_reason(),
    )
    titles = [f"“{work.course.module_by_key[key].title}”" for key in opened.modules]
    what = f" {' and '.join(titles)} opened for {work.first}." if titles else ""
    flash(f"Confirmed.{what}", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.post(REVIEW + "/query")
@decides
@writes
def query(work: Begun) -> Response | tuple[str, int]:
    """Ask about a number; the rep reports again."""
    read = forms.Read()
    question = request.form.get("question", "").strip()[:2000]
    if not question:
        read.problems["question"] = "Say which number does not fit, and what you would like to know."
    need_reason(work, read, element_id="query-reason")
    if may_show_again(work, Move.QUERY, read):
        return review_page(work, problems=read.problems, sent=request.form), 422
    service.query(
        work.activity,
        report=request.form.get("report", 0, type=bounded),
        question=question,
        by=current_user,
        at=clock.now(),
        reason=given_reason(),
    )
    flash(f"Asked. {work.first} answers with a corrected report.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)
