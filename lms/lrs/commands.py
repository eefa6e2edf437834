"""`flask --app wsgi lrs …`: who may use the learning record store."""

import click
from flask.cli import AppGroup

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.lrs import credentials
from lms.web.wording import sentence

cli = AppGroup("lrs", help="Credentials of the embedded learning record store (/xapi).")


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
