"""SQL past SQLAlchemy: in its transaction, with its errors, and on whatever connection it holds."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound

from lms.db import db
from lms.lrs import sql

INSERT = "INSERT INTO known_activity (key, definition) VALUES (%s, %s)"
COUNT = "SELECT count(*) FROM known_activity"


def test_it_stands_in_the_transaction_of_the_session(session):
    sql.run(INSERT, sql.sixteen(uuid4()), "{}")
    assert sql.run(COUNT).scalar_one() == 1
    db.session.rollback()
    assert sql.run(COUNT).scalar_one() == 0


def test_what_was_committed_is_there_for_the_next_transaction(session):
    sql.run(INSERT, sql.sixteen(uuid4()), "{}")
    db.session.commit()
    db.session.rollback()
    assert sql.run(COUNT).scalar_one() == 1


def test_it_raises_what_sqlalchemy_raises(session):
    key = sql.sixteen(uuid4())
    sql.run(INSERT, key, "{}")
    with pytest.raises(IntegrityError) as caught:
        sql.run(INSERT, key, "{}")
    assert INSERT in str(caught.value)


def test_repeated_sentences_raise_so_too(session):
    if sql.is_postgres():
        pytest.skip("one sentence with arrays there")
    key = sql.sixteen(uuid4())
    with pytest.raises(IntegrityError):
        sql.insert_many("known_activity", ("key", "definition"), [(key, "{}"), (key, "{}")])


@pytest.mark.parametrize("count", [0, 1, sql.MOST_VALUES // 2, sql.MOST_VALUES // 2 + 1, sql.MOST_VALUES * 2])
def test_as_many_rows_as_there_are(session, count):
    if sql.is_postgres():
        pytest.skip("one sentence with arrays there")
    sql.insert_many("known_activity", ("key", "definition"), [(uuid4().bytes, str(number)) for number in range(count)])
    found = sql.run("SELECT definition FROM known_activity").scalars()
    assert sorted(map(int, found)) == list(range(count))


def test_one_row_is_neither_none_nor_two(session):
    assert sql.run("SELECT 1 WHERE 1 = %s", 2).one_or_none() is None
    assert sql.run("SELECT 1 WHERE 1 = %s", 1).one() == (1,)
    with pytest.raises(NoResultFound):
        sql.run("SELECT 1 WHERE 1 = %s", 2).one()
    with pytest.raises(MultipleResultsFound):
        sql.run("SELECT 1 UNION SELECT 2").one_or_none()


def test_values_and_rows_written(session):
    for _ in range(3):
        sql.run(INSERT, sql.sixteen(uuid4()), "{}")
    assert sql.run("SELECT definition FROM known_activity").scalars() == ["{}"] * 3
    assert sql.run("SELECT definition FROM known_activity WHERE definition = %s", "no").scalar() is None
    assert sql.run("UPDATE known_activity SET definition = %s", "{ }").rowcount == 3
