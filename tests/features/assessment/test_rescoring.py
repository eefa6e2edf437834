"""A score is looked at again: by the scorer until the learner has gone on, by an admin after. Nothing is lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.assessment import queries, scoring_queries, service
from lms.assessment.models import AttemptScoring, Grade
from lms.assessment.service import Marks
from lms.db import db
from lms.learning import queries as learning_queries
from lms.learning import service as learning
from tests.features.assessment.test_scoring import (
    BEST,
    DAY,
    MIDDLE,
    MINUTE,
    access,
    enrollment,
    entries,
    hand_in,
    held,
    mails,
    refused,
    repair,
    statements,
)
from tests.features.learning.samples import AT

__all__ = ["enrollment"]

LOW = Marks({"reason": 1, "request": 1})
LEVELS = {"level.letter.reason": "3", "level.letter.request": "4"}


@pytest.fixture
def scored(enrollment, rosa, milo):
    """Failed by a level: 11/4 of four points, three are needed."""
    sitting, _ = hand_in(enrollment, rosa)
    service.score_attempt(sitting, {"letter": MIDDLE}, by=milo, at=AT + DAY)
    return sitting


def revise(sitting, by, marks=BEST, *, seen=1, reason="I read the second half too late.", at=AT + DAY + MINUTE):
    return service.revise_score(held(sitting.attempt.id), {"letter": marks}, seen=seen, reason=reason, by=by, at=at)


def verdict(sitting):
    return next(
        row.grade for row in queries.attempts_of(sitting.enrollment.id, "one/posttest") if row.id == sitting.attempt.id
    )


def go_on(enrollment, rosa):
    """Rosa begins another attempt: she has built on what she was told."""
    service.issue(enrollment, "one/posttest", by=rosa, at=AT + DAY + MINUTE)


def test_the_scorer_corrects_a_slip_and_the_pass_opens_what_it_opens(session, enrollment, scored, rosa, milo):
    revised = revise(scored, milo)
    assert (revised.passed, revised.opened.modules) == (True, ("two",))
    assert access(enrollment)["two/try"].is_open
    first, second = scoring_queries.scorings(scored.attempt.id)
    assert (first.marks["letter"]["levels"], second.marks["letter"]["levels"]) == (
        {"reason": 2, "request": 3},
        {"reason": 3, "request": 4},
    )
    assert (first.reason, second.reason) == ("", "I read the second half too late.")
    grades = session.execute(select(Grade.cause, Grade.passed).order_by(Grade.number)).all()
    assert [tuple(row) for row in grades] == [("scored", False), ("rescored", True)]
    said = entries(enrollment, "answer_scored")
    assert [row.reason for row in said] == ["", "I read the second half too late."]
    passed = [one for one in statements() if one["verb"]["id"].endswith("/passed")]
    assert len(passed) == 1
    assert "rescored" in str(passed[0]["context"]["extensions"])
    (mail,) = mails("attempt_rescored")
    assert (mail.to_address, "You pass it now." in mail.text, "second half" in mail.text) == (rosa.email, True, True)


def test_the_scorer_may_go_down_but_takes_no_pass_back(enrollment, scored, milo):
    assert not revise(scored, milo, LOW).passed
    assert verdict(scored).earned == 1
    assert "fewer points" in mails("attempt_rescored")[0].text
    revise(scored, milo, BEST, seen=2)
    with refused("score_takes_pass_back"):
        revise(scored, milo, LOW, seen=3)
    assert (verdict(scored).passed, len(scoring_queries.scorings(scored.attempt.id))) == (True, 3)


def test_once_the_learner_has_gone_on_only_an_admin_repairs_and_only_for_the_better(
    enrollment, scored, rosa, milo, enid
):
    go_on(enrollment, rosa)
    with refused("score_built_on"):
        revise(scored, milo)
    with refused("score_repair_lowers"):
        revise(scored, enid, LOW)
    assert revise(scored, enid, BEST, reason="The rubric was read wrongly.").passed
    (said,) = [row for row in entries(enrollment, "answer_scored") if row.actor_id == enid.id]
    assert said.reason == "The rubric was read wrongly."
    with refused("score_of_somebody_else"):  # it is the admin's score now
        revise(scored, milo, MIDDLE, seen=2)


def test_work_in_what_a_pass_opened_builds_on_it(enrollment, rosa, milo):
    sitting, _ = hand_in(enrollment, rosa)
    service.score_attempt(sitting, {"letter": BEST}, by=milo, at=AT + DAY)
    assert service.is_correction(sitting, by=milo, at=AT + DAY)
    learning.complete_step(enrollment, "two/try", how="attempted", by=rosa, at=AT + 2 * DAY)
    with refused("score_built_on"):
        service.is_correction(sitting, by=milo, at=AT + 2 * DAY)
    assert learning_queries.done(enrollment.id).keys() >= {"one/posttest", "two/try"}


@pytest.mark.parametrize(
    ("who", "marks", "reason", "code"),
    [
        ("milo", MIDDLE, "Nothing else.", "score_unchanged"),
        ("milo", BEST, "  ", "revision_needs_reason"),
        ("milo", Marks({"reason": 9, "request": 1}), "Why.", "score_level_missing"),
        ("rosa", BEST, "Mine.", "own_work"),
        ("otis", BEST, "Better.", "score_of_somebody_else"),
    ],
)
def test_what_is_no_revision(cast, scored, who, marks, reason, code):
    with refused(code):
        revise(scored, getattr(cast, who), marks, reason=reason)
    assert len(db.session.scalars(select(AttemptScoring)).all()) == 1


def test_nothing_is_looked_at_again_before_it_was_looked_at(enrollment, rosa, milo):
    sitting, _ = hand_in(enrollment, rosa)
    with refused("attempt_not_scored"):
        revise(sitting, milo)


def test_of_two_the_second_is_told_and_the_same_sent_twice_is_one(session, scored, milo, enid):
    for minutes in (1, 2):
        revised = revise(scored, milo, at=AT + DAY + minutes * MINUTE)
    assert revised.is_new is False
    with refused("score_outdated") as second:
        revise(scored, enid, LOW)
    assert second.value.facts["who"] == milo.name
    assert len(session.scalars(select(AttemptScoring)).all()) == len(session.scalars(select(Grade)).all()) == 2


def test_a_repair_of_a_question_counts_the_levels_that_stand(visit, enrollment, scored, rosa, milo, enid):
    """Without the letter one point of one is left, whatever its levels; and the page goes on saying why."""
    assert repair(enrollment, "letter", enid) == 1
    page = f"/attempts/{scored.attempt.id}/result"
    assert "A question was repaired" in visit(rosa).get(page).text
    revise(scored, milo, LOW)
    judged = scoring_queries.judged([scored.attempt.id])[scored.attempt.id]
    assert judged["letter"]["levels"] == {"reason": 1, "request": 1}
    grade = verdict(scored)
    assert (grade.cause, grade.passed, grade.earned / grade.possible) == ("rescored", True, 1)
    assert "A question was repaired" in visit(rosa).get(page).text


def test_the_pages(visit, enrollment, scored, rosa, milo, enid):
    page = f"/attempts/{scored.attempt.id}/scoring"
    again = f"{page}/revision"
    scorer = visit(milo)
    assert f'href="{again}"' in scorer.get(page).text
    assert 'value="2" checked' in scorer.get(again).text
    nothing = scorer.send(again, {**LEVELS, "seen": "1"}, page=again)
    assert (nothing.status_code, "The learner reads it." in nothing.text) == (422, True)
    same = {"level.letter.reason": "2", "level.letter.request": "3", "seen": "1", "reason": "Hm."}
    assert "Nothing is different" in scorer.send(again, same, page=again).text
    assert scorer.send(again, {**LEVELS, "seen": "1", "reason": "Read too fast."}, page=again).status_code == 303
    assert "Milo Hart looked at this again" in scorer.get(page).text
    assert "Read too fast." in visit(rosa).get(f"/attempts/{scored.attempt.id}/result").text
    late = {**LEVELS, "level.letter.reason": "2", "seen": "1", "reason": "Late."}
    assert visit(enid).send(again, late, page=again).status_code == 409
    learning.complete_step(enrollment, "two/try", how="attempted", by=rosa, at=AT + timedelta(days=900))
    assert again not in scorer.get(page).text
    assert (scorer.get(again).status_code, visit(enid).get(again).status_code) == (409, 200)
