"""A person with a browser: every page they come to is checked by axe (in the SQLite half), and may be kept as a
picture.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.conftest import ON_POSTGRES
from tests.journeys.site import PASSWORD

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1280, "height": 900}}
PICTURES = os.environ.get("LMS_TEST_PICTURES")


class Reader:
    """One person at one screen. `seen` holds the pages that were looked at."""

    def __init__(self, browser: Browser, site_url: str, key: str, screen: dict[str, Any]) -> None:
        self.key = key
        self.url = site_url
        self.has_script = screen.get("java_script_enabled", True)  # axe is a script itself
        self.context: BrowserContext = browser.new_context(base_url=site_url, **screen)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.seen: set[str] = set()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console", lambda message: self.errors.append(message.text) if "Content Security" in message.text else None
        )

    def sign_in(self) -> "Reader":
        self.page.goto("/sign-in")
        self.look("sign-in")
        self.page.get_by_label("E-mail").or_(self.page.get_by_label("Email")).fill(f"{self.key}@example.com")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        return self

    def go(self, path: str, name: str = "") -> None:
        self.page.goto(path)
        if name:
            self.look(name)

    def look(self, name: str) -> None:
        """Run axe on the page as it stands, once for each name; keep a picture where wanted."""
        if name in self.seen or not self.has_script:
            return
        self.seen.add(name)
        self.page.wait_for_load_state()
        if ON_POSTGRES:  # the pages are the same on both databases, and axe takes longer than the page
            return
        found = Axe().run(self.page).response["violations"]
        wrong = [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found]
        assert not wrong, f"{self.key} at {self.page.url} ({name}): {wrong}"
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{PICTURES}/{self.key}-{name}.png", full_page=True)

    def press(self, name: str, *, exact: bool = True) -> None:
        self.page.get_by_role("button", name=name, exact=exact).first.click()
        self.page.wait_for_load_state()

    def follow(self, name: str, *, exact: bool = True) -> None:
        self.page.get_by_role("link", name=name, exact=exact).first.click()
        self.page.wait_for_load_state()

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()

    def close(self) -> None:
        self.context.close()
        assert not self.errors, self.errors


Open = Callable[..., Reader]
