"""Pages about questions, for authors and admins: the bank, one item, its review and repair, the figures of tests."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import NotFound

from lms import clock
from lms.assessment import drawings, item_markdown, queries, repair_queries, service, statistics
from lms.assessment.item_markdown import ItemRenderer
from lms.assessment.repair_queries import Preview
from lms.assessment.statistics import TestReport
from lms.catalog import bank, bank_queries
from lms.catalog import queries as catalog
from lms.catalog.bank_queries import ItemRow, UseRow, VersionRow, Wanted
from lms.catalog.models import ItemLine
from lms.errors import RuleViolation
from lms.learning.trail import TEST_WORDS
from lms.policy import item_states, repair
from lms.policy.access import Permission, Subject, allows
from lms.policy.item_states import ItemMove, ItemState
from lms.policy.items import ItemType
from lms.policy.outline import Assessment
from lms.policy.repair import Effect, Remedy
from lms.web.guards import Loaded, actor, requires, writes
from lms.web.input import bounded
from lms.web.wording import sentence

FIGURES_PAGE = 10
bp = Blueprint("items", __name__, template_folder="templates")

MOVE_WORDS = {
    ItemMove.REVIEW: "Reviewed: it is good",
    ItemMove.RETURN: "Return to draft",
    ItemMove.RELEASE: "Release: draw it",
    ItemMove.RETIRE: "Retire: draw it no more",
    ItemMove.REVIVE: "Take it up again as a draft",
}
REMEDY_WORDS = {
    Remedy.NEUTRALIZE: "Neutralize it: full points, or out of the sum, whichever is better for the learner",
    Remedy.ACCEPT: "Accept another answer as right too",
    Remedy.DROP: "Drop it: out of the sum",
}


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


def load_item(item_id: UUID) -> Loaded:
    line = bank_queries.item_line(item_id)
    return None if line is None else ({"line": line}, Subject(current_user.id))


# ------------------------------------------------------------------------------------------------- bank


@bp.get("/admin/items")
@requires(Permission.CATALOG_PUBLISH)
def search() -> ResponseReturnValue:
    """The bank: every question, found by words, course, objective, type, band and state."""
    asked, wanted = asked_for()
    page = max(1, request.args.get("page", 1, type=bounded))
    found = bank_queries.search(wanted, page)
    titles = catalog.titles()
    return render_template(
        "assessment/items.html",
        asked=asked,
        found=found,
        page=page,
        pages=-(-found.total // bank_queries.PAGE),
        courses=[(line.key, line.title) for line in catalog.lines()],
        objectives=[(key, _title(titles, key)) for key in bank_queries.objectives()],
        titles=titles,
        is_filtered=any(asked.values()),
        types=[(one.value, one.value.replace("_", " ")) for one in ItemType],
        states=_pairs(one.value for one in ItemState),
    )


def asked_for() -> tuple[dict[str, str], Wanted]:
    """What the address looks for."""
    asked = {name: request.args.get(name, "").strip()[:80] for name in Wanted.__slots__}
    return asked, Wanted(**asked)


def _title(titles: Mapping[str, Mapping[str, str]], key: str) -> str:
    """An objective in words, whichever course has it."""
    return next((of[key] for of in titles.values() if key in of), key)


def _pairs(values: Iterable[object]) -> list[tuple[str, str]]:
    """What a select is made of, where the value is its own name."""
    return [(str(value), str(value)) for value in values]


@bp.get("/admin/items/<uuid:item_id>")
@requires(Permission.CATALOG_PUBLISH, load=load_item)
def item(line: ItemLine) -> ResponseReturnValue:
    """One question: its newest version, where it is asked, what first attempts say, its review."""
    return _item_page(line)


def _places(uses: Iterable[UseRow]) -> dict[tuple[UUID, str], str]:
    """Where each use is, in the words of its course."""
    found = {}
    for version_id in {use.course_version_id for use in uses}:
        for module in catalog.course(version_id).modules:
            for key, step in module.keyed_steps:
                found[version_id, key] = f"{module.title}: {step.title}"
    return found


def _item_page(line: ItemLine, *, refusal: str = "", typed: str = "", status: int = 200) -> ResponseReturnValue:
    versions = bank_queries.versions(line.id)
    uses = bank_queries.uses(line.id)
    is_own = versions[0].made_by_id == current_user.id
    row = bank_queries.item(line.id)
    if row is None:
        raise NotFound
    page = render_template(
        "assessment/item.html",
        row=row,
        titles=catalog.titles().get(row.course_key, {}),
        markdown=_markdown(row, versions[0]),
        line=line,
        versions=versions,
        uses=uses,
        places=_places(uses),
        figures=_figures(line),
        notes=bank_queries.notes(line.id),
        repairs=repair_queries.repairs_of_item(line.id),
        moves=item_states.possible(ItemState(line.state), is_own=is_own),
        move_words=MOVE_WORDS,
        needs_reason=item_states.NEEDS_REASON,
        is_own=is_own,
        refusal=refusal,
        typed=typed,
        may_repair=allows(actor(), Permission.ITEM_REPAIR),
    )
    return page, status


def _markdown(row: ItemRow, version: VersionRow) -> ItemRenderer:
    """Its texts with the course's glossary and with its own pictures."""
    course = catalog.latest_version(row.course_key)
    return item_markdown.renderer(
        version.id,
        lambda path: url_for("exchange.item_file", item_id=row.id, number=version.number, path=path),
        catalog.course(course.id).glossary if course is not None else (),
    )


def _figures(line: ItemLine) -> list[tuple[TestReport, Any]]:
    """Its figures in each test of the newest course version that asks it."""
    version = next(iter(catalog.versions(line.line_id)), None)
    if version is None:
        return []
    found = []
    for module, step in catalog.course(version.id).steps.values():
        if isinstance(step, Assessment) and any(one.key == line.key for one in step.items):
            report = statistics.of_test(line.line_id, module.key, step.key)
            rows = [row for row in report.items if row.key == line.key] if report else []
            found += [(report, row) for row in rows if report is not None]
    return found


@bp.post("/admin/items/<uuid:item_id>/moves")
@requires(Permission.CATALOG_PUBLISH, load=load_item)
@writes
def move(line: ItemLine) -> ResponseReturnValue:
    """A move of the review round, with what is to be said about it."""
    comment = request.form.get("comment", "")
    try:
        wanted = ItemMove(request.form.get("move", ""))
    except ValueError as unknown:
        raise RuleViolation("item_moved_on", state=line.state) from unknown
    lock = request.form.get("lock", 0, type=bounded)
    try:
        state = bank.move(line, wanted, comment=comment, lock=lock, by=current_user, at=clock.now())
    except RuleViolation as refused:
        if refused.code != "item_reason_missing":
            raise
        return _item_page(line, refusal=sentence(refused.code), typed=comment, status=422)
    flash(f"The question is {state.value} now.", "success")
    return redirect(url_for(".item", item_id=line.id), 303)


@bp.post("/admin/items/<uuid:item_id>/notes")
@requires(Permission.CATALOG_PUBLISH, load=load_item)
@writes
def note(line: ItemLine) -> ResponseReturnValue:
    """A comment, without a move."""
    try:
        bank.comment(line, request.form.get("comment", ""), by=current_user, at=clock.now())
    except RuleViolation as refused:
        return _item_page(line, refusal=sentence(refused.code), status=422)
    return redirect(url_for(".item", item_id=line.id, _anchor="review"), 303)


# ----------------------------------------------------------------------------------------------- repair


@bp.get("/admin/items/<uuid:item_id>/repair")
@requires(Permission.ITEM_REPAIR, load=load_item, seen_with=Permission.CATALOG_PUBLISH)
def repair_page(line: ItemLine) -> ResponseReturnValue:
    """What is wrong with the question, and, once said, whose verdict that would change."""
    return _repair_page(line, request.args)


def _repair_page(line: ItemLine, given: Any, *, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    versions = bank_queries.versions(line.id)
    number = given.get("version", versions[0].number, type=bounded)
    version = next((one for one in versions if one.number == number), versions[0])
    shown, is_large = None, service.is_large(line)
    if given.get("remedy") and not refusal:
        try:
            shown = _preview(line, version, given, is_large=is_large)
        except RuleViolation as refused:
            refusal, status = sentence(refused.code, **refused.facts), 422
    item = version.item
    said = queries.said_to(line.line_id, line.key, version.number) if item.type is ItemType.SHORT else ()
    page = render_template(
        "assessment/repair.html",
        line=line,
        version=version,
        numbers=_pairs(one.number for one in versions),
        options=[(option.key, option.text) for option in item.options if not option.is_right],
        item=item,
        takes=repair.TAKES.get(item.type),
        unknown=repair.unknown_answers(item, said),
        remedies=[(one.value, words) for one, words in REMEDY_WORDS.items()],
        chosen=given.get("remedy", ""),
        accepted=_accepted(given),
        reason=given.get("reason", ""),
        shown=shown,
        is_large=is_large,
        effects=Effect,
        refusal=refusal,
        repairs=repair_queries.repairs_of_item(line.id),
    )
    return page, status


def _preview(line: ItemLine, version: VersionRow, given: Any, *, is_large: bool) -> Preview | None:
    """What it would change; of many tests what the worker has found, None before it was asked."""
    remedy, accepted = _remedy(given), _accepted(given)
    if not is_large:
        return service.preview(line, version.number, remedy, accepted)
    wanted = service.wanted(line, version.number, remedy, accepted)
    asked = repair_queries.asked_preview(line.line_id, version.id, wanted, clock.now())
    return None if asked is None else repair_queries.preview_row(asked)


@bp.post("/admin/items/<uuid:item_id>/repair/preview")
@requires(Permission.ITEM_REPAIR, load=load_item, seen_with=Permission.CATALOG_PUBLISH)
@writes
def ask_preview(line: ItemLine) -> ResponseReturnValue:
    """Where many tests were handed in: have the worker look through them, and show how far it is."""
    number = request.form.get("version", 0, type=bounded)
    remedy_given, accepted = request.form.get("remedy", ""), _accepted(request.form)
    try:
        service.ask_preview(line, number, _remedy(request.form), accepted, by=current_user, at=clock.now())
    except RuleViolation as refused:
        return _repair_page(line, request.form, refusal=sentence(refused.code, **refused.facts), status=422)
    address = url_for(
        ".repair_page", item_id=line.id, version=number, remedy=remedy_given, accepted=accepted, _anchor="changes"
    )
    return redirect(address, 303)


@bp.get("/admin/items/<uuid:item_id>/repair/preview")
@requires(Permission.ITEM_REPAIR, load=load_item, seen_with=Permission.CATALOG_PUBLISH)
def previewed(line: ItemLine) -> ResponseReturnValue:
    """The part of the repair's page that tells what it would change, for a page that keeps itself current."""
    version = service.version_of(line, request.args.get("version", 0, type=bounded))
    shown = _preview(line, version, request.args, is_large=True)
    if shown is None:
        raise NotFound
    return render_template(
        "assessment/_preview.html",
        line=line,
        version=version,
        shown=shown,
        chosen=request.args.get("remedy", ""),
        accepted=_accepted(request.args),
        effects=Effect,
    )


def _remedy(given: Any) -> Remedy:
    try:
        return Remedy(given.get("remedy", ""))
    except ValueError as unknown:
        raise RuleViolation("repair_unknown") from unknown


def _accepted(given: Any) -> tuple[str, ...]:
    """Options that were ticked, and spellings or numbers, one in each line."""
    typed = [line.strip() for text in given.getlist("accepted") for line in text.splitlines()]
    return tuple(dict.fromkeys(filter(None, typed)))[:40]


@bp.post("/admin/items/<uuid:item_id>/repair")
@requires(Permission.ITEM_REPAIR, load=load_item, seen_with=Permission.CATALOG_PUBLISH)
@writes
def decide(line: ItemLine) -> ResponseReturnValue:
    """Decide it, and regrade whoever is the better for it."""
    number = request.form.get("version", 0, type=bounded)
    try:
        decision = service.repair_item(
            line,
            number,
            _remedy(request.form),
            _accepted(request.form),
            reason=request.form.get("reason", ""),
            by=current_user,
            at=clock.now(),
        )
    except RuleViolation as refused:
        words = sentence(refused.code, **refused.facts)
        return _repair_page(line, request.form, refusal=words, status=422)
    if decision.finished_at is not None:
        flash(f"Decided. Results that became better: {decision.changed}. Each of these people is told.", "success")
    else:
        flash(f"Decided. {decision.sat} tests are looked through now; this page says how far that is.", "success")
    return redirect(url_for(".item", item_id=line.id), 303)


@bp.get("/admin/items/<uuid:item_id>/repairs")
@requires(Permission.CATALOG_PUBLISH, load=load_item)
def repairs(line: ItemLine) -> ResponseReturnValue:
    """The part of the item's page that tells how far regrading is, for a page that keeps itself current."""
    return render_template("assessment/_repairs.html", line=line, repairs=repair_queries.repairs_of_item(line.id))


# ---------------------------------------------------------------------------------------------- figures


@bp.get("/admin/tests")
@requires(Permission.CATALOG_PUBLISH)
def tests() -> ResponseReturnValue:
    """Every test of every course, with how many people have sat it."""
    return render_template("assessment/tests.html", rows=statistics.tests(), kinds=TEST_WORDS)


@bp.get("/admin/tests/<uuid:line_id>/<module_key>/<step_key>")
@requires(Permission.CATALOG_PUBLISH)
def test(line_id: UUID, module_key: str, step_key: str) -> ResponseReturnValue:
    """How a test and its questions do, from first attempts; the questions a page at a time."""
    found = _found(line_id, module_key, step_key)
    pages = max(1, -(-len(found.items) // FIGURES_PAGE))
    page = min(max(1, request.args.get("page", 1, type=bounded)), pages)
    ids = {row.key: row.id for row in bank_queries.search(Wanted(course_key=found.version.line_key), limit=None).rows}
    return render_template(
        "assessment/test.html",
        found=found,
        rows=found.items[FIGURES_PAGE * (page - 1) : FIGURES_PAGE * page],
        page=page,
        pages=pages,
        ids=ids,
        difficulty=drawings.difficulty(found.items),
        discrimination=drawings.discrimination(found.items),
        gain=drawings.gain(found.gain) if found.gain else None,
    )


@bp.get("/admin/tests/<uuid:line_id>/<module_key>/<step_key>/items.csv")
@requires(Permission.CATALOG_PUBLISH)
def test_file(line_id: UUID, module_key: str, step_key: str) -> ResponseReturnValue:
    """The same figures as a file."""
    found = _found(line_id, module_key, step_key)
    answer = make_response(statistics.as_csv(found))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    name = f"{found.version.line_key}-{found.module.key}-{found.test.key}-items.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _found(line_id: UUID, module_key: str, step_key: str) -> TestReport:
    """Not a loader of the guard: working it out is only for those who may see it."""
    report = statistics.of_test(line_id, module_key, step_key)
    if report is None:
        raise NotFound
    return report
