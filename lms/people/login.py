"""Flask-Login: who is signed in, and how a session begins and ends."""

from datetime import date, timedelta

from flask import Flask, current_app, session
from flask_login import LoginManager, login_user, logout_user

from lms import clock
from lms.people import queries
from lms.people.models import User
from lms.people.queries import Viewer
from lms.web import resume

# So often in its life a session's cookie is signed anew; it may end by one such part too early.
PROLONGED = 14


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
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False  # `_prolong` does it now and then
    manager = LoginManager()
    manager.session_protection = "basic"
    manager.login_view = "people.sign_in"
    manager.anonymous_user = Nobody
    manager.user_loader(_load)
    manager.unauthorized_handler(resume.unauthorized)
    manager.init_app(app)


def _load(token: str) -> Viewer | None:
    found = queries.viewer(token, today())
    if found is not None:
        _prolong()
    return found


def _prolong() -> None:
    """A session ends so many days after it was last used. Its cookie is signed anew once in a while, not each time."""
    period = current_app.config["SETTINGS"].session_days * 86_400 / PROLONGED
    stamp = int(clock.now().timestamp() // period)
    if session.permanent and session.get("used") != stamp:
        session["used"] = stamp


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
