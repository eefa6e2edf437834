"""Calls a WSGI application as a server would, without a server: what is measured is the application."""

import io
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask

Call = Callable[[], bytes]
# Seconds. Other tenants of a machine come and go within a second; a hundred pages make up for the cold first one.
SPELL = 0.1


@dataclass(frozen=True)
class Request:
    """One prepared request of a signed-in person; `body` makes it a POST."""

    app: Flask
    path: str
    cookie: str
    body: bytes | None = None
    content_type: str = "application/x-www-form-urlencoded"
    headers: tuple[tuple[str, str], ...] = ()

    def __call__(self, cookies: list[str] | None = None) -> bytes:
        """The body of the answer. `cookies` gets what it sets."""
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET" if self.body is None else "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "HTTP_COOKIE": self.cookie,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body or b""),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        if self.body is not None:
            environ["CONTENT_LENGTH"] = str(len(self.body))
            environ["CONTENT_TYPE"] = self.content_type
        environ.update(self.headers)
        status: list[str] = []

        def start(line: str, headers: list[tuple[str, str]], _info: Any = None) -> None:
            status.append(line)
            if cookies is not None:
                cookies.extend(value.partition(";")[0] for name, value in headers if name == "Set-Cookie")

        answer = self.app.wsgi_app(environ, start)
        try:
            page = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        if status[0][:1] not in "23":
            raise AssertionError(f"{self.path}: {status[0]} {page[:300]!r}")
        return page


@dataclass(frozen=True)
class Ratio:
    """How many per second, ours and bare, and the median of the ratios of alternating rounds."""

    name: str
    ours: float
    bare: float
    ratio: float
    low: float
    high: float
    size: int


def per_second(call: Callable[[], Any], seconds: float) -> float:
    """CPU-bound work of this process: counted by its own CPU time, so that other programs do not matter."""
    count, began = 0, time.process_time()
    while True:
        call()
        count += 1
        spent = time.process_time() - began
        if spent >= seconds:
            return count / spent


def compare(name: str, ours: Callable[[], Any], bare: Callable[[], Any], *, rounds: int, seconds: float) -> Ratio:
    """Alternate, so that a warm or a busy machine is the same for both: within a round too, in spells of `SPELL`."""
    size = len(ours() or b"")
    for _ in range(20):
        ours()
        bare()
    pairs = [_round(ours, bare, seconds) for _ in range(rounds)]
    ratios = sorted(one / other for one, other in pairs)
    return Ratio(
        name,
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(ratios),
        ratios[0],
        ratios[-1],
        size,
    )


def _round(ours: Callable[[], Any], bare: Callable[[], Any], seconds: float) -> tuple[float, float]:
    """How many per second of each, over so many seconds of each."""
    spells = max(round(seconds / SPELL), 1)
    found = [(per_second(ours, SPELL), per_second(bare, SPELL)) for _ in range(spells)]
    # Equal spells: what was done in all is the mean.
    return statistics.mean(one for one, _ in found), statistics.mean(other for _, other in found)


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()
