"""What several pages of learning, and those of assessment, begin or end with: a place, a lock, what opened."""

from typing import Any
from uuid import uuid4

from flask import flash, render_template
from werkzeug.exceptions import NotFound

from lms import clock
from lms.learning import pages, queries, questions, service
from lms.learning import player as player_module
from lms.learning.pages import Addresses
from lms.learning.queries import AnyEnrollment
from lms.policy import attempts, later, sequencing
from lms.policy.outline import Course, Module


def located(enrollment: AnyEnrollment, module_key: str, step_key: str) -> tuple[Course, Module, str]:
    """The course, the module and the full key of a step named by an address; 404 when there is none."""
    course = queries.course_of(enrollment)
    key = f"{module_key}/{step_key}"
    if key not in course.steps:
        raise NotFound
    return course, course.steps[key][0], key


def locked_page(enrollment: AnyEnrollment, course: Course, module: Module, key: str) -> tuple[str, int]:
    """A lock is an explanation: the content is refused, the reason is not. 403 for programs, readable for people."""
    facts = queries.facts(enrollment.id)
    steps = sequencing.resolve_module(course, facts, module.key, clock.now())
    access = steps[key] if key in steps else next(iter(steps.values()))  # a warm-up opens with its module
    found = later.step_at(course, key)
    too = sequencing.needed_too(course, module, facts.done) if access.facts.get("module") != module.key else ()
    lock = pages.lock_view(course, access, Addresses(enrollment.id), too=too)
    page = render_template(
        "learning/locked.html",
        enrollment=enrollment,
        course=course,
        module=module,
        step=found[1] if found is not None else module,
        lock=lock,
        way=Addresses(enrollment.id),
    )
    return page, 403


def check_form(player: player_module.Player) -> dict[str, Any]:
    """A chunk's questions, unanswered."""
    form = attempts.draw_check(player.chunk, version_id=str(player.enrollment.version_id), seed=player.form_seed)
    items = {item.key: item for item in attempts.on_form(form, player.chunk.items)}
    return {
        "questions": [
            questions.unanswered(number, items[shown.key], shown, player.markdown, disabled=not player.is_own)
            for number, shown in enumerate(form.items, 1)
        ],
        "client_id": uuid4(),
        "is_drawn": True,
        "checked": None,
        "problems": [],
    }


def announce(course: Course, opened: service.Opened) -> None:
    """Say what an act opened, on the page that follows."""
    for module_key in opened.modules:
        flash(f"Open now: “{course.module_by_key[module_key].title}”.", "success")
    if opened.is_satisfied:
        flash(f"You completed “{course.title}”.", "success")
