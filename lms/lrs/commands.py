"""`flask --app wsgi lrs …`: who may use the learning record store, and its statements as a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.lrs import archive, credentials
from lms.lrs.archive import Entry, Problem, Stopped, Tell
from lms.web.wording import sentence

cli = AppGroup("lrs", help="The embedded learning record store (/xapi): credentials, export, import.")


@cli.command("add-credential")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in credentials.Scope]),
    default=[credentials.Scope.ALL.value],
    show_default=True,
    help="What it may do; more than one may be given.",
)
@click.option("--description", default="", help="What it is for, for whoever reads the list later.")
def add_credential(name: str, scopes: tuple[str, ...], description: str) -> None:
    """Make a key pair for NAME (a tool, a report). The secret is shown once."""
    try:
        made = credentials.add(name, at=clock.now(), scopes=scopes, description=description)
    except RuleViolation as wrong:
        raise click.ClickException(sentence(wrong.code, **wrong.facts)) from wrong
    db.session.commit()
    click.echo(f"key:    {made.key}")
    click.echo(f"secret: {made.secret}")
    click.echo("Keep the secret now; it is not stored here and cannot be shown again.")


@cli.command("revoke")
@click.argument("key")
def revoke(key: str) -> None:
    """Withdraw the key pair KEY."""
    try:
        credentials.revoke(key, at=clock.now())
    except RuleViolation as wrong:
        raise click.ClickException(f"There is no credential {key}.") from wrong
    db.session.commit()
    click.echo(f"{key} is revoked.")


@cli.command("list")
def list_credentials() -> None:
    """Every key pair, oldest first."""
    found = credentials.all_credentials()
    if not found:
        click.echo("No credentials. Make one with: flask --app wsgi lrs add-credential NAME")
    for credential in found:
        state = f"revoked {credential.revoked_at:%Y-%m-%d}" if credential.revoked_at else "active"
        used = f"used {credential.last_used_at:%Y-%m-%d}" if credential.last_used_at else "never used"
        click.echo(
            f"{credential.key}  {credential.created_at:%Y-%m-%d}  {state:18}  {used:15}  "
            f"{credential.name} ({credential.scope})"
        )


# Statements as a file

MOST_TOLD = 50


class Instant(click.ParamType):
    """A day or an instant; one without a zone is UTC."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is no day or instant, such as 2026-11-22 or 2026-11-22T09:30:00Z", param, ctx)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found


@cli.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--since", type=Instant(), help="Only what was stored later: a day, or the instant of the last export.")
def export(file: Path, since: datetime | None) -> None:
    """Write every statement to FILE as JSON lines, voided ones too; compressed if FILE ends in .gz."""
    part, through, total = archive.begin(since)
    try:
        with archive.written(file) as out, _progress("Writing", total) as tell:
            done = archive.export(out, part, through, tell)
    except OSError as wrong:
        reason = wrong.strerror or str(wrong)
        raise click.ClickException(f"{file} cannot be written: {reason}. Nothing was exported.") from wrong
    click.echo(f"{done.count} statements in {file}.")
    click.echo(f"The next export goes on with: --since {done.through.isoformat()}")


@cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only report what the file would do.")
def import_(file: Path, dry_run: bool) -> None:
    """Bring the statements of FILE into the store.

    The whole file is looked at first, and nothing is brought in while anything is wrong with it. Then it goes batch by
    batch, each whole or not at all; what is there already changes nothing, so the same command goes on after a stop.
    Authorities are kept as the file has them.
    """
    with _progress("Reading", None) as tell:
        count = _looked_at(file, tell)
    with _progress("Trying" if dry_run else "Importing", count) as tell:
        try:
            done = archive.bring_in(_valid(file), is_dry=dry_run, tell=tell)
        except Stopped as wrong:
            so_far = (
                "nothing was imported (dry run)"
                if dry_run
                else f"what stands before line {wrong.first_line} is imported"
            )
            raise click.ClickException(f"{file.name}: {wrong}; {so_far}. Mend it and run the command again.") from wrong
        except KeyboardInterrupt as stopped:
            so_far = "nothing was imported (dry run)" if dry_run else "whole batches are imported and stay"
            raise click.ClickException(f"Stopped: {so_far}. The same command goes on.") from stopped
    said = f"{done.new} new, {done.known} there already"
    click.echo(f"{said}. Dry run: nothing was imported." if dry_run else f"Imported: {said}.")


def _looked_at(file: Path, tell: Tell) -> int:
    """How many statements there are; ends the command if any line is wrong."""
    count = wrong = 0
    for found in archive.entries(file, _authority()):
        tell(1)
        if isinstance(found, Problem):
            wrong += 1
            if wrong <= MOST_TOLD:
                click.echo(f"{file.name}: {found}", err=True)
        count += 1
    if wrong:
        more = f" (the first {MOST_TOLD} are shown)" if wrong > MOST_TOLD else ""
        raise click.ClickException(f"{wrong} of {count} lines cannot be imported{more}; nothing was.")
    return count


def _valid(file: Path) -> Iterator[Entry]:
    for found in archive.entries(file, _authority()):
        if isinstance(found, Problem):
            raise click.ClickException(f"{file.name}: {found}; the file has changed meanwhile.")
        yield found


def _authority() -> dict[str, object]:
    """Of statements that name none."""
    return {
        "objectType": "Agent",
        "account": {"homePage": current_app.config["SETTINGS"].base_url, "name": "lrs:import"},
    }


@contextmanager
def _progress(what: str, total: int | None) -> Iterator[Tell]:
    """A bar on a terminal; in a log or a pipe nothing."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(what, total=total)
        yield lambda count: progress.advance(task, count)
