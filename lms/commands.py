"""The `flask --app wsgi …` commands. Each capability keeps its own group in its `commands.py`."""

import click
import flask_migrate
from flask import Flask, current_app
from flask.cli import with_appcontext

from lms import worker
from lms.assessment.commands import cli as recordings
from lms.catalog.commands import cli as courses
from lms.catalog.exchange.commands import cli as items
from lms.demo.commands import cli as demo
from lms.demo.commands import load_demo, print_sign_ins
from lms.lrs.commands import cli as lrs
from lms.people.commands import cli as people
from lms.practice.commands import cli as checks


@click.command("make-ready")
@with_appcontext
def make_ready() -> None:
    """Bring the database to the current schema; in local mode also load the demo company into an empty one.

    What `make run` does before it serves, in one process: starting Python and reading the application takes longer
    than the work. Prints who can sign in to the demo.
    """
    flask_migrate.upgrade()
    if current_app.config["SETTINGS"].mode == "local":
        load_demo(if_empty=True, say=lambda what: click.echo(f"demo: {what}", err=True))
        print_sign_ins()


def init_app(app: Flask) -> None:
    """Register every command group; `metrics` comes with its own capability."""
    for group in (people, courses, items, recordings, checks, lrs, demo):
        if group.name not in app.cli.commands:
            app.cli.add_command(group)
    app.cli.add_command(make_ready)
    worker.register(app)
