"""The last steps of `make run`: schema, demo company, then the web server and the delivery worker together.

Both are children of this one process. It starts a dead worker again, stops everything on Ctrl-C or SIGTERM,
and leaves nothing running. Standard library only.
"""

import contextlib
import errno
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import processes
from console import say, step, stop
from prepare import ROOT, STEPS_OF_RUN

PYTHON = sys.executable
FLASK = (PYTHON, "-m", "flask", "--app", "wsgi")
WEB = (PYTHON, "-m", "gunicorn", "--config", str(Path(__file__).with_name("gunicorn.conf.py")))
START_WITHIN = 60.0
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY_AFTER = 60.0
TICK = 0.2
LOCK = ROOT / ".serve.lock"


def address() -> tuple[str, int]:
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        stop(f"PORT must be a number from 1 to 65535, not {port!r}.", do=("for example: make run PORT=8001",))
    return host, int(port)


def require_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except socket.gaierror:
        stop(f"HOST={host} is not an address of this machine.", do=("leave HOST out to serve 127.0.0.1",))
    except OSError as wrong:
        if wrong.errno == errno.EADDRINUSE:
            stop(
                f"Port {port} on {host} is taken by another program.",
                do=(f"take another port: make run PORT={port + 1}", "or stop the program that holds it"),
            )
        if wrong.errno == errno.EACCES:
            stop(f"Port {port} needs root on this system.", do=("take one from 1024: make run PORT=8000",))
        stop(f"Cannot listen on {host}, port {port}: {wrong.strerror}.", do=("set HOST and PORT",))


def make_ready() -> str:
    """Schema and demo company, in one process; the demo's sign-ins, or nothing where there is no demo."""
    process = subprocess.Popen(
        [*FLASK, "make-ready"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101 -- a pipe, as asked for above
    assert process.stderr is not None  # noqa: S101
    told = []
    for line in process.stderr:
        told.append(line)
        if line.startswith("demo: "):  # the first start takes half a minute: say what it is about
            say(f"      {line.rstrip()}")
    sign_ins = process.stdout.read()
    if process.wait():
        stop(
            "The database could not be made ready.",
            do=("see all of it: .venv/bin/flask --app wsgi make-ready",),
            seen="".join(told) + sign_ins,
        )
    return sign_ins


@contextlib.contextmanager
def in_use() -> Iterator[None]:
    """Several servers may share one instance; `alone` finds out whether any does."""
    with LOCK.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def alone() -> Iterator[None]:
    with LOCK.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stop("A `make run` is serving from this directory.", do=("stop it first (Ctrl-C there)",))
        yield


@dataclass(slots=True)
class Worker:
    """The delivery worker, started again with growing pauses when it ends by itself."""

    child: subprocess.Popen[bytes] | None = None
    pause: float = SHORTEST_PAUSE
    began: float = field(default=0.0)
    due: float = field(default=0.0)

    def tend(self, now: float) -> None:
        if self.child is None:
            if now >= self.due:
                self.child = processes.start([*FLASK, "worker"], cwd=ROOT, env=child_environment())
                self.began = now
            return
        if (code := self.child.poll()) is None:
            return
        processes.end(self.child)
        self.child = None
        if now - self.began >= STEADY_AFTER:
            self.pause = SHORTEST_PAUSE
        say(f"The delivery worker ended (code {code}); starting it again in {self.pause:.0f} s.")
        self.due = now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)


def child_environment() -> dict[str, str]:
    host, port = address()
    return {
        **os.environ,
        "HOST": f"[{host}]" if ":" in host else host,
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }


def answers(host: str, port: int) -> bool:
    """Whether /healthz says 200, asked without any proxy."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- asks, does not listen
    connection = http.client.HTTPConnection(reached, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(host: str, port: int, sign_ins: str) -> None:
    shown = f"[{host}]" if ":" in host else host
    say(f"\nFieldwork is ready: http://{shown}:{port}")
    if sign_ins.strip():
        say(f"\n{sign_ins.rstrip()}")
    say("\nCtrl-C stops it.")


def serve(sign_ins: str) -> int:
    host, port = address()
    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: asked.append(got))
    env = child_environment()
    web = processes.start(WEB, cwd=ROOT, env=env)
    worker = Worker()
    ready, began = False, time.monotonic()
    try:
        while not asked:
            now = time.monotonic()
            if (code := web.poll()) is not None:
                say(f"\nThe web server ended by itself (code {code}); what it said stands above.")
                return 1
            worker.tend(now)
            if not ready and answers(host, port):
                ready = True
                announce(host, port, sign_ins)
            elif not ready and now - began > START_WITHIN:
                say(f"\nThe web server did not answer on /healthz within {START_WITHIN:.0f} s.")
                return 1
            time.sleep(TICK)
        say("\nstopping …")
        return 0
    finally:
        # Both are asked at once and then waited for; a second signal must not cut this short.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        children = [child for child in (worker.child, web) if child is not None]
        for child in children:
            if child.poll() is None:
                child.terminate()
        for child in children:
            processes.end(child)


def main() -> int:
    require_free(*address())
    with in_use():
        is_local = os.environ.get("LMS_MODE", "local") == "local"
        step(4, STEPS_OF_RUN, "bringing the database up to date" + (", with the demo company …" if is_local else " …"))
        sign_ins = make_ready()
        step(5, STEPS_OF_RUN, "starting the web server and the delivery worker …")
        return serve(sign_ins)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
