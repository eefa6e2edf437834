"""Stand-ins for what is not ours: a learning record store elsewhere that can fail in every way one does."""

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Fault:
    """What happens to one PUT. `keeps`: the statement is stored all the same, only the answer is lost or late."""

    status: int = 204
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    keeps: bool = False
    silence: float = 0
    drip: float = 0  # seconds between two bytes of the answer
    drips_head: bool = False  # already its first line comes byte by byte
    resets: bool = False  # the connection is torn down instead of an answer
    endless: bool = False  # an answer that never ends


class FakeLrs:
    """Speaks HTTP on loopback and keeps what it received by id.

    The first `failures` requests get `status`; with `silence` (seconds) it accepts a request and says nothing for
    that long; `refuse` maps a statement id to the (status, message) it always gets; `strict` answers 409 to an
    id that it already has, even if the statement is the same; `script` has a Fault (or None) for each PUT in turn.
    Several statements at once it takes only with `batches`, the status of its answer: all of them or, if it refuses
    one, none; those that it `loses` it neither keeps nor names.
    """

    def __init__(
        self,
        failures: int = 0,
        *,
        status: int = 500,
        silence: float = 0,
        refuse: dict[str, tuple[int, str]] | None = None,
        strict: bool = False,
        script: Sequence[Fault | None] = (),
        batches: int | None = None,
        loses: Sequence[str] = (),
    ) -> None:
        self.failures = failures
        self.status = status
        self.silence = silence
        self.refuse = refuse or {}
        self.strict = strict
        self.script = deque(script)
        self.batches = batches
        self.loses = loses
        self.posts: list[list[str]] = []
        self.voided: set[str] = set()
        self.received: dict[str, dict[str, Any]] = {}
        self.puts: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.endpoint = ""
        self.connections = 0
        self.asked = threading.Event()
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
                query = parse_qs(urlsplit(self.path).query)
                fault = fake.script.popleft() if fake.script else None
                fake.asked.set()
                if fault is None:
                    self.answer(*fake.put(query, body, dict(self.headers)))
                    return
                if fault.keeps:
                    fake.put(query, body, dict(self.headers))
                else:
                    fake.headers.append(dict(self.headers))
                self.fail(fault)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.answer(*fake.post(body))

            def fail(self, fault: Fault) -> None:
                if fault.silence:
                    fake._wake.wait(fault.silence)
                self.close_connection = fault.resets or fault.endless
                if fault.resets:
                    # With this a close sends RST: what a crashing server or a firewall does.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                data = fault.text.encode()
                if fault.drips_head:
                    self.wfile.write(b"HTTP/1.1 200 ")
                    with suppress(OSError):
                        while not fake._wake.wait(fault.drip):
                            self.wfile.write(b"O")
                    self.close_connection = True
                    return
                self.send_response(fault.status)
                for name, value in fault.headers:
                    self.send_header(name, value)
                if not fault.endless:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with suppress(OSError):  # the other side has had enough
                    while fault.endless:
                        self.wfile.write(b"x" * 65536)
                    for byte in data:
                        self.wfile.write(bytes([byte]))
                        if fault.drip and fake._wake.wait(fault.drip):
                            return

            def do_GET(self) -> None:
                ((name, (wanted,)),) = parse_qs(urlsplit(self.path).query).items()
                is_voided = wanted in fake.voided
                found = fake.received.get(wanted) if is_voided == (name == "voidedStatementId") else None
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

    def wake(self) -> None:
        """Let it say what it is silent about."""
        self._wake.set()

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

    def post(self, body: bytes) -> tuple[int, str]:
        if self.batches is None:
            return 405, "one by one, please"
        statements = {statement["id"]: statement for statement in json.loads(body)}
        self.posts.append(list(statements))
        for id_ in statements:
            if id_ in self.refuse:
                return self.refuse[id_]
        kept = {id_: statement for id_, statement in statements.items() if id_ not in self.loses}
        self.received |= kept
        return self.batches, json.dumps(list(kept))
