"""What has stayed of each module, in words: the later checks as the trail and a person's page tell them."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from lms.learning.check_queries import StandingRow
from lms.learning.pages import Addresses
from lms.policy.later import CheckFact, CheckState
from lms.policy.outline import Course
from lms.policy.sequencing import Facts
from lms.web import formats


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One module's line. `href`: the check, when it can be taken; `module_key` of one that may be asked for again."""

    title: str
    mark: str
    words: str
    mastered: tuple[str, ...]
    slipped: tuple[str, ...]
    href: str = ""
    module_key: str = ""
    course_title: str = ""


def lines(course: Course, facts: Facts, on: date, to: Addresses) -> tuple[CheckLine, ...]:
    """Of every module whose check is at least scheduled, in course order. `on`: the learner's own day."""
    if not facts.checks:
        return ()
    titles = {one.key: one.title for one in course.objectives}
    found, reader = [], formats.reading()
    for module in course.modules:
        fact = facts.checks.get(module.key)
        if fact is not None:
            mark, words = _said(fact, on, reader)
            found.append(
                CheckLine(
                    module.title,
                    mark,
                    words,
                    tuple(titles.get(key, key) for key in fact.mastered),
                    tuple(titles.get(key, key) for key in fact.slipped),
                    f"{to.trail}/assessments/{fact.step_key}" if _can_be_taken(fact, on) else "",
                    module.key if fact.may_ask_again else "",
                )
            )
    return tuple(found)


def of_person(rows: Iterable[StandingRow], on: date) -> tuple[CheckLine, ...]:
    """The same for a page about somebody, over all their courses."""
    return tuple(
        CheckLine(row.module_title, *in_words(row.fact, on), row.mastered, row.slipped, course_title=row.course_title)
        for row in rows
    )


@lru_cache(maxsize=4096)
def _said(fact: CheckFact, on: date, _reader: Hashable) -> tuple[str, str]:
    """The same words as long as day and reader are the same: a page that keeps itself current asks again and again."""
    return in_words(fact, on)


def in_words(fact: CheckFact, on: date) -> tuple[str, str]:
    """(mark, words)."""
    due, day = fact.due, formats.day
    match fact.state:
        case CheckState.PASSED:
            on_day = f" on {day(fact.ended_on)}" if fact.ended_on else ""
            if fact.slipped:  # enough for the check; "mastered" beside what slipped would contradict it
                return "done", f"Passed{on_day}; {formats.plural(len(fact.slipped), 'objective')} slipped"
            return "done", f"Mastered{on_day}"
        case CheckState.FAILED:
            return "returned", f"Asked {_times(fact.number)}, not mastered yet"
        case CheckState.LAPSED:
            return "waiting", "Not taken while it waited"
    if due.rests_since is not None:
        return "waiting", f"Rests during leave, since {day(due.rests_since)}"
    again = " again" if fact.number > 1 else ""
    if due.is_open(on):
        return "current", f"Due now{again}, until {day(due.closes_on)}"
    if due.is_over(on):
        return "waiting", f"Was due until {day(due.closes_on)}"
    return "open", f"Check comes{again} on {day(due.due_on)}"


def _can_be_taken(fact: CheckFact, on: date) -> bool:
    return fact.state is CheckState.SCHEDULED and fact.due.is_open(on)


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
