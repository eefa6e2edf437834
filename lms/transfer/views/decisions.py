"""Deciding about a worksheet, and handing the rep over to the field. Each decision is bound to what was read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flask import flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from lms import clock
from lms.policy import worksheet
from lms.policy.access import Permission
from lms.policy.outline import Rubric
from lms.policy.transfer import Mark, Move, may_have_met, may_open_field
from lms.transfer import forms, queries, service
from lms.transfer.views import loading
from lms.transfer.views.blueprint import REVIEW, bp
from lms.transfer.views.loading import Begun
from lms.transfer.views.reviewing import (
    edited_content,
    given_reason,
    latest_day,
    may_show_again,
    need_reason,
    review_page,
)
from lms.web.guards import requires, writes
from lms.web.input import bounded

decides = requires(Permission.TRANSFER_DECIDE, load=loading.review, seen_with=Permission.TRANSFER_VIEW)


@bp.post(REVIEW + "/approval")
@decides
@writes
def approve(work: Begun) -> Response | tuple[str, int]:
    read, at = forms.Read(), clock.now()
    said = _approval(work, read, at)
    if said.edited is not None:
        read.problems["edit-worksheet"] = "You edited the worksheet. Choose “Approve with edits”, or undo the edits."
    need_reason(work, read)
    if may_show_again(work, Move.APPROVE, read):
        return review_page(work, problems=read.problems, sent=request.form), 422
    service.approve(
        work.activity,
        revision=said.revision,
        marks=said.marks,
        missing=said.missing,
        meeting_on=said.met_on or clock.company_day(at),
        by=current_user,
        at=at,
        reason=given_reason(),
    )
    flash(f"Approved. {work.first} was told.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.post(REVIEW + "/adjustment")
@decides
@writes
def adjust(work: Begun) -> Response | tuple[str, int]:
    """Approve with tracked edits, which the rep acknowledges before going to the field."""
    read, at = forms.Read(), clock.now()
    said = _approval(work, read, at)
    if said.edited is None:
        read.problems["edit-worksheet"] = "Nothing was edited. Edit the worksheet first, or choose “Approve”."
    else:
        read.problems.update(forms.messages(worksheet.validate(work.definition.sheet, said.edited)))
    need_reason(work, read)
    if may_show_again(work, Move.ADJUST, read):
        return review_page(work, problems=read.problems, sent=request.form), 422
    service.adjust(
        work.activity,
        revision=said.revision,
        content=said.edited or {},
        marks=said.marks,
        missing=said.missing,
        meeting_on=said.met_on or clock.company_day(at),
        by=current_user,
        at=at,
        reason=given_reason(),
    )
    flash(f"Approved with your edits. {work.first} sees each of them and acknowledges.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.post(REVIEW + "/return", endpoint="return_")
@decides
@writes
def give_back(work: Begun) -> Response | tuple[str, int]:
    read, at = forms.Read(), clock.now()
    reasons = forms.reasons(work.definition.review_rubric, request.form)
    if not reasons:
        read.problems.update(_reason_wanted(work.definition.review_rubric))
    due_on = read.day(request.form, "due_on", "the day you expect it back")
    if due_on and due_on < clock.company_day(at):
        read.problems["due_on"] = "The day lies in the past. Choose today or later."
    need_reason(work, read)
    if may_show_again(work, Move.RETURN, read):
        return review_page(work, problems=read.problems, sent=request.form), 422
    service.return_(
        work.activity,
        revision=_revision_seen(),
        reasons=reasons,
        due_on=due_on,
        by=current_user,
        at=at,
        reason=given_reason(),
    )
    flash(f"Returned. {work.first} sees your reasons.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


def _reason_wanted(rubric: Rubric) -> dict[str, str]:
    """Beside the first line that is not marked as met: what is met needs no reason."""
    marks = forms.marks(rubric, request.form)
    unmet = [one.key for one in rubric.criteria if marks.get(one.key) != Mark.MET]
    if unmet:
        return {f"reason-{unmet[0]}": "Give a reason for at least one criterion, so that the next round can be better."}
    return {
        f"mark-{rubric.criteria[0].key}": "Every line is marked as met. Mark what is not there yet and say why, "
        "or approve it."
    }


@dataclass(frozen=True, slots=True)
class Approval:
    """What both kinds of approval say. `edited`: the worksheet as the reviewer changed it, None if they did not."""

    revision: int
    marks: dict[str, str]
    missing: dict[str, str]
    met_on: date | None
    edited: worksheet.Content | None


def _approval(work: Begun, read: forms.Read, at: datetime) -> Approval:
    number, marks = _revision_seen(), _marks(work, read)
    missing, met_on = _missing(work, marks, read), _meeting(work, read, at)
    seen = queries.revision(work.activity.id, number)
    edited = edited_content(work, seen.content, request.form) if seen is not None else None
    return Approval(number, marks, missing, met_on, edited)


def _revision_seen() -> int:
    return request.form.get("revision", 0, type=bounded)


def _meeting(work: Begun, read: forms.Read, at: datetime) -> date | None:
    met_on = read.day(request.form, "meeting_on", "the day you met")
    if met_on:
        zone = current_user.zone
        read.rule(
            "meeting_on",
            may_have_met,
            met_on,
            submitted_on=queries.submitted_day(work.activity, zone),
            today=latest_day(clock.local_day(at, zone)),
        )
    return met_on


def _marks(work: Begun, read: forms.Read) -> dict[str, str]:
    """Each criterion as met or not yet; what is not marked is a problem."""
    rubric = work.definition.review_rubric
    marks = forms.marks(rubric, request.form)
    for one in rubric.criteria:
        if one.key not in marks:
            read.problems[f"mark-{one.key}"] = f"{one.title}: mark it as met or not yet."
    return marks


def _missing(work: Begun, marks: Mapping[str, str], read: forms.Read) -> dict[str, str]:
    """What each criterion that is not yet met still misses: an approval with open points names them."""
    said = forms.reasons(work.definition.review_rubric, request.form)
    open_lines = [key for key, mark in marks.items() if mark == Mark.NOT_YET]
    silent = [key for key in open_lines if key not in said]
    for key in silent:
        lines = "1 line is" if len(silent) == 1 else f"{len(silent)} lines are"
        title = next(one.title for one in work.definition.review_rubric.criteria if one.key == key)
        read.problems[f"reason-{key}"] = (
            f"{lines} marked Not yet. Say what is missing, or return it."
            if key == silent[0]
            else f"{title}: say what is missing."
        )
    return {key: said[key] for key in open_lines if key in said}


@bp.post(REVIEW + "/release")
@decides
@writes
def release(work: Begun) -> Response | tuple[str, int]:
    """Hand over accounts, or note that the rep works an own list; set the field window."""
    read, at = forms.Read(), clock.now()
    leads, problem = forms.leads(request.form)
    own_list = request.form.get("own_list") == "yes"
    least = max(work.definition.leads_minimum or 0, 1)
    if problem:
        read.problems["leads"] = problem
    elif not own_list and len(leads) < least:
        read.problems["leads"] = (
            f"Hand over at least {least}, one a line, or tick that {work.first} works an own list. "
            f"So far there {'is' if len(leads) == 1 else 'are'} {len(leads)}."
        )
    first = read.day(request.form, "from_on", "the first day in the field")
    last = read.day(request.form, "until_on", "the last day in the field")
    if first and last and last < first:
        read.problems["until_on"] = "The last day is before the first. Swap them."
    elif first and last:
        earliest, today = queries.earliest_day(work.activity, work.rep.zone), clock.company_day(at)
        name = "from_on" if first < earliest else "until_on"
        read.rule(name, may_open_field, first, last, earliest=earliest, today=today)
    need_reason(work, read)
    if may_show_again(work, Move.RELEASE, read):
        return review_page(work, problems=read.problems, sent=request.form), 422
    today = clock.company_day(at)
    service.release(
        work.activity,
        leads=leads,
        own_list=own_list,
        from_on=first or today,
        until_on=last or today,
        by=current_user,
        at=at,
        reason=given_reason(),
    )
    flash(f"Handed over. {work.first} may start.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)
