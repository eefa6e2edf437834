"""Signing in, with a limit on guessing; forgotten passwords; invitations."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from secrets import token_urlsafe
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.mail import letters
from lms.mail import service as mail
from lms.people import limits, queries
from lms.people.limits import Backoff
from lms.people.models import PasswordReset, SignInAttempt, User
from lms.people.passwords import Hasher
from lms.people.service.accounts import check_password, set_password
from lms.people.service.record import Named, account_changed

RESET_HOLDS = letters.LINK_HOLDS["password_reset"]
INVITATION_HOLDS = letters.LINK_HOLDS["invitation"]
KNOWN_FOR = timedelta(days=30)  # how long an address that signed in stays known, and attempts are kept

Link = Callable[[str], str]  # token → absolute address of the page that takes it


@dataclass(frozen=True, slots=True)
class Gate:
    """Counts tries without keeping who tried: emails and addresses are stored as keyed digests only."""

    key: str = field(repr=False)
    is_limiting: bool = True

    def digest(self, kind: str, value: str) -> str:
        return hmac.new(self.key.encode(), f"{kind}\n{value}".encode(), hashlib.sha256).hexdigest()


def begin_sign_in(email: str, address: str | None, *, gate: Gate, at: datetime) -> SignInAttempt:
    """Count the try before the password is looked at; commit it, then `recognize`, then `finish_sign_in`.

    Counted first, so that many tries at once cannot all slip in before the first failure is known; committed
    first, so that a failed try stays counted and no lock is held while the password is hashed.
    """
    return _count("sign-in", email, address, limits.EMAIL, limits.ADDRESS, gate=gate, at=at)


def recognize(email: str, password: str, *, hasher: Hasher, on: date) -> User | None:
    """The person, or None: unknown, left, without and wrong password take the same time and look the same."""
    user = queries.by_email(email)
    matches = hasher.matches(user.password_hash if user is not None else None, password)
    if user is None or not matches or (user.left_on is not None and user.left_on <= on):
        return None
    return user


def finish_sign_in(attempt: SignInAttempt, user: User, password: str, *, hasher: Hasher) -> None:
    """The try was right: forget the failures before it, renew a hash made with older parameters."""
    attempt.succeeded = True
    if hasher.is_outdated(user.password_hash or ""):
        user.password_hash = hasher.hash(password)
    db.session.execute(
        delete(SignInAttempt).where(
            SignInAttempt.at < attempt.at - KNOWN_FOR,
            or_(
                SignInAttempt.email_digest == attempt.email_digest,
                SignInAttempt.address_digest == attempt.address_digest,
            ),
        )
    )


def change_password(user: User, new: str, *, hasher: Hasher, by: Named, at: datetime) -> None:
    """By its owner. The view has asked for the current one, counted as a sign-in: an open screen is no proof."""
    set_password(user, new, hasher=hasher, by=by, at=at)
    _tell_of_change(user, at=at)


def request_reset(email: str, address: str | None, *, gate: Gate, link: Link, company: str, at: datetime) -> None:
    """Mail a link if somebody has this email. The caller's answer is the same either way."""
    _count("reset", email, address, limits.RESET_EMAIL, limits.RESET_ADDRESS, gate=gate, at=at)
    user = queries.by_email(email)
    if user is None or user.email is None or (user.left_on is not None and user.left_on <= clock.company_day(at)):
        return
    token = _new_token(user, holds=RESET_HOLDS, at=at)
    letter = letters.password_reset(user.name, link(token), company)
    mail.owe(user.email, user_id=user.id, kind="password_reset", subject=letter.subject, text=letter.text, at=at)


def invite(user: User, *, link: Link, company: str, by: Named | None, at: datetime) -> None:
    """Mail a link with which the person chooses a first password."""
    if user.email is None:
        raise RuleViolation("invitation_without_email", name=user.name)
    if user.left_on is not None and user.left_on <= clock.company_day(at):
        raise RuleViolation("invitation_after_leaving", name=user.name)
    token = _new_token(user, holds=INVITATION_HOLDS, at=at)
    letter = letters.invitation(user.name, link(token), company, INVITATION_HOLDS.days)
    mail.owe(user.email, user_id=user.id, kind="invitation", subject=letter.subject, text=letter.text, at=at)
    account_changed(user, "invited", by=by, at=at)


def user_of_reset(token: str, *, at: datetime) -> User | None:
    """Whose unused, unexpired link this is."""
    return db.session.scalar(
        select(User)
        .join(PasswordReset, PasswordReset.user_id == User.id)
        .where(_holds(token, at), or_(User.left_on.is_(None), User.left_on > clock.company_day(at)))
    )


def reset_password(token: str, password: str, *, hasher: Hasher, at: datetime) -> User:
    """Set the password by link, once; every other open link and every session of the person ends."""
    user = user_of_reset(token, at=at)
    if user is None:
        raise RuleViolation("reset_link_over")
    check_password(user, password)
    # One statement decides: of two requests with the same link, one finds it unused.
    used = db.session.execute(update(PasswordReset).where(_holds(token, at)).values(used_at=at))
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise RuleViolation("reset_link_over")
    db.session.execute(
        update(PasswordReset)
        .where(PasswordReset.user_id == user.id, PasswordReset.used_at.is_(None))
        .values(used_at=at)
    )
    set_password(user, password, hasher=hasher, by=user, at=at)
    _tell_of_change(user, at=at)
    return user


def _tell_of_change(user: User, *, at: datetime) -> None:
    if user.email is not None:
        letter = letters.password_changed(user.name)
        mail.owe(
            user.email,
            user_id=user.id,
            kind="password_changed",
            subject=letter.subject,
            text=letter.text,
            at=at,
        )


def _new_token(user: User, *, holds: timedelta, at: datetime) -> str:
    token = token_urlsafe(32)
    db.session.add(
        PasswordReset(id=uuid4(), user_id=user.id, token_digest=_digest(token), created_at=at, expires_at=at + holds)
    )
    db.session.flush()
    return token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _holds(token: str, at: datetime) -> ColumnElement[bool]:
    return (
        (PasswordReset.token_digest == _digest(token))
        & PasswordReset.used_at.is_(None)
        & (PasswordReset.expires_at > at)
    )


def _count(
    kind: str,
    email: str,
    address: str | None,
    by_email: Backoff,
    by_address: Backoff,
    *,
    gate: Gate,
    at: datetime,
) -> SignInAttempt:
    """A new attempt row, or RuleViolation that says when to try again. Refused tries are not counted."""
    email_digest = gate.digest(f"{kind} email", email.strip().lower())
    address_digest = gate.digest(f"{kind} address", limits.network_of(address))
    if gate.is_limiting:
        _one_at_a_time(email_digest, address_digest)
        same_email = SignInAttempt.email_digest == email_digest
        same_address = SignInAttempt.address_digest == address_digest
        # Whoever guesses from elsewhere must not lock the owner out at a place they sign in from.
        is_known = (
            db.session.scalar(
                select(SignInAttempt.id)
                .where(same_email, same_address, SignInAttempt.succeeded, SignInAttempt.at > at - KNOWN_FOR)
                .limit(1)
            )
            is not None
        )
        waits = (
            limits.wait_until(
                _failures(same_email & same_address if is_known else same_email, by_email, at, forgiven=True),
                by_email,
            ),
            limits.wait_until(_failures(same_address, by_address, at, forgiven=False), by_address),
        )
        until = max((wait for wait in waits if wait is not None), default=at)
        if until > at:
            raise RuleViolation("too_many_tries", wait=limits.spoken(until - at), until=until)
    attempt = SignInAttempt(
        id=uuid4(), email_digest=email_digest, address_digest=address_digest, at=at, succeeded=False
    )
    db.session.add(attempt)
    db.session.flush()
    return attempt


def _one_at_a_time(*digests: str) -> None:
    """Tries of one email or from one address wait for each other until their count is committed.

    Otherwise many at once would all count the same earlier failures and all be heard. SQLite has one writer anyway.
    In a fixed order, so that two tries never wait for each other.
    """
    if db.session.get_bind().dialect.name != "postgresql":
        return
    for number in sorted({int.from_bytes(bytes.fromhex(digest[:16]), signed=True) for digest in digests}):
        db.session.execute(select(func.pg_advisory_xact_lock(number)))


def _failures(whose: ColumnElement[bool], backoff: Backoff, at: datetime, *, forgiven: bool) -> list[datetime]:
    """Failures inside the window, oldest first; with `forgiven`, since the last success."""
    rows = db.session.execute(
        select(SignInAttempt.at, SignInAttempt.succeeded)
        .where(whose, SignInAttempt.at > at - backoff.window)
        .order_by(SignInAttempt.at, SignInAttempt.succeeded)  # of the same moment, the success last
    )
    failures: list[datetime] = []
    for tried_at, succeeded in rows:
        if not succeeded:
            failures.append(tried_at)
        elif forgiven:
            failures.clear()
    return failures
