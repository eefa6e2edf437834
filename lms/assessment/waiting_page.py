"""The page of an attempt that waits to be scored, and who may hear what is in it."""

from flask import render_template
from flask_login import current_user

from lms import clock
from lms.assessment import answers_shown, queries, results, scoring_queries, waiting_queries
from lms.assessment.queries import Sitting
from lms.learning import queries as learning_queries
from lms.learning.pages import Addresses
from lms.people import queries as people
from lms.policy.access import Permission, Subject, allows
from lms.web.guards import actor


def page(sitting: Sitting) -> str:
    """Handed in, and with the person who scores it: on whom it waits, since when, and what was handed in."""
    at = clock.now()
    course = learning_queries.course_of(sitting.enrollment)
    facts = learning_queries.facts(sitting.enrollment.id)
    answers = queries.responses(sitting.attempt.id)
    to = Addresses(sitting.enrollment.id)
    following = results.next_of(sitting, course, facts, to, at)
    if following is not None and following.href == to.of(sitting.place[1], sitting.attempt.step_key):
        following = None  # it is this test that everything waits for
    is_own = sitting.enrollment.user_id == current_user.id
    wait = waiting_queries.wait(sitting.attempt.id)
    stand_in = waiting_queries.stand_in_id(sitting.attempt.id, sitting.enrollment.user_id, at)
    return render_template(
        "assessment/waiting.html",
        sitting=sitting,
        course=course,
        module=sitting.place[0],
        scorer=scoring_queries.scorer_of(sitting.enrollment.user_id, at)[1],
        answers=answers_shown.scored_answers(sitting, answers, None, may_hear=may_hear(sitting)),
        is_own=is_own,
        learner=None if is_own else people.person(sitting.enrollment.user_id),
        may_score=_allowed(Permission.ATTEMPT_SCORE, sitting),
        wait=wait,
        stand_in=people.person(stand_in) if stand_in else None,
        next=following,
        trail=to.trail,
    )


def may_hear(sitting: Sitting) -> bool:
    return _allowed(Permission.RECORDING_HEAR, sitting)


def _allowed(permission: Permission, sitting: Sitting) -> bool:
    """Whoever stands in for a late scorer included."""
    learner_id = sitting.enrollment.user_id
    if learner_id == current_user.id:
        return allows(actor(), permission, Subject(learner_id))
    return allows(actor(), permission, waiting_queries.subject(sitting.attempt.id, learner_id, clock.now()))
