"""Whose enrollment a page is about: what the guards of learning and assessment load."""

from typing import Any
from uuid import UUID

from flask_login import current_user

from lms import clock
from lms.learning import queries
from lms.people import queries as people
from lms.policy.access import Subject
from lms.web.guards import Loaded


def subject_of(owner_id: UUID) -> Subject:
    """The learner's own page needs no look at the reporting line; anybody else's does."""
    if owner_id == current_user.id:
        return Subject(owner_id)
    return people.subject(owner_id, clock.company_day(clock.now()))


def enrollment(enrollment_id: UUID, **more: Any) -> Loaded:
    found = queries.seen(enrollment_id)
    return None if found is None else ({"enrollment": found, **more}, subject_of(found.user_id))


def person(person_id: UUID) -> Loaded:
    """Somebody whom a course may be assigned to."""
    found = people.person(person_id)
    return None if found is None else ({"person": found}, subject_of(found.id))
