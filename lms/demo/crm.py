"""The demo company built on a CRM's real export: its reps, managers, regions and opportunities."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from flask import current_app

from lms import clock
from lms.catalog.queries import VersionRow
from lms.demo.build import Say, publish, settle
from lms.demo.company import PASSWORD
from lms.demo.journey import Journey
from lms.demo.states import STATES, StoryDay
from lms.people import service as people
from lms.people.models import User
from lms.people.passwords import hasher
from lms.performance import queries, service
from lms.performance.crm import CrmExport, read_export, weekly_readings
from lms.performance.readings import DryRun, NewReading


def load(folder: Path, at: datetime, *, say: Say) -> dict[str, User]:
    """People, lines and readings from the export at `folder`; journeys of ours on top. Nothing is committed here.

    The export is years old. Its dates are moved by whole weeks, so that it ends last week and every page has numbers.
    """
    export = read_export(folder)
    for what, count in export.dirt.items():
        say(f"{count} × {what}")
    today = clock.local_day(at, current_app.config["SETTINGS"].zone)
    last = max(o.closed_on for o in export.opportunities if o.closed_on)
    shift = queries.monday(today) - timedelta(days=7) - queries.monday(last)
    first_day = min(o.engaged_on for o in export.opportunities if o.engaged_on) + shift
    say(f"dates moved by {shift.days // 7} weeks, so that the last deal closed last week")
    say(f"{len(export.reps)} reps, {len(export.managers)} managers, {len(export.offices)} regions")
    staff = hire(export, first_day - timedelta(days=30))
    author = staff["Enid Shaw"]
    say("courses")
    rep_course, manager_course = publish(author, at=at - timedelta(days=150))
    say("journeys")
    walk(export, staff, rep_course, manager_course, at)
    say(f"{len(export.opportunities):,} opportunities as weekly readings")
    service.ensure_default_metrics(effective_on=first_day)
    import_readings(export, staff, shift, by=author, at=at)
    settle(at)
    return staff


def hire(export: CrmExport, hired_on: date) -> dict[str, User]:
    """The export has names only; mail addresses are made from them under a reserved domain."""
    zone = current_app.config["SETTINGS"].zone
    at = datetime.combine(hired_on, time(9), UTC)
    cheap = hasher(cheap=True)
    staff: dict[str, User] = {}

    def add(name: str, job_role: str, roles: Iterable[str], manager: str | None) -> None:
        slug = ".".join(name.lower().split())
        user = people.create_person(
            name=name,
            zone=zone,
            email=f"{slug}@crm.example",
            job_role=job_role,
            external_key=slug,
            hired_on=hired_on,
            roles=tuple(roles),
            by=None,
            at=at,
        )
        people.set_password(user, PASSWORD, hasher=cheap, by=None, at=at)
        staff[name] = user
        if manager:
            people.set_manager(user, staff[manager], from_on=hired_on, by=None, at=at)

    add("Vera Lind", "sales-leader", ("manager",), None)
    add("Enid Shaw", "enablement", ("admin", "author"), "Vera Lind")
    teams = {office: people.create_team(name=office, key=office.lower()) for office in export.offices}
    office_of = {rep.manager: rep.office for rep in export.reps}
    for name in export.managers:
        add(name, "sales-manager", ("manager",), "Vera Lind")
        people.join_team(staff[name], teams[office_of[name]], from_on=hired_on, by=None, at=at)
    for rep in export.reps:
        add(rep.name, "account-executive", ("rep",), rep.manager)
        people.join_team(staff[rep.name], teams[rep.office], from_on=hired_on, by=None, at=at)
    return staff


def walk(
    export: CrmExport, staff: dict[str, User], rep_course: VersionRow, manager_course: VersionRow, at: datetime
) -> None:
    for name in export.managers:
        journey = Journey(staff[name], manager_course, starts_at=at - timedelta(days=140), by=staff["Enid Shaw"])
        journey.learn()
    for rep, story in zip(export.reps, STATES, strict=False):
        if story.starts_days_ago is None:
            continue
        start = at - timedelta(days=story.starts_days_ago, hours=3)
        journey = Journey(staff[rep.name], rep_course, starts_at=start, by=staff["Enid Shaw"])
        story.play(journey, StoryDay(at=at, manager=staff[rep.manager], admin=staff["Enid Shaw"]))


def import_readings(export: CrmExport, staff: dict[str, User], shift: timedelta, *, by: User, at: datetime) -> None:
    versions = {metric.key: metric.version for metric in queries.metrics(clock.company_day(at))}
    readings = tuple(
        NewReading(staff[rep].id, metric, versions[metric], week, week + timedelta(days=6), value)
        for (rep, metric, week), value in sorted(weekly_readings(export, shift=shift).items())
    )
    run = DryRun((), len(export.opportunities), readings, people=len({r.user_id for r in readings}))
    service.apply_import(run, kind="readings", file_name="sales_pipeline.csv", data=b"", source="CRM", by=by, at=at)
