"""Accounts: made, changed, closed; roles granted and revoked; passwords set and sessions ended."""

from collections.abc import Iterable
from datetime import date, datetime
from secrets import token_urlsafe
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from lms import clock
from lms.db import db
from lms.errors import RuleViolation
from lms.people import passwords, queries
from lms.people.models import RoleGrant, User
from lms.people.passwords import Hasher
from lms.people.service.record import Named, account_changed
from lms.policy.access import Role

LONGEST_NAME = 120


def create_person(
    *,
    name: str,
    zone: str,
    email: str | None = None,
    job_role: str = "",
    external_key: str | None = None,
    hired_on: date | None = None,
    roles: Iterable[str] = (),
    by: Named | None,
    at: datetime,
) -> User:
    """A new person. Without an email they are known (for lines and numbers) but cannot sign in."""
    user = User(
        id=uuid4(),
        name=checked_name(name),
        email=_free_email(email, user=None),
        zone=checked_zone(zone),
        job_role=job_role.strip(),
        external_key=_free_key(external_key, user=None),
        session_token=token_urlsafe(32),
        hired_on=hired_on,
        created_at=at,
    )
    db.session.add(user)
    db.session.flush()
    account_changed(user, "created", by=by, at=at)
    for role in roles:
        grant_role(user, role, by=by, at=at)
    return user


def change_account(
    user: User,
    *,
    name: str,
    email: str | None,
    zone: str,
    job_role: str,
    external_key: str | None,
    hired_on: date | None,
    by: Named | None,
    at: datetime,
) -> bool:
    """Bring the account to these values; False and no record if they are what it says already."""
    values = {
        "name": checked_name(name),
        "email": _free_email(email, user=user),
        "zone": checked_zone(zone),
        "job_role": job_role.strip(),
        "external_key": _free_key(external_key, user=user),
        "hired_on": hired_on,
    }
    if hired_on is not None and user.left_on is not None and hired_on > user.left_on:
        raise RuleViolation("left_before_hired", left_on=user.left_on, hired_on=hired_on)
    changed = {field: value for field, value in values.items() if getattr(user, field) != value}
    if not changed:
        return False
    for field, value in changed.items():
        setattr(user, field, value)
    db.session.flush()
    account_changed(user, "details_changed", by=by, at=at, fields=", ".join(sorted(changed)))
    return True


def set_zone(user: User, zone: str, *, by: Named, at: datetime) -> None:
    if user.zone != checked_zone(zone):
        before, user.zone = user.zone, zone
        account_changed(user, "zone_changed", by=by, at=at, before=before, after=zone)


def grant_role(user: User, role: str, *, by: Named | None, at: datetime) -> RoleGrant:
    """Granting twice is one grant."""
    if role not in set(Role):
        raise RuleViolation("unknown_role", role=role)
    granted = _open_grant(user, role)
    if granted is None:
        granted = RoleGrant(
            id=uuid4(),
            user_id=user.id,
            role=str(role),
            granted_on=clock.company_day(at),
            granted_by_id=by.id if by is not None else None,
        )
        db.session.add(granted)
        db.session.flush()
        account_changed(user, "role_granted", by=by, at=at, role=role)
    return granted


def revoke_role(user: User, role: str, *, by: Named | None, at: datetime) -> None:
    """The last admin keeps the role: nobody could give it back."""
    granted = _open_grant(user, role)
    if granted is None:
        return
    if role == Role.ADMIN:
        _refuse_last_admin(user, clock.company_day(at))
    granted.revoked_on = clock.company_day(at)
    db.session.flush()
    account_changed(user, "role_revoked", by=by, at=at, role=role)


def deactivate(user: User, *, left_on: date, by: Named | None, at: datetime) -> None:
    """From `left_on` on, nobody signs in here any more.

    Lines stay as they are: requests that waited on this person find the next manager above, because every
    read steps over who left. What else follows from leaving is pulled by the packages above.
    """
    if by is not None and by.id == user.id:
        raise RuleViolation("own_account_closed")
    if user.hired_on is not None and left_on < user.hired_on:
        raise RuleViolation("left_before_hired", left_on=left_on, hired_on=user.hired_on)
    if _open_grant(user, Role.ADMIN) is not None:
        _refuse_last_admin(user, left_on)
    if user.left_on == left_on:
        return
    user.left_on = left_on
    user.session_token = token_urlsafe(32)
    db.session.flush()
    account_changed(user, "left", by=by, at=at, left_on=left_on)


def reactivate(user: User, *, by: Named | None, at: datetime) -> None:
    """Back again, or the leaving was a mistake."""
    if user.left_on is None:
        return
    user.left_on = None
    account_changed(user, "returned", by=by, at=at)


def set_password(user: User, password: str, *, hasher: Hasher, by: Named | None, at: datetime) -> None:
    """Ends every session of this person: whoever knew the old password is out."""
    if user.email is None:
        raise RuleViolation("password_without_email", name=user.name)
    check_password(user, password)
    user.password_hash = hasher.hash(password)
    user.session_token = token_urlsafe(32)
    db.session.flush()
    account_changed(user, "password_changed", by=by, at=at)


def rotate_session(user: User, *, by: Named | None, at: datetime) -> None:
    """Sign out everywhere: no session made before carries the token any more."""
    user.session_token = token_urlsafe(32)
    db.session.flush()
    account_changed(user, "signed_out_everywhere", by=by, at=at)


def check_password(user: User, password: str) -> None:
    """Length, and not what anybody would try first; no rules about kinds of characters."""
    if len(password) < passwords.SHORTEST:
        raise RuleViolation("password_too_short", least=passwords.SHORTEST)
    if len(password) > passwords.LONGEST:
        raise RuleViolation("password_too_long", most=passwords.LONGEST)
    told = {
        user.name.casefold(),
        (user.email or "").casefold(),
        (user.email or "").casefold().partition("@")[0],
    }
    if password.casefold() in told or len(set(password)) < 4:
        raise RuleViolation("password_easily_guessed")


def checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise RuleViolation("name_missing")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise RuleViolation("name_unusable", most=LONGEST_NAME)
    return name


def checked_zone(zone: str) -> str:
    zone = zone.strip()
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as wrong:  # OSError: the name of a folder of zones
        raise RuleViolation("unknown_zone", zone=zone) from wrong
    return zone


def checked_email(email: str) -> str:
    """As it is kept: lower case, because nobody means two people by it. Company-only domains are fine."""
    try:
        checked = validate_email(email.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as wrong:
        raise RuleViolation("email_invalid", email=email, why=str(wrong)) from wrong
    return checked.normalized.lower()


def _free_email(email: str | None, *, user: User | None) -> str | None:
    if not email or not email.strip():
        return None
    email = checked_email(email)
    holder = queries.by_email(email)
    if holder is not None and holder is not user:
        raise RuleViolation("email_taken", email=email)
    return email


def _free_key(key: str | None, *, user: User | None) -> str | None:
    key = (key or "").strip() or None
    if key is not None:
        holder = queries.by_external_key(key)
        if holder is not None and holder is not user:
            raise RuleViolation("key_taken", key=key, name=holder.name)
    return key


def _open_grant(user: User, role: str) -> RoleGrant | None:
    return db.session.scalar(
        select(RoleGrant).where(
            RoleGrant.user_id == user.id, RoleGrant.role == str(role), RoleGrant.revoked_on.is_(None)
        )
    )


def _refuse_last_admin(user: User, on: date) -> None:
    """Who is known to leave does not count: on that day nobody would be left."""
    others = queries.people(queries.admins(on) - {user.id}).values()
    if all(other.left_on is not None for other in others):
        raise RuleViolation("last_admin", name=user.name)
