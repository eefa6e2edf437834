"""A table of responses as a spreadsheet or a statistics program writes it: rows are people, columns are questions."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lms.catalog.exchange.numerals import fraction, is_numeral
from lms.policy import tabular
from lms.policy.item_statistics import Choice, Sat

COUNTS = frozenset({"freq", "frequency", "count"})
NAMES = frozenset({"", "id", "person", "name", "learner", "student", "respondent", "case"})
MISSING = frozenset({"", "na", "n/a", "nan", ".", "null"})
MOST_PEOPLE = 1_000_000


class BadTable(Exception):
    """Every problem of a table, each with its row and column."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Responses:
    """`most`: what each question can earn at best; without a key, the highest that anybody earned."""

    sittings: tuple[Sat, ...]
    items: Mapping[str, Sequence[Choice]]
    most: Mapping[str, float]


def read_responses(data: bytes, key: Sequence[str] = (), *, counts_missing_as_wrong: bool = False) -> Responses:
    """Points in the cells, or with a `key` (in the order of the columns) what was chosen.

    A column `freq`, `frequency` or `count` says how many people answered like this; columns of names are passed over.
    An empty cell or NA is no response: the person did not meet the question, unless it is to count as wrong.
    """
    delimiter, headings = _headings(data)
    if _are_points(headings):
        raise BadTable(["row 1 holds points, not the names of the questions. Put a row of names above it."])
    table = tabular.read_table(data, required=(), optional=None)
    problems = [str(one) for one in table.problems]
    names = headings[: len(table.columns)]
    counts = [column for column in table.columns if column in COUNTS]
    asked = [column for column in table.columns if column not in COUNTS | NAMES]
    if not problems and len(asked) < 2:
        problems.append(
            "There are fewer than two columns of questions; columns are parted by commas, semicolons or tabs."
        )
    if key and len(key) != len(asked):
        problems.append(f"The key names {len(key)} answers, and there are {len(asked)} questions.")
    if problems:
        raise BadTable(problems)
    title = dict(zip(table.columns, names, strict=True))
    right = {title[column]: answer.casefold() for column, answer in zip(asked, key, strict=False)}
    read: list[tuple[dict[str, str], int]] = []
    for row in table.rows:
        count = row[counts[0]] if counts else "1"
        if not (count.isascii() and count.isdigit() and len(count) < 8):
            problems.append(f"row {row.number}, column {title[counts[0]]}: “{count[:40]}” is not a number of people.")
            continue
        cells = {title[column]: row[column] for column in asked if row[column].casefold() not in MISSING}
        if not key:
            if delimiter != ",":
                cells = {name: cell.replace(",", ".") for name, cell in cells.items()}
            problems += [
                f"row {row.number}, column {name}: “{cell[:40]}” is not a number of points; answers need --key."
                for name, cell in cells.items()
                if not is_numeral(cell)
            ]
        read.append((cells, int(count)))
    if sum(count for _, count in read) > MOST_PEOPLE:
        problems.append(f"There are more than {MOST_PEOPLE:,} people.")
    if problems:
        raise BadTable(problems)
    return _responses(read, [title[one] for one in asked], right, counts_missing_as_wrong=counts_missing_as_wrong)


def _headings(data: bytes) -> tuple[str, list[str]]:
    """What parts the columns, and their names as they are written: names of questions are told as they came."""
    lines = [line for line in (tabular.decode(data) or "").splitlines() if line.strip()]
    if not lines:
        return ",", []
    delimiter = max(",;\t", key=lines[0].count)
    return delimiter, [cell.strip() for cell in next(csv.reader(io.StringIO(lines[0]), delimiter=delimiter))]


def _are_points(headings: Sequence[str]) -> bool:
    """A table without headings would lose its first person. Questions may be called 1, 2, 3."""
    is_repeated = len(set(headings)) < len(headings)
    return bool(headings) and all(map(is_numeral, headings)) and (is_repeated or {"0"} & set(headings) != set())


def _responses(
    read: Sequence[tuple[dict[str, str], int]],
    names: Sequence[str],
    right: Mapping[str, str],
    *,
    counts_missing_as_wrong: bool,
) -> Responses:
    def points(name: str, cell: str) -> float:
        return float(cell.casefold() == right[name]) if right else float(fraction(cell))

    earned = [({name: points(name, cell) for name, cell in cells.items()}, count) for cells, count in read]
    most = {name: 1.0 if right else _highest(name, earned) for name in names}
    chosen = {name: sorted({cells[name] for cells, _ in read if name in cells}) if right else () for name in names}
    sittings: list[Sat] = []
    for (got, count), (cells, _) in zip(earned, read, strict=True):
        if counts_missing_as_wrong:
            got = dict.fromkeys(names, 0.0) | got
        picked = {name: frozenset({cell}) for name, cell in cells.items()} if right else {}
        sittings += [Sat(got, {name: most[name] for name in got}, picked)] * count
    choices = {name: tuple(Choice(one, one.casefold() == right[name]) for one in chosen[name]) for name in names}
    return Responses(tuple(sittings), choices, most)


def _highest(name: str, earned: Sequence[tuple[Mapping[str, float], int]]) -> float:
    return max((got[name] for got, count in earned if name in got and count), default=1.0) or 1.0
