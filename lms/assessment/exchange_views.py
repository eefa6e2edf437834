"""Questions in and out, for authors and admins: upload, dry run, import as drafts; and the bank as a file."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Flask, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import NotFound

from lms import clock
from lms.assessment import previews
from lms.assessment.item_views import asked_for
from lms.catalog import assets, bank_queries, queries, question_exports, question_imports
from lms.catalog.exchange.report import Finding
from lms.catalog.models import StagedQuestions
from lms.catalog.problems import Report
from lms.catalog.question_imports import MOST_FILES, Placed, Target
from lms.errors import RuleViolation
from lms.policy.access import Permission, Subject
from lms.web.authored import file_answer
from lms.web.guards import Loaded, requires, writes
from lms.web.input import bounded
from lms.web.wording import sentence

bp = Blueprint("exchange", __name__, template_folder="templates")
PAGE = 20
MOST_EXPORTED = 2000
SAID_TOGETHER = frozenset({"qti-2.2"})
TYPES = {"gift": "text/plain", "xml": "application/xml", "csv": "text/csv", "zip": "application/zip"}


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


# ----------------------------------------------------------------------------------------------- import


@bp.get("/admin/items/import")
@requires(Permission.CATALOG_PUBLISH)
def upload() -> ResponseReturnValue:
    return _upload_page()


def _upload_page(problem: str = "", status: int = 200) -> ResponseReturnValue:
    return render_template("assessment/import_upload.html", problem=problem, most=MOST_FILES), status


@bp.post("/admin/items/import")
@requires(Permission.CATALOG_PUBLISH)
@writes
def stage() -> ResponseReturnValue:
    """Keep the files and go to their dry run; nothing comes in yet."""
    files = [one for one in request.files.getlist("files") if one.filename]
    if not files:
        return _upload_page("Choose one or more files first.", 422)
    if len(files) > MOST_FILES:
        return _upload_page(f"These are {len(files)} files; {MOST_FILES} at a time, or put them into a zip.", 422)
    kept = question_imports.stage([_named(one) for one in files], by=current_user, at=clock.now())
    return redirect(url_for(".report", questions_id=kept.id), 303)


def _named(file: FileStorage) -> tuple[str, bytes]:
    name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in name if sign.isprintable()) or "file", file.stream.read()


def _kept(questions_id: UUID) -> Loaded:
    return {"kept": question_imports.staged(questions_id, current_user.id)}, Subject(current_user.id)


def _held(questions_id: UUID) -> Loaded:
    """The upload, held until the import is committed: the second of two presses waits and finds it done."""
    kept = question_imports.staged(questions_id, current_user.id, for_update=True)
    return {"kept": kept}, Subject(current_user.id)


@bp.get("/admin/items/imports/<uuid:questions_id>")
@requires(Permission.CATALOG_PUBLISH, load=_kept)
def report(kept: StagedQuestions | None) -> ResponseReturnValue:
    """What would come in; and once it has, what came."""
    if kept is None:
        return _upload_page(sentence("import_staged_no_more"), 404)
    if kept.imported_at is not None:
        return _result_page(kept)
    return _report_page(kept, request.args.get("target", ""), takes_next=request.args.get("next") == "yes")


def _targets() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(key, title, objectives) of every published course."""
    found = []
    for version in queries.latest_versions():
        objectives = [(f"{version.line_key}/{one.key}", one.title) for one in queries.course(version.id).objectives]
        if objectives:
            found.append((version.line_key, version.title, objectives))
    return found


def _target(said: str, *, takes_next: bool) -> Target:
    course_key, _, objective = said.partition("/")
    return question_imports.target(course_key, objective, takes_next_versions=takes_next)


def _report_page(
    kept: StagedQuestions, said: str, *, takes_next: bool, refusal: str = "", status: int = 200
) -> ResponseReturnValue:
    targets = _targets()
    said = said or next((objectives[0][0] for _, _, objectives in targets), "")
    found = previews.readings(kept)
    rows: Sequence[Placed] = ()
    try:
        rows = question_imports.placed(found, _target(said, takes_next=takes_next))
    except RuleViolation as refused:
        refusal = refusal or sentence(refused.code, **refused.facts)
        status = 422 if status == 200 else status
    refused_items = [finding for reading in found for finding in reading.refusals]
    page = max(1, request.args.get("page", 1, type=bounded))
    shown = rows[PAGE * (page - 1) : PAGE * page]
    counts = {word: sum(row.outcome == word for row in rows) for word in ("new", "next", "same", "refused")}
    counts["refused"] += len(refused_items)
    answer = render_template(
        "assessment/import_report.html",
        kept=kept,
        targets=targets,
        target=said,
        takes_next=takes_next,
        counts=counts,
        shown=[(at, row, previews.of(kept.id, at, row)) for at, row in enumerate(shown, PAGE * (page - 1) + 1)],
        refused=refused_items,
        notes=[finding for reading in found for finding in reading.findings if finding not in refused_items],
        refusal=refusal,
        page=page,
        pages=-(-len(rows) // PAGE),
    )
    return answer, status


@bp.post("/admin/items/imports/<uuid:questions_id>")
@requires(Permission.CATALOG_PUBLISH, load=_held)
@writes
def import_(kept: StagedQuestions | None) -> ResponseReturnValue:
    """Import what the report was about, all of it or nothing; another target is shown first."""
    if kept is None:
        return _upload_page(sentence("import_staged_no_more"), 404)
    here = url_for(".report", questions_id=kept.id)
    if kept.imported_at is not None:
        flash("These questions were imported before. Nothing came in twice.", "information")
        return redirect(here, 303)
    said, takes_next = request.form.get("target", ""), request.form.get("next") == "yes"
    seen = (request.form.get("seen_target", ""), request.form.get("seen_next") == "yes")
    if (said, takes_next) != seen:
        flash("Nothing came in yet. This is what would happen there.", "information")
        return redirect(url_for(".report", questions_id=kept.id, target=said, next="yes" if takes_next else "no"), 303)
    try:
        wanted = _target(said, takes_next=takes_next)
        rows = question_imports.placed(previews.readings(kept), wanted)
        coming = sum(row.outcome in {"new", "next"} for row in rows)
        if coming != request.form.get("coming", -1, type=bounded):
            flash("The bank changed since this dry run. This is what would happen now.", "warning")
            return redirect(
                url_for(".report", questions_id=kept.id, target=said, next="yes" if takes_next else "no"), 303
            )
        question_imports.finish(kept, wanted, by=current_user, at=clock.now())
    except RuleViolation as refused:
        words = sentence(refused.code, **refused.facts)
        return _report_page(kept, said, takes_next=takes_next, refusal=words, status=422)
    return redirect(here, 303)


def _result_page(kept: StagedQuestions) -> ResponseReturnValue:
    ids = [UUID(one) for one in kept.result["items"]]
    return render_template(
        "assessment/import_result.html",
        kept=kept,
        rows=bank_queries.items(ids[:PAGE]),
        total=len(ids),
        same=kept.result["same"],
        course_key=kept.result["course_key"],
    )


def _picture(questions_id: UUID, number: int, path: str) -> Loaded:
    kept = question_imports.staged(questions_id, current_user.id)
    data = previews.picture(kept, number, path) if kept is not None and kept.imported_at is None else None
    if data is None:
        return None
    return {"media_type": assets.read(path, path, data, Report()).media_type, "data": data}, Subject(current_user.id)


@bp.get("/admin/items/imports/<uuid:questions_id>/<int:number>/<path:path>")
@requires(Permission.CATALOG_PUBLISH, load=_picture)
def picture(media_type: str, data: bytes) -> ResponseReturnValue:
    """A picture of an upload that has not come in yet."""
    return file_answer(data, media_type)


def _of_item(item_id: UUID, number: int, path: str) -> Loaded:
    found = bank_queries.file(item_id, number, path)
    return None if found is None else ({"media_type": found.media_type, "data": found.data}, Subject(current_user.id))


@bp.get("/admin/items/<uuid:item_id>/versions/<int:number>/<path:path>")
@requires(Permission.CATALOG_PUBLISH, load=_of_item)
def item_file(media_type: str, data: bytes) -> ResponseReturnValue:
    """A picture of a question in the bank."""
    return file_answer(data, media_type)


# ----------------------------------------------------------------------------------------------- export


def _found() -> tuple[dict[str, str], bank_queries.Found]:
    asked, wanted = asked_for()
    return asked, bank_queries.search(wanted, limit=MOST_EXPORTED)


@bp.get("/admin/items/export")
@requires(Permission.CATALOG_PUBLISH)
def export() -> ResponseReturnValue:
    """The questions that were found, by format: how many it takes, and what it cannot say of them."""
    asked, found = _found()
    shelved = question_exports.shelved(found.rows)
    forms = []
    findings: tuple[Finding, ...] = ()
    for form, name, _ in question_exports.FORMS:
        if form not in SAID_TOGETHER:  # both versions of QTI leave out the same
            findings = question_exports.written(shelved, form).findings
        forms.append((form, name, len(shelved) - len(question_exports.refusals(findings)), findings))
    return render_template(
        "assessment/export.html", asked=asked, found=found, most=MOST_EXPORTED, forms=forms, total=len(shelved)
    )


@bp.get("/admin/items/export/<form>")
@requires(Permission.CATALOG_PUBLISH)
def export_file(form: str) -> ResponseReturnValue:
    suffix = next((end for name, _, end in question_exports.FORMS if name == form), None)
    if suffix is None:
        raise NotFound
    _, found = _found()
    written = question_exports.written(question_exports.shelved(found.rows), form)
    if not written.data:
        raise NotFound
    answer = make_response(written.data)
    answer.headers["Content-Type"] = f"{TYPES[suffix]}; charset=utf-8" if suffix != "zip" else TYPES[suffix]
    answer.headers["Content-Disposition"] = f'attachment; filename="questions-{form}.{suffix}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
