"""The store as a file of JSON lines, and such a file into a store: whole, in order, and as often as one likes."""

import base64
import gzip
import hashlib
import json
import re
from uuid import uuid4

import pytest
from sqlalchemy import text

from lms.app import create_app
from lms.db import db
from lms.lrs import archive, queries, service, turns
from lms.lrs.models import StoredStatement
from lms.lrs.queries import Filter
from lms.lrs.shapes import VOIDED
from tests.conftest import make_settings
from tests.features.lrs.test_shapes import GOOD
from tests.own_app import own_database

OURS = {"objectType": "Agent", "account": {"homePage": "http://localhost", "name": "fieldwork"}}
OTHER = {"objectType": "Agent", "account": {"homePage": "http://localhost", "name": "lrs:other"}}


def new(**more) -> dict:
    return {**GOOD, "id": str(uuid4()), **more}


def keep(*statements, authority=OURS, attachments=None) -> None:
    at = turns.begin(alone=True)
    batch = service.received(list(statements), authority=authority, attachments=attachments or {})
    service.keep(service.ready(batch), at=at, authority=authority, attachments=attachments or {})
    db.session.commit()


def stored() -> list[dict]:
    rows = db.session.query(StoredStatement).order_by(StoredStatement.position)
    bodies = [json.loads(row.body) for row in rows]
    db.session.rollback()
    return bodies


def without_moment(statement: dict) -> dict:
    return {name: value for name, value in statement.items() if name != "stored"}


def lines_of(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path, *lines) -> None:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), "utf-8")


@pytest.fixture
def lrs(own_app):
    def run(*words, app=own_app):
        return app.test_cli_runner().invoke(args=["lrs", *map(str, words)])

    with own_app.app_context():
        yield run


@pytest.fixture
def other_app(tmp_path):
    """Another installation, with an empty store."""
    folder = tmp_path / "other"
    folder.mkdir()
    with own_database(folder) as url:
        app = create_app(make_settings(url, folder))
        with app.app_context():
            db.create_all()
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


# Out


def test_every_statement_in_order_voided_ones_too(lrs, tmp_path):
    first, second = new(), new(result={"response": "Grüße\u2028"})
    keep(first)
    keep(second, authority=OTHER)
    keep(new(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": first["id"]}))
    file = tmp_path / "all.jsonl"
    done = lrs("export", file)
    assert done.exit_code == 0, done.output
    assert "3 statements in" in done.output
    assert lines_of(file) == stored(), "each as it is kept, one a line"
    assert not list(tmp_path.glob("*.part"))


def test_the_next_export_goes_on_where_the_last_one_ended(lrs, tmp_path):
    keep(new())
    done = lrs("export", tmp_path / "one.jsonl")
    since = re.search(r"--since (\S+)", done.output)[1]
    assert "0 statements" in lrs("export", tmp_path / "none.jsonl", "--since", since).output
    later = new()
    keep(later)
    assert lrs("export", tmp_path / "two.jsonl", "--since", since).exit_code == 0
    assert [line["id"] for line in lines_of(tmp_path / "two.jsonl")] == [later["id"]]
    assert "no day or instant" in lrs("export", tmp_path / "x", "--since", "lately").output
    assert "0 statements" in lrs("export", tmp_path / "x.jsonl", "--since", "2199-01-01").output


def test_more_than_a_batch(lrs, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "BATCH", 3)
    keep(*(new() for _ in range(8)))
    lrs("export", tmp_path / "all.jsonl")
    assert lines_of(tmp_path / "all.jsonl") == stored()


def test_an_export_that_breaks_leaves_the_old_file(lrs, tmp_path, monkeypatch):
    file = tmp_path / "all.jsonl"
    file.write_text("old", "utf-8")
    keep(new())
    monkeypatch.setattr(archive, "export", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert lrs("export", file).exit_code != 0
    assert file.read_text("utf-8") == "old"
    assert not list(tmp_path.glob("*.part"))


# In


def moved(lrs, other_app, path):
    """Exported here, imported there; what is there then."""
    assert lrs("export", path).exit_code == 0
    with other_app.app_context():
        done = other_app.test_cli_runner().invoke(args=["lrs", "import", str(path)])
        assert done.exit_code == 0, done.output
        found = stored()
        db.session.remove()
    return done.output, found


def test_from_one_installation_to_another(lrs, other_app, tmp_path):
    first = new()
    keep(first, new())
    keep(new(), authority=OTHER)
    keep(new(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": first["id"]}))
    said, there = moved(lrs, other_app, tmp_path / "all.jsonl.gz")
    assert "4 new, 0 there already" in said
    with gzip.open(tmp_path / "all.jsonl.gz", "rt", encoding="utf-8") as file:
        assert len(file.readlines()) == 4
    assert list(map(without_moment, there)) == list(map(without_moment, stored())), "authorities and order too"
    with other_app.app_context():
        assert len(queries.page(Filter()).found) == 3, "the voided one is voided there"
        db.session.remove()


def test_twice_is_once(lrs, other_app, tmp_path):
    keep(new(), new())
    undated = new()
    del undated["timestamp"]
    keep(undated)
    before = stored()
    file = tmp_path / "all.jsonl"
    lrs("export", file)
    assert "0 new, 3 there already" in lrs("import", file).output
    assert stored() == before
    moved(lrs, other_app, file)
    assert "0 new, 3 there already" in moved(lrs, other_app, file)[0]


def test_with_the_data_that_came_with_it(lrs, other_app, tmp_path):
    content = b"\x00\xffsigned"
    part = {
        "usageType": "https://example.com/usage",
        "display": {"en": "A file"},
        "contentType": "application/pdf",
        "length": len(content),
        "sha2": hashlib.sha256(content).hexdigest(),
    }
    keep(new(attachments=[part]), attachments={part["sha2"]: content})
    keep(new())
    file = tmp_path / "all.jsonl"
    _, there = moved(lrs, other_app, file)
    assert lines_of(file)[0] == {"sha2": part["sha2"], "content": base64.b64encode(content).decode()}
    assert len(there) == 2
    with other_app.app_context():
        page = queries.page(Filter())
        assert queries.attachments([one.position for one in page.found]) == {part["sha2"]: content}
        db.session.remove()


def test_of_another_tool_without_authority(lrs, tmp_path):
    file = tmp_path / "theirs.jsonl"
    write(file, new(), "", new(version="2.0.0"))
    assert "2 new" in lrs("import", file).output
    assert {one["authority"]["account"]["name"] for one in stored()} == {"lrs:import"}


def test_after_an_import_postgres_has_counted_what_there_is(lrs, tmp_path):
    """Before, it sorted all of a key's statements for each page."""
    if db.engine.dialect.name != "postgresql":
        pytest.skip("about what PostgreSQL does")
    write(tmp_path / "statements.jsonl", *(new() for _ in range(3)))
    assert lrs("import", tmp_path / "statements.jsonl").exit_code == 0
    counted = "SELECT reltuples FROM pg_class WHERE relname = 'stored_statement'"
    assert db.session.execute(text(counted)).scalar_one() == 3


def test_a_dry_run_keeps_nothing(lrs, tmp_path):
    known = new()
    keep(known)
    file = tmp_path / "some.jsonl"
    write(file, known, new())
    done = lrs("import", file, "--dry-run")
    assert "1 new, 1 there already. Dry run: nothing was imported." in done.output
    assert len(stored()) == 1


def test_every_wrong_line_is_named_before_anything_is_brought_in(lrs, tmp_path):
    twice = new()
    nameless = new()
    del nameless["id"]
    file = tmp_path / "wrong.jsonl"
    write(
        file,
        new(),
        "{not json",
        new(verb={"id": "no iri"}),
        twice,
        twice,
        nameless,
        "[]",
        {"sha2": "00", "content": "AAAA"},
        {"sha2": hashlib.sha256(b"x").hexdigest(), "content": base64.b64encode(b"x").decode()},
        new(),
        new(result={"score": {"scaled": 2}}),
        '{"id": "\\ud800"}',
    )
    done = lrs("import", file)
    assert done.exit_code == 1
    told = [line for line in done.output.splitlines() if line.startswith("wrong.jsonl:")]
    assert [int(re.search(r"line (\d+)", line)[1]) for line in told] == [2, 3, 5, 6, 7, 8, 10, 11, 12]
    for number, words in enumerate(
        [
            "",
            "verb.id",
            "line 4 already",
            "statement.id: is missing",
            "must be an object",
            "SHA-2",
            "line before",
            "score",
        ]
    ):
        assert words in told[number], told[number]
    assert "9 of 11 lines cannot be imported; nothing was." in done.output
    assert stored() == []


def test_a_conflict_stops_at_its_line_and_the_same_command_goes_on(lrs, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "BATCH", 2)
    statements = [new() for _ in range(6)]
    keep({**statements[3], "result": {"response": "something else"}})
    file = tmp_path / "all.jsonl"
    write(file, *statements)
    done = lrs("import", file)
    assert done.exit_code == 1
    assert "line 4: statement" in done.output
    assert "what stands before line 3 is imported" in done.output
    assert [one["id"] for one in stored()[1:]] == [one["id"] for one in statements[:2]], (
        "the batch is whole or not there"
    )
    write(file, *statements[:3], *statements[4:])
    assert "3 new, 2 there already" in lrs("import", file).output
    dry = new()
    write(file, statements[3])
    assert "nothing was imported (dry run)" in lrs("import", file, "--dry-run").output
    assert dry["id"] not in {one["id"] for one in stored()}


def test_nobody_voids_what_another_authority_said(lrs, tmp_path):
    theirs = new()
    keep(theirs, authority=OTHER)
    void = new(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": theirs["id"]}, authority=OURS)
    file = tmp_path / "void.jsonl"
    write(file, new(), void)
    done = lrs("import", file)
    assert "line 2: statement.object.id" in done.output
    assert "another authority" in done.output
    assert len(stored()) == 1


def test_no_bar_outside_a_terminal(lrs, tmp_path):
    keep(new())
    done = lrs("export", tmp_path / "all.jsonl")
    assert done.stderr == ""
    assert len(done.output.splitlines()) == 2


def test_stopped_by_hand_it_says_what_stays(lrs, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "BATCH", 2)
    statements = [new() for _ in range(5)]
    write(tmp_path / "all.jsonl", *statements)
    real, calls = archive._bring, iter(range(9))

    def stopped_at_the_second(batch, is_dry):
        if next(calls) == 1:
            raise KeyboardInterrupt
        return real(batch, is_dry)

    monkeypatch.setattr(archive, "_bring", stopped_at_the_second)
    done = lrs("import", tmp_path / "all.jsonl")
    assert done.exit_code == 1
    assert "Stopped: whole batches are imported and stay." in done.output
    assert len(stored()) == 2
    assert "3 new, 2 there already" in lrs("import", tmp_path / "all.jsonl").output


def test_a_compressed_file_that_was_cut_off_says_so_and_brings_nothing_in(lrs, tmp_path):
    whole = gzip.compress("".join(json.dumps(new()) + "\n" for _ in range(200)).encode())
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes(whole[: len(whole) // 2])
    done = lrs("import", file)
    assert done.exit_code == 1
    assert re.search(r"cut\.jsonl\.gz: line \d+: the compressed data is cut off", done.output)
    assert stored() == []


def test_how_a_file_begins_tells_whether_it_is_compressed(lrs, tmp_path):
    one, other = new(), new()
    plain, packed = tmp_path / "plain.jsonl.gz", tmp_path / "packed.jsonl"
    plain.write_text(json.dumps(one) + "\n", "utf-8")
    packed.write_bytes(gzip.compress(json.dumps(other).encode()))
    assert "1 new" in lrs("import", plain).output
    assert "1 new" in lrs("import", packed).output
    assert {body["id"] for body in stored()} == {one["id"], other["id"]}


def test_a_file_that_cannot_be_written_is_named(lrs, tmp_path):
    done = lrs("export", tmp_path / "missing" / "all.jsonl")
    assert done.exit_code == 1
    assert "No such file or directory. Nothing was exported." in done.output
