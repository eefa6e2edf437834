"""What an admin may do to an activity, each with a reason on record."""

from flask import flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from lms import clock
from lms.errors import RuleViolation
from lms.policy.access import Permission
from lms.transfer import service
from lms.transfer.views import loading
from lms.transfer.views.blueprint import REVIEW, bp
from lms.transfer.views.loading import Begun
from lms.web.guards import requires, writes


def _reason() -> str:
    reason = request.form.get("reason", "").strip()[:2000]
    if not reason:
        raise RuleViolation("reason_missing")
    return reason


@bp.post(REVIEW + "/waiver")
@requires(Permission.TRANSFER_ADMIN, load=loading.review, seen_with=Permission.TRANSFER_VIEW)
@writes
def waive(work: Begun) -> Response:
    service.waive(work.activity, reason=_reason(), by=current_user, at=clock.now())
    flash("Waived, with your reason on record.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.post(REVIEW + "/reopening")
@requires(Permission.TRANSFER_REOPEN, load=loading.review, seen_with=Permission.TRANSFER_VIEW)
@writes
def reopen(work: Begun) -> Response:
    """By an admin at any time, by the approver within seven days (the service checks the days)."""
    service.reopen(work.activity, reason=_reason(), by=current_user, at=clock.now())
    flash("Reopened. The numbers wait for a confirmation again.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)


@bp.post(REVIEW + "/preparation-override")
@requires(Permission.TRANSFER_ADMIN, load=loading.review, seen_with=Permission.TRANSFER_VIEW)
@writes
def override_preparation(work: Begun) -> Response:
    """Let this activity be decided by a manager who has not satisfied the manager's edition."""
    service.override_preparation(work.activity, reason=_reason(), by=current_user, at=clock.now())
    flash("This activity may be decided without the manager's edition. Your reason is on record.", "success")
    return redirect(url_for(".review", activity_id=work.activity.id), 303)
