"""Key pairs for `/xapi`: the secret is random, long and shown once; what is kept is its digest.

A password needs a slow hash because people choose it; 256 random bits do not, and a slow hash on every request is
what makes a learning record store slow. A pair that was verified is remembered by the process for a few seconds.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from flask import Flask, Response, current_app
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import TooManyRequests

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.lrs.limits import RateLimit
from lms.lrs.models import LrsCredential
from lms.settings import Settings

EXTENSION = "xapi-keyring"
# So long may a pair that was revoked meanwhile still open something.
REMEMBERED_SECONDS = 5.0
# "Last used" is for people who wonder whether a key is still needed; a write for each request it is not worth.
USE_IS_NOTED_EVERY = timedelta(minutes=10)
NO_DIGEST = "0" * 64
LONGEST_NAME, LONGEST_DESCRIPTION = 120, 500


class Scope(StrEnum):
    """What a credential may do; the names of xAPI's OAuth scopes (xAPI 1.0.3, part 3, 4.2)."""

    ALL = "all"
    ALL_READ = "all/read"
    WRITE = "statements/write"
    READ = "statements/read"
    READ_MINE = "statements/read/mine"
    STATE = "state"
    PROFILE = "profile"
    DEFINE = "define"


# What a scope brings along.
INCLUDES: dict[Scope, frozenset[str]] = {
    Scope.ALL: frozenset(Scope),
    Scope.ALL_READ: frozenset({Scope.READ, Scope.READ_MINE}),
    Scope.READ: frozenset({Scope.READ_MINE}),
}


@dataclass(frozen=True, slots=True)
class Credential:
    """A verified key. `scopes`: as granted; ask `allows`, which knows what they bring along."""

    key: str
    name: str
    scopes: frozenset[str]
    granted: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        brought = (INCLUDES.get(Scope(scope), frozenset()) for scope in self.scopes)
        object.__setattr__(self, "granted", self.scopes.union(*brought))

    def allows(self, scope: str) -> bool:
        return scope in self.granted

    def may_read(self, scope: str) -> bool:
        """For what one scope reads and writes (`state`, `profile`): reading is also in `all/read`."""
        return scope in self.granted or Scope.ALL_READ in self.granted


@dataclass(frozen=True, slots=True)
class NewCredential:
    key: str
    secret: str = field(repr=False)


# Making and withdrawing


def add(
    name: str, *, at: datetime, scopes: Collection[str] = (Scope.ALL,), description: str = "", made_by: str = ""
) -> NewCredential:
    """Make a key pair. The secret cannot be had again."""
    name, description = name.strip(), description.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise RuleViolation("credential_needs_a_name", longest=LONGEST_NAME)
    if len(description) > LONGEST_DESCRIPTION:
        raise RuleViolation("credential_description_too_long", longest=LONGEST_DESCRIPTION)
    known = parsed(" ".join(scopes))
    made = NewCredential(key=secrets.token_hex(8), secret=secrets.token_urlsafe(32))
    db.session.add(
        LrsCredential(
            key=made.key,
            secret_digest=_digest(made.secret),
            name=name,
            description=description,
            scope=spelled(known),
            made_by=made_by,
            created_at=at,
        )
    )
    return made


def revoke(key: str, *, at: datetime, by: str = "") -> LrsCredential:
    """From now on this pair opens nothing. What it wrote stays. Doing it again changes nothing."""
    credential = db.session.get(LrsCredential, key)
    if credential is None:
        raise RuleViolation("no_such_credential", key=key)
    if credential.revoked_at is None:
        credential.revoked_at, credential.revoked_by = at, by
    _keyring().forget(key)
    return credential


def all_credentials() -> tuple[LrsCredential, ...]:
    """Oldest first, the revoked ones too."""
    return tuple(db.session.scalars(select(LrsCredential).order_by(LrsCredential.created_at, LrsCredential.key)))


def name_of(key: str) -> str | None:
    """Whose pair this is or was."""
    return db.session.scalar(select(LrsCredential.name).where(LrsCredential.key == key))


def parsed(text: str) -> frozenset[str]:
    """The scopes in `text`, which is written as OAuth writes them: names with blanks between."""
    names = text.split()
    for name in names:
        if name not in frozenset(Scope):
            raise RuleViolation("no_such_scope", scope=name)
    if not names:
        raise RuleViolation("credential_needs_a_scope")
    return frozenset(names)


def spelled(scopes: frozenset[str]) -> str:
    """As they are kept and shown: in the order of `Scope`."""
    return " ".join(scope for scope in Scope if scope in scopes)


# Using


def verified(key: str, secret: str) -> Credential | None:
    """Whose pair this is, or None if it may not use the store (now).

    Raises TooManyRequests if the pair is right but asks more often than it may: a wrong secret uses up nobody's share.
    """
    ring = _keyring()
    kept = ring.recall(key)
    if kept is None:
        kept = _looked_up(key)
        if kept.credential is not None:
            ring.remember(kept)
    # Compared for a key that does not exist too, so that it takes the same time.
    if not hmac.compare_digest(_digest(secret), kept.digest) or kept.credential is None:
        return None
    if wait := ring.limit.wait(key, time.monotonic()):
        raise TooManyRequests(f"This credential asks too often. Ask again in {wait} s.", retry_after=wait)
    if kept.is_use_due:
        kept.is_use_due = False
        ring.note_use(key)
    return kept.credential


@dataclass(slots=True)
class _Kept:
    """`credential`: None if there is no such pair, or it was revoked. `is_use_due`: its "last used" is old."""

    credential: Credential | None
    digest: str
    is_use_due: bool = False
    until: float = 0.0


class Keyring:
    """What one process remembers. Only pairs that exist are remembered, so it stays small."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self._used: set[str] = set()
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def recall(self, key: str) -> _Kept | None:
        kept = self._kept.get(key)
        return kept if kept is not None and kept.until > time.monotonic() else None

    def remember(self, kept: _Kept) -> None:
        assert kept.credential is not None  # noqa: S101 -- the caller looked
        kept.until = time.monotonic() + REMEMBERED_SECONDS
        with self._lock:
            self._kept[kept.credential.key] = kept

    def forget(self, key: str) -> None:
        with self._lock:
            self._kept.pop(key, None)

    def note_use(self, key: str) -> None:
        with self._lock:
            self._used.add(key)

    def take_used(self) -> set[str]:
        """The keys that were used and are not noted yet; the caller notes them."""
        if not self._used:
            return set()
        with self._lock:
            used, self._used = self._used, set()
            return used


def _keyring() -> Keyring:
    ring: Keyring = current_app.extensions[EXTENSION]
    return ring


def _looked_up(key: str) -> _Kept:
    if "\0" in key:  # PostgreSQL refuses to look for one, and no key of ours holds it
        return _Kept(None, NO_DIGEST)
    row = db.session.execute(
        select(
            LrsCredential.key,
            LrsCredential.name,
            LrsCredential.scope,
            LrsCredential.secret_digest,
            LrsCredential.last_used_at,
        ).where(LrsCredential.key == key, LrsCredential.revoked_at.is_(None))
    ).one_or_none()
    if row is None:
        return _Kept(None, NO_DIGEST)
    is_due = row.last_used_at is None or clock.now() - row.last_used_at >= USE_IS_NOTED_EVERY
    return _Kept(Credential(row.key, row.name, frozenset(row.scope.split())), row.secret_digest, is_due)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


# Noting when a pair was last used


def init_app(app: Flask) -> None:
    settings: Settings = app.config["SETTINGS"]
    app.extensions[EXTENSION] = Keyring(RateLimit(settings.xapi_per_minute if settings.rate_limits else 0))


def note_uses(response: Response) -> None:
    """When this answer is sent: a GET writes nothing, and nobody waits for this."""
    if used := _keyring().take_used():
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        response.call_on_close(lambda: _note_use(app, used, clock.now()))


def _note_use(app: Flask, keys: set[str], at: datetime) -> None:
    """In a transaction of its own. A database that is busy or away has better things to do: then it is left out."""
    with app.app_context():
        try:
            db.session.execute(
                update(LrsCredential).where(LrsCredential.key.in_(keys)).values(last_used_at=at),
                execution_options={"synchronize_session": False},
            )
            db.session.commit()
        except OperationalError:
            db.session.rollback()
