"""What a trail keeps for all learners is what it would draw for each."""

import random
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from flask import g

from lms.learning import trail as trails
from lms.learning.history_queries import OpeningRow
from lms.learning.pages import Addresses
from lms.policy import module_states, sequencing
from lms.policy.sequencing import Done, Facts, TransferFact
from tests.features.learning.samples import AT, long_course, small_course

PEOPLE = ("", "Milo Hart", "Otis <Grey>")
ZONES = ("UTC", "America/New_York", "Asia/Tokyo")


def some_facts(course, rng):
    """Steps done in order up to anywhere, a few beyond it, activities that stand and wait anyhow."""
    keys = list(course.steps)
    upto = rng.randrange(len(keys) + 1)
    done = {
        key: Done(AT, rng.choice(list(trails.HOW_DONE)), rng.choice(PEOPLE))
        for number, key in enumerate(keys)
        if number < upto or rng.random() < 0.03
    }
    transfer = {
        key: TransferFact(
            rng.choice(["draft", "in_review", "results_in", "verified"]),
            *rng.choice([("", None), ("Milo Hart", AT - timedelta(days=rng.randrange(3)))]),
            is_shown=rng.random() < 0.5,
        )
        for key in course.transfers
        if rng.random() < 0.7
    }
    return Facts(done, transfer)


def some_openings(course, rng):
    return {
        module.key: OpeningRow(module.key, AT, rng.choice(list(course.steps)), "verified", rng.choice(PEOPLE))
        for module in course.modules
        if rng.random() < 0.3
    }


def anew(trail, enrollment_id):
    """The drawing without anything that was kept."""
    rows = [trails.module_row(trail, number, module) for number, module in enumerate(trail.course.modules, 1)]
    return "".join(trails._draw(row) for row in rows).replace(str(trails.ANY_ENROLLMENT), str(enrollment_id))


def joined_course():
    """Its last module needs two that do not need each other."""
    course = long_course(6, "joined")
    *before, last = course.modules
    side = replace(before[-1], requires=before[-2].requires)
    return replace(course, modules=(*before[:-1], side, replace(last, requires=(before[-2].key, side.key))))


@pytest.mark.parametrize(
    "course", [small_course(), long_course(12, "long"), joined_course()], ids=["small", "long", "joined"]
)
def test_what_is_kept_is_what_would_be_drawn(app, course):
    rng = random.Random(11)
    version_id = uuid4()
    for _ in range(120):
        facts, enrollment_id = some_facts(course, rng), uuid4()
        with app.test_request_context("/"):
            g._login_user = SimpleNamespace(is_authenticated=True, zone=rng.choice(ZONES))
            access = sequencing.resolve(course, facts, AT)
            trail = trails.Trail(
                version_id,
                course,
                facts,
                access,
                module_states.module_states(course, facts),
                some_openings(course, rng),
                sequencing.next_step(course, access),
                Addresses(trails.ANY_ENROLLMENT),
            )
            assert trails.drawn(trail, enrollment_id) == anew(trail, enrollment_id)
    assert len(trails._kept) <= trails.MOST_KEPT
