"""A whole installation for browser journeys: migrated database, the production web server, the worker.

Started as `make run` starts it (gunicorn and `flask worker`), on a free port, with a folder of its own.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask_migrate import upgrade

from lms.app import create_app
from lms.db import db
from lms.settings import from_environment
from tests.own_app import own_database

ROOT = Path(__file__).parents[2]
START_WITHIN = 60.0
PASSWORD = "fieldwork-tests"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """`environ` is what every process of this installation runs with."""

    url: str
    port: int
    environ: dict[str, str]
    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def flask(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self) -> None:
        """The web server and the worker, as `make run` has them."""
        self.start_web()
        self.start_worker()

    def start_web(self) -> None:
        config = str(ROOT / "scripts" / "gunicorn.conf.py")
        self._start("web", [sys.executable, "-m", "gunicorn", "--config", config])
        self._wait_until_up()

    def start_worker(self) -> None:
        self._start("worker", [sys.executable, "-m", "flask", "--app", "wsgi", "worker"])

    def _start(self, name: str, command: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            # A session of its own, so that a kill reaches gunicorn's workers as well.
            self.running[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def _wait_until_up(self) -> None:
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/healthz", headers={"Connection": "close"})
                with closing(connection):
                    if connection.getresponse().status == 200:
                        return
            except OSError:
                pass
            if self.running["web"].poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError("the server did not start:\n" + self.log("web"))

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-6000:] if path.exists() else ""

    def kill(self, name: str) -> None:
        """SIGKILL, without a word."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)
        self.running.clear()


def _migrate(site: Site) -> None:
    """What `flask db upgrade` does, without starting a program for it; Rosa's story gives the command itself."""
    app = create_app(from_environment(site.environ))
    with app.app_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Skipped unsupported reflection of expression-based index")
        upgrade(directory=str(ROOT / "migrations"))
        db.session.remove()
        db.engine.dispose()


@contextmanager
def installation(folder: Path, **settings: str) -> Iterator[Site]:
    """A migrated, empty installation; nothing runs until it is started, everything is stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    with own_database(folder) as url:
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LMS_")},
            "DATABASE_URL": url.replace("postgresql+psycopg://", "postgresql://"),
            "LMS_INSTANCE": str(folder / "instance"),
            "LMS_BASE_URL": f"http://127.0.0.1:{port}",
            "LMS_ARGON2_CHEAP": "true",
            "LMS_ZONE": "UTC",
            "SECRET_KEY": "only-for-journeys-" * 3,
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "WEB_PROCESSES": "1",
            **settings,
        }
        site = Site(f"http://127.0.0.1:{port}", port, environ, folder)
        _migrate(site)
        try:
            yield site
        finally:
            site.stop()
