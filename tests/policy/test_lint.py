"""The lint as tables: no app, no files."""

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from lms.catalog.plain_words import SENTENCES, said
from lms.policy.lint import ERROR, lint
from lms.policy.lint.items import check_item
from lms.policy.outline import (
    Assessment,
    Chunk,
    Competency,
    Course,
    Criterion,
    Field,
    FieldType,
    Gap,
    Item,
    ItemType,
    Layer,
    Module,
    Objective,
    ObjectiveType,
    Option,
    Pair,
    Parameter,
    Purpose,
    Reply,
    ResultNumber,
    Rubric,
    Section,
    Sheet,
    Stratum,
    Transfer,
    Turn,
)


def item(key: str = "i", objective: str = "o", **changes) -> Item:
    options = (Option("a", "A", Fraction(1)), Option("b", "B"))
    return replace(Item(key, ItemType.SINGLE, "Which?", objective, "Why.", options=options), **changes)


def chunk(key: str = "c", **changes) -> Chunk:
    return replace(Chunk(key, "Chunk", 4, "Text", ("o",), (item(f"{key}1"), item(f"{key}2"))), **changes)


def exam(key: str, purpose: Purpose, count: int = 10, **changes) -> Assessment:
    return replace(Assessment(key, "Test", purpose, tuple(item(f"{key}{n}") for n in range(count))), **changes)


def transfer(**changes) -> Transfer:
    rubric = Rubric("r", "R", (Criterion("c", "C", "B", ("low", "high"), competency="k"),))
    sheet = Sheet("S", (Section("s", "S", (Field("f", FieldType.TEXT, "F", required=True),)),))
    return replace(Transfer("t", "T", sheet, rubric, rubric, (ResultNumber("calls", "Calls"),)), **changes)


def course(*modules: Module, **changes) -> Course:
    objectives = (Objective("o", "O", ObjectiveType.KNOWLEDGE),)
    return replace(Course("course", "Course", modules, objectives=objectives), **changes)


def module(key: str, *steps, requires: tuple[str, ...] = (), **changes) -> Module:
    return replace(Module(key, key.title(), steps or (chunk(f"c-{key}"),), "", ("o",), requires), **changes)


def codes(one: Course, severity: str | None = ERROR) -> list[str]:
    return [finding.code for finding in lint(one) if severity in {None, finding.severity}]


def test_a_sound_course_has_no_findings():
    sound = course(
        module("a", exam("pre", Purpose.PRE, 8), chunk("x"), exam("post", Purpose.POST), has_test_out=True),
        module("b", chunk("y", builds_on=(Layer("a/x", "w"),)), transfer(), requires=("a",)),
    )
    assert codes(sound, None) == []


@pytest.mark.parametrize(
    ("requires", "cycles"),
    [
        ({"a": (), "b": ("a",), "c": ("b",)}, []),
        ({"a": ("b",), "b": ("a",)}, ["a → b → a"]),
        ({"a": ("c",), "b": ("a",), "c": ("b",)}, ["a → c → b → a"]),
        ({"a": (), "b": ("d",), "c": ("b",), "d": ("c",)}, ["b → d → c → b"]),
        ({"a": ("b",), "b": ("a",), "c": ("d",), "d": ("c",)}, ["a → b → a", "c → d → c"]),
        ({"a": ("b", "c"), "b": ("a",), "c": ("a",)}, ["a → b → a", "a → c → a"]),
        ({"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}, []),
    ],
)
def test_every_cycle_is_found_once(requires, cycles):
    found = lint(course(*(module(key, requires=names) for key, names in requires.items())))
    assert [one.facts["cycle"] for one in found if one.code == "requires_cycle"] == cycles


OPTIONS = (Option("a", "A", Fraction(1)), Option("b", "B", Fraction(1, 2)), Option("c", "C"))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"points": 0}, ["points_zero"]),
        ({"options": OPTIONS[:1]}, ["options_too_few"]),
        ({"options": OPTIONS[1:]}, ["no_right_option"]),
        ({"options": (*OPTIONS[:1], replace(OPTIONS[0], key="z", text="Z"))}, ["second_right_option"]),
        ({"options": (*OPTIONS, replace(OPTIONS[2], key="d"))}, ["option_text_twice"]),
        ({"type": ItemType.MULTIPLE, "options": OPTIONS[1:]}, ["no_right_option"]),
        ({"type": ItemType.JUDGMENT, "options": OPTIONS}, []),
        ({"type": ItemType.JUDGMENT, "options": OPTIONS[1:]}, ["no_best_option"]),
        ({"type": ItemType.JUDGMENT, "options": (*OPTIONS, Option("d", "D", Fraction(3, 4)))}, ["weight_unknown"]),
        ({"type": ItemType.NUMERIC, "answer": "12.5"}, []),
        ({"type": ItemType.NUMERIC, "answer": "1e3"}, []),
        ({"type": ItemType.NUMERIC, "answer": "NaN"}, ["not_decimal"]),
        ({"type": ItemType.NUMERIC, "answer": "1e999"}, ["not_decimal"]),
        ({"type": ItemType.NUMERIC, "answer": ""}, ["not_decimal"]),
        ({"type": ItemType.NUMERIC, "answer": "1", "rel_tolerance": "-1"}, ["tolerance_negative"]),
        ({"type": ItemType.ORDER, "sequence": OPTIONS[:1]}, ["sequence_too_short"]),
        ({"type": ItemType.ORDER, "sequence": (OPTIONS[0], replace(OPTIONS[0], key="z"))}, ["entry_text_twice"]),
        ({"type": ItemType.MATCHING, "pairs": (Pair("p", "L", "R"),)}, ["pairs_too_few"]),
        ({"type": ItemType.MATCHING, "pairs": (Pair("p", "L", "R"), Pair("q", "L", "S"))}, ["pair_side_twice"]),
        ({"type": ItemType.SHORT, "accept": (" ",)}, ["nothing_accepted"]),
    ],
)
def test_items_somebody_can_answer(changes, expected):
    assert [finding.code for finding in check_item(item(**changes))] == expected


def weighed(*weights):
    return tuple(Option(key, key.upper(), Fraction(weight)) for key, weight in zip("abcd", weights, strict=False))


RIGHT_OR_NOT = (Option("a", "A", Fraction(1)), Option("b", "B"))
ENDS = Turn("end", "Goodbye.")
CALL = Parameter("calls", "1", "9")


def hello(**changes):
    replies = (Reply("ask", "Ask", Fraction(1), "end"), Reply("no", "No"))
    return replace(Turn("hello", "Yes?", replies), **changes)


def gaps(passage, *found):
    return {"type": ItemType.CLOZE, "options": (), "passage": passage, "gaps": found}


def areas(*texts, picture="![P](assets/p.svg)"):
    options = tuple(replace(one, area=text) for one, text in zip(RIGHT_OR_NOT, texts, strict=True))
    return {"type": ItemType.HOTSPOT, "options": options, "picture": picture}


def drawn(formula, *parameters, prompt="{{calls}}?", **more):
    parts = {"type": ItemType.CALCULATED, "options": (), "formula": formula, "parameters": parameters}
    return {**parts, "prompt": prompt, **more}


def talk(*turns):
    return {"type": ItemType.SCENARIO, "options": (), "turns": turns}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": ItemType.BEST_WORST, "options": weighed(1, "1/2", 0)}, []),
        ({"type": ItemType.BEST_WORST, "options": weighed(1, 0)}, ["options_too_few_to_rank"]),
        ({"type": ItemType.RANKING, "options": weighed("1/2", "1/3", 0)}, ["no_best_option"]),
        ({"type": ItemType.RANKING, "options": weighed(1, 1, 1)}, ["no_worst_option"]),
        ({"type": ItemType.RANKING, "options": weighed(1, "1/7", 0)}, ["weight_unknown"]),
        (gaps("A {{x}}.", Gap("x", accept=("b",))), []),
        (gaps("A {{x}}.", Gap("x", options=RIGHT_OR_NOT)), []),
        (gaps("A {{x}}.", Gap("x")), ["gap_needs_one_way"]),
        (gaps("A {{x}}.", Gap("x", RIGHT_OR_NOT, ("b",))), ["gap_needs_one_way"]),
        (gaps("A {{x}}.", Gap("x", options=weighed(0, 0))), ["no_right_option"]),
        (gaps("A.", Gap("x", accept=("b",))), ["gap_not_in_passage"]),
        (gaps("A {{y}} {{x}}.", Gap("x", accept=("b",))), ["gap_unknown"]),
        (gaps("A {{x}} {{x}}.", Gap("x", accept=("b",))), ["gap_twice"]),
        (gaps("A."), ["gaps_missing"]),
        (areas("rect 0 0 10 10", "ellipse 50 50 5 5"), []),
        (areas("rect 0 0 10 10", "rect 95 0 10 10"), ["area_unreadable"]),
        (areas("rect 0 0 10 10", "rect 9 9 9 9", picture=""), ["picture_missing"]),
        (drawn("calls * 2", CALL), []),
        (drawn("calls *", CALL), ["formula_wrong"]),
        (drawn("calls * rate", CALL), ["formula_wrong"]),
        (drawn("1 / (calls - 3)", CALL), ["formula_fails"]),
        (drawn("calls * 1e999", CALL), ["formula_fails"]),
        (drawn("calls", CALL, prompt="How many?"), ["number_not_told"]),
        (drawn("calls", CALL, prompt="{{calls}} of {{all}}?"), ["number_unknown_in_text"]),
        (drawn("calls", CALL, explanation="{{answer}} of {{all}}"), ["number_unknown_in_text"]),
        (drawn("calls", Parameter("calls", "9", "1")), ["range_wrong"]),
        (drawn("calls", Parameter("calls", "1", "9e999999")), ["range_wrong"]),
        (drawn("7", prompt="How many?"), ["parameters_missing"]),
        (drawn("calls", CALL, abs_tolerance="-1"), ["tolerance_negative"]),
        (talk(hello(), ENDS), []),
        (talk(ENDS), ["turns_too_few", "nothing_to_earn"]),
        (talk(hello(), ENDS, Turn("lost", "Hm.")), ["turn_unreachable"]),
        (talk(hello(), Turn("end", "So?", hello().replies)), ["conversation_in_circles"]),
        (
            talk(hello(replies=(Reply("a", "A", Fraction(1), "nowhere"), Reply("b", "B", next="end"))), ENDS),
            ["name_unknown"],
        ),
        (talk(hello(replies=(Reply("a", "A", next="end"), Reply("b", "B"))), ENDS), ["nothing_to_earn"]),
        (talk(hello(replies=(Reply("a", "A", Fraction(1), "end"),)), ENDS), ["options_too_few"]),
    ],
)
def test_items_built_of_parts(changes, expected):
    found = list(check_item(item(**changes)))
    assert [finding.code for finding in found] == expected
    for finding in found:
        message, hint = said(finding)
        assert not re.search(r"(?<!\{)\{\w+\}(?!\})", message + hint)


def test_a_conversation_stands_in_no_chunk():
    spoken = item("s", **talk(hello(), ENDS))
    assert codes(course(module("a", chunk("x", items=(spoken, item("u")))))) == ["conversation_in_chunk"]
    assert "conversation_in_chunk" not in codes(course(module("a", exam("t", Purpose.FORMATIVE, items=(spoken,)))))


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (course(), ["course_empty"]),
        (course(replace(module("a"), steps=())), ["module_empty"]),
        (course(module("a", requires=("a",))), ["requires_itself"]),
        (course(module("a", requires=("b",))), ["name_unknown"]),
        (course(module("a"), module("a")), ["key_twice"]),
        (course(module("a", chunk("x"), chunk("x", items=(item("y1"), item("y2"))))), ["key_twice"]),
        (course(module("a", chunk("x", items=()))), ["chunk_without_check"]),
        (course(module("a", chunk("x", builds_on=(Layer("a/x", "w"),)))), ["builds_on_itself"]),
        (course(module("a", exam("t", Purpose.POST, threshold_bp=0))), ["threshold_zero"]),
        (course(module("a", exam("t", Purpose.POST, threshold_bp=10001))), ["threshold_above_all"]),
        (course(module("a", exam("t", Purpose.FORMATIVE, threshold_bp=0))), []),
        (course(module("a", exam("t", Purpose.POST, attempts=0))), ["attempts_zero"]),
        (course(module("a", has_test_out=True)), ["test_out_without_pretest"]),
        (course(module("a", exam("t", Purpose.PRE, 7), has_test_out=True)), ["test_out_too_short"]),
        (course(module("a", exam("t", Purpose.PRE, 7))), []),
        (course(module("a", chunk(), test_out_waives_transfer=True)), ["waives_nothing"]),
        (course(module("a", transfer(observations=0))), ["observations_zero"]),
        (course(module("a", transfer(numbers=()))), ["results_without_numbers"]),
        (course(module("a", transfer(order=("calls", "deals")))), ["name_unknown"]),
        (course(module("a", transfer(numbers=(ResultNumber("c", "C", "", (9, 1)),)))), ["plausible_reversed"]),
        (course(module("a"), edition_of="b"), ["edition_of_needless"]),
        (course(module("a"), competencies=(Competency("k", "K"), Competency("k", "L"))), ["key_twice"]),
    ],
)
def test_what_stops_publishing(one, expected):
    assert codes(one) == expected


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ({"draws": 5}, []),
        ({"draws": 6}, ["stratum_thin"]),
        ({"draws": 11}, ["draws_too_many"]),
        ({"draws": 6, "attempts": 1}, []),
        ({"blueprint": (Stratum("o", 5),)}, []),
        ({"blueprint": (Stratum("o", 11),)}, ["stratum_too_small"]),
        ({"blueprint": (Stratum("o", 1, "hard"),)}, ["stratum_too_small"]),
        ({"blueprint": (Stratum("o", 2, "medium"), Stratum("o", 1, type=ItemType.ORDER))}, ["stratum_too_small"]),
    ],
)
def test_what_can_be_drawn(drawing, expected):
    found = codes(course(module("a", exam("t", Purpose.FORMATIVE, 10, **drawing))), None)
    assert [code for code in found if code.startswith(("draws", "stratum"))] == expected


def test_a_worksheet_must_ask_for_something():
    empty = Sheet("S", (Section("s", "S", (Field("f", FieldType.TEXT, "F"),)),))
    assert codes(course(module("a", transfer(sheet=empty)))) == ["worksheet_asks_nothing"]


def test_the_same_item_in_two_places_is_no_duplicate_and_another_one_is():
    shared = item("shared")
    twice = course(module("a", chunk("x", items=(shared, item("u"))), chunk("y", items=(shared, item("v")))))
    assert codes(twice) == []
    other = replace(shared, prompt="Another?")
    clash = course(module("a", chunk("x", items=(shared, item("u"))), chunk("y", items=(other, item("v")))))
    assert codes(clash) == ["key_twice"]


@pytest.mark.parametrize(
    ("type_", "competency", "expected"),
    [
        (ObjectiveType.KNOWLEDGE, "", []),
        (ObjectiveType.SKILL, "", ["skill_only_quizzed"]),
        (ObjectiveType.TASK, "", ["skill_only_quizzed"]),
        (ObjectiveType.SKILL, "k", []),
    ],
)
def test_a_skill_is_not_measured_by_a_quiz_alone(type_, competency, expected):
    objectives = (Objective("o", "O", type_, competency),)
    other = replace(module("b", chunk("y"), transfer()), objectives=())
    one = course(module("a"), other, objectives=objectives, competencies=(Competency("k", "K"),))
    assert codes(one, None) == expected


def test_every_finding_has_words():
    for code, (message, hint) in SENTENCES.items():
        assert code == code.lower()
        assert not message.endswith(".")
        assert not hint or hint.endswith((".", "?"))
    broken = course(
        module("a", exam("t", Purpose.POST, 1, attempts=0, threshold_bp=0), requires=("b", "a", "z")),
        module("b", chunk("x", minutes=30, items=()), requires=("a",), builds_on=(Layer("q", "w"),)),
        minutes=1000,
    )
    for finding in lint(broken):
        message, hint = said(finding)
        assert "{" not in message + hint
