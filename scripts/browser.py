"""Finds a Chromium for the browser journeys, or installs Debian's where that is one command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
VARIABLE = "LMS_TEST_BROWSER"
HOW_TO_GET_ONE = (
    "Debian: apt-get install chromium",
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
    patterns = ("chromium*/*/chrome", "chromium*/*/headless_shell", "chromium*/*/*.app/Contents/MacOS/*")
    return tuple(str(path) for pattern in patterns for path in sorted(cache.glob(pattern), reverse=True))


def install() -> str:
    """Install Debian's Chromium if this machine lets us; an empty answer means done, else why not."""
    if shutil.which("apt-get") is None:
        return "there is no apt-get here to install one with"
    if os.geteuid() != 0:
        return "installing one with apt-get needs root"
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = ("chromium", "fonts-dejavu-core")
    for command in (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages),
    ):
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            last = (done.stdout.strip().splitlines() or ["no message"])[-1]
            return f"`{' '.join(command)}` failed: {last}"
    return ""
