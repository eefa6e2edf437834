"""Stand-ins for what is not ours: a learning record store elsewhere that can fail in every way one does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class FakeLrs:
    """Speaks HTTP on loopback and keeps what it received by id.

    The first `failures` requests get `status`; with `silence` (seconds) it accepts a request and says nothing for
    that long; `refuse` maps a statement id to the (status, message) it always gets; `strict` answers 409 to an
    id that it already has, even if the statement is the same.
    """

    def __init__(
        self,
        failures: int = 0,
        *,
        status: int = 500,
        silence: float = 0,
        refuse: dict[str, tuple[int, str]] | None = None,
        strict: bool = False,
    ) -> None:
        self.failures = failures
        self.status = status
        self.silence = silence
        self.refuse = refuse or {}
        self.strict = strict
        self.received: dict[str, dict[str, Any]] = {}
        self.puts: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.endpoint = ""
        self.connections = 0
        self._wake = threading.Event()

    @contextmanager
    def running(self) -> Iterator["FakeLrs"]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                fake.connections += 1
                super().setup()

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.answer(*fake.put(parse_qs(urlsplit(self.path).query), body, dict(self.headers)))

            def do_GET(self) -> None:
                wanted = parse_qs(urlsplit(self.path).query)["statementId"][0]
                found = fake.received.get(wanted)
                self.answer(200, json.dumps(found)) if found else self.answer(404, "no such statement")

            def answer(self, status: int, text: str) -> None:
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Tests read `received`, not a log."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{server.server_address[1]}/xapi"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._wake.set()
            server.shutdown()
            server.server_close()
            thread.join()

    def put(self, query: dict[str, list[str]], body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        self.headers.append(headers)
        if self.silence:
            self._wake.wait(self.silence)
        if self.failures > 0:
            self.failures -= 1
            return self.status, "not today"
        statement = json.loads(body)
        statement_id = query["statementId"][0]
        self.puts.append(statement_id)
        if statement_id in self.refuse:
            return self.refuse[statement_id]
        if self.strict and statement_id in self.received:
            return 409, "exists"
        self.received[statement_id] = statement
        return 204, ""
