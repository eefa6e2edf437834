"""Reads: the queue, counts, facts, and that they cost the same however much there is."""

from types import SimpleNamespace

import pytest

from lms.learning import queries as learning
from lms.learning import service as learning_service
from lms.learning.history_queries import history
from lms.people import service as people
from lms.policy.sequencing import resolve
from lms.transfer import queries, service
from tests.factories import make_user
from tests.features.transfer.stage import CLAIM, CONTENT, DAY, STEP, Story


def another(cast, number, stage="to_review") -> Story:
    rep = make_user(f"Rep {number}", roles=("rep",), manager=cast.milo)
    story = Story(SimpleNamespace(**{**vars(cast), "rosa": rep}))
    story.later(minutes=number)
    getattr(story, stage)()
    return story


def queue(user, story):
    return queries.waiting_on(user.id, story.today, story.at)


def test_the_queue_holds_what_waits_oldest_first(cast, story):
    stories = [another(cast, number, stage) for number, stage in enumerate(("to_approved", "to_field", "to_review"))]
    rows = queue(cast.milo, stories[-1])
    assert [(row.rep_name, row.group) for row in rows] == [
        ("Rep 2", "decide"),
        ("Rep 0", "hand_over"),
        ("Rep 1", "observe"),
    ]
    assert rows == tuple(sorted(rows, key=lambda row: row.waiting_since))
    assert queries.queue_size(cast.milo.id, story.today, story.at) == 2
    row = rows[0]
    assert (row.title, row.course_title, row.round, row.minutes) == ("Your call script", "Calling", 1, 8)
    assert (row.days, row.is_overdue, row.observations_needed) == (0, False, 1)


def test_what_waits_on_the_rep_is_not_in_the_queue(cast, story):
    story.to_review().adjusted()
    assert queue(cast.milo, story) == ()
    story.acknowledged()
    assert [row.group for row in queue(cast.milo, story)] == ["hand_over"]
    story.released()
    assert [row.group for row in queue(cast.milo, story)] == ["observe"]
    story.observed()
    assert queue(cast.milo, story) == ()
    story.reported()
    assert [(row.group, row.observations_done) for row in queue(cast.milo, story)] == [("decide", 1)]
    story.verified()
    assert queue(cast.milo, story) == ()


def test_age_and_being_late(cast, story):
    story.to_review()
    story.later(days=4)
    (row,) = queue(cast.milo, story)
    assert (row.days, row.is_overdue) == (4, True)


def test_the_queue_costs_the_same_for_one_and_for_twelve(cast, count_statements):
    def cost() -> int:
        count_statements.statements.clear()
        assert queries.waiting_on(cast.milo.id, story.today, story.at)
        return len(count_statements)

    story = another(cast, 0)
    one = cost()
    for number in range(1, 12):
        another(cast, number, ("to_review", "to_approved", "to_field", "to_results")[number % 4])
    assert len(queue(cast.milo, story)) == 12
    assert cost() == one
    assert one == 1


def test_counts_cost_one_statement(cast, count_statements):
    stories = [another(cast, number, stage) for number, stage in enumerate(("to_review", "to_field", "to_verified"))]
    ids = [story.rep.id for story in stories] + [cast.nils.id]
    count_statements.statements.clear()
    counts = queries.counts_by_rep(ids)
    assert len(count_statements) == 1
    assert [(one.open, one.waiting, one.in_field, one.verified) for one in counts.values()] == [
        (1, 1, 0, 0),
        (1, 0, 1, 0),
        (0, 0, 0, 1),
        (0, 0, 0, 0),
    ]
    assert [row.status for row in queries.statuses_of([stories[0].rep.id])] == ["in_review"]


def test_a_lock_names_whom_it_waits_for(cast, story):
    story.to_review()
    facts = queries.transfer_facts(story.enrollment.id, story.at)
    assert facts[STEP].waiting_on == "Milo Hart"
    assert facts[STEP].waiting_on_id == cast.milo.id
    assert facts[STEP].since == story.activity.waiting_since
    known = learning.Facts(learning.done(story.enrollment.id), facts)
    access = resolve(learning.course_of(story.enrollment), known, story.at)["after/next"]
    assert (access.code, access.facts["who"]) == ("waits_on_review", "Milo Hart")
    story.returned()
    assert queries.transfer_facts(story.enrollment.id, story.at)[STEP].waiting_on == ""


@pytest.mark.parametrize("manager", ["here", "gone", "none"])
def test_a_trail_tells_of_activities_what_is_asked_for_alone(cast, story, manager, count_statements):
    def same() -> int:
        count_statements.statements.clear()
        told = history(story.enrollment.id, story.at)[0].transfer
        asked = len(count_statements)
        assert told == queries.transfer_facts(story.enrollment.id, story.at)
        return asked

    assert same() == 1
    story.to_review()
    if manager == "gone":
        people.deactivate(cast.milo, left_on=story.today, by=cast.enid, at=story.at)
    elif manager == "none":
        people.set_manager(cast.rosa, None, from_on=story.today, by=cast.enid, at=story.at)
    assert (same() == 1) is (manager == "here")  # else somebody further up has to be found
    if manager == "here":
        story.approved()
        story.released()
        assert same() == 1
        story.observed()
        assert same() == 2
        story.reported()
        assert same() == 2


def test_what_observers_saw_at_standard_is_shown(story, count_statements):
    story.to_field()
    count_statements.statements.clear()
    assert not queries.transfer_facts(story.enrollment.id, story.at)[STEP].is_shown
    assert len(count_statements) == 1
    story.observed()
    count_statements.statements.clear()
    assert queries.transfer_facts(story.enrollment.id, story.at)[STEP].is_shown
    assert len(count_statements) == 1
    weaker = {"reason": {"seen": "yes", "level": 2}, "question": {"seen": "no", "level": None}}
    story.observed(scores=weaker)  # the latest counts, not the best
    assert not queries.transfer_facts(story.enrollment.id, story.at)[STEP].is_shown
    assert list(queries.transfer_facts(story.enrollment.id, story.at)) == [STEP]


def test_confirmed_numbers_are_of_verified_activities_in_the_window(cast, story):
    story.to_results()
    day = story.today
    assert queries.confirmed_numbers([cast.rosa.id], day, day) == ()
    story.verified(corrected={"calls": 39})
    (row,) = queries.confirmed_numbers([cast.rosa.id, cast.nils.id], day - 5 * DAY, day)
    assert (row.claimed["calls"], row.confirmed["calls"], row.confirmed_by_id) == (40, 39, cast.milo.id)
    assert row.confirmed == {**CLAIM, "calls": 39}
    assert queries.confirmed_numbers([cast.nils.id], day, day) == ()
    assert queries.confirmed_numbers([cast.rosa.id], day + DAY, day + 9 * DAY) == ()
    assert queries.confirmed_numbers([cast.rosa.id], day - 9 * DAY, day - DAY) == ()


def test_the_timeline_names_everybody(cast, story):
    story.to_review()
    service.remind_due(story.later(days=3))
    story.returned()
    rows = queries.timeline(story.activity.id)
    assert [(row.move, row.by_name, row.capacity) for row in rows] == [
        ("submit", "Rosa Diaz", "rep"),
        ("remind", "", "system"),
        ("return", "Milo Hart", "manager"),
    ]


def test_revisions_come_without_content_newest_first(cast, story):
    story.to_review().adjusted()
    rows = queries.revisions(story.activity.id)
    assert [(row.number, row.kind, row.by_name) for row in rows] == [
        (2, "adjusted", "Milo Hart"),
        (1, "submitted", "Rosa Diaz"),
    ]
    assert queries.revision(story.activity.id, 1).content == CONTENT
    assert queries.revision(story.activity.id, None) is None


def test_whose_turn_it_is(cast, story):
    story.typed()
    assert queries.waits_on(story.activity, story.at).name == "Rosa Diaz"
    story.submitted()
    waits = queries.waits_on(story.activity, story.at)
    assert (waits.kind, waits.name, waits.delegates, waits.stand_in) == ("approver", "Milo Hart", (), "")
    story.approved()
    assert queries.waits_on(story.activity, story.at).kind == "approver"
    story.released()
    assert queries.waits_on(story.activity, story.at).kind == "rep"


def test_an_activity_of_an_ended_enrollment_is_cleared_up(cast, story, enid):
    story.to_review()
    learning_service.withdraw(story.enrollment, reason="Other course.", by=enid, at=story.later())
    assert service.cancel_ended(story.at) == 1
    assert queue(cast.milo, story) == ()
