"""Rosa's activity from the first word to the confirmed numbers, and what stands in between."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.db import db
from lms.learning import queries as learning
from lms.learning import service as learning_service
from lms.learning.models import ModuleOpening
from lms.mail.models import Message
from lms.policy.sequencing import resolve
from lms.transfer import queries, service
from lms.transfer.models import TransferMove, WorksheetRevision
from tests.features.transfer import record
from tests.features.transfer.stage import (
    ADJUSTED,
    BETTER,
    CLAIM,
    CONTENT,
    SCORES,
    STEP,
    OpensNext,
    Preparation,
    Story,
    publish_edition,
    refused,
)


def mails(user) -> list[str]:
    return list(
        db.session.scalars(select(Message.subject).where(Message.user_id == user.id).order_by(Message.created_at))
    )


def test_the_whole_story(story, rosa, milo):
    story.submitted()
    story.returned()
    assert story.activity.status == "returned"
    story.submitted(BETTER)
    assert story.activity.round == 2
    story.approved()
    story.released()
    assert [lead.name for lead in queries.leads(story.activity.id)] == ["Adler Works", "Birch & Sons"]
    story.observed()
    story.reported()
    story.queried()
    story.reported(numbers={**CLAIM, "appointments": 2})
    opened = story.verified(corrected={"presentations": 7})
    activity = story.activity
    assert activity.status == "verified"
    assert opened.steps == ("after/next",)
    assert opened.modules == ("after",)
    assert record.spoken(activity) == ("submit return submit approve assign evaluated reported verified completed ")
    record.check(activity)
    opening = db.session.scalar(
        select(ModuleOpening).where(
            ModuleOpening.enrollment_id == story.enrollment.id, ModuleOpening.module_key == "after"
        )
    )
    assert (opening.because_step, opening.because_how, opening.because_by_id) == (STEP, "verified", milo.id)
    # Claimed and confirmed are both kept, of every report.
    newest, first = queries.reports(activity.id)
    assert (first.claimed, first.confirmed) == (CLAIM, None)
    assert newest.claimed == {**CLAIM, "appointments": 2}
    assert newest.confirmed == {**CLAIM, "appointments": 2, "presentations": 7}
    assert len(mails(milo)) == 4  # two rounds, two reports
    assert len(mails(rosa)) == 6  # returned, approved, field, observed, question, confirmed


def test_nothing_is_open_before_it_is_confirmed(story):
    story.to_results()
    course = learning.course_of(story.enrollment)
    assert resolve(course, learning.facts(story.enrollment.id), story.at)["after/next"].is_locked
    story.verified()
    assert resolve(course, learning.facts(story.enrollment.id), story.at)["after/next"].is_open


@pytest.mark.parametrize(
    ("opens_next", "how"),
    [
        (OpensNext.SUBMISSION, "submitted"),
        (OpensNext.APPROVAL, "approved"),
        (OpensNext.RESULTS, "reported"),
        (OpensNext.CONFIRMATION, "verified"),
    ],
)
@pytest.mark.parametrize("adjusts", [False, True])
def test_what_opens_the_next_module_is_the_authors_choice(cast, opens_next, how, adjusts):
    story = Story(cast, opens_next=opens_next)
    seen = []

    def look():
        done = learning.done(story.enrollment.id)
        seen.append(done[STEP].how if STEP in done else "")

    story.submitted()
    look()
    if adjusts:
        story.adjusted()
        story.acknowledged()
    else:
        story.approved()
    look()
    story.released()
    story.observed()
    story.reported()
    look()
    story.verified()
    look()
    first = ["submitted", "approved", "reported", "verified"].index(how)
    assert seen == [""] * first + [how] * (4 - first)
    record.check(story.activity)


def test_an_adjustment_is_read_before_the_field(story, rosa):
    story.to_review().adjusted()
    activity = story.activity
    edited = queries.revision(activity.id, activity.approved_revision)
    assert (edited.kind, edited.content["opening"]) == ("adjusted", ADJUSTED["opening"])
    assert queries.draft(activity.id).content == edited.content  # the rep goes on from here
    assert queries.waits_on(activity, story.at).person_id == rosa.id
    refused("acknowledge_first", story.released)
    story.acknowledged()
    assert edited.acknowledged_at == story.at
    story.acknowledged()  # a second click
    story.released()
    assert story.activity.status == "in_field"
    assert record.spoken(activity) == "submit update approve assign "
    record.check(activity)


def test_an_adjustment_that_changes_nothing_is_refused(story):
    story.to_review()
    refused("nothing_adjusted", story.adjusted, content=CONTENT)
    refused("worksheet_invalid", story.adjusted, content={**ADJUSTED, "opening": ""})
    assert story.activity.status == "in_review"
    assert [row.kind for row in queries.revisions(story.activity.id)] == ["submitted"]


def test_an_edit_after_the_approval_goes_back_to_review(story):
    story.to_approved()
    approved = story.activity.approved_revision
    refused("nothing_changed", service.submit, story.activity, by=story.rep, at=story.later())
    story.typed(BETTER)
    # Typing alone changes nothing: the approved revision is what it was.
    assert (story.activity.status, story.activity.approved_revision) == ("approved", approved)
    assert queries.revision(story.activity.id, approved).content["opening"] == CONTENT["opening"]
    service.submit(story.activity, by=story.rep, at=story.later())
    assert (story.activity.status, story.activity.approved_revision) == ("in_review", None)
    story.approved()
    assert story.activity.approved_revision > approved
    record.check(story.activity)


def test_in_the_field_the_worksheet_is_locked(story):
    story.to_field()
    refused("worksheet_locked", story.typed, BETTER)
    refused("wrong_status", service.submit, story.activity, by=story.rep, at=story.later())


def test_what_is_missing_is_refused_by_field(story):
    story.typed({"opening": "", "concerns": []})
    violation = refused("worksheet_incomplete", service.submit, story.activity, by=story.rep, at=story.later())
    assert {path: problem.code for path, problem in violation.facts["problems"].items()} == {
        "opening": "required",
        "concerns": "rows_too_few",
    }
    assert story.activity.status == "preparing"
    assert not record.moves(story.activity)


def test_a_return_resubmitted_without_a_change_is_refused(story):
    story.to_review().returned()
    refused("nothing_changed", service.submit, story.activity, by=story.rep, at=story.later())
    story.submitted(BETTER)
    assert story.activity.round == 2


def test_a_double_click_submits_once(story, milo):
    first = story.submitted()
    again = service.submit(story.activity, by=story.rep, at=story.later())
    assert again.id == first.id
    assert len(record.moves(story.activity)) == 1
    assert len(mails(milo)) == 1
    record.check(story.activity)


def test_a_double_click_reports_and_observes_once(story):
    story.to_field()
    same = {"client_id": "phone-1"}
    first = story.observed(**same)
    assert story.observed(**same).id == first.id
    window = {"from_on": story.today, "until_on": story.today}
    report = story.reported(**window)
    assert story.reported(**window).id == report.id
    assert [row.move for row in record.moves(story.activity)][-2:] == ["observe", "report"]
    record.check(story.activity)


def test_withdrawing_until_the_approver_opened_it(story, milo):
    story.to_review()
    service.withdraw(story.activity, by=story.rep, at=story.later())
    assert (story.activity.status, story.activity.round) == ("preparing", 0)
    assert record.spoken(story.activity) == ""
    story.submitted()  # unchanged: it was never reviewed
    assert story.activity.round == 1
    service.open_review(story.activity, by=milo, at=story.later())
    opened_at = story.activity.opened_at
    service.open_review(story.activity, by=milo, at=story.later())
    assert story.activity.opened_at == opened_at
    violation = refused("review_opened", service.withdraw, story.activity, by=story.rep, at=story.later())
    assert violation.facts == {"by": milo.name, "at": opened_at}
    record.check(story.activity)


def test_verifying_needs_an_observation(story):
    story.to_field()
    story.reported()
    violation = refused("observations_missing", story.verified)
    assert violation.facts == {"have": 0, "need": 1}
    story.observed()  # a recording, after the report
    story.verified()
    record.check(story.activity)


def test_more_than_one_observation_can_be_asked_for(cast):
    story = Story(cast, observations=2)
    story.to_results()
    refused("observations_missing", story.verified)
    story.observed(by=cast.milo, mode="recorded")
    story.verified()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"marks": {"reason": "met"}}, "marks_missing"),
        ({"revision": 99}, "review_outdated"),
    ],
)
def test_approvals_that_are_refused(story, changes, code):
    story.to_review()
    refused(code, story.approved, **changes)
    assert story.activity.status == "in_review"


def test_a_decision_about_what_was_resubmitted_meanwhile_is_refused(story):
    story.to_review().returned()
    story.submitted(BETTER)
    violation = refused("review_outdated", story.approved, revision=1)
    assert violation.facts == {"seen": 1, "current": 2}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"numbers": {**CLAIM, "contacts": 41}}, "numbers_invalid"),
        ({"numbers": {"calls": 40}}, "numbers_invalid"),
        ({"numbers": {**CLAIM, "calls": -1}}, "numbers_invalid"),
        ({"met_manager": False}, "attestation_missing"),
    ],
)
def test_reports_that_are_refused(story, changes, code):
    story.to_field()
    refused(code, story.reported, **changes)
    assert story.activity.status == "in_field"
    assert queries.latest_report(story.activity.id) is None


def test_a_report_about_days_to_come_is_refused(story):
    story.to_field()
    tomorrow = story.today + timedelta(days=1)
    violation = refused("numbers_invalid", story.reported, until_on=tomorrow)
    assert violation.facts["problems"]["until_on"].code == "in_the_future"
    violation = refused("numbers_invalid", story.reported, from_on=tomorrow)
    assert violation.facts["problems"]["until_on"].code == "ends_before_start"


@pytest.mark.parametrize(
    ("corrected", "code"),
    [({"appointments": 9}, "numbers_invalid"), ({"deals": 1}, "number_unknown"), ({"calls": -1}, "numbers_invalid")],
)
def test_corrections_that_are_refused(story, corrected, code):
    story.to_results()
    refused(code, story.verified, corrected=corrected)
    assert queries.latest_report(story.activity.id).confirmed is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"leads": ()}, "leads_missing"),
        ({"leads": (service.NewLead("One"), service.NewLead("  "))}, "leads_missing"),
        ({"leads": (service.NewLead("x" * 201), service.NewLead("y"))}, "lead_too_long"),
        ({"until_on": None}, "window_backwards"),
    ],
)
def test_hand_overs_that_are_refused(story, changes, code):
    story.to_approved()
    if "until_on" in changes:
        changes = {"until_on": story.today - timedelta(days=1)}
    refused(code, story.released, **changes)
    assert story.activity.status == "approved"
    assert queries.leads(story.activity.id) == ()


def test_an_own_list_needs_no_names(story):
    story.to_approved().released(leads=(), own_list=True)
    assert record.moves(story.activity)[-1].data["own_list"] is True


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mode": "rumor"}, "mode_unknown"),
        ({"minutes": 0}, "minutes_implausible"),
        ({"minutes": 601}, "minutes_implausible"),
        ({"scores": {"reason": SCORES["reason"]}}, "scores_incomplete"),
        ({"client_id": ""}, "client_id_invalid"),
    ],
)
def test_observations_that_are_refused(story, changes, code):
    story.to_field()
    refused(code, story.observed, **changes)
    assert queries.observations(story.activity.id) == ()


def test_every_observation_is_kept(story, cast):
    story.to_field()
    story.observed()
    story.observed(mode="recorded", scores={**SCORES, "reason": {"seen": "no", "level": None}})
    newest, first = queries.observations(story.activity.id)
    assert (newest.mode, first.mode) == ("recorded", "live")
    assert first.scores == SCORES
    assert first.observer_name == cast.milo.name


def test_the_tally_counts_each_tap_once_in_any_order(story, rosa, milo):
    story.to_field()
    at = story.later()

    def tap(number, key="calls", delta=1):
        return service.Tap(f"tap-{number}", key, delta, at)

    assert service.tally(story.activity, taps=[tap(1), tap(2), tap(1)], by=rosa, at=at) == {"calls": 2}
    assert service.tally(story.activity, taps=[tap(2), tap(3, "contacts")], by=rosa, at=at) == {
        "calls": 2,
        "contacts": 1,
    }
    # The correction arrives before the tap that it corrects.
    taps = [tap(4, "appointments", -1)]
    assert service.tally(story.activity, taps=taps, by=rosa, at=at)["appointments"] == 0
    taps = [tap(5, "appointments")]
    assert service.tally(story.activity, taps=taps, by=rosa, at=at)["appointments"] == 0
    refused("not_your_activity", service.tally, story.activity, taps=[tap(6)], by=milo, at=at)
    refused("number_unknown", service.tally, story.activity, taps=[tap(6, "deals")], by=rosa, at=at)
    refused("tap_invalid", service.tally, story.activity, taps=[tap(6, delta=5)], by=rosa, at=at)


def test_the_tally_takes_late_taps_and_closes_with_the_activity(story, rosa):
    story.to_results()
    late = [service.Tap("late", "calls", 1, story.at)]
    assert service.tally(story.activity, taps=late, by=rosa, at=story.later()) == {"calls": 1}
    story.verified()
    refused("tally_closed", service.tally, story.activity, taps=late, by=rosa, at=story.later())


def test_reopening_keeps_what_was_confirmed(story, milo):
    story.to_verified()
    first = queries.latest_report(story.activity.id)
    refused("reason_missing", service.reopen, story.activity, reason=" ", by=milo, at=story.later())
    service.reopen(story.activity, reason="Wrong week.", by=milo, at=story.later())
    activity = story.activity
    assert (activity.status, activity.verified_at) == ("results_in", None)
    again = queries.latest_report(activity.id)
    assert (again.number, again.confirmed, first.confirmed) == (2, None, CLAIM)
    assert queries.confirmed_numbers([story.rep.id], story.today, story.today) == ()
    record.check(activity)
    opened = story.verified(corrected={"appointments": 1})
    assert opened.steps == ()  # it was open already
    assert first.confirmed == CLAIM
    (row,) = queries.confirmed_numbers([story.rep.id], story.today, story.today)
    assert row.confirmed["appointments"] == 1
    assert record.spoken(activity).endswith("verified open verified completed ")
    record.check(activity)


def test_an_approver_may_reopen_for_seven_days_and_an_admin_for_ever(story, milo, enid):
    story.to_verified()
    at = story.later(days=8)
    refused("reopen_too_late", service.reopen, story.activity, reason="Late.", by=milo, at=at)
    service.reopen(story.activity, reason="Late.", by=enid, at=at)
    assert story.activity.status == "results_in"
    record.check(story.activity)


def test_waiving_opens_what_follows_and_is_no_verification(story, enid, milo):
    story.to_review()
    refused("not_admin", service.waive, story.activity, reason="No phone.", by=milo, at=story.later())
    refused("reason_missing", service.waive, story.activity, reason="", by=enid, at=story.later())
    opened = service.waive(story.activity, reason="No phone.", by=enid, at=story.later())
    assert opened.steps == ("after/next",)
    assert (story.activity.status, story.activity.verified_at) == ("waived", None)
    assert learning.done(story.enrollment.id)[STEP].how == "waived"
    record.check(story.activity)


def test_cancelling_leaves_nothing_waiting(story, milo):
    story.to_review()
    service.cancel(story.activity, reason="Left.", at=story.later())
    assert queries.waits_on(story.activity, story.at).kind == "nobody"
    assert queries.waiting_on(milo.id, story.today, story.at) == ()
    record.check(story.activity)


def test_an_unprepared_manager_is_sent_to_the_edition_first(cast, milo, enid):
    story = Story(cast, preparation=Preparation.REQUIRED)
    edition = publish_edition(enid)
    story.to_review()
    violation = refused("manager_not_prepared", story.approved)
    assert violation.facts == {"edition_line_id": edition.line_id}
    for act in (story.returned, story.adjusted):
        refused("manager_not_prepared", act)
    assert queries.preparation(story.activity, milo.id).blocks
    enrollment = learning_service.enroll(milo.id, edition, by=milo, at=story.later())
    learning_service.complete_step(enrollment, "prepare/read", how="read", by=milo, at=story.later())
    assert queries.preparation(story.activity, milo.id).is_prepared
    story.approved()
    record.check(story.activity)


def test_an_admin_may_override_the_preparation_with_a_reason(cast, milo, enid):
    story = Story(cast, preparation=Preparation.REQUIRED)
    publish_edition(enid)
    story.to_review()
    at = story.later()
    refused("not_admin", service.override_preparation, story.activity, reason="Ill.", by=milo, at=at)
    refused("reason_missing", service.override_preparation, story.activity, reason="", by=enid, at=at)
    service.override_preparation(story.activity, reason="Milo knows it.", by=enid, at=at)
    state = queries.preparation(story.activity, milo.id)
    assert (state.is_prepared, state.is_overridden, state.blocks) == (False, True, False)
    story.approved()
    record.check(story.activity)


@pytest.mark.parametrize("rule", [Preparation.ADVISED, Preparation.NONE])
def test_where_preparation_is_not_required_nobody_is_blocked(cast, enid, rule):
    story = Story(cast, preparation=rule)
    publish_edition(enid)
    story.to_verified()
    assert story.activity.status == "verified"


def test_without_a_published_edition_nobody_can_be_asked_for_it(cast, milo):
    story = Story(cast, preparation=Preparation.REQUIRED)
    story.to_review()
    assert not queries.preparation(story.activity, milo.id).blocks
    story.approved()


def test_a_private_note_is_seen_by_its_author_only(story, milo, rosa, vera):
    story.to_review()
    service.note(story.activity, text=" Talk about tempo. ", by=milo, at=story.later())
    service.note(story.activity, text="Talk about tempo first.", by=milo, at=story.later())
    assert queries.private_note(story.activity.id, milo.id).text == "Talk about tempo first."
    assert queries.private_note(story.activity.id, vera.id) is None
    refused("own_work", service.note, story.activity, text="x", by=rosa, at=story.later())
    assert len(record.moves(story.activity)) == 1  # a note is no part of the record


def test_the_rep_sees_every_reason(story):
    story.to_review().returned()
    row = queries.timeline(story.activity.id)[-1]
    assert row.data["reasons"] == {"reason": "It is about us, not about him."}
    entry = record.entries(story.activity)[-1]
    assert entry.reason == "It is about us, not about him."
    assert "about us" not in str(record.statements(story.activity))  # free text stays in the ledger


def test_moves_and_revisions_are_numbered_from_one(story):
    story.to_results()
    numbers = db.session.scalars(select(TransferMove.number).order_by(TransferMove.number)).all()
    assert numbers == list(range(1, len(numbers) + 1))
    assert db.session.scalar(select(func.max(WorksheetRevision.number))) == 1
