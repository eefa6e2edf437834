"""What an admin does about record stores, ours and others', each as one act with its entry in the ledger."""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from sqlalchemy import select

from lms.db import db
from lms.errors import RuleViolation
from lms.lrs import credentials
from lms.lrs.credentials import NewCredential
from lms.statements import ledger, queries, sealing, stores
from lms.statements.administration import CredentialChanged, StatementResent, StoreChanged
from lms.statements.build import NAMESPACE
from lms.statements.events import Person
from lms.statements.models import DeliveryTarget

LONGEST_KEY = 40
LONGEST_NAME, LONGEST_ADDRESS, LONGEST_USER, LONGEST_PASSWORD = 80, 500, 200, 1000

# Our own store


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
    record_id = uuid5(NAMESPACE, f"credential/{key}/{change}")
    ledger.record(CredentialChanged(at=at, actor=by, learner=by, record_id=record_id, change=change, name=name.strip()))


# Stores elsewhere


def add_store(
    name: str,
    *,
    endpoint: str,
    user: str,
    password: str,
    secret_key: str,
    owed_from: datetime | None = None,
    by: Person,
    at: datetime,
) -> DeliveryTarget:
    """Owe a store elsewhere what is recorded from now on, and what was recorded since `owed_from` (None: ever)."""
    name = _named(name)
    key = _key_for(name)
    if db.session.get(DeliveryTarget, key) is not None:
        raise RuleViolation("store_key_taken")
    endpoint = _address(endpoint)
    user, password = _pair(user, password)
    row = DeliveryTarget(
        key=key,
        origin=stores.ON_PAGE,
        name=name,
        endpoint=endpoint,
        username=user,
        sealed_password=sealing.seal(password, store=key, endpoint=endpoint, secret_key=secret_key),
        owed_from=owed_from,
    )
    db.session.add(row)
    db.session.flush()
    stores.owe_missing()
    _record(row, "added", by=by, at=at)
    return row


def change_store(
    key: str, *, name: str, endpoint: str, user: str, password: str, secret_key: str, by: Person, at: datetime
) -> DeliveryTarget:
    """Describe a store of the page anew. An empty password keeps the one it has, but not for another address.

    At another address it is owed everything again: what is there is another store.
    """
    row = _own(key)
    name, endpoint = _named(name), _address(endpoint)
    moved = endpoint != row.endpoint
    if moved and not password:
        raise RuleViolation("store_password_again")
    user, new_password = _pair(user, password or "as before")
    row.name, row.endpoint, row.username = name, endpoint, user
    if password:
        row.sealed_password = sealing.seal(new_password, store=key, endpoint=endpoint, secret_key=secret_key)
    if moved:
        stores.owe_again(row, since=row.owed_from)
    stores.ask_at_once(row)
    _record(row, "changed", by=by, at=at)
    return row


def pause_store(key: str, *, by: Person, at: datetime) -> DeliveryTarget:
    """Send nothing until it is resumed; what happens meanwhile is owed."""
    row = _any(key)
    if row.paused_at is None:
        row.paused_at = at
        _record(row, "paused", by=by, at=at)
    return row


def resume_store(key: str, *, by: Person, at: datetime) -> DeliveryTarget:
    row = _any(key)
    if row.paused_at is not None:
        row.paused_at = None
        stores.ask_at_once(row)
        _record(row, "resumed", by=by, at=at)
    return row


def switch_store(key: str, *, on: bool, by: Person, at: datetime) -> DeliveryTarget:
    """Off: owed nothing new, sent nothing. On again: owed what it missed meanwhile, too."""
    row = _own(key)
    if row.is_enabled != on:
        row.is_enabled = on
        db.session.flush()
        stores.ask_at_once(row)
        stores.owe_missing()
        _record(row, "switched on" if on else "switched off", by=by, at=at)
    return row


def replay_store(key: str, *, since: datetime, by: Person, at: datetime) -> int:
    """Send again everything recorded at `since` or later, also what was never owed; return how many statements."""
    row = _any(key)
    count = stores.owe_again(row, since=since)
    if row.owed_from is not None and since < row.owed_from:
        row.owed_from = since
        db.session.flush()
        count += stores.owe_missing(only=key)
    _record(row, "replayed", by=by, at=at, facts=(("starts_on", since.date().isoformat()),))
    return count


def resend_refused(key: str, *, by: Person, at: datetime) -> int:
    """Send again everything this store refused; return how many statements."""
    row = _any(key)
    count = stores.owe_again(row, only_refused=True)
    if count:
        _record(row, "sent every refused statement again to", by=by, at=at)
    return count


def resend(seq: int, target: str, statement_id: UUID, *, by: Person, at: datetime) -> None:
    """Send this one again; a second click is a second act, and does no harm."""
    stores.resend(seq, target)
    revision = queries.times_resent(statement_id) + 1
    ledger.record(
        StatementResent(at=at, actor=by, learner=by, record_id=statement_id, revision=revision, target=target)
    )


def _any(key: str) -> DeliveryTarget:
    # The key is left to those who owe it something meanwhile: to replay years takes long, and nobody shall wait.
    mine = select(DeliveryTarget).where(DeliveryTarget.key == key).with_for_update(key_share=True)
    row = db.session.scalars(mine).one_or_none()
    if row is None:
        raise RuleViolation("no_such_store", key=key)
    return row


def _own(key: str) -> DeliveryTarget:
    row = _any(key)
    if row.origin != stores.ON_PAGE:
        raise RuleViolation("store_is_set_elsewhere")
    return row


def _record(row: DeliveryTarget, change: str, *, by: Person, at: datetime, facts: Any = ()) -> None:
    record_id = uuid5(NAMESPACE, f"store/{row.key}")
    revision = queries.times_recorded(record_id)
    ledger.record(
        StoreChanged(
            at=at,
            actor=by,
            learner=by,
            record_id=record_id,
            revision=revision,
            change=change,
            name=row.name or row.key,
            facts=facts,
        )
    )


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise RuleViolation("store_needs_a_name", longest=LONGEST_NAME)
    return name


def _key_for(name: str) -> str:
    """Begins with a sign that no name in the settings has, so that the two never meet."""
    letters = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name.lower())
    word = "-".join(part for part in letters.split("-") if part)
    return f"own-{word or sha256(name.encode()).hexdigest()[:8]}"[:LONGEST_KEY].rstrip("-")


def _address(text: str) -> str:
    """The address of a store, as statements are put below it; refused if it could not be meant."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as wrong:
        raise RuleViolation("store_address_unusable") from wrong
    is_plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= LONGEST_ADDRESS
    if (
        not is_plain
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username is not None
        or parts.query
        or parts.fragment
        or parts.path.rstrip("/").endswith("/statements")
    ):
        raise RuleViolation("store_address_unusable")
    return text


def _pair(user: str, password: str) -> tuple[str, str]:
    """HTTP Basic divides the two at the first colon and knows no control characters."""
    user, password = user.strip(), password.strip()
    fits = 0 < len(user) <= LONGEST_USER and 0 < len(password) <= LONGEST_PASSWORD
    if not fits or ":" in user or not user.isprintable() or not password.isprintable():
        raise RuleViolation("store_needs_credentials")
    return user, password
