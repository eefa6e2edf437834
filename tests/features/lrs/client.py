"""A plain client for the store behind a real server: connections of its own, nothing remembered."""

import base64
import http.client
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.own_app import Served

TIMEOUT = 60


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Store:
    served: Served
    version: str = "1.0.3"
    mount: str = "/xapi"
    more_headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self, method: str, resource: str, body: Any = None, headers: dict[str, str] | None = None, **query: str
    ) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.served.endpoint).netloc, timeout=TIMEOUT)
        try:
            content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            sent = {"Content-Type": "application/json"} if content is not None else {}
            path = f"{self.mount}/{resource}" + (f"?{urlencode(query)}" if query else "")
            connection.request(method, path, content, {**sent, **self.headers, **(headers or {})})
            response = connection.getresponse()
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()

    @property
    def headers(self) -> dict[str, str]:
        pair = base64.b64encode(f"{self.served.key}:{self.served.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}", "X-Experience-API-Version": self.version}


def at_once(count: int, work: Callable[[int], Any]) -> Sequence[Any]:
    """`work(number)` in so many threads that start together; their results in order."""
    gate = threading.Barrier(count)

    def one(number: int) -> Any:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
