"""`flask --app wsgi people …`: the first administrator, people from a file, passwords, who there is."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.people import directory, login, passwords, queries, service
from lms.people.forms import told
from lms.people.models import User
from lms.people.passwords import Hasher
from lms.policy.access import Role
from lms.settings import Settings

cli = AppGroup("people", help="People: administrators, import, passwords.")


def _settings() -> Settings:
    return current_app.config["SETTINGS"]


def _hasher() -> Hasher:
    return passwords.hasher(cheap=_settings().argon2_cheap)


def _somebody(email: str) -> User:
    user = queries.by_email(email)
    if user is None:
        raise click.ClickException(f"Nobody has the email {email}. See: flask --app wsgi people list")
    return user


@cli.command("create-admin")
@click.option("--email", prompt=True, help="For signing in.")
@click.option("--name", prompt=True, help="Full name.")
@click.option("--zone", help="Time zone, such as Europe/Berlin. Default: the organization's.")
@click.password_option(help="At least 10 characters. Asked for if left out.")
def create_admin(email: str, name: str, zone: str | None, password: str) -> None:
    """Make an administrator; for an email that is known already, make that person one."""
    at = clock.now()
    try:
        user = queries.by_email(email)
        is_new = user is None
        if user is None:
            user = service.create_person(name=name, email=email, zone=zone or _settings().zone, by=None, at=at)
            service.set_password(user, password, hasher=_hasher(), by=None, at=at)
        for role in (Role.ADMIN, Role.AUTHOR):
            service.grant_role(user, role, by=None, at=at)
    except RuleViolation as refused:
        db.session.rollback()
        raise click.ClickException(told(refused)) from refused
    db.session.commit()
    click.echo(f"{user.name} is administrator and author now.")
    if not is_new:
        click.echo("The account was there already; its name and password stay as they were.")
    click.echo(f"Next: sign in at {_settings().base_url}/sign-in as {user.email}, then add people at")
    click.echo(f"{_settings().base_url}/admin/people/import")


@cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what it would do.")
@click.option("--as", "email", help="Email of the administrator who imports. Default: the only one there is.")
def import_file(file: Path, dry_run: bool, email: str | None) -> None:
    """Add and change people and lines from a CSV FILE, all or nothing."""
    content, on = file.read_bytes(), login.today()
    plan = service.plan_file(content, on=on)
    for notice in plan.notices:
        click.echo(notice)
    for problem in plan.problems:
        place = ", ".join(part for part in (f"row {problem.row}" if problem.row else "", problem.column) if part)
        value = f" [{problem.value}]" if problem.value else ""
        click.echo(f"{file.name}: {place + ': ' if place else ''}{problem.message}{value}", err=True)
    if plan.problems:
        raise click.ClickException(f"{len(plan.problems)} problems; nothing was changed.")
    counts = f"{plan.counts['added']} added, {plan.counts['changed']} changed, {plan.counts['unchanged']} unchanged"
    if dry_run:
        click.echo(f"Would be: {counts}. Nothing was changed.")
        return
    try:
        service.apply_file(content, zone=_settings().zone, on=on, by=_importer(email), at=clock.now())
    except RuleViolation as refused:
        db.session.rollback()
        row = f"row {refused.facts['row']}: " if "row" in refused.facts else ""
        raise click.ClickException(f"{row}{told(refused)} Nothing was changed.") from refused
    db.session.commit()
    click.echo(f"Done: {counts}.")


def _importer(email: str | None) -> User:
    """Every act is somebody's: the record says who brought these people in."""
    if email is not None:
        return _somebody(email)
    admins = queries.admins(login.today())
    if not admins:
        raise click.ClickException("There is no administrator yet. First: flask --app wsgi people create-admin")
    if len(admins) > 1:
        raise click.ClickException("There are several administrators. Say which one you are: --as EMAIL")
    return db.session.get_one(User, next(iter(admins)))


@cli.command("set-password")
@click.argument("email")
@click.password_option(help="At least 10 characters. Asked for if left out.")
def set_password(email: str, password: str) -> None:
    """Set the password of EMAIL and end that person's sessions."""
    user = _somebody(email)
    try:
        service.set_password(user, password, hasher=_hasher(), by=None, at=clock.now())
    except RuleViolation as refused:
        raise click.ClickException(told(refused)) from refused
    db.session.commit()
    click.echo(f"{user.name} has a new password and is signed out everywhere.")


@cli.command("list")
@click.option("--search", default="", help="Part of the name, the email or the key.")
def list_people(search: str) -> None:
    """Who is here: key, name, email, roles, team, manager."""
    number, pages = 1, 1
    while number <= pages:
        page = directory.directory(login.today(), search=search, page=number)
        for row in page.rows:
            click.echo(
                "\t".join(
                    (
                        row.external_key or "-",
                        row.name,
                        row.email or "-",
                        ",".join(row.roles) or "-",
                        row.team or "-",
                        row.manager or "-",
                    )
                )
            )
        number, pages = number + 1, page.pages
