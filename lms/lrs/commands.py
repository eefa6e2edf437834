"""`flask --app wsgi lrs …`: who may use the learning record store."""

import click
from flask.cli import AppGroup

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.lrs import credentials

cli = AppGroup("lrs", help="Credentials of the embedded learning record store (/xapi).")


@cli.command("add-credential")
@click.argument("name")
def add_credential(name: str) -> None:
    """Make a key pair for NAME (a tool, a report). The secret is shown once."""
    made = credentials.add(name, at=clock.now())
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
        click.echo(f"{credential.key}  {credential.created_at:%Y-%m-%d}  {state:20}  {credential.name}")
