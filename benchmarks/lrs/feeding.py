"""Fills a store that is not ours, over HTTP: one batch after the other, as more at once end in deadlocks in some."""

import asyncio
import sys
from urllib.parse import urlencode

from benchmarks.lrs import statements
from benchmarks.lrs.client import Connection, held
from benchmarks.lrs.loads import BATCH, Target

TOLD_EVERY = 10_000


async def feed(target: Target) -> None:
    """Statements from number 0 up to `target.filled`; what an earlier run left there is not sent again."""
    connection = Connection(target.endpoint)
    for first in range(await _known(connection, target), target.filled, BATCH):
        batch = range(first, min(first + BATCH, target.filled))
        body = b"[" + b",".join(statements.as_json(number, statements.statement_id(number)) for number in batch) + b"]"
        status, answer = await connection.ask(target.head("POST", length=len(body)) + body)
        assert status in {200, 204}, f"{status}: {answer[:300]!r}"
        if batch.stop % TOLD_EVERY == 0:
            print(f"  {batch.stop} of {target.filled} statements are in", file=sys.stderr, flush=True)
    connection.close()


async def _known(connection: Connection, target: Target) -> int:
    """How many are there already, found by halving."""
    low, high = 0, target.filled  # number `low - 1` is there, number `high` is not looked for
    while low < high:
        middle = (low + high) // 2
        query = urlencode({"statementId": statements.statement_id(middle)})
        status, body = await connection.ask(target.head("GET", query))
        if status == 200 and held(body):
            low = middle + 1
        else:
            high = middle
    return low // BATCH * BATCH


def fill(target: Target) -> None:
    asyncio.run(feed(target))
