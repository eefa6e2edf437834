"""The application factory: extensions, blueprints, error pages, commands. Nothing is decided here."""

import os

from flask import Flask, request, session
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from lms import clock, commands, web
from lms import settings as settings_module
from lms.assessment import exchange_views as exchange
from lms.assessment import item_views as items
from lms.assessment import scoring_views as scoring
from lms.assessment import views as assessment
from lms.catalog import views as catalog
from lms.dashboard import views as dashboard
from lms.db import db, tune_sqlite
from lms.learning import views as learning
from lms.lrs import credentials as lrs_credentials
from lms.lrs import views as lrs
from lms.people import views as people
from lms.performance import metric_views as metrics
from lms.performance import views as performance
from lms.practice import views as practice
from lms.settings import Settings
from lms.statements import views as statements
from lms.transfer import views as transfer
from lms.web.application import Application

CAPABILITIES = (
    lrs_credentials,
    lrs,
    statements,
    people,
    catalog,
    learning,
    assessment,
    scoring,
    items,
    exchange,
    practice,
    transfer,
    performance,
    metrics,
    dashboard,
)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application from `settings`, or from the environment."""
    settings = settings or settings_module.from_environment(os.environ)
    app = Application(
        "lms",
        instance_path=str(settings.instance.resolve()),
        static_folder="web/static",
        template_folder="web/templates",
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SETTINGS=settings,
        TESTING=settings.testing,
        SESSION_COOKIE_NAME="fieldwork",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
    )
    settings.instance.mkdir(parents=True, exist_ok=True)
    if settings.proxy_count:
        count = settings.proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    clock.keep_company_zone(settings.zone)
    db.init_app(app)
    Migrate(app, db, directory="migrations", render_as_batch=True)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            tune_sqlite(db.engine)
    _begin_writes_at_once(app)
    web.init_app(app)
    for capability in CAPABILITIES:
        capability.init_app(app)
    commands.init_app(app)
    app.go_straight(lrs.bp.name)
    return app


def _begin_writes_at_once(app: Flask) -> None:
    """On SQLite an unsafe request takes the write lock before it reads.

    A transaction that reads first and writes later fails at once when another wrote in between; one that begins
    IMMEDIATE waits its turn.
    """

    @app.before_request
    def _begin() -> None:
        if request.method in SAFE_METHODS:
            return
        _receive(app)
        if db.engine.dialect.name == "sqlite":
            db.session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})


ROOM_FOR_THE_FORM = 2 * 1024 * 1024


def _receive(app: Flask) -> None:
    """Read a body with files before anything is locked: a phone may take minutes for it.

    A recording may be larger than other things, from those who are signed in.
    """
    view = app.view_functions.get(request.endpoint or "")
    if getattr(view, "__takes_recordings__", False) and session:
        most = app.config["SETTINGS"].recording_megabytes
        request.max_content_length = most * 1024 * 1024 + ROOM_FOR_THE_FORM
    if request.mimetype == "multipart/form-data":
        request.files.keys()
