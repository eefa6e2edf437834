"""One more later check, because the learner asks for it."""

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user

from lms import clock
from lms.learning import loading, service
from lms.learning.pages import Addresses
from lms.learning.queries import AnyEnrollment
from lms.learning.views.blueprint import bp
from lms.policy.access import Permission
from lms.web import formats
from lms.web.guards import requires, writes


@bp.post("/courses/<uuid:enrollment_id>/checks/<module_key>/again")
@requires(Permission.LEARN, load=loading.enrollment, seen_with=Permission.ENROLLMENT_VIEW)
@writes
def ask_check(enrollment: AnyEnrollment, module_key: str) -> ResponseReturnValue:
    """Schedule it; a check follows the last one by a week at least."""
    due = service.ask_again(enrollment, module_key, by=current_user, at=clock.now())
    flash(f"The check comes on {formats.day(due.due_on)} and waits until {formats.day(due.closes_on)}.", "success")
    return redirect(f"{Addresses(enrollment.id).trail}#later-checks", 303)
