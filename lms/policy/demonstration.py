"""When a skill counts as shown: what observers saw, criterion by criterion. "No chance" is missing, not zero."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

STANDARD_LEVEL = 3
NEEDED = Fraction(2, 3)

Scores = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Demonstration:
    """`at_standard` of `with_chance` criteria; each is judged by the latest observation that gave it a chance."""

    at_standard: int
    with_chance: int

    @property
    def is_shown(self) -> bool:
        return self.with_chance > 0 and Fraction(self.at_standard, self.with_chance) >= NEEDED


def demonstrate(observations: Iterable[Scores]) -> Demonstration:
    """Judge observations given oldest first. No observation, or no chance at all: not shown."""
    latest: dict[str, Mapping[str, object]] = {}
    for scores in observations:
        for criterion, score in scores.items():
            if score.get("seen") != "no_chance":
                latest[criterion] = score
    good = sum(
        score.get("seen") == "yes" and isinstance(level := score.get("level"), int) and level >= STANDARD_LEVEL
        for score in latest.values()
    )
    return Demonstration(good, len(latest))
