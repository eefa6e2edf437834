"""Whether the plan of the course is sound: short chunks, checks, every objective measured by evidence of its kind."""

from collections import Counter
from collections.abc import Iterator

from lms.policy.lint.finding import Finding, error, warning
from lms.policy.outline import Assessment, Chunk, Course, Module, ObjectiveType, Purpose, Transfer, expected_minutes

CHUNK_MINUTES = (1, 10)
CHECK_ITEMS = (2, 5)
POST_ITEMS = (10, 15)
OBJECTIVE_ITEMS = 2
NO_EVIDENCE = frozenset({Purpose.PRE, Purpose.TEST_OUT})  # passed over by most
MINUTES_SLACK = 2  # the course may promise up to this many times what its steps add up to, and down to its inverse


def check(course: Course) -> Iterator[Finding]:
    for module in course.modules:
        for step in module.steps:
            if isinstance(step, Chunk):
                yield from _chunk(step)
            elif isinstance(step, Assessment) and step.purpose is Purpose.POST:
                yield from _posttest(module, step)
    yield from _evidence(course)
    yield from _promise(course)


def _chunk(chunk: Chunk) -> Iterator[Finding]:
    low, high = CHUNK_MINUTES
    if not low <= chunk.minutes <= high:
        yield warning("chunk_minutes", chunk, "minutes", minutes=chunk.minutes, low=low, high=high)
    low, high = CHECK_ITEMS
    if not chunk.items:
        yield error("chunk_without_check", chunk, "items", chunk=chunk.key)
    elif not low <= len(chunk.items) <= high:
        yield warning("check_size", chunk, "items", count=len(chunk.items), low=low, high=high)


def _posttest(module: Module, posttest: Assessment) -> Iterator[Finding]:
    low, high = POST_ITEMS
    if not low <= posttest.asked <= high:
        yield warning("posttest_size", posttest, "items", count=posttest.asked, low=low, high=high)
    for objective, count in Counter(item.objective for item in posttest.items).items():
        if count < OBJECTIVE_ITEMS and objective in module.objectives:  # others come back as layers
            yield warning("objective_thin", posttest, "items", objective=objective, count=count)


def _evidence(course: Course) -> Iterator[Finding]:
    """Knowledge and judgment are measured by items; a skill or a task by another person's eyes (LRN-4)."""
    asked = {
        item.objective
        for _, step in course.steps.values()
        if isinstance(step, Assessment) and step.purpose not in NO_EVIDENCE
        for item in step.items
    }
    checked = {item.objective for _, step in course.steps.values() if isinstance(step, Chunk) for item in step.items}
    observed = {
        criterion.competency
        for transfer in course.transfers.values()
        for rubric in (transfer.review_rubric, transfer.field_rubric)
        for criterion in rubric.criteria
    } - {""}
    with_transfer = {
        objective
        for module in course.modules
        if any(isinstance(step, Transfer) for step in module.steps)
        for objective in module.objectives
    }
    named = {objective for module in course.modules for objective in module.objectives}
    for objective in course.objectives:
        if objective.key not in named | asked | checked:
            yield warning("objective_unused", objective, "key", objective=objective.key)
            continue
        is_seen = objective.competency in observed or objective.key in with_transfer
        if objective.type in {ObjectiveType.SKILL, ObjectiveType.TASK}:
            if not is_seen:
                yield warning(
                    "skill_only_quizzed" if objective.key in asked | checked else "objective_unmeasured",
                    objective,
                    "type",
                    objective=objective.key,
                    type=objective.type.value,
                )
        elif objective.key not in asked | checked:
            yield warning("objective_unmeasured", objective, "key", objective=objective.key, type=objective.type.value)


def _promise(course: Course) -> Iterator[Finding]:
    total = sum(expected_minutes(step) or 0 for _, step in course.steps.values())
    if course.minutes and total and not total / MINUTES_SLACK <= course.minutes <= total * MINUTES_SLACK:
        yield warning("minutes_do_not_add_up", course, "minutes", stated=course.minutes, total=total)
