"""Finds a Chromium for the browser journeys, or installs Debian's where that is one command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The headless shell first: without the windows and tabs that a test never sees, the tests cost a third less.
SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
NAMES = (
    *SHELLS,
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"),
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
VARIABLE = "LMS_TEST_BROWSER"
INSTALLING = ("install", "-y", "--no-install-recommends")
HOW_TO_GET_ONE = (
    "Debian: apt-get install chromium-headless-shell",
    "elsewhere: .venv/bin/playwright install chromium, or install Chrome",
    f"or name one that is already there: make test {VARIABLE}=/path/to/chrome",
    "or leave the browser journeys out on purpose: make test WITHOUT_BROWSER=1",
)


def find() -> str | None:
    if named := os.environ.get(VARIABLE):
        return named if os.access(named, os.X_OK) else None
    for name in NAMES:
        if found := shutil.which(name):
            return found
    for place in (*PLACES, *playwrights_own()):
        if os.access(place, os.X_OK):
            return place
    return None


def playwrights_own() -> tuple[str, ...]:
    if sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches" / "ms-playwright"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ms-playwright"
    shells = ("chromium*/*/headless_shell", "chromium*/*/chrome-headless-shell")
    patterns = (*shells, "chromium*/*/chrome", "chromium*/*/*.app/Contents/MacOS/*")
    return tuple(str(path) for pattern in patterns for path in sorted(cache.glob(pattern), reverse=True))


def install() -> str:
    """Install Debian's Chromium if this machine lets us; an empty answer means done, else why not."""
    if shutil.which("apt-get") is None:
        return "there is no apt-get here to install one with"
    if os.geteuid() != 0:
        return "installing one with apt-get needs root"
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if problem := apt_get(env, "update"):
        return problem
    # Releases from before 2025 have the whole browser only.
    problem = apt_get(env, *INSTALLING, "chromium-headless-shell", "fonts-dejavu-core")
    return problem and apt_get(env, *INSTALLING, "chromium", "fonts-dejavu-core")


def apt_get(env: dict[str, str], *command: str) -> str:
    whole = ("apt-get", "-qq", *command)
    done = subprocess.run(whole, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0:
        return ""
    last = (done.stdout.strip().splitlines() or ["no message"])[-1]
    return f"`{' '.join(whole)}` failed: {last}"
