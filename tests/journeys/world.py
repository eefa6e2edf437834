"""The people and courses of a journey, made through the services in the installation's own database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from lms import clock
from lms.app import create_app
from lms.db import db
from lms.demo.build import publish
from lms.demo.journey import Journey
from lms.learning import service as learning
from lms.people import service as people
from lms.people.models import User
from lms.people.passwords import hasher
from lms.performance import service as performance
from lms.settings import from_environment
from tests.journeys.site import PASSWORD, Site

LONG_AGO = date(2024, 1, 1)


@contextmanager
def inside(site: Site) -> Iterator[None]:
    """The application of this installation, in this process, for setting up and for looking at the database."""
    app = create_app(from_environment(site.environ))
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def populate(site: Site) -> SimpleNamespace:
    """Rosa and her line; both courses; managers who have satisfied the manager's edition. Returns plain values."""
    with inside(site):
        at = clock.now()
        long_ago = datetime(2024, 1, 1, 9, tzinfo=UTC)
        cheap = hasher(cheap=True)
        team = people.create_team(name="North", key="north")
        staff: dict[str, User] = {}

        def add(key: str, name: str, job_role: str, *roles: str, manager: str = "") -> None:
            user = people.create_person(
                name=name,
                zone="UTC",
                email=f"{key}@example.com",
                job_role=job_role,
                external_key=key,
                hired_on=LONG_AGO,
                roles=roles,
                by=None,
                at=long_ago,
            )
            people.set_password(user, PASSWORD, hasher=cheap, by=None, at=long_ago)
            if manager:
                people.set_manager(user, staff[manager], from_on=LONG_AGO, by=None, at=long_ago)
            people.join_team(user, team, from_on=LONG_AGO, by=None, at=long_ago)
            staff[key] = user

        add("vera", "Vera Lind", "sales-leader", "manager")
        add("enid", "Enid Shaw", "enablement", "admin", "author", manager="vera")
        add("milo", "Milo Hart", "sales-manager", "manager", manager="vera")
        add("otis", "Otis Grey", "sales-manager", "manager", manager="vera")
        add("rosa", "Rosa Diaz", "sdr", "rep", manager="milo")
        add("nils", "Nils Berg", "sdr", "rep", manager="milo")
        rep_course, manager_course = publish(staff["enid"], at=at - timedelta(days=40))
        for key in ("vera", "milo", "otis"):
            Journey(staff[key], manager_course, starts_at=at - timedelta(days=30), by=staff["enid"]).learn()
        enrollment = learning.enroll(staff["rosa"].id, rep_course, by=staff["enid"], at=at)
        performance.ensure_default_metrics(effective_on=LONG_AGO)
        db.session.commit()
        return SimpleNamespace(
            rep_version=rep_course.id,
            enrollment=enrollment.id,
            ids={key: user.id for key, user in staff.items()},
        )
