"""Moodle's questions of words: choices, short answers, pairs, orders, essays, descriptions."""

from dataclasses import replace
from fractions import Fraction

from lms.catalog.exchange.model import NO_TEXT, Format, Kind, Option, Pair, Question, Text
from lms.catalog.exchange.moodle_source import Source, feedback_of, number_of, said, text_of, weight_of
from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.xml_source import Element, local, place

# How Moodle's files say that an order counts as a whole: by name, in old ones by number.
WHOLE_ORDERS = ("ALL_OR_NOTHING", "-1")


def multichoice(question: Question, source: Source) -> Question:
    kind = Kind.SINGLE if source.is_on("single", default=True) else Kind.MULTIPLE
    return replace(question, kind=kind, options=_options(question, source))


def all_or_nothing(question: Question, source: Source) -> Question:
    """A plugin's type: remembered, so that it is written as what it was."""
    return replace(
        question,
        kind=Kind.MULTIPLE,
        options=_options(question, source),
        is_all_or_nothing=True,
        extra=(("moodle_type", "multichoiceset"),),
    )


def right_or_not(question: Question, source: Source) -> Question:
    """The Open University's type marks each option as right or not; the right ones share the points."""
    options = _options(question, source)
    share = Fraction(1, sum(option.weight > 0 for option in options))
    source.notes.changed(
        place(source.element, source.file),
        "Each wrong option costs what a right one gives; there, only more options than are right cost.",
        source.item,
    )
    shared = tuple(replace(option, weight=share if option.weight > 0 else -share) for option in options)
    return replace(question, kind=Kind.MULTIPLE, options=shared)


def _options(question: Question, source: Source) -> tuple[Option, ...]:
    form = question.prompt.format
    options = tuple(
        Option(text_of(answer, form), weight_of(answer, source.file), feedback_of(answer, form), key=f"c{number}")
        for number, answer in enumerate(source.children("answer"), start=1)
    )
    if not any(option.weight > 0 for option in options):
        raise RefusedItem("No option earns points.")
    return options


def true_false(question: Question, source: Source) -> Question:
    """By the words `true` and `false`; old files in other languages have them in this order."""
    answers = list(source.children("answer"))
    if len(answers) != 2:
        raise RefusedItem(f"A true or false question has two answers, this one {len(answers)}.")
    if said(answers[0]).lower() == "false" or said(answers[1]).lower() == "true":
        answers.reverse()
    if said(answers[0]).lower() not in {"true", "false"}:
        source.notes.changed(
            place(answers[0], source.file),
            f"“{said(answers[0])}” is taken for true and “{said(answers[1])}” for false.",
            source.item,
        )
    true, false = answers
    form = question.prompt.format
    options = (
        Option(Text("True", Format.PLAIN), weight_of(true, source.file), feedback_of(true, form), key="true"),
        Option(Text("False", Format.PLAIN), weight_of(false, source.file), feedback_of(false, form), key="false"),
    )
    if {option.weight for option in options} != {Fraction(0), Fraction(1)}:
        raise RefusedItem("One of true and false must earn 100 percent and the other nothing.")
    return replace(question, kind=Kind.TRUE_FALSE, options=options)


def short(question: Question, source: Source) -> Question:
    options = tuple(
        Option(
            Text(said(answer), Format.PLAIN),
            weight_of(answer, source.file),
            feedback_of(answer, question.prompt.format),
        )
        for answer in source.children("answer")
    )
    if not any(option.weight > 0 for option in options):
        raise RefusedItem("No answer earns points.")
    is_exact = source.is_on("usecase", default=False)
    return replace(question, kind=Kind.SHORT, options=options, is_case_sensitive=is_exact)


def matching(question: Question, source: Source) -> Question:
    """Right sides are one answer where they say the same."""
    pairs: list[Pair] = []
    keys: dict[str, str] = {}
    for number, row in enumerate(source.children("subquestion"), start=1):
        left = text_of(row, question.prompt.format)
        answer = next((one for one in row if local(one) == "answer"), None)
        if answer is None or not said(answer):
            if left:
                raise RefusedItem("A left side has no answer.", place(row, source.file))
            continue
        right = Text(said(answer), Format.HTML if answer.get("format") == "html" else Format.PLAIN)
        key = keys.setdefault(right.text, f"r{len(keys) + 1}")
        pairs.append(Pair(left, right, left_key=f"l{number}" if left else "", right_key=key))
    if not any(pair.left for pair in pairs):
        raise RefusedItem("There is nothing to match.")
    return replace(question, kind=Kind.MATCHING, pairs=tuple(pairs))


def rows_and_columns(question: Question, source: Source) -> Question:
    """Statements that each get one of the columns: a matching question whose right sides are the columns."""
    form = question.prompt.format
    columns = {one.get("number", ""): _part(one, "responsetext", form) for one in source.children("column")}
    weights: dict[tuple[str, str], Fraction] = {}
    for cell in source.children("weight"):
        value = number_of(said(cell, "value") or "0", place(cell, source.file))
        weights[cell.get("rownumber", ""), cell.get("columnnumber", "")] = value
    pairs: list[Pair] = []
    used: set[str] = set()
    for row in source.children("row"):
        number = row.get("number", "")
        right = [(key, weights.get((number, key), Fraction(0))) for key in columns]
        right = [(key, weight) for key, weight in right if weight > 0]
        if not right:
            raise RefusedItem(f"No column is right for row {number}.", place(row, source.file))
        left, feedback = _part(row, "optiontext", form), _part(row, "feedbacktext", form)
        for key, weight in right:
            used.add(key)
            pairs.append(Pair(left, columns[key], f"l{number}", f"r{key}", weight, feedback))
    if not pairs:
        raise RefusedItem("There are no rows to decide on.")
    pairs += [Pair(NO_TEXT, text, "", f"r{key}") for key, text in columns.items() if key not in used]
    method = source.said("scoringmethod")
    for name in ("numberofrows", "numberofcolumns"):
        source.read.add(name)
    return replace(
        question,
        kind=Kind.MATCHING,
        pairs=tuple(pairs),
        is_all_or_nothing=method not in {"", "subpoints"},
        extra=(("moodle_type", source.element.get("type", "")), ("scoringmethod", method)),
    )


def _part(element: Element, name: str, form: Format) -> Text:
    found = next((one for one in element if local(one) == name), None)
    return NO_TEXT if found is None else text_of(found, form)


def ordering(question: Question, source: Source) -> Question:
    """The `fraction` of an answer is its place in the right order."""
    answers = list(source.children("answer"))
    placed = [(number_of(one.get("fraction", ""), place(one, source.file)), one) for one in answers]
    if len(placed) < 2:
        raise RefusedItem("An order has at least two parts.")
    form = question.prompt.format
    sequence = tuple(
        Option(text_of(answer, form), feedback=feedback_of(answer, form), key=f"c{number}")
        for number, (_, answer) in enumerate(sorted(placed, key=lambda one: one[0]), start=1)
    )
    is_whole = said(source.element, "gradingtype") in WHOLE_ORDERS
    return replace(question, kind=Kind.ORDER, sequence=sequence, is_all_or_nothing=is_whole)


def essay(question: Question, source: Source) -> Question:
    notes = source.text("graderinfo")
    is_upload = source.said("responseformat") == "noinline"
    source.read.discard("responseformat")
    return replace(question, kind=Kind.UPLOAD if is_upload else Kind.ESSAY, grader_notes=notes)


def description(question: Question, source: Source) -> Question:
    return question
