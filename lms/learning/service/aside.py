"""What a verdict does beside the way: a later check decides what is mastered, a warm-up is noted as taken."""

from datetime import datetime
from uuid import UUID

from lms.learning import queries
from lms.learning.models import StepCompletion
from lms.learning.queries import AnyEnrollment
from lms.learning.service import checks
from lms.learning.service.progress import NOTHING, Opened, complete
from lms.learning.service.record import Named, insert, learner_of, locked, write
from lms.policy.later import Evidence
from lms.policy.sequencing import Facts


def close_check(
    enrollment: AnyEnrollment,
    step_key: str,
    found: Evidence,
    *,
    passed: bool,
    source_id: UUID,
    evidence_id: UUID,
    started_at: datetime,
    by: Named,
    at: datetime,
) -> Opened:
    """Decide a later check, and return what it opened: layers that waited for mastery. It takes nothing back."""
    enrollment = locked(enrollment)
    learner = learner_of(enrollment, by)
    if not checks.decide(enrollment, step_key, found, passed=passed, started_at=started_at, at=at):
        return NOTHING
    checks.note(
        enrollment, found, step_key=step_key, source_id=source_id, evidence_id=evidence_id, learner=learner, at=at
    )
    before = Facts(queries.done(enrollment.id))
    if not passed or step_key in before.done or enrollment.state not in {"active", "satisfied"}:
        return NOTHING
    course = queries.course_of(enrollment)
    return complete(enrollment, course, before, (step_key,), how="passed", learner=learner, by=by, at=at)


def note_carried(
    enrollment: AnyEnrollment,
    step_key: str,
    found: Evidence,
    *,
    source_id: UUID,
    evidence_id: UUID,
    by: Named,
    at: datetime,
) -> None:
    """What a test of an earlier course's objectives says about them there."""
    learner = learner_of(enrollment, by)
    checks.note(
        enrollment, found, step_key=step_key, source_id=source_id, evidence_id=evidence_id, learner=learner, at=at
    )


def note_warm_up(enrollment: AnyEnrollment, step_key: str, *, how: str, by: Named, at: datetime) -> None:
    """That a warm-up was taken, once. It completes nothing and opens nothing."""
    values = {
        "enrollment_id": enrollment.id,
        "step_key": step_key,
        "completed_at": at,
        "how": how,
        "by_id": by.id,
    }
    keys = ["enrollment_id", "step_key"]
    write(insert(StepCompletion).values(values).on_conflict_do_nothing(index_elements=keys))
