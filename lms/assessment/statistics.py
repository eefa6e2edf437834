"""What first attempts say about a test and its questions: read here, worked out by `policy.item_statistics`."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from lms.assessment.models import Answer, Attempt, Grade
from lms.catalog import queries as catalog
from lms.catalog.queries import VersionRow
from lms.db import db
from lms.learning.models import Enrollment
from lms.policy import gain as gains
from lms.policy import item_statistics, later
from lms.policy.gain import Gain, Scores
from lms.policy.item_statistics import Choice, ItemRow, Report, Sat
from lms.policy.items import Item, ItemType
from lms.policy.lint.finding import all_items
from lms.policy.outline import Assessment, Course, Module, Purpose

CHOSEN_BY_KEY = frozenset({ItemType.SINGLE, ItemType.MULTIPLE, ItemType.JUDGMENT, ItemType.HOTSPOT})


@dataclass(frozen=True, slots=True)
class TestRow:
    """A test of the newest version of a course, and how many people have sat it."""

    __test__ = False  # not one of pytest's

    line_id: UUID
    course_title: str
    module_key: str
    step_key: str
    title: str
    purpose: str
    people: int


@dataclass(frozen=True, slots=True)
class ItemLineRow:
    """An item's figures beside the item itself; `version` tells apart what was changed in between."""

    key: str
    version: int
    item: Item | None
    figures: ItemRow


@dataclass(frozen=True, slots=True)
class TestReport:
    __test__ = False

    version: VersionRow
    module: Module
    test: Assessment
    items: tuple[ItemLineRow, ...]
    report: Report
    gain: Gain | None  # of a post-test whose module has a pre-test


@dataclass(frozen=True, slots=True)
class _First:
    """A person's first attempt on a step, with its latest verdict."""

    attempt_id: UUID
    user_id: UUID
    form: Mapping[str, Any]
    detail: Mapping[str, Any]
    share: float
    seconds: int


def tests() -> tuple[TestRow, ...]:
    """Every test of every course in its newest version, by course, in the course's order."""
    counted = {
        (line_id, step_key): people
        for line_id, step_key, people in db.session.execute(
            select(Enrollment.line_id, Attempt.step_key, func.count(Enrollment.user_id.distinct()))
            .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
            .where(Attempt.state == "graded")
            .group_by(Enrollment.line_id, Attempt.step_key)
        )
    }
    return tuple(
        TestRow(
            version.line_id,
            version.title,
            module.key,
            step.key,
            step.title,
            step.purpose.value,
            counted.get((version.line_id, key), 0),
        )
        for version in catalog.latest_versions()
        for key, module, step in _tests_of(catalog.course(version.id))
    )


def _tests_of(course: Course) -> Iterator[tuple[str, Module, Assessment]]:
    """In the course's order; after them the later checks that nobody wrote. Warm-ups measure nothing."""
    for key, (module, step) in (*course.steps.items(), *later.asides(course).items()):
        if isinstance(step, Assessment) and (key in course.steps or step.purpose is Purpose.DELAYED):
            yield key, module, step


def of_test(line_id: UUID, module_key: str, step_key: str) -> TestReport | None:
    """None when the newest version of the course has no such test."""
    version = next((one for one in catalog.versions(line_id)), None)
    if version is None:
        return None
    course = catalog.course(version.id)
    full_key = f"{module_key}/{step_key}"
    found = later.step_at(course, full_key)
    if found is None:
        return None
    module, test = found
    if not isinstance(test, Assessment):
        return None
    firsts = _firsts(line_id, full_key, test.purpose)
    answers = _answers(line_id, full_key)
    sittings = [_sat(one, answers.get(one.attempt_id, {})) for one in firsts]
    items = _items(firsts)
    choices = {name: _choices(item) for name, (_, _, item) in items.items()}
    report = item_statistics.report(sittings, choices)
    rows = tuple(
        ItemLineRow(*items[figures.key][:2], items[figures.key][2], figures)
        for figures in sorted(report.items, key=lambda row: items[row.key][:2])
    )
    return TestReport(version, module, test, rows, report, _gain(line_id, course, module, test, firsts))


def _firsts(line_id: UUID, step_key: str, purpose: Purpose) -> tuple[_First, ...]:
    """The first attempt of each person, if it was handed in whole under the same purpose; expired ones are no measure.

    In the order of people, so that the same rows give the same figures.
    """
    latest = select(func.max(Grade.number)).where(Grade.attempt_id == Attempt.id).correlate(Attempt).scalar_subquery()
    rows = db.session.execute(
        select(Attempt, Enrollment.user_id, Grade)
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .outerjoin(Grade, (Grade.attempt_id == Attempt.id) & (Grade.number == latest))
        .where(Enrollment.line_id == line_id, Attempt.step_key == step_key, Attempt.state != "voided")
        .order_by(Enrollment.user_id, Attempt.started_at, Attempt.number)
    )
    found: dict[UUID, _First | None] = {}
    for attempt, user_id, grade in rows:
        if user_id in found:
            continue
        is_whole = attempt.state == "graded" and grade is not None and attempt.form["purpose"] == purpose.value
        found[user_id] = _first(attempt, user_id, grade) if is_whole else None
    return tuple(one for one in found.values() if one is not None)


def _first(attempt: Attempt, user_id: UUID, grade: Grade) -> _First:
    share = Fraction(grade.earned_numerator, grade.earned_denominator * (grade.possible or 1))
    return _First(
        attempt.id, user_id, attempt.form, grade.detail, float(share), _seconds(attempt.started_at, attempt.closed_at)
    )


def _seconds(started_at: datetime, closed_at: datetime | None) -> int:
    return int((closed_at - started_at).total_seconds()) if closed_at is not None else 0


def _answers(line_id: UUID, step_key: str) -> dict[UUID, dict[str, Mapping[str, Any]]]:
    rows = db.session.execute(
        select(Answer.attempt_id, Answer.item_key, Answer.response)
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .join(Enrollment, Enrollment.id == Attempt.enrollment_id)
        .where(Enrollment.line_id == line_id, Attempt.step_key == step_key, Attempt.state == "graded")
        .order_by(Answer.attempt_id, Answer.number)
    )
    found: dict[UUID, dict[str, Mapping[str, Any]]] = {}
    for attempt_id, item_key, response in rows:
        found.setdefault(attempt_id, {})[item_key] = response
    return found


def _sat(first: _First, answers: Mapping[str, Mapping[str, Any]]) -> Sat:
    """What was neutralized or dropped says nothing about anybody and is left out."""
    earned, possible, chosen = {}, {}, {}
    for key, kept in first.detail.get("items", {}).items():
        if "repaired" in kept:
            continue
        name = _name(key, kept["version"])
        earned[name] = float(Fraction(kept["share"]) * kept["points"])
        possible[name] = kept["points"]
        response = answers.get(key, {})
        chosen[name] = frozenset(response.get("choices", ())) | frozenset(filter(None, [response.get("choice", "")]))
    return Sat(earned, possible, chosen, first.seconds)


def _name(key: str, version: int) -> str:
    return f"{key}@{version}"


def _items(firsts: Iterable[_First]) -> dict[str, tuple[str, int, Item | None]]:
    """Every item version that was met: key, version, and the item as a course version that asked it has it."""
    found: dict[str, tuple[str, int, Item | None]] = {}
    courses: dict[str, dict[tuple[str, int], Item]] = {}
    for first in firsts:
        version_id = first.form["version_id"]
        if version_id not in courses:
            courses[version_id] = {
                (item.key, item.version): item for _, _, item in all_items(catalog.course(UUID(version_id)))
            }
        for one in first.form["items"]:
            item = courses[version_id].get((one["key"], one["version"]))
            found.setdefault(_name(one["key"], one["version"]), (one["key"], one["version"], item))
    return found


def _choices(item: Item | None) -> Sequence[Choice]:
    if item is None or item.type not in CHOSEN_BY_KEY:
        return ()
    return tuple(Choice(option.key, option.is_right) for option in item.options)


def _gain(line_id: UUID, course: Course, module: Module, test: Assessment, firsts: Sequence[_First]) -> Gain | None:
    """From the module's pre-test to this post-test, for those with both first attempts; and what a later check says of
    it, for those who have taken that too.
    """
    if test.purpose is not Purpose.POST:
        return None
    pretests = [step for step in module.steps if isinstance(step, Assessment) and step.purpose is Purpose.PRE]
    if len(pretests) != 1:
        return None
    before = {one.user_id: one.share for one in _firsts(line_id, module.step_key(pretests[0]), Purpose.PRE)}
    key = later.check_keys(course).get(module.key)
    after = {one.user_id: one.share for one in _firsts(line_id, key, Purpose.DELAYED)} if key is not None else {}
    return gains.gain(
        Scores(before[one.user_id], one.share, after.get(one.user_id)) for one in firsts if one.user_id in before
    )


# ------------------------------------------------------------------------------------------------ files

COLUMNS = (
    "item", "version", "type", "objective", "band", "n", "exposure", "difficulty", "difficulty_error",
    "discrimination", "discrimination_low", "discrimination_high", "flags",
    "option", "right", "chosen", "share", "top", "bottom",
)  # fmt: skip


def as_csv(found: TestReport) -> str:
    """One row for each item, and one for each of its options; a figure that may not be shown is empty."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in found.items:
        writer.writerows({name: _cell(value) for name, value in one.items()} for one in _csv_rows(row))
    return out.getvalue()


def _csv_rows(row: ItemLineRow) -> Iterator[dict[str, object]]:
    figures, item = row.figures, row.item
    interval = figures.r_interval
    yield {
        "item": row.key,
        "version": row.version,
        "type": item.type.value if item else "",
        "objective": item.objective if item else "",
        "band": item.band if item else "",
        "n": figures.n,
        "exposure": figures.exposure,
        "difficulty": figures.difficulty,
        "difficulty_error": figures.difficulty_error,
        "discrimination": figures.r,
        "discrimination_low": interval.low if interval else None,
        "discrimination_high": interval.high if interval else None,
        "flags": " ".join(figures.flags),
    }
    for choice in figures.choices:
        yield {
            "item": row.key,
            "version": row.version,
            "option": choice.key,
            "right": "yes" if choice.is_right else "no",
            "chosen": choice.count,
            "share": choice.share,
            "top": choice.top,
            "bottom": choice.bottom,
            "flags": " ".join(choice.flags),
        }


def _cell(value: object) -> object:
    """No cell begins like a formula: keys are slugs, and numbers are written plainly."""
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value
