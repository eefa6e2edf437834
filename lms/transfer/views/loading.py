"""Loaders for the guards: from a URL to what the view needs and whose it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
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
    def url_args(self) -> dict[str, Any]:
        module_key, step_key = self.key.split("/", 1)
        return {"enrollment_id": self.enrollment.id, "module_key": module_key, "step_key": step_key}

    @property
    def is_own(self) -> bool:
        return bool(current_user.id == self.rep.id)

    @property
    def first(self) -> str:
        return self.rep.name.split()[0]

    def access(self, at: datetime) -> Access:
        """Whether the rep may work on it now, and why not."""
        facts = learning.facts(self.enrollment.id)
        return sequencing.resolve_module(self.course, facts, self.module.key, at)[self.key]

    def with_row(self, activity: TransferActivity) -> "Begun":
        """The same work, once the rep has saved."""
        return Begun(self.enrollment, self.course, self.module, self.definition, self.key, self.rep, activity)


@dataclass(frozen=True, slots=True)
class Begun(Work):
    """Work that the rep has saved at least once, so that there is a row to decide about."""

    activity: TransferActivity


def _work(enrollment: Enrollment, key: str) -> Work | None:
    course = catalog.course(enrollment.version_id)
    if key not in course.transfers:
        return None
    module, definition = course.steps[key]
    rep = people.person(enrollment.user_id)
    if rep is None or not isinstance(definition, Transfer):
        return None
    return Work(enrollment, course, module, definition, key, rep, None)


def work(enrollment_id: UUID, module_key: str, step_key: str) -> Loaded:
    """By enrollment and step, as reps go; the row may not exist yet."""
    enrollment = learning.enrollment(enrollment_id)
    found = enrollment and _work(enrollment, f"{module_key}/{step_key}")
    if enrollment is None or not found:
        return None
    activity, at = queries.activity_by_step(enrollment_id, found.key), clock.now()
    if activity is None:
        return {"work": found}, queries.owner_subject(enrollment.user_id, at)
    return {"work": found.with_row(activity)}, queries.review_subject(activity, at)


def begun(enrollment_id: UUID, module_key: str, step_key: str) -> Loaded:
    """By enrollment and step; what was never saved is not found."""
    loaded = work(enrollment_id, module_key, step_key)
    return loaded if loaded and isinstance(loaded[0]["work"], Begun) else None


def review(activity_id: UUID) -> Loaded:
    """By activity, as managers go."""
    activity = queries.activity(activity_id)
    enrollment = learning.enrollment(activity.enrollment_id) if activity else None
    found = _work(enrollment, activity.step_key) if activity and enrollment else None
    if activity is None or found is None:
        return None
    return {"work": found.with_row(activity)}, queries.review_subject(activity, clock.now())


def observation(observation_id: UUID) -> Loaded:
    found = queries.observation(observation_id)
    loaded = found and review(found.activity_id)
    if not loaded:
        return None
    kwargs, subject = loaded
    return {**kwargs, "observation": found}, subject


def names(ids: set[UUID]) -> dict[UUID, str]:
    return {key: row.name for key, row in people.people(ids).items()}


def name(person_id: UUID | None) -> str:
    return names({person_id}).get(person_id, "") if person_id else ""


def approver_name(rep_id: UUID) -> str:
    """Who decides for this rep today; empty when only admins could."""
    return name(people.acting_approvers(rep_id, clock.company_day(clock.now())).manager_id)
