"""Weeks, verdicts and sums: what the number pages are made of."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from lms.people import queries as people
from lms.performance import drawings, numbers, queries
from lms.performance.queries import Point, TargetRow
from tests.features.performance.samples import AT, RUNNING, WEEK, apply, sheet, targets, weekly
from tests.features.transfer.stage import Story

TODAY = AT.date()
MONDAY = date(2026, 3, 2)


def target(value=10, low=None, high=None):
    return TargetRow("calls", "sdr", date(2026, 1, 1), *(x if x is None else Decimal(x) for x in (value, low, high)))


@pytest.mark.parametrize(
    ("value", "goal", "direction", "said"),
    [
        (9, target(), "up", numbers.BELOW),
        (10, target(), "up", numbers.ON_TARGET),
        (99, target(), "up", numbers.ON_TARGET),
        (7, target(10, 8, 16), "up", numbers.BELOW),
        (8, target(10, 8, 16), "up", numbers.ON_TARGET),
        (16, target(10, 8, 16), "up", numbers.ON_TARGET),
        (17, target(10, 8, 16), "up", numbers.ABOVE),
        (9, target(), "down", numbers.ON_TARGET),
        (11, target(), "down", numbers.ABOVE),
        (0, target(10, None, 12), "down", numbers.ON_TARGET),
        (13, target(10, None, 12), "down", numbers.ABOVE),
    ],
)
def test_verdict(value, goal, direction, said):
    assert numbers.verdict(Decimal(value), goal, direction) == said


def point(starts, days, value):
    return Point(starts, starts + timedelta(days=days - 1), Decimal(value))


@pytest.mark.parametrize(
    ("points", "by_week", "longer"),
    [
        ([point(MONDAY, 7, 5)], {MONDAY: 5}, 0),
        ([point(MONDAY - timedelta(days=1), 7, 5)], {MONDAY: 5}, 0),  # a week from Sunday
        ([point(MONDAY + timedelta(days=n), 1, 1) for n in range(5)], {MONDAY: 5}, 0),
        ([point(MONDAY, 1, 1), point(MONDAY, 7, 9)], {MONDAY: 9}, 0),  # the whole week was recorded as well
        ([point(MONDAY, 1, 1), point(MONDAY + WEEK, 1, 2)], {MONDAY: 1, MONDAY + WEEK: 2}, 0),
        ([point(date(2026, 3, 1), 31, 80)], {}, 1),
    ],
)
def test_which_week_a_value_belongs_to(points, by_week, longer):
    found, rest = numbers.weekly(points)
    assert (dict(found), len(rest)) == (by_week, longer)


@pytest.fixture
def rosa_row(rosa):
    return people.person(rosa.id)


def panel(person, key="calls", **more):
    found = {one.metric.key: one for one in numbers.panels(person, today=TODAY, **more)}
    return found.get(key)


@pytest.mark.usefixtures("metrics")
def test_the_running_week_is_drawn_and_not_judged(rosa, rosa_row):
    apply(targets(("sdr", "calls", "2026-01-05", 100, "", "")), kind="targets")
    apply(weekly(rosa, "calls", [120, 3], last=RUNNING))
    found = panel(rosa_row)
    assert found.weeks[-1].imported == 3
    assert (found.latest.imported, found.verdict) == (120, numbers.ON_TARGET)


@pytest.mark.usefixtures("metrics")
def test_the_week_in_which_somebody_began_is_drawn_and_not_judged(rosa, rosa_row):
    apply(targets(("sdr", "calls", "2026-01-05", 100, "", "")), kind="targets")
    apply(weekly(rosa, "calls", [30, 120]))
    first = RUNNING - 2 * WEEK
    for hired_on, judged in ((first + timedelta(days=3), 120), (RUNNING - timedelta(days=4), 30)):
        found = panel(replace(rosa_row, hired_on=hired_on))
        assert found.latest.imported == judged
        assert sum(week.is_first for week in found.weeks) == 1
    (line,) = numbers.team([replace(rosa_row, hired_on=first + timedelta(days=3))], calls(), today=TODAY)
    assert round(line.expected, 2) == round(Decimal(100) * 4 / 7 + 100, 2)


@pytest.mark.usefixtures("metrics")
def test_a_week_is_judged_by_the_target_of_that_week(rosa, rosa_row):
    apply(targets(("sdr", "calls", "2026-01-05", 100, "", ""), ("sdr", "calls", RUNNING, 200, "", "")), kind="targets")
    apply(weekly(rosa, "calls", [120]))
    found = panel(rosa_row)
    assert (found.latest.target.value, found.target.value) == (100, 200)
    assert found.verdict == numbers.ON_TARGET


@pytest.mark.usefixtures("metrics")
def test_a_metric_without_numbers_is_not_shown_and_gaps_stay_gaps(rosa, rosa_row):
    apply(sheet(("person", "starts_on", "calls"), (rosa.email, "2026-02-23", 5), (rosa.email, "2026-03-09", 0)))
    assert panel(rosa_row, "appointments") is None
    values = [week.imported for week in panel(rosa_row, weeks=13).weeks]
    assert values[-4:] == [5, None, 0, None]
    assert values[:-4] == [None] * 9


@pytest.mark.usefixtures("metrics")
def test_without_target_or_reading_there_is_no_verdict(rosa, rosa_row):
    apply(weekly(rosa, "calls", [120]))
    assert panel(rosa_row).verdict == ""


@pytest.mark.usefixtures("metrics")
class TestFieldNumbers:
    @pytest.fixture
    def story(self, cast):
        return Story(cast).to_results()

    def week(self, story, key="calls"):
        row = people.person(story.rep.id)
        return {week.starts_on: week for week in panel(row, key).weeks}[queries.monday(story.today)]

    def test_reported_numbers_are_claimed_until_confirmed(self, story):
        assert (self.week(story).claimed, self.week(story).confirmed) == (40, None)
        panel_now = panel(people.person(story.rep.id))
        days = self.week(story).field_days
        assert 0 < days < 7
        assert f"exercise of {days} day" in drawings.chart(panel_now, rep="Rosa", source="CRM")
        story.verified()
        assert (self.week(story).claimed, self.week(story).confirmed) == (40, 40)

    def test_corrected_numbers_stand_beside_what_was_claimed(self, story):
        story.verified(corrected={"appointments": 2})
        week = self.week(story, "appointments")
        assert (week.claimed, week.confirmed) == (3, 2)
        assert panel(people.person(story.rep.id)).confirmed_by == ("Milo Hart",)

    def test_a_queried_report_is_in_doubt_and_not_shown(self, story):
        story.queried()
        assert panel(people.person(story.rep.id)) is None
        story.reported(numbers={"calls": 38, "contacts": 20, "presentations": 8, "appointments": 3})
        assert self.week(story).claimed == 38

    def test_they_are_never_added_to_what_was_imported(self, story):
        story.verified()
        apply(weekly(story.rep, "calls", [186], last=queries.monday(story.today)))
        week = self.week(story)
        assert (week.imported, week.confirmed, week.claimed) == (186, 40, 40)
        (line,) = numbers.team([people.person(story.rep.id)], calls(), today=TODAY)
        assert (line.total, line.confirmed_total) == (186, 40)


def calls():
    return {metric.key: metric for metric in queries.metrics(AT.date())}["calls"]


@pytest.mark.usefixtures("metrics")
class TestTeam:
    @pytest.fixture
    def lines(self, cast):
        apply(targets(("sdr", "calls", "2026-01-05", 100, "", "")), kind="targets")
        apply(weekly(cast.rosa, "calls", [90, 120, 5], last=RUNNING))
        apply(weekly(cast.nils, "calls", [50]))
        apply(weekly(cast.otis, "calls", [7]))  # his job role has no target
        team = [people.person(one.id) for one in (cast.nils, cast.rosa, cast.otis, cast.olga, cast.enid)]
        return numbers.team(team, calls(), today=TODAY)

    def test_sums_of_full_weeks_and_what_was_expected_of_exactly_those(self, lines):
        found = {line.person.name: (line.total, line.expected, line.attainment) for line in lines}
        assert found == {
            "Nils Berg": (50, 100, Decimal("0.5")),
            "Rosa Diaz": (210, 200, Decimal("1.05")),
            "Otis Grey": (7, None, None),
            "Olga Wirth": (None, None, None),
        }

    def test_the_total_adds_up(self, lines):
        total = numbers.team_total(lines)
        assert (total.people, total.total, total.expected, total.compared) == (4, 267, 300, 2)
        assert total.attainment == Decimal(260) / 300

    def test_nothing_adds_up_to_nothing(self):
        total = numbers.team_total(())
        assert (total.people, total.total, total.expected, total.attainment) == (0, None, None, None)

    def test_a_month_is_expected_to_be_a_month(self, rosa):
        apply(targets(("sdr", "calls", "2026-01-05", 70, "", "")), kind="targets")
        apply(sheet(("person", "starts_on", "ends_on", "calls"), (rosa.email, "2026-02-01", "2026-02-28", 280)))
        (line,) = numbers.team([people.person(rosa.id)], calls(), today=TODAY)
        assert (line.total, line.expected, line.attainment) == (280, 280, 1)
