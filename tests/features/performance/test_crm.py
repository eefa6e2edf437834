"""A company's real CRM export: nothing is lost, its dirt is survived and counted, the totals are its own."""

import csv
import shutil
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from statistics import mean, median

import pytest

from lms.errors import RuleViolation
from lms.performance.crm import FILES, read_export, weekly_readings
from tests.conftest import SHARED

FOLDER = SHARED / "data" / "crm"
needs_export = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the CRM export is not beside this project ({FOLDER})")


@pytest.fixture(scope="module")
def export():
    return read_export(FOLDER)


@needs_export
class TestExport:
    def test_people(self, export):
        assert (len(export.reps), len(export.managers), len(export.offices)) == (35, 6, 3)

    def test_opportunities_by_stage(self, export):
        assert len(export.opportunities) == 8800
        stages = {stage: len(export.in_stage(stage)) for stage in ("Won", "Lost", "Engaging", "Prospecting")}
        assert stages == {"Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500}

    def test_days(self, export):
        engaged = [one.engaged_on.isoformat() for one in export.opportunities if one.engaged_on]
        closed = [one.closed_on.isoformat() for one in export.opportunities if one.closed_on]
        assert (min(engaged), max(engaged)) == ("2016-10-20", "2017-12-27")
        assert (min(closed), max(closed)) == ("2017-03-01", "2017-12-31")

    def test_won_value_in_all_and_by_manager(self, export):
        manager = {rep.name: rep.manager for rep in export.reps}
        won: dict[str, Decimal] = defaultdict(Decimal)
        for one in export.in_stage("Won"):
            won[manager[one.rep].split()[-1]] += one.value
        assert sum(won.values()) == 10_005_534
        assert won == {
            "Marxen": 2_251_930,
            "Sewald": 1_964_750,
            "Neubert": 1_960_545,
            "Rouche": 1_603_897,
            "Losch": 1_130_049,
            "Brinkmann": 1_094_363,
        }

    def test_days_to_close_what_was_won(self, export):
        days = [(one.closed_on - one.engaged_on).days for one in export.in_stage("Won")]
        assert (round(mean(days), 2), median(days)) == (51.78, 57)

    def test_five_reps_never_closed_a_deal(self, export):
        assert len({rep.name for rep in export.reps} - {one.rep for one in export.opportunities}) == 5

    def test_dirt_is_counted_and_mended(self, export):
        assert export.dirt == {
            "product “GTXPro” read as “GTX Pro”": 1480,
            "opportunity without an account, kept": 1425,
            "sector spelled “technolgy”, read as technology": 12,
        }
        assert {one.product for one in export.opportunities} >= {"GTX Pro"}
        assert "GTXPro" not in {one.product for one in export.opportunities}

    def test_weekly_readings_lose_nothing(self, export):
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for (_, metric, week), value in weekly_readings(export).items():
            assert week.weekday() == 0
            sums[metric] += value
        assert sums == {
            "deals_won": 4238,
            "deals_lost": 2473,
            "revenue_won": 10_005_534,
            "opportunities_engaged": 8300,
        }

    def test_shifted_by_whole_weeks_the_weeks_are_the_same(self, export):
        there = weekly_readings(export, shift=timedelta(weeks=400))
        here = weekly_readings(export)
        assert there == {(rep, key, week + timedelta(weeks=400)): value for (rep, key, week), value in here.items()}

    def test_weeks_without_an_event_are_zero_and_not_missing(self, export):
        readings = weekly_readings(export)
        rep = export.in_stage("Won")[0].rep
        weeks = sorted(week for name, key, week in readings if (name, key) == (rep, "deals_won"))
        assert weeks == [weeks[0] + timedelta(weeks=number) for number in range(len(weeks))]
        assert max(weeks) == max(week for _, _, week in readings)


SMALL = {
    "sales_teams.csv": [("Ann", "Mia", "East")],
    "sales_pipeline.csv": [
        ("1", "Ann", "GTX Pro", "Acme", "Won", "2017-01-02", "2017-03-01", "100"),
        ("2", "Ann", "gtxpro", "", "Lost", "not a day", "2017-03-02", ""),
        ("3", "Ghost", "GTX Pro", "Acme", "Won", "2017-01-02", "2017-03-01", "999"),
        ("4", "Ann", "GTX Pro", "Acme", "Dreaming", "2017-01-02", "", ""),
        ("5", "Ann", "GTX Pro", "Acme", "Won", "2017-01-02", "2017-03-01", "a lot"),
    ],
    "products.csv": [("GTX Pro", "GTX", "4821")],
    "accounts.csv": [("Acme", "technolgy")],
}


@pytest.fixture
def folder(tmp_path):
    for name, rows in SMALL.items():
        with (tmp_path / name).open("w", newline="") as out:
            csv.writer(out).writerows([FILES[name], *rows])
    return tmp_path


def test_every_kind_of_dirt_is_counted(folder):
    export = read_export(folder)
    assert [one.key for one in export.opportunities] == ["1", "2", "5"]
    assert export.dirt == {
        "sector spelled “technolgy”, read as technology": 1,
        "product “gtxpro” read as “GTX Pro”": 1,
        "opportunity without an account, kept": 1,
        "date that cannot be read, left blank": 1,
        "opportunity of somebody in no team, left out": 1,
        "unknown stage “Dreaming”, left out": 1,
        "close value that cannot be read, left blank": 1,
    }


def test_nothing_in_the_pipeline_gives_no_readings(folder):
    (folder / "sales_pipeline.csv").write_text(",".join(FILES["sales_pipeline.csv"]) + "\n1,Ghost,,,Won,,,\n")
    assert weekly_readings(read_export(folder)) == {}


def test_a_missing_file_is_named(folder):
    (folder / "products.csv").unlink()
    with pytest.raises(RuleViolation) as wrong:
        read_export(folder)
    assert (wrong.value.code, wrong.value.facts["file"]) == ("crm_unreadable", "products.csv")


def test_a_missing_column_is_named(folder):
    shutil.copy(folder / "products.csv", folder / "sales_teams.csv")
    with pytest.raises(RuleViolation) as wrong:
        read_export(folder)
    assert wrong.value.facts["file"] == "sales_teams.csv"
    assert "sales_agent" in wrong.value.facts["problem"]
