"""One headless Chromium for every test of a process: a second Playwright beside a running one is refused."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from scripts import browser as browsers

ARGUMENTS = [
    "--disable-dev-shm-usage",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A microphone that hums, and leave to use it: pages that may not record are kept from it by their own headers.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if reason := os.environ.get("LMS_TEST_NO_BROWSER"):
        pytest.skip(f"no browser: {reason}")
    program = os.environ.get("LMS_TEST_BROWSER") or browsers.find()
    if program is None:
        pytest.skip("no Chromium on this machine; see scripts/browser.py for ways to get one")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield running
        running.close()
