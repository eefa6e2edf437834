"""Pages of transfer activities: the rep's, the reviewer's, the field's and the admin's."""

from flask import Flask

from lms import clock
from lms.learning import queries as learning
from lms.transfer import queries
from lms.transfer.views import admin, field, manager, rep, words_and_links
from lms.transfer.views.blueprint import bp

__all__ = ["admin", "field", "init_app", "manager", "rep", "words_and_links"]


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    # Learning stands below and may not import this package: it asks through this hook (docs/decisions).
    learning.transfer_facts = lambda enrollment_id: queries.transfer_facts(enrollment_id, clock.now())
