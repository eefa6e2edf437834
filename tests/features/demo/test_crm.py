"""`demo load --crm`: the company on a real CRM's export, with the totals that its README gives."""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lms.app import create_app
from lms.db import db
from lms.people.models import ReportingLine, Team, User
from lms.performance.models import Reading
from tests.conftest import SHARED, make_settings
from tests.own_app import own_database

CRM = SHARED / "data" / "crm"
WON_BY_MANAGER = {
    "Melvin Marxen": 2_251_930,
    "Summer Sewald": 1_964_750,
    "Rocco Neubert": 1_960_545,
    "Celia Rouche": 1_603_897,
    "Cara Losch": 1_130_049,
    "Dustin Brinkmann": 1_094_363,
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not CRM.exists(), reason="the CRM export is not beside the project (../shared/data/crm)"),
]


def test_the_company_is_built_on_the_export(tmp_path: Path) -> None:
    with own_database(tmp_path) as url:
        app = create_app(make_settings(url, tmp_path))
        with app.app_context():
            db.create_all()
            done = app.test_cli_runner().invoke(args=["demo", "load", "--crm", str(CRM)])
            assert done.exit_code == 0, done.output
            assert "1480 × product “GTXPro” read as “GTX Pro”" in done.output
            assert "1425 × opportunity without an account, kept" in done.output
            assert "8,800 opportunities" in done.output
            the_people_are_there()
            the_totals_are_right()
            db.session.remove()
            db.engine.dispose()


def the_people_are_there() -> None:
    roles = dict(db.session.execute(select(User.job_role, func.count()).group_by(User.job_role)).all())
    assert roles["account-executive"] == 35
    assert roles["sales-manager"] == 6
    assert set(db.session.scalars(select(Team.name))) == {"Central", "East", "West"}


def the_totals_are_right() -> None:
    sums = dict(
        db.session.execute(select(Reading.metric_key, func.sum(Reading.value)).group_by(Reading.metric_key)).all()
    )
    assert {key: int(value) for key, value in sums.items()} == {
        "revenue_won": 10_005_534,
        "deals_won": 4_238,
        "deals_lost": 2_473,
        "opportunities_engaged": 4_238 + 2_473 + 1_589,
    }
    by_manager: dict[str, Decimal] = defaultdict(Decimal)
    manager = select(User.id, User.name).subquery()
    rows = db.session.execute(
        select(manager.c.name, func.sum(Reading.value))
        .join(ReportingLine, ReportingLine.user_id == Reading.user_id)
        .join(manager, manager.c.id == ReportingLine.manager_id)
        .where(Reading.metric_key == "revenue_won")
        .group_by(manager.c.name)
    )
    for name, value in rows:
        by_manager[name] += value
    assert {name: int(value) for name, value in by_manager.items()} == WON_BY_MANAGER
