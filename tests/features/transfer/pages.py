"""The pages of one activity through HTTP: its addresses, what its forms send, and what a page says."""

import re
from datetime import timedelta
from html import unescape

from werkzeug.test import TestResponse

from lms import clock
from lms.db import db
from lms.transfer import queries
from tests.features.transfer.stage import STEP, Story

# The worksheet of `stage.activity_step`, as a browser sends it.
FORM = {
    "f-opening": "Hello, this is Rosa Diaz.",
    "f-tone": "warm",
    "r-concerns-0-concern": "No time",
    "r-concerns-0-answer": "Two minutes?",
}
MARKS = {"mark-reason": "met", "mark-question": "not_yet", "reason-question": "Ask one thing, then wait."}
NUMBERS = {"n-calls": "40", "n-contacts": "20", "n-presentations": "8", "n-appointments": "3"}


def today(days: int = 0) -> str:
    """The company's day, or one some days from it, as a date field sends it."""
    return (clock.company_day(clock.now()) + timedelta(days=days)).isoformat()


class Pages:
    """The browsers of some people on the activity of one story. Nobody's identity leaks into another's request."""

    def __init__(self, story: Story, visit) -> None:
        self.story = story
        self._visit = visit
        self._browsers: dict = {}

    def browser(self, person):
        db.session.commit()
        if person.id not in self._browsers:
            self._browsers[person.id] = self._visit(person)
        return self._browsers[person.id]

    def work(self, tail: str = "") -> str:
        return f"/transfer/{self.story.enrollment.id}/{STEP}{tail}"

    def reviewed(self, tail: str = "") -> str:
        return f"/reviews/{self.story.activity.id}{tail}"

    def get(self, person, path: str) -> TestResponse:
        answer = self.browser(person).get(path)
        self.look_again()
        return answer

    def post(self, person, path: str, data: dict | None = None) -> TestResponse:
        answer = self.browser(person).send(path, data, page="/account")
        self.look_again()
        return answer

    def autosave(self, person, fields: dict, lock: int) -> TestResponse:
        browser = self.browser(person)
        headers = {"X-CSRFToken": browser.token_for("/account"), "Accept": "application/json"}
        path = self.work("/worksheet")
        answer = browser.post(path, json={"lock_version": lock, "fields": fields}, headers=headers)
        self.look_again()
        return answer

    def look_again(self) -> None:
        """What a request wrote is in the database; what this test's own session remembers is not that."""
        db.session.commit()
        db.session.expire_all()

    @property
    def draft(self):
        return queries.draft(self.story.activity.id)

    @property
    def moves(self) -> list[str]:
        return [row.move for row in queries.timeline(self.story.activity.id)]


def text(answer: TestResponse) -> str:
    """What a person reads: no tags, one space between words."""
    body = re.sub(r"<(script|style|template)\b.*?</\1>", " ", answer.get_data(as_text=True), flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def value_of(answer: TestResponse, name: str) -> str:
    """What stands in a control of the page."""
    page = answer.get_data(as_text=True)
    if found := re.search(rf'<textarea[^>]*name="{re.escape(name)}"[^>]*>\n?(.*?)</textarea>', page, re.S):
        return unescape(found[1])
    found = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', page)
    assert found, f"no control {name}"
    return unescape(re.search(r'value="([^"]*)"', found[0])[1])


def is_chosen(answer: TestResponse, name: str, value: str) -> bool:
    controls = re.findall(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', answer.get_data(as_text=True))
    return any(f'value="{value}"' in control and " checked" in control for control in controls)
