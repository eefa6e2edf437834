"""A rep in front of a test, in as many tabs as wanted: real connections and real commits, a database of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lms import clock
from lms.app import create_app
from lms.db import db
from lms.learning import service as learning
from lms.policy.outline import Course, Module
from tests.conftest import Visitor, make_settings
from tests.factories import make_user
from tests.features.learning.samples import chunk, course, every_type, posttest, publish
from tests.own_app import own_database

AT_ONCE = 20
T = TypeVar("T")


def course_with_test(**changes: Any) -> Course:
    """One test of every type, and a chunk behind it."""
    test = replace(posttest(attempts=3), **{"items": every_type(), **changes})
    return course(Module("one", "One", (test, chunk("after", items=0))), key="tabs")


@dataclass
class Shop:
    """`app` may be exchanged for a newly made one: what a deploy does to the people in front of it."""

    app: Flask
    url: str
    folder: Path
    token: str
    author_id: UUID
    enrollment_id: UUID

    @property
    def start(self) -> str:
        return f"/courses/{self.enrollment_id}/assessments/one/posttest"

    def tab(self) -> Visitor:
        client = self.app.test_client()
        assert isinstance(client, Visitor)
        client.admit(self.token)
        return client

    def begin(self) -> str:
        """The address of the attempt."""
        return str(self.tab().send(self.start, page=self.start).location)

    def send_at_once(self, sent: Sequence[tuple[str, Mapping[str, Any]]], page: str) -> list[TestResponse]:
        """Forms, or with `item` one answer of the script, each from a tab of its own, all at the same moment."""
        tabs = [(tab := self.tab(), tab.token(page)) for _ in sent]
        ready = Barrier(len(sent))

        def send(number: int) -> TestResponse:
            (tab, token), (path, data) = tabs[number], sent[number]
            ready.wait()
            if "item" in data:
                return tab.post(path, json=dict(data), headers={"X-CSRFToken": token, "Accept": "application/json"})
            return tab.post(path, data={**data, "csrf_token": token})

        with ThreadPoolExecutor(len(sent)) as pool:
            return list(pool.map(send, range(len(sent))))

    def at_once(self, path: str, data: Mapping[str, Any], page: str, *, tabs: int = AT_ONCE) -> list[TestResponse]:
        """The same form sent from every tab; the answers."""
        return self.send_at_once([(path, data)] * tabs, page)

    def count(self, model: type, *where: Any) -> int:
        with self.app.app_context():
            return int(db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0)

    def read(self, reads: Callable[[], T]) -> T:
        with self.app.app_context():
            found = reads()
            db.session.remove()
            return found

    def restart(self) -> None:
        """A new process on the same database: nothing that the old one held in memory is there."""
        _close(self.app)
        self.app = _made(self.url, self.folder)


def _made(url: str, folder: Path) -> Flask:
    app = create_app(make_settings(url, folder))
    app.test_client_class = Visitor
    return app


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def opened(folder: Path) -> Iterator[Shop]:
    with own_database(folder) as url:
        app = _made(url, folder)
        with app.app_context():
            db.create_all()
            rosa = make_user("Rosa Diaz", roles=("rep",))
            version = publish(course_with_test(), rosa)
            enrollment = learning.enroll(rosa.id, version, by=rosa, at=clock.now())
            shop = Shop(app, url, folder, rosa.session_token, rosa.id, enrollment.id)
            db.session.commit()
            db.session.remove()
        yield shop
        _close(shop.app)
