"""`flask items …` from a shell: nothing but files, and an exit code that a script can trust."""

import base64
import json

import pytest
from click.testing import CliRunner

from lms.catalog.exchange.commands import cli
from tests.features.catalog.exchange.material import MATCH, item, needs_shared, shared
from tests.features.catalog.exchange.test_qti import choices, declared, interaction


@pytest.fixture
def run():
    return lambda *args: CliRunner().invoke(cli, [str(arg) for arg in args])


def test_the_application_offers_the_group(app):
    assert "import" in app.test_cli_runner().invoke(args=["items", "--help"]).output


def test_a_dry_run_prints_each_item_as_json(run, tmp_path):
    path = tmp_path / "bank.gift"
    path.write_text("// [id:q1] [tag:closing]\n::T::Which?{=a#Yes ~%33.33333%b}\n\nBad?{=", encoding="utf-8")
    result = run("import", path, "--dry-run", "--json")
    assert result.exit_code == 1
    (document,) = json.loads(result.output)
    (taken,) = document["items"]
    assert (taken["identifier"], taken["type"], taken["tags"], taken["line"]) == ("q1", "single", ["closing"], 2)
    assert taken["prompt"]["plain"] == "Which?"
    assert [(one["text"], one["weight"], one["percent"], one["is_right"]) for one in taken["options"]] == [
        ("a", "1", 100.0, True),
        ("b", "1/3", 33.33333, False),
    ]
    assert taken["options"][0]["feedback"]["text"] == "Yes"
    (refusal,) = document["refused"]
    assert (refusal["line"], refusal["column"], refusal["outcome"]) == (4, 5, "refused")


def test_a_dry_run_prints_lines_for_people(run, tmp_path):
    path = tmp_path / "bank.gift"
    path.write_text("::Good::Which?{T}", encoding="utf-8")
    result = run("import", path, "--dry-run")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "bank.gift:1:1: taken: true_false: Good",
        "1 taken, 0 changed or lost in part, 0 refused.",
    ]


def test_importing_asks_what_is_to_be_done(run, tmp_path):
    path = tmp_path / "bank.gift"
    path.write_text("Which?{T}", encoding="utf-8")
    result = run("import", path)
    assert result.exit_code == 2
    assert "Say --dry-run to check" in result.output


@pytest.mark.parametrize("form", ["gift", "moodle-xml", "qti-2.2", "qti-3.0", "csv"])
def test_every_export_is_read_again(run, tmp_path, form):
    source = tmp_path / "bank.gift"
    source.write_text("::One::Which?{=a ~b}\n\n::Two::How many?{#3:1}\n\n::Three::Why?{}", encoding="utf-8")
    target = tmp_path / "out"
    result = run("export", source, "--to", form, "--output", target)
    assert result.exit_code == 0
    assert "3 of 3 questions written to out" in result.output
    again = json.loads(run("import", target, "--dry-run", "--json").output)
    assert [one["type"] for document in again for one in document["items"]] == ["single", "numeric", "essay"]


def test_an_export_says_what_it_leaves_behind(run, tmp_path):
    source = tmp_path / "item.xml"
    source.write_bytes(item(interaction("uploadInteraction", ""), declared("file")))
    result = run("export", source, "--to", "gift", "--output", tmp_path / "out.gift")
    assert result.exit_code == 1
    assert "GIFT has no question of the type “upload”" in result.output
    assert not (tmp_path / "out.gift").exists()


def cases(tmp_path, *expected):
    path = tmp_path / "cases.json"
    found = [
        {"name": name, "responses": {"RESPONSE": given}, "expect": {"score": points}}
        for name, given, points in expected
    ]
    path.write_text(json.dumps({"cases": found}), encoding="utf-8")
    return path


def test_scoring_prints_the_outcome_of_each_response(run, tmp_path):
    path = tmp_path / "item.xml"
    path.write_bytes(item(interaction("choiceInteraction", choices("A", "B")), declared(correct="A"), MATCH))
    result = run("score", path, cases(tmp_path, ("right", "A", 1), ("wrong", "B", 0)), "--json")
    assert result.exit_code == 0
    document = json.loads(result.output)
    assert [(one["name"], one["outcomes"], one["agrees"]) for one in document["cases"]] == [
        ("right", {"SCORE": 1}, True),
        ("wrong", {"SCORE": 0}, True),
    ]


def test_scoring_leaves_with_1_where_an_outcome_does_not_come(run, tmp_path):
    path = tmp_path / "item.xml"
    path.write_bytes(item(interaction("choiceInteraction", choices("A", "B")), declared(correct="A"), MATCH))
    result = run("score", path, cases(tmp_path, ("hoped", "B", 1)))
    assert result.exit_code == 1
    assert "score is 0, not 1" in result.output


def test_questions_of_other_formats_are_scored_too(run, tmp_path):
    path = tmp_path / "bank.gift"
    path.write_text("::One::Which?{=a ~%25%b ~c}\n\n::Two::How many?{#3:1}", encoding="utf-8")
    wanted = cases(tmp_path, ("all", "c1", 1), ("part", "c2", 0.25), ("none", "c3", 0), ("nothing", None, 0))
    assert run("score", path, wanted, "--item", "One").exit_code == 0
    wanted = cases(tmp_path, ("edge", 4, 1), ("beyond", "4.01", 0))
    assert run("score", path, wanted, "--item", "Two").exit_code == 0
    several = run("score", path, wanted)
    assert "name one of them with --item" in several.output


@pytest.mark.parametrize("words", ["{", '{"cases": "none"}'])
def test_a_broken_file_of_cases_is_named(run, tmp_path, words):
    path = tmp_path / "item.xml"
    path.write_bytes(item("<p/>", declared()))
    wrong = tmp_path / "cases.json"
    wrong.write_text(words, encoding="utf-8")
    result = run("score", path, wrong)
    assert result.exit_code == 1
    assert "cases.json is no file of cases" in result.output


@needs_shared
def test_a_published_item_scores_from_the_shell(run):
    folder = shared("qti", "pie-qti-conformance", "mapping_mapResponse")
    result = run("score", folder / "item.xml", folder / "cases.json", "--json")
    assert result.exit_code == 0
    assert [one["score"] for one in json.loads(result.output)["cases"]] == [0, 2, 1]


def test_pictures_are_written_beside_the_items_that_show_them(tmp_path):
    gif = base64.b64encode(b"GIF89a\x01\x00\x01\x00\x00\x00\x00,").decode()
    (tmp_path / "bank.xml").write_text(
        "<quiz><question type='truefalse'><name><text>seen</text></name><questiontext format='html'>"
        "<text><![CDATA[<img src='@@PLUGINFILE@@/dot.gif' alt='A dot'> Is it?]]></text>"
        f"<file name='dot.gif' path='/' encoding='base64'>{gif}</file></questiontext>"
        "<answer fraction='100'><text>true</text></answer><answer fraction='0'><text>false</text></answer>"
        "</question></quiz>",
        encoding="utf-8",
    )
    output = tmp_path / "course" / "items.yaml"
    output.parent.mkdir()
    arguments = ["import", str(tmp_path / "bank.xml"), "--objective", "know-it", "--output", str(output)]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert "![A dot](assets/seen-dot.gif)" in output.read_text(encoding="utf-8")
    assert (output.parent / "assets" / "seen-dot.gif").read_bytes().startswith(b"GIF89a")
