"""The blueprint, who is at work, and what stores are called."""

from flask import Blueprint
from flask_login import current_user

from lms.statements import queries
from lms.statements.events import Person

bp = Blueprint("statements", __name__, template_folder="../templates")

# Those without a name of their own.
NAMES = {"embedded": "Built-in store", "external": "External store"}


def viewer() -> Person:
    return Person(current_user.id, current_user.name)


def names() -> dict[str, str]:
    """What each store is called, by key."""
    return {line.key: named(line) for line in queries.targets()}


def named(line: queries.TargetLine) -> str:
    return line.name or NAMES.get(line.key, line.key)
