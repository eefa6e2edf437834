"""What a company needs before anybody can learn here, in the order in which an admin brings it about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import exists, select

from lms.catalog.models import CourseLine
from lms.dashboard.leading import reps_without_course
from lms.dashboard.today import NextThing
from lms.db import db
from lms.learning.models import Enrollment
from lms.people.models import RoleGrant, User
from lms.people.queries import here
from lms.performance.models import Metric
from lms.policy.outline import Edition


@dataclass(frozen=True, slots=True)
class SetupStep:
    title: str
    why: str
    action: str
    endpoint: str
    is_done: bool
    values: Mapping[str, object] = field(default_factory=dict)


def setup_steps(on: date) -> tuple[SetupStep, ...]:
    """All of them, or none when the company is set up; two statements at most."""
    is_rep = exists().where(RoleGrant.user_id == User.id, RoleGrant.role == "rep", RoleGrant.revoked_on.is_(None))
    people, metrics, courses, assigned = db.session.execute(
        select(
            exists().where(here(on), is_rep),
            exists(select(Metric.id)),
            exists().where(CourseLine.edition == Edition.REP.value),
            exists(select(Enrollment.id)),
        )
    ).one()
    if people and metrics and courses and assigned:
        return ()
    _, first = reps_without_course(on) if people else (0, None)
    return (
        SetupStep(
            "Bring in your people",
            "reps with their managers, from a file or one by one; nobody is a rep yet",
            "Import people",
            "people.import_people",
            people,
        ),
        SetupStep(
            "Say what you measure",
            "the numbers that training should move, and what counts as one",
            "Define metrics",
            "performance.metrics",
            metrics,
        ),
        SetupStep(
            "Publish a course",
            "one that comes along, or your own; you see what is in it first",
            "Choose a course",
            "catalog.upload",
            courses,
        ),
        SetupStep(
            "Assign it",
            "on the page of each rep, with the day it is due; the first step then stands on their own page",
            f"Open {first[1]}" if first else "See the company",
            "dashboard.person" if first else "dashboard.team",
            assigned,
            {"person_id": first[0]} if first else {"of": "company"},
        ),
    )


def setup_next(steps: tuple[SetupStep, ...]) -> NextThing | None:
    """The first step that is not done."""
    for number, step in enumerate(steps, 1):
        if not step.is_done:
            kicker = f"Setting up, {number} of {len(steps)}"
            return NextThing(step.title, step.why, step.action, step.endpoint, step.values, kicker=kicker)
    return None
