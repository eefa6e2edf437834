"""Attempts against the database: issued once, saved always, graded once."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from lms.assessment import queries, service
from lms.assessment.models import Answer, Attempt, Grade
from lms.catalog import queries as catalog
from lms.errors import RuleViolation
from lms.learning import queries as learning_queries
from lms.learning import service as learning
from lms.policy.outline import Module, Purpose
from lms.statements.models import LedgerEntry
from tests.features.learning.samples import AT, RIGHT, chunk, course, every_type, posttest, pretest, publish

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FULL = course(
    Module(
        "one",
        "Module one",
        (pretest(), chunk("a", prefix="one-"), replace(posttest(attempts=2, minutes=15), items=every_type())),
        has_test_out=True,
    ),
    Module("two", "Module two", (chunk("a", prefix="two-"),), requires=("one",)),
    key="full",
)


@pytest.fixture
def enrollment(rosa, milo, enid):
    return learning.enroll(rosa.id, publish(FULL, enid), by=milo, at=AT)


@pytest.fixture
def at_post(enrollment, rosa):
    learning.complete_step(enrollment, "one/a", how="read", by=rosa, at=AT)
    return enrollment


def sitting(attempt):
    found = queries.sitting(attempt.id, for_update=True)
    assert found is not None
    return found


def answer_all(attempt, answers, at=AT):
    service.save_answers(sitting(attempt), answers, at=at)


def right_pretest():
    return {f"pre{n}": {"choice": "a"} for n in range(8)}


def kinds(session, enrollment):
    return list(
        session.scalars(
            select(LedgerEntry.kind).where(LedgerEntry.registration == enrollment.id).order_by(LedgerEntry.seq)
        )
    )


def test_two_tabs_get_one_attempt(session, at_post, rosa):
    first = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    second = service.issue(at_post, "one/posttest", by=rosa, at=AT + MINUTE)
    assert first.id == second.id
    assert kinds(session, at_post).count("attempt_started") == 1


def test_an_attempt_freezes_its_policy(at_post, rosa):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    form = sitting(attempt).form
    assert (form.threshold_bp, form.minutes, form.version_id) == (8000, 15, str(at_post.version_id))
    assert attempt.deadline_at == AT + 15 * MINUTE
    assert {one.key for one in form.items} == set(RIGHT)


def test_a_locked_assessment_issues_nothing(session, enrollment, rosa):
    with pytest.raises(RuleViolation) as refusal:
        service.issue(enrollment, "one/posttest", by=rosa, at=AT)
    assert (refusal.value.code, refusal.value.facts["title"]) == ("step_locked", "Chunk a")
    assert session.scalars(select(Attempt)).all() == []


def test_a_chunk_is_no_assessment(enrollment, rosa):
    with pytest.raises(RuleViolation, match="step_unknown"):
        service.issue(enrollment, "one/a", by=rosa, at=AT)


def test_all_right_passes_and_opens_the_next_module(session, at_post, rosa):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    answer_all(attempt, RIGHT)
    graded = service.submit(sitting(attempt), at=AT + 3 * MINUTE)
    assert (graded.passed, graded.opened.modules, graded.is_new) == (True, ("two",), True)
    grade = session.scalars(select(Grade).where(Grade.attempt_id == attempt.id)).one()
    assert (grade.earned_numerator, grade.earned_denominator, grade.possible, grade.passed) == (12, 1, 12, True)
    assert learning_queries.done(at_post.id)["one/posttest"].how == "passed"
    said = kinds(session, at_post)
    assert (said.count("question_answered"), said.count("attempt_graded")) == (12, 1)


def test_partial_credit_is_kept_as_an_exact_fraction(session, at_post, rosa):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    answer_all(attempt, {"i-judgment": {"choice": "b"}, "i-matching": {"pairs": {"a": "a"}}})
    assert not service.submit(sitting(attempt), at=AT).passed
    grade = session.scalars(select(Grade).where(Grade.attempt_id == attempt.id)).one()
    assert (grade.earned_numerator, grade.earned_denominator) == (1, 1)  # 2/3 + 1/3
    assert grade.detail["items"]["i-judgment"]["share"] == "2/3"


def test_submitting_twice_grades_once(session, at_post, rosa):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    answer_all(attempt, RIGHT)
    service.submit(sitting(attempt), at=AT)
    before = kinds(session, at_post)
    again = service.submit(sitting(attempt), at=AT + MINUTE)
    assert (again.passed, again.is_new, again.opened.steps) == (True, False, ())
    assert kinds(session, at_post) == before
    assert len(session.scalars(select(Grade)).all()) == 1


def test_the_last_answer_counts_and_all_are_kept(session, at_post, rosa):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    for at, choice in enumerate("bca"):
        service.save_answer(sitting(attempt), "i-single", {"choice": choice}, client_id=f"c{at}", at=AT)
    service.save_answer(sitting(attempt), "i-single", {"choice": "b"}, client_id="c2", at=AT)  # sent again: nothing
    assert queries.responses(attempt.id) == {"i-single": {"choice": "a"}}
    assert len(session.scalars(select(Answer).where(Answer.attempt_id == attempt.id)).all()) == 3


def test_saving_a_page_keeps_only_what_changed(session, at_post, rosa):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    answer_all(attempt, {"i-single": {"choice": "b"}, "i-short": {"text": "so"}})
    answer_all(attempt, {"i-single": {"choice": "b"}, "i-short": {"text": "so what"}})
    assert len(session.scalars(select(Answer)).all()) == 3
    answer_all(attempt, {"i-short": {}})
    assert queries.responses(attempt.id)["i-short"] == {}


def test_an_answer_to_another_question_is_refused(at_post, rosa):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    with pytest.raises(RuleViolation, match="item_unknown"):
        service.save_answer(sitting(attempt), "pre0", {"choice": "a"}, client_id="c", at=AT)


def test_after_the_deadline_and_its_grace_nothing_is_taken_but_what_was_saved_counts(session, at_post, rosa):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    answer_all(attempt, RIGHT, at=AT + 15 * MINUTE + timedelta(seconds=30))
    late = AT + 15 * MINUTE + timedelta(seconds=31)
    with pytest.raises(RuleViolation, match="attempt_time_over"):
        answer_all(attempt, {"i-single": {"choice": "b"}}, at=late)
    graded = service.submit(sitting(attempt), at=late)
    assert graded.passed
    stored = session.get(Attempt, attempt.id)
    assert (stored.state, stored.closed_at) == ("expired", attempt.deadline_at)
    assert session.scalars(select(Grade.cause)).one() == "expired"


def test_the_worker_closes_what_ran_out_and_only_that(session, at_post, rosa, cast):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    answer_all(attempt, RIGHT)
    assert service.close_overdue(AT + 15 * MINUTE + timedelta(seconds=30)) == 0
    assert service.close_overdue(AT + 16 * MINUTE) == 1
    assert service.close_overdue(AT + 16 * MINUTE) == 0
    assert learning_queries.done(at_post.id)["one/posttest"].how == "passed"


def test_an_attempt_of_an_ended_enrollment_is_graded_and_opens_nothing(session, at_post, rosa, milo):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    answer_all(attempt, RIGHT)
    learning.close(at_post, reason="Left", by=milo, at=AT + MINUTE)
    assert service.close_overdue(AT + 2 * MINUTE) == 1
    assert session.scalars(select(Grade.passed)).one() is True
    assert "one/posttest" not in learning_queries.done(at_post.id)


def test_an_expired_attempt_is_closed_when_the_next_one_is_asked_for(session, at_post, rosa):
    first = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    second = service.issue(at_post, "one/posttest", by=rosa, at=AT + 2 * DAY)
    assert (second.number, second.id != first.id) == (2, True)
    assert session.get(Attempt, first.id).state == "expired"


def fail(enrollment, rosa, at):
    attempt = service.issue(enrollment, "one/posttest", by=rosa, at=at)
    service.submit(sitting(attempt), at=at)
    return attempt


def test_cooldown_limit_and_one_more_after_a_conversation(session, at_post, rosa, milo, enid):
    fail(at_post, rosa, AT)
    with pytest.raises(RuleViolation) as refusal:
        service.issue(at_post, "one/posttest", by=rosa, at=AT + DAY - MINUTE)
    assert (refusal.value.code, refusal.value.facts["opens_at"]) == ("attempt_cooling", AT + DAY)
    with pytest.raises(RuleViolation, match="attempts_not_exhausted"):
        service.grant_attempt(at_post, "one/posttest", by=milo, at=AT, reason="Early")
    fail(at_post, rosa, AT + DAY)
    with pytest.raises(RuleViolation) as refusal:
        service.issue(at_post, "one/posttest", by=rosa, at=AT + 9 * DAY)
    assert (refusal.value.code, refusal.value.facts["allowed"]) == ("attempts_exhausted", 2)
    with pytest.raises(RuleViolation, match="own_work"):
        service.grant_attempt(at_post, "one/posttest", by=rosa, at=AT + 9 * DAY, reason="I say so")
    with pytest.raises(RuleViolation, match="reason_missing"):
        service.grant_attempt(at_post, "one/posttest", by=milo, at=AT + 9 * DAY, reason="")
    service.grant_attempt(at_post, "one/posttest", by=milo, at=AT + DAY + MINUTE, reason="We went through it")
    third = service.issue(at_post, "one/posttest", by=rosa, at=AT + DAY + 2 * MINUTE)
    assert third.number == 3
    entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "attempt_granted")).one()
    assert (entry.actor_name, entry.reason) == ("Milo Hart", "We went through it")


def test_no_further_attempt_after_passing(at_post, rosa):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    answer_all(attempt, RIGHT)
    service.submit(sitting(attempt), at=AT)
    with pytest.raises(RuleViolation, match="attempt_already_passed"):
        service.issue(at_post, "one/posttest", by=rosa, at=AT + 9 * DAY)


def test_the_database_holds_the_limit_even_without_the_service(session, at_post, rosa):
    from sqlalchemy.exc import IntegrityError

    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    twin = Attempt(
        enrollment_id=at_post.id, step_key="one/posttest", purpose="post", number=2, started_at=AT, form=attempt.form
    )
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(twin)


def test_a_perfect_pre_test_tests_out_of_the_module(session, enrollment, rosa):
    attempt = service.issue(enrollment, "one/pretest", by=rosa, at=AT)
    answer_all(attempt, right_pretest())
    graded = service.submit(sitting(attempt), at=AT + MINUTE)
    assert (graded.passed, graded.tested_out, graded.opened.modules) == (True, True, ("two",))
    hows = {key: fact.how for key, fact in learning_queries.done(enrollment.id).items()}
    assert hows == {"one/pretest": "passed", "one/a": "tested_out", "one/posttest": "tested_out"}


def test_seven_of_eight_does_not_test_out(enrollment, rosa):
    attempt = service.issue(enrollment, "one/pretest", by=rosa, at=AT)
    answer_all(attempt, {**right_pretest(), "pre3": {"choice": "b"}})
    graded = service.submit(sitting(attempt), at=AT + MINUTE)
    assert (graded.passed, graded.tested_out) == (False, False)
    assert {key: fact.how for key, fact in learning_queries.done(enrollment.id).items()} == {"one/pretest": "attempted"}


def test_a_pre_test_finished_after_the_module_was_begun_skips_nothing(enrollment, rosa):
    attempt = service.issue(enrollment, "one/pretest", by=rosa, at=AT)
    answer_all(attempt, right_pretest())
    learning.complete_step(enrollment, "one/a", how="read", by=rosa, at=AT)
    graded = service.submit(sitting(attempt), at=AT + MINUTE)
    assert (graded.passed, graded.tested_out) == (True, False)
    assert "one/posttest" not in learning_queries.done(enrollment.id)


def test_the_pre_test_is_closed_once_the_module_is_begun(at_post, rosa):
    with pytest.raises(RuleViolation, match="pretest_passed_over"):
        service.issue(at_post, "one/pretest", by=rosa, at=AT)


CHECK = {"one-a-q0": {"choice": "b"}, "one-a-q1": {"choice": "a"}}


def check(enrollment, rosa, raw, attempt_id=None, step="one/a"):
    return service.answer_check(enrollment, step, raw, attempt_id=attempt_id or uuid4(), by=rosa, at=AT)


def test_answering_every_question_completes_the_chunk_right_or_wrong(session, enrollment, rosa):
    graded = check(enrollment, rosa, CHECK)
    assert graded.opened.steps == ("one/posttest",)
    assert learning_queries.done(enrollment.id)["one/a"].how == "read"
    row, found = queries.latest_check(enrollment.id, "one/a")
    assert row.grade.detail["right"] == 1
    assert found.form.purpose == "check"


def test_an_unanswered_question_leaves_the_chunk_open(session, enrollment, rosa):
    with pytest.raises(RuleViolation) as refusal:
        check(enrollment, rosa, {"one-a-q0": {"choice": "a"}})
    assert (refusal.value.code, refusal.value.facts["items"]) == ("check_incomplete", ("one-a-q1",))
    assert session.scalars(select(Attempt)).all() == []


def test_the_same_page_sent_twice_is_one_check_and_another_try_is_a_second(session, enrollment, rosa):
    id_ = uuid4()
    check(enrollment, rosa, CHECK, id_)
    assert not check(enrollment, rosa, CHECK, id_).is_new
    check(enrollment, rosa, {**CHECK, "one-a-q0": {"choice": "a"}})
    assert [attempt.number for attempt in session.scalars(select(Attempt).order_by(Attempt.number))] == [1, 2]
    assert kinds(session, enrollment).count("chunk_completed") == 1


def test_a_check_of_a_locked_chunk_is_refused(enrollment, rosa):
    with pytest.raises(RuleViolation, match="step_locked"):
        check(enrollment, rosa, {"two-a-q0": {"choice": "a"}, "two-a-q1": {"choice": "a"}}, step="two/a")


def test_a_formative_assessment_is_done_by_taking_it(rosa, enid):
    made = course(
        Module("m", "M", (posttest(key="practice", purpose=Purpose.FORMATIVE), chunk("after"))), key="practice"
    )
    enrollment = learning.enroll(rosa.id, publish(made, enid), by=rosa, at=AT)
    attempt = service.issue(enrollment, "m/practice", by=rosa, at=AT)
    service.submit(sitting(attempt), at=AT)
    assert learning_queries.done(enrollment.id)["m/practice"].how == "attempted"
    assert service.issue(enrollment, "m/practice", by=rosa, at=AT).number == 2


def test_saving_one_answer_takes_two_statements(session, at_post, rosa, count_statements):
    attempt = service.issue(at_post, "one/posttest", by=rosa, at=AT)
    count_statements.statements.clear()
    service.save_answer(sitting(attempt), "i-single", {"choice": "a"}, client_id="c", at=AT)
    assert len(count_statements) == 2, count_statements.statements


def test_who_began_a_test_does_not_end_the_course_alone(session, rosa, milo, enid):
    mine = learning.enroll(rosa.id, publish(FULL, enid), by=rosa, at=AT)
    service.issue(mine, "one/pretest", by=rosa, at=AT)
    with pytest.raises(RuleViolation) as refusal:
        learning.withdraw(mine, reason="I would like another try", by=rosa, at=AT)
    assert refusal.value.code == "withdraw_after_test"
    learning.withdraw(mine, reason="Changed role", by=milo, at=AT)
    assert mine.state == "withdrawn"


def test_taking_a_course_again_is_no_second_pre_test(session, enrollment, rosa, milo):
    attempt = service.issue(enrollment, "one/pretest", by=rosa, at=AT)
    service.submit(sitting(attempt), at=AT)
    learning.withdraw(enrollment, reason="Changed role", by=milo, at=AT)
    again = learning.enroll(rosa.id, learning_version(enrollment), by=milo, at=AT + MINUTE)
    hours = learning_queries.course_of(again).steps["one/pretest"][1].cooldown_hours
    with pytest.raises(RuleViolation) as refusal:
        service.issue(again, "one/pretest", by=rosa, at=AT + MINUTE)
    assert refusal.value.code == "attempt_cooling"
    assert refusal.value.facts["opens_at"] == AT + timedelta(hours=hours)
    assert service.issue(again, "one/pretest", by=rosa, at=AT + timedelta(hours=hours)).number == 1


def learning_version(enrollment):
    found = catalog.version(enrollment.version_id)
    assert found is not None
    return found


def test_a_test_without_a_time_limit_is_graded_when_its_person_has_left(session, enrollment, rosa):
    attempt = service.issue(enrollment, "one/pretest", by=rosa, at=AT)
    answer_all(attempt, {"pre0": {"choice": "a"}})
    attempt.deadline_at = None
    session.flush()
    assert queries.overdue(AT + 9 * DAY) == ()
    rosa.left_on = (AT + DAY).date()
    session.flush()
    assert learning.close_left(AT + DAY) == 1
    assert service.close_overdue(AT + DAY) == 1
    assert session.get(Attempt, attempt.id).state == "expired"
