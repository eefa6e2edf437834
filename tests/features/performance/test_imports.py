"""Files of readings and targets, as they should be and as they come: dry run, application, corrections."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from lms.db import db
from lms.errors import RuleViolation
from lms.performance import queries, service
from lms.performance.defaults import DEFAULT_METRICS
from lms.performance.dry_runs import dry_run
from lms.performance.models import ImportBatch, Reading
from lms.statements.models import LedgerEntry
from tests.features.performance.samples import AT, LONG_AFTER, apply, sheet, targets

pytestmark = pytest.mark.usefixtures("metrics")


@pytest.fixture
def nils(cast):
    return cast.nils


def problems(data: bytes, kind: str = "readings") -> list[str]:
    return [str(problem) for problem in dry_run(kind, data, today=LONG_AFTER).problems]


def long(*rows) -> bytes:
    return sheet(("person", "starts_on", "metric", "value"), *rows)


def test_long_and_wide_files_say_the_same(rosa, nils):
    one = dry_run(
        "readings",
        long(
            (rosa.email, "2026-03-02", "calls", 186),
            (rosa.email, "2026-03-02", "appointments", 9),
            (nils.email, "2026-03-02", "calls", "201.5"),
        ),
        today=LONG_AFTER,
    )
    other = dry_run(
        "readings",
        sheet(
            ("person", "starts_on", "calls", "appointments"),
            (rosa.email, "2026-03-02", 186, 9),
            (nils.email, "2026-03-02", "201.5", ""),
        ),
        today=LONG_AFTER,
    )
    assert one.problems == other.problems == ()
    assert set(one.readings) == set(other.readings)
    assert (one.added, one.corrections, one.unchanged, one.people) == (3, 0, 0, 2)
    assert {reading.ends_on for reading in one.readings} == {date(2026, 3, 8)}


def test_people_are_known_by_address_in_any_case_and_by_key(rosa):
    rosa.external_key = "SF-0042"
    db.session.flush()
    for name in (rosa.email.upper(), "sf-0042", f"  {rosa.email}  "):
        assert problems(long((name, "2026-03-02", "calls", 1))) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("2026-03-02", "calls", "NaN"), "column value: “NaN” is out of range."),
        (("2026-03-02", "calls", "inf"), "column value: “inf” is out of range."),
        (("2026-03-02", "calls", "1e400"), "column value: “1e400” is out of range."),
        (("2026-03-02", "calls", "-1e400"), "column value: “-1e400” is out of range."),
        (("2026-03-02", "calls", "1e12"), "column value: “1e12” is out of range."),
        (("2026-03-02", "calls", ""), "column value: “” is not a number."),
        (("2026-03-02", "calls", "1,234"), "column value: “1,234” is not a number."),
        (("2026-03-02", "calls", "=1+1"), "column value: “=1+1” is not a number."),
        (("2026-03-02", "calls", "-5"), "column value: Calls made cannot be negative."),
        (("2026-03-02", "cals", "5"), "column metric: No metric has the key “cals”. Did you mean “calls”?"),
        (("2026-02-30", "calls", "5"), "column starts_on: “2026-02-30” is not a date."),
        (("03/02/2026", "calls", "5"), "column starts_on: “03/02/2026” is not a date."),
        (("9999-12-31", "calls", "5"), "column starts_on: 9999-12-31 is not a likely day."),
        (("0206-03-02", "calls", "5"), "column starts_on: 0206-03-02 is not a likely day."),
        (("", "calls", "5"), "column starts_on: “” is not a date."),
    ],
)
def test_one_bad_cell(rosa, row, problem):
    (said,) = problems(long((rosa.email, *row)))
    assert said.startswith(f"row 2, {problem}")


def test_a_refund_may_be_negative(rosa):
    assert problems(long((rosa.email, "2026-03-02", "revenue_won", "-250.75"))) == []


def test_an_unknown_person_gets_a_suggestion(rosa):
    (near,) = problems(long((rosa.email.replace("rosa", "rossa"), "2026-03-02", "calls", 1)))
    assert near.endswith(f"Did you mean “{rosa.email}”?")
    (far,) = problems(long(("=HYPERLINK(0)", "2026-03-02", "calls", 1)))
    assert far.startswith("row 2, column person: Nobody is known as “=HYPERLINK(0)”.")


def test_two_rows_for_one_period_name_each_other(rosa):
    (said,) = problems(long((rosa.email, "2026-03-02", "calls", 1), (rosa.email.upper(), "2026-03-02", "calls", 2)))
    assert said == (
        "row 3, column value: The same person, metric and period is in row 2 already. Keep one of the two rows."
    )


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (("person", "starts_on", "metric"), "row 1, column value: The column “value” is missing."),
        (("person", "starts_on", "calls", "calls"), "row 1, column calls: The heading “calls” appears twice."),
        (
            ("person", "starts_on", "callls"),
            "row 1, column callls: No metric has the key “callls”. Did you mean “calls”?",
        ),
        (("person", "starts_on"), "row 1: No column holds values."),
        (
            ("person", "starts_on", "metric", "value", "end_on"),
            "row 1, column end_on: The heading “end_on” is not known. Did you mean “ends_on”?",
        ),
    ],
)
def test_wrong_headings(rosa, head, problem):
    (said,) = problems(sheet(head, (rosa.email, "2026-03-02", *("1" for _ in head[2:]))))
    assert said.startswith(problem)


def test_a_period_that_ends_before_it_begins(rosa):
    data = sheet(("person", "starts_on", "ends_on", "calls"), (rosa.email, "2026-03-08", "2026-03-02", 4))
    assert problems(data) == ["row 2, column ends_on: 2026-03-02 is before 2026-03-08. Swap the two dates."]


def test_all_problems_come_at_once_and_nothing_can_be_applied(rosa):
    data = long(
        (rosa.email, "2026-03-02", "calls", 40),
        ("nobody", "2026-03-02", "calls", "x"),
        (rosa.email, "soon", "calls", 5),
    )
    run = dry_run("readings", data, today=LONG_AFTER)
    assert [(problem.row, problem.column) for problem in run.problems] == [
        (3, "person"),
        (3, "value"),
        (4, "starts_on"),
    ]
    with pytest.raises(RuleViolation) as refused:
        service.apply_import(run, kind="readings", file_name="x.csv", data=data, source="CRM", by=None, at=AT)
    assert (refused.value.code, refused.value.facts) == ("import_has_problems", {"count": 3})
    assert db.session.scalar(select(func.count()).select_from(Reading)) == 0


def test_a_correction_replaces_what_is_read_and_keeps_what_was_said(rosa, enid):
    apply(long((rosa.email, "2026-03-02", "calls", 40), (rosa.email, "2026-03-09", "calls", 50)), by=enid)
    again = long(
        (rosa.email, "2026-03-02", "calls", "40.00"),
        (rosa.email, "2026-03-09", "calls", 55),
        (rosa.email, "2026-03-16", "calls", 7),
    )
    run = dry_run("readings", again, today=LONG_AFTER)
    assert (run.added, run.corrections, run.unchanged) == (1, 1, 1)
    (correction,) = run.replaced
    assert (correction.row, correction.person, correction.before, correction.after) == (3, rosa.email, 50, 55)
    batch = apply(again, by=enid, at=AT + timedelta(hours=1))
    kept = db.session.scalars(select(Reading.value).order_by(Reading.starts_on, Reading.recorded_at)).all()
    assert kept == [40, 50, 55, 7]
    read = queries.readings([rosa.id], since=date(2026, 1, 1))[rosa.id]["calls"]
    assert [point.value for point in read] == [40, 55, 7]
    assert sum(point.value for point in read) == Decimal(102)
    assert batch.report == {"rows": 3, "added": 1, "corrected": 1, "unchanged": 1, "people": 1}


def test_an_import_is_written_down_once_with_who_and_what(rosa, enid):
    batch = apply(long((rosa.email, "2026-03-02", "calls", 40)), by=enid, file_name="march.csv")
    kept = db.session.get(ImportBatch, batch.id)
    assert (kept.file_name, kept.applied_by_id, kept.kind, len(kept.digest)) == ("march.csv", enid.id, "readings", 64)
    (entry,) = db.session.scalars(select(LedgerEntry).where(LedgerEntry.record_id == batch.id)).all()
    assert (entry.kind, entry.actor_id) == ("file_imported", enid.id)


def test_targets_are_added_and_corrected(rosa):
    apply(
        targets(("sdr", "calls", "2026-01-05", 200, 170, 260), ("sdr", "appointments", "2026-01-05", 10, "", "")),
        kind="targets",
    )
    run = dry_run(
        "targets",
        targets(("sdr", "calls", "2026-01-05", 200, 170, 260), ("sdr", "calls", "2026-03-02", 220, "", "")),
        today=LONG_AFTER,
    )
    assert (run.problems, run.added, run.corrections, run.unchanged) == ((), 1, 0, 1)
    apply(targets(("sdr", "calls", "2026-01-05", 210, 170, 260)), kind="targets")
    rows = queries.targets(["sdr"])["calls", "sdr"]
    assert [(row.value, row.low, row.high) for row in rows] == [(210, 170, 260)]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            ("sdrr", "calls", "2026-01-05", 1, "", ""),
            "column job_role: Nobody has the job role “sdrr”. Did you mean “sdr”?",
        ),
        (("sdr", "cal", "2026-01-05", 1, "", ""), "column metric: No metric has the key “cal”."),
        (("sdr", "calls", "2026-01-05", 1, 5, 2), "column low: 5 is above 2. Swap low and high."),
        (("sdr", "calls", "2026-01-05", "", 5, 9), "column value: “” is not a number."),
        (("sdr", "calls", "May", 1, "", ""), "column effective_on: “May” is not a date."),
    ],
)
def test_a_bad_target(rosa, row, problem):
    (said,) = problems(targets(row), "targets")
    assert said.startswith(f"row 2, {problem}")


def test_a_target_in_force_is_the_latest_that_began(rosa):
    apply(
        targets(("sdr", "calls", "2026-01-05", 100, "", ""), ("sdr", "calls", "2026-03-02", 200, "", "")),
        kind="targets",
    )
    rows = queries.targets(["sdr"])["calls", "sdr"]
    assert queries.target_on(rows, date(2026, 1, 4)) is None
    assert [queries.target_on(rows, day).value for day in (date(2026, 3, 1), date(2026, 3, 2))] == [100, 200]


def test_a_changed_definition_is_a_new_version_and_readings_keep_theirs(rosa):
    apply(long((rosa.email, "2026-03-02", "calls", 40)))
    service.define_metric(DEFAULT_METRICS[0], effective_on=date(2026, 3, 9))
    apply(long((rosa.email, "2026-03-09", "calls", 41)), at=AT + timedelta(hours=1))
    versions = db.session.scalars(select(Reading.metric_version).order_by(Reading.starts_on)).all()
    assert versions == [1, 2]
    assert [metric.version for metric in queries.metric_history("calls")] == [2, 1]


def periods(person, *rows) -> bytes:
    return sheet(("person", "starts_on", "ends_on", "calls"), *((person.email, *row) for row in rows))


def test_periods_of_one_file_may_not_share_a_day(rosa, nils):
    data = periods(rosa, ("2026-03-01", "2026-03-31", 200), ("2026-03-09", "2026-03-15", 50))
    assert problems(data) == [
        "row 3, column starts_on: 2026-03-09 to 2026-03-15 overlaps 2026-03-01 to 2026-03-31, row 2. "
        "Give each day to one of the two periods."
    ]
    assert problems(periods(rosa, ("2026-03-01", "2026-03-08", 200), ("2026-03-09", "2026-03-15", 50))) == []


def test_a_period_may_not_share_a_day_with_another_on_record(rosa):
    apply(periods(rosa, ("2026-02-23", "2026-03-31", 200)))
    week = periods(rosa, ("2026-03-30", "2026-04-05", 50))
    (said,) = problems(week)
    assert said.startswith("row 2, column starts_on: 2026-03-30 to 2026-04-05 overlaps 2026-02-23 to 2026-03-31")
    assert "which is on record" in said
    # The same period again is a correction; emptied, it is in nobody's way.
    assert problems(periods(rosa, ("2026-02-23", "2026-03-31", 210))) == []
    apply(periods(rosa, ("2026-02-23", "2026-03-31", 0)), at=AT + timedelta(minutes=1))
    assert problems(week) == []


def test_a_period_is_a_year_at_most(rosa):
    (said,) = problems(periods(rosa, ("1990-01-01", "2099-12-31", 5)))
    assert said.startswith("row 2, column ends_on: 1990-01-01 to 2099-12-31 is longer than a year.")
    assert problems(periods(rosa, ("2024-01-01", "2024-12-31", 5))) == []


def test_a_value_that_would_be_rounded_is_said(rosa):
    assert problems(long((rosa.email, "2026-03-02", "calls", "1.23456"))) == [
        "row 2, column value: “1.23456” has more than 4 decimals. Round it: 1.2346"
    ]
    assert problems(long((rosa.email, "2026-03-02", "calls", "1.234500"))) == []


@pytest.mark.parametrize(
    ("row", "problems", "notices"),
    [
        (("2026-03-09", ""), (), ()),
        (("2026-03-01", "2026-03-15"), (), ()),  # no week, so it may begin on a Sunday
        (
            ("2026-03-10", ""),
            (),
            ("row 2, column starts_on: 2026-03-10 is a Tuesday, and weeks begin on Monday: it is drawn as the week",),
        ),
        (("2026-03-08", ""), (), ("drawn as the week of 2026-03-09",)),
        (
            ("2026-03-16", ""),
            (),
            ("row 2, column starts_on: 2026-03-16 to 2026-03-22 is not over: today is 2026-03-18.",),
        ),
        (("2026-03-16", "2026-03-18"), (), ("row 2, column ends_on: 2026-03-16 to 2026-03-18 is not over",)),
        (("2026-03-12", ""), (), ("is not over", "is a Thursday")),
        (("2026-03-19", "2026-03-19"), ("row 2, column starts_on: 2026-03-19 has not come yet",), ()),
        (("2031-01-07", ""), ("row 2, column starts_on: 2031-01-07 has not come yet",), ()),
    ],
)
def test_days_to_come_are_refused_and_unusual_ones_named(rosa, row, problems, notices):
    data = sheet(("person", "starts_on", "ends_on", "calls"), (rosa.email, *row, 7))
    run = dry_run("readings", data, today=AT.date())
    for found, said in ((run.problems, problems), (run.notices, notices)):
        assert len(found) == len(said)
        assert all(part in str(one) for one, part in zip(found, said, strict=True))
