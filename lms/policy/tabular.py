"""Reading a table somebody exported: encodings, separators, headings; every problem by row and column."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

MAX_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and how to mend it. `row` counts as a spreadsheet does: the headings are row 1."""

    row: int
    column: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"row {self.row}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.message}" + (f" {self.hint}" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with stripped cells by lower-case heading. With problems, the rows are those that could be read."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()


def decode(data: bytes) -> str | None:
    """Text of a file: UTF-8 with or without mark, UTF-16 with mark, else Windows-1252; None for binary."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            return None
    if b"\x00" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            return None


def read_table(data: bytes, *, required: Sequence[str], optional: Sequence[str] | None = ()) -> Table:
    """Read comma, semicolon or tab separated `data`. `optional=None` allows any further heading."""
    text = decode(data)
    if text is None:
        hint = "Save the sheet as CSV (UTF-8) and upload that."
        return Table((), (), (Problem(1, "", "This is not a text file.", hint),))
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    if not first_line:
        return Table((), (), (Problem(1, "", "The file is empty.", "The first row must hold the headings."),))
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    problems: list[Problem] = []
    rows: list[Row] = []
    columns: list[str] = []
    try:
        for number, cells in enumerate(reader, start=1):
            values = [cell.strip() for cell in cells]
            if not any(values):
                continue
            if not columns:
                while not values[-1]:  # spreadsheets write a separator for every column ever touched
                    values.pop()
                columns = [value.lower().replace(" ", "_") for value in values]
                problems += _heading_problems(columns, number, required, optional)
                continue
            while len(values) > len(columns) and not values[-1]:
                values.pop()
            if len(values) > len(columns):
                problems.append(
                    Problem(
                        number,
                        "",
                        f"There are {len(values)} cells but {len(columns)} headings.",
                        "Put a value that contains the separator in double quotes.",
                    )
                )
                continue
            if len(rows) == MAX_ROWS:
                problems.append(Problem(number, "", f"More than {MAX_ROWS:,} rows.", "Split the file."))
                break
            rows.append(Row(number, dict(zip(columns, values, strict=False))))
    except csv.Error as wrong:
        problems.append(
            Problem(
                reader.line_num,
                "",
                f"The row cannot be read ({wrong}).",
                "Look for a quote that is not closed.",
            )
        )
    if columns and not rows and not problems:
        problems.append(Problem(2, "", "There are headings but no rows."))
    return Table(tuple(columns), tuple(rows), tuple(problems))


def _heading_problems(
    columns: Sequence[str], row: int, required: Sequence[str], optional: Sequence[str] | None
) -> list[Problem]:
    problems = [
        Problem(row, name, f"The column “{name}” is missing.", "Add it to the headings.")
        for name in required
        if name not in columns
    ]
    problems += [
        Problem(row, name, f"The heading “{name}” appears twice.", "Keep one of them.")
        for name in dict.fromkeys(columns)
        if columns.count(name) > 1
    ]
    if optional is not None:
        known = [*required, *optional]
        for name in columns:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"Did you mean “{near[0]}”?" if near else f"Known headings: {', '.join(known)}."
                problems.append(Problem(row, name, f"The heading “{name}” is not known.", hint))
    return problems
