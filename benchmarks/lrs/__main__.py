"""`python -m benchmarks.lrs`: rates, latencies and processor time of the record store, ours and others'."""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from benchmarks.lrs import feeding, processor, stores, table
from benchmarks.lrs.client import Job, Measured
from benchmarks.lrs.stores import Ours, Peer, Running
from benchmarks.lrs.table import Cell

SIZES = (10_000, 100_000, 1_000_000)
# What is measured: the load and its connections. Some stores take batches from one writer only.
CELLS = (
    ("id", 4),
    ("page", 4),
    ("newest", 4),
    ("single", 4),
    ("batch", 4),
    ("batch", 1),
    ("single", 8),
    ("batch", 8),
)


def main() -> int:
    given = arguments()
    random.seed(0)
    cells: list[Cell] = []
    began = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load {began:.1f} at the beginning; closed loop")
    if given.postgres:
        print(stores.settings_of(given.postgres))
    with home(given.keep) as folder:
        for size in given.sizes:
            print(f"\n{size} statements stored\n{table.HEAD}", flush=True)
            cells += measure(given, folder, size)
    if given.record:
        given.record.write_text(json.dumps(table.as_record(cells), indent=1) + "\n")
    print()
    found = list(table.verdicts(cells))
    for verdict in found:
        print(f"{'met   ' if verdict.met else 'MISSED'}  {verdict.text}")
    return 0 if all(verdict.met for verdict in found) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lrs", description=__doc__)
    parser.add_argument("--sizes", type=numbers, default=SIZES, help="how many statements are stored: 10000,100000,…")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each cell is measured, each time")
    parser.add_argument("--rounds", type=int, default=3, help="how often, all stores in turn; the middle one counts")
    parser.add_argument("--databases", type=lambda text: text.split(","), help="sqlite,postgres")
    parser.add_argument(
        "--postgres",
        default=os.environ.get("TEST_POSTGRES_URL"),
        help="address of a PostgreSQL on this machine where databases may be made; else TEST_POSTGRES_URL",
    )
    parser.add_argument(
        "--peer",
        dest="peers",
        action="append",
        type=Peer.parsed,
        default=[],
        metavar="NAME=ADDRESS,KEY,SECRET",
        help="another store, empty, that runs on this machine; its address ends before /statements",
    )
    parser.add_argument("--peers-to", type=int, default=10_000, help="the largest size that peers are filled to")
    parser.add_argument("--keep", type=Path, help="a folder where filled stores stay for another run")
    parser.add_argument("--record", type=Path, help="a file that gets the figures as JSON")
    given = parser.parse_args()
    given.databases = given.databases or (["sqlite", "postgres"] if given.postgres else ["sqlite"])
    if "postgres" in given.databases and not given.postgres:
        parser.error("--databases postgres needs --postgres or TEST_POSTGRES_URL")
    return given


def numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(part) for part in text.split(",")))


@contextmanager
def home(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="fieldwork-lrs-") as folder:
        yield Path(folder)


def measure(given: argparse.Namespace, folder: Path, size: int) -> list[Cell]:
    """All stores with so many statements, in turn for each round of each cell: other tenants meet them alike."""
    kept = [Ours(folder, size, given.postgres if kind == "postgres" else None) for kind in given.databases]
    for one in kept:
        one.make()
    with ExitStack() as running:
        all_ = [stores.peer(one, size, given.postgres) for one in given.peers if size <= given.peers_to]
        for peer in all_:
            feeding.fill(peer.target)
        all_ += [running.enter_context(one.running()) for one in kept]
        cells = [found for what in CELLS for found in in_turn(all_, size, what, given)]
        for store in all_:
            print(f"{'':<24}{facts(store, size)}", flush=True)
    if given.keep is None:
        for one in kept:
            one.remove()
    return cells


def facts(running: Running, size: int) -> str:
    memory = processor.megabytes(processor.family(running.servers))
    found = [f"{memory:.0f} MB of memory"]
    if running.disk_megabytes is not None:
        found.append(f"{running.disk_megabytes:.0f} MB on disk")
    if running.filled_in:
        found.append(f"filled with {size / running.filled_in:.0f} statements/s")
    return f"{running.name}: {', '.join(found)}"


def in_turn(all_: Sequence[Running], size: int, what: tuple[str, int], given: argparse.Namespace) -> list[Cell]:
    """One cell of each store: that of its middle round, with the errors of all."""
    rounds = [[cell(one, size, *what, given.seconds) for one in all_] for _ in range(given.rounds)]
    found = [table.middle(of_one) for of_one in zip(*rounds, strict=True)]
    for one in found:
        print(table.line(one), flush=True)
    return found


def cell(running: Running, size: int, load: str, connections: int, seconds: float) -> Cell:
    """One client process for one cell. Processor time is of all that was asked, warming up included."""
    before = processor.seconds(processor.family(running.roots))
    found = client(Job(running.target, load, connections, seconds, seed=random.randrange(2**31)))
    spent = processor.seconds(processor.family(running.roots)) - before
    return Cell(running.name, size, load, connections, found, spent / max(found.asked, 1) * 1000)


def client(job: Job) -> Measured:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.lrs.client"],
        cwd=stores.ROOT,
        input=json.dumps(asdict(job)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Measured(**json.loads(done.stdout))


if __name__ == "__main__":
    sys.exit(main())
