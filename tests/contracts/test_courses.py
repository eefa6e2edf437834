"""Every course that is shipped loads without an error or a remark, and every broken sample is reported whole."""

import json
from pathlib import Path

import pytest

from lms.catalog.loader import load
from lms.policy.outline import (
    Assessment,
    Chunk,
    Edition,
    Item,
    ItemType,
    Purpose,
    Transfer,
    expected_minutes,
)

COURSES = Path(__file__).parents[2] / "courses"
SAMPLES = Path(__file__).parents[1] / "samples" / "bundles"
SHIPPED = sorted(path for path in COURSES.iterdir() if path.is_dir())
BROKEN = sorted(path.parent for path in SAMPLES.glob("*/expected.json"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_course_is_clean(path):
    loaded = load(path)
    assert [str(problem) for problem in loaded.problems] == []
    assert loaded.course is not None


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_course_takes_as_long_as_its_steps(path):
    course = load(path).course
    assert course is not None
    assert course.minutes == sum(expected_minutes(step) or 0 for _, step in course.steps.values())
    if course.edition is Edition.MANAGER:
        assert 10 <= course.minutes <= 12  # "about ten minutes", as Today, the queue and the lock say


def test_the_shipped_rep_course_keeps_its_promises():
    course = load(COURSES / "appointment-setting").course
    assert course is not None
    chunks = [step for _, step in course.steps.values() if isinstance(step, Chunk)]
    assert len(course.modules) >= 5
    assert len(chunks) >= 25
    assert len(course.transfers) >= 3
    assert all(transfer.workbook for transfer in course.transfers.values())
    assert any(module.has_test_out for module in course.modules)
    assert any(chunk.builds_on for chunk in chunks)


def test_the_managers_edition_belongs_to_a_shipped_course():
    courses = [load(path).course for path in SHIPPED]
    keys = {course.key for course in courses if course is not None}
    editions = [course for course in courses if course is not None and course.edition is Edition.MANAGER]
    assert editions
    for edition in editions:
        assert edition.edition_of in keys
        assert not any(isinstance(step, Transfer) for _, step in edition.steps.values())


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name)
def test_a_broken_sample_is_reported_whole(path):
    """`expected.json`: [file, line, the beginning of the message] of every problem, in order."""
    expected = json.loads((path / "expected.json").read_text())
    loaded = load(path / "bundle")
    assert loaded.course is None
    found = [[problem.file, problem.line, problem.message] for problem in loaded.problems]
    assert [row[:2] for row in found] == [row[:2] for row in expected], found
    for (_, _, message), (_, _, words) in zip(found, expected, strict=True):
        assert words in message


def test_there_are_broken_samples():
    assert len(BROKEN) >= 2


def test_nobody_is_hurried_through_a_shipped_test():
    """A limit keeps a form from staying open for ever; it is not there to be reached: 80 seconds a question."""
    for path in SHIPPED:
        course = load(path).course
        assert course is not None
        tests = [step for _, step in course.steps.values() if isinstance(step, Assessment)]
        hurried = [test.key for test in tests if test.minutes is not None and test.minutes * 60 < 80 * test.asked]
        assert tests
        assert hurried == []


@pytest.mark.parametrize(("limit", "types", "minutes"), [(15, 2 * "s", 15), (None, 10 * "s", 5), (None, "ssr", 4)])
def test_a_test_takes_its_limit_or_what_its_questions_take(limit, types, minutes):
    kinds = {"s": ItemType.SINGLE, "r": ItemType.RECORDING}
    items = tuple(
        Item(f"q-{number}", kinds[one], "Say it.", objective="know", explanation="So.")
        for number, one in enumerate(types)
    )
    assert Assessment("test", "Test", Purpose.POST, items, minutes=limit).expected_minutes == minutes
