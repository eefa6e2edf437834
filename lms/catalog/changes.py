"""What differs between two versions of a course, part by part, in an author's words; and which class that suggests."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from lms.policy.lint.finding import all_items
from lms.policy.outline import Course

# Changing one of these changes what is learned, asked or required; everything else is wording.
_SUBSTANCE = frozenset(
    {
        "abs_tolerance", "accept", "answer", "attempts", "blueprint", "cooldown_hours", "decimals", "delayed", "draws",
        "edition_of", "field_rubric",
        "formula", "gaps", "parameters", "passage", "picture", "turns",
        "has_test_out", "items", "key", "leads_minimum", "levels", "needs_mastery", "numbers", "of",
        "objective", "objectives", "observations",
        "opens_next", "options", "order", "order of modules", "pairs",
        "points", "preparation", "purpose", "rel_tolerance", "requires",
        "max_length", "max_seconds", "media",
        "review_rubric", "rubric", "rule", "sequence", "sheet", "steps", "test_out_waives_transfer",
        "threshold_bp", "type", "unit",
    }
)  # fmt: skip
_NAMES = {
    "abs_tolerance": "tolerance",
    "blueprint": "what is drawn",
    "body": "text",
    "builds_on": "layer links",
    "cooldown_hours": "wait between attempts",
    "delayed": "later checks",
    "draws": "what is drawn",
    "field_rubric": "field rubric",
    "feedback": "what is shown of the answers",
    "has_test_out": "test-out",
    "has_warm_up": "warm-up",
    "is_skill": "skill mark",
    "items": "questions",
    "leads_minimum": "number of leads",
    "needs_mastery": "whether mastery opens it",
    "of": "the course that teaches it",
    "opens_next": "what opens the next module",
    "rel_tolerance": "tolerance",
    "requires": "prerequisites",
    "review_rubric": "review rubric",
    "sheet": "worksheet",
    "test_out_waives_transfer": "what test-out waives",
    "threshold_bp": "bar to pass",
}
_COURSE_PARTS = {"modules", "competencies", "objectives", "glossary", "rubrics", "assets"}


@dataclass(frozen=True, slots=True)
class Change:
    """`kind`: added, removed, changed. `what`: module, step, question …; `parts`: what of it changed."""

    kind: str
    what: str
    key: str
    title: str
    parts: tuple[str, ...] = ()
    is_substantive: bool = False


def compare(before: Course, after: Course) -> tuple[Change, ...]:
    """In course order: the course itself, modules, steps, questions, then what they share."""
    return tuple(_compare(before, after))


def suggested_class(changes: tuple[Change, ...]) -> str:
    """Advice only: whether wording keeps its meaning is for the author to say."""
    return "substantive" if any(change.is_substantive for change in changes) else "clarifying"


def _compare(before: Course, after: Course) -> Iterator[Change]:
    whole = _differing(before, after, _COURSE_PARTS)
    kept = [key for key in after.module_by_key if key in before.module_by_key]
    if kept != [key for key in before.module_by_key if key in after.module_by_key]:
        whole.append("order of modules")
    if whole:
        yield _changed("course", after.key, after.title, whole)
    pairs: tuple[tuple[str, Callable[[Course], Mapping[str, Any]], set[str]], ...] = (
        ("module", lambda course: course.module_by_key, {"steps"}),
        ("step", lambda course: {key: step for key, (_, step) in course.steps.items()}, {"items"}),
        ("question", lambda course: {item.key: item for _, _, item in all_items(course)}, {"version"}),
        ("objective", lambda course: {one.key: one for one in course.objectives}, set()),
        ("competency", lambda course: {one.key: one for one in course.competencies}, set()),
        ("rubric", lambda course: {one.key: one for one in course.rubrics}, set()),
        ("glossary term", lambda course: {one.key: one for one in course.glossary}, set()),
    )
    for what, parts_of, ignored in pairs:
        old, new = parts_of(before), parts_of(after)
        for key, one in new.items():
            if key not in old:
                yield Change("added", what, key, _title(one), (), what != "glossary term")
                continue
            parts = _differing(old[key], one, ignored | _rubrics_of(what))
            if what == "module" and [step.key for step in old[key].steps] != [step.key for step in one.steps]:
                parts.append("steps")
            if what == "step" and _item_keys(old[key]) != _item_keys(one):
                parts.append("items")
            if parts:
                yield _changed(what, key, _title(one), parts)
        for key, one in old.items():
            if key not in new:
                yield Change("removed", what, key, _title(one), (), what != "glossary term")
    yield from _files(before, after)


def _files(before: Course, after: Course) -> Iterator[Change]:
    for path in sorted(before.assets.keys() | after.assets.keys()):
        if path not in before.assets:
            yield Change("added", "file", path, path)
        elif path not in after.assets:
            yield Change("removed", "file", path, path)
        elif before.assets[path] != after.assets[path]:
            yield Change("changed", "file", path, path)


def _differing(before: Any, after: Any, ignored: set[str]) -> list[str]:
    if type(before) is not type(after):
        return ["type"]
    return [
        field.name
        for field in fields(after)
        if field.name not in ignored and getattr(before, field.name) != getattr(after, field.name)
    ]


def _rubrics_of(what: str) -> set[str]:
    """A rubric is told once, as itself, not again for every activity that uses it."""
    return {"review_rubric", "field_rubric"} if what == "step" else set()


def _item_keys(step: Any) -> list[str]:
    return [item.key for item in getattr(step, "items", ())]


def _changed(what: str, key: str, title: str, parts: list[str]) -> Change:
    names = tuple(dict.fromkeys(_NAMES.get(part, part.replace("_", " ")) for part in parts))
    return Change("changed", what, key, title, names, any(part in _SUBSTANCE for part in parts))


def _title(value: Any) -> str:
    for name in ("title", "term", "prompt"):
        if is_dataclass(value) and hasattr(value, name):
            text = str(getattr(value, name))
            return text if len(text) <= 120 else text[:119] + "…"
    return ""
