"""The reviewer's side: the queue, the review beside workbook and rubric, and every decision."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from lms import clock
from lms.policy import results as rules
from lms.policy import worksheet
from lms.policy.access import Permission
from lms.transfer import forms, queries, service
from lms.transfer.stages import answers
from lms.transfer.views import loading
from lms.transfer.views.blueprint import REVIEW, bp
from lms.transfer.views.words_and_links import markdown
from lms.transfer.views.loading import Work
from lms.transfer.words import revision_words
from lms.web.guards import requires, writes

DECIDE = {"load": loading.review, "seen_with": Permission.TRANSFER_VIEW}


def company_day() -> Any:
    return clock.company_day(clock.now())


@bp.get("/queue")
@requires(Permission.QUEUE_VIEW)
def queue() -> str:
    """What waits on me, oldest first."""
    at = clock.now()
    rows = queries.waiting_on(current_user.id, company_day(), at)
    groups = {name: [row for row in rows if row.group == name] for name in ("decide", "hand_over", "observe")}
    return render_template("transfer/queue.html", groups=groups, minutes=sum(row.minutes for row in groups["decide"]))


@bp.get(REVIEW)
@requires(Permission.TRANSFER_VIEW, load=loading.review)
def review(work: Work) -> str | Response:
    """The work under review beside workbook and rubric; the rep is sent to their own page."""
    if work.is_own:
        return redirect(url_for(".activity", **work.url_args), 303)
    return _review_page(work)


def _review_page(work: Work, *, problems: dict[str, str] | None = None, sent: Any = None, said: str = "") -> str:
    row, at = work.activity, clock.now()
    capacity = queries.capacity_of(row, current_user.id, at)
    number = row.approved_revision or row.submitted_revision
    current = queries.revision(row.id, number) if number else None
    report = queries.latest_report(row.id)
    moves = queries.timeline(row.id)
    note = queries.private_note(row.id, current_user.id)
    sheet = work.definition.sheet
    content = current.content if current else {}
    return render_template(
        "transfer/review.html",
        work=work,
        activity=row,
        status=row.status,
        capacity=capacity,
        may_decide=capacity is not None,
        needs_reason=capacity == "stand_in",
        revision=current,
        version=revision_words(current, row) if current else "",
        sections=answers(sheet, content),
        edited=forms.sheet_content(sheet, sent) if sent and any(k.startswith(("f-", "r-")) for k in sent) else content,
        changes=_changes_since_last_round(work, current),
        workbook=workbook_html(work),
        preparation=queries.preparation(row, current_user.id) if capacity else None,
        moves=moves,
        observations=queries.observations(row.id),
        totals=queries.tally_totals(row.id),
        leads=queries.leads(row.id),
        report=report,
        question=moves[-1] if moves and moves[-1].move == "query" else None,
        waits=queries.waits_on(row, at),
        note=note.text if note else "",
        today=company_day(),
        problems=problems or {},
        sent=sent or {},
        said=said,
        names=loading.names({report.confirmed_by_id} if report and report.confirmed_by_id else set()),
    )


def _changes_since_last_round(work: Work, current: Any) -> list[Any]:
    """What the rep changed since the round that was returned."""
    if current is None or work.activity.status != "in_review":
        return []
    before = [
        one for one in queries.revisions(work.activity.id) if one.kind == "submitted" and one.number < current.number
    ]
    last = queries.revision(work.activity.id, before[0].number) if before else None
    return list(worksheet.diff(work.definition.sheet, last.content, current.content)) if last else []


def workbook_html(work: Work) -> Markup:
    return markdown(work, work.definition.workbook, scope="workbook")


@bp.get(REVIEW + "/workbook")
@requires(Permission.TRANSFER_OBSERVE, load=loading.review, seen_with=Permission.TRANSFER_VIEW)
def workbook(work: Work) -> str:
    """The manager's workbook alone, to read or print before the meeting."""
    return render_template("transfer/workbook.html", work=work, workbook=workbook_html(work))


@bp.post(REVIEW + "/opening")
@requires(Permission.TRANSFER_DECIDE, **DECIDE)
@writes
def open_review(work: Work) -> Response:
    """Take the request up: from now on the rep cannot take it back. Twice is as good as once."""
    service.open_review(work.activity, by=current_user, at=clock.now())
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.post(REVIEW + "/approval")
@requires(Permission.TRANSFER_DECIDE, **DECIDE)
@writes
def approve(work: Work) -> Response | tuple[str, int]:
    read = _read_decision(work, every_mark=True)
    met_on = read.day(request.form, "meeting_on", "the day you met")
    content = forms.sheet_content(work.definition.sheet, request.form)
    shown = queries.revision(work.activity.id, read.values["revision"])
    if shown is not None and _is_edited(work, shown.content, content):
        read.problems["edit"] = "You edited the worksheet. Choose “Approve with edits”, or undo the edits."
    if read.problems:
        return _review_page(work, problems=read.problems, sent=request.form), 422
    service.approve(
        work.activity,
        revision=read.values["revision"],
        marks=read.values["marks"],
        meeting_on=met_on,
        by=current_user,
        at=clock.now(),
        reason=_reason(),
    )
    flash(f"Approved. {work.first} was told.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


def _is_edited(work: Work, before: dict[str, Any], content: dict[str, Any]) -> bool:
    sent = any(name.startswith(("f-", "r-")) for name in request.form)
    return sent and bool(worksheet.diff(work.definition.sheet, before, content))


@bp.post(REVIEW + "/adjustment")
@requires(Permission.TRANSFER_DECIDE, **DECIDE)
@writes
def adjust(work: Work) -> Response | tuple[str, int]:
    """Approve with tracked edits, which the rep acknowledges before going to the field."""
    read = _read_decision(work, every_mark=True)
    met_on = read.day(request.form, "meeting_on", "the day you met")
    content = forms.sheet_content(work.definition.sheet, request.form)
    shown = queries.revision(work.activity.id, read.values["revision"])
    if shown is not None and not _is_edited(work, shown.content, content):
        read.problems["edit"] = "Nothing was edited. Edit the worksheet first, or choose “Approve”."
    read.problems.update(forms.messages(worksheet.validate(work.definition.sheet, content)))
    if read.problems:
        return _review_page(work, problems=read.problems, sent=request.form), 422
    service.adjust(
        work.activity,
        revision=read.values["revision"],
        content=content,
        marks=read.values["marks"],
        meeting_on=met_on,
        by=current_user,
        at=clock.now(),
        reason=_reason(),
    )
    flash(f"Approved with your edits. {work.first} sees each of them and acknowledges.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.post(REVIEW + "/return", endpoint="return_")
@requires(Permission.TRANSFER_DECIDE, **DECIDE)
@writes
def give_back(work: Work) -> Response | tuple[str, int]:
    read = _read_decision(work, every_mark=False)
    reasons = forms.reasons(work.definition.review_rubric, request.form)
    if not reasons:
        first = work.definition.review_rubric.criteria[0].key
        read.problems[f"reason-{first}"] = (
            "Give a reason for at least one criterion, so that the next round can be better."
        )
    due_on = read.day(request.form, "due_on", "the day you expect it back")
    if due_on and due_on < company_day():
        read.problems["due_on"] = "The day lies in the past. Choose today or later."
    if read.problems:
        return _review_page(work, problems=read.problems, sent=request.form), 422
    service.return_(
        work.activity,
        revision=read.values["revision"],
        reasons=reasons,
        due_on=due_on,
        by=current_user,
        at=clock.now(),
        reason=_reason(),
    )
    flash(f"Returned. {work.first} sees your reasons.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


def _read_decision(work: Work, *, every_mark: bool) -> forms.Read:
    """Which revision the reviewer saw, the marks, and the reason that a stand-in owes."""
    read = forms.Read()
    read.values["revision"] = request.form.get("revision", 0, type=int)
    rubric = work.definition.review_rubric
    read.values["marks"] = marked = forms.marks(rubric, request.form)
    if every_mark:
        for one in rubric.criteria:
            if one.key not in marked:
                read.problems[f"mark-{one.key}"] = f"{one.title}: mark it as met or not yet."
    _stand_in_reason(work, read)
    return read


def _stand_in_reason(work: Work, read: forms.Read) -> None:
    capacity = queries.capacity_of(work.activity, current_user.id, clock.now())
    if capacity == "stand_in" and not _reason():
        read.problems["reason"] = "You decide in place of the manager: say why."


def _reason() -> str:
    return request.form.get("reason", "").strip()[:2000]


@bp.post(REVIEW + "/release")
@requires(Permission.TRANSFER_DECIDE, **DECIDE)
@writes
def release(work: Work) -> Response | tuple[str, int]:
    """Hand over accounts, or note that the rep works an own list; set the field window."""
    read = forms.Read()
    leads, problem = forms.leads(request.form)
    own_list = request.form.get("own_list") == "yes"
    minimum = work.definition.leads_minimum or 0
    if problem:
        read.problems["leads"] = problem
    elif not own_list and len(leads) < max(minimum, 1):
        read.problems["leads"] = (
            f"Hand over at least {max(minimum, 1)}, one a line, or tick that {work.first} works an own list."
        )
    first = read.day(request.form, "from_on", "the first day in the field")
    last = read.day(request.form, "until_on", "the last day in the field")
    if first and last and last < first:
        read.problems["until_on"] = "The last day is before the first. Swap them."
    _stand_in_reason(work, read)
    if read.problems:
        return _review_page(work, problems=read.problems, sent=request.form), 422
    service.release(
        work.activity,
        leads=leads,
        own_list=own_list,
        from_on=first,
        until_on=last,
        by=current_user,
        at=clock.now(),
        reason=_reason(),
    )
    flash(f"Handed over. {work.first} may start.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.post(REVIEW + "/verification")
@requires(Permission.TRANSFER_DECIDE, **DECIDE)
@writes
def verify(work: Work) -> Response | tuple[str, int]:
    """Confirm the numbers, corrected where the manager knows better; the next module opens with it."""

    read = forms.Read()
    report = queries.latest_report(work.activity.id)
    raw = {one.key: request.form.get(f"c-{one.key}", "").strip() for one in work.definition.numbers}
    if report is not None:
        raw = {key: value or str(report.claimed.get(key, "")) for key, value in raw.items()}
    for key, problem in rules.check(work.definition, raw).items():
        read.problems[f"c-{key}"] = forms.problem_text(problem)
    _stand_in_reason(work, read)
    if read.problems:
        return _review_page(work, problems=read.problems, sent=request.form), 422
    numbers = rules.parse(work.definition.numbers, raw).numbers
    claimed = report.claimed if report else {}
    opened = service.verify(
        work.activity,
        report=request.form.get("report", 0, type=int),
        corrected={key: value for key, value in numbers.items() if claimed.get(key) != value},
        by=current_user,
        at=clock.now(),
        reason=_reason(),
    )
    titles = [f"“{work.course.module_by_key[key].title}”" for key in opened.modules]
    what = f" {' and '.join(titles)} opened for {work.first}." if titles else ""
    flash(f"Confirmed.{what}", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.post(REVIEW + "/query")
@requires(Permission.TRANSFER_DECIDE, **DECIDE)
@writes
def query(work: Work) -> Response | tuple[str, int]:
    """Ask about a number; the rep reports again."""
    read = forms.Read()
    question = request.form.get("question", "").strip()[:2000]
    if not question:
        read.problems["question"] = "Say which number does not fit, and what you would like to know."
    _stand_in_reason(work, read)
    if read.problems:
        return _review_page(work, problems=read.problems, sent=request.form), 422
    service.query(
        work.activity,
        report=request.form.get("report", 0, type=int),
        question=question,
        by=current_user,
        at=clock.now(),
        reason=_reason(),
    )
    flash(f"Asked. {work.first} answers with a corrected report.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.post(REVIEW + "/note")
@requires(Permission.TRANSFER_DECIDE, **DECIDE)
@writes
def note(work: Work) -> Response:
    """A private note of the reviewer; the rep never sees it here."""
    service.note(work.activity, text=request.form.get("text", "")[:5000], by=current_user, at=clock.now())
    flash("Note kept.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id) + "#note", 303)
