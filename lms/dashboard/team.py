"""One manager's team: people with their three numbers, and the managers among them with what waits on each."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from lms.dashboard import chart as charts
from lms.dashboard import queries
from lms.dashboard.queries import Count, EnrollmentLine, PersonLine
from lms.people.queries import PersonRow


@dataclass(frozen=True, slots=True)
class ManagerLine:
    """A manager among the direct reports. `people` and `waiting` cover everybody below, so that pages add up."""

    person: PersonRow
    people: int
    waiting: int
    oldest: datetime | None
    editions: tuple[EnrollmentLine, ...]


@dataclass(frozen=True, slots=True)
class TeamPage:
    managers: tuple[ManagerLine, ...]
    lines: tuple[PersonLine, ...]
    done: Count
    shown: Count
    verified: Count

    @property
    def people(self) -> int:
        return sum(line.people for line in self.managers)

    @property
    def waiting(self) -> int:
        return sum(line.waiting for line in self.managers)


def team_page(top: UUID | None, on: date) -> TeamPage:
    """The team of `top` (None: the whole company) by name; a constant number of statements."""
    chart = charts.chart_below(top, on)
    direct = chart.reports(top)
    managing = chart.managers
    leads = [person for person in direct if person.id in managing]
    members = [person for person in direct if person.id not in managing]
    lines = {line.person.id: line for line in queries.people_lines(direct)} if direct else {}
    waiting = charts.waiting_by_manager(chart, on) if leads else {}
    managers = []
    for person in leads:
        under = chart.under(person.id)
        sums = sum((waiting[key] for key in under if key in waiting), charts.NOTHING)
        editions = tuple(line for line in lines[person.id].enrollments if line.edition == "manager")
        managers.append(ManagerLine(person, len(under) - 1, sums.count, sums.oldest, editions))
    people = tuple(lines[person.id] for person in members)
    zero = Count(0, 0)
    return TeamPage(
        tuple(managers),
        people,
        sum((line.done for line in people), zero),
        sum((line.shown for line in people), zero),
        sum((line.verified for line in people), zero),
    )
