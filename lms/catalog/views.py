"""Pages of the catalog, for authors and admins: what is published, one version in full, publishing."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup, escape

from lms import clock
from lms.catalog import bank, bank_queries, gates, markdown, queries, service
from lms.catalog.changes import compare, suggested_class
from lms.catalog.document import digest, to_document
from lms.catalog.files import from_folder
from lms.catalog.forms import PublishForm, UploadForm, folder_names
from lms.catalog.loader import Loaded, load_zip
from lms.catalog.markdown import Renderer
from lms.catalog.models import StagedBundle
from lms.catalog.problems import Report
from lms.catalog.queries import AssetRow, VersionRow
from lms.errors import RuleViolation
from lms.people import queries as people
from lms.policy.access import Permission, Subject
from lms.policy.outline import Chunk, Course, Edition, Preparation, Step
from lms.web.authored import file_answer
from lms.web.guards import requires, writes
from lms.web.wording import sentence

bp = Blueprint("catalog", __name__, template_folder="templates")


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.add_template_filter(_md, "md")
    app.add_template_filter(_ticks, "ticks")


def _md(text: str, heading: int = 2) -> Markup:
    """Markdown that belongs to no version: no glossary, no assets, no links to steps."""
    return Markup(markdown.to_html(text, (), heading=heading))  # noqa: S704 -- sanitized by nh3


def _ticks(text: str) -> Markup:
    """What stands in backticks as code; everything else as it is."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 -- escaped first


@bp.get("/admin/courses")
@requires(Permission.CATALOG_PUBLISH)
def admin() -> ResponseReturnValue:
    """Every line with its newest version."""
    lines = {line.id: line for line in queries.lines()}
    rows = [(row, lines.get(row.edition_of_id) if row.edition_of_id else None) for row in queries.latest_versions()]
    return render_template("catalog/admin.html", rows=rows)


def _version(version_id: UUID) -> tuple[dict[str, Any], Subject] | None:
    row = queries.version(version_id)
    return None if row is None else ({"row": row}, Subject(current_user.id))


@bp.get("/admin/courses/<uuid:version_id>")
@requires(Permission.CATALOG_PUBLISH, load=_version)
def version(row: VersionRow) -> ResponseReturnValue:
    """One version in full, to be read: outline, objectives, gates, questions, what changed."""
    course = queries.course(row.id)
    versions = queries.versions(row.line_id)
    before = next((one for one in versions if one.number == row.number - 1), None)
    publisher = people.person(row.published_by_id) if row.published_by_id else None
    return render_template(
        "catalog/version.html",
        row=row,
        course=course,
        versions=versions,
        before=before,
        changes=compare(queries.course(before.id), course) if before else (),
        publisher=publisher,
        gates=gates,
        markdown={module.key: _renderer(row.id, module.key) for module in course.modules},
        titles={objective.key: objective.title for objective in course.objectives},
        edition_line=queries.edition_line(row.line_id),
        rep_line=queries.line(row.edition_of_id) if row.edition_of_id else None,
        needs_edition=_needs_edition(course) and queries.edition_line(row.line_id) is None,
    )


def _numbered(course: Course, line_id: UUID) -> Course:
    """As it would be published now: with the numbers that the bank gives its questions."""
    return bank.numbered(course, bank_queries.known(line_id))


def _needs_edition(course: Course) -> bool:
    """Whether no manager may decide on an activity until there is a manager's edition."""
    return course.edition is Edition.REP and any(
        transfer.preparation is Preparation.REQUIRED for transfer in course.transfers.values()
    )


def _renderer(version_id: UUID, module_key: str) -> Renderer:
    def step_url(key: str) -> str:
        module, _, step = key.partition("/")
        return url_for("catalog.preview", version_id=version_id, module_key=module, step_key=step)

    def asset_url(path: str) -> str:
        return url_for("catalog.asset", version_id=version_id, path=path)

    return Renderer(version_id, module_key, asset_url, step_url)


def _step(version_id: UUID, module_key: str, step_key: str) -> tuple[dict[str, Any], Subject] | None:
    row = queries.version(version_id)
    found = queries.course(version_id).steps.get(f"{module_key}/{step_key}") if row else None
    if row is None or found is None:
        return None
    module, step = found
    return {"row": row, "module": module, "step": step}, Subject(current_user.id)


@bp.get("/admin/courses/<uuid:version_id>/steps/<module_key>/<step_key>")
@requires(Permission.CATALOG_PUBLISH, load=_step)
def preview(row: VersionRow, module: Any, step: Step) -> ResponseReturnValue:
    """A step as it is shown to learners, with the right answers."""
    keys = list(queries.course(row.id).steps)
    here = keys.index(module.step_key(step))
    return render_template(
        "catalog/preview.html",
        row=row,
        module=module,
        step=step,
        gate=gates.step_gate(module, step),
        markdown=_renderer(row.id, module.key),
        is_chunk=isinstance(step, Chunk),
        before=keys[here - 1].split("/") if here else None,
        after=keys[here + 1].split("/") if here + 1 < len(keys) else None,
    )


def _asset(version_id: UUID, path: str) -> tuple[dict[str, Any], Subject] | None:
    found = queries.asset(version_id, path)
    return None if found is None else ({"found": found}, Subject(current_user.id))


@bp.get("/admin/courses/<uuid:version_id>/assets/<path:path>")
@requires(Permission.CATALOG_PUBLISH, load=_asset)
def asset(found: AssetRow) -> ResponseReturnValue:
    """A file of a version, for its authors; learners get theirs through their enrollment."""
    return file_answer(found.data, found.media_type, found.sha256)


# Publishing: upload, read the report, publish all or nothing.


@bp.get("/admin/courses/publish")
@requires(Permission.CATALOG_PUBLISH)
def upload() -> ResponseReturnValue:
    return render_template("catalog/upload.html", form=UploadForm(folder_names(_shipped())), problem=None)


@bp.post("/admin/courses/publish")
@requires(Permission.CATALOG_PUBLISH)
@writes
def stage() -> ResponseReturnValue:
    """Keep the upload and go to its report; nothing is published yet."""
    form = UploadForm(folder_names(_shipped()))
    uploaded = request.files.get("file")
    if not form.validate_on_submit():
        return render_template("catalog/upload.html", form=form, problem=None), 422
    if uploaded is not None and uploaded.filename:
        name, content = uploaded.filename, uploaded.stream.read()
    elif form.folder.data:
        found = Report()
        name, content = f"{form.folder.data}.zip", _packed(_shipped() / form.folder.data, found)
        if found.has_errors:
            problem = str(next(iter(found)))
            return render_template("catalog/upload.html", form=form, problem=problem), 422
    else:
        problem = "Choose a zip file, or one of the courses of this installation."
        return render_template("catalog/upload.html", form=form, problem=problem), 422
    staged = service.stage_bundle(name, content, by=current_user, at=clock.now())
    return redirect(url_for("catalog.report", staged_id=staged.id), 303)


def _shipped() -> Path:
    """The course folders that came with the installation."""
    return Path(current_app.root_path).parent / "courses"


def _packed(folder: Path, found: Report) -> bytes:
    """The folder as a zip, so that both ways of publishing are one from here on."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in from_folder(folder, found).items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _staged(staged_id: UUID) -> tuple[dict[str, Any], Subject]:
    return {"staged": queries.staged_bundle(staged_id, current_user.id)}, Subject(current_user.id)


@bp.get("/admin/courses/publish/<uuid:staged_id>")
@requires(Permission.CATALOG_PUBLISH, load=_staged)
def report(staged: StagedBundle | None) -> ResponseReturnValue:
    if staged is None:
        return _gone()
    loaded = load_zip(io.BytesIO(staged.content), staged.name)
    form = _publish_form(loaded)
    if loaded.course is not None and form.change_class is not None:
        form.change_class.data = _against(loaded.course)["suggested"]
    return _report(staged, loaded, form)


@bp.post("/admin/courses/publish/<uuid:staged_id>")
@requires(Permission.CATALOG_PUBLISH, load=_staged)
@writes
def publish(staged: StagedBundle | None) -> ResponseReturnValue:
    """Publish what the report was about; with an error in it, nothing."""
    if staged is None:
        return _gone()
    loaded = load_zip(io.BytesIO(staged.content), staged.name)
    form = _publish_form(loaded)
    if loaded.course is None or not form.validate_on_submit():
        return _report(staged, loaded, form, status=422)
    try:
        done = service.publish_or_find(
            loaded.course,
            loaded.assets,
            change_class=form.change_class.data if form.change_class is not None else service.FIRST_CLASS,
            by=current_user,
            at=clock.now(),
            note=(form.note.data or "").strip(),
        )
    except RuleViolation as refused:
        return _report(staged, loaded, form, refusal=sentence(refused.code, **refused.facts), status=422)
    service.discard_bundle(staged)
    if done.is_new:
        flash(f"Published: “{loaded.course.title}”, version {done.version.number}.", "success")
    else:
        flash(f"Nothing new: version {done.version.number} has the very same content.", "information")
    return redirect(url_for("catalog.version", version_id=done.version.id), 303)


def _publish_form(loaded: Loaded) -> PublishForm:
    return PublishForm(is_first=loaded.course is not None and queries.latest_version(loaded.course.key) is None)


def _report(
    staged: StagedBundle, loaded: Loaded, form: PublishForm, *, refusal: str | None = None, status: int = 200
) -> ResponseReturnValue:
    against = _against(loaded.course) if loaded.course else {}
    page = render_template("catalog/report.html", staged=staged, loaded=loaded, form=form, refusal=refusal, **against)
    return page, status


def _against(course: Course) -> dict[str, Any]:
    """How the course differs from the newest version of its line."""
    newest = queries.latest_version(course.key)
    changes = compare(queries.course(newest.id), course) if newest else ()
    return {
        "newest": newest,
        "is_same": newest is not None and newest.digest == digest(to_document(_numbered(course, newest.line_id))),
        "changes": changes,
        "suggested": suggested_class(changes),
        "needs_edition": _needs_edition(course) and (newest is None or queries.edition_line(newest.line_id) is None),
    }


def _gone() -> ResponseReturnValue:
    form = UploadForm(folder_names(_shipped()), formdata=None)
    page = render_template("catalog/upload.html", form=form, problem=sentence("bundle_staged_no_more"))
    return page, 404
