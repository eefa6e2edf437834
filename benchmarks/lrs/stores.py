"""Stores to measure: ours, filled and started as users start it, and those that others run."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from benchmarks.lrs import processor
from benchmarks.lrs.loads import Target

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
SECRET = "benchmark-" * 5
START_WITHIN, STOP_WITHIN = 60.0, 30.0
PAIR, FILLED = "pair", "filled.json"


@dataclass(frozen=True)
class Running:
    """`roots`: the processes whose time and whose children's time this store's requests cost."""

    name: str
    target: Target
    roots: frozenset[int]
    disk_megabytes: float | None = None
    filled_in: float | None = None  # seconds

    @property
    def servers(self) -> frozenset[int]:
        """Those that answer HTTP, without the database."""
        return processor.listening_on(urlsplit(self.target.endpoint).port or 80)


@dataclass(frozen=True)
class Peer:
    """Somebody else's store that runs already. `filled` is counted by the client, which fills it over HTTP."""

    name: str
    endpoint: str
    key: str
    secret: str

    @classmethod
    def parsed(cls, text: str) -> "Peer":
        name, _, rest = text.partition("=")
        endpoint, key, secret = rest.split(",")
        return cls(name, endpoint.rstrip("/"), key, secret)


class Ours:
    """Our store on one kind of database with one size: a folder, and on PostgreSQL a database as well."""

    def __init__(self, folder: Path, size: int, postgres: str | None) -> None:
        self.kind = "SQLite" if postgres is None else "PostgreSQL"
        self.size = size
        self._postgres = postgres
        self._folder = folder / f"{self.kind.lower()}-{size}"
        self._database = f"fieldwork_lrs_benchmark_{size}"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]

    @property
    def _url(self) -> str:
        if self._postgres is None:
            return f"sqlite:///{self._folder / 'store.db'}"
        address = urlsplit(self._postgres)
        return address._replace(path=f"/{self._database}").geturl()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "LMS_MODE": "production",  # no demo company
            "LMS_INSTANCE": str(self._folder / "instance"),
            "LMS_BASE_URL": f"http://127.0.0.1:{self._port}",
            "LMS_XAPI_PER_MINUTE": "0",
            "DATABASE_URL": self._url,
            "SECRET_KEY": SECRET,
            "HOST": "127.0.0.1",
            "PORT": str(self._port),
        }

    def make(self) -> None:
        """Fill it, unless an earlier run did and left it."""
        if (self._folder / FILLED).exists():
            return
        self.remove()
        self._folder.mkdir(parents=True)
        if self._postgres is not None:
            self._administer("CREATE DATABASE {}")
        self._run("-m", "flask", "--app", "wsgi", "db", "upgrade")
        began = time.monotonic()
        pair = self._run("-m", "benchmarks.lrs.filling", str(self.size)).split()
        spent = time.monotonic() - began
        if self._postgres is not None:
            with psycopg.connect(self._url, autocommit=True) as connection:
                connection.execute("VACUUM (ANALYZE)")  # its own housekeeping comes within minutes
        (self._folder / FILLED).write_text(json.dumps({PAIR: pair, "seconds": spent}))

    def remove(self) -> None:
        if self._postgres is not None:
            self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _administer(self, sentence: str) -> None:
        assert self._postgres is not None
        with psycopg.connect(self._postgres, autocommit=True) as connection:
            connection.execute(sql.SQL(sentence).format(sql.Identifier(self._database)))

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [PYTHON, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    @contextmanager
    def running(self) -> Iterator[Running]:
        filled = json.loads((self._folder / FILLED).read_text())
        command = [PYTHON, "-m", "gunicorn", "--config", str(ROOT / "scripts" / "gunicorn.conf.py")]
        server = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{self._port}/healthz", server)
            roots = {server.pid}
            if self._postgres is not None:
                roots.add(processor.postmaster(self._postgres))
            key, secret = filled[PAIR]
            target = Target(f"http://127.0.0.1:{self._port}/xapi", key, secret, self.size)
            yield Running(f"ours, {self.kind}", target, frozenset(roots), self._disk(), filled["seconds"])
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(STOP_WITHIN)
            server.kill()
            server.wait()

    def _disk(self) -> float:
        if self._postgres is None:
            return (self._folder / "store.db").stat().st_size / 2**20
        with psycopg.connect(self._url) as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row is not None
        return float(row[0]) / 2**20


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_WITHIN
    while True:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2):  # noqa: S310 -- our own server
            return
        assert server.poll() is None, "the server ended; what it said stands above"
        assert time.monotonic() < until, f"the server did not start within {START_WITHIN:.0f} s"
        time.sleep(0.2)


def peer(one: Peer, filled: int, postgres: str | None) -> Running:
    """A peer's processes: who listens at its address and, if it is given, the PostgreSQL that it may be using."""
    address = urlsplit(one.endpoint)
    roots = set(processor.listening_on(address.port or 80))
    assert roots, f"nobody listens at {one.endpoint}"
    if postgres is not None:
        roots.add(processor.postmaster(postgres))
    return Running(one.name, Target(one.endpoint, one.key, one.secret, filled), frozenset(roots))


def settings_of(postgres: str) -> str:
    """What a figure on this server means: its version, and whether it waits for the disk."""
    with psycopg.connect(postgres) as connection:
        row = connection.execute(
            "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
    assert row is not None
    return f"PostgreSQL {row[0].split()[0]} (fsync {row[1]}, synchronous_commit {row[2]})"
