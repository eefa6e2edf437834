"""`flask metrics …` as an operator types it."""

import pytest
from sqlalchemy import func, select

from lms.db import db
from lms.performance import queries
from lms.performance.models import Metric, Reading
from tests.features.performance.samples import sheet


@pytest.fixture
def run(app, session):
    def command(*words):
        session.commit()
        return app.test_cli_runner().invoke(args=["metrics", *map(str, words)])

    return command


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def test_seed_twice_adds_once(run):
    assert run("seed").output == "8 metrics added.\n"
    assert run("seed").output == "0 metrics added.\n"
    assert count(Metric) == 8


def test_seed_names_what_ships_otherwise_and_takes_it_on_demand(run):
    run("seed", "--from", "2026-03-02")
    run("define", "calls", "--definition", "Counted our way.", "--from", "2026-03-09")
    run("define", "contacts", "--name", "Reached", "--from", "2026-03-09")
    run("retire", "deals_lost")
    told = run("seed").output
    assert "calls: version 2 differs from the shipped one in definition. --take calls?" in told
    assert "contacts: version 2 differs from the shipped one in name." in told
    assert "deals_lost" not in told
    assert run("seed", "--take", "calls", "--take", "deals_won").exit_code == 1
    assert [row.version for row in queries.metric_history("calls")] == [2, 1]
    taken = run("seed", "--take", "calls", "--from", "2026-04-06").output
    assert "calls: version 3, in force from 2026-04-06." in taken
    assert "calls: version 2" not in taken
    assert [row.definition == "Counted our way." for row in queries.metric_history("calls")] == [False, True, False]
    assert "contacts: version 2 differs" in run("seed").output


def test_import_dry_first_then_for_good(run, rosa, tmp_path):
    run("seed")
    file = tmp_path / "weekly.csv"
    file.write_bytes(sheet(("person", "starts_on", "calls"), (rosa.email, "2026-03-02", 40)))
    dry = run("import", "readings", file, "--dry-run")
    assert dry.output == "1 to add, 0 to correct, 0 as before. Dry run: nothing was imported.\n"
    assert count(Reading) == 0
    assert run("import", "readings", file).output == "Imported: 1 to add, 0 to correct, 0 as before.\n"
    assert db.session.scalars(select(Reading.source)).all() == ["CRM"]


def test_problems_end_the_command_and_nothing_is_written(run, rosa, tmp_path):
    run("seed")
    file = tmp_path / "weekly.csv"
    file.write_bytes(sheet(("person", "starts_on", "calls"), (rosa.email, "2026-03-02", 40), ("who", "x", "y")))
    answer = run("import", "readings", file)
    assert answer.exit_code == 1
    assert "weekly.csv: row 3, column person: Nobody is known as “who”." in answer.output
    assert "3 problems; nothing was imported." in answer.output
    assert count(Reading) == 0


def test_a_metric_is_defined_changed_and_retired(run):
    assert "A new metric needs --definition and --unit." in run("define", "demos", "--name", "Demos").output
    made = run(
        "define", "demos", "--name", "Demos", "--definition", "Shown.", "--unit", "demos", "--from", "2026-03-02"
    )
    assert made.output == "demos: version 1, in force from 2026-03-02.\n"
    changed = run("define", "demos", "--definition", "Shown to a buyer.", "--from", "2026-03-09")
    assert changed.output == "demos: version 2, in force from 2026-03-09.\n"
    assert "Version 2 begins on" in run("define", "demos", "--name", "Demo", "--from", "2026-03-01").output
    assert "The unit stays “demos”" in run("define", "demos", "--unit", "hours").output
    assert run("list").output == "demos\tversion 2\tdemos\tDemos\n"
    assert run("retire", "demos").output == "demos is not used any more.\n"
    assert run("list").output == ""
    assert run("retire", "demos", "--undo").output == "demos is used again.\n"
    assert run("retire", "charm").exit_code == 1
