"""The demo company in a database of its own: built once in a run, visited by many tests, changed by none.

Building takes a while, so every test that visits it is marked `DEMO`: one worker gets them all.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask
from flask_migrate import stamp
from sqlalchemy import event, select

from lms import clock
from lms.app import create_app
from lms.catalog import question_imports
from lms.catalog import service as catalog
from lms.db import db
from lms.demo import build
from lms.demo.company import EVERYBODY
from lms.learning.models import Enrollment
from lms.people import service as people
from lms.people.models import User
from lms.performance import service as performance
from lms.statements import delivery, home, stores
from lms.statements.transport import EmbeddedTransport
from tests.conftest import Visitor, make_settings, undone
from tests.own_app import own_database

# The first of them waits for the company to be built.
DEMO = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(900), pytest.mark.slow]
DELIVERED = 60


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of the demo; what the visitor and the tests ask of one."""

    id: UUID
    key: str
    name: str
    session_token: str


@dataclass(frozen=True, slots=True)
class Demo:
    app: Flask
    people: dict[str, Somebody]

    def browser(self, who: Somebody | None, browser: type[Visitor] = Visitor) -> Visitor:
        """A signed-in browser for this person (None: nobody), with a session that may send forms."""
        client = browser(self.app, self.app.response_class)
        client.admit(who and who.session_token)
        return client

    def enrollment(self, key: str) -> UUID:
        """The newest enrollment of this person."""
        statement = select(Enrollment.id).where(Enrollment.user_id == self.people[key].id)
        return db.session.scalars(statement.order_by(Enrollment.assigned_at.desc())).first()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    with own_database(folder) as url:
        app = create_app(make_settings(url, folder))
        app.test_client_class = Visitor
        with app.app_context():
            found_company(app)
            users = {user.external_key: user for user in db.session.scalars(select(User))}
            found = {
                one.key: Somebody(users[one.key].id, one.key, one.name, users[one.key].session_token)
                for one in EVERYBODY
            }
            db.session.remove()
        yield Demo(app, found)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="session")
def demo_app(demo: Demo) -> Flask:
    return demo.app


def found_company(app: Flask) -> None:
    db.create_all()
    stamp(revision="head")
    at = clock.now()
    build.load(at, say=lambda _: None)
    _left_lying(at)
    db.session.commit()
    _delivered(app)


def _left_lying(at: datetime) -> None:
    """What an admin has begun and not finished: uploads between their report and "apply"."""
    enid = db.session.scalars(select(User).where(User.external_key == "enid")).one()
    catalog.stage_bundle("broken.zip", b"not a zip", by=enid, at=at)
    question_imports.stage([("bank.gift", b"::kept::Which one?{=this ~that}")], by=enid, at=at)
    people.stage_file("people.csv", b"name,email\nAda Quist,ada.quist@northwind.example\n", by=enid, at=at)
    performance.stage("readings", "week.csv", b"person,metric,period,value\n", by=enid.id, at=at)


def _delivered(app: Flask) -> None:
    """The first statements are in the built-in store, the rest is under way."""
    settings = app.config["SETTINGS"]
    stores.sync_targets(settings)
    db.session.commit()
    store = EmbeddedTransport(home.Home(settings.base_url))
    delivery.deliver_due("embedded", store, at=clock.now(), limit=DELIVERED)
    db.session.commit()


@pytest.fixture
def visit_demo(demo: Demo) -> Iterator[Callable[..., Visitor]]:
    """`visit_demo("rosa")`; whatever the visitors do is undone at the end of the test."""
    with undone(demo.app):
        yield lambda key=None, **more: demo.browser(demo.people[key] if key else None, **more)


@contextmanager
def writes_of(app: Flask) -> Iterator[list[str]]:
    """Every statement that would change a row, as it is sent to the database."""
    found: list[str] = []

    def look(_conn, _cursor, statement: str, *_: object) -> None:
        if statement.lstrip("( \n").upper().startswith(("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE")):
            found.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", look)
    yield found
    event.remove(engine, "before_cursor_execute", look)
