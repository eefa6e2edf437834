"""Readings and targets from a file: first a report of everything, then all of it or nothing."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from uuid import UUID

from lms.performance.queries import MetricRow, monday, version_on
from lms.policy.tabular import Problem, Row, Table, read_table

FAR = Decimal("1e12")
LONGEST_PERIOD = timedelta(days=366)
FINEST = Decimal("0.0001")  # what is kept
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)
Period = tuple[UUID, str, date, date]  # person, metric, first day, last day
WIDE_FIXED = ("person", "starts_on", "ends_on")
LONG = (*WIDE_FIXED, "metric", "value")


@dataclass(frozen=True, slots=True)
class NewReading:
    user_id: UUID
    metric_key: str
    metric_version: int
    starts_on: date
    ends_on: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class NewTarget:
    metric_key: str
    job_role: str
    effective_on: date
    value: Decimal
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class Correction:
    """A value that differs from what is on record for the same person, metric and period."""

    row: int
    person: str
    metric_key: str
    starts_on: date
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a file would do. With problems nothing may be applied."""

    problems: tuple[Problem, ...]
    row_count: int
    readings: tuple[NewReading, ...] = ()
    targets: tuple[NewTarget, ...] = ()
    corrections: int = 0
    unchanged: int = 0
    people: int = 0
    replaced: tuple[Correction, ...] = ()
    notices: tuple[Problem, ...] = ()  # to be read before applying; they stop nothing

    @property
    def added(self) -> int:
        return len(self.readings) + len(self.targets) - self.corrections


@dataclass
class _Collector:
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)

    def add(self, row: Row, column: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(row.number, column, message, hint))

    def day(self, row: Row, column: str) -> date | None:
        try:
            found = date.fromisoformat(row[column])
        except ValueError:
            self.add(row, column, f"“{row[column]}” is not a date.", "Write it as 2026-03-02.")
            return None
        if not EARLIEST <= found <= LATEST:
            self.add(row, column, f"{row[column]} is not a likely day.", "Look at the year.")
            return None
        return found

    def decimal(self, row: Row, column: str) -> Decimal | None:
        text = row[column]
        try:
            value = Decimal(text)
        except InvalidOperation:
            self.add(row, column, f"“{text}” is not a number.", "Use digits and a point: 1234.5")
            return None
        if value.is_nan() or abs(value) >= FAR:
            self.add(row, column, f"“{text}” is out of range.", "Values must be below 1,000,000,000,000.")
            return None
        if value != value.quantize(FINEST):
            self.add(row, column, f"“{text}” has more than 4 decimals.", f"Round it: {value.quantize(FINEST)}")
            return None
        return value.quantize(FINEST) if value.as_tuple().exponent < -4 else value  # type: ignore[operator]


def check_readings(
    data: bytes,
    *,
    people: Mapping[str, UUID],
    metrics: Mapping[str, tuple[MetricRow, ...]],
    known: Mapping[Period, Decimal],
    today: date,
) -> DryRun:
    """Dry run of readings: `person,metric,starts_on[,ends_on],value`, or wide with one column per metric.

    `people` maps lower-case e-mail addresses and external keys; `metrics` has every version of each, of which the one
    in force on the first day counts; `known` is the value now on record. A week is assumed when `ends_on` is absent.
    """
    table = read_table(data, required=("person", "starts_on"), optional=None)
    found = _Collector(list(table.problems))
    is_long = "metric" in table.columns or "value" in table.columns
    if is_long:
        _check_long_headings(table, found)
    else:
        _check_metric_headings(table, metrics, found)
    if found.problems:
        return DryRun(tuple(found.problems), len(table.rows))
    readings: dict[Period, tuple[int, NewReading]] = {}
    for row in table.rows:
        for reading, column in _row_readings(row, table, is_long, people, metrics, today, found):
            key = (reading.user_id, reading.metric_key, reading.starts_on, reading.ends_on)
            if key in readings:
                found.add(
                    row,
                    column,
                    f"The same person, metric and period is in row {readings[key][0]} already.",
                    "Keep one of the two rows.",
                )
            else:
                readings[key] = (row.number, reading)
    changed = {key: reading for key, (_, reading) in readings.items() if known.get(key) != reading.value}
    rows = {row.number: row for row in table.rows}
    _check_overlaps({key: rows[readings[key][0]] for key in changed}, readings, known, found)
    typed = {row.number: row["person"] for row in table.rows}
    return DryRun(
        problems=tuple(found.problems),
        row_count=len(table.rows),
        readings=tuple(changed.values()),
        replaced=tuple(
            Correction(row, typed[row], reading.metric_key, reading.starts_on, known[key], reading.value)
            for key, (row, reading) in readings.items()
            if key in changed and key in known
        ),
        corrections=sum(key in known for key in changed),
        unchanged=len(readings) - len(changed),
        people=len({key[0] for key in readings}),
        notices=tuple(found.notices),
    )


def _check_overlaps(
    new: Mapping[Period, Row],
    readings: Mapping[Period, tuple[int, NewReading]],
    known: Mapping[Period, Decimal],
    found: _Collector,
) -> None:
    """Two periods of one person and metric may not share a day: it would count twice.

    A period with the value 0 counts nothing, so that a wrong period on record can be emptied and then replaced.
    """
    values = {**known, **{key: reading.value for key, (_, reading) in readings.items()}}
    told: set[Period] = set()
    before: Period | None = None
    for key in sorted((key for key, value in values.items() if value), key=_place):
        if before is not None and before[:2] == key[:2] and key[2] <= before[3]:
            # Said once for each row of the file, and never for what is on record anyway.
            ours, other = (key, before) if key in new else (before, key)
            if ours in new and ours not in told:
                told.add(ours)
                where, hint = _where(other, readings)
                found.add(new[ours], "starts_on", f"{_days(ours)} overlaps {_days(other)}, {where}.", hint)
        if before is None or before[:2] != key[:2] or key[3] > before[3]:
            before = key


def _place(key: Period) -> tuple[str, str, date, date]:
    return str(key[0]), *key[1:]


def _days(key: Period) -> str:
    return f"{key[2]} to {key[3]}"


def _where(other: Period, readings: Mapping[Period, tuple[int, NewReading]]) -> tuple[str, str]:
    """Where the other period stands, and how to mend it."""
    if other in readings:
        return f"row {readings[other][0]}", "Give each day to one of the two periods."
    return "which is on record", "Use that period, or first import it with the value 0, which empties it."


def _check_long_headings(table: Table, found: _Collector) -> None:
    for name in ("metric", "value"):
        if name not in table.columns:
            found.problems.append(Problem(1, name, f"The column “{name}” is missing.", "Add it to the headings."))
    for name in table.columns:
        # A column that nobody reads would be a promise: “end_on” for “ends_on” makes a month a week.
        if name not in LONG:
            near = get_close_matches(name, LONG, n=1)
            hint = f"Did you mean “{near[0]}”?" if near else "Take the column away."
            found.problems.append(Problem(1, name, f"The heading “{name}” is not known.", hint))


def _check_metric_headings(table: Table, metrics: Collection[str], found: _Collector) -> None:
    columns = [name for name in table.columns if name not in WIDE_FIXED]
    if not columns and not found.problems:
        found.problems.append(
            Problem(1, "", "No column holds values.", "Add columns metric and value, or one column per metric.")
        )
    for name in columns:
        if name not in metrics:
            near = get_close_matches(name, metrics, n=1)
            hint = f"Did you mean “{near[0]}”?" if near else f"Known metrics: {', '.join(sorted(metrics))}."
            found.problems.append(Problem(1, name, f"No metric has the key “{name}”.", hint))


def _row_readings(
    row: Row,
    table: Table,
    is_long: bool,
    people: Mapping[str, UUID],
    metrics: Mapping[str, tuple[MetricRow, ...]],
    today: date,
    found: _Collector,
) -> Iterator[tuple[NewReading, str]]:
    user_id = people.get(row["person"].lower())
    if user_id is None:
        near = get_close_matches(row["person"].lower(), people, n=1, cutoff=0.8)
        hint = f"Did you mean “{near[0]}”?" if near else "Use the e-mail address or the key of a person on file."
        found.add(row, "person", f"Nobody is known as “{row['person']}”.", hint)
    starts_on = found.day(row, "starts_on")
    ends_on = found.day(row, "ends_on") if row["ends_on"] else starts_on and starts_on + timedelta(days=6)
    if starts_on and ends_on and ends_on < starts_on:
        found.add(row, "ends_on", f"{ends_on} is before {starts_on}.", "Swap the two dates.")
        return
    if starts_on and ends_on and ends_on - starts_on >= LONGEST_PERIOD:
        found.add(row, "ends_on", f"{starts_on} to {ends_on} is longer than a year.", "Split it into weeks or months.")
        return
    if starts_on and starts_on > today:
        hint = f"Today is {today}. Look at the year, or wait for it."
        found.add(row, "starts_on", f"{starts_on} has not come yet, so nothing was counted on it.", hint)
        return
    if starts_on and ends_on:
        _notice(row, starts_on, ends_on, today, found)
    cells = (
        [(row["metric"], "value")]
        if is_long
        else [(name, name) for name in table.columns if name not in WIDE_FIXED and row[name]]
    )
    for metric_key, column in cells:
        versions = metrics.get(metric_key)
        metric = version_on(versions, starts_on or date.max) if versions else None
        if metric is None:
            near = get_close_matches(metric_key, metrics, n=1)
            hint = f"Did you mean “{near[0]}”?" if near else f"Known metrics: {', '.join(sorted(metrics))}."
            found.add(row, "metric", f"No metric has the key “{metric_key}”.", hint)
        value = found.decimal(row, column)
        if metric and value is not None and value < 0 and metric.kind == "activity":
            found.add(row, column, f"{metric.name} cannot be negative.", "Give the count itself, not the change.")
        if metric and value is not None and user_id and starts_on and ends_on:
            yield NewReading(user_id, metric.key, metric.version, starts_on, ends_on, value), column


def _notice(row: Row, starts_on: date, ends_on: date, today: date, found: _Collector) -> None:
    """What may be meant, and may be a slip: a period still running, a week that begins on another day than ours."""
    if ends_on >= today:
        message = f"{starts_on} to {ends_on} is not over: today is {today}."
        hint = "Import it again when it is, which corrects the value."
        found.notices.append(Problem(row.number, "ends_on" if row["ends_on"] else "starts_on", message, hint))
    if ends_on - starts_on == timedelta(days=6) and starts_on.weekday():
        week = monday(starts_on + timedelta(days=3))
        message = f"{starts_on} is a {starts_on:%A}, and weeks begin on Monday: it is drawn as the week of {week}."
        hint = "If that whole week is meant, begin on its Monday; for other days, write starts_on and ends_on."
        found.notices.append(Problem(row.number, "starts_on", message, hint))


def check_targets(
    data: bytes,
    *,
    metrics: Collection[str],
    job_roles: frozenset[str],
    known: Mapping[tuple[str, str, date], tuple[Decimal, Decimal | None, Decimal | None]],
) -> DryRun:
    """Dry run of weekly targets: `job_role,metric,effective_on,value[,low,high]`."""
    table = read_table(data, required=("job_role", "metric", "effective_on", "value"), optional=("low", "high"))
    found = _Collector(list(table.problems))
    if found.problems:
        return DryRun(tuple(found.problems), len(table.rows))
    targets: dict[tuple[str, str, date], NewTarget] = {}
    for row in table.rows:
        if row["job_role"] not in job_roles:
            near = get_close_matches(row["job_role"], job_roles, n=1)
            hint = f"Did you mean “{near[0]}”?" if near else f"Roles in use: {', '.join(sorted(job_roles))}."
            found.add(row, "job_role", f"Nobody has the job role “{row['job_role']}”.", hint)
        if row["metric"] not in metrics:
            hint = f"Known metrics: {', '.join(sorted(metrics))}."
            found.add(row, "metric", f"No metric has the key “{row['metric']}”.", hint)
        day = found.day(row, "effective_on")
        value = found.decimal(row, "value")
        low = found.decimal(row, "low") if row["low"] else None
        high = found.decimal(row, "high") if row["high"] else None
        if low is not None and high is not None and low > high:
            found.add(row, "low", f"{low} is above {high}.", "Swap low and high.")
        if day is None or value is None:
            continue
        key = (row["metric"], row["job_role"], day)
        if key in targets:
            found.add(row, "effective_on", "The same role, metric and day appears twice.", "Keep one row.")
        targets[key] = NewTarget(row["metric"], row["job_role"], day, value, low, high)
    changed = {key: t for key, t in targets.items() if known.get(key) != (t.value, t.low, t.high)}
    return DryRun(
        problems=tuple(found.problems),
        row_count=len(table.rows),
        targets=tuple(changed.values()),
        corrections=sum(key in known for key in changed),
        unchanged=len(targets) - len(changed),
    )
