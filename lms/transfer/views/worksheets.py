"""The worksheet: building it, never losing what was typed, submitting it, reading it, printing it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import current_app, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.policy import worksheet
from lms.policy.access import Permission
from lms.policy.transfer import Status, is_editable
from lms.policy.worksheet import FieldChange
from lms.transfer import forms, queries, service
from lms.transfer.models import WorksheetDraft, WorksheetRevision
from lms.transfer.pdf import Print, worksheet_pdf
from lms.transfer.stages import answers, approval_of, return_to_work_on, section_progress
from lms.transfer.views import loading
from lms.transfer.views.blueprint import WORK, bp
from lms.transfer.views.loading import Begun, Work
from lms.transfer.words import full_day, revision_words, rounds_of
from lms.web.guards import requires, writes
from lms.web.input import bounded

types = requires(Permission.LEARN, load=loading.work, seen_with=Permission.TRANSFER_VIEW)

STALE = (
    "This worksheet was changed in another tab or on another device. What you typed here is kept as a copy; "
    "nothing is lost."
)


@bp.get(WORK + "/worksheet", endpoint="worksheet")
@requires(Permission.TRANSFER_VIEW, load=loading.work)
def worksheet_page(work: Work) -> str:
    """The builder for the rep; for others, and while it is under review, the answers as they are."""
    at = clock.now()
    wants_old = request.args.get("revision") is not None
    if work.is_own and is_editable(Status(work.status)) and not wants_old:
        access = work.access(at)
        if access.is_locked:
            return render_template("transfer/locked.html", work=work, access=access)
        return _builder(work)
    if work.activity is None:
        raise NotFound
    content, version = _shown_content(work.with_row(work.activity))
    return render_template(
        "transfer/worksheet_read.html",
        work=work,
        sections=answers(work.definition.sheet, content),
        version=version,
        revisions=queries.revisions(work.activity.id),
        rounds=rounds_of(queries.timeline(work.activity.id)),
    )


def _builder(work: Work, *, problems: Mapping[str, str] | None = None) -> str:
    row = work.activity
    draft = queries.draft(row.id) if row else None
    kept = _kept(work, draft)
    content = draft.content if draft else {}
    moves = queries.timeline(row.id) if row else ()
    wrong = forms.messages(worksheet.validate(work.definition.sheet, content, complete=False))
    return render_template(
        "transfer/worksheet.html",
        work=work,
        content=content,
        sections=section_progress(work.definition.sheet, content),
        is_complete=not worksheet.validate(work.definition.sheet, content),
        lock=draft.lock if draft else 0,
        problems=problems or {},
        field_problems=wrong if problems is None else problems,
        returned=return_to_work_on(moves),
        approval=approval_of(moves) if work.status == Status.APPROVED else None,
        rounds=rounds_of(moves),
        kept=kept,
        kept_changes=_kept_changes(work, draft, kept),
        approver=loading.approver_name(work.rep.id),
        revisions=queries.revisions(row.id) if row else (),
    )


def _kept(work: Work, draft: WorksheetDraft | None) -> WorksheetRevision | None:
    """What the other tab held, as long as it differs from what stands."""
    number = request.args.get("kept", type=bounded)
    found = queries.revision(work.activity.id, number) if work.activity and number else None
    return found if found and draft and found.content != draft.content else None


def _kept_changes(work: Work, draft: WorksheetDraft | None, kept: WorksheetRevision | None) -> tuple[FieldChange, ...]:
    """How the text of the other tab differs from what stands."""
    return worksheet.diff(work.definition.sheet, draft.content, kept.content) if draft and kept else ()


@bp.post(WORK + "/worksheet")
@types
@writes
def save_worksheet(work: Work) -> Response:
    """Save the draft: an autosave as JSON, or the form's Save button."""
    if request.is_json:
        return _autosave(work)
    saved = _save(work, request.form, request.form.get("lock_version"))
    if saved.kept is not None:
        return redirect(url_for(".worksheet", **work.url_args, kept=saved.kept.number), 303)
    wrong = len(worksheet.validate(work.definition.sheet, saved.draft.content, complete=False))
    if wrong:
        flash(f"Saved. {'1 answer does' if wrong == 1 else f'{wrong} answers do'} not fit yet: see below.", "warning")
    else:
        flash("Saved.", "success")
    return redirect(url_for(".worksheet", **work.url_args), 303)


def _autosave(work: Work) -> Response:
    sent = request.get_json(silent=True)
    fields = sent.get("fields") if isinstance(sent, dict) else None
    if not isinstance(sent, dict) or not isinstance(fields, dict):
        return make_response(jsonify(code="unreadable", message="That could not be read. Reload the page."), 422)
    saved = _save(work, fields, sent.get("lock_version"))
    if saved.kept is None:
        wrong = forms.messages_where_typed(work.definition.sheet, fields)
        return make_response(
            jsonify(lock_version=saved.lock, saved_at=saved.draft.saved_at.isoformat(), problems=wrong)
        )
    # A refusal is rolled back, and the copy that was just kept with it, so it is committed before. The page must
    # not get the new lock: with it, the next key pressed in this stale tab would overwrite the other one's text.
    db.session.commit()
    both = url_for(".worksheet", **work.url_args, kept=saved.kept.number)
    return make_response(jsonify(code="draft_stale", message=STALE, href=both, link="See both versions"), 409)


def _save(work: Work, fields: Mapping[str, Any], lock: object) -> service.Saved:
    content = forms.sheet_content(work.definition.sheet, fields)
    number = _lock(lock)
    return service.save_draft(work.enrollment, work.key, content=content, lock=number, by=current_user, at=clock.now())


def _lock(sent: object) -> int:
    """The lock the page had; what is none of ours is stale, never an error."""
    try:
        return bounded(str(sent)) if isinstance(sent, int | str) else 0
    except ValueError:
        return 0


@bp.post(WORK + "/worksheet/restoration")
@requires(Permission.LEARN, load=loading.begun, seen_with=Permission.TRANSFER_VIEW)
@writes
def restore(work: Begun) -> Response:
    """Take an earlier or kept state as the draft again."""
    number, lock = request.form.get("revision", 0, type=bounded), request.form.get("lock_version", 0, type=bounded)
    saved = service.restore(work.activity, revision=number, lock=lock, by=current_user, at=clock.now())
    if saved.is_stale:
        flash("The worksheet was changed meanwhile. Look at it again, then decide.", "warning")
    else:
        flash("That state is your draft again. What stood before is kept among the versions.", "success")
    return redirect(url_for(".worksheet", **work.url_args), 303)


@bp.post(WORK + "/submission")
@types
@writes
def submit(work: Work) -> Response | tuple[str, int]:
    """Save what the form holds, then submit it to the manager of today."""
    at = clock.now()
    if work.activity is not None:
        service.hold(work.activity)  # of two presses at once the second waits here, and sees it submitted
    if not is_editable(Status(work.status)):
        # A second press, or the back button: say where it stands, change nothing.
        return redirect(url_for(".activity", **work.url_args), 303)
    row = work.activity
    if "lock_version" in request.form:
        try:
            saved = _save(work, request.form, request.form.get("lock_version"))
        except RuleViolation as refused:
            if refused.code != "worksheet_locked":
                raise
            # The other press made the row, and submitted it, while this one waited.
            return redirect(url_for(".activity", **work.url_args), 303)
        if saved.kept is not None:
            return redirect(url_for(".worksheet", **work.url_args, kept=saved.kept.number), 303)
        row = saved.activity
    if row is None:
        return redirect(url_for(".worksheet", **work.url_args), 303)
    draft = queries.draft(row.id)
    problems = worksheet.validate(work.definition.sheet, draft.content if draft else {})
    if problems:
        page = _builder(work.with_row(row), problems=forms.messages(problems))
        # An incomplete worksheet is not submitted, but what was typed is saved all the same.
        db.session.commit()
        return page, 422
    service.submit(row, by=current_user, at=at)
    flash(f"Submitted to {loading.approver_name(work.rep.id) or 'your manager'}.", "success")
    return redirect(url_for(".activity", **work.url_args), 303)


@bp.get(WORK + "/worksheet.pdf")
@requires(Permission.TRANSFER_VIEW, load=loading.begun)
def worksheet_pdf_file(work: Begun) -> Response:
    """The paper: the same content as the screen, with version and date on it."""
    content, version = _shown_content(work)
    at = clock.now()
    about = Print(
        company=current_app.config["SETTINGS"].company,
        course=work.course.title,
        rep=work.rep.name,
        version=version,
        date=f"printed {_full_day(at)}",
    )
    response = current_app.response_class(
        worksheet_pdf(work.definition.sheet, content, about, at=at), mimetype="application/pdf"
    )
    name = f"{work.definition.key}-{work.rep.name.lower().replace(' ', '-')}.pdf"
    response.headers.set("Content-Disposition", "inline", filename=name)
    return response


def _full_day(moment: datetime) -> str:
    return full_day(clock.local_day(moment, current_user.zone))


def _shown_content(work: Begun) -> tuple[dict[str, Any], str]:
    """What screen and paper show to whoever asks, and which version it is.

    The rep sees the draft while it may be changed; everybody else the last revision that was handed on. The page
    of an approved worksheet that the rep edits again is the draft, its paper stays the approved one.
    """
    row = work.activity
    wanted = request.args.get("revision", type=bounded)
    if wanted is None and work.is_own and is_editable(Status(row.status)) and not row.approved_revision:
        draft = queries.draft(row.id)
        if draft is not None:
            return draft.content, f"Draft of {_full_day(draft.saved_at)}"
    found = queries.revision(row.id, wanted or row.approved_revision or row.submitted_revision)
    if found is None or (found.kind == "draft" and not work.is_own):
        raise NotFound
    return found.content, revision_words(found, row, rounds_of(queries.timeline(row.id)))
