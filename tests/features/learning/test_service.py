"""Enrollments and completions against the database: what is recorded, once, and what it opens."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.errors import RuleViolation
from lms.learning import history_queries, queries, service
from lms.learning.models import Enrollment, ModuleOpening, StepCompletion
from lms.policy import sequencing
from lms.policy.outline import Edition, Module
from lms.policy.sequencing import StepState, TransferFact
from lms.statements.models import LedgerEntry
from tests.features.learning.samples import AT, chunk, course, posttest, publish, small_course, transfer

LATER = AT + timedelta(hours=1)


@pytest.fixture
def version(enid):
    return publish(small_course(), enid)


@pytest.fixture
def enrollment(version, rosa, milo):
    return service.enroll(rosa.id, version, by=milo, at=AT)


def kinds(session, enrollment):
    return list(
        session.scalars(
            select(LedgerEntry.kind).where(LedgerEntry.registration == enrollment.id).order_by(LedgerEntry.seq)
        )
    )


def complete(enrollment, *steps, by, how="read"):
    opened = None
    for step in steps:
        opened = service.complete_step(enrollment, step, how=how, by=by, at=LATER)
    return opened


def test_enrolling_opens_what_needs_nothing_and_says_so(session, enrollment, rosa, milo):
    assert (enrollment.state, enrollment.activated_at, enrollment.assigned_by_id) == ("active", AT, milo.id)
    assert kinds(session, enrollment) == ["course_assigned", "enrollment_activated", "module_opened"]
    assert set(history_queries.history(enrollment.id, AT)[1]) == {"one"}
    assert history_queries.history(enrollment.id, AT)[1]["one"].by_name == "Milo Hart"


def test_only_one_open_enrollment_per_person_and_line(session, enrollment, version, rosa, nils, milo):
    with pytest.raises(RuleViolation) as refusal:
        service.enroll(rosa.id, version, by=milo, at=LATER)
    assert refusal.value.code == "already_enrolled"
    service.enroll(nils.id, version, by=milo, at=LATER)
    service.withdraw(enrollment, reason="Changed role", by=milo, at=LATER)
    again = service.enroll(rosa.id, version, by=milo, at=LATER)
    assert again.id != enrollment.id


@pytest.fixture
def nils(cast):
    return cast.nils


def test_a_planned_enrollment_opens_nothing_until_it_starts(session, version, rosa, milo):
    planned = service.plan(rosa.id, version, by=milo, at=AT)
    assert history_queries.history(planned.id, AT)[1] == {}
    with pytest.raises(RuleViolation) as refusal:
        service.complete_step(planned, "one/a", how="read", by=rosa, at=AT)
    assert refusal.value.code == "enrollment_not_open"
    assert service.activate(planned, by=milo, at=LATER).modules == ("one",)
    assert service.activate(planned, by=milo, at=LATER) == service.Opened()


def test_completing_is_idempotent(session, enrollment, rosa):
    opened = complete(enrollment, "one/a", by=rosa)
    assert opened.steps == ("one/b",)
    before = kinds(session, enrollment)
    assert complete(enrollment, "one/a", by=rosa) == service.Opened()
    assert kinds(session, enrollment) == before
    assert before.count("chunk_completed") == 1


def test_a_locked_step_is_refused_and_nothing_is_kept(session, enrollment, rosa):
    with pytest.raises(RuleViolation) as refusal:
        complete(enrollment, "one/b", by=rosa)
    assert (refusal.value.code, refusal.value.facts["title"]) == ("step_locked", "Chunk a")
    assert queries.done(enrollment.id) == {}


def test_an_unknown_step_is_refused(enrollment, rosa):
    with pytest.raises(RuleViolation) as refusal:
        complete(enrollment, "one/nothing", by=rosa)
    assert refusal.value.code == "step_unknown"


def test_the_managers_confirmation_opens_the_next_module_with_its_reason(session, enrollment, rosa, milo):
    complete(enrollment, "one/a", "one/b", by=rosa)
    complete(enrollment, "one/posttest", by=rosa, how="passed")
    opened = complete(enrollment, "one/script", by=milo, how="verified")
    assert (opened.steps, opened.modules, opened.is_satisfied) == (("two/a",), ("two",), False)
    opening = history_queries.history(enrollment.id, AT)[1]["two"]
    assert (opening.because_step, opening.because_how, opening.by_name) == (
        "one/script",
        "verified",
        "Milo Hart",
    )
    entry = session.scalars(
        select(LedgerEntry).where(LedgerEntry.kind == "module_opened").order_by(LedgerEntry.seq.desc())
    ).first()
    assert entry.facts["because"] == "results_confirmed: one/script"
    assert queries.done(enrollment.id)["one/script"].by_name == "Milo Hart"
    assert queries.done(enrollment.id)["one/a"].by_name == ""


def test_the_last_step_satisfies_the_course_once(session, enrollment, rosa, milo):
    complete(enrollment, "one/a", "one/b", by=rosa)
    complete(enrollment, "one/posttest", by=rosa, how="passed")
    complete(enrollment, "one/script", by=milo, how="verified")
    opened = complete(enrollment, "two/a", by=rosa)
    assert opened.is_satisfied
    stored = session.get(Enrollment, enrollment.id)
    assert (stored.state, stored.satisfied_at) == ("satisfied", LATER)
    said = kinds(session, enrollment)
    assert (said.count("module_completed"), said.count("course_satisfied")) == (2, 1)
    assert queries.satisfied_lines(rosa.id) == {enrollment.line_id}


def test_test_out_does_the_modules_learning_and_leaves_the_field_work(session, enrollment, rosa):
    complete(enrollment, "one/pretest", by=rosa, how="passed")
    opened = service.test_out(enrollment, "one", passed_id=None, at=LATER)
    assert opened.steps == ("one/script",)
    hows = {key: fact.how for key, fact in queries.done(enrollment.id).items()}
    assert hows == {
        "one/pretest": "passed",
        "one/a": "tested_out",
        "one/b": "tested_out",
        "one/posttest": "tested_out",
    }
    said = kinds(session, enrollment)
    assert said.count("module_tested_out") == 1
    assert "chunk_completed" not in said
    assert service.test_out(enrollment, "one", passed_id=None, at=LATER) == service.Opened()


def test_no_test_out_once_the_module_has_begun(enrollment, rosa):
    complete(enrollment, "one/a", by=rosa)
    complete(enrollment, "one/pretest", by=rosa, how="attempted")  # handed in late: kept, but it measures nothing
    assert service.test_out(enrollment, "one", passed_id=None, at=LATER) == service.Opened()
    assert "one/b" not in queries.done(enrollment.id)


def test_waiving_needs_a_reason_and_another_person(session, enrollment, rosa, enid):
    with pytest.raises(RuleViolation, match="reason_missing"):
        service.waive(enrollment, "one/a", reason=" ", by=enid, at=LATER)
    with pytest.raises(RuleViolation, match="own_work"):
        service.waive(enrollment, "one/a", reason="I know it", by=rosa, at=LATER)
    service.waive(enrollment, "one/b", reason="Did it elsewhere", by=enid, at=LATER)  # locked or not
    assert queries.done(enrollment.id)["one/b"].how == "waived"
    entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "step_waived")).one()
    assert (entry.reason, entry.actor_name) == ("Did it elsewhere", "Enid Shaw")
    assert service.waive(enrollment, "one/b", reason="Again", by=enid, at=LATER) == service.Opened()


@pytest.mark.parametrize(("act", "state"), [(service.withdraw, "withdrawn"), (service.close, "closed_unfinished")])
def test_ending_keeps_what_was_done_and_takes_no_more(session, enrollment, rosa, milo, act, state):
    complete(enrollment, "one/a", by=rosa)
    act(enrollment, reason="Left the company", by=milo, at=LATER)
    assert session.get(Enrollment, enrollment.id).state == state
    assert set(queries.done(enrollment.id)) == {"one/a"}
    with pytest.raises(RuleViolation, match="enrollment_not_open"):
        complete(enrollment, "one/b", by=rosa)
    with pytest.raises(RuleViolation, match="enrollment_not_open"):
        act(enrollment, reason="Twice", by=milo, at=LATER)


def test_the_bookmark_is_no_conflict_between_tabs(session, enrollment):
    lock = enrollment.lock
    service.bookmark(enrollment, "one/a")
    service.bookmark(enrollment, "one/pretest")
    session.expire(enrollment)
    assert (enrollment.bookmark, enrollment.lock) == ("one/pretest", lock)
    with pytest.raises(RuleViolation, match="step_unknown"):
        service.bookmark(enrollment, "one/none")


def test_statement_counts_do_not_grow_with_the_course(session, rosa, enid, count_statements):
    from tests.features.learning.samples import long_course

    counts = []
    for size in (5, 50):
        version = publish(long_course(size, f"long-{size}"), enid)
        enrollment = service.enroll(rosa.id, version, by=rosa, at=AT)
        complete(enrollment, "m0/c0", by=rosa)
        session.flush()
        count_statements.statements.clear()
        complete(enrollment, "m0/c1", by=rosa)
        counts.append(len(count_statements))
    assert counts[0] == counts[1] <= 8, count_statements.statements


def test_facts_carry_where_the_transfer_activities_stand(enrollment, rosa, monkeypatch):
    complete(enrollment, "one/a", "one/b", by=rosa)
    complete(enrollment, "one/posttest", by=rosa, how="passed")
    monkeypatch.setattr(queries, "transfer_facts", lambda _: {"one/script": TransferFact("in_review", "Milo Hart", AT)})
    access = sequencing.resolve(queries.course_of(enrollment), queries.facts(enrollment.id), LATER)
    assert access["two/a"].state is StepState.LOCKED
    assert (access["two/a"].code, access["two/a"].facts["who"]) == ("waits_on_review", "Milo Hart")


def test_an_edition_counts_for_the_line_it_belongs_to(session, enrollment, milo, enid):
    edition = publish(course(Module("m", "M", (chunk("only"),)), key="sample-managers"), enid, edition_of="sample")
    assert not queries.has_satisfied_edition(milo.id, enrollment.line_id)
    mine = service.enroll(milo.id, edition, by=milo, at=AT)
    complete(mine, "m/only", by=milo)
    assert queries.has_satisfied_edition(milo.id, enrollment.line_id)


def test_replaying_the_facts_gives_the_recorded_openings(session, enrollment, rosa, milo):
    """What the trace says opened is what the pure function says is open."""
    for step, how, by in [
        ("one/a", "read", rosa),
        ("one/b", "read", rosa),
        ("one/posttest", "passed", rosa),
        ("one/script", "verified", milo),
        ("two/a", "read", rosa),
    ]:
        complete(enrollment, step, by=by, how=how)
        recorded = set(
            session.scalars(select(ModuleOpening.module_key).where(ModuleOpening.enrollment_id == enrollment.id))
        )
        assert recorded == set(sequencing.open_modules(queries.course_of(enrollment), queries.done(enrollment.id)))
    assert session.scalar(select(StepCompletion.by_id).where(StepCompletion.step_key == "one/script")) == milo.id


def test_a_course_whose_activity_opens_on_submission(session, rosa, milo, enid):
    from lms.policy.outline import OpensNext

    made = course(
        Module("one", "One", (posttest(), transfer(opens_next=OpensNext.SUBMISSION))),
        Module("two", "Two", (chunk("a"),), requires=("one",)),
        key="eager",
    )
    enrollment = service.enroll(rosa.id, publish(made, enid), by=milo, at=AT)
    complete(enrollment, "one/posttest", by=rosa, how="passed")
    assert complete(enrollment, "one/script", by=rosa, how="submitted").modules == ("two",)


# ----------------------------------------------------------------------------------- leaving, coming back


def leave(session, user, on):
    user.left_on = on
    session.flush()


def test_who_leaves_leaves_no_course_open(session, enrollment, rosa):
    leave(session, rosa, LATER.date() + timedelta(days=1))
    assert service.close_left(LATER) == 0, "tomorrow is the day"
    assert service.close_left(LATER + timedelta(days=1)) == 1
    assert (enrollment.state, enrollment.ended_reason) == ("closed_unfinished", "The person left.")
    assert service.close_left(LATER + timedelta(days=1)) == 0


def test_who_is_back_goes_on_where_the_course_stood(session, enrollment, rosa, milo):
    complete(enrollment, "one/a", by=rosa)
    for _ in range(2):  # what left once may leave again
        leave(session, rosa, LATER.date())
        service.close_left(LATER)
        with pytest.raises(RuleViolation) as refusal:
            service.reopen(enrollment, reason="Back", by=milo, at=LATER)
        assert refusal.value.code == "reopen_after_leaving"
        leave(session, rosa, None)
        service.reopen(enrollment, reason="Back", by=milo, at=LATER)
        assert (enrollment.state, enrollment.ended_at, enrollment.ended_reason) == ("active", None, "")
    assert set(queries.done(enrollment.id)) == {"one/a"}
    assert kinds(session, enrollment).count("enrollment_activated") == 3
    with pytest.raises(RuleViolation) as refusal:
        service.reopen(enrollment, reason="Again", by=milo, at=LATER)
    assert refusal.value.code == "reopen_not_closed"


def test_a_closed_course_does_not_go_on_beside_a_new_one(session, enrollment, version, rosa, milo):
    service.close(enrollment, reason="The person left.", by=None, at=LATER)
    service.enroll(rosa.id, version, by=rosa, at=LATER)
    with pytest.raises(RuleViolation) as refusal:
        service.reopen(enrollment, reason="Back", by=milo, at=LATER)
    assert refusal.value.code == "already_enrolled"
    with pytest.raises(RuleViolation) as refusal:
        service.reopen(enrollment, reason="Back", by=rosa, at=LATER)
    assert refusal.value.code == "own_work"


def test_a_managers_edition_is_for_those_who_lead(session, version, rosa, milo, enid):
    edition = publish(
        course(
            Module("m", "M", (chunk("a", items=0),)), key="sample-lead", edition=Edition.MANAGER, edition_of="sample"
        ),
        enid,
    )
    for assign in (service.enroll, service.plan):
        with pytest.raises(RuleViolation) as refusal:
            assign(rosa.id, edition, by=enid, at=AT)
        assert refusal.value.code == "edition_not_for_them"
    assert service.enroll(milo.id, edition, by=enid, at=AT).state == "active"
