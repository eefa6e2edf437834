"""`python -m benchmarks [--quick]`: a table of ratios, on SQLite and, where TEST_POSTGRES_URL is set, on PostgreSQL."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from benchmarks import fairness
from benchmarks.calling import Ratio
from benchmarks.pages import GOALS, LESSON_LIMIT, measure


@contextmanager
def sqlite_database() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'bench.db'}"


def postgres_database() -> AbstractContextManager[str]:
    from tests.conftest import new_postgres

    return new_postgres(os.environ["TEST_POSTGRES_URL"])


def show(kind: str, found: list[Ratio]) -> bool:
    """Print one database's table; False where a goal was missed."""
    good = True
    print(f"\n{kind}: requests per CPU second of one process, median of alternating rounds")
    print(f"{'page':<20}{'ours':>9}{'bare':>9}{'ratio':>8}{'range':>14}{'goal':>7}{'bytes':>9}")
    for one in found:
        goal = GOALS[one.name]
        met = one.ratio >= goal and (one.name != "player" or one.size < LESSON_LIMIT)
        good = good and met
        print(
            f"{one.name:<20}{one.ours:>9.0f}{one.bare:>9.0f}{one.ratio:>7.0%} {one.low:>6.0%}–{one.high:<6.0%}"
            f"{f'{goal:.0%}' if goal else '–':>6}{one.size:>9}{'' if met else '  below the goal'}"
        )
    return good


def main() -> int:
    quick = "--quick" in sys.argv
    kinds: list[tuple[str, Callable[[], AbstractContextManager[str]]]] = [("SQLite", sqlite_database)]
    if os.environ.get("TEST_POSTGRES_URL"):
        kinds.append(("PostgreSQL", postgres_database))
    results = [show(kind, measure(database, kind, quick=quick)) for kind, database in kinds]
    rules = fairness.main()  # the rulebook of assessment: no database
    return 0 if all(results) and rules == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
