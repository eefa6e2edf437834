"""Plain functions that make what a test needs, through models and services, with sensible defaults."""

from datetime import UTC, date, datetime
from secrets import token_urlsafe
from uuid import uuid4

from lms.db import db
from lms.people.models import ReportingLine, RoleGrant, Team, TeamMembership, User

LONG_AGO = date(2020, 1, 1)
CREATED = datetime(2020, 1, 1, tzinfo=UTC)


def make_user(name: str = "Somebody", *, roles: tuple[str, ...] = (), manager: User | None = None, **overrides) -> User:
    slug = name.lower().replace(" ", ".")
    values = {
        "id": uuid4(),
        "name": name,
        "email": f"{slug}.{uuid4().hex[:6]}@example.com",
        "zone": "UTC",
        "job_role": "sdr",
        "session_token": token_urlsafe(32),
        "hired_on": LONG_AGO,
        "created_at": CREATED,
    }
    user = User(**{**values, **overrides})
    db.session.add(user)
    db.session.flush()
    for role in roles:
        db.session.add(RoleGrant(user_id=user.id, role=role, granted_on=LONG_AGO))
    if manager is not None:
        db.session.add(ReportingLine(user_id=user.id, manager_id=manager.id, starts_on=LONG_AGO))
    db.session.flush()
    return user


def make_team(name: str, *members: User) -> Team:
    team = Team(id=uuid4(), key=name.lower().replace(" ", "-") + uuid4().hex[:4], name=name)
    db.session.add(team)
    db.session.flush()
    for member in members:
        db.session.add(TeamMembership(team_id=team.id, user_id=member.id, starts_on=LONG_AGO))
    db.session.flush()
    return team
