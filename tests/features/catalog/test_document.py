# ruff: noqa: E501 -- one change per line reads as a table
"""A course survives its document exactly, and the digest says when two are the same."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from lms.catalog.changes import compare, suggested_class
from lms.catalog.document import canonical, digest, from_document, to_document
from lms.catalog.loader import load
from lms.policy.lint.finding import all_items
from lms.policy.outline import Course, Rationale
from tests.features.catalog.bundles import SMALL, loaded, replaced, small

COURSES = Path(__file__).parents[3] / "courses"


def course_at(path: Path) -> Course:
    course = load(path).course
    assert course is not None
    return course


@pytest.mark.parametrize("path", [SMALL, *sorted(COURSES.iterdir())], ids=lambda path: path.name)
def test_the_round_trip_is_exact(path):
    course = course_at(path)
    document = json.loads(canonical(to_document(course)))
    assert from_document(document) == course
    assert digest(document) == digest(to_document(course))


def test_fractions_and_kinds_come_back_as_they_were():
    course = from_document(json.loads(json.dumps(to_document(course_at(SMALL)))))
    weights = [option.weight for option in course.steps["first/how"][1].items[1].options]
    assert weights == [Fraction(0), Fraction(1), Fraction(2, 3)]
    assert [step.kind for _, step in course.steps.values()] == [
        "assessment", "chunk", "chunk", "assessment", "chunk", "assessment",
        "transfer",
    ]  # fmt: skip
    assert isinstance(course.rationale, Rationale)
    assert course.transfers["second/script"].leads_minimum == 5


def test_the_order_of_names_does_not_matter_and_every_value_does():
    course = course_at(SMALL)
    document = to_document(course)
    turned = json.loads(json.dumps(document), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert digest(turned) == digest(document)
    assert digest(to_document(replace(course, minutes=61))) != digest(document)
    assert digest(to_document(replace(course, assets={**course.assets, "x": "y"}))) != digest(document)


def test_a_name_that_no_field_has_is_refused():
    with pytest.raises(KeyError):
        from_document({**to_document(course_at(SMALL)), "colour": "red"})


def changed(file: str, old: str, new: str):
    after = loaded(replaced(small(), file, old, new)).course
    assert after is not None
    return compare(course_at(SMALL), after)


def test_nothing_changed():
    assert compare(course_at(SMALL), course_at(SMALL)) == ()
    assert suggested_class(()) == "clarifying"


@pytest.mark.parametrize(
    ("file", "old", "new", "what", "kind", "parts", "suggested"),
    [
        ("01-first/10-why.md", "So say", "Say", ("step", "first/why"), "changed", ("text",), "clarifying"),
        ("01-first/10-why.md", "Which one is right?", "Which one?", ("question", "why-single"), "changed", ("prompt",), "clarifying"),
        ("01-first/pretest.yaml", 'answer: "12"', 'answer: "13"', ("question", "pre-number"), "changed", ("answer",), "substantive"),
        ("01-first/posttest.yaml", "pass_percent: 80", "pass_percent: 70", ("step", "first/posttest"), "changed", ("bar to pass",), "substantive"),
        ("02-second/module.yaml", "requires: [first]", "requires: []", ("module", "second"), "changed", ("prerequisites",), "substantive"),
        ("course.yaml", "term: CRM", "term: The CRM", ("glossary term", "crm"), "changed", ("term",), "clarifying"),
        ("02-second/10-again.md", "  - {use: pre-number}", "  - {use: pre-order}", ("step", "second/again"), "changed", ("questions",), "substantive"),
    ],
)  # fmt: skip
def test_a_change_is_named_with_its_part(file, old, new, what, kind, parts, suggested):
    changes = changed(file, old, new)
    assert [(change.what, change.key) for change in changes] == [what]
    assert (changes[0].kind, changes[0].parts) == (kind, parts)
    assert suggested_class(changes) == suggested


def test_another_order_of_modules_is_named():
    course = course_at(SMALL)
    [change] = compare(course, replace(course, modules=course.modules[::-1]))
    assert (change.what, change.parts, change.is_substantive) == ("course", ("order of modules",), True)


def test_added_and_removed_parts():
    course = course_at(SMALL)
    first, second = course.modules
    shorter = replace(course, modules=(replace(first, steps=first.steps[:-1]), second), assets={})
    kinds = {(change.kind, change.what, change.key) for change in compare(course, shorter)}
    assert ("removed", "step", "first/posttest") in kinds
    assert ("removed", "question", "post-one") in kinds
    assert ("removed", "file", "first/assets/line.svg") in kinds
    assert ("changed", "module", "first") in kinds
    assert ("added", "step", "first/posttest") in {
        (change.kind, change.what, change.key) for change in compare(shorter, course)
    }
    assert len({item.key for _, _, item in all_items(course)}) == 18
