"""`items import` into the bank: all of it or nothing, as somebody, and what a script can rely on."""

import json

import pytest
from sqlalchemy import func, select

from lms.catalog.models import ItemLine
from lms.db import db
from lms.policy.outline import Module
from tests.factories import make_user
from tests.features.learning.samples import chunk, course, publish

GIFT = "::first::Which one?{=This one#Yes ~That one####Because.}\n\n::second::Why?{}\n"


@pytest.fixture
def bank(own_app, tmp_path):
    with own_app.app_context():
        author = make_user("Ada", roles=("author",), email="ada@example.com")
        publish(course(Module("one", "Module one", (chunk("a"),)), key="home"), author)
        db.session.commit()
    (tmp_path / "bank.gift").write_text(GIFT, encoding="utf-8")

    def run(*more):
        arguments = ["items", "import", str(tmp_path / "bank.gift"), "--objective", "know", *more]
        return own_app.test_cli_runner().invoke(args=arguments)

    return run


def drafts(app):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(ItemLine).where(ItemLine.state == "draft"))


def test_what_can_be_taken_comes_into_the_bank(own_app, bank):
    done = bank("--course", "home", "--as", "ADA@example.com", "--json")
    assert done.exit_code == 1, "one of the two is refused, and a script must see that"
    assert [one["identifier"] for one in json.loads(done.stdout)[0]["items"]] == ["", ""]
    assert "1 draft came into the bank of" in done.stderr
    assert "a person scores it" in done.stderr
    assert drafts(own_app) == 1
    again = bank("--course", "home", "--as", "ada@example.com")
    assert again.exit_code == 1
    assert "There is nothing to import" in again.stderr
    assert drafts(own_app) == 1


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--course", "home", "--as", "nobody@example.com"), 1, "nobody with the email address"),
        (("--course", "away", "--as", "ada@example.com"), 1, "Choose the course"),
        (("--course", "home"), 2, "--as to bring them into the bank"),
        ((), 2, "--dry-run to check"),
    ],
)
def test_what_is_missing_is_said_and_nothing_comes_in(own_app, bank, more, code, said):
    done = bank(*more)
    assert (done.exit_code, drafts(own_app)) == (code, 0)
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_a_database_that_is_not_there_is_said_in_a_sentence(own_app, bank):
    with own_app.app_context():
        db.drop_all()
    done = bank("--course", "home", "--as", "ada@example.com")
    assert done.exit_code == 1
    assert "Is it there, and migrated?" in done.stderr
    assert "Traceback" not in done.output
