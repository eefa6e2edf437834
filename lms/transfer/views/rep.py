"""The rep's side: the activity's timeline, the worksheet and its paper, submitting, and reporting results."""

from datetime import timedelta
from typing import Any

from flask import current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from lms import clock
from lms.db import db
from lms.policy import results as rules
from lms.policy import worksheet
from lms.policy.access import Permission
from lms.policy.transfer import is_editable
from lms.transfer import forms, queries, service
from lms.transfer.pdf import Print, worksheet_pdf
from lms.transfer.stages import answers, stages
from lms.transfer.views import loading
from lms.transfer.views.blueprint import WORK, bp
from lms.transfer.views.loading import Work
from lms.transfer.words import revision_words
from lms.web.formats import day as day_words
from lms.web.guards import requires, writes
from lms.web.resume import wants_json

LEARN = {"load": loading.work, "seen_with": Permission.TRANSFER_VIEW}


@bp.get(WORK)
@requires(Permission.TRANSFER_VIEW, load=loading.work)
def activity(work: Work) -> str:
    at = clock.now()
    row = work.activity
    access = work.access(at)
    context: dict[str, Any] = {"work": work, "access": access, "activity": row, "status": work.status}
    if row is not None:
        moves = queries.timeline(row.id)
        report = queries.latest_report(row.id)
        context.update(
            moves=moves,
            report=report,
            observations=queries.observations(row.id),
            totals=queries.tally_totals(row.id),
            leads=queries.leads(row.id),
            waits=queries.waits_on(row, at),
            revisions=queries.revisions(row.id),
            adjusted=_unacknowledged(work),
            percent=_percent(work),
            confirmer=_confirmer(report),
        )
    return render_template("transfer/activity.html", stages=stages(work, context), **context)


def _confirmer(report: Any) -> str:
    if report is None or report.confirmed_by_id is None:
        return ""
    return loading.names({report.confirmed_by_id}).get(report.confirmed_by_id, "")


def _percent(work: Work) -> int:
    draft = queries.draft(work.activity.id) if work.activity else None
    return worksheet.percent(work.definition.sheet, draft.content) if draft else 0


def _unacknowledged(work: Work) -> list[Any] | None:
    """The manager's edits that wait for the rep's acknowledgment, as a redline."""
    row = work.activity
    if row is None or not row.needs_acknowledgment or row.approved_revision is None:
        return None
    after = queries.revision(row.id, row.approved_revision)
    before = queries.revision(row.id, row.submitted_revision or 0)
    if after is None or before is None:
        return None
    return list(worksheet.diff(work.definition.sheet, before.content, after.content))


@bp.get(WORK + "/worksheet", endpoint="worksheet")
@requires(Permission.TRANSFER_VIEW, load=loading.work)
def worksheet_page(work: Work) -> str:
    """The builder for the rep; for others, and while it is under review, the answers as they are."""
    at = clock.now()
    if work.is_own and (work.activity is None or is_editable(work.activity.status)):
        access = work.access(at)
        if access.is_locked:
            return render_template("transfer/locked.html", work=work, access=access)
        return _builder(work)
    if work.activity is None:
        raise NotFound
    content, version = _shown_content(work)
    return render_template(
        "transfer/worksheet_read.html",
        work=work,
        sections=answers(work.definition.sheet, content),
        version=version,
        revisions=queries.revisions(work.activity.id),
    )


def _builder(work: Work, *, content: dict | None = None, problems: dict | None = None, said: str = "") -> str:
    row = work.activity
    draft = queries.draft(row.id) if row else None
    kept = request.args.get("kept", type=int)
    return render_template(
        "transfer/worksheet.html",
        work=work,
        content=content if content is not None else (draft.content if draft else {}),
        lock=draft.lock if draft else 0,
        problems=problems or {},
        said=said,
        reasons=_last_reasons(work),
        kept=queries.revision(row.id, kept) if row and kept else None,
        kept_changes=_kept_changes(work, draft, kept),
        approver=loading.approver_name(work.rep.id),
        revisions=queries.revisions(row.id) if row else (),
    )


def _kept_changes(work: Work, draft: Any, kept: int | None) -> list[Any]:
    """How the text of the other tab differs from what stands."""
    row = work.activity
    other = queries.revision(row.id, kept) if row and kept else None
    if draft is None or other is None:
        return []
    return list(worksheet.diff(work.definition.sheet, draft.content, other.content))


def _last_reasons(work: Work) -> Any:
    """The return that is still to be worked on."""
    if work.activity is None or work.activity.status != "returned":
        return None
    moves = [move for move in queries.timeline(work.activity.id) if move.move == "return"]
    return moves[-1] if moves else None


@bp.post(WORK + "/worksheet")
@requires(Permission.LEARN, **LEARN)
@writes
def save_worksheet(work: Work) -> Response:
    """Save the draft: an autosave as JSON, or the form's Save button."""
    sent = request.get_json(silent=True) if request.is_json else None
    if request.is_json and not isinstance(sent, dict):
        return jsonify(code="unreadable", message="That could not be read. Reload the page."), 422  # type: ignore[return-value]
    fields = (sent or {}).get("fields", {}) if request.is_json else request.form
    lock = (sent or {}).get("lock_version") if request.is_json else request.form.get("lock_version")
    saved = _save(work, fields, lock)
    if request.is_json:
        return _autosave_answer(work, saved)
    if saved.is_stale:
        return redirect(url_for(".worksheet", **work.url_args, kept=saved.kept.number), 303)
    flash("Saved.", "success")
    return redirect(url_for(".worksheet", **work.url_args), 303)


def _save(work: Work, fields: Any, lock: Any) -> service.Saved:
    content = forms.sheet_content(work.definition.sheet, fields if hasattr(fields, "items") else {})
    number = int(lock) if str(lock or "").isdigit() else 0
    return service.save_draft(work.enrollment, work.key, content=content, lock=number, by=current_user, at=clock.now())


def _autosave_answer(work: Work, saved: service.Saved) -> Response:
    if not saved.is_stale:
        return jsonify(lock_version=saved.lock, saved_at=saved.draft.saved_at.isoformat())
    # Below 400 on purpose: a refusal would roll back the copy that was just kept.
    return jsonify(
        lock_version=saved.draft.lock,
        stale=True,
        message=(
            "This worksheet was changed in another tab or on another device. What you typed here is kept "
            "as a copy; nothing is lost."
        ),
        href=url_for(".worksheet", **work.url_args, kept=saved.kept.number if saved.kept else None),
    )


@bp.post(WORK + "/worksheet/restoration")
@requires(Permission.LEARN, **LEARN)
@writes
def restore(work: Work) -> Response:
    """Take an earlier or kept state as the draft again."""
    if work.activity is None:
        raise NotFound
    number, lock = request.form.get("revision", 0, type=int), request.form.get("lock_version", 0, type=int)
    saved = service.restore(work.activity, revision=number, lock=lock, by=current_user, at=clock.now())
    if saved.is_stale:
        flash("The worksheet was changed meanwhile. Look at it again, then decide.", "warning")
    else:
        flash("That state is your draft again. What stood before is kept among the versions.", "success")
    return redirect(url_for(".worksheet", **work.url_args), 303)


@bp.post(WORK + "/submission")
@requires(Permission.LEARN, **LEARN)
@writes
def submit(work: Work) -> Response | tuple[str, int]:
    """Save what the form holds, then submit it to the manager of today."""
    at = clock.now()
    if work.activity is not None and not is_editable(work.activity.status):
        # A second press, or the back button: say where it stands, change nothing.
        return redirect(url_for(".activity", **work.url_args), 303)
    if "lock_version" in request.form:
        saved = _save(work, request.form, request.form.get("lock_version"))
        if saved.is_stale:
            return redirect(url_for(".worksheet", **work.url_args, kept=saved.kept.number), 303)
        row = saved.activity
    elif work.activity is not None:
        row = work.activity
    else:
        return redirect(url_for(".worksheet", **work.url_args), 303)
    draft = queries.draft(row.id)
    content = draft.content if draft else {}
    problems = worksheet.validate(work.definition.sheet, content)
    if problems:
        page = _builder(
            Work(work.enrollment, work.course, work.module, work.definition, work.key, work.rep, row),
            content=content,
            problems=forms.messages(problems),
        )
        return _kept_422(page)
    service.submit(row, by=current_user, at=at)
    flash(f"Submitted to {loading.approver_name(work.rep.id) or 'your manager'}.", "success")
    return redirect(url_for(".activity", **work.url_args), 303)


def _kept_422(page: str) -> tuple[str, int]:
    """An incomplete worksheet is not submitted, but what was typed is saved all the same."""
    db.session.commit()
    return page, 422


@bp.post(WORK + "/withdrawal")
@requires(Permission.LEARN, **LEARN)
@writes
def withdraw(work: Work) -> Response:
    service.withdraw(_existing(work), by=current_user, at=clock.now())
    flash("Taken back. You can change it and submit it again.", "success")
    return redirect(url_for(".activity", **work.url_args), 303)


@bp.post(WORK + "/acknowledgment")
@requires(Permission.LEARN, **LEARN)
@writes
def acknowledge(work: Work) -> Response:
    service.acknowledge(_existing(work), by=current_user, at=clock.now())
    flash("Acknowledged. The edited version is the one you take to the field.", "success")
    return redirect(url_for(".activity", **work.url_args), 303)


def _existing(work: Work) -> Any:
    if work.activity is None:
        raise NotFound
    return work.activity


@bp.get(WORK + "/worksheet.pdf")
@requires(Permission.TRANSFER_VIEW, load=loading.work)
def worksheet_pdf_file(work: Work) -> Response:
    """The paper: the same content as the screen, with version and date on it."""
    if work.activity is None:
        raise NotFound
    content, version = _shown_content(work)
    at = clock.now()
    about = Print(
        company=current_app.config["SETTINGS"].company,
        course=work.course.title,
        rep=work.rep.name,
        version=version,
        date=day_words(at),
    )
    response = current_app.response_class(
        worksheet_pdf(work.definition.sheet, content, about, at=at), mimetype="application/pdf"
    )
    name = f"{work.definition.key}-{work.rep.name.lower().replace(' ', '-')}.pdf"
    response.headers.set("Content-Disposition", "inline", filename=name)
    return response


def _shown_content(work: Work) -> tuple[dict[str, Any], str]:
    """What screen and paper show to whoever asks, and which version it is.

    The rep sees the draft while it may be changed; everybody else the last revision that was handed on.
    """
    row = _existing(work)
    wanted = request.args.get("revision", type=int)
    if wanted is None and work.is_own and is_editable(row.status) and not row.approved_revision:
        draft = queries.draft(row.id)
        if draft is not None:
            return draft.content, f"Draft of {day_words(draft.saved_at)}"
    number = wanted or row.approved_revision or row.submitted_revision
    found = queries.revision(row.id, number) if number else None
    if found is None or (found.kind == "draft" and not work.is_own):
        raise NotFound
    return found.content, revision_words(found, row)


@bp.get(WORK + "/results")
@requires(Permission.LEARN, **LEARN)
def results(work: Work) -> str:
    row = _existing(work)
    return _results_page(work, row, _prefill(work, row), {})


def _prefill(work: Work, row: Any) -> dict[str, Any]:
    """The last report if there is one, otherwise the tally; the window as the manager set it."""
    report = queries.latest_report(row.id)
    today = clock.local_day(clock.now(), current_user.zone)
    if report is not None:
        numbers = dict(report.claimed)
        first, last, note = report.from_on, report.until_on, report.note
    else:
        totals = queries.tally_totals(row.id)
        numbers = {one.key: totals.get(one.key, "" if not one.tally else 0) for one in work.definition.numbers}
        first, last, note = row.field_from or today - timedelta(days=6), min(today, row.field_until or today), ""
    return {**{f"n-{key}": value for key, value in numbers.items()}, "from_on": first, "until_on": last, "note": note}


def _results_page(work: Work, row: Any, values: dict[str, Any], problems: dict[str, str]) -> str:
    raw = {one.key: values.get(f"n-{one.key}") for one in work.definition.numbers}
    parsed = rules.parse(work.definition.numbers, raw)
    unlikely = rules.warnings(work.definition, parsed.numbers) if request.method == "POST" else {}
    return render_template(
        "transfer/results.html",
        work=work,
        activity=row,
        values=values,
        problems=problems,
        warnings={f"n-{key}": forms.problem_text(problem) for key, problem in unlikely.items()},
        question=_question(row),
        totals=queries.tally_totals(row.id),
        observed=len(queries.observations(row.id)),
    )


def _question(row: Any) -> Any:
    moves = queries.timeline(row.id)
    asked = [move for move in moves if move.move in {"query", "report"}]
    return asked[-1] if asked and asked[-1].move == "query" else None


@bp.post(WORK + "/results")
@requires(Permission.LEARN, **LEARN)
@writes
def report_results(work: Work) -> Response | tuple[str, int]:
    """Typed numbers, checked in order; an unlikely one is asked about once and then taken as it is."""
    row = _existing(work)
    read = forms.Read()
    raw = {one.key: request.form.get(f"n-{one.key}", "").strip() for one in work.definition.numbers}
    for key, problem in rules.check(work.definition, raw).items():
        read.problems[f"n-{key}"] = forms.problem_text(problem)
    first = read.day(request.form, "from_on", "the first day")
    last = read.day(request.form, "until_on", "the last day")
    if first and last and last < first:
        read.problems["until_on"] = "The last day is before the first. Swap them."
    if last and last > clock.local_day(clock.now(), current_user.zone):
        read.problems["until_on"] = "The last day lies in the future. Report what has happened."
    if request.form.get("met_manager") != "yes":
        read.problems["met_manager"] = "Confirm that you met your manager, or meet first and report then."
    parsed = rules.parse(work.definition.numbers, raw)
    unlikely = rules.warnings(work.definition, parsed.numbers)
    unsure = bool(unlikely) and request.form.get("sure") != "yes"
    if read.problems or unsure:
        values = {**request.form.to_dict(), "unsure": unsure and not read.problems}
        return _results_page(work, row, values, read.problems), 422
    service.report_results(
        row,
        numbers=parsed.numbers,
        from_on=first,
        until_on=last,
        met_manager=True,
        note=request.form.get("note", "").strip()[:2000],
        by=current_user,
        at=clock.now(),
    )
    flash("Reported. Your manager confirms the numbers or asks about them.", "success")
    return redirect(url_for(".activity", **work.url_args), 303)


@bp.get(WORK + "/tally")
@requires(Permission.LEARN, **LEARN)
def tally(work: Work) -> str:
    row = _existing(work)
    return render_template(
        "transfer/tally.html", work=work, activity=row, totals=queries.tally_totals(row.id), leads=queries.leads(row.id)
    )


@bp.post(WORK + "/tally")
@requires(Permission.LEARN, **LEARN)
@writes
def tap(work: Work) -> Response:
    """Taps from a phone, resent as often as it likes; or one press of a button without JavaScript."""
    row, at = _existing(work), clock.now()
    if not wants_json():
        service.tally(row, taps=forms.one_tap(request.form, at), by=current_user, at=at)
        return redirect(url_for(".tally", **work.url_args), 303)
    sent = request.get_json(silent=True)
    marks = forms.taps(sent, at)
    counts = service.tally(row, taps=marks, by=current_user, at=at)
    return jsonify(counts=counts, accepted=[mark.client_id for mark in marks])
