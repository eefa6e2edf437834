"""Imports at the very same moment, on a database of their own with real connections and real commits."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from lms import clock
from lms.catalog import question_imports
from lms.catalog.models import ItemLine, ItemVersion
from lms.db import db
from lms.people.models import User
from lms.policy.outline import Module
from lms.statements.models import LedgerEntry
from tests.conftest import Visitor
from tests.factories import make_user
from tests.features.learning.samples import chunk, course, publish

TABS = 8
GIFT = b"::first::Which one?{=This one ~That one####Because.}\n\n::second::How many?{#3####Three.}\n"
SEEN = {"target": "home/know", "next": "no", "seen_target": "home/know", "seen_next": "no", "coming": "2"}


@pytest.fixture
def author(own_app):
    own_app.test_client_class = Visitor
    with own_app.app_context():
        made = make_user("Ada", roles=("author",))
        publish(course(Module("one", "Module one", (chunk("a"),)), key="home"), made)
        db.session.commit()
        return made.id, made.session_token


def stage(app, author_id):
    with app.app_context():
        kept = question_imports.stage([("bank.gift", GIFT)], by=db.session.get_one(User, author_id), at=clock.now())
        db.session.commit()
        return f"/admin/items/imports/{kept.id}"


def press_at_once(app, token, pages):
    ready = Barrier(len(pages))
    tabs = []
    for page in pages:
        client = app.test_client()
        client.admit(token)
        tabs.append((client, page, client.token(page)))

    def press(tab):
        client, page, csrf = tab
        ready.wait()
        return client.post(page, data={**SEEN, "csrf_token": csrf}).status_code

    with ThreadPoolExecutor(len(tabs)) as pool:
        return list(pool.map(press, tabs))


def in_bank(app):
    with app.app_context():
        drafts = db.session.scalars(select(ItemLine.key).where(ItemLine.state == "draft").order_by(ItemLine.key)).all()
        versions = db.session.scalars(select(ItemVersion).join(ItemLine).where(ItemLine.state == "draft")).all()
        entries = db.session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "file_imported")).all()
        return list(drafts), len(versions), len(entries)


def test_the_button_pressed_in_every_tab_imports_once(own_app, author):
    page = stage(own_app, author[0])
    assert press_at_once(own_app, author[1], [page] * TABS) == [303] * TABS
    assert in_bank(own_app) == (["first", "second"], 2, 1)


def test_the_same_file_uploaded_many_times_comes_in_once(own_app, author):
    """Whoever comes second is shown what would happen now, or that there is nothing left to bring in."""
    pages = [stage(own_app, author[0]) for _ in range(TABS)]
    assert set(press_at_once(own_app, author[1], pages)) <= {303, 422}
    assert in_bank(own_app) == (["first", "second"], 2, 1)
