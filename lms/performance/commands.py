"""`flask --app wsgi metrics …`."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from lms import clock
from lms.db import db
from lms.performance import service
from lms.performance.dry_runs import dry_run as checked

cli = AppGroup("metrics", help="The metric catalog, readings and targets.")


@cli.command("seed")
def seed() -> None:
    """Add the shipped metric definitions that are not there yet."""
    day = clock.local_day(clock.now(), current_app.config["SETTINGS"].zone)
    added = service.ensure_default_metrics(effective_on=day)
    db.session.commit()
    click.echo(f"{added} metrics added.")


@cli.command("import")
@click.argument("kind", type=click.Choice(["readings", "targets"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="CRM", show_default=True, help="The system of record the numbers come from.")
@click.option("--dry-run", is_flag=True, help="Only report what the file would do.")
def import_numbers(kind: str, file: Path, source: str, dry_run: bool) -> None:
    """Import weekly readings per person, or targets per job role: all rows or none."""
    data = file.read_bytes()
    run = checked(kind, data)
    for problem in run.problems:
        click.echo(f"{file.name}: {problem}", err=True)
    if run.problems:
        raise click.ClickException(f"{len(run.problems)} problems; nothing was imported.")
    said = f"{run.added} to add, {run.corrections} to correct, {run.unchanged} as before"
    if dry_run:
        click.echo(f"{said}. Dry run: nothing was imported.")
        return
    service.apply_import(run, kind=kind, file_name=file.name, data=data, source=source, by=None, at=clock.now())
    db.session.commit()
    click.echo(f"Imported: {said}.")
