"""The review page: the work beside workbook and rubric; the queue that leads to it; what is read without deciding."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from lms import clock
from lms.policy import worksheet
from lms.policy.access import Actor, Permission
from lms.policy.transfer import TRANSITIONS, Capacity, Move, Status
from lms.policy.worksheet import FieldChange
from lms.transfer import forms, queries, service
from lms.transfer.models import WorksheetRevision
from lms.transfer.queries import QueueRow, TimelineRow
from lms.transfer.stages import answers, open_question, return_before
from lms.transfer.views import loading
from lms.transfer.views.blueprint import REVIEW, bp
from lms.transfer.views.loading import Begun
from lms.transfer.views.words_and_links import leads, markdown, queue_note
from lms.transfer.words import revision_words, rounds_of
from lms.web import formats
from lms.web.addresses import address_of
from lms.web.formats import age
from lms.web.guards import actor, requires, writes

decides = requires(Permission.TRANSFER_DECIDE, load=loading.review, seen_with=Permission.TRANSFER_VIEW)

GROUPS = ("decide", "score", "hand_over", "observe")
KINDS = {"in_review": "Review", "results_in": "Numbers", "approved": "Hand over", "in_field": "Observe"}


class QueueLine(NamedTuple):
    """A thing that waits, in the words of the queue."""

    href: str
    person: str
    what: str
    kind: str
    waits: str
    minutes: str
    note: str
    is_overdue: bool


# `dashboard` stands above and fills this in when the application starts: what of other packages waits on this person.
# Lines of the group "score", and the minutes they take.
others_waiting: Callable[[Actor, datetime], tuple[Sequence[QueueLine], int]] | None = None


@bp.get("/queue")
@requires(Permission.QUEUE_VIEW)
def queue() -> str:
    """What waits on me, oldest first."""
    at = clock.now()
    rows, has_more = queries.waiting(current_user.id, clock.company_day(at), at)
    observing, reviewing = address_of(".observe", "activity_id"), address_of(".review", "activity_id")
    groups: dict[str, list[QueueLine]] = {name: [] for name in GROUPS}
    for row in rows:
        href = (observing if row.group == "observe" else reviewing)(row.activity_id)
        groups[row.group].append(_queue_line(row, href, at))
    minutes = sum(row.minutes for row in rows if row.group == "decide")
    if has_more and others_waiting is not None:
        lines, more = others_waiting(actor(), at)
        groups["score"].extend(lines)
        minutes += more
    return render_template("transfer/queue.html", groups=groups, minutes=minutes)


def _queue_line(row: QueueRow, href: str, at: datetime) -> QueueLine:
    """Put together here: a call out of the template for each of hundreds of rows costs more than the row."""
    waits = age(at - row.waiting_since)
    waits = "sent just now" if waits == "just now" else f"waits {waits}"
    is_decision = row.group == "decide"
    return QueueLine(
        href,
        row.rep_name,
        f"{row.title}, round {row.round}" if row.status == "in_review" and row.round > 1 else row.title,
        KINDS[row.status],
        f"{waits}, overdue" if row.is_overdue else waits,
        f"about {formats.minutes(row.minutes)}" if is_decision and row.minutes else "",
        queue_note(row),
        row.is_overdue,
    )


@bp.get(REVIEW)
@requires(Permission.TRANSFER_VIEW, load=loading.review)
def review(work: Begun) -> str | Response:
    """The work under review beside workbook and rubric; the rep is sent to their own page."""
    if work.is_own:
        return redirect(url_for(".activity", **work.url_args), 303)
    return review_page(work)


def review_page(
    work: Begun, *, problems: Mapping[str, str] | None = None, sent: Mapping[str, str] | None = None
) -> str:
    """The page; with `problems` and what was `sent`, as the answer to a form that was not taken."""
    row, at = work.activity, clock.now()
    capacity = queries.capacity_of(row, current_user.id, at)
    current = queries.revision(row.id, row.approved_revision or row.submitted_revision)
    report = queries.latest_report(row.id)
    moves = queries.timeline(row.id)
    observations = queries.observations(row.id)
    note = queries.private_note(row.id, current_user.id)
    sheet = work.definition.sheet
    content = current.content if current else {}
    edited = edited_content(work, content, sent or {})
    return render_template(
        "transfer/review.html",
        work=work,
        activity=row,
        status=row.status,
        capacity=capacity,
        may_decide=capacity is not None,
        needs_reason=capacity is Capacity.STAND_IN,
        revision=current,
        version=revision_words(current, row, rounds_of(moves)) if current else "",
        sections=answers(sheet, content),
        content=content if edited is None else edited,
        is_edited=edited is not None,
        changes=_changes_since_last_round(work, current),
        decision=_decision(moves, current),
        earlier=return_before(moves) if row.status == Status.IN_REVIEW else None,
        edits=_edits_of_approval(work, current),
        workbook=workbook_html(work),
        preparation=queries.preparation(row, current_user.id) if capacity else None,
        moves=moves,
        observations=observations,
        observed=sum(one.counts for one in observations),
        totals=queries.tally_totals(row.id),
        leads=leads(work),
        report=report,
        question=open_question(moves),
        waits=queries.waits_on(row, at),
        note=note.text if note else "",
        today=clock.company_day(at),
        problems=problems or {},
        sent=sent or {},
        confirmer=loading.name(report.confirmed_by_id) if report else "",
    )


def edited_content(work: Begun, before: Mapping[str, Any], sent: Mapping[str, str]) -> dict[str, Any] | None:
    """The worksheet as the reviewer edited it in the form; None when nothing differs or no fields were sent."""
    if not any(name.startswith(("f-", "r-")) for name in sent):
        return None
    content = forms.sheet_content(work.definition.sheet, sent)
    return content if worksheet.diff(work.definition.sheet, before, content) else None


def _changes_since_last_round(work: Begun, current: WorksheetRevision | None) -> tuple[FieldChange, ...]:
    """What the rep changed since the round that was returned."""
    if current is None or work.activity.status != Status.IN_REVIEW:
        return ()
    earlier = [
        one.number
        for one in queries.revisions(work.activity.id)
        if one.kind == "submitted" and one.number < current.number
    ]
    last = queries.revision(work.activity.id, earlier[0]) if earlier else None
    return worksheet.diff(work.definition.sheet, last.content, current.content) if last else ()


def _edits_of_approval(work: Begun, current: WorksheetRevision | None) -> tuple[FieldChange, ...]:
    """What the manager changed on approving it."""
    if current is None or current.kind != "adjusted":
        return ()
    before = queries.revision(work.activity.id, work.activity.submitted_revision)
    return worksheet.diff(work.definition.sheet, before.content, current.content) if before else ()


def _decision(moves: tuple[TimelineRow, ...], current: WorksheetRevision | None) -> TimelineRow | None:
    """The last decision about a worksheet, while nothing newer was submitted: whose marks the rubric shows."""
    told = [move for move in moves if move.move in {"approve", "adjust", "return", "submit", "withdraw"}]
    decided = told and current is not None and told[-1].move in {"approve", "adjust", "return"}
    return told[-1] if decided else None


def workbook_html(work: Begun) -> Markup:
    return markdown(work, work.definition.workbook, scope="workbook")


@bp.get(REVIEW + "/workbook")
@requires(Permission.TRANSFER_OBSERVE, load=loading.review, seen_with=Permission.TRANSFER_VIEW)
def workbook(work: Begun) -> str:
    """The manager's workbook alone, to read or print before the meeting."""
    return render_template("transfer/workbook.html", work=work, workbook=workbook_html(work))


@bp.post(REVIEW + "/opening")
@decides
@writes
def open_review(work: Begun) -> Response:
    """Take the request up: from now on the rep cannot take it back. Twice is as good as once."""
    service.open_review(work.activity, by=current_user, at=clock.now())
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.post(REVIEW + "/note")
@decides
@writes
def note(work: Begun) -> Response:
    """A private note of the reviewer; the rep never sees it here."""
    service.note(work.activity, text=request.form.get("text", "")[:5000], by=current_user, at=clock.now())
    flash("Note kept.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id) + "#note", 303)


# What every decision asks of its form


def need_reason(work: Begun, read: forms.Read, *, element_id: str = "reason") -> None:
    """A stand-in's decision names its reason."""
    capacity = queries.capacity_of(work.activity, current_user.id, clock.now())
    if capacity is Capacity.STAND_IN and not given_reason():
        read.problems[element_id] = "You decide in place of the manager: say why."


def latest_day(today: date) -> date:
    """The last day that is not in the future: by the viewer's calendar or by the company's, which forms offer."""
    return max(today, clock.company_day(clock.now()))


def given_reason() -> str:
    return request.form.get("reason", "").strip()[:2000]


def may_show_again(work: Begun, act: Move, read: forms.Read) -> bool:
    """Whether the form is to be shown again with its problems.

    Not when somebody else decided meanwhile: then the service refuses, and says who decided what and when.
    """
    return bool(read.problems) and Status(work.activity.status) in TRANSITIONS[act]
