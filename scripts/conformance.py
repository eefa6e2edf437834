"""Runs ADL's conformance suite for learning record stores against this product, as users start it.

    python scripts/conformance.py SUITE [--only sqlite|postgres] [--version 1.0.3|2.0.0]

SUITE is a checkout of adlnet/lrs-conformance-test-suite with its packages installed (`npm install` there); nothing of
it is part of this product. Each database gets a fresh server with an instance of its own; both versions run against
the same one, each at its own address. A run is judged by the suite's JSON, as its exit status says too little:
every test must have been run, and passed.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import processes
from console import say, stop
from prepare import ROOT
from with_postgres import postgres

TESTS = {"1.0.3": 1365, "2.0.0": 1442}
MOUNTS = {"1.0.3": "/xapi-1", "2.0.0": "/xapi-2"}
START_WITHIN, RUN_WITHIN = 90.0, 1200
PYTHON = sys.executable


def main() -> int:
    given = arguments()
    suite = Path(given.suite).resolve()
    if not (suite / "bin" / "console_runner.js").is_file() or not (suite / "node_modules").is_dir():
        stop(f"{suite} is no conformance suite that can run.", do=("clone it there, and give `npm install` in it",))
    processes.unwind_on_signals()
    passed = True
    for database in (given.only,) if given.only else ("sqlite", "postgres"):
        with database_of(database) as url, served(url) as (address, pair):
            for version in (given.version,) if given.version else TESTS:
                passed &= run(suite, address, pair, version, database)
    return 0 if passed else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="ADL's LRS conformance suite against a fresh server")
    parser.add_argument("suite")
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--version", choices=tuple(TESTS))
    return parser.parse_args()


@contextlib.contextmanager
def database_of(kind: str) -> Iterator[str | None]:
    if kind == "sqlite":
        yield None
        return
    with postgres() as url:
        yield url


@contextlib.contextmanager
def served(url: str | None) -> Iterator[tuple[str, tuple[str, str]]]:
    """A server on a free port with an empty instance: its address, and a key pair for its store."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    instance = Path(tempfile.mkdtemp(prefix="fieldwork-conformance-"))
    address = f"http://127.0.0.1:{port}"
    env = {
        **os.environ,
        "LMS_MODE": "production",  # no demo company
        "LMS_INSTANCE": str(instance),
        "LMS_BASE_URL": address,
        "SECRET_KEY": os.urandom(32).hex(),
        "LMS_RATE_LIMITS": "false",
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }
    if url is not None:
        env["DATABASE_URL"] = url
    server = processes.start([PYTHON, str(ROOT / "scripts" / "serve.py")], cwd=ROOT, env=env)
    try:
        wait_for(f"{address}/healthz", server)
        yield address, key_pair(env)
    finally:
        processes.end(server)
        shutil.rmtree(instance, ignore_errors=True)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_WITHIN
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):  # noqa: S310 -- our own server
            return
        if server.poll() is not None or time.monotonic() > until:
            stop("The server did not start; what it said stands above.")
        time.sleep(0.2)


def key_pair(env: dict[str, str]) -> tuple[str, str]:
    made = subprocess.run(
        [PYTHON, "-m", "flask", "--app", "wsgi", "lrs", "add-credential", "conformance"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    words = made.stdout.split()
    return words[1], words[3]


def run(suite: Path, address: str, pair: tuple[str, str], version: str, database: str) -> bool:
    """Whether every test of this version was run and passed; those that did not are named."""
    endpoint = address + MOUNTS[version]
    assert urlsplit(endpoint).hostname == "127.0.0.1"  # noqa: S101 -- it writes, and never removes what it wrote
    command = ["node", "bin/console_runner.js", "-e", endpoint, "-a", "-u", pair[0], "-p", pair[1], "-x", version, "-z"]
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=suite, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=RUN_WITHIN
    )
    written = re.search(r"written to (\S+\.log)", done.stdout)
    if written is None:
        stop(f"The suite did not finish for {version} on {database}.", seen=done.stdout + done.stderr)
    log = json.loads(Path(written[1]).read_text(encoding="utf-8"))
    summary = log["summary"]
    # Without failures there is nothing in it but the summary.
    for title in failed(log.get("log") or {}, ()):
        say(f"  failed: {title}")
    said = f"xAPI {version} on {database}: {summary['passed']} of {TESTS[version]} passed"
    say(f"{said}, {time.monotonic() - began:.0f} s")
    return bool(summary["total"] == summary["passed"] == TESTS[version] and not summary["failed"])


def failed(node: dict[str, Any], way: tuple[str, ...]) -> Iterator[str]:
    inner = node.get("tests") or ()
    here = (*way, node["title"]) if node.get("title") else way
    if node.get("status") == "failed" and not inner:
        yield f"{' > '.join(here)}: {str(node.get('error', ''))[:200]}"
    for one in inner:
        yield from failed(one, here)


if __name__ == "__main__":
    sys.exit(main())
