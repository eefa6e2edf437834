import pytest

from lms.policy import tabular
from lms.policy.tabular import decode, read_table

PLAIN = "person,value\nrosa,4\nnils,5\n"


def rows(table):
    return [tuple(row.cells.values()) for row in table.rows]


def said(table):
    return [str(problem) for problem in table.problems]


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        b"\n\n" + PLAIN.encode(),
        b" Person , VALUE \n rosa , 4 \n\n nils,5",
        b"person,value,,\nrosa,4,,\nnils,5,,\n",
        b'"person","value"\n"rosa","4"\n"nils","5"\n',
    ],
    ids=["plain", "bom", "utf-16", "semicolon", "tab", "crlf", "cr", "blank lines", "spaces", "trailing", "quoted"],
)
def test_the_same_table_in_every_dress(data):
    table = read_table(data, required=("person", "value"))
    assert said(table) == []
    assert rows(table) == [("rosa", "4"), ("nils", "5")]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "row 1: The file is empty. The first row must hold the headings."),
        (b"  \n \n", "row 1: The file is empty. The first row must hold the headings."),
        (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00",
            "row 1: This is not a text file. Save the sheet as CSV (UTF-8) and upload that.",
        ),
        (b"PK\x03\x04\x00\x00", "row 1: This is not a text file. Save the sheet as CSV (UTF-8) and upload that."),
        (b"\xff\xfea", "row 1: This is not a text file. Save the sheet as CSV (UTF-8) and upload that."),
        (b"person,value\n", "row 2: There are headings but no rows."),
        (b"person\nrosa\n", "row 1, column value: The column “value” is missing. Add it to the headings."),
        (b"person,value,value\na,1,2\n", "row 1, column value: The heading “value” appears twice. Keep one of them."),
        (
            b"person,value,pesron\na,1,2\n",
            "row 1, column pesron: The heading “pesron” is not known. Did you mean “person”?",
        ),
        (
            b"person,value,zzz\na,1,2\n",
            "row 1, column zzz: The heading “zzz” is not known. Known headings: person, value.",
        ),
        (
            b"person,value\nrosa,1,234\n",
            "row 2: There are 3 cells but 2 headings. Put a value that contains the separator in double quotes.",
        ),
        (
            b'person,value\n"rosa,4\nnils,5\n',
            "row 3: The row cannot be read (unexpected end of data). Look for a quote that is not closed.",
        ),
        (
            b'person,value\n"ro"sa,4\n',
            "row 2: The row cannot be read (',' expected after '\"'). Look for a quote that is not closed.",
        ),
    ],
)
def test_what_is_wrong_says_where_and_how_to_mend_it(data, problem):
    assert said(read_table(data, required=("person", "value"))) == [problem]


def test_every_problem_is_reported_and_rows_count_as_a_spreadsheet_counts():
    table = read_table(b"a,a,c\n\n1,2,3,4\n1,2,3\n1,2,3,4,5\n", required=("a", "b"))
    assert [(problem.row, problem.column) for problem in table.problems] == [
        (1, "b"),
        (1, "a"),
        (1, "c"),
        (3, ""),
        (5, ""),
    ]
    assert [row.number for row in table.rows] == [4]


def test_a_cell_over_several_lines_is_one_row():
    table = read_table(b'person,value\n"ro\nsa",4\nnils,x\n', required=("person", "value"))
    assert [(row.number, row["person"]) for row in table.rows] == [(2, "ro\nsa"), (3, "nils")]


def test_a_short_row_has_empty_cells():
    (row,) = read_table(b"person,value\nrosa\n", required=("person", "value")).rows
    assert row["value"] == ""


def test_windows_text_is_read():
    assert decode("Müller".encode("cp1252")) == "Müller"


def test_too_many_rows_end_in_a_sentence(monkeypatch):
    monkeypatch.setattr(tabular, "MAX_ROWS", 2)
    table = read_table(b"a\n1\n2\n3\n4\n", required=("a",))
    assert said(table) == ["row 4: More than 2 rows. Split the file."]
    assert len(table.rows) == 2
