"""Pages for whoever runs the product: deliveries, the stores they go to, and who may use our own store."""

from flask import Flask

from lms.settings import Settings
from lms.statements import home
from lms.statements.views import credentials, deliveries, stores
from lms.statements.views.blueprint import bp

PAGES = (deliveries, stores, credentials)  # imported for their routes

__all__ = ["bp", "init_app"]


def init_app(app: Flask) -> None:
    settings: Settings = app.config["SETTINGS"]
    home.install(app, settings.base_url)
    app.register_blueprint(bp)
