"""The demo company holds what its pages need: everybody, every state, nine months of numbers."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from lms import clock
from lms.assessment.models import Attempt
from lms.db import db
from lms.demo.company import MANAGERS, REPS
from lms.demo.states import STATES
from lms.learning import check_queries
from lms.learning.models import DelayedCheck, Enrollment
from lms.mail.models import Message
from lms.people.models import Delegation, Team, User
from lms.people.queries import accommodations
from lms.performance.models import Reading, Target
from lms.transfer.models import TransferActivity, TransferMove
from tests.demo import DEMO, Demo

pytestmark = DEMO


@pytest.fixture(autouse=True)
def inside(demo: Demo):
    with demo.app.app_context():
        yield
        db.session.rollback()


def test_three_teams_six_managers_thirty_reps(demo: Demo) -> None:
    assert db.session.scalar(select(func.count()).select_from(Team)) == 3
    assert (len(MANAGERS), len(REPS), len(STATES)) == (6, 30, 30)
    assert len({rep.name for rep in REPS}) == 30


def test_every_state_of_a_transfer_activity_is_shown_by_somebody() -> None:
    found = Counter(db.session.scalars(select(TransferActivity.status)))
    missing = {
        "preparing",
        "in_review",
        "returned",
        "approved",
        "in_field",
        "results_in",
        "verified",
        "waived",
    } - found.keys()
    assert not missing, found
    acknowledge = select(func.count()).select_from(TransferActivity).where(TransferActivity.needs_acknowledgment)
    assert db.session.scalar(acknowledge)
    moves = set(db.session.scalars(select(TransferMove.move)))
    assert {"return", "adjust", "query", "acknowledge", "escalate", "remind"} <= moves


def test_courses_are_not_begun_under_way_finished_withdrawn() -> None:
    assert set(db.session.scalars(select(Enrollment.state))) >= {"active", "satisfied", "withdrawn"}
    assert db.session.scalar(select(func.count()).select_from(Attempt).where(Attempt.state == "open")) == 1


def test_gus_is_slow_and_lena_is_away(demo: Demo) -> None:
    slow = db.session.scalars(select(TransferActivity).where(TransferActivity.escalated_at.is_not(None))).all()
    reps_of_gus = {demo.people[rep.key].id for rep in REPS if rep.manager == "gus"}
    assert slow
    assert {activity.rep_id for activity in slow} <= reps_of_gus
    delegation = db.session.scalars(select(Delegation)).one()
    assert delegation.manager_id == demo.people["lena"].id
    assert delegation.delegate_id == demo.people["otis"].id


def test_nine_months_of_weekly_numbers_with_targets() -> None:
    weeks = select(func.count(Reading.starts_on.distinct()))
    assert db.session.scalar(weeks) == 39
    assert db.session.scalar(select(func.count()).select_from(Target)) == 12
    per_person = db.session.execute(
        select(User.external_key, func.count()).join(Reading, Reading.user_id == User.id).group_by(User.external_key)
    ).all()
    assert {key for key, _ in per_person} == {rep.key for rep in REPS}


def test_nobody_gets_the_mail_of_an_invented_year() -> None:
    # The tests that share this company owe one to nobody in it.
    assert db.session.scalar(select(func.count()).where(Message.user_id.is_not(None))) == 0


def test_later_checks_are_due_passed_failed_and_gone_by(demo: Demo) -> None:
    """So that no page about what has stayed is empty, whoever opens it on whatever day."""
    states = set(db.session.scalars(select(DelayedCheck.state).distinct()))
    assert {"scheduled", "passed", "failed", "lapsed"} <= states
    on = clock.company_day(clock.now())
    due = [name for name, one in demo.people.items() if check_queries.due_of(one.id, on)]
    assert due
    assert check_queries.mastered(demo.people["viktor"].id)


def test_somebody_has_more_time(demo: Demo) -> None:
    assert accommodations.time_percent(demo.people["nils"].id, clock.now()) == 150


def test_the_facilitator_has_something_to_score_and_no_empty_page(demo: Demo) -> None:
    browser = demo.browser(demo.people["finn"])
    home = browser.get("/").get_data(as_text=True)
    assert "Score what Ruth Abara handed in" in home
    bar = home.split('aria-label="Main"')[1].split("</nav>")[0]
    assert "My numbers" not in bar, "somebody who sells nothing has none"
    assert "To score" in browser.get("/queue").get_data(as_text=True)
    assert "Appointment setting for managers" in browser.get("/courses").get_data(as_text=True)
    assert "overdue" not in home
