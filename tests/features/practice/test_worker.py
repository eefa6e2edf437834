"""The worker makes cards of finished modules, commits one by one, and lets no broken entry stand in the way."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock, worker
from lms.db import db
from lms.learning import service as learning
from lms.learning.models import Enrollment
from lms.policy.outline import Module
from lms.practice import queries
from lms.practice.models import PracticeCard, PracticeSource
from lms.statements import ledger
from tests.factories import make_user
from tests.features.learning.samples import chunk, course, publish
from tests.features.statements.samples import sample


@pytest.fixture
def finished(own_app):
    """Two people who have finished a module, in a database of its own."""
    with own_app.app_context():
        enid = make_user("Enid Shaw", roles=("admin",))
        version = publish(
            course(Module("one", "One", (chunk("a"),)), Module("two", "Two", (chunk("b"),)), key="worked"), enid
        )
        for name in ("Rosa Diaz", "Ben Ode"):
            rep = make_user(name)
            enrollment = learning.enroll(rep.id, version, by=enid, at=clock.now() - timedelta(days=9))
            learning.complete_step(enrollment, "one/a", how="read", by=rep, at=clock.now() - timedelta(days=8))
        db.session.commit()
        yield own_app


def run(app, name):
    [duty] = [one for one in worker.duties(app.config["SETTINGS"], {}) if one.name == name]
    duty.run(clock.now())


def test_finished_modules_become_cards_and_stay_taken(finished):
    run(finished, "practice-cards")
    run(finished, "practice-cards")
    assert len(db.session.scalars(select(PracticeCard)).all()) == 4
    assert queries.new_sources() == ()


def test_an_entry_that_cannot_be_taken_keeps_no_other(finished):
    """It says that a question was moved, and of which course it was nobody wrote down."""
    ledger.record(sample("item_moved"))
    enrollment = db.session.scalars(select(Enrollment)).first()
    learning.complete_step(enrollment, "two/b", how="read", by=None, at=clock.now())
    db.session.commit()
    run(finished, "practice-cards")
    assert len(queries.new_sources()) == 1
    assert len(db.session.scalars(select(PracticeSource)).all()) == 4, "three modules and the course itself"
    assert len(db.session.scalars(select(PracticeCard)).all()) == 6
