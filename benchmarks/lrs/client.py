"""The client, a process of its own: `python -m benchmarks.lrs.client` with a job as JSON on its standard input.

Closed loop: each connection sends its next request when the last one is answered, and stays open.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from benchmarks.lrs.loads import LOADS, Load, Target

WARM_UP = 0.4  # seconds that do not count
LONGEST_ANSWER = 60.0


@dataclass(frozen=True)
class Job:
    """`seed`: so that two clients do not ask the same."""

    target: Target
    load: str
    connections: int
    seconds: float
    seed: int = 1


@dataclass(frozen=True)
class Measured:
    """`asked`: all requests, those before and after the measured time too; `spent`: the client's own processor time."""

    asked: int
    answered: int
    failed: int
    first_failure: str
    held: int | None
    p50: float
    p95: float
    seconds: float
    spent: float

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


class Connection:
    """One connection that is opened anew only when the server closed it."""

    def __init__(self, address: str) -> None:
        where = urlsplit(address)
        assert where.hostname in {"127.0.0.1", "localhost"}, "load belongs on this machine"
        self._host, self._port = where.hostname, where.port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=2**22)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        body = await _body(reader, head)
        if b"\r\nconnection: close" in head:
            self.close()
        return int(head[9:12]), body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if found:
        return await reader.readexactly(int(rest.partition(b"\r\n")[0]))
    if b"\r\ntransfer-encoding: chunked" not in head:
        return b""
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readuntil(b"\r\n")
    return b"".join(parts)


def held(body: bytes) -> int:
    """How many statements an answer holds."""
    answer = json.loads(body)
    return len(answer["statements"]) if "statements" in answer else int("actor" in answer)


async def run(job: Job) -> Measured:
    load = LOADS[job.load]
    requests = load.requests(job.target, random.Random(job.seed))
    told = await _first(job.target, load, requests)
    cpu = time.process_time()
    moment = time.monotonic()
    counting, until = moment + WARM_UP, moment + WARM_UP + job.seconds
    times: list[float] = []
    failures: list[str] = []
    asked = 0

    async def work() -> None:
        nonlocal asked
        connection = Connection(job.target.endpoint)
        while True:
            request = next(requests)
            began = time.monotonic()
            if began >= until:
                connection.close()
                return
            asked += 1
            wrong = await _wrong(connection, request)
            ended = time.monotonic()
            if wrong:
                failures.append(wrong)
                await asyncio.sleep(0.01)  # a server that refuses everything is not to be flooded
            elif counting <= began and ended <= until:
                times.append(ended - began)

    await asyncio.gather(*(work() for _ in range(job.connections)))
    times.sort()
    return Measured(
        asked=asked,
        answered=len(times),
        failed=len(failures),
        first_failure=failures[0] if failures else "",
        held=told,
        p50=quantile(times, 0.5) * 1000,
        p95=quantile(times, 0.95) * 1000,
        seconds=job.seconds,
        spent=(time.process_time() - cpu) * job.seconds / (job.seconds + WARM_UP),
    )


async def _first(target: Target, load: Load, requests: Iterator[bytes]) -> int | None:
    """One request before all others, looked at: is what comes back what is measured?"""
    if load.holds is None:
        return None
    connection = Connection(target.endpoint)
    with suppress(OSError, EOFError, ValueError, KeyError):
        status, body = await asyncio.wait_for(connection.ask(next(requests)), LONGEST_ANSWER)
        connection.close()
        return held(body) if status == 200 else 0
    return 0


async def _wrong(connection: Connection, request: bytes) -> str:
    """What went wrong, or nothing."""
    try:
        status, body = await asyncio.wait_for(connection.ask(request), LONGEST_ANSWER)
    except (OSError, EOFError, TimeoutError, ValueError) as wrong:
        connection.close()
        return f"{type(wrong).__name__}: {wrong}"
    return "" if status in {200, 204} else f"{status}: {body[:200]!r}"


def quantile(ordered: list[float], share: float) -> float:
    """The smallest of them that at least this share does not exceed; 0 of none."""
    return ordered[max(0, -int(-len(ordered) * share // 1) - 1)] if ordered else 0.0


def main() -> None:
    given: dict[str, Any] = json.load(sys.stdin)
    job = Job(**{**given, "target": Target(**given["target"])})
    json.dump(asdict(asyncio.run(run(job))), sys.stdout)


if __name__ == "__main__":
    main()
