"""`flask --app wsgi checks …`: later checks. Here, because whoever is on leave is known here."""

import click
from flask.cli import AppGroup

from lms import clock
from lms.db import db
from lms.learning import check_queries
from lms.practice import service
from lms.statements import delivery

cli = AppGroup("checks", help="Checks that come weeks after a module.")


@cli.command("catch-up")
def catch_up() -> None:
    """Schedule checks of modules that were done before there were any: once after an upgrade; twice does no harm."""
    at = clock.now()
    people, made = 0, 0
    ids = check_queries.may_lack_checks()
    db.session.remove()
    for user_id in ids:
        delivery.begin_writing()
        found = service.catch_up(user_id, at)
        db.session.commit()
        db.session.remove()
        people, made = people + bool(found), made + found
    click.echo(f"{made} checks scheduled, for {people} people")
