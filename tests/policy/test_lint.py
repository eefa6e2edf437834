"""The lint as tables: no app, no files."""

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
    Item,
    ItemType,
    Layer,
    Module,
    Objective,
    ObjectiveType,
    Option,
    Pair,
    Purpose,
    ResultNumber,
    Rubric,
    Section,
    Sheet,
    Transfer,
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
