"""`flask --app wsgi courses …`: check, publish, list, schema."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from lms import clock
from lms.catalog import queries, service
from lms.catalog.loader import Loaded, load
from lms.catalog.structure import schema
from lms.db import db
from lms.errors import RuleViolation
from lms.people.models import User
from lms.web.wording import sentence

cli = AppGroup("courses", help="Courses as files: check them, publish them.")


@cli.command("check", with_appcontext=False)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Report everything that is wrong with the bundles at PATHS (folders or zips). Needs no database."""
    loaded = {path: load(path) for path in paths}
    if as_json:
        click.echo(json.dumps([_as_json(path, one) for path, one in loaded.items()], indent=2))
    else:
        for path, one in loaded.items():
            _print(path, one)
    if any(one.course is None for one in loaded.values()):
        raise SystemExit(1)


def _as_json(path: Path, loaded: Loaded) -> dict[str, object]:
    return {
        "path": str(path),
        "course": loaded.course.key if loaded.course else None,
        "errors": len(loaded.errors),
        "warnings": len(loaded.warnings),
        "problems": [problem.as_json() for problem in loaded.problems],
    }


def _print(path: Path, loaded: Loaded) -> None:
    for problem in loaded.problems:
        click.echo(f"{path}/{problem}" if path.is_dir() else f"{path}: {problem}")
    errors, warnings = len(loaded.errors), len(loaded.warnings)
    counts = f"{errors} error{'s' if errors != 1 else ''}, {warnings} warning{'s' if warnings != 1 else ''}"
    if loaded.course is None:
        click.echo(f"{path}: {counts}. Not publishable.")
        return
    course = loaded.course
    click.echo(
        f"{path}: “{course.title}”, {len(course.modules)} modules, {len(course.steps)} steps; {counts}. Publishable."
    )


@cli.command("publish")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--change-class",
    type=click.Choice(service.CHANGE_CLASSES),
    help="From version 2 on. cosmetic: spelling, layout. clarifying: same meaning. substantive: meaning, key, gate.",
)
@click.option("--note", default="", help="What changed, for the record (500 characters).")
@click.option("--as", "email", required=True, help="The email address of the author or admin who publishes.")
@with_appcontext
def publish(path: Path, change_class: str | None, note: str, email: str) -> None:
    """Publish the bundle at PATH as the next version of its course."""
    loaded = load(path)
    if loaded.course is None:
        _print(path, loaded)
        raise SystemExit(1)
    if db.engine.dialect.name == "sqlite":
        # Take the write lock before reading: two commands at once then wait for each other.
        db.session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})
    by = db.session.scalar(db.select(User).where(db.func.lower(User.email) == email.strip().lower()))
    if by is None:
        raise click.ClickException(f"There is nobody with the email address {email}.")
    if change_class is None:
        if queries.latest_version(loaded.course.key) is not None:
            db.session.rollback()
            raise click.UsageError("Say with --change-class what kind of change this is; version 1 alone needs none.")
        change_class = service.FIRST_CLASS
    try:
        publication = service.publish_or_find(
            loaded.course, loaded.assets, change_class=change_class, by=by, at=clock.now(), note=note[:500]
        )
    except RuleViolation as refused:
        db.session.rollback()
        raise click.ClickException(sentence(refused.code, **refused.facts)) from refused
    db.session.commit()
    number = publication.version.number
    if publication.is_new:
        click.echo(f"Published “{loaded.course.title}”, version {number}{f' ({change_class})' if number > 1 else ''}.")
    else:
        click.echo(f"“{loaded.course.title}” is published already: version {number} has the very same content.")


@cli.command("list")
@with_appcontext
def list_courses() -> None:
    """The newest version of every course."""
    rows = queries.latest_versions()
    if not rows:
        click.echo("No course is published.")
    for row in rows:
        click.echo(f"{row.line_key}  v{row.number}  {row.edition}  {row.published_at:%Y-%m-%d}  {row.title}")


@cli.command("schema", with_appcontext=False)
def print_schema() -> None:
    """Print the JSON Schema of the bundle format."""
    click.echo(json.dumps(schema(), indent=2, ensure_ascii=False))
