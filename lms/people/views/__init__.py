"""Pages of people: the entrance, one's own account, delegates, and the administration of people and lines."""

from flask import Flask

from lms.people import login
from lms.people.views import accommodations, account, delegates, directory, entrance, importing, person, refused_mail
from lms.people.views.blueprint import bp

# Imported for their routes.
PAGES = (
    entrance,
    account,
    accommodations,
    delegates,
    directory,
    person,
    importing,
    refused_mail,
)

__all__ = ["bp", "init_app"]


def init_app(app: Flask) -> None:
    login.init_app(app)
    app.register_blueprint(bp)
