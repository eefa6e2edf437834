"""Loaders for the guards: from a URL to what the view needs and whose it is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_login import current_user

from lms import clock
from lms.catalog import queries as catalog
from lms.learning import queries as learning
from lms.learning.models import Enrollment
from lms.people import queries as people
from lms.people.queries import PersonRow
from lms.policy import sequencing
from lms.policy.outline import Course, Module, Transfer
from lms.policy.sequencing import Access
from lms.transfer import queries
from lms.transfer.models import TransferActivity
from lms.web.guards import Loaded


@dataclass(frozen=True, slots=True)
class Work:
    """One transfer step of one enrollment. `activity` is None until the rep first saves."""

    enrollment: Enrollment
    course: Course
    module: Module
    definition: Transfer
    key: str
    rep: PersonRow
    activity: TransferActivity | None

    @property
    def status(self) -> str:
        return self.activity.status if self.activity else "preparing"

    @property
    def url_args(self) -> dict[str, object]:
        module_key, step_key = self.key.split("/", 1)
        return {"enrollment_id": self.enrollment.id, "module_key": module_key, "step_key": step_key}

    @property
    def is_own(self) -> bool:
        return current_user.id == self.rep.id

    @property
    def first(self) -> str:
        return self.rep.name.split()[0]

    def access(self, at: datetime) -> Access:
        """Whether the rep may work on it now, and why not."""
        facts = learning.facts(self.enrollment.id)
        return sequencing.resolve_module(self.course, facts, self.module.key, at)[self.key]


def _work(enrollment: Enrollment, key: str, activity: TransferActivity | None) -> Work | None:
    course = catalog.course(enrollment.version_id)
    if key not in course.transfers:
        return None
    module, definition = course.steps[key]
    rep = people.person(enrollment.user_id)
    if rep is None or not isinstance(definition, Transfer):
        return None
    return Work(enrollment, course, module, definition, key, rep, activity)


def work(enrollment_id: UUID, module_key: str, step_key: str) -> Loaded:
    """By enrollment and step, as reps go."""
    enrollment = learning.enrollment(enrollment_id)
    if enrollment is None:
        return None
    key, at = f"{module_key}/{step_key}", clock.now()
    activity = queries.activity_by_step(enrollment_id, key)
    found = _work(enrollment, key, activity)
    if found is None:
        return None
    subject = queries.review_subject(activity, at) if activity else queries.owner_subject(enrollment.user_id, at)
    return {"work": found}, subject


def review(activity_id: UUID) -> Loaded:
    """By activity, as managers go."""
    activity = queries.activity(activity_id)
    enrollment = activity and learning.enrollment(activity.enrollment_id)
    if activity is None or enrollment is None:
        return None
    found = _work(enrollment, activity.step_key, activity)
    return found and ({"work": found}, queries.review_subject(activity, clock.now()))


def observation(observation_id: UUID) -> Loaded:
    found = queries.observation(observation_id)
    loaded = found and review(found.activity_id)
    if not loaded:
        return None
    kwargs, subject = loaded
    return {**kwargs, "observation": found}, subject


def names(ids: set[UUID]) -> dict[UUID, str]:
    return {key: row.name for key, row in people.people(ids).items()}


def approver_name(rep_id: UUID) -> str:
    """Who decides for this rep today; empty when only admins could."""
    manager_id = people.acting_approvers(rep_id, clock.company_day(clock.now())).manager_id
    return names({manager_id}).get(manager_id, "") if manager_id else ""


__all__ = ["Work", "names", "observation", "review", "work"]
