"""Drawing a form from a bank: so many items of each stratum, the ones not just seen first, the same for the same seed.

No random generator: items are put in order by a digest of seed and key, which is the same on every machine and in
every release of Python.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lms.policy.items import ItemType

ENOUGH = 2  # times the seats of a stratum: with fewer items a retake repeats some


@dataclass(frozen=True, slots=True)
class Stratum:
    """How many items of an objective, a difficulty band and a type; an empty band or no type means any."""

    objective: str
    count: int
    band: str = ""
    type: ItemType | None = None

    def takes(self, candidate: "Candidate") -> bool:
        return (
            candidate.objective == self.objective
            and self.band in ("", candidate.band)
            and self.type in (None, candidate.type)
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live item of the bank, by what a blueprint asks of it."""

    key: str
    objective: str
    band: str
    type: ItemType


@dataclass(frozen=True, slots=True)
class Drawn:
    """`keys` in drawn order, stratum by stratum; `repeated` are those that had to be shown again.

    `missing`: seats by stratum that no item could take. A form with missing seats must not be issued.
    """

    keys: tuple[str, ...]
    repeated: tuple[str, ...]
    missing: tuple[tuple[Stratum, int], ...]


def draw(
    blueprint: Sequence[Stratum], candidates: Iterable[Candidate], *, seed: int, seen: Sequence[Iterable[str]] = ()
) -> Drawn:
    """Fill every seat of the blueprint if that is possible at all, preferring items that were not just seen.

    `seen`: the keys of earlier forms, the latest first. What was never seen comes first, then what was seen longest
    ago. An item fits several strata where these overlap: seats are then exchanged, so that no seat stays empty that
    could be filled.
    """
    age = _ages(seen)
    ordered = sorted(candidates, key=lambda one: (-age.get(one.key, len(seen) + 1), _lot(seed, one.key)))
    seats = [at for at, stratum in enumerate(blueprint) for _ in range(stratum.count)]
    taken: dict[int, Candidate] = {}
    for candidate in ordered:
        if len(taken) == len(seats):
            break
        _seat(candidate, blueprint, seats, taken, set())
    drawn = [taken[seat] for seat in sorted(taken)]
    missing = tuple(
        (stratum, stratum.count - filled)
        for at, stratum in enumerate(blueprint)
        if (filled := sum(seats[seat] == at for seat in taken)) < stratum.count
    )
    return Drawn(
        tuple(one.key for one in drawn),
        tuple(one.key for one in drawn if one.key in age),
        missing,
    )


def _seat(
    candidate: Candidate,
    blueprint: Sequence[Stratum],
    seats: Sequence[int],
    taken: dict[int, Candidate],
    tried: set[int],
) -> bool:
    """Give the candidate a seat, moving others if need be; those who have a seat keep one."""
    fitting = [at for at in range(len(seats)) if blueprint[seats[at]].takes(candidate)]
    for at in fitting:
        if at not in taken and at not in tried:
            tried.add(at)
            taken[at] = candidate
            return True
    for at in fitting:
        if at not in tried:
            tried.add(at)
            if _seat(taken[at], blueprint, seats, taken, tried):
                taken[at] = candidate
                return True
    return False


def spread(candidates: Iterable[Candidate], count: int) -> tuple[Stratum, ...]:
    """A blueprint of `count` items where the author gave only a number: as many of each objective and band as the
    bank has of them, by largest remainder, every objective at least once while there are seats.
    """
    sizes: dict[tuple[str, str], int] = {}
    for one in sorted(candidates, key=lambda one: (one.objective, one.band)):
        sizes[one.objective, one.band] = sizes.get((one.objective, one.band), 0) + 1
    whole = sum(sizes.values())
    if not whole or count < 1:
        return ()
    count = min(count, whole)
    given = {place: count * size // whole for place, size in sizes.items()}
    by_rest = sorted(sizes, key=lambda place: (-(count * sizes[place] % whole), place))
    for place in _first_of_each_objective(by_rest, given):
        if sum(given.values()) < count:
            given[place] += 1
    for place in by_rest:
        if sum(given.values()) < count and given[place] < sizes[place]:
            given[place] += 1
    return tuple(Stratum(objective, number, band) for (objective, band), number in given.items() if number)


def _first_of_each_objective(
    places: Sequence[tuple[str, str]], given: Mapping[tuple[str, str], int]
) -> Iterator[tuple[str, str]]:
    covered = {objective for (objective, _), number in given.items() if number}
    for place in places:
        if place[0] not in covered:
            covered.add(place[0])
            yield place


def thin(blueprint: Sequence[Stratum], candidates: Iterable[Candidate]) -> tuple[tuple[Stratum, int], ...]:
    """The strata whose retakes will repeat items, with the number of items there are."""
    bank = tuple(candidates)
    counted = ((stratum, sum(map(stratum.takes, bank))) for stratum in blueprint)
    return tuple((stratum, there) for stratum, there in counted if there < ENOUGH * stratum.count)


def in_order(keys: Iterable[str], *, seed: int) -> tuple[str, ...]:
    """The keys in an order of the seed's own: for the place on the page, and for options."""
    return tuple(sorted(keys, key=lambda key: _lot(seed, key)))


def _ages(seen: Sequence[Iterable[str]]) -> dict[str, int]:
    """How many attempts ago each item was last on a form: 1 is the latest."""
    ages: dict[str, int] = {}
    for ago, keys in enumerate(seen, 1):
        for key in keys:
            ages.setdefault(key, ago)
    return ages


def _lot(seed: int, key: str) -> bytes:
    return hashlib.sha256(f"{seed}/{key}".encode()).digest()
