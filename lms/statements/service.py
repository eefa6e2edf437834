"""What an admin does about the record store, each as one act with its entry in the ledger."""

from collections.abc import Collection
from datetime import datetime
from uuid import uuid5

from lms.lrs import credentials
from lms.lrs.credentials import NewCredential
from lms.statements import ledger
from lms.statements.build import NAMESPACE
from lms.statements.events import CredentialChanged, Person


def make_credential(
    name: str, *, scopes: Collection[str], description: str = "", by: Person, at: datetime
) -> NewCredential:
    """Make a key pair for `/xapi`; its secret is in what is returned and nowhere else."""
    made = credentials.add(name, at=at, scopes=scopes, description=description, made_by=by.name)
    _record_credential(made.key, "made", name, by=by, at=at)
    return made


def revoke_credential(key: str, *, by: Person, at: datetime) -> None:
    """The pair opens nothing any more. One that is revoked already stays as it is."""
    row = credentials.revoke(key, at=at, by=by.name)
    if row.revoked_at == at:
        _record_credential(key, "revoked", row.name, by=by, at=at)


def _record_credential(key: str, change: str, name: str, *, by: Person, at: datetime) -> None:
    ledger.record(
        CredentialChanged(
            at=at,
            actor=by,
            learner=by,
            record_id=uuid5(NAMESPACE, f"credential/{key}/{change}"),
            change=change,
            name=name.strip(),
        )
    )
