"""Questions as a table: one row each, for those who write them in a spreadsheet.

The headings: `type` and `prompt`, then `identifier`, `title`, `category`, `tags`, `points`, `answer`, `tolerance`,
`feedback`, `option_1`, `weight_1`, `feedback_1`, `option_2` … up to 20. What an option means depends on the type:
a choice, an accepted answer, the parts of an order, or `left => right` for a pair.
"""

from fractions import Fraction

from lms.catalog.exchange.model import NO_TEXT, Format, Kind, Number, Option, Pair, Place, Question, Text
from lms.catalog.exchange.numerals import decimal_text, fraction, is_numeral, weight_of_percent
from lms.catalog.exchange.report import Notes, Reading, RefusedItem
from lms.policy.tabular import Row, read_table

FORMAT = "csv"
MOST_OPTIONS = 20
ARROW = "=>"
HEADINGS = ("type", "prompt")
FURTHER = ("identifier", "title", "category", "tags", "points", "format", "answer", "tolerance", "feedback", "case")
OPTIONAL = (
    *FURTHER,
    *(f"{name}_{number}" for number in range(1, MOST_OPTIONS + 1) for name in ("option", "weight", "feedback")),
)
SAYABLE = frozenset(
    {
        Kind.SINGLE,
        Kind.MULTIPLE,
        Kind.TRUE_FALSE,
        Kind.SHORT,
        Kind.NUMERIC,
        Kind.MATCHING,
        Kind.ORDER,
        Kind.ESSAY,
        Kind.DESCRIPTION,
    }
)
# A cell that begins so would be run as a formula by spreadsheets.
RISKY = ("=", "+", "-", "@", "\t", "\r")


def read_csv(data: bytes, file: str) -> Reading:
    notes = Notes()
    table = read_table(data, required=HEADINGS, optional=OPTIONAL)
    for problem in table.problems:
        where = f"column {problem.column}: " if problem.column else ""
        notes.refused(Place(file, problem.row), f"{where}{problem.message} {problem.hint}".strip())
    headings = table.columns
    if any(name not in headings for name in HEADINGS):
        return Reading(file, FORMAT, (), tuple(notes.found))
    questions = []
    for row in table.rows:
        try:
            questions.append(_question(row, file, headings))
        except RefusedItem as refused:
            notes.refused(refused.place or Place(file, row.number), refused.message, row["identifier"])
    return Reading(file, FORMAT, tuple(questions), tuple(notes.found))


class _Row:
    """A row with places: the column counts from 1, as in a spreadsheet."""

    def __init__(self, row: Row, file: str, headings: tuple[str, ...]) -> None:
        self.row = row
        self.file = file
        self.headings = headings

    def __getitem__(self, name: str) -> str:
        cell = self.row[name]
        return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(RISKY) else cell

    def place(self, name: str) -> Place:
        column = self.headings.index(name) + 1 if name in self.headings else 0
        return Place(self.file, self.row.number, column)

    def number(self, name: str, default: str) -> Fraction:
        words = self[name] or default
        if not is_numeral(words):
            raise RefusedItem(f"“{words}” is not a number.", self.place(name))
        return fraction(words)

    def weight(self, number: int, default: Fraction) -> Fraction:
        words = self[f"weight_{number}"].rstrip("%").strip()
        if not words:
            return default
        if not is_numeral(words) or abs(fraction(words)) > 100:
            raise RefusedItem(f"“{words}” is not a weight in percent.", self.place(f"weight_{number}"))
        return weight_of_percent(words)


def _question(row: Row, file: str, headings: tuple[str, ...]) -> Question:
    cells = _Row(row, file, headings)
    try:
        kind = Kind(cells["type"].lower().replace(" ", "_"))
    except ValueError:
        known = ", ".join(sorted(SAYABLE))
        raise RefusedItem(f"“{cells['type']}” is not a type; known are {known}.", cells.place("type")) from None
    if kind not in SAYABLE:
        raise RefusedItem(f"A table cannot say a question of the type “{kind}”.", cells.place("type"))
    if not cells["prompt"]:
        raise RefusedItem("The prompt is empty.", cells.place("prompt"))
    form = _format(cells)
    feedback = Text(cells["feedback"], form) if cells["feedback"] else NO_TEXT
    options: tuple[Option, ...] = ()
    numbers: tuple[Number, ...] = ()
    pairs: tuple[Pair, ...] = ()
    sequence: tuple[Option, ...] = ()
    if kind in {Kind.SINGLE, Kind.MULTIPLE, Kind.SHORT}:
        options = _options(cells, kind, form)
    elif kind is Kind.TRUE_FALSE:
        options = _true_false(cells, form)
    elif kind is Kind.NUMERIC:
        numbers = _numbers(cells, form)
    elif kind is Kind.MATCHING:
        pairs = _pairs(cells, form)
    elif kind is Kind.ORDER:
        sequence = tuple(
            Option(Text(words, form), feedback=note, key=f"c{number}") for number, words, note in _given(cells, form)
        )
        if len(sequence) < 2:
            raise RefusedItem("An order has at least two parts.", cells.place("option_2"))
    return Question(
        kind,
        Text(cells["prompt"], form),
        identifier=cells["identifier"],
        title=cells["title"],
        options=options,
        numbers=numbers,
        pairs=pairs,
        sequence=sequence,
        general_feedback=feedback,
        tags=tuple(tag.strip() for tag in cells["tags"].split(";") if tag.strip()),
        category=cells["category"],
        points=cells.number("points", "1"),
        is_case_sensitive=cells["case"].lower() in {"yes", "true", "1"},
        place=Place(file, row.number),
    )


def _format(cells: _Row) -> Format:
    words = cells["format"].lower() or "markdown"
    try:
        return Format(words)
    except ValueError:
        raise RefusedItem(f"“{words}” is not a format of text.", cells.place("format")) from None


def _given(cells: _Row, form: Format) -> list[tuple[int, str, Text]]:
    found = []
    for number in range(1, MOST_OPTIONS + 1):
        words, note = cells[f"option_{number}"], cells[f"feedback_{number}"]
        if words:
            found.append((number, words, Text(note, form) if note else NO_TEXT))
        elif note or cells[f"weight_{number}"]:
            raise RefusedItem(f"Option {number} has a weight or feedback but no text.", cells.place(f"option_{number}"))
    return found


def _options(cells: _Row, kind: Kind, form: Format) -> tuple[Option, ...]:
    given = _given(cells, form)
    right = {words.strip() for words in cells["answer"].split(";") if words.strip()}
    unknown = right - {str(number) for number, _, _ in given}
    if unknown:
        raise RefusedItem(f"The answer names option {min(unknown)}, which is not there.", cells.place("answer"))
    is_short = kind is Kind.SHORT
    share = Fraction(1, len(right)) if kind is Kind.MULTIPLE and right else Fraction(1)
    options = tuple(
        Option(
            Text(words, Format.PLAIN if is_short else form),
            cells.weight(number, share if str(number) in right or (is_short and not right) else Fraction(0)),
            note,
            key="" if is_short else f"c{number}",
        )
        for number, words, note in given
    )
    if not any(option.weight > 0 for option in options):
        raise RefusedItem("No option earns points: name the right one under “answer”.", cells.place("answer"))
    return options


def _true_false(cells: _Row, form: Format) -> tuple[Option, ...]:
    truth = cells["answer"].lower()
    if truth not in {"true", "false"}:
        raise RefusedItem("The answer must be true or false.", cells.place("answer"))
    notes = [Text(words, form) if words else NO_TEXT for words in (cells["feedback_1"], cells["feedback_2"])]
    return (
        Option(Text("True", Format.PLAIN), Fraction(int(truth == "true")), notes[0], key="true"),
        Option(Text("False", Format.PLAIN), Fraction(int(truth == "false")), notes[1], key="false"),
    )


def _numbers(cells: _Row, form: Format) -> tuple[Number, ...]:
    """The right number stands under `answer`, others under the options as `value:tolerance`, `*` for every other."""
    found = []
    if cells["answer"]:
        value, tolerance = cells.number("answer", ""), cells.number("tolerance", "0")
        found.append(Number(decimal_text(value), decimal_text(tolerance)))
    for number, words, note in _given(cells, form):
        value_words, _, tolerance_words = words.partition(":")
        weight = cells.weight(number, Fraction(0))
        if value_words.strip() == "*":
            found.append(Number("", weight=weight, feedback=note))
            continue
        if not is_numeral(value_words.strip()) or not is_numeral(tolerance_words.strip() or "0"):
            raise RefusedItem(f"“{words}” is not a number with a tolerance.", cells.place(f"option_{number}"))
        tolerance = fraction(tolerance_words.strip() or "0")
        found.append(Number(decimal_text(fraction(value_words)), decimal_text(tolerance), weight, note))
    if not any(number.weight > 0 for number in found):
        raise RefusedItem("There is no right number.", cells.place("answer"))
    return tuple(found)


def _pairs(cells: _Row, form: Format) -> tuple[Pair, ...]:
    found: list[Pair] = []
    keys: dict[str, str] = {}
    for number, words, note in _given(cells, form):
        left, arrow, right = words.partition(ARROW)
        if not arrow or not right.strip():
            raise RefusedItem(f"A pair is written left {ARROW} right.", cells.place(f"option_{number}"))
        side = Text(left.strip(), form) if left.strip() else NO_TEXT
        key = keys.setdefault(right.strip(), f"r{len(keys) + 1}")
        answer = Text(right.strip(), Format.PLAIN)
        found.append(Pair(side, answer, f"l{number}" if side else "", key, feedback=note))
    if not any(pair.left for pair in found):
        raise RefusedItem("There is nothing to match.", cells.place("option_1"))
    return tuple(found)
