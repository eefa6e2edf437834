"""Pages of transfer activities, by task: the activity, its worksheet, the review, the field, the numbers."""

from flask import Flask

from lms import clock
from lms.learning import history_queries
from lms.learning import queries as learning
from lms.transfer import queries
from lms.transfer.views import activity, admin, decisions, field, results, reviewing, words_and_links, worksheets
from lms.transfer.views.blueprint import bp

__all__ = [
    "activity",
    "admin",
    "decisions",
    "field",
    "init_app",
    "results",
    "reviewing",
    "words_and_links",
    "worksheets",
]


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    # Learning stands below and may not import this package: it asks through this hook (docs/decisions).
    learning.transfer_facts = lambda enrollment_id: queries.transfer_facts(enrollment_id, clock.now())
    history_queries.shares[history_queries.ACTIVITY] = queries.HISTORY_SHARE
