"""What good looks like, as frozen values: the one rubric of review, observation and scoring; and what marks earn."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from lms.errors import RuleViolation

LONGEST_COMMENT = 1000


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of "what good looks like": a behavior with anchored levels 1..n, a good and a poor example."""

    key: str
    title: str
    behavior: str
    levels: tuple[str, ...]
    good: str = ""
    poor: str = ""
    competency: str = ""


@dataclass(frozen=True, slots=True)
class Rubric:
    key: str
    title: str
    criteria: tuple[Criterion, ...]
    interaction: str = ""


def share(rubric: Rubric, levels: Mapping[str, int]) -> Fraction:
    """What these levels earn: the lowest of a criterion nothing, the highest all of it, every criterion alike.

    A criterion that has no level earns nothing.
    """
    if not rubric.criteria:
        return Fraction(0)
    earned = (
        Fraction(levels[one.key] - 1, len(one.levels) - 1) if one.key in levels else Fraction(0)
        for one in rubric.criteria
    )
    return sum(earned, Fraction(0)) / len(rubric.criteria)


def checked(rubric: Rubric, levels: Mapping[str, object]) -> dict[str, int]:
    """The levels that somebody gave, one for each criterion in its order; refused when one is missing or unknown."""
    unknown = next((key for key in levels if all(one.key != key for one in rubric.criteria)), None)
    if unknown is not None:
        raise RuleViolation("score_criterion_unknown", criterion=unknown[:80])
    found: dict[str, int] = {}
    for one in rubric.criteria:
        level = levels.get(one.key)
        if isinstance(level, str) and level.isascii() and level.isdigit() and len(level) <= 2:
            level = int(level)
        if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= len(one.levels):
            raise RuleViolation("score_level_missing", criterion=one.title)
        found[one.key] = level
    return found
