"""`flask courses …`."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from lms.catalog.commands import cli
from lms.catalog.models import CourseVersion
from tests.features.catalog.bundles import SAMPLES, SMALL, replaced, small


@pytest.fixture
def run():
    """Without an application: `check` and `schema` need none."""
    return lambda *args: CliRunner().invoke(cli, [str(arg) for arg in args])


@pytest.fixture
def run_in(app):
    return lambda *args: app.test_cli_runner().invoke(cli, [str(arg) for arg in args])


def folder(tmp_path, files):
    for name, data in files.items():
        path = tmp_path / "bundle" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "bundle"


def test_check_of_a_good_bundle(run):
    result = run("check", SMALL)
    assert result.exit_code == 0
    assert "“A small course”, 2 modules, 7 steps; 0 errors, 0 warnings. Publishable." in result.output


def test_check_prints_file_and_line_and_fails(run):
    result = run("check", SMALL, SAMPLES / "texts-broken" / "bundle")
    assert result.exit_code == 1
    assert "texts-broken/bundle/01-one/10-step.md:14: error: `[[trem]]` is no term of the glossary" in result.output
    assert "11 errors, 1 warning. Not publishable." in result.output


def test_check_as_json(run):
    result = run("check", "--json", SAMPLES / "outline-broken" / "bundle")
    assert result.exit_code == 1
    [report] = json.loads(result.output)
    assert report["errors"] == len([one for one in report["problems"] if one["severity"] == "error"]) == 13
    assert {"file", "line", "where", "message", "hint", "severity"} == set(report["problems"][0])


def test_check_of_nothing(run, tmp_path):
    result = run("check", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "no such folder or zip file" in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_the_schema_is_printed(run):
    printed = json.loads(run("schema").output)
    assert "transfer" in printed["$defs"]


def test_publish_list_and_again(run_in, session, enid):
    session.commit()
    email = enid.email  # a refusal rolls back, and to read it then would begin a transaction
    result = run_in("publish", SMALL, "--note", "First", "--as", email.upper())
    assert result.exit_code == 0, result.output
    assert "Published “A small course”, version 1." in result.output
    assert "Say with --change-class" in run_in("publish", SMALL, "--as", email).output
    again = run_in("publish", SMALL, "--change-class", "cosmetic", "--as", email)
    assert "is published already: version 1 has the very same content" in again.output
    assert session.scalar(select(func.count()).select_from(CourseVersion)) == 1
    assert "small  v1  rep" in run_in("list").output


def test_publish_refuses_in_words(run_in, session, enid, tmp_path):
    session.commit()
    nobody = run_in("publish", SMALL, "--change-class", "cosmetic", "--as", "nobody@example.com")
    assert nobody.exit_code == 1
    assert "nobody with the email address nobody@example.com" in nobody.output
    broken = folder(tmp_path, replaced(small(), "01-first/posttest.yaml", "attempts: 3", "attempts: 0"))
    result = run_in("publish", broken, "--change-class", "cosmetic", "--as", enid.email)
    assert result.exit_code == 1
    assert "01-first/posttest.yaml:6: error" in result.output
    assert session.scalar(select(func.count()).select_from(CourseVersion)) == 0


def test_an_edition_before_its_course_is_refused_in_words(run_in, session, enid, tmp_path):
    session.commit()
    files = replaced(small(), "course.yaml", "key: small", "key: small-m\nedition: manager\nedition_of: small")
    result = run_in("publish", folder(tmp_path, files), "--change-class", "cosmetic", "--as", enid.email)
    assert result.exit_code == 1
    assert "Publish small first." in result.output
