"""A page that only reads opens no transaction on PostgreSQL; an act has one, whole or not at all."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event

from lms.db import db
from tests.conftest import ON_POSTGRES, Visitor
from tests.factories import make_user

pytestmark = pytest.mark.skipif(not ON_POSTGRES, reason="on SQLite a page reads in one transaction")


@pytest.fixture
def rosa(own_app: Flask) -> Iterator[Visitor]:
    with own_app.app_context():
        user = make_user("Rosa Diaz", roles=("rep",))
        db.session.commit()
        token = user.session_token
    browser = Visitor(own_app, own_app.response_class)
    with browser.session_transaction() as kept:
        kept["_user_id"], kept["_fresh"] = token, True
    return browser


@pytest.fixture
def alone(own_app: Flask) -> Iterator[list[bool]]:
    """Of each statement that is sent: whether it stands alone, without a transaction around it."""
    found: list[bool] = []

    def look(connection, *_: object) -> None:
        found.append(connection.connection.driver_connection.autocommit)

    with own_app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", look)
    yield found
    event.remove(engine, "before_cursor_execute", look)


def test_a_page_is_read_without_a_transaction(rosa, alone):
    assert rosa.get("/account").status_code == 200
    assert alone
    assert all(alone)


def test_an_act_has_one_also_after_a_page_on_the_same_connection(rosa, alone):
    rosa.token("/account")
    alone.clear()
    assert rosa.send("/account", {"zone": "Europe/Berlin"}, page="/account").status_code == 303
    assert False in alone


def test_plans_are_kept_from_page_to_page(own_app, rosa):
    """The server has them ready: psycopg prepares what was asked five times, and a ROLLBACK would forget it."""
    for _ in range(8):
        rosa.get("/account")
    with own_app.app_context():
        found = db.session.connection().exec_driver_sql("select count(*) from pg_prepared_statements").scalar_one()
        db.session.rollback()
    assert found
