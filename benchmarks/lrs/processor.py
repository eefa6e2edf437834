"""What a server's processes used of this machine, as Linux counts it, whoever started them."""

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg

TICK = 1 / os.sysconf("SC_CLK_TCK")
LISTENING = "0A"


def listening_on(port: int) -> frozenset[int]:
    """The processes that have this port open for new connections."""
    sockets = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:]:
            part = line.split()
            if part[3] == LISTENING and int(part[1].rpartition(":")[2], 16) == port:
                sockets.add(f"socket:[{part[9]}]")
    return frozenset(process for process, name in _open_files() if name in sockets)


def _open_files() -> Iterator[tuple[int, str]]:
    for process in _processes():
        folder = f"/proc/{process}/fd"
        with suppress(OSError):  # it has ended, or is another user's
            for file in os.listdir(folder):
                with suppress(OSError):  # closed meanwhile
                    yield process, os.readlink(f"{folder}/{file}")


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def postmaster(url: str) -> int:
    """The process that all others of this PostgreSQL server come from; the server is on this machine."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        return _parents()[row[0]]


def _parents() -> dict[int, int]:
    found = {}
    for process in _processes():
        if (numbers := _numbers(process)) is not None:
            found[process] = int(numbers[1])
    return found


def _numbers(process: int) -> list[str] | None:
    """Its line in /proc, from its state on."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None


def family(roots: Collection[int]) -> frozenset[int]:
    """These processes and all that they started."""
    parents = _parents()
    found = set(roots)
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return frozenset(found)


def seconds(processes: Collection[int]) -> float:
    """Processor time so far, also of their children that have ended."""
    total = 0
    for process in processes:
        if (numbers := _numbers(process)) is not None:
            total += sum(map(int, numbers[11:15]))
    return total * TICK


def megabytes(processes: Collection[int]) -> float:
    """Their memory; what they share is shared out."""
    total = 0
    for process in processes:
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
