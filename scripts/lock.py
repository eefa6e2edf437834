"""`make lock`: writes requirements/*.txt and package-lock.json anew from pyproject.toml and package.json.

The Python locks are universal (every supported Python and system) and hold hashes, no index and no host.
"""

import subprocess
import sys

from console import say, stop
from prepare import NODE_VENV, REQUIREMENTS, ROOT, VENV, make_venv, npm, pip_install

LOCK_VENV = ROOT / ".venv-lock"
TARGETS: dict[str, tuple[str, ...]] = {
    "runtime.txt": ("pyproject.toml",),
    "test.txt": ("pyproject.toml", "--group", "test", "--constraints", "requirements/runtime.txt"),
    "node.txt": ("--group", "node"),
    "lock.txt": ("--group", "lock"),
}


def main(upgrade: bool) -> None:
    make_venv(VENV)
    make_venv(LOCK_VENV)
    pip_install(LOCK_VENV / "bin" / "python", REQUIREMENTS / "lock.txt")
    for name, sources in TARGETS.items():
        say(f"requirements/{name}")
        written = subprocess.run(
            [
                *(str(LOCK_VENV / "bin" / "uv"), "pip", "compile", "--quiet", *sources),
                *("--universal", "--python-version", "3.11", "--generate-hashes", "--only-binary", ":all:"),
                *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
                *(("--upgrade",) if upgrade else ()),
                *("--output-file", f"requirements/{name}"),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if written.returncode:
            stop(f"requirements/{name} could not be resolved.", seen=written.stdout)
        if "://" in (REQUIREMENTS / name).read_text():
            stop(f"requirements/{name} names a host; it must hold versions and hashes only.")
    say("package-lock.json")
    command, env = npm()
    locked = subprocess.run(
        [*command, "install", "--package-lock-only", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if locked.returncode:
        stop("package-lock.json could not be resolved.", seen=locked.stdout)
    if "://" in (ROOT / "package-lock.json").read_text():
        stop("package-lock.json names a host; .npmrc should have left it out.")
    say(f"Written. Tools stay in {LOCK_VENV.name} and, if it was needed, {NODE_VENV.name}.")


if __name__ == "__main__":
    main(upgrade=sys.argv[1:] == ["--upgrade"])
