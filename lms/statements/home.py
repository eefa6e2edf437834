"""Whose statements these are: one address, from which every id of a person or an activity is derived.

Set once per application from the settings (`views.init_app`), so that no service reads settings.
"""

from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app

from lms.statements.events import Place, Thing

EXTENSION = "fieldwork-statements"


@dataclass(frozen=True, slots=True)
class Home:
    """`base` is the address people type, with no slash at its end; also the home page of every account."""

    base: str

    def account(self, name: str) -> dict[str, str]:
        return {"homePage": self.base, "name": name}

    def course_line(self, course: Thing) -> str:
        """All versions of a course."""
        return f"{self.base}/xapi/activities/courses/{course.key}"

    def course(self, course: Thing) -> str:
        """Changed content is a different activity, so the version is part of the id."""
        return f"{self.course_line(course)}/v{course.version}"

    def module(self, place: Place) -> str:
        return f"{self.course(place.course)}/modules/{_part(place.module)}"

    def step(self, place: Place) -> str:
        return f"{self.module(place)}/steps/{_part(place.step)}"

    def check(self, place: Place) -> str:
        """The questions at the end of a chunk, which is an activity of its own."""
        return f"{self.step(place)}/check"

    def item_line(self, place: Place, item: Thing) -> str:
        """All versions of a question."""
        return f"{self.course_line(place.course)}/items/{item.key}"

    def item(self, place: Place, item: Thing) -> str:
        return f"{self.item_line(place, item)}/v{item.version}"

    def card(self, place: Place, item: Thing) -> str:
        """The card that brings a question back, the same for all versions of it."""
        return f"{self.item_line(place, item)}/card"

    def objective(self, place: Place, objective: Thing) -> str:
        return f"{self.course_line(place.course)}/objectives/{objective.key}"

    def submission(self, activity_id: UUID, revision: int | None) -> str:
        """One id per revision of one person's worksheet."""
        return f"{self.base}/xapi/activities/transfers/{activity_id}/submissions/{revision or 0}"

    def worksheet(self, activity_id: UUID) -> str:
        return f"{self.base}/xapi/activities/transfers/{activity_id}/results"

    def performance(self, activity_id: UUID) -> str:
        return f"{self.base}/xapi/activities/transfers/{activity_id}/performance"


def install(app: Flask, base_url: str) -> None:
    app.extensions[EXTENSION] = Home(base_url.rstrip("/"))


def current() -> Home:
    """The home of the application at work."""
    home: Home = current_app.extensions[EXTENSION]
    return home


def _part(thing: Thing | None) -> str:
    if thing is None:
        raise ValueError("this event must say in which module and step it happened")
    # Some callers know a step by its full key, "module/step".
    return thing.key.rsplit("/", 1)[-1]
