"""What is asked of a store: the requests of each cell of the table, endless and ready to be written to a socket."""

import base64
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from benchmarks.lrs import statements

BATCH, PAGE = 50, 100
SAMPLES = 500
_BLANK_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Target:
    """A store under load: where it is, and a key pair for it. `filled`: how many statements `filling` put there."""

    endpoint: str
    key: str
    secret: str
    filled: int

    def head(self, method: str, query: str = "", length: int | None = None) -> bytes:
        address = urlsplit(self.endpoint)
        pair = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        lines = [
            f"{method} {address.path}/statements{'?' if query else ''}{query} HTTP/1.1",
            f"Host: {address.netloc}",
            f"Authorization: Basic {pair}",
            "X-Experience-API-Version: 1.0.3",
        ]
        if length is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {length}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass(frozen=True)
class Load:
    """One kind of request. `holds`: how many statements an answer must hold, None where it has ids."""

    title: str
    requests: Callable[[Target, random.Random], Iterator[bytes]]
    statements: int
    holds: int | None = None


def _samples(chance: random.Random) -> Iterator[tuple[bytes, bytes]]:
    """What stands before and after the id in a statement's text, again and again."""
    numbers = [chance.randrange(1_000_000) for _ in range(SAMPLES)]
    cut = []
    for number in numbers:
        before, _, after = statements.as_json(number, _BLANK_ID).partition(_BLANK_ID.encode())
        cut.append((before, after))
    while True:
        yield from cut


def singles(target: Target, chance: random.Random) -> Iterator[bytes]:
    samples = _samples(chance)
    while True:
        before, after = next(samples)
        body = before + str(uuid4()).encode() + after
        yield target.head("POST", length=len(body)) + body


def batches(target: Target, chance: random.Random) -> Iterator[bytes]:
    samples = _samples(chance)
    while True:
        body = b"[" + b",".join(_with_new_id(*next(samples)) for _ in range(BATCH)) + b"]"
        yield target.head("POST", length=len(body)) + body


def _with_new_id(before: bytes, after: bytes) -> bytes:
    return before + str(uuid4()).encode() + after


def by_id(target: Target, chance: random.Random) -> Iterator[bytes]:
    while True:
        number = chance.randrange(target.filled)
        yield target.head("GET", urlencode({"statementId": statements.statement_id(number)}))


def by_agent_and_verb(target: Target, chance: random.Random) -> Iterator[bytes]:
    while True:
        number = chance.randrange(statements.AGENTS * statements.VERBS)
        who = json.dumps(statements.agent(number))
        yield target.head("GET", urlencode({"agent": who, "verb": statements.verb_id(number), "limit": PAGE}))


def newest(target: Target, _: random.Random) -> Iterator[bytes]:
    while True:
        yield target.head("GET", urlencode({"limit": PAGE}))


# Reading first: what is written while measuring is not part of the size that the table names.
LOADS = {
    "id": Load("GET by id", by_id, 1, holds=1),
    "page": Load("GET agent+verb, 100", by_agent_and_verb, PAGE, holds=PAGE),
    "newest": Load("GET newest 100", newest, PAGE, holds=PAGE),
    "single": Load("POST 1", singles, 1),
    "batch": Load("POST 50", batches, BATCH),
}
