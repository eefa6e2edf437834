"""Whether an assessment may be begun now: a step of the way, or what stands beside it by a calendar of its own."""

from dataclasses import dataclass
from datetime import datetime

from lms import clock
from lms.errors import RuleViolation
from lms.learning import check_queries
from lms.learning.queries import AnyEnrollment
from lms.people import queries as people
from lms.policy import later, sequencing
from lms.policy.later import CheckFact, CheckState
from lms.policy.outline import Assessment, Course, Purpose
from lms.policy.sequencing import Access, Facts, StepState

NOT_SCHEDULED = Access(StepState.LOCKED, code="check_comes_later")


@dataclass(frozen=True, slots=True)
class Entrance:
    """`check`: of a later check, where it stands; None before its module is done."""

    access: Access
    check: CheckFact | None = None


def entrance(enrollment: AnyEnrollment, course: Course, step_key: str, facts: Facts, at: datetime) -> Entrance:
    """Access to an assessment. One statement more for a later check, none for anything else."""
    found = later.step_at(course, step_key)
    if found is None:
        raise RuleViolation("step_unknown", step=step_key)
    module, step = found
    if isinstance(step, Assessment) and step.purpose is Purpose.DELAYED:
        check = check_queries.latest(enrollment.id, step_key)
        return Entrance(_of_check(enrollment, check, at), check)
    access = sequencing.resolve_module(course, facts, module.key, at)
    if step_key in access:
        return Entrance(access[step_key])
    # A warm-up is open with its module.
    return Entrance(next((one for one in access.values() if not one.is_locked), next(iter(access.values()))))


def _of_check(enrollment: AnyEnrollment, check: CheckFact | None, at: datetime) -> Access:
    if check is None:
        return NOT_SCHEDULED
    if check.state is CheckState.PASSED:
        return sequencing.DONE
    if check.state is not CheckState.SCHEDULED:
        return Access(StepState.LOCKED, code="check_over", facts={"closed_on": check.due.closes_on})
    if check.due.rests_since is not None:
        return Access(StepState.LOCKED, code="check_rests", facts={"since": check.due.rests_since})
    person = people.person(enrollment.user_id)
    on = clock.local_day(at, person.zone if person is not None else "UTC")
    if check.due.is_over(on):
        return Access(StepState.LOCKED, code="check_over", facts={"closed_on": check.due.closes_on})
    if not check.due.is_open(on):
        return Access(StepState.LOCKED, code="check_not_due", facts={"due_on": check.due.due_on})
    return sequencing.OPEN


def refuse_closed(enrollment: AnyEnrollment, course: Course, step_key: str, facts: Facts, at: datetime) -> None:
    access = entrance(enrollment, course, step_key, facts, at).access
    if not access.is_locked:
        return
    if access.code in OWN_WORDS:
        raise RuleViolation(access.code, **access.facts)
    raise RuleViolation("step_locked", title=access.facts.get("title", ""), who=access.facts.get("who", ""))


# Of these the code itself says what there is to say; of any other lock, which step comes first.
OWN_WORDS = sequencing.CLOSED | {"check_over", "check_rests", "check_not_due"}
