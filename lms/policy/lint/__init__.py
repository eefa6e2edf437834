"""What a course must not be published with, and what its author should hear: pure checks over the outline.

A finding names the outline value it is about and the attribute, so that a loader can say the file and the line and an
editor can point at the field. Codes get their sentences elsewhere.
"""

from collections.abc import Iterator

from lms.policy.lint import gates, items, plan, purposes, references
from lms.policy.lint.finding import ERROR, WARNING, Finding
from lms.policy.outline import Course

__all__ = ["ERROR", "WARNING", "Finding", "lint"]


def lint(course: Course) -> Iterator[Finding]:
    """Everything there is to say about `course`, errors and advice alike."""
    yield from references.check(course)
    yield from gates.check(course)
    yield from purposes.check(course)
    yield from items.check(course)
    yield from plan.check(course)
