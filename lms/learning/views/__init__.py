"""Pages of learning, by task: my courses, the trail of one, the player, print and files."""

from flask import Flask

from lms.learning.views import checks, courses, files, places, steps, trail
from lms.learning.views.blueprint import bp

__all__ = ["checks", "courses", "files", "init_app", "places", "steps", "trail"]


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
