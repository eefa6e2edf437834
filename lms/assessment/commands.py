"""`flask --app wsgi recordings …`: what is kept of learners' voices, and for how long."""

from datetime import timedelta

import click
from flask import current_app
from flask.cli import AppGroup

from lms import clock
from lms.assessment import service
from lms.assessment.recordings import FOLDER, MB, Store
from lms.db import db

cli = AppGroup("recordings", help="Recordings that learners handed in.")


@cli.command("sweep")
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(min=1),
    help="Also remove what was handed in and scored more than so many days ago.",
)
def sweep(days: int | None) -> None:
    """Remove takes that were not handed in, and files that belong to nothing. What waits to be scored stays."""
    at = clock.now()
    settings = current_app.config["SETTINGS"]
    gone = service.give_up(at=at, before=at - timedelta(days=days) if days else None)
    db.session.commit()
    files = service.sweep(Store(settings.instance / FOLDER, settings.recording_megabytes * MB), at=at)
    click.echo(f"{gone} recordings and {files} files removed")
