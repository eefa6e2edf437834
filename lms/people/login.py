"""Flask-Login: who is signed in, and how a session begins and ends."""

from datetime import date, timedelta

from flask import Flask, current_app, session
from flask_login import LoginManager, login_user, logout_user

from lms import clock
from lms.people import queries
from lms.people.models import User
from lms.web import resume


class Nobody:
    """Who is not signed in; has what templates ask of a viewer."""

    id = None
    name = ""
    email = ""
    roles: frozenset[str] = frozenset()
    manages_people = False
    job_role = ""
    is_authenticated = False
    is_active = False
    is_anonymous = True

    @property
    def zone(self) -> str:
        return current_app.config["SETTINGS"].zone

    def get_id(self) -> None:
        return None


def init_app(app: Flask) -> None:
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=app.config["SETTINGS"].session_days)
    manager = LoginManager()
    manager.session_protection = "basic"
    manager.login_view = "people.sign_in"
    manager.anonymous_user = Nobody
    manager.user_loader(lambda token: queries.viewer(token, today()))
    manager.unauthorized_handler(resume.unauthorized)
    manager.init_app(app)


def today() -> date:
    """The company's day, by which lines, teams and delegations are dated."""
    return clock.local_day(clock.now(), current_app.config["SETTINGS"].zone)


def begin_session(user: User) -> None:
    """Everything that was in the session before is dropped: nobody can plant a session and wait."""
    session.clear()
    viewer = queries.viewer(user.session_token, today())
    if viewer is not None:
        session.permanent = True
        login_user(viewer)


def end_session() -> None:
    logout_user()
    session.clear()
