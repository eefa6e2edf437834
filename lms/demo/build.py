"""Load the demo company: people, courses, a journey in every state, nine months of numbers. One transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import current_app

from lms import clock
from lms.assessment import service as assessment
from lms.assessment import waiting_queries
from lms.catalog import loader
from lms.catalog import queries as catalog
from lms.catalog import service as publishing
from lms.catalog.queries import VersionRow
from lms.db import db
from lms.demo import later_checks, numbers
from lms.demo.company import EVERYBODY, MANAGERS, ON_LEAVE, PASSWORD, REPS, TEAMS, Member
from lms.demo.journey import Journey
from lms.demo.states import STATES, StoryDay
from lms.errors import RuleViolation
from lms.mail import service as mail
from lms.people import service as people
from lms.people.models import User
from lms.people.passwords import hasher
from lms.performance import service as performance
from lms.performance.dry_runs import dry_run
from lms.practice import queries as practice_queries
from lms.practice import service as practice
from lms.transfer import service as transfer

COURSES = Path(__file__).parents[2] / "courses"
MOST_SOURCES = 10_000  # modules completed in the story
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Company:
    people: Mapping[str, User]
    rep_course: VersionRow
    manager_course: VersionRow


def load(at: datetime, *, say: Say) -> Company:
    """Build everything as of `at`; nothing is committed here."""
    zone = current_app.config["SETTINGS"].zone
    today = clock.local_day(at, zone)
    say("people and reporting lines")
    staff = hire(EVERYBODY, today=today, zone=zone)
    say("courses")
    rep_course, manager_course = publish(staff["enid"], at=at - timedelta(days=150))
    company = Company(staff, rep_course, manager_course)
    say("managers prepare")
    prepare_managers(company, at)
    say("journeys")
    walk(company, at)
    delegate_for_leave(company, today, at)
    say("what has stayed")
    later_checks.give_time(company.people, staff["enid"], at)
    later_checks.play(company.people, at)
    say("nine months of numbers")
    import_numbers(staff["enid"], today, at)
    settle(at)
    db.session.flush()
    return company


def hire(members: tuple[Member, ...], *, today: date, zone: str) -> dict[str, User]:
    """Everybody from the top down, with team and line from the day they were hired or their manager was."""
    teams = {key: people.create_team(name=name, key=key) for key, name in TEAMS}
    cheap = hasher(cheap=True)  # upgraded at the first sign-in; thirty-eight full hashes take half a minute
    staff: dict[str, User] = {}
    first_days: dict[str, date] = {}
    for member in members:
        hired_on = today - timedelta(days=member.hired_days_ago)
        at = datetime.combine(hired_on, time(9), ZoneInfo(zone))
        user = people.create_person(
            name=member.name,
            zone=member.zone,
            email=member.email,
            job_role=member.job_role,
            external_key=member.key,
            hired_on=hired_on,
            roles=member.roles,
            by=None,
            at=at,
        )
        people.set_password(user, PASSWORD, hasher=cheap, by=None, at=at)
        staff[member.key], first_days[member.key] = user, hired_on
        if member.manager:
            line_from = max(hired_on, first_days[member.manager])
            people.set_manager(user, staff[member.manager], from_on=line_from, by=None, at=at)
        if member.team:
            people.join_team(user, teams[member.team], from_on=hired_on, by=None, at=at)
    return staff


def publish(author: User, *, at: datetime) -> tuple[VersionRow, VersionRow]:
    """Both shipped courses, the rep's edition first."""
    for folder in ("appointment-setting", "appointment-setting-manager"):
        loaded = loader.load(COURSES / folder)
        if loaded.course is None:
            raise RuleViolation("bundle_has_problems", count=len(loaded.problems), path=folder)
        publishing.publish(
            loaded.course, loaded.assets, change_class="substantive", by=author, at=at, note="First release"
        )
    rep, manager = catalog.latest_version("appointment-setting"), catalog.latest_version("appointment-setting-manager")
    if rep is None or manager is None:
        raise LookupError("the shipped courses were not published")
    return rep, manager


def prepare_managers(company: Company, at: datetime) -> None:
    """All first-line managers but one, the leaders and the facilitator have satisfied the manager's edition."""
    enid = company.people["enid"]
    for number, key in enumerate(("vera", "dana", *(manager.key for manager in MANAGERS), "finn")):
        start = at - timedelta(days=max(60, 140 - 9 * number))
        journey = Journey(company.people[key], company.manager_course, starts_at=start, by=enid)
        journey.learn(share=0.95, steps=3 if key == "tara" else 1000)


def walk(company: Company, at: datetime) -> None:
    """One journey for each rep, in the state that `states.py` names."""
    for rep, story in zip(REPS, STATES, strict=True):
        user, manager = company.people[rep.key], company.people[rep.manager or ""]
        day = StoryDay(at=at, manager=manager, admin=company.people["enid"])
        if story.starts_days_ago is None:
            continue
        start = at - timedelta(days=min(story.starts_days_ago, rep.hired_days_ago - 1), hours=3)
        journey = Journey(
            user,
            company.rep_course,
            starts_at=start,
            by=company.people["enid"],
            due_on=clock.local_day(start, user.zone) + timedelta(days=60),
        )
        story.play(journey, day)
        if journey.now > at:
            raise RuleViolation("demo_out_of_time", rep=rep.name, by=str(journey.now - at))


def delegate_for_leave(company: Company, today: date, at: datetime) -> None:
    away, stand_in = (company.people[key] for key in ON_LEAVE)
    people.delegate(
        away,
        stand_in,
        starts_on=today - timedelta(days=2),
        ends_on=today + timedelta(days=9),
        reason="On leave",
        by=away,
        at=at - timedelta(days=3),
    )


def import_numbers(by: User, today: date, at: datetime) -> None:
    """The generator's files, through the same dry run and import as anybody's."""
    first = today - timedelta(days=today.weekday() + 7 * numbers.WEEKS)
    performance.ensure_default_metrics(effective_on=first)
    for kind, name, data in (
        ("targets", "targets.csv", numbers.targets_csv(first)),
        ("readings", "crm-weekly.csv", numbers.readings_csv(first, today)),
    ):
        run = dry_run(kind, data, today=today)
        performance.apply_import(run, kind=kind, file_name=name, data=data, source="CRM", by=by, at=at)


def settle(at: datetime) -> None:
    """What the clock owes by now: reminders and escalations of requests that waited too long, and cards to practice."""
    transfer.remind_due(at - timedelta(days=5))  # a weekend may lie between
    transfer.escalate_due(at - timedelta(hours=2))
    for attempt_id in waiting_queries.awaiting():
        assessment.watch_scoring(attempt_id, at - timedelta(hours=2))
    for entry_seq in practice_queries.new_sources(MOST_SOURCES):
        practice.take_source(entry_seq, at)
    mail.forget_owed(before=at)  # nobody wants the mail of an invented year
