"""What each of Moodle's question types holds beside the frame that all share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from lxml import etree

from lms.catalog.exchange.cloze import OUR_POINTS, checked, mark, whole_points, write_gap
from lms.catalog.exchange.model import Format, Gap, GapKind, Kind, Number, Option, Question, Text, Tolerance
from lms.catalog.exchange.moodle_choices import WHOLE_ORDERS
from lms.catalog.exchange.moodle_source import FORMAT_NAMES
from lms.catalog.exchange.numerals import percent
from lms.catalog.exchange.pair_losses import losses_of_pairs, sayable_pairs
from lms.catalog.exchange.report import Notes, RefusedItem
from lms.catalog.exchange.xml_source import Element, writable

# Kept by name when read, written in another way.
OWN_SETTINGS = frozenset(
    {
        "moodle_type",
        "scoringmethod",
        "correctanswerformat",
        "correctanswerlength",
        "background",
        "weight",
        "max_choices",
    }
)
TOLERANCE_TYPES = {Tolerance.RELATIVE: "1", Tolerance.ABSOLUTE: "2", Tolerance.GEOMETRIC: "3"}
ONLY_IN_PART = (
    "It is all or nothing here; Moodle gives a part of the points for a part of the right options, and none with a "
    "wrong one."
)
EACH_BY_ITSELF = "It is all or nothing here; Moodle pays each pair and each gap by itself."
KEYED = frozenset({Kind.SINGLE, Kind.MULTIPLE, Kind.SHORT, Kind.NUMERIC})
Parts = tuple[str, Sequence[Element]]


def written(question: Question, notes: Notes) -> Parts:
    """The name of the type and its own elements. Raises RefusedItem for what Moodle cannot say."""
    make = MAKERS.get(question.kind)
    if make is None:
        raise RefusedItem(f"Moodle XML has no question of the type “{question.kind}”.")
    if question.kind in KEYED and not question.has_key:
        raise RefusedItem("No answer earns points, and Moodle asks for one that does.")
    return make(question, notes)


def words(element: Element, text: str) -> Element:
    """Marked-up words stand in CDATA: Moodle's reader drops blanks that stand alone between two references."""
    inner = etree.SubElement(element, "text")
    said = writable(text)
    has_markup = any(letter in said for letter in "<>&")
    inner.text = etree.CDATA(said) if has_markup and "]]>" not in said else said
    return element


def simple(parent: Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = writable(text)


def element_of(name: str, text: str) -> Element:
    made = etree.Element(name)
    made.text = writable(text)
    return made


def prompt_of(question: Question) -> Text:
    """The prompt with its gaps as Moodle marks them."""
    text = question.prompt.text
    if question.kind is Kind.CLOZE and not _is_pooled(question):
        for gap, points in zip(question.gaps, whole_points(question.gaps), strict=True):
            text = text.replace(mark(gap.key), write_gap(gap, points))
    elif question.kind in {Kind.CLOZE, Kind.GAP_MATCH}:
        keys = [option.key for option in question.options]
        for gap in question.gaps:
            right = next((one.key for one in gap.options if one.weight == 1), "")
            if right not in keys:
                raise RefusedItem(f"Moodle asks for one right word in each gap, and {gap.key} has none.")
            text = text.replace(mark(gap.key), f"[[{keys.index(right) + 1}]]")
    return replace(question.prompt, text=text)


def _is_pooled(question: Question) -> bool:
    return bool(question.options)


def _answer(option: Option, weight: str) -> Element:
    made = etree.Element("answer", fraction=weight, format=FORMAT_NAMES[option.text.format])
    words(made, option.text.text)
    _feedback(made, option.feedback)
    return made


def _feedback(parent: Element, feedback: Text) -> None:
    words(etree.SubElement(parent, "feedback", format=FORMAT_NAMES[feedback.format]), feedback.text)


def _choice(question: Question, notes: Notes) -> Parts:
    options = question.options
    if question.kind is Kind.MULTIPLE and question.is_all_or_nothing:
        if dict(question.extra).get("moodle_type") == "multichoiceset":
            return "multichoiceset", [_answer(option, percent(option.weight)) for option in options]
        # That type is a plugin, which few sites have. A wrong option takes everything: ticking all earns nothing.
        options = tuple(option if option.weight else replace(option, weight=Fraction(-1)) for option in options)
        notes.changed(question.place, ONLY_IN_PART, question.identifier or question.title)
    answers = [_answer(option, percent(option.weight)) for option in options]
    return "multichoice", [element_of("single", str(question.kind is Kind.SINGLE).lower()), *answers]


def _true_false(question: Question, notes: Notes) -> Parts:
    answers = []
    for option, word in zip(question.options, ("true", "false"), strict=True):
        answers.append(_answer(replace(option, text=Text(word, Format.MOODLE)), percent(option.weight)))
    return "truefalse", answers


def _short(question: Question, notes: Notes) -> Parts:
    answers = [_answer(option, percent(option.weight)) for option in question.options]
    return "shortanswer", [element_of("usecase", "1" if question.is_case_sensitive else "0"), *answers]


def _numeric(question: Question, notes: Notes) -> Parts:
    made = []
    for number in question.numbers:
        if number.value and number.measure is not Tolerance.ABSOLUTE:
            reach = abs(Fraction(number.value)) * Fraction(number.tolerance)
            number = replace(number, tolerance=str(float(reach)))
            notes.changed(question.place, f"The tolerance of {number.value} is written as ±{number.tolerance}.")
        made.append(_number(number))
    return "numerical", [*made, *_units(question)]


def _number(number: Number) -> Element:
    made = _answer(Option(Text(number.value or "*", Format.MOODLE), feedback=number.feedback), percent(number.weight))
    simple(made, "tolerance", number.tolerance)
    return made


def _units(question: Question) -> list[Element]:
    if not question.units:
        return []
    made = etree.Element("units")
    for unit in question.units:
        one = etree.SubElement(made, "unit")
        simple(one, "multiplier", unit.multiplier)
        simple(one, "unit_name", unit.name)
    return [made]


def _calculated(question: Question, notes: Notes) -> Parts:
    settings = dict(question.extra)
    numbers = question.numbers or tuple(
        Number(option.text.text, "0", option.weight, option.feedback) for option in question.options
    )
    answers = []
    for number in numbers:
        made = _number(number)
        simple(made, "tolerancetype", TOLERANCE_TYPES[number.measure])
        simple(made, "correctanswerformat", settings.get("correctanswerformat", "1"))
        simple(made, "correctanswerlength", settings.get("correctanswerlength", "2"))
        answers.append(made)
    drawn = etree.Element("dataset_definitions")
    for variable in question.variables:
        one = etree.SubElement(drawn, "dataset_definition")
        words(etree.SubElement(one, "status"), "private")
        words(etree.SubElement(one, "name"), variable.name)
        simple(one, "type", "calculated")
        for name, value in (
            ("distribution", variable.distribution),
            ("minimum", variable.minimum),
            ("maximum", variable.maximum),
            ("decimals", variable.decimals),
        ):
            words(etree.SubElement(one, name), value)
        simple(one, "itemcount", str(len(variable.values)))
        items = etree.SubElement(one, "dataset_items")
        for number_of, value in enumerate(variable.values, start=1):
            item = etree.SubElement(items, "dataset_item")
            simple(item, "number", str(number_of))
            simple(item, "value", value)
        simple(one, "number_of_items", str(len(variable.values)))
    name = settings.get("moodle_type") or ("calculatedmulti" if question.options else "calculated")
    return name, [*answers, *_units(question), drawn]


def _matching(question: Question, notes: Notes) -> Parts:
    settings = dict(question.extra)
    if settings.get("moodle_type") in {"mtf", "kprime"}:
        return _rows(question, settings)
    made = []
    for pair in question.pairs:
        if pair.left and not pair.right:
            notes.lost(question.place, f"Moodle leaves nothing unmatched: “{pair.left.text}” is left out.")
    name = question.identifier or question.title
    if losses_of_pairs(question)["that its pairs count differently"]:
        notes.changed(question.place, "Its pairs all count the same in Moodle.", name)
    if any(pair.feedback for pair in question.pairs):
        notes.lost(question.place, "Moodle has no feedback of single pairs.", name)
    if question.is_all_or_nothing:
        notes.changed(question.place, EACH_BY_ITSELF, name)
    for pair in sayable_pairs(question):
        one = etree.Element("subquestion", format=FORMAT_NAMES[pair.left.format])
        words(one, pair.left.text)
        answer = etree.SubElement(one, "answer")
        if pair.right.format is Format.HTML:
            answer.set("format", "html")
        words(answer, pair.right.text)
        made.append(one)
    return "matching", made


def _rows(question: Question, settings: Mapping[str, str]) -> Parts:
    rows = list(dict.fromkeys(pair.left_key for pair in question.pairs if pair.left_key))
    columns = sorted({pair.right_key for pair in question.pairs if pair.right_key})
    right = {(pair.left_key, pair.right_key): pair.weight for pair in question.pairs}
    made = [words(etree.Element("scoringmethod"), settings.get("scoringmethod", "subpoints"))]
    made += [element_of("numberofrows", str(len(rows))), element_of("numberofcolumns", str(len(columns)))]
    for row in rows:
        pair = next(one for one in question.pairs if one.left_key == row)
        one = etree.Element("row", number=row.removeprefix("l"))
        words(etree.SubElement(one, "optiontext", format=FORMAT_NAMES[pair.left.format]), pair.left.text)
        words(etree.SubElement(one, "feedbacktext", format=FORMAT_NAMES[pair.feedback.format]), pair.feedback.text)
        made.append(one)
    for column in columns:
        pair = next(one for one in question.pairs if one.right_key == column)
        one = etree.Element("column", number=column.removeprefix("r"))
        words(etree.SubElement(one, "responsetext", format=FORMAT_NAMES[pair.right.format]), pair.right.text)
        made.append(one)
    for row in rows:
        for column in columns:
            cell = etree.Element("weight", rownumber=row.removeprefix("l"), columnnumber=column.removeprefix("r"))
            simple(cell, "value", f"{float(right.get((row, column), Fraction(0))):.3f}")
            made.append(cell)
    return settings["moodle_type"], made


def _ordering(question: Question, notes: Notes) -> Parts:
    if question.zones:
        raise RefusedItem("Moodle XML has no order of places on a picture.")
    if len(question.sequence) < 2:
        raise RefusedItem("An order has at least two parts.")
    made = [_answer(option, str(place)) for place, option in enumerate(question.sequence, start=1)]
    if question.is_all_or_nothing and "gradingtype" not in dict(question.extra):
        made.append(element_of("gradingtype", WHOLE_ORDERS[0]))
    return "ordering", made


def _cloze(question: Question, notes: Notes) -> Parts:
    if not _is_pooled(question):
        for gap in question.gaps:
            checked(gap)
        points = sum(whole_points(question.gaps))
        if points != question.points:
            notes.changed(
                question.place,
                f"Moodle counts gaps in whole points: the question is worth {points} there.",
                question.identifier or question.title,
            )
            return "cloze", [element_of(OUR_POINTS, str(question.points))]
        return "cloze", []
    return _pooled(question, notes, "gapselect", "selectoption")


def _gap_match(question: Question, notes: Notes) -> Parts:
    if question.zones:
        raise RefusedItem("Labels on a picture are read from Moodle XML but not written.")
    return _pooled(question, notes, "ddwtos", "dragbox")


def _pooled(question: Question, notes: Notes, name: str, part: str) -> Parts:
    if any(gap.kind is not GapKind.CHOICE for gap in question.gaps):
        raise RefusedItem("Moodle mixes no typed gaps with a pool of words.")
    settings = dict(question.extra)
    _note_pooled(question, notes)
    made = []
    for number, option in enumerate(question.options, start=1):
        one = words(etree.Element(part), option.text.text)
        simple(one, "group", settings.get(f"group.{number}", "1"))
        if f"infinite.{number}" in settings or _is_used_again(question.gaps, option.key):
            etree.SubElement(one, "infinite")
        if option.feedback:
            _feedback(one, option.feedback)
        made.append(one)
    return name, made


def _note_pooled(question: Question, notes: Notes) -> None:
    """What Moodle does not know of gaps that are filled from one pool."""
    name = question.identifier or question.title
    if len({gap.points for gap in question.gaps}) > 1:
        notes.changed(question.place, "Its gaps all count the same in Moodle.", name)
    if question.is_all_or_nothing and len(question.gaps) > 1:
        notes.changed(question.place, EACH_BY_ITSELF, name)
    for gap in question.gaps:
        _, *others = [one.text.text for one in gap.options if one.weight == 1] or [""]
        others += [one.text.text for one in gap.options if 0 < one.weight < 1]
        for text in others:
            notes.lost(question.place, f"Moodle takes one word for each gap: “{text}” for {gap.key} is left out.", name)


def _is_used_again(gaps: Sequence[Gap], key: str) -> bool:
    return sum(any(one.key == key and one.weight == 1 for one in gap.options) for gap in gaps) > 1


def _essay(question: Question, notes: Notes) -> Parts:
    parts = [
        words(
            etree.Element("graderinfo", format=FORMAT_NAMES[question.grader_notes.format]), question.grader_notes.text
        )
    ]
    if question.kind is Kind.UPLOAD:
        parts.append(element_of("responseformat", "noinline"))
        if "attachments" not in dict(question.extra):
            parts.append(element_of("attachments", "1"))
    return "essay", parts


def _description(question: Question, notes: Notes) -> Parts:
    return "description", []


MAKERS: Mapping[Kind, Callable[[Question, Notes], Parts]] = {
    Kind.SINGLE: _choice,
    Kind.MULTIPLE: _choice,
    Kind.TRUE_FALSE: _true_false,
    Kind.SHORT: _short,
    Kind.NUMERIC: _numeric,
    Kind.CALCULATED: _calculated,
    Kind.MATCHING: _matching,
    Kind.ORDER: _ordering,
    Kind.CLOZE: _cloze,
    Kind.GAP_MATCH: _gap_match,
    Kind.ESSAY: _essay,
    Kind.UPLOAD: _essay,
    Kind.DESCRIPTION: _description,
}
