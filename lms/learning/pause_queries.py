"""Which courses rest, since when, and by whose word. The ledger is what knows: a pause is one of its entries."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from lms.db import db
from lms.learning.models import Enrollment
from lms.statements import queries as statements
from lms.statements.queries import Entry


def pause_of(enrollment_id: UUID) -> Entry | None:
    """The latest pause: who, why and since when."""
    return statements.last_entry(enrollment_id, "enrollment_paused")


def paused(enrollment_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Those of them that are paused now."""
    asked = select(Enrollment.id).where(Enrollment.id.in_(set(enrollment_ids)), Enrollment.state == "paused")
    return frozenset(db.session.scalars(asked))
