"""Makes .venv and the front-end files ready, once, and again only when a lock file has changed.

`prepare.py run` installs what the application needs, `prepare.py test` also what the suite needs.
Runs on the machine's own Python: standard library only.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from console import say, step, stop

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "stamps"
NODE_VENV = ROOT / ".venv-node"
REQUIREMENTS = ROOT / "requirements"
VENDOR = ROOT / "lms" / "web" / "static" / "vendor"

OLDEST_NODE = 18
STEPS_OF_RUN = 5
STEPS_OF_TEST = 5

# What the pages load, by its place in node_modules.
ASSETS = {"htmx.org/dist/htmx.min.js": "htmx.min.js"}


def digest(*paths: Path) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def is_stamped(name: str, value: str) -> bool:
    stamp = STAMPS / name
    return stamp.is_file() and stamp.read_text() == value


def put_stamp(name: str, value: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(value)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two `make` commands in one tree must not install into the same place at once."""
    with (ROOT / ".prepare.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("      waiting for another `make` in this directory …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_venv(where: Path) -> None:
    """Keep a working environment of this project; replace one whose Python is gone or too old."""
    works = [str(where / "bin" / "python"), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    if Path(works[0]).exists() and subprocess.run(works, capture_output=True).returncode == 0:
        return
    if where.exists():
        shutil.rmtree(where)
    made = subprocess.run([sys.executable, "-m", "venv", str(where)], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(where, ignore_errors=True)
        stop(
            f"Python {sys.version.split()[0]} could not make a virtual environment in {where.name}.",
            do=(
                "On Debian and Ubuntu the part it needs is a package of its own: apt install python3-venv",
                "or name another Python: make run PYTHON=/path/to/python3",
            ),
            seen=made.stdout + made.stderr,
        )


def pip_install(python: Path, lock: Path) -> None:
    """Hash-locked, wheels only: nothing is built here, and nothing unlocked is fetched."""
    installed = subprocess.run(
        [
            *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--require-hashes", "--only-binary", ":all:", "-r", str(lock)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if installed.returncode == 0:
        return
    said = installed.stdout
    if "THESE PACKAGES DO NOT MATCH THE HASHES" in said:
        stop(
            f"A downloaded package is not the one {lock.relative_to(ROOT)} names, so it was refused.",
            do=("Ask whoever runs your package mirror, or try another network.",),
            seen=said,
        )
    stop(
        f"pip could not install {lock.relative_to(ROOT)}.",
        do=(
            "If it could not reach the package index: check the network, or set HTTPS_PROXY.",
            "Behind a company mirror: set PIP_INDEX_URL to its address.",
            "If it found no matching version: the locked packages come as ready-made wheels for Python "
            "3.11 to 3.14 on Linux (glibc) and macOS.",
            "Then give the same command again; finished steps are not repeated.",
        ),
        seen=said,
    )


def python_packages(kind: str) -> None:
    runtime, test = REQUIREMENTS / "runtime.txt", REQUIREMENTS / "test.txt"
    wanted = {"runtime": digest(runtime), "test": digest(runtime, test)}
    needed = "runtime" if kind == "run" else "test"
    make_venv(VENV)
    if is_stamped(needed, wanted[needed]):
        return
    pip_install(PYTHON, runtime if needed == "runtime" else test)
    # test.txt holds all of runtime.txt at the same versions.
    for name in ("runtime", needed):
        put_stamp(name, wanted[name])


def npm() -> tuple[list[str], dict[str, str]]:
    """The machine's npm if its Node is recent enough, else one from the Python package index."""
    node, found = shutil.which("node"), shutil.which("npm")
    if node and found:
        asked = subprocess.run([node, "--version"], capture_output=True, text=True)
        major = asked.stdout.strip().lstrip("v").split(".")[0]
        works = subprocess.run([found, "--version"], capture_output=True).returncode == 0
        if asked.returncode == 0 and works and major.isdigit() and int(major) >= OLDEST_NODE:
            return [found], dict(os.environ)
    say(f"      no Node.js {OLDEST_NODE} or newer here: installing one into {NODE_VENV.name} …")
    lock = REQUIREMENTS / "node.txt"
    stamp = NODE_VENV / "stamp"
    make_venv(NODE_VENV)
    if not stamp.is_file() or stamp.read_text() != digest(lock):
        pip_install(NODE_VENV / "bin" / "python", lock)
        stamp.write_text(digest(lock))
    path = f"{NODE_VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(NODE_VENV / "bin" / "npm")], {**os.environ, "PATH": path}


def front_end() -> None:
    wanted = digest(ROOT / "package.json", ROOT / "package-lock.json", Path(__file__))
    if is_stamped("front-end", wanted) and all((VENDOR / name).is_file() for name in ASSETS.values()):
        return
    command, env = npm()
    installed = subprocess.run(
        [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if installed.returncode:
        stop(
            "npm could not install the front-end files (package-lock.json).",
            do=(
                "If it could not reach its registry: check the network, or set HTTPS_PROXY.",
                "Behind a company mirror: set NPM_CONFIG_REGISTRY to its address.",
                "Then give the same command again; finished steps are not repeated.",
            ),
            seen=installed.stdout,
        )
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in ASSETS.items():
        shutil.copyfile(ROOT / "node_modules" / source, VENDOR / name)
    put_stamp("front-end", wanted)


def main(kind: str) -> None:
    of = STEPS_OF_RUN if kind == "run" else STEPS_OF_TEST
    with one_at_a_time():
        step(1, of, f"Python {sys.version.split()[0]} in .venv")
        make_venv(VENV)
        first = not (STAMPS / "runtime").exists()
        step(2, of, "installing the locked Python packages" + (" (about a minute, once) …" if first else " …"))
        python_packages(kind)
        step(3, of, "installing the front-end files …")
        front_end()


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["test"]):
        stop("usage: prepare.py run|test", code=2)
    main(sys.argv[1])
