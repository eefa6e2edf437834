"""Administration: people from a CSV file. Upload, look at what it would do, apply all or nothing."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.people import login, roster, service
from lms.people.forms import UploadForm, told
from lms.people.models import StagedFile
from lms.people.views.blueprint import bp, settings
from lms.policy.access import Permission, Subject
from lms.web.guards import requires, writes

MOST_BYTES = 5 * 1024 * 1024
MOST_SHOWN = 500  # of each kind; a page with thousands of rows helps nobody


@bp.get("/admin/people/import")
@requires(Permission.PEOPLE_ADMIN)
def import_people() -> ResponseReturnValue:
    return render_template("people/import.html", form=UploadForm(), problem=None, columns=roster.COLUMNS)


@bp.post("/admin/people/import")
@requires(Permission.PEOPLE_ADMIN)
@writes
def stage_people() -> ResponseReturnValue:
    """Keep the file and go to its report; nothing in it is done yet."""
    form = UploadForm()
    uploaded = request.files.get("file")
    if uploaded is not None and uploaded.filename:
        name, content = uploaded.filename, uploaded.stream.read(MOST_BYTES + 1)
    else:
        name, content = "pasted rows", (form.text.data or "").encode()
    problem = None
    if not content.strip():
        problem = "Choose a file with something in it, or paste the rows."
    elif len(content) > MOST_BYTES:
        problem = "The file is larger than 5 MB. Split it and import the parts."
    if problem is not None:
        page = render_template("people/import.html", form=form, problem=problem, columns=roster.COLUMNS)
        return page, 422
    staged = service.stage_file(name, content, by=current_user, at=clock.now())
    return redirect(url_for("people.import_report", file_id=staged.id), 303)


def _load(file_id: UUID) -> tuple[dict[str, Any], Subject] | None:
    return {"staged": service.staged_file(file_id, at=clock.now())}, Subject(current_user.id)


@bp.get("/admin/people/import/<uuid:file_id>")
@requires(Permission.PEOPLE_ADMIN, load=_load)
def import_report(staged: StagedFile | None) -> ResponseReturnValue:
    if staged is None:
        return _gone()
    return _report(staged)


@bp.post("/admin/people/import/<uuid:file_id>")
@requires(Permission.PEOPLE_ADMIN, load=_load)
@writes
def apply_import(staged: StagedFile | None) -> ResponseReturnValue:
    if staged is None:
        return _gone()
    file_id = staged.id
    try:
        done = service.apply_file(
            staged.content, zone=settings().zone, on=login.today(), by=current_user, at=clock.now()
        )
    except RuleViolation as refused:
        db.session.rollback()
        row = f"Row {refused.facts['row']}: " if "row" in refused.facts else ""
        again = service.staged_file(file_id, at=clock.now())
        return _report(again, refusal=row + told(refused), status=422) if again is not None else _gone()
    service.discard_file(staged)
    said = (
        f"Done: {done.counts['added']} added, {done.counts['changed']} changed, {done.counts['unchanged']} unchanged."
    )
    if any(change.row.email for change in done.those("added")):
        flash(f"{said} No email was sent. Invite the new people here, so that they can choose a password.", "success")
        return redirect(url_for("people.directory", state="no_password"), 303)
    flash(said, "success")
    return redirect(url_for("people.directory"), 303)


def _report(staged: StagedFile, *, refusal: str | None = None, status: int = 200) -> ResponseReturnValue:
    plan = service.plan_file(staged.content, on=login.today())
    page = render_template("people/import_report.html", staged=staged, plan=plan, refusal=refusal, most=MOST_SHOWN)
    return page, status


def _gone() -> ResponseReturnValue:
    page = render_template(
        "people/import.html",
        form=UploadForm(formdata=None),
        problem=told(RuleViolation("file_staged_no_more")),
        columns=roster.COLUMNS,
    )
    return page, 404
