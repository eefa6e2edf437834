"""`flask people …`: what an operator types."""

import pytest

from lms.people import queries
from lms.people.commands import cli
from tests.features.people.conftest import PASSWORD


@pytest.fixture
def run(app, session):
    def invoke(*arguments, **kwargs):
        session.commit()
        return app.test_cli_runner().invoke(cli, arguments, **kwargs)

    return invoke


def test_create_admin(run, session, hasher):
    done = run("create-admin", "--email", "first@example.com", "--name", "First One", "--password", PASSWORD)
    assert done.exit_code == 0, done.output
    assert "http://localhost/sign-in" in done.output
    user = queries.by_email("first@example.com")
    assert queries.roles_of(user.id) == {"admin", "author"}
    assert hasher.matches(user.password_hash, PASSWORD)


def test_create_admin_asks(run):
    done = run("create-admin", input=f"first@example.com\nFirst One\n{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output


def test_create_admin_of_somebody_known_keeps_the_password(run, session, cast, with_password, hasher):
    with_password(cast.rosa)
    done = run("create-admin", "--email", cast.rosa.email, "--name", "X", "--password", "something else here")
    assert done.exit_code == 0
    assert "stay as they were" in done.output
    session.expire_all()
    assert hasher.matches(cast.rosa.password_hash, PASSWORD)
    assert "admin" in queries.roles_of(cast.rosa.id)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"--password": "short"}, "at least 10"), ({"--email": "x"}, "not an email"), ({"--zone": "Mars"}, "time zone")],
)
def test_create_admin_refused(run, session, changes, words):
    options = {"--email": "first@example.com", "--name": "First", "--password": PASSWORD, **changes}
    done = run("create-admin", *[part for pair in options.items() for part in pair])
    assert done.exit_code == 1
    assert words in done.output
    assert queries.by_email("first@example.com") is None


def test_import_dry_run_and_apply(run, session, cast, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("key,name\n1,Ann\n", encoding="utf-8")
    dry = run("import", str(file), "--dry-run")
    assert dry.exit_code == 0
    assert "1 added" in dry.output
    assert queries.by_external_key("1") is None
    assert run("import", str(file)).exit_code == 0
    session.expire_all()
    assert queries.by_external_key("1").name == "Ann"


def test_import_tells_every_problem(run, session, cast, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("key,name,zone\n1,,Nowhere\n", encoding="utf-8")
    done = run("import", str(file))
    assert done.exit_code == 1
    assert "row 2, name" in done.output
    assert "row 2, zone" in done.output
    assert "nothing was changed" in done.output


def test_import_needs_an_admin(run, session, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("key,name\n1,Ann\n", encoding="utf-8")
    done = run("import", str(file))
    assert done.exit_code == 1
    assert "create-admin" in done.output


def test_set_password(run, session, cast, hasher):
    before = cast.rosa.session_token
    assert run("set-password", cast.rosa.email, "--password", "a brand new one").exit_code == 0
    session.expire_all()
    assert hasher.matches(cast.rosa.password_hash, "a brand new one")
    assert cast.rosa.session_token != before
    assert run("set-password", "nobody@example.com", "--password", PASSWORD).exit_code == 1


def test_list(run, cast):
    listed = run("list").output.splitlines()
    assert len(listed) == 7
    assert any("Rosa Diaz" in line and "North" in line and "Milo Hart" in line for line in listed)
    assert len(run("list", "--search", "rosa").output.splitlines()) == 1
