"""Reading hostile CSV files: every problem is told with row, column and what to do."""

from datetime import date

import pytest

from lms.people.roster import COLUMNS, read

HEADER = ",".join(COLUMNS)
GOOD = "1001,Rosa Diaz,rosa@example.com,sdr,North,2001,rep,America/Chicago,2026-11-02,2026-11-03"


def problems(text):
    content = text if isinstance(text, bytes) else text.encode()
    return [(problem.row, problem.column) for problem in read(content).problems]


def test_a_good_row():
    (row,) = read(f"{HEADER}\n{GOOD}\n".encode()).rows
    assert (row.key, row.name, row.email, row.job_role, row.team) == (
        "1001",
        "Rosa Diaz",
        "rosa@example.com",
        "sdr",
        "North",
    )
    assert (row.manager_key, row.roles, row.zone) == ("2001", ("rep",), "America/Chicago")
    assert (row.hired_on, row.line_from) == (date(2026, 11, 2), date(2026, 11, 3))


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{GOOD}".encode("utf-8-sig"),
        f"{HEADER}\r\n{GOOD}\r\n".encode(),
        f"{HEADER}\n{GOOD}\n".replace(",", ";").encode(),
        f"{HEADER}\n{GOOD}\n".replace(",", "\t").encode(),
        f"{HEADER}\n{GOOD}\n".encode("utf-16"),
        f"\n{HEADER.upper()}\n\n,,,,,,,,,\n{GOOD}\n".encode(),
        f"{HEADER.replace('_', ' ').title()}\n{GOOD}\n".encode(),
    ],
    ids=["bom", "crlf", "semicolons", "tabs", "utf-16", "blank lines", "spelled header"],
)
def test_ways_of_saving_that_are_fine(content):
    sheet = read(content)
    assert sheet.problems == []
    assert [(row.key, row.email, row.zone) for row in sheet.rows] == [("1001", "rosa@example.com", "America/Chicago")]


def test_the_order_of_columns_does_not_matter_and_most_may_be_absent():
    sheet = read(b"name,key\nRosa,1001\n")
    assert sheet.problems == []
    assert sheet.rows[0].team is None


def test_unknown_columns_are_said_and_ignored():
    sheet = read(b"key,name,cost center\n1,Rosa,77\n")
    assert sheet.problems == []
    assert "cost center" in sheet.notices[0]


def test_blank_keeps_and_dash_empties():
    (row,) = read(b"key,name,team,email,manager_key\n1,Rosa,,-,-\n").rows
    assert (row.team, row.email, row.manager_key) == (None, "", "")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (",Rosa", [(2, "key")]),
        ("1,", [(2, "name")]),
        ("1,-", [(2, "name")]),
        ("1,Rosa,not-an-address", [(2, "email")]),
        ("1,Rosa,,,,,king", [(2, "role")]),
        ("1,Rosa,,,,,rep king queen", [(2, "role"), (2, "role")]),
        ("1,Rosa,,,,,,Mars/Olympus", [(2, "zone")]),
        ("1,Rosa,,,,,,../../etc", [(2, "zone")]),
        ("1,Rosa,,,,,,,03/04/2026", [(2, "hired_on")]),
        ("1,Rosa,,,,,,,2026-02-30", [(2, "hired_on")]),
        ("1,Rosa,,,,,,,,tomorrow", [(2, "line_from")]),
        (
            ",,x,,,,king,Nowhere,1.2.26,x",
            [(2, column) for column in ("key", "name", "email")]
            + [(2, "zone"), (2, "role"), (2, "hired_on"), (2, "line_from")],
        ),
    ],
)
def test_every_wrong_cell_is_told(cells, expected):
    cells += "," * (len(COLUMNS) - 1 - cells.count(","))
    assert sorted(problems(f"{HEADER}\n{cells}\n")) == sorted(expected)


def test_row_numbers_are_those_of_the_file():
    text = f"{HEADER}\n{GOOD}\n\n1002,,,,,,,,,\n1003,Ann,,,,,,,,\n1004,,,,,,,,,\n"
    assert problems(text) == [(4, "name"), (6, "name")]


def test_duplicates_point_at_the_first():
    sheet = read(b"key,name,email\nA1,Rosa,r@example.com\na1,Ann,R@EXAMPLE.com\n")
    assert [(problem.row, problem.column) for problem in sheet.problems] == [(3, "key"), (3, "email")]
    assert "Row 2" in sheet.problems[0].message


@pytest.mark.parametrize(
    ("content", "row", "words"),
    [
        (b"", 0, "empty"),
        (b"\xef\xbb\xbf  \n", 0, "empty"),
        (b"key,name\n", 0, "nobody below"),
        (b"name,email\nRosa,r@example.com\n", 1, "missing"),
        (b"Rosa,1001\n", 1, "missing"),
        (b"key,name,key\n1,Rosa,2\n", 1, "twice"),
        (b"key,name,manger_key\n1,Rosa,2\n", 1, "manager_key"),
        (b"key,name\n1,Jos\xe9\n", 2, "UTF-8"),
        (b"key,name\n1,Ro\x00sa\n", 0, "not a text file"),
        (b"PK\x03\x04\x00\x00 rest of a spreadsheet", 0, "not a text file"),
        (b'key,name\n1,"Rosa\n2,Ann\n', 2, "never closed"),
        (b'key,name\n1,"Rosa" Diaz\n2,Ann\n', 2, "closing quotation mark"),
        (b"key,name\n1,Diaz, Rosa\n", 2, "3 cells"),
        (b"key,name\n1\n", 2, "1 cells"),
        (b'key,name\n1,"Rosa\nDiaz"\n', 2, "line break"),
        (b"key,name\n" + b"1" * 121 + b",Rosa\n", 2, "121 characters"),
        (b"key,name\n1," + b"x" * 200_000 + b"\n", 2, "too long"),
        (b"\xff\xfek\x00e", 0, "damaged"),
    ],
)
def test_hostile_files(content, row, words):
    found = read(content).problems
    assert found, "a problem was expected"
    assert any(problem.row == row and words in problem.message for problem in found), found


def test_a_wrong_encoding_does_not_hide_the_other_problems():
    sheet = read(b"key,name,zone\n1,Jos\xe9,Nowhere\n")
    assert [(problem.row, problem.column) for problem in sheet.problems] == [(2, ""), (2, "zone")]


def test_quoted_commas_and_doubled_quotes_are_read():
    (row,) = read(b'key,name\n1,"Lee, Ann ""Annie"""\n').rows
    assert row.name == 'Lee, Ann "Annie"'


def test_problems_say_how_to_mend():
    sheet = read(f"{HEADER}\n1,Rosa,,,,,mangaer,Europe/Berln,,\n".encode())
    messages = {problem.column: problem.message for problem in sheet.problems}
    assert "“manager”" in messages["role"]
    assert "Europe/Berlin" in messages["zone"]


def test_too_many_rows(monkeypatch):
    monkeypatch.setattr("lms.people.roster.MOST_ROWS", 3)
    text = "key,name\n" + "".join(f"{number},Rep {number}\n" for number in range(5))
    assert problems(text) == [(5, "")]
