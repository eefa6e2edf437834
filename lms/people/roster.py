"""Reading a CSV file of people: bytes in, rows and every problem by row and column out. No database here."""

import csv
import difflib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from email_validator import EmailNotValidError, validate_email

from lms.policy.access import Role

COLUMNS = (
    "key",
    "name",
    "email",
    "job_role",
    "team",
    "manager_key",
    "role",
    "zone",
    "hired_on",
    "line_from",
)
REQUIRED = ("key", "name")
CLEAR = "-"  # a blank cell leaves things as they are; this empties them
CLEARABLE = frozenset({"email", "job_role", "team", "manager_key"})
LONGEST = {"key": 120, "name": 120, "email": 254, "job_role": 64, "team": 120, "manager_key": 120}
MOST_ROWS = 5_000  # applied in one transaction, which on SQLite keeps every other writer waiting
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """`row` counts as a spreadsheet does: the header is row 1. Row 0 is the file itself."""

    row: int
    column: str
    message: str  # what is wrong and how to mend it
    value: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One person as the file says. None: the cell is blank or the column absent; "" : emptied on purpose."""

    number: int
    key: str
    name: str
    email: str | None = None
    job_role: str | None = None
    team: str | None = None
    manager_key: str | None = None
    roles: tuple[str, ...] = ()
    zone: str | None = None
    hired_on: date | None = None
    line_from: date | None = None


@dataclass(slots=True)
class Sheet:
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read(content: bytes) -> Sheet:
    """Every row that can be read, and every problem there is; nothing raises."""
    sheet = Sheet()
    text = _decoded(content, sheet)
    if not text.strip():
        sheet.problems.append(Problem(0, "", "The file is empty. It needs a header row and one row for each person."))
        return sheet
    if "\0" in text:
        sheet.problems.append(
            Problem(
                0,
                "",
                "This is not a text file. In your spreadsheet, save it as “CSV UTF-8” and use that file.",
            )
        )
        return sheet
    delimiter = _delimiter(text)
    if delimiter != ",":
        sheet.notices.append(f"The columns are separated by {DELIMITERS[delimiter]}; that is fine.")
    records = _records(text, delimiter, sheet)
    header = next(records, None)
    places = _places(header[1], sheet) if header is not None else None
    if places is None:
        return sheet
    width = len(header[1]) if header is not None else 0
    seen: dict[str, dict[str, int]] = {"key": {}, "email": {}}
    for number, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        if len(sheet.rows) >= MOST_ROWS:
            sheet.problems.append(
                Problem(number, "", f"The file has more than {MOST_ROWS:,} people. Split it and import the parts.")
            )
            break
        if len(cells) != width:
            sheet.problems.append(
                Problem(
                    number,
                    "",
                    f"The row has {len(cells)} cells, the header has {width}. If a cell contains the "
                    'separator, put it in "quotation marks".',
                )
            )
            continue
        row = _row(number, {column: cells[place].strip() for column, place in places.items()}, sheet)
        _once(row, seen, sheet)
        sheet.rows.append(row)
    if not sheet.rows and not sheet.problems:
        sheet.problems.append(Problem(0, "", "The file has a header but nobody below it."))
    return sheet


def _decoded(content: bytes, sheet: Sheet) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        sheet.notices.append("The file is in UTF-16; that is fine.")
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            sheet.problems.append(
                Problem(0, "", "The file begins as UTF-16 text but is damaged. Save it again as “CSV UTF-8”.")
            )
            return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        sheet.problems.append(
            Problem(
                line,
                "",
                "The file is not in UTF-8, so letters with accents would be spoiled. In your spreadsheet, "
                "save it as “CSV UTF-8”.",
            )
        )
        # Read on with the likeliest other encoding, to tell everything else at once.
        return content.decode("cp1252", "replace")


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=lambda one: (first.count(one), one == ","))


def _records(text: str, delimiter: str, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """(line on which the record begins, cells). Ends at a quotation mark that makes no sense."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as wrong:
            if "unexpected end of data" in str(wrong):
                why = "A quotation mark is opened here and never closed, so nothing after it can be read."
            elif "field larger" in str(wrong):
                why = "A cell here is far too long; perhaps a quotation mark is not closed."
            else:
                why = (
                    "Something stands after a closing quotation mark. Put the whole cell in quotation marks "
                    'and double those inside: "Ann ""Annie"" Lee". Rows below were not read.'
                )
            sheet.problems.append(Problem(begins, "", why))
            return
        if cells:
            yield begins, cells


def _places(header: list[str], sheet: Sheet) -> Mapping[str, int] | None:
    """Where each known column stands; None if a required one is missing."""
    places: dict[str, int] = {}
    ignored = []
    for place, cell in enumerate(header):
        name = re.sub(r"[\s-]+", "_", cell.strip().lower())
        if name in places:
            sheet.problems.append(Problem(1, name, "This column is there twice. Keep one of them.", cell.strip()))
        elif name in COLUMNS:
            places[name] = place
        elif close := difflib.get_close_matches(name, [one for one in COLUMNS if one not in places], 1, 0.75):
            sheet.problems.append(
                Problem(1, cell.strip(), f"There is no such column. Did you mean “{close[0]}”?", cell.strip())
            )
        elif name:
            ignored.append(cell.strip())
    if ignored:
        sheet.notices.append(f"Columns that are not used: {', '.join(ignored)}.")
    missing = [name for name in REQUIRED if name not in places]
    for name in missing:
        sheet.problems.append(
            Problem(
                1,
                name,
                f"The column “{name}” is missing. The first row must name the columns: {', '.join(COLUMNS)}.",
            )
        )
    return None if missing else places


def _row(number: int, cells: Mapping[str, str], sheet: Sheet) -> Row:
    def wrong(column: str, message: str) -> None:
        sheet.problems.append(Problem(number, column, message, cells.get(column, "")))

    values: dict[str, str | None] = {}
    for column in COLUMNS:
        value = cells.get(column, "")
        if value == CLEAR:
            if column in CLEARABLE:
                values[column] = ""
                continue
            wrong(column, f"“{column}” cannot be emptied with “{CLEAR}”.")
            values[column] = None
            continue
        if value and not value.isprintable():
            wrong(column, "The cell contains a line break or a control character. Type it again.")
        if len(value) > LONGEST.get(column, 200):
            wrong(
                column,
                f"The cell has {len(value)} characters; at most {LONGEST.get(column, 200)} are possible.",
            )
        values[column] = value or None
    for column in REQUIRED:
        if values[column] is None and cells.get(column) != CLEAR:
            wrong(column, f"“{column}” is blank. Everybody needs one.")
    if email := values["email"]:
        try:
            checked = validate_email(email, check_deliverability=False, globally_deliverable=False)
            values["email"] = checked.normalized.lower()
        except EmailNotValidError:
            wrong("email", "This is not an email address. Correct it, or leave the cell blank.")
            values["email"] = None
    if (zone := values["zone"]) and not _is_zone(zone):
        close = difflib.get_close_matches(zone, sorted(available_timezones()), 1, 0.5)
        wrong("zone", f"There is no such time zone. Write for example {close[0] if close else 'Europe/Berlin'}.")
        values["zone"] = None
    return Row(
        number=number,
        key=values["key"] or "",
        name=" ".join((values["name"] or "").split()),
        email=values["email"],
        job_role=values["job_role"],
        team=values["team"],
        manager_key=values["manager_key"],
        roles=_roles(values["role"], wrong),
        zone=values["zone"],
        hired_on=_day("hired_on", values["hired_on"], wrong),
        line_from=_day("line_from", values["line_from"], wrong),
    )


def _roles(text: str | None, wrong) -> tuple[str, ...]:
    found = []
    for name in re.split(r"[\s,;|/+]+", (text or "").lower()):
        if name in set(Role):
            found.append(str(name))
        elif name:
            close = difflib.get_close_matches(name, list(Role), 1, 0.6)
            hint = f"Did you mean “{close[0]}”?" if close else f"Possible are {', '.join(Role)}."
            wrong("role", f"There is no role “{name}”. {hint}")
    return tuple(dict.fromkeys(found))


def _day(column: str, text: str | None, wrong) -> date | None:
    if text is None:
        return None
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        wrong(column, "There is no such day. Check year, month and day.")
        return None
    wrong(column, "Write the day as year-month-day, for example 2026-03-04 for March 4.")
    return None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _once(row: Row, seen: dict[str, dict[str, int]], sheet: Sheet) -> None:
    for column, value in (("key", row.key.lower()), ("email", row.email)):
        if value:
            first = seen[column].setdefault(value, row.number)
            if first != row.number:
                sheet.problems.append(
                    Problem(
                        row.number,
                        column,
                        f"Row {first} has the same {column}. Each person needs their own.",
                        value,
                    )
                )
