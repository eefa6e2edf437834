"""Pages of the statement browser: the filters of its list as they were typed, and one statement."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from flask import Request, render_template, url_for
from werkzeug.wrappers import Response

from lms import clock
from lms.dashboard import browser
from lms.dashboard.browser import PAGE
from lms.errors import RuleViolation
from lms.lrs.queries import Filter
from lms.web.formats import zone
from lms.web.wording import sentence

NAMES = ("person", "verb", "activity", "registration", "since", "until")
LONGEST_TYPED = 500
# How the page says what was searched for.
SAID = {
    "person": "person",
    "verb": "verb",
    "activity": "activity",
    "registration": "registration",
    "since": "stored since",
    "until": "stored until",
    "related": "also where it is only mentioned",
}

Read = TypeVar("Read")


def page(request: Request) -> tuple[str, int]:
    given: dict[str, Any] = {name: request.args.get(name, "")[:LONGEST_TYPED] for name in NAMES}
    given["related"] = request.args.get("related") == "yes"
    wrong: dict[str, str] = {}

    def read(name: str, parse: Callable[[str], Read]) -> Read | None:
        try:
            return parse(given[name])
        except RuleViolation as refused:
            wrong[name] = sentence(refused.code, **refused.facts)
            return None

    wanted = Filter(
        agent=read("person", browser.agent_named),
        verb=read("verb", browser.verb_named),
        activity=read("activity", browser.activity_named),
        registration=read("registration", browser.registration_named),
        # `since` is exclusive and `until` inclusive in xAPI; a day here means all of it.
        since=read("since", lambda text: _before(text, days=-1)),
        until=read("until", lambda text: _before(text, days=0)),
        related_agents=given["related"],
        related_activities=given["related"],
        limit=PAGE,
        after=request.args.get("after", type=_position),
    )
    found = browser.Listing((), None) if wrong else browser.listing(wanted)
    asked = {name: value for name, value in given.items() if value and name != "related"}
    if given["related"]:
        asked["related"] = "yes"
    body = render_template(
        "dashboard/statements.html",
        given=given,
        wrong=wrong,
        problems=list(wrong.items()),
        is_filtered=bool(asked),
        searched=", ".join(
            SAID[name] if name == "related" else f"{SAID[name]} {value}" for name, value in asked.items()
        ),
        verbs=sorted(set(browser.SEARCHED.values())),
        lines=found.lines,
        earlier=url_for(".statements", **asked, after=found.after) if found.after is not None else None,
        newest=url_for(".statements", **asked) if wanted.after is not None else None,
    )
    return body, 422 if wrong else 200


def one(found: browser.Reading) -> str:
    person = found.line.person
    return render_template(
        "dashboard/stored_statement.html",
        line=found.line,
        facts=found.facts,
        text=found.text,
        is_cut=found.is_cut,
        is_voided=found.is_voided,
        voided_by=found.voided_by,
        is_own=found.is_own,
        person=person if len(person) <= LONGEST_TYPED else "",
    )


def as_kept(body: str, statement_id: UUID) -> Response:
    answer = Response(body, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="statement-{statement_id}.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _before(text: str, *, days: int) -> datetime | None:
    """The last instant of the day that was typed, or of one `days` later, where the reader is."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip()) + timedelta(days=days)
        return clock.end_of_day(day, zone()) - timedelta(microseconds=1)
    except (ValueError, OverflowError) as wrong:
        raise RuleViolation("day_unknown", text=text[:40]) from wrong


def _position(text: str) -> int:
    """Where a page begins; a number that no column holds is none."""
    value = int(text) if len(text) < 20 else 0
    if not 0 < value < 2**63:
        raise ValueError(text)
    return value
