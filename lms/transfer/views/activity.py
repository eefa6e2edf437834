"""The rep's page of one activity: where it stands, what comes next, and what the rep does without a form."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from lms import clock
from lms.policy import worksheet
from lms.policy.access import Permission
from lms.policy.transfer import Status
from lms.policy.worksheet import FieldChange
from lms.transfer import queries, service
from lms.transfer.stages import open_points, open_question, return_to_work_on, stages
from lms.transfer.views import loading
from lms.transfer.views.blueprint import WORK, bp
from lms.transfer.views.loading import Begun, Work
from lms.transfer.views.words_and_links import leads
from lms.web.guards import requires, writes

acts = requires(Permission.LEARN, load=loading.begun, seen_with=Permission.TRANSFER_VIEW)


@bp.get(WORK)
@requires(Permission.TRANSFER_VIEW, load=loading.work)
def activity(work: Work) -> str:
    at = clock.now()
    row = work.activity
    access = work.access(at)
    context: dict[str, Any] = {"work": work, "access": access, "activity": row, "status": work.status}
    context["approver"] = loading.approver_name(work.rep.id)
    if row is not None:
        report = queries.latest_report(row.id)
        draft = queries.draft(row.id)
        moves = queries.timeline(row.id)
        context.update(
            moves=moves,
            returned=return_to_work_on(moves),
            open_points=open_points(moves) if row.status in {Status.APPROVED, Status.IN_FIELD} else None,
            question=open_question(moves),
            report=report,
            observations=queries.observations(row.id),
            totals=queries.tally_totals(row.id),
            leads=leads(work.with_row(row)),
            waits=queries.waits_on(row, at),
            remind_from=queries.may_remind_from(row),
            today=clock.company_day(at),
            revisions=queries.revisions(row.id),
            adjusted=_unacknowledged(work.with_row(row)),
            percent=worksheet.percent(work.definition.sheet, draft.content) if draft else 0,
            confirmer=loading.name(report.confirmed_by_id) if report else "",
        )
    return render_template("transfer/activity.html", stages=stages(work, context), **context)


def _unacknowledged(work: Begun) -> tuple[FieldChange, ...]:
    """The manager's edits that wait for the rep's acknowledgment, as a redline."""
    row = work.activity
    if not row.needs_acknowledgment:
        return ()
    after = queries.revision(row.id, row.approved_revision)
    before = queries.revision(row.id, row.submitted_revision)
    return worksheet.diff(work.definition.sheet, before.content, after.content) if after and before else ()


@bp.post(WORK + "/withdrawal")
@acts
@writes
def withdraw(work: Begun) -> Response:
    service.withdraw(work.activity, by=current_user, at=clock.now())
    flash("Taken back. You can change it and submit it again.", "success")
    return redirect(url_for(".activity", **work.url_args), 303)


@bp.post(WORK + "/reminder")
@acts
@writes
def remind(work: Begun) -> Response:
    """Ask the approver once more, by mail; at most once a working day."""
    service.remind(work.activity, by=current_user, at=clock.now())
    flash("Your manager was asked by mail to look at it.", "success")
    return redirect(url_for(".activity", **work.url_args), 303)


@bp.post(WORK + "/acknowledgment")
@acts
@writes
def acknowledge(work: Begun) -> Response:
    service.acknowledge(work.activity, by=current_user, at=clock.now())
    flash("Acknowledged. The edited version is the one you take to the field.", "success")
    return redirect(url_for(".activity", **work.url_args), 303)
