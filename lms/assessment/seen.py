"""What somebody has sat and been asked before: so that a new form asks something else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from lms.assessment.models import Attempt
from lms.db import db
from lms.learning.models import Enrollment
from lms.learning.queries import AnyEnrollment

SEEN_FORMS = 3  # what was asked longer ago may be asked again like new


def sat_before(enrollment: AnyEnrollment, step_key: str) -> datetime | None:
    """When this person last sat this step under another enrollment on the course; voided attempts aside."""
    return db.session.scalar(
        select(func.max(func.coalesce(Attempt.closed_at, Attempt.started_at)))
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .where(
            Enrollment.user_id == enrollment.user_id,
            Enrollment.line_id == enrollment.line_id,
            Enrollment.id != enrollment.id,
            Attempt.step_key == step_key,
            Attempt.state != "voided",
        )
    )


def seen_items(enrollment_id: UUID, step_key: str) -> tuple[frozenset[str], ...]:
    """What stood on the learner's last forms of this step, the latest first."""
    kept = db.session.scalars(
        select(Attempt.form)
        .where(Attempt.enrollment_id == enrollment_id, Attempt.step_key == step_key, Attempt.state != "voided")
        .order_by(Attempt.number.desc())
        .limit(SEEN_FORMS)
    )
    return tuple(frozenset(item["key"] for item in form["items"]) for form in kept)


def seen_in_module(enrollment_id: UUID, module_key: str) -> tuple[frozenset[str], ...]:
    """What stood on the learner's last forms of any step of this module, the latest first."""
    kept = db.session.scalars(
        select(Attempt.form)
        .where(
            Attempt.enrollment_id == enrollment_id,
            Attempt.step_key.startswith(f"{module_key}/", autoescape=True),
            Attempt.state != "voided",
        )
        .order_by(Attempt.started_at.desc(), Attempt.number.desc())
        .limit(SEEN_FORMS)
    )
    return tuple(frozenset(item["key"] for item in form["items"]) for form in kept)
