"""Whether each assessment can be what its purpose says: bars that mean something, and checks that can come."""

from collections import Counter
from collections.abc import Iterator

from lms.policy import forms, later
from lms.policy.forms import Candidate
from lms.policy.lint.finding import Finding, error, items_of
from lms.policy.mastery import FEWEST_FOR_TEST_OUT
from lms.policy.outline import Assessment, Course, Feedback, Module, Purpose

TEST_OUT_EACH = 2  # questions for each objective that a test-out asks about
DAYS = (7, 90)
# Answers that were shown one by one would be known at the next try.
NOT_AT_ONCE = frozenset({Purpose.POST, Purpose.TEST_OUT, Purpose.DELAYED, Purpose.CARRY})


def check(course: Course) -> Iterator[Finding]:
    homes = {objective.key: objective.of for objective in course.objectives}
    for objective in course.objectives:
        if objective.of == course.key:
            yield error("objective_of_itself", objective, "of", objective=objective.key)
    for module in course.modules:
        yield from _module(course, module)
        for step in module.steps:
            if isinstance(step, Assessment):
                yield from _feedback(step)
                if step.purpose is Purpose.CARRY:
                    yield from _carry(step, homes)


def _module(course: Course, module: Module) -> Iterator[Finding]:
    for step in module.steps:
        if step.key in later.RESERVED:
            yield error("key_reserved", step, "key", key=step.key)
    checks, ways_out = module.with_purpose(Purpose.DELAYED), module.with_purpose(Purpose.TEST_OUT)
    if len(checks) > 1:
        yield error("delayed_twice", checks[1], "purpose")
    for one in checks:
        if one.asked < later.FEWEST:
            yield error("delayed_too_short", one, "items", count=one.asked, minimum=later.FEWEST)
    if len(ways_out) + module.has_test_out > 1:
        yield error("test_out_twice", ways_out[-1], "purpose", module=module.key)
    for one in ways_out:
        yield from _test_out(one)
    if module.needs_mastery and not later.mastery_keys(course, module):
        yield error("mastery_of_nothing", module, "needs_mastery", module=module.key)


def _test_out(test: Assessment) -> Iterator[Finding]:
    if test.asked < FEWEST_FOR_TEST_OUT:
        yield error("test_out_too_short", test, "items", count=test.asked, minimum=FEWEST_FOR_TEST_OUT)
    for objective, count in _asked_of_each(test).items():
        if count < TEST_OUT_EACH:
            yield error("test_out_thin", test, "items", objective=objective, count=count)


def _asked_of_each(test: Assessment) -> Counter[str]:
    """How many questions every form has of each objective."""
    if not test.blueprint and not test.draws:
        return Counter(item.objective for item in test.items)
    bank = [Candidate(item.key, item.objective, item.band, item.type) for item in test.items]
    counts: Counter[str] = Counter()
    for stratum in test.blueprint or forms.spread(bank, test.draws):
        counts[stratum.objective] += stratum.count
    return counts


def _feedback(step: Assessment) -> Iterator[Finding]:
    if step.purpose not in NOT_AT_ONCE:
        return
    if step.feedback is Feedback.AT_ONCE:
        yield error("feedback_at_once", step, "feedback")
    for item in items_of(step):
        if item.feedback is Feedback.AT_ONCE:
            yield error("feedback_at_once", item, "feedback")


def _carry(step: Assessment, homes: dict[str, str]) -> Iterator[Finding]:
    for item in step.items:
        if not homes.get(item.objective, ""):
            yield error("carry_of_this_course", item, "objective", objective=item.objective)
