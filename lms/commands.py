"""The `flask --app wsgi …` commands. Each capability keeps its own group in its `commands.py`."""

from flask import Flask

from lms import worker
from lms.catalog.commands import cli as courses
from lms.catalog.exchange.commands import cli as items
from lms.demo.commands import cli as demo
from lms.lrs.commands import cli as lrs
from lms.people.commands import cli as people


def init_app(app: Flask) -> None:
    """Register every command group; `metrics` comes with its own capability."""
    for group in (people, courses, items, lrs, demo):
        if group.name not in app.cli.commands:
            app.cli.add_command(group)
    worker.register(app)
