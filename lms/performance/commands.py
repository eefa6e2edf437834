"""`flask --app wsgi metrics …`."""

from dataclasses import fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.performance import queries, service
from lms.performance.defaults import MetricDefinition
from lms.performance.dry_runs import dry_run as checked
from lms.web.wording import sentence

cli = AppGroup("metrics", help="The metric catalog, readings and targets.")


@cli.command("seed")
@click.option("--take", multiple=True, metavar="KEY", help="Make the shipped definition the next version of this one.")
@click.option("--from", "effective_on", type=click.DateTime(["%Y-%m-%d"]), help="In force from; today unless given.")
def seed(take: tuple[str, ...], effective_on: datetime | None) -> None:
    """Add the shipped metric definitions that are not there yet, and name those that are worded differently here.

    What a company has worded itself stays, unless --take names it.
    """
    day, at = effective_on.date() if effective_on else _today(), clock.now()
    added = service.ensure_default_metrics(effective_on=day)
    otherwise = {shipped.key: (shipped, row, differs) for shipped, row, differs in queries.shipped_otherwise()}
    if strange := [key for key in take if key not in otherwise]:
        raise click.ClickException(f"No shipped definition differs from {', '.join(strange)}. Nothing was changed.")
    try:
        for key in dict.fromkeys(take):
            shipped, row, _ = otherwise.pop(key)
            made = service.change_metric(shipped, effective_on=day, seen=row.version, by=None, at=at)
            click.echo(f"{key}: version {made.version}, in force from {made.effective_on}.")
    except RuleViolation as refused:
        raise click.ClickException(sentence(refused.code, **refused.facts)) from refused
    db.session.commit()
    click.echo(f"{added} {'metric' if added == 1 else 'metrics'} added.")
    for key, (_, row, differs) in otherwise.items():
        click.echo(f"{key}: version {row.version} differs from the shipped one in {', '.join(differs)}. --take {key}?")


def _today() -> date:
    return clock.local_day(clock.now(), current_app.config["SETTINGS"].zone)


@cli.command("list")
def list_metrics() -> None:
    """The metrics in use: key, version, unit and name."""
    for metric in queries.metrics(_today()):
        click.echo(f"{metric.key}\tversion {metric.version}\t{metric.unit}\t{metric.name}")


@cli.command("define")
@click.argument("key")
@click.option("--name", help="As it stands on charts.")
@click.option("--definition", help="What is counted.")
@click.option("--unit", help="In the plural. It cannot change later.")
@click.option("--kind", type=click.Choice(queries.KINDS))
@click.option("--timing", type=click.Choice(["lead", "lag"]))
@click.option("--good", "direction", type=click.Choice(["up", "down"]), help="Which way is better.")
@click.option("--decimals", type=click.IntRange(0, 4))
@click.option("--number", "number_key", help="Key of the number that transfer activities report for the same thing.")
@click.option("--from", "effective_on", type=click.DateTime(["%Y-%m-%d"]), help="In force from; today unless given.")
def define(key: str, effective_on: datetime | None, **parts: Any) -> None:
    """Add a metric, or make a new version of one: what is not given stays as it is."""
    given = {name: value for name, value in parts.items() if value is not None}
    day, at = effective_on.date() if effective_on else _today(), clock.now()
    history = queries.metric_history(key)
    try:
        if history:
            newest = history[0]
            kept = {part.name: getattr(newest, part.name) for part in fields(MetricDefinition)}
            definition = MetricDefinition(**{**kept, **given})
            made = service.change_metric(definition, effective_on=day, seen=newest.version, by=None, at=at)
        else:
            given = {"kind": "activity", "timing": "lead", **given}
            if missing := [f"--{name}" for name in ("name", "definition", "unit") if not given.get(name)]:
                raise click.UsageError(f"A new metric needs {' and '.join(missing)}.")
            made = service.add_metric(MetricDefinition(key=key, **given), effective_on=day, by=None, at=at)
    except RuleViolation as refused:
        raise click.ClickException(sentence(refused.code, **refused.facts)) from refused
    db.session.commit()
    click.echo(f"{made.key}: version {made.version}, in force from {made.effective_on}.")


@cli.command("retire")
@click.argument("key")
@click.option("--undo", is_flag=True, help="Use a retired metric again.")
def retire(key: str, undo: bool) -> None:
    """Use a metric no more; its readings stay on record."""
    if not queries.metric_history(key):
        raise click.ClickException(f"No metric has the key {key}.")
    try:
        if undo:
            service.revive_metric(key, by=None, at=clock.now())
        else:
            service.retire_metric(key, on=_today(), by=None, at=clock.now())
    except RuleViolation as refused:
        raise click.ClickException(sentence(refused.code, **refused.facts)) from refused
    db.session.commit()
    click.echo(f"{key} is {'used again' if undo else 'not used any more'}.")


@cli.command("import")
@click.argument("kind", type=click.Choice(["readings", "targets"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="CRM", show_default=True, help="The system of record the numbers come from.")
@click.option("--dry-run", is_flag=True, help="Only report what the file would do.")
def import_numbers(kind: str, file: Path, source: str, dry_run: bool) -> None:
    """Import weekly readings per person, or targets per job role: all rows or none."""
    data = file.read_bytes()
    run = checked(kind, data, today=_today())
    for problem in run.problems:
        click.echo(f"{file.name}: {problem}", err=True)
    if run.problems:
        raise click.ClickException(f"{len(run.problems)} problems; nothing was imported.")
    for notice in run.notices:
        click.echo(f"{file.name}: {notice}", err=True)
    said = f"{run.added} to add, {run.corrections} to correct, {run.unchanged} as before"
    if dry_run:
        click.echo(f"{said}. Dry run: nothing was imported.")
        return
    service.apply_import(run, kind=kind, file_name=file.name, data=data, source=source, by=None, at=clock.now())
    db.session.commit()
    click.echo(f"Imported: {said}.")
