"""Later checks against the database: they come by themselves, decide what is mastered, and take nothing back."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock
from lms.assessment import queries, service, statistics
from lms.assessment.models import Attempt
from lms.catalog.models import ItemLine
from lms.errors import RuleViolation
from lms.learning import check_queries, history_queries
from lms.learning import queries as learning_queries
from lms.learning import service as learning
from lms.learning.models import DelayedCheck, ObjectiveMastery
from lms.mail.models import Message
from lms.people import service as people
from lms.policy import sequencing
from lms.policy.outline import Assessment, DelayedPlan, Feedback, Layer, Module, Objective, ObjectiveType, Purpose
from lms.policy.repair import Remedy
from lms.practice import queries as practice_queries
from lms.practice import service as practice
from lms.practice.models import PracticeCard
from lms.statements.models import LedgerEntry, OwedStatement
from tests.features.learning.samples import AT, chunk, course, posttest, pretest, publish, single

DAY = timedelta(days=1)
CHECK = "one/delayed-check"


def one(**more):
    """Two questions on `know` in the chunk, six on `more` in the test: eight, of which a check asks eight."""
    exam = replace(posttest(), items=tuple(single(f"post{n}", "more") for n in range(6)))
    return Module("one", "Module one", (chunk("a", prefix="one-"), exam), **more)


def two(**more):
    layers = (Layer("one", "It comes back."),)
    return Module("two", "Module two", (chunk("b", prefix="two-"),), requires=("one",), builds_on=layers, **more)


def made_course(*modules, key="delayed", **more):
    return course(*(modules or (one(), two())), key=key, **more)


def done_at(enrollment, by, at):
    """The first module, done at that moment."""
    learning.complete_step(enrollment, "one/a", how="read", by=by, at=at)
    return learning.complete_step(enrollment, "one/posttest", how="passed", by=by, at=at)


@pytest.fixture
def enrollment(rosa, milo, enid):
    return learning.enroll(rosa.id, publish(made_course(), enid), by=milo, at=AT)


@pytest.fixture
def learned(enrollment, rosa):
    done_at(enrollment, rosa, AT)
    return enrollment


def sit(enrollment, by, at, *, wrong=(), step=CHECK):
    """Sit it through with everything right but the questions whose keys begin so; when it was handed in."""
    attempt = service.issue(enrollment, step, by=by, at=at)
    found = queries.sitting(attempt.id, for_update=True)
    answers = {item.key: {"choice": "b" if item.key.startswith(tuple(wrong) or "-") else "a"} for item in found.items}
    service.save_answers(found, answers, at=at)
    return service.submit(found, at=at), attempt


def checks(session):
    rows = session.scalars(select(DelayedCheck).order_by(DelayedCheck.number)).all()
    return [(row.number, row.state, (row.due_on - AT.date()).days) for row in rows]


def refused(enrollment, by, at, step=CHECK):
    with pytest.raises(RuleViolation) as refusal:
        service.issue(enrollment, step, by=by, at=at)
    return refusal.value.code


def kinds(session, kind):
    return session.scalars(select(LedgerEntry).where(LedgerEntry.kind == kind)).all()


class TestComing:
    def test_a_check_follows_a_module_by_its_plan_once(self, session, learned, rosa):
        assert checks(session) == [(1, "scheduled", 14)]
        row = session.scalars(select(DelayedCheck)).one()
        assert (row.closes_on - row.due_on).days == 13
        learning.complete_step(learned, "one/posttest", how="passed", by=rosa, at=AT + DAY)
        assert len(checks(session)) == 1

    def test_the_plan_of_the_course_and_of_the_module_hold(self, session, rosa, milo, enid):
        plans = made_course(one(delayed=DelayedPlan(after_days=90)), two(), delayed=DelayedPlan(after_days=7))
        enrollment = learning.enroll(rosa.id, publish(plans, enid), by=milo, at=AT)
        done_at(enrollment, rosa, AT)
        assert checks(session) == [(1, "scheduled", 90)]

    @pytest.mark.parametrize("plan", [DelayedPlan(is_on=False), DelayedPlan()])
    def test_no_check_comes_where_none_is_wanted_or_nothing_was_learned(self, session, rosa, milo, enid, plan):
        enrollment = learning.enroll(rosa.id, publish(made_course(delayed=plan), enid), by=milo, at=AT)
        if plan.is_on:
            for key in ("one/a", "one/posttest"):
                learning.waive(enrollment, key, reason="Came with it.", by=enid, at=AT)
        else:
            done_at(enrollment, rosa, AT)
        assert checks(session) == []

    def test_it_comes_after_a_test_out_too(self, session, rosa, milo, enid):
        out = Assessment(
            "out",
            "Skip it",
            Purpose.TEST_OUT,
            tuple(single(f"out{n}") for n in range(8)),
            feedback=Feedback.OBJECTIVE,
            cooldown_hours=720,
        )
        base = one()
        module = replace(base, steps=(out, *base.steps))
        enrollment = learning.enroll(rosa.id, publish(made_course(module, two()), enid), by=milo, at=AT)
        learning.complete_step(enrollment, "one/a", how="read", by=rosa, at=AT)  # begun, and still skipped
        graded, _ = sit(enrollment, rosa, AT, step="one/out")
        assert graded.tested_out
        assert "two/b" in graded.opened.steps
        assert checks(session) == [(1, "scheduled", 14)]
        assert len(kinds(session, "module_tested_out")) == 1

    def test_a_failed_test_out_waits_thirty_days(self, rosa, milo, enid):
        items = tuple(single(f"out{n}") for n in range(8))
        base = one()
        module = replace(base, steps=(Assessment("out", "Skip it", Purpose.TEST_OUT, items), *base.steps))
        enrollment = learning.enroll(rosa.id, publish(made_course(module, two()), enid), by=milo, at=AT)
        graded, _ = sit(enrollment, rosa, AT, step="one/out", wrong=["out0"])  # 7 of 8 is not enough
        assert not graded.tested_out
        assert refused(enrollment, rosa, AT + 29 * DAY, "one/out") == "attempt_cooling"
        graded, _ = sit(enrollment, rosa, AT + 30 * DAY, step="one/out")
        assert graded.tested_out


class TestTaking:
    def test_only_while_it_waits(self, learned, rosa):
        assert refused(learned, rosa, AT + 13 * DAY) == "check_not_due"
        assert refused(learned, rosa, AT + 28 * DAY) == "check_over"
        assert service.issue(learned, CHECK, by=rosa, at=AT + 27 * DAY).purpose == "delayed"

    def test_not_before_the_module_is_done(self, enrollment, rosa):
        assert refused(enrollment, rosa, AT) == "check_comes_later"

    def test_a_pass_is_mastery_and_is_said(self, session, learned, rosa):
        satisfied_before = learning_queries.done(learned.id).keys()
        graded, attempt = sit(learned, rosa, AT + 14 * DAY)
        assert graded.passed
        assert checks(session) == [(1, "passed", 14)]
        rows = session.scalars(select(ObjectiveMastery).order_by(ObjectiveMastery.objective_key)).all()
        assert [(row.course_key, row.objective_key, row.source_id) for row in rows] == [
            ("delayed", "know", attempt.id),
            ("delayed", "more", attempt.id),
        ]
        ids = [entry.id for entry in kinds(session, "objective_mastered")]
        owed = session.scalars(select(OwedStatement).where(OwedStatement.id.in_(ids)))
        said = [json.loads(row.body) for row in owed]
        assert {one["verb"]["display"]["en-US"] for one in said} == {"mastered"}
        assert {one["object"]["id"].rpartition("/xapi/")[2] for one in said} == {
            "activities/courses/delayed/objectives/know",
            "activities/courses/delayed/objectives/more",
        }
        assert learning_queries.done(learned.id).keys() == {*satisfied_before, CHECK}
        assert refused(learned, rosa, AT + 15 * DAY) == "attempt_already_passed"

    def test_failing_takes_nothing_back_and_brings_it_back(self, session, learned, rosa):
        for seq in practice_queries.new_sources():
            practice.take_source(seq, AT)
        before = learning_queries.done(learned.id)
        graded, _ = sit(learned, rosa, AT + 14 * DAY, wrong=["post"])
        assert not graded.passed
        assert learning_queries.done(learned.id) == before
        assert checks(session) == [(1, "failed", 14), (2, "scheduled", 28)]
        row = session.scalars(select(DelayedCheck).order_by(DelayedCheck.number)).first()
        assert (row.mastered, row.slipped) == ([], ["more"])
        at = AT + 14 * DAY
        for seq in practice_queries.new_sources():
            practice.take_source(seq, at)
        due = {card.item_key: card.due_on for card in session.scalars(select(PracticeCard))}
        assert {due[f"post{n}"] for n in range(6)} == {clock.local_day(at + DAY, "UTC")}
        assert practice_queries.new_sources() == ()

    def test_three_come_by_themselves_and_another_when_asked_for(self, session, learned, rosa, milo):
        for days in (14, 28, 42):
            sit(learned, rosa, AT + days * DAY, wrong=["post"])
        assert [state for _, state, _ in checks(session)] == ["failed"] * 3
        assert refused(learned, rosa, AT + 43 * DAY) == "check_over"
        with pytest.raises(RuleViolation, match="check_of_somebody_else"):
            learning.ask_again(learned, "one", by=milo, at=AT + 43 * DAY)
        due = learning.ask_again(learned, "one", by=rosa, at=AT + 43 * DAY)
        assert (due.due_on - AT.date()).days == 49  # a week after the last
        with pytest.raises(RuleViolation, match="check_not_asked_for"):
            learning.ask_again(learned, "one", by=rosa, at=AT + 43 * DAY)
        graded, _ = sit(learned, rosa, AT + 50 * DAY)
        assert graded.passed
        assert checks(session)[-1] == (4, "passed", 49)

    def test_an_objective_that_slipped_in_a_passed_check_is_not_mastered(self, session, learned, rosa):
        graded, _ = sit(learned, rosa, AT + 14 * DAY, wrong=["one-a-q0"])
        assert graded.passed  # 7 of 8, and half of `know`
        assert [row.objective_key for row in session.scalars(select(ObjectiveMastery))] == ["more"]
        assert len(kinds(session, "objectives_slipped")) == 1

    def test_it_asks_what_was_not_just_asked(self, learned, rosa, session, milo, enid, olga):
        many = replace(posttest(), items=tuple(single(f"post{n}", "more") for n in range(20)), draws=6)
        wide = made_course(Module("one", "One", (chunk("a", prefix="one-"), many)), key="wide")
        enrollment = learning.enroll(olga.id, publish(wide, enid), by=milo, at=AT)
        learning.complete_step(enrollment, "one/a", how="read", by=olga, at=AT)
        _, first = sit(enrollment, olga, AT, step="one/posttest")
        _, check = sit(enrollment, olga, AT + 14 * DAY)
        asked, again = ({item["key"] for item in one.form["items"]} for one in (first, check))
        assert len(again) == 8
        assert not asked & again

    def test_a_layer_that_waits_for_mastery_opens_with_it(self, rosa, milo, enid):
        version = publish(made_course(one(), two(needs_mastery=True)), enid)
        enrollment = learning.enroll(rosa.id, version, by=milo, at=AT)
        assert done_at(enrollment, rosa, AT).modules == ()
        facts = learning_queries.facts(enrollment.id)
        access = sequencing.resolve(learning_queries.course_of(enrollment), facts, AT)["two/b"]
        assert access.code == "opens_after_mastery"
        graded, _ = sit(enrollment, rosa, AT + 14 * DAY)
        assert graded.opened.modules == ("two",)
        assert history_queries.history(enrollment.id, AT)[1]["two"].because_step == CHECK


class TestGoingBy:
    def test_a_check_that_nobody_took_comes_again(self, session, learned):
        [check_id] = check_queries.gone_by(AT + 29 * DAY)
        assert not service.let_check_go(check_id, at=AT + 27 * DAY)
        assert service.let_check_go(check_id, at=AT + 28 * DAY)
        assert checks(session) == [(1, "lapsed", 14), (2, "scheduled", 42)]
        assert not service.let_check_go(check_id, at=AT + 28 * DAY)

    def test_one_that_was_begun_is_graded_with_what_was_saved(self, session, learned, rosa):
        attempt = service.issue(learned, CHECK, by=rosa, at=AT + 27 * DAY)
        [row] = session.scalars(select(DelayedCheck)).all()
        assert service.let_check_go(row.id, at=AT + 28 * DAY)
        assert session.get_one(Attempt, attempt.id).state != "open"
        assert checks(session)[0] == (1, "failed", 14)

    def test_leave_moves_it_and_nothing_goes_by(self, session, learned, rosa):
        practice.leave(rosa, AT + 10 * DAY)
        assert refused(learned, rosa, AT + 14 * DAY) == "check_rests"
        assert check_queries.gone_by(AT + 90 * DAY) == ()
        assert check_queries.to_tell(AT + 15 * DAY) == ()
        practice.come_back(rosa, AT + 40 * DAY)
        assert checks(session) == [(1, "scheduled", 44)]
        assert service.issue(learned, CHECK, by=rosa, at=AT + 44 * DAY).purpose == "delayed"

    def test_a_repair_that_makes_it_a_pass_cancels_the_next(self, session, learned, rosa, enid):
        sit(learned, rosa, AT + 14 * DAY, wrong=["post0", "post1"])  # 6 of 8
        assert checks(session) == [(1, "failed", 14), (2, "scheduled", 28)]
        line = session.scalars(select(ItemLine).where(ItemLine.key == "post0")).one()
        broken = "Both options say the same."
        assert (
            service.repair_item(line, 1, Remedy.NEUTRALIZE, (), reason=broken, by=enid, at=AT + 16 * DAY).changed == 1
        )
        assert checks(session) == [(1, "passed", 14), (2, "canceled", 28)]
        assert CHECK in learning_queries.done(learned.id)
        assert refused(learned, rosa, AT + 28 * DAY) == "attempt_already_passed"


class TestTelling:
    def test_it_is_told_once_on_a_workday_from_the_persons_hour_on(self, session, learned, rosa):
        people.set_zone(rosa, "America/New_York", by=rosa, at=AT)
        [check_id] = check_queries.to_tell(AT + 14 * DAY)
        early = (AT + 14 * DAY).replace(hour=12)  # eight in the morning there
        assert not learning.tell(check_id, early, "https://lms.example", None)
        assert learning.tell(check_id, early.replace(hour=13), "https://lms.example", None)
        assert not learning.tell(check_id, early.replace(hour=14), "https://lms.example", None)
        [mail] = session.scalars(select(Message).where(Message.kind == "check_due")).all()
        assert f"https://lms.example/courses/{learned.id}/assessments/{CHECK}" in mail.text
        assert "8 questions" in mail.text
        assert check_queries.to_tell(AT + 15 * DAY) == ()

    def test_not_on_a_weekend(self, learned):
        saturday = AT + 19 * DAY
        assert saturday.weekday() == clock.SATURDAY
        [check_id] = check_queries.to_tell(saturday)
        assert not learning.tell(check_id, saturday, "https://lms.example", None)
        assert learning.tell(check_id, saturday + 2 * DAY, "https://lms.example", 15)


class TestCarrying:
    @pytest.fixture
    def later_course(self, learned, rosa, milo, enid):
        """Another course, which asks `more` of the first again."""
        asked = Assessment(
            "carry", "Do you still know?", Purpose.CARRY, tuple(single(f"c{n}", "more") for n in range(4))
        )
        objectives = (Objective("more", "Know more", ObjectiveType.KNOWLEDGE, "talk", of="delayed"),)
        version = publish(course(Module("m", "M", (asked,)), key="later", objectives=objectives), enid)
        return learning.enroll(rosa.id, version, by=milo, at=AT)

    def test_evidence_is_the_earlier_courses(self, session, later_course, rosa):
        sit(later_course, rosa, AT + 8 * DAY, step="m/carry")
        [row] = session.scalars(select(ObjectiveMastery)).all()
        assert (row.course_key, row.objective_key) == ("delayed", "more")
        assert check_queries.mastered(rosa.id).keys() == {("delayed", "more")}
        assert learning_queries.done(later_course.id)["m/carry"].how == "passed"

    def test_what_is_fresh_is_not_mastered(self, session, later_course, rosa):
        sit(later_course, rosa, AT + 6 * DAY, step="m/carry")
        assert session.scalars(select(ObjectiveMastery)).all() == []

    def test_what_is_missed_goes_into_the_review_of_the_earlier_course(self, session, later_course, rosa):
        for seq in practice_queries.new_sources():
            practice.take_source(seq, AT)
        sit(later_course, rosa, AT + 8 * DAY, step="m/carry", wrong=["c"])
        touched = [practice.take_source(seq, AT + 8 * DAY) for seq in practice_queries.new_sources()]
        assert sum(touched) >= 6
        due = {card.item_key: card.due_on for card in session.scalars(select(PracticeCard))}
        assert due["post0"] == clock.local_day(AT + 9 * DAY, "UTC")


def test_kinds_never_mix_in_the_figures(learned, rosa):
    """The figures of a check are of checks alone, and what it kept of the gain stands with the gain."""
    sit(learned, rosa, AT + 14 * DAY, wrong=["post0"])
    listed = {row.step_key: (row.purpose, row.people) for row in statistics.tests() if row.line_id == learned.line_id}
    assert listed["delayed-check"] == ("delayed", 1)
    report = statistics.of_test(learned.line_id, "one", "delayed-check")
    assert {row.figures.n for row in report.items} == {1}
    assert statistics.of_test(learned.line_id, "one", "posttest").items == ()


def test_the_gain_knows_what_was_kept(rosa, milo, enid):
    base = one()
    module = replace(base, steps=(pretest(), *base.steps))
    enrollment = learning.enroll(rosa.id, publish(made_course(module, two()), enid), by=milo, at=AT)
    sit(enrollment, rosa, AT, step="one/pretest", wrong=["pre"])
    learning.complete_step(enrollment, "one/a", how="read", by=rosa, at=AT)
    sit(enrollment, rosa, AT, step="one/posttest")
    _, check = sit(enrollment, rosa, AT + 14 * DAY, wrong=["pre0", "pre1", "post0", "post1"])
    share = queries.attempts_of(enrollment.id, CHECK)[0].grade
    gain = statistics.of_test(enrollment.line_id, "one", "posttest").gain
    assert check.purpose == "delayed"
    assert (gain.pre, gain.post, gain.kept.n) == (0, 1, 1)
    assert gain.kept.share == pytest.approx(float(share.earned / share.possible))


def test_a_warm_up_is_practice_and_is_offered_once(session, learned, rosa):
    graded, attempt = sit(learned, rosa, AT, step="two/warm-up")
    assert (graded.passed, attempt.purpose) == (True, "formative")
    asked = {item["key"] for item in attempt.form["items"]}
    assert len(asked) == 3
    assert not any(key.startswith("two-") for key in asked)
    assert learning_queries.done(learned.id)["two/warm-up"].how == "passed"
    sit(learned, rosa, AT + DAY, step="two/warm-up")  # as often as one likes
    assert len(kinds(session, "module_completed")) == 1


def test_a_warm_up_opens_with_its_module(enrollment, rosa):
    assert refused(enrollment, rosa, AT, "two/warm-up") == "step_locked"
