"""Key pairs for `/xapi`: the secret is random, long and shown once; what is kept is its digest.

A password needs a slow hash because people choose it; 256 random bits do not, and a slow hash on every request is
what makes a learning record store slow.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lms.db import db
from lms.errors import RuleViolation
from lms.lrs.models import LrsCredential


@dataclass(frozen=True, slots=True)
class NewCredential:
    key: str
    secret: str


def add(name: str, *, at: datetime) -> NewCredential:
    """Make a key pair. The secret cannot be had again."""
    made = NewCredential(key=secrets.token_hex(8), secret=secrets.token_urlsafe(32))
    db.session.add(
        LrsCredential(key=made.key, secret_digest=_digest(made.secret), name=name, scope="all", created_at=at)
    )
    return made


def revoke(key: str, *, at: datetime) -> None:
    """From now on this pair opens nothing. What it wrote stays."""
    credential = db.session.get(LrsCredential, key)
    if credential is None:
        raise RuleViolation("no_such_credential", key=key)
    credential.revoked_at = credential.revoked_at or at


def all_credentials() -> tuple[LrsCredential, ...]:
    """Oldest first, the revoked ones too."""
    return tuple(db.session.scalars(select(LrsCredential).order_by(LrsCredential.created_at, LrsCredential.key)))


def verified(key: str, secret: str) -> bool:
    """Whether this pair may use the store now; takes the same time for a key that does not exist."""
    if "\0" in key:  # PostgreSQL refuses to look for one, and no key of ours holds it
        return False
    row = db.session.execute(
        select(LrsCredential.secret_digest).where(LrsCredential.key == key, LrsCredential.revoked_at.is_(None))
    ).one_or_none()
    expected = row.secret_digest if row is not None else "0" * 64
    return hmac.compare_digest(_digest(secret), expected) and row is not None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
