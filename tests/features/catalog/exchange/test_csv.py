"""Questions as a table: cells, places, and spreadsheets that would run what they are given."""

from fractions import Fraction

import pytest

from lms.catalog.exchange.csv_items import read_csv
from lms.catalog.exchange.csv_writer import write_csv
from lms.catalog.exchange.model import Format, Kind, Number, Option, Question, Text
from tests.features.catalog.exchange.material import one, read


def test_one_row_of_every_type():
    table = """type,prompt,identifier,answer,tolerance,option_1,option_2,option_3,weight_2,feedback_1
single,Which?,s1,2,,a,b,c,,no
multiple,Which ones?,m1,1;3,,a,b,c,-50,
true_false,It is.,t1,false,,,,,,wrong
short,Say it,sh1,,,yes,yeah,,50,
numeric,How many?,n1,12.5,0.5,,,,,
matching,Match,ma1,,,A => 1,B => 2,=> 3,,
order,Sort,o1,,,first,second,,,
essay,Why?,e1,,,,,,,
description,Look,d1,,,,,,,
"""
    reading = read(table, "q.csv")
    assert reading.findings == ()
    by_name = {question.identifier: question for question in reading.questions}
    assert [question.kind.value for question in reading.questions] == [
        *("single", "multiple", "true_false", "short", "numeric", "matching", "order", "essay", "description"),
    ]
    assert [option.weight for option in by_name["s1"].options] == [0, 1, 0]
    assert by_name["s1"].options[0].feedback == Text("no", Format.MARKDOWN)
    assert [option.weight for option in by_name["m1"].options] == [Fraction(1, 2), Fraction(-1, 2), Fraction(1, 2)]
    assert [option.weight for option in by_name["t1"].options] == [0, 1]
    assert [option.weight for option in by_name["sh1"].options] == [1, Fraction(1, 2)]
    assert by_name["n1"].numbers == (Number("12.5", "0.5"),)
    assert [(pair.left.text, pair.right.text) for pair in by_name["ma1"].pairs] == [("A", "1"), ("B", "2"), ("", "3")]


@pytest.mark.parametrize(
    ("cells", "place", "reason"),
    [
        ("riddle,Which?,,", "q.csv:2:1", "is not a type"),
        ("hotspot,Where?,,", "q.csv:2:1", "A table cannot say"),
        ("single,,1,a", "q.csv:2:2", "prompt is empty"),
        ("single,Which?,,a", "q.csv:2:3", "No option earns points"),
        ("single,Which?,7,a", "q.csv:2:3", "names option 7"),
        ("true_false,It is.,perhaps,", "q.csv:2:3", "true or false"),
        ("numeric,How many?,ten,", "q.csv:2:3", "not a number"),
        ("matching,Match,,A - 1", "q.csv:2:4", "left => right"),
        ("order,Sort,,a", "q.csv:2", "at least two"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_its_cell(cells, place, reason):
    reading = read(f"type,prompt,answer,option_1\n{cells}\n", "q.csv")
    assert str(reading.refusals[0]).startswith(f"{place}: refused:")
    assert reason in reading.refusals[0].message


def test_an_unknown_heading_and_a_missing_one_are_named():
    reading = read("type,promt\nessay,Why?\n", "q.csv")
    assert any("Did you mean “prompt”" in finding.message for finding in reading.findings)


def test_what_a_spreadsheet_would_run_is_written_as_text():
    question = Question(
        Kind.SINGLE,
        Text("=HYPERLINK(1)", Format.MARKDOWN),
        options=(
            Option(Text("+1", Format.MARKDOWN), Fraction(1), key="c1"),
            Option(Text("@x", Format.MARKDOWN), key="c2"),
        ),
    )
    data = write_csv([question]).data
    assert b"\n=" not in data
    assert b"'=HYPERLINK(1)" in data
    assert b"'@x" in data
    assert one(data, "q.csv") == question


def test_what_a_table_cannot_say_is_named():
    question = Question(
        Kind.SINGLE,
        Text("Which?"),
        options=(Option(Text("a"), Fraction(1), key="c1"),),
        penalty=Fraction(1, 3),
        hints=(Text("Think"),),
    )
    written = write_csv([question, Question(Kind.HOTSPOT, Text("Where?"))])
    assert [finding.outcome.value for finding in written.findings] == ["lost", "lost", "refused"]
    assert len(read_csv(written.data, "q.csv").questions) == 1
