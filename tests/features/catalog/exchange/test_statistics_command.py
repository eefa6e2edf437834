"""Figures of a table of responses from anywhere, by command. Worked by hand, or published."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lms.catalog.exchange.response_table import BadTable, read_responses
from lms.catalog.exchange.statistics_command import statistics
from tests.features.catalog.exchange.material import needs_shared, shared

TABLE = "id,Q1,Q2,Q3,freq\nann,1,1,1,2\nbob,1,0,0,1\ncy,0,0,0,1\n"


@dataclass(frozen=True)
class Run:
    path: Path

    def _done(self, words: str, options: tuple[str, ...]) -> Result:
        self.path.write_text(words, encoding="utf-8")
        return CliRunner().invoke(statistics, [str(self.path), "--json", *options])

    def told(self, words: str, *options: str) -> dict:
        done = self._done(words, options)
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, words: str, *options: str) -> str:
        done = self._done(words, options)
        assert done.exit_code == 1
        return done.stderr


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / "r.csv")


def column(found: dict, name: str) -> list:
    return [item[name] for item in found["items"]]


def test_a_small_table_by_hand(run):
    """Totals 3 3 1 0: variance 2.25; those of the questions .25, 1/3, 1/3: alpha 1.5 · (1 − .916667/2.25)."""
    found = run.told(TABLE)
    assert column(found, "key") == ["Q1", "Q2", "Q3"]
    assert column(found, "difficulty") == [0.75, 0.5, 0.5]
    assert column(found, "r") == pytest.approx([0.5773503, 0.9045340, 0.9045340], abs=1e-6)
    assert found["alpha"] == pytest.approx(8 / 9)
    assert found["sem"] == pytest.approx(1.5 / 3)
    assert column(found, "alpha_without") == pytest.approx([1, 8 / 11, 8 / 11])
    assert (found["n"], found["complete"], found["mean"]) == (4, 4, 1.75)
    assert not found["is_alpha_shown"]


def test_a_key_scores_what_was_chosen_and_tells_the_options(run):
    found = run.told("Q1;Q2\nA;b\na;c\nB;b\n", "--key", "a,b")
    assert column(found, "difficulty") == pytest.approx([2 / 3, 2 / 3])
    assert [(row["key"], row["count"], row["is_right"]) for row in found["items"][0]["choices"]] == [
        ("A", 1, True),
        ("B", 1, False),
        ("a", 1, True),
    ]


def test_a_question_that_was_not_met_counts_for_nobody(run):
    words = '"","Q1","Q2","Q3"\n"1",1,NA,1\n"2",0,0,1\n"3",1,1,0\n'
    found = run.told(words)
    assert column(found, "n") == [3, 2, 3]
    assert (found["n"], found["complete"], found["mean"]) == (3, 2, 1.5)
    assert column(found, "difficulty") == pytest.approx([2 / 3, 1 / 2, 2 / 3])
    assert column(run.told(words, "--missing", "wrong"), "difficulty") == pytest.approx([2 / 3, 1 / 3, 2 / 3])


def test_every_problem_is_told_by_row(run):
    said = run.refused("Q1,Q2,Freq\n1,b,2\nx,0,many\n")
    assert "r.csv: row 2, column Q2: “b” is not a number of points; answers need --key." in said
    assert "row 3, column Freq: “many” is not a number of people." in said
    assert "names 1 answers, and there are 2 questions" in run.refused(TABLE.replace(",Q3", ",person"), "--key", "a")
    assert "fewer than two columns" in run.refused("id,Q1\n1,1\n")
    assert "The file is empty." in run.refused("")


@needs_shared
def test_the_published_figures_of_lsat6_by_command():
    done = CliRunner().invoke(statistics, [str(shared("irt", "lsat6_patterns.csv"))])
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[1].split()[:6] == ["Item_1", "1000", "0.924", "0.924", "0.113", "0.051…0.174"]
    assert "alpha 0.2950" in lines[-2]
    assert "fewer than 8 questions" in lines[-1]


@pytest.mark.parametrize("first", ["1,0", "1,1,2", "0;2;1"])
def test_a_table_without_names_is_not_read_with_a_person_less(first):
    with pytest.raises(BadTable, match="row 1 holds points"):
        read_responses(f"{first}\n{first}\n".encode())


def test_questions_may_be_called_by_numbers_and_points_written_with_a_comma():
    found = read_responses(b"1;2;3\n1,5;0;1\n0;2;1\n")
    assert found.most == {"1": 1.5, "2": 2.0, "3": 1.0}
