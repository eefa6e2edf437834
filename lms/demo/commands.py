"""`flask --app wsgi demo …`."""

from collections.abc import Callable
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import exists, select

from lms import clock
from lms.db import db
from lms.demo import build, crm
from lms.demo.company import EVERYBODY, PASSWORD, SIGN_INS
from lms.people.models import User

cli = AppGroup("demo", help="The demo company.")


@cli.command("load")
@click.option("--if-empty", is_flag=True, help="Do nothing where people are on file already.")
@click.option(
    "--crm",
    "crm_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Build the company on a CRM export instead: sales_teams.csv, sales_pipeline.csv, products.csv, accounts.csv.",
)
def load(if_empty: bool, crm_folder: Path | None) -> None:
    """Build the demo company in an empty database."""
    load_demo(if_empty=if_empty, crm_folder=crm_folder, say=lambda what: click.echo(f"  demo: {what}"))


def load_demo(*, if_empty: bool, crm_folder: Path | None = None, say: Callable[[str], None]) -> None:
    """Build the demo company and commit; `say` is told what is being built."""
    if current_app.config["SETTINGS"].mode == "production":
        raise click.ClickException("The demo's people share a public password. It is not loaded in production mode.")
    if db.session.scalar(select(exists().where(User.id.is_not(None)))):
        if if_empty:
            return
        raise click.ClickException("There are people on file. The demo is loaded into an empty database only.")
    at = clock.now()
    if crm_folder is None:
        build.load(at, say=say)
    else:
        crm.load(crm_folder, at, say=say)
    db.session.commit()


@cli.command("sign-ins")
def sign_ins() -> None:
    """Print who can sign in to the demo."""
    print_sign_ins()


def print_sign_ins() -> None:
    members = {member.key: member for member in EVERYBODY}
    for key, what in SIGN_INS:
        member = members[key]
        if db.session.scalar(select(exists().where(User.email == member.email))):
            click.echo(f"  {member.email:28} {PASSWORD}   {member.name}: {what}")
