"""What was measured, as a table, and held against the goals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.lrs.client import Measured
from benchmarks.lrs.loads import LOADS

CONNECTIONS = 4
# How many times the best peer's rate ours must be.
GOALS = {"single": 1.0, "id": 1.0, "page": 2.0, "batch": 5.0}
# Beside ten or a hundred times as much, the same request may cost this much more processor time before it has grown.
GROWN = 1.5


@dataclass(frozen=True)
class Cell:
    """`cpu`: processor milliseconds of the server, and of its database, for each request."""

    store: str
    size: int
    load: str
    connections: int
    measured: Measured
    cpu: float

    @property
    def is_ours(self) -> bool:
        return self.store.startswith("ours")

    @property
    def counts(self) -> bool:
        """Whether it answered what was asked; a page without statements is quick and means nothing."""
        holds = LOADS[self.load].holds
        return self.measured.answered > 0 and (holds is None or self.measured.held == holds)


@dataclass(frozen=True)
class Verdict:
    text: str
    met: bool


HEAD = f"{'':<24}{'store':<20}{'requests/s':>11}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}{'client':>8}{'errors':>8}"


def middle(rounds: Sequence[Cell]) -> Cell:
    """The round of the middle rate (of an even number, the slower one), with the errors of all rounds."""
    found = sorted(rounds, key=lambda cell: cell.measured.rate)[(len(rounds) - 1) // 2]
    return replace(found, measured=replace(found.measured, failed=sum(cell.measured.failed for cell in rounds)))


def line(cell: Cell) -> str:
    found = cell.measured
    title = f"{LOADS[cell.load].title}, {cell.connections}"
    busy = found.spent / found.seconds
    remark = "" if cell.counts else f"  held {found.held} statements" if found.held is not None else "  no answer"
    return (
        f"{title:<24}{cell.store:<20}{found.rate:>11.1f}{found.p50:>9.1f}{found.p95:>9.1f}{cell.cpu:>9.2f}"
        f"{busy:>7.0%}{found.failed:>8}{remark}"
    )


def verdicts(cells: Sequence[Cell]) -> Iterable[Verdict]:
    ours = [cell for cell in cells if cell.is_ours]
    for load, times in GOALS.items():
        for size in sorted({cell.size for cell in cells}):
            # Of a peer what it does best: with four writers of batches at once some get nothing done.
            peers = [
                cell
                for cell in cells
                if (cell.load, cell.size) == (load, size)
                and not cell.is_ours
                and cell.counts
                and cell.connections <= CONNECTIONS
            ]
            if not peers:
                continue
            best = max(peers, key=lambda cell: cell.measured.rate)
            for cell in ours:
                if _is(cell, load, size):
                    ratio = cell.measured.rate / best.measured.rate
                    said = f"{LOADS[load].title}, {size}: {cell.store} at {ratio:.2f} times {best.store}"
                    yield Verdict(f"{said} (goal {times:g})", cell.counts and ratio >= times)
    failed = [cell for cell in ours if cell.measured.failed]
    yield Verdict(f"errors of ours: {sum(cell.measured.failed for cell in failed)} (goal 0)", not failed)
    yield from _growth(ours)


def _is(cell: Cell, load: str, size: int) -> bool:
    return cell.load == load and cell.size == size and cell.connections == CONNECTIONS


def _growth(ours: Sequence[Cell]) -> Iterable[Verdict]:
    by: dict[tuple[str, str, int], dict[int, float]] = {}
    for cell in ours:
        by.setdefault((cell.store, cell.load, cell.connections), {})[cell.size] = cell.cpu
    for (store, load, connections), costs in by.items():
        smallest, largest = min(costs), max(costs)
        if smallest < largest and connections == CONNECTIONS:
            ratio = costs[largest] / costs[smallest]
            text = f"{LOADS[load].title}, {store}: CPU a request at {largest} is {ratio:.2f} times that at {smallest}"
            yield Verdict(f"{text} (goal {GROWN:g})", ratio <= GROWN)


def as_record(cells: Iterable[Cell]) -> list[Mapping[str, object]]:
    """For a file: what a later run can be compared with."""
    return [
        {
            "store": cell.store,
            "size": cell.size,
            "load": cell.load,
            "connections": cell.connections,
            "rate": round(cell.measured.rate, 1),
            "p50_ms": round(cell.measured.p50, 2),
            "p95_ms": round(cell.measured.p95, 2),
            "cpu_ms": round(cell.cpu, 3),
            "failed": cell.measured.failed,
        }
        for cell in cells
    ]
