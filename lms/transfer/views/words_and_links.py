"""Small words and links that the templates of this blueprint call."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import url_for
from markupsafe import Markup

from lms import clock
from lms.catalog.markdown import render
from lms.policy.access import Permission, allows
from lms.policy.outline import Rubric, Transfer
from lms.policy.sequencing import Access
from lms.transfer import forms, queries
from lms.transfer.models import Lead
from lms.transfer.views.blueprint import bp
from lms.transfer.views.loading import Begun, Work
from lms.transfer.words import STATUS, move_words, version_name
from lms.web.formats import day
from lms.web.guards import actor
from lms.web.wording import sentence

OPENS = {
    "confirmation": "The next module opens when the manager confirms the numbers.",
    "submission": "The next module opens when the worksheet is submitted.",
    "approval": "The next module opens when the manager approves the worksheet.",
    "results": "The next module opens when the results are reported.",
}
RETURN_DAYS = 3


@bp.context_processor
def _words_and_links() -> dict[str, Any]:
    return {
        "lock_sentence": lock_sentence,
        "criterion_title": criterion_title,
        "opens_words": OPENS.get,
        "markdown": markdown,
        "markdown_of": markdown_of,
        "problem_list": lambda work, problems: forms.labelled(work.definition, problems),
        "move_words": move_words,
        "version_name": version_name,
        "status_words": lambda status: STATUS.get(status, status),
        "return_by": lambda today: clock.add_working_days(today, RETURN_DAYS).isoformat(),
        "field_until": lambda today, days: (today + timedelta(days=days)).isoformat(),
        "tally_pairs": tally_pairs,
        "may": may,
    }


@bp.app_template_filter("iso_day")
def iso_day(text: str) -> str:
    return day(date.fromisoformat(text))


def lock_sentence(access: Access) -> str:
    return sentence(access.code, **access.facts)


def criterion_title(rubric: Rubric, key: str) -> str:
    return next((one.title for one in rubric.criteria if one.key == key), key)


def markdown(work: Work, text: str, scope: str = "brief") -> Markup:
    """A text of the author, as the course's pages show it."""
    return render(
        text,
        course_version_id=work.enrollment.version_id,
        glossary=work.course.glossary,
        asset_url=lambda path: url_for("learning.asset", version_id=work.enrollment.version_id, path=path),
        step_url=lambda key: url_for("learning.trail", enrollment_id=work.enrollment.id),
        module_key=work.module.key,
        heading=3,
        scope=scope,
    )


def markdown_of(work: Work) -> Callable[[str], Markup]:
    """For macros, which know nothing of the request."""
    return partial(markdown, work, scope="worksheet")


def queue_note(row: Any) -> str:
    """Why it is here, when it is not simply one's own rep."""
    if row.capacity == "delegate":
        return "You stand in for their manager today."
    if row.capacity == "stand_in":
        return "Escalated to you: it waited too long."
    if row.group == "observe":
        return f"Observed {row.observations_done} of {row.observations_needed}."
    return ""


def tally_pairs(definition: Transfer, totals: dict[str, int]) -> list[tuple[str, int]]:
    return [(one.label, totals.get(one.key, 0)) for one in definition.numbers if one.tally]


def may(permission: str, work: Work) -> bool:
    """Whether to offer a button; the guard decides again."""
    if work.activity is None:
        return False
    return allows(actor(), Permission(permission), queries.review_subject(work.activity, clock.now()))


def leads(work: Begun) -> tuple[Lead, ...]:
    """The accounts that were handed over; none for those who may see the activity, but not its customers."""
    return queries.leads(work.activity.id) if may(Permission.TRANSFER_LEADS, work) else ()
