"""The blueprint, and what its views take from the settings and the signed-in person."""

from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, url_for
from flask_login import current_user

from lms.db import db
from lms.people import passwords
from lms.people.models import User
from lms.people.passwords import Hasher
from lms.people.service import Gate
from lms.policy.access import Subject
from lms.settings import Settings

bp = Blueprint("people", __name__, template_folder="../templates")


def settings() -> Settings:
    return current_app.config["SETTINGS"]


def hasher() -> Hasher:
    return passwords.hasher(cheap=settings().argon2_cheap)


def gate() -> Gate:
    return Gate(settings().secret_key, settings().rate_limits)


def password_link(token: str) -> str:
    """Absolute, from the settings: a forged Host header must not choose where a mail leads."""
    return settings().base_url + url_for("people.reset", token=token)


def own_account() -> User:
    """The row of who is signed in."""
    return db.session.get_one(User, current_user.id)


def load_person(person_id: UUID) -> tuple[dict[str, Any], Subject] | None:
    user = db.session.get(User, person_id)
    return ({"user": user}, Subject(user.id)) if user is not None else None
