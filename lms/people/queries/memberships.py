"""Teams and who is in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select

from lms.db import db
from lms.people.models import Team, TeamMembership


@dataclass(frozen=True, slots=True)
class TeamRow:
    id: UUID
    key: str
    name: str


def team_of(user_id: UUID, on: date) -> TeamRow | None:
    return teams_of((user_id,), on).get(user_id)


def teams_of(user_ids: Iterable[UUID], on: date) -> Mapping[UUID, TeamRow]:
    """The team of each who is in one that day."""
    rows = db.session.execute(
        select(TeamMembership.user_id, Team.id, Team.key, Team.name)
        .join(Team, Team.id == TeamMembership.team_id)
        .where(
            TeamMembership.user_id.in_(set(user_ids)),
            TeamMembership.starts_on <= on,
            or_(TeamMembership.ends_on.is_(None), TeamMembership.ends_on > on),
        )
        .order_by(TeamMembership.user_id)
    )
    return {row.user_id: TeamRow(row.id, row.key, row.name) for row in rows}


def teams() -> tuple[TeamRow, ...]:
    rows = db.session.execute(select(Team.id, Team.key, Team.name).order_by(func.lower(Team.name), Team.id))
    return tuple(TeamRow(*row) for row in rows)
