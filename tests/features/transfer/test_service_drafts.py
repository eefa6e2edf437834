"""Typing: saved at every stage, never lost, whatever tabs and clicks do."""

import pytest

from lms.db import db
from lms.learning import service as learning
from lms.transfer import queries, service
from lms.transfer.models import TransferActivity
from tests.features.transfer.stage import BETTER, CONTENT, STEP, Story, publish, refused


def kept(story) -> list[tuple[str, str]]:
    return [
        (row.kind, queries.revision(story.activity.id, row.number).content["opening"])
        for row in reversed(queries.revisions(story.activity.id))
    ]


def test_the_row_is_made_at_the_first_save(story):
    assert story.activity is None
    saved = story.typed({"opening": "Hel"})
    assert (saved.lock, saved.is_stale, story.activity.status) == (1, False, "preparing")
    again = story.typed({"opening": "Hello"})
    assert (again.lock, again.draft.content["opening"]) == (2, "Hello")
    assert db.session.query(TransferActivity).count() == 1


def test_the_same_again_changes_nothing(story):
    story.typed()
    again = story.typed(lock=0)  # a double click sends the old lock
    assert (again.lock, again.is_stale) == (1, False)


def test_a_stale_tab_loses_nothing(story):
    first = story.typed({"opening": "From tab one"})
    story.typed({"opening": "From tab one, more"})
    stale = story.typed({"opening": "From tab two"}, lock=first.lock - 1)
    assert stale.is_stale
    assert stale.kept.content["opening"] == "From tab two"
    assert stale.draft.content["opening"] == "From tab one, more"
    assert ("draft", "From tab two") in kept(story)


def test_what_a_stale_tab_held_can_be_taken_back(story):
    story.typed({"opening": "From tab one"})
    stale = story.typed({"opening": "From tab two"}, lock=0)
    restored = service.restore(
        story.activity, revision=stale.kept.number, lock=story.lock, by=story.rep, at=story.later()
    )
    assert restored.draft.content["opening"] == "From tab two"
    assert ("draft", "From tab one") in kept(story)
    refused("revision_unknown", service.restore, story.activity, revision=99, lock=1, by=story.rep, at=story.at)


def test_the_same_stale_content_is_kept_once(story):
    story.typed({"opening": "From tab one"})
    for _ in range(3):
        story.typed({"opening": "From tab two"}, lock=0)
    assert kept(story).count(("draft", "From tab two")) == 1


def test_a_stale_submit_is_refused(story):
    story.typed()
    story.typed(BETTER)
    violation = refused("draft_stale", service.submit, story.activity, by=story.rep, at=story.later(), lock=1)
    assert violation.facts["lock"] == 2
    service.submit(story.activity, by=story.rep, at=story.later(), lock=2)


def test_drafts_go_into_the_history_at_most_every_ten_minutes(story):
    for number in range(1, 12):
        values = {"content": {"opening": f"Version {number}"}, "lock": story.lock}
        service.save_draft(story.enrollment, STEP, **values, by=story.rep, at=story.later(minutes=2))
    texts = [text for _kind, text in kept(story)]
    assert texts == ["Version 1", "Version 5", "Version 9"]  # of twenty minutes of typing


def test_what_was_there_before_a_long_break_is_in_the_history(story):
    story.typed({"opening": "Monday's words"})
    story.typed({"opening": "Monday's last words"})
    story.later(hours=20)
    story.typed({"opening": "Tuesday's words"})
    assert kept(story)[-1] == ("draft", "Monday's last words")


def test_a_locked_step_cannot_be_begun(cast, enid):
    story = Story(cast)
    with pytest.raises(KeyError):  # not a transfer activity at all
        service.begin(story.enrollment, "after/next", by=story.rep, at=story.later())


def test_an_activity_behind_a_gate_cannot_be_begun(cast, enid):
    from lms.catalog import queries as catalog
    from lms.catalog import service as catalog_service
    from lms.policy.outline import Chunk, Course, Module
    from tests.features.transfer.stage import MONDAY, activity_step

    course = Course(
        key="gated",
        title="Gated",
        modules=(
            Module("first", "First", (Chunk("read", "Read", 3, "Text"),)),
            Module("script", "Script", (activity_step(),), requires=("first",)),
        ),
    )
    made = catalog_service.publish(course, {}, change_class="substantive", by=enid, at=MONDAY)
    enrollment = learning.enroll(cast.rosa.id, catalog.version(made.id), by=enid, at=MONDAY)
    violation = refused("step_locked", service.begin, enrollment, STEP, by=cast.rosa, at=MONDAY)
    assert violation.facts["step"] == "first/read"
    learning.complete_step(enrollment, "first/read", how="read", by=cast.rosa, at=MONDAY)
    service.begin(enrollment, STEP, by=cast.rosa, at=MONDAY)


def test_only_a_running_enrollment_is_begun(cast, story, enid):
    learning.withdraw(story.enrollment, reason="Wrong course.", by=enid, at=story.later())
    refused("enrollment_not_open", story.typed)
    assert story.activity is None


def test_somebody_else_begins_nothing(cast, story):
    refused("not_your_activity", service.begin, story.enrollment, STEP, by=cast.milo, at=story.later())


def test_a_worksheet_is_pages_not_books(story):
    refused("worksheet_too_large", story.typed, {"opening": "x" * 300_000})


def test_too_long_text_is_saved_and_refused_at_submitting(story):
    story.typed({**CONTENT, "opening": "x" * 201})
    violation = refused("worksheet_incomplete", service.submit, story.activity, by=story.rep, at=story.later())
    assert violation.facts["problems"]["opening"].code == "too_long"


def test_submitting_nothing(story):
    service.begin(story.enrollment, STEP, by=story.rep, at=story.later())
    refused("worksheet_empty", service.submit, story.activity, by=story.rep, at=story.later())


def test_two_versions_of_one_course_keep_their_own_sheets(cast, story, enid):
    """The rep stays on the version that was taken, whatever is published later."""
    story.typed()
    publish(enid, title="Another title")
    assert queries.definition(story.activity).title == "Your call script"
    assert story.activity.title == "Your call script"
