"""The metric catalog as an admin keeps it: from an empty company to a second version, out of use and back."""

from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from lms.db import db
from lms.performance import queries
from lms.performance.models import Metric, Reading
from lms.statements.models import LedgerEntry
from tests.features.performance.samples import AT, apply, sheet

LIST, NEW = "/admin/metrics", "/admin/new-metric"
MEETINGS = {
    "name": "First meetings held",
    "definition": "First meetings that took place in the week.",
    "kind": "activity",
    "timing": "lead",
    "direction": "up",
    "decimals": "0",
    "number_key": "",
    "effective_on": "2026-03-02",
    "key": "first_meetings",
    "unit": "meetings",
}
PAGE = f"{LIST}/first_meetings"


def words(answer) -> str:
    return unescape(answer.get_data(as_text=True))


@pytest.fixture
def browser(visit, enid, wednesday):
    return visit(enid)


@pytest.fixture
def meetings(browser):
    assert browser.send(NEW, MEETINGS).status_code == 303
    return browser


def changed(browser, seen=1, **parts):
    return browser.send(f"{PAGE}/versions", {**MEETINGS, "seen": seen, **parts}, page=PAGE)


def told() -> list[str]:
    rows = db.session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "metric_changed").order_by(LedgerEntry.seq))
    return [f"{row.facts['change']} {row.facts['name']}" for row in rows]


def test_a_company_without_metrics_begins_with_those_that_come_along(browser):
    page = words(browser.get(LIST))
    assert "No metric is defined yet" in page
    assert "Import readings" not in page, "there is nothing to import for"
    assert browser.send(f"{NEW}/shipped", {}, page=LIST).location == LIST
    page = words(browser.get(LIST))
    assert "8 metrics were added." in page
    assert '<a href="/admin/metrics/calls">Calls made</a>' in page
    assert len(told()) == 8
    browser.send(f"{NEW}/shipped", {}, page=NEW)
    assert len(queries.metrics(AT.date())) == 8


def test_a_metric_is_added_and_files_may_name_it(meetings, rosa):
    assert "First meetings held is a metric now. Files name it first_meetings." in words(meetings.get(PAGE))
    assert told() == ["added First meetings held"]
    apply(sheet(("person", "starts_on", "first_meetings"), (rosa.email, "2026-03-02", 3)))
    assert db.session.scalars(select(Reading.metric_version)).all() == [1]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"key": "First meetings"}, "“First meetings” cannot be the heading of a column"),
        ({"key": "value"}, "“value” cannot be the heading of a column"),
        ({"key": "first_meetings"}, "belongs to another metric"),
        ({"name": " "}, "Give the metric a name."),
        ({"unit": ""}, "Write the unit."),
        ({"definition": ""}, "Write what is counted."),
        ({"effective_on": "soon"}, "must be a date such as"),
        ({"kind": "charm"}, "Not a valid choice"),
        ({"number_key": "a b"}, "This is a key"),
    ],
)
def test_what_cannot_be_a_metric_is_said_beside_what_was_typed(meetings, part, said):
    answer = meetings.send(NEW, {**MEETINGS, "key": "other", **part})
    assert answer.status_code == 422
    assert said in words(answer)
    assert "First meetings that took place" in words(answer) or "definition" in part
    assert len(db.session.scalars(select(Metric.id)).all()) == 1


def test_a_changed_definition_holds_from_its_day_on(meetings, rosa):
    answer = changed(
        meetings, definition="First meetings that took place and were in both calendars.", effective_on="2026-03-23"
    )
    assert (answer.status_code, answer.location) == (303, PAGE)
    page = words(meetings.get(PAGE))
    assert "Version 2 holds from Mon, Mar 23 on." in page
    assert ("in force" in page, "to come" in page) == (True, True)
    assert 'value="2026-03-23"' in page, "the next version begins then or later"
    assert [metric.version for metric in queries.metrics(AT.date())] == [1], "it is Wednesday the 18th"
    assert [metric.version for metric in queries.metrics(date(2026, 3, 23))] == [2]
    # An earlier week that comes late is still counted as it was to be counted then.
    rows = [(rosa.email, day, 3) for day in ("2026-03-16", "2026-03-23")]
    apply(sheet(("person", "starts_on", "first_meetings"), *rows), at=AT + timedelta(days=14))
    assert db.session.scalars(select(Reading.metric_version).order_by(Reading.starts_on)).all() == [1, 2]
    assert told() == ["added First meetings held", "changed First meetings held"]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({}, "This is what the newest version says already."),
        ({"name": "Meetings", "effective_on": "2026-03-01"}, "Version 1 begins on Mon, Mar 2."),
        ({"name": "Meetings", "seen": 3}, "version 1 is the newest now"),
        ({"name": ""}, "Give the metric a name."),
    ],
)
def test_a_change_that_is_none_is_refused_in_words(meetings, parts, said):
    answer = changed(meetings, **parts)
    assert answer.status_code == 422
    assert said in words(answer)
    assert [metric.version for metric in queries.metric_history("first_meetings")] == [1]


def test_a_metric_goes_out_of_use_and_comes_back(meetings):
    changed(meetings, name="Meetings")
    meetings.send(f"{PAGE}/retirement", {}, page=PAGE)
    assert queries.metrics(AT.date()) == (), "no earlier version takes its place"
    assert "Not used any more" in words(meetings.get(LIST))
    page = words(meetings.get(PAGE))
    assert "Change the definition" not in page
    assert "Its readings and targets stay on record" in page
    assert changed(meetings, seen=2).status_code == 422
    assert meetings.send(f"{PAGE}/retirement", {}, page=PAGE).status_code == 409
    meetings.send(f"{PAGE}/revival", {}, page=PAGE)
    assert [metric.version for metric in queries.metrics(AT.date())] == [2]
    assert told()[-2:] == ["retired Meetings", "took up again Meetings"]


def test_a_metric_that_nobody_defined_is_not_there(browser):
    assert browser.get(f"{LIST}/charm").status_code == 404


def test_the_shipped_definition_is_offered_where_it_differs(browser):
    browser.send("/admin/new-metric/shipped", {}, page="/account")
    assert "comes with another definition" not in browser.get("/admin/metrics/calls").text
    form = {"name": "Dials", "definition": "Ours.", "kind": "activity", "timing": "lead", "direction": "up"}
    more = {"decimals": "0", "number_key": "calls", "effective_on": "2030-01-07", "seen": "1"}
    assert browser.send("/admin/metrics/calls/versions", form | more, page="/account").status_code == 303
    page = browser.get("/admin/metrics/calls")
    assert "comes with another definition" in page.text
    assert 'value="Dials"' in page.text
    assert 'value="Calls made"' in browser.get("/admin/metrics/calls?begin_with=shipped").text
