"""The blueprint, and who is at work."""

from flask import Blueprint
from flask_login import current_user

from lms.statements.events import Person

bp = Blueprint("statements", __name__, template_folder="../templates")


def viewer() -> Person:
    return Person(current_user.id, current_user.name)
