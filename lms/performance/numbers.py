"""What the number pages show: for each metric the three origins side by side, with the target of that week.

Claimed and confirmed numbers come from transfer activities, imported ones from a system of record. They are shown
together and never added.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from lms.people.queries import PersonRow
from lms.performance import queries
from lms.performance.field import FieldWeek, field_numbers
from lms.performance.queries import WEEK, MetricRow, Point, TargetRow

ON_TARGET, BELOW, ABOVE = "on target", "below the target", "above the target"
DAYS = 7


@dataclass(frozen=True, slots=True)
class Week:
    """One week of one metric for one person; None where there is no number of that origin.

    `is_first`: the person began after its Monday. `field_days`: how many days the reported number is about.
    """

    starts_on: date
    imported: Decimal | None
    confirmed: int | None
    claimed: int | None
    target: TargetRow | None
    is_running: bool = False
    is_first: bool = False
    field_days: int = 0

    @property
    def is_full(self) -> bool:
        return not (self.is_running or self.is_first)


@dataclass(frozen=True, slots=True)
class Panel:
    """One metric of one person over the window.

    `longer`: imported values over periods longer than a week; they have no place on a weekly axis.
    """

    metric: MetricRow
    weeks: tuple[Week, ...]
    source: str
    longer: tuple[Point, ...] = ()
    confirmed_by: tuple[str, ...] = ()

    @property
    def latest(self) -> Week | None:
        """The last full week with an imported number: neither the running nor somebody's first week is judged."""
        return next((week for week in reversed(self.weeks) if week.imported is not None and week.is_full), None)

    @property
    def target(self) -> TargetRow | None:
        return self.weeks[-1].target if self.weeks else None

    @property
    def verdict(self) -> str:
        """How the last full week stands; empty without target or reading."""
        week = self.latest
        if week is None or week.target is None or week.imported is None:
            return ""
        return verdict(week.imported, week.target, self.metric.direction)

    @property
    def has_imported(self) -> bool:
        return any(week.imported is not None for week in self.weeks)

    @property
    def has_claimed(self) -> bool:
        return any(week.claimed is not None for week in self.weeks)

    @property
    def has_confirmed(self) -> bool:
        return any(week.confirmed is not None for week in self.weeks)


@dataclass(frozen=True, slots=True)
class TeamLine:
    """One person in the team's numbers: the sum of the window and the weeks behind it."""

    person: PersonRow
    points: tuple[Point, ...]
    by_week: tuple[tuple[date, Decimal | None], ...]
    total: Decimal | None
    expected: Decimal | None
    confirmed_total: int | None
    target: TargetRow | None

    @property
    def attainment(self) -> Decimal | None:
        """Share of what the targets of those weeks asked; None without reading or target."""
        if self.total is None or not self.expected:
            return None
        return self.total / self.expected


@dataclass(frozen=True, slots=True)
class TeamTotal:
    """What the lines add up to. `attainment` is over those who have both a reading and a target (`compared`)."""

    people: int
    total: Decimal | None
    expected: Decimal | None
    confirmed_total: int | None
    attainment: Decimal | None
    compared: int


def band(target: TargetRow, direction: str) -> tuple[Decimal | None, Decimal | None]:
    """What counts as on target: the band if there is one, else at least (or at most) the value."""
    if target.low is not None or target.high is not None:
        return target.low, target.high
    return (target.value, None) if direction == "up" else (None, target.value)


def verdict(value: Decimal, target: TargetRow, direction: str) -> str:
    low, high = band(target, direction)
    if low is not None and value < low:
        return BELOW
    return ABOVE if high is not None and value > high else ON_TARGET


def panels(person: PersonRow, *, today: date, weeks: int = 26) -> tuple[Panel, ...]:
    """Every metric with any number for this person, over the last `weeks` weeks."""
    running = queries.monday(today)
    first = running - WEEK * (weeks - 1)
    imported = queries.readings([person.id], since=first - WEEK).get(person.id, {})
    field = field_numbers([person.id], first, today).get(person.id, {})
    targets = queries.targets([person.job_role])
    found = []
    for metric in queries.metrics(today):
        points = imported.get(metric.key, ())
        reported: Mapping[date, FieldWeek] = field.get(metric.number_key or "", {})
        by_week, longer = weekly(points)
        if not any(week >= first for week in by_week) and not longer and not reported:
            continue
        rows = targets.get((metric.key, person.job_role), ())
        lines = []
        for number in range(weeks):
            week = first + WEEK * number
            said = reported.get(week)
            lines.append(
                Week(
                    week,
                    by_week.get(week),
                    said.confirmed if said else None,
                    said.claimed if said else None,
                    queries.target_on(rows, week),
                    week == running,
                    person.hired_on is not None and week < person.hired_on < week + WEEK,
                    said.days if said else 0,
                )
            )
        names = sorted({name for said in reported.values() for name in said.confirmed_by if name})
        source = points[-1].source if points else ""
        found.append(Panel(metric, tuple(lines), source, longer, tuple(names)))
    return tuple(found)


def weekly(points: Iterable[Point]) -> tuple[Mapping[date, Decimal], tuple[Point, ...]]:
    """Values by Monday, and the points that are longer than a week.

    A period belongs to the week of its middle, so that weeks from Sunday find theirs. Days are added up, unless the
    whole week was recorded as well.
    """
    whole: dict[date, Decimal] = {}
    parts: dict[date, Decimal] = defaultdict(Decimal)
    longer = []
    for point in points:
        length = (point.ends_on - point.starts_on).days + 1
        week = queries.monday(point.starts_on + timedelta(days=length // 2))
        if length > DAYS:
            longer.append(point)
        elif length == DAYS:
            whole[week] = point.value
        else:
            parts[week] += point.value
    return {**parts, **whole}, tuple(longer)


def team(people: Sequence[PersonRow], metric: MetricRow, *, today: date, weeks: int = 13) -> tuple[TeamLine, ...]:
    """One metric over the last full `weeks` weeks, for those who have any number or target of it, in the order given.

    Constant number of queries.
    """
    running = queries.monday(today)
    first = running - WEEK * weeks
    ids = [person.id for person in people]
    imported = queries.readings(ids, since=first, metric_keys=[metric.key])
    field = field_numbers(ids, first, running - timedelta(days=1))
    targets = queries.targets({person.job_role for person in people})
    lines = []
    for person in people:
        points = tuple(point for point in imported.get(person.id, {}).get(metric.key, ()) if point.ends_on < running)
        rows = targets.get((metric.key, person.job_role), ())
        reported = field.get(person.id, {}).get(metric.number_key or "", {})
        if not points and not rows and not reported:
            continue
        confirmed = [week.confirmed for week in reported.values() if week.confirmed is not None]
        by_week, _ = weekly(points)
        lines.append(
            TeamLine(
                person,
                points,
                tuple((week, by_week.get(week)) for week in (first + WEEK * number for number in range(weeks))),
                sum((point.value for point in points), Decimal(0)) if points else None,
                _expected(points, rows, person.hired_on),
                sum(confirmed) if confirmed else None,
                queries.target_on(rows, running),
            )
        )
    return tuple(lines)


def _expected(points: Sequence[Point], rows: Sequence[TargetRow], hired_on: date | None) -> Decimal | None:
    """What the targets asked for exactly the periods that were read; None where one of them had no target.

    Of the period in which somebody began, the days from then on.
    """
    asked = [(queries.target_on(rows, point.starts_on), point) for point in points]
    total = Decimal(0)
    for target, point in asked:
        if target is None:
            return None
        began = hired_on if hired_on and point.starts_on < hired_on <= point.ends_on else point.starts_on
        total += target.value * ((point.ends_on - began).days + 1) / DAYS
    return total if asked else None


def team_total(lines: Sequence[TeamLine]) -> TeamTotal:
    """The row that the table adds up to."""
    totals = [line.total for line in lines if line.total is not None]
    compared = [line for line in lines if line.total is not None and line.expected is not None]
    expected = sum((line.expected for line in compared if line.expected is not None), Decimal(0))
    confirmed = [line.confirmed_total for line in lines if line.confirmed_total is not None]
    reached = sum((line.total for line in compared if line.total is not None), Decimal(0))
    return TeamTotal(
        len(lines),
        sum(totals, Decimal(0)) if totals else None,
        expected if compared else None,
        sum(confirmed) if confirmed else None,
        reached / expected if expected else None,
        len(compared),
    )
