"""One finding, and the few ways to look over a course that several checks share."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from lms.policy.outline import Assessment, Chunk, Course, Item, Module, Step

ERROR = "error"
WARNING = "warning"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is the outline value, `part` the attribute (and entry) of it; `facts` fill the sentence of `code`."""

    code: str
    subject: object
    part: tuple[str | int, ...] = ()
    severity: str = ERROR
    facts: Mapping[str, object] = field(default_factory=dict)


def error(code: str, subject: object, *part: str | int, **facts: object) -> Finding:
    return Finding(code, subject, part, ERROR, facts)


def warning(code: str, subject: object, *part: str | int, **facts: object) -> Finding:
    return Finding(code, subject, part, WARNING, facts)


def items_of(step: Step) -> tuple[Item, ...]:
    return step.items if isinstance(step, Chunk | Assessment) else ()


def all_items(course: Course) -> Iterator[tuple[Module, Step, Item]]:
    for module in course.modules:
        for step in module.steps:
            for item in items_of(step):
                yield module, step, item


def repeated(values: Iterable[T], key: str = "key") -> Iterator[T]:
    """The values whose key stood there before."""
    seen: set[Hashable] = set()
    for value in values:
        mine = getattr(value, key)
        if mine in seen:
            yield value
        seen.add(mine)
