"""What does not count, does not go through, or does not go on: empty observations, impossible days, stand-ins of a
line that changed, enrollments that ended, submissions that opened something.
"""

from datetime import date, timedelta

import pytest

from lms.learning import queries as learning_queries
from lms.learning import service as learning
from lms.people import service as people
from lms.policy import module_states
from lms.policy.access import Actor, Permission, allows
from lms.transfer import queries, service
from lms.transfer.stages import return_to_work_on
from tests.factories import make_user
from tests.features.transfer import record
from tests.features.transfer.stage import BETTER, DAY, STEP, OpensNext, Story, refused

NOTHING_SEEN = {key: {"seen": "no_chance", "level": None} for key in ("reason", "question")}
LONG_AGO = date(1026, 3, 2)


# Observations in which nothing was seen


def test_an_observation_without_a_chance_to_see_anything_is_kept_and_does_not_count(cast, story):
    story.to_field().observed(scores=NOTHING_SEEN)
    (waiting,) = queries.waiting_on(cast.milo.id, story.today, story.at)
    assert (waiting.group, waiting.observations_done) == ("observe", 0)
    story.reported()
    violation = refused("observations_missing", story.verified)
    assert violation.facts == {"have": 0, "need": 1}
    (kept,) = queries.observations(story.activity.id)
    assert not kept.counts
    # That it did not show up although there was a chance is something seen.
    story.observed(scores={**NOTHING_SEEN, "reason": {"seen": "no", "level": None}})
    (waiting,) = queries.waiting_on(cast.milo.id, story.today, story.at)
    assert waiting.observations_done == 1
    story.verified()
    record.check(story.activity)


# Days


@pytest.mark.parametrize(("days", "code"), [(-1, "observed_too_early"), (1, "observed_in_the_future")])
def test_an_observation_is_of_a_day_in_the_field(story, days, code):
    story.to_field()
    refused(code, story.observed, observed_on=story.today + days * DAY)
    assert queries.observations(story.activity.id) == ()


@pytest.mark.parametrize(
    ("days", "code"), [(-31, "meeting_too_early"), (1, "meeting_in_the_future"), (-30, None), (0, None)]
)
@pytest.mark.parametrize("decide", ["approved", "adjusted"])
def test_they_met_about_what_was_submitted(story, decide, days, code):
    story.to_review()
    act, meeting_on = getattr(story, decide), story.today + days * DAY
    if code:
        refused(code, act, meeting_on=meeting_on)
        assert story.activity.status == "in_review"
    else:
        act(meeting_on=meeting_on)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [(0, 367, "window_too_late"), (-2, 3, "window_too_early"), (0, 366, None), (-1, 3, None)],
)
def test_the_field_part_is_in_the_time_of_the_course(story, first, last, code):
    story.to_approved()  # the course began a day ago
    days = {"from_on": story.today + first * DAY, "until_on": story.today + last * DAY}
    if code:
        refused(code, story.released, **days)
        assert story.activity.status == "approved"
    else:
        story.released(**days)


def test_numbers_of_days_before_the_course_are_refused(story):
    story.to_field()
    violation = refused("numbers_invalid", story.reported, from_on=LONG_AGO)
    assert violation.facts["problems"]["from_on"].code == "before_the_start"
    story.reported(from_on=story.today - DAY)


# Stand-ins


def escalated(story) -> Story:
    story.to_review()
    assert service.remind_due(story.later(days=3)) == 1
    assert service.escalate_due(story.later(days=1)) == 1
    return story


def test_a_stand_in_who_is_no_longer_above_the_rep_decides_nothing(cast, story):
    escalated(story)
    assert story.activity.escalated_to_id == cast.vera.id
    boss = make_user("Boss", roles=("manager",))
    people.set_manager(cast.milo, boss, from_on=story.today + DAY, by=cast.enid, at=story.at)
    assert queries.capacity_of(story.activity, cast.vera.id, story.at) == "stand_in"
    story.later(days=1)
    # At once, whatever the worker did: the line changed at midnight.
    assert queries.capacity_of(story.activity, cast.vera.id, story.at) is None
    subject = queries.review_subject(story.activity, story.at)
    assert not allows(Actor(cast.vera.id), Permission.TRANSFER_DECIDE, subject)
    assert queries.waiting_on(cast.vera.id, story.today, story.at) == ()
    assert queries.waits_on(story.activity, story.at).stand_in == ""
    refused("not_approver", story.approved, by=cast.vera, reason="Milo is away.")
    service.follow_lines(story.at)
    assert story.activity.escalated_to_id is None
    # Milo's clock went on meanwhile: the one who is above now follows.
    assert service.escalate_due(story.at) == 1
    assert story.activity.escalated_to_id == boss.id
    record.check(story.activity)


def test_a_slow_stand_in_is_followed_by_the_next_above_and_at_last_by_an_admin(cast, story):
    boss = make_user("Boss", roles=("manager",))
    people.set_manager(cast.vera, boss, from_on=story.today - DAY, by=cast.enid, at=story.at)
    escalated(story)
    for number, person in enumerate((boss, cast.enid), start=2):
        assert service.escalate_due(story.later(days=1)) == 0
        assert service.escalate_due(story.later(days=6)) == 1
        assert story.activity.escalated_to_id == person.id
        assert story.activity.status == "in_review"  # the clock decides nothing
        assert [row.move for row in record.moves(story.activity)].count("escalate") == number
    assert service.escalate_due(story.later(days=30)) == 0  # nobody follows an admin
    refused("not_approver", story.approved, by=cast.vera, reason="Late.")
    story.approved(by=cast.enid, reason="Nobody did.")
    record.check(story.activity)


# Opened again


def test_a_reopened_activity_is_no_longer_verified_on_the_trail(story):
    story.to_verified()
    module = "script"

    def verified() -> int:
        facts = learning_queries.facts(story.enrollment.id)
        return module_states.module_states(learning_queries.course_of(story.enrollment), facts)[module].verified.done

    assert verified() == 1
    service.reopen(story.activity, reason="The wrong week.", by=story.cast.milo, at=story.later())
    assert verified() == 0
    story.verified()
    assert verified() == 1


# Taken back


def test_a_submission_that_opened_the_next_is_not_taken_back(cast):
    story = Story(cast, opens_next=OpensNext.SUBMISSION).to_review()
    refused("submission_opened_next", service.withdraw, story.activity, by=story.rep, at=story.later())
    assert story.activity.status == "in_review"


def test_taking_back_the_second_round_keeps_the_reasons_and_the_rule(story):
    story.to_review().returned()
    story.submitted(BETTER)
    service.withdraw(story.activity, by=story.rep, at=story.later())
    told = return_to_work_on(queries.timeline(story.activity.id))
    assert told is not None
    assert told.move == "return"
    # The text that was returned, once more, is no new round.
    refused("nothing_changed", story.submitted)
    assert story.activity.status == "preparing"
    story.submitted(BETTER)
    assert return_to_work_on(queries.timeline(story.activity.id)) is None
    record.check(story.activity)


def test_an_edit_of_an_approved_worksheet_may_be_given_up(story):
    """Submitted anew, taken back: then what was approved may be submitted again as it was."""
    story.to_approved()
    story.submitted(BETTER)
    service.withdraw(story.activity, by=story.rep, at=story.later())
    story.submitted()
    assert story.activity.status == "in_review"


# Enrollments that ended


@pytest.mark.parametrize(
    ("stage", "act"),
    [
        ("to_review", "approved"),
        ("to_review", "returned"),
        ("to_approved", "released"),
        ("to_field", "observed"),
        ("to_field", "reported"),
        ("to_results", "verified"),
        ("to_results", "queried"),
    ],
)
def test_nothing_goes_on_after_the_enrollment_ended(cast, story, stage, act):
    getattr(story, stage)()
    before = story.activity.status
    learning.withdraw(story.enrollment, reason="Other course.", by=cast.enid, at=story.later())
    refused("enrollment_not_open", getattr(story, act))
    assert story.activity.status == before
    assert (service.remind_due(story.at + timedelta(days=9)), service.escalate_due(story.at)) == (0, 0)
    assert service.cancel_ended(story.later()) == 1  # what the clock clears up still goes
    assert story.activity.status == "cancelled"
    record.check(story.activity)


def test_the_rep_types_and_submits_nothing_after_the_enrollment_ended(cast, story):
    story.typed()
    learning.withdraw(story.enrollment, reason="Other course.", by=cast.enid, at=story.later())
    refused("enrollment_not_open", service.submit, story.activity, by=story.rep, at=story.later())
    refused("enrollment_not_open", story.typed, BETTER)


def test_a_satisfied_course_still_takes_the_rest_of_its_activity(cast):
    """The last step opened at the submission: the course is satisfied, its field work is yet to come."""
    story = Story(cast, opens_next=OpensNext.SUBMISSION).to_review()
    learning.complete_step(story.enrollment, "after/next", how="read", by=story.rep, at=story.later())
    assert story.enrollment.state == "satisfied"
    story.approved()
    story.released()
    story.observed()
    story.reported()
    story.verified()
    assert queries.transfer_facts(story.enrollment.id, story.at)[STEP].status == "verified"
