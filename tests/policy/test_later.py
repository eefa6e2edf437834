"""What stands beside the way: later checks and warm-ups put together from a course, and their calendar."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.policy import attempts, grading, later, module_states, sequencing
from lms.policy.items import Item, ItemType, Option
from lms.policy.later import Due
from lms.policy.lint import lint
from lms.policy.outline import (
    Assessment,
    Chunk,
    Course,
    DelayedPlan,
    Feedback,
    Layer,
    Module,
    Objective,
    ObjectiveType,
    Purpose,
)
from lms.policy.sequencing import Done, Facts

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)


def item(key, objective="o1", **more):
    options = (Option("a", "A", Fraction(1)), Option("b", "B"))
    return Item(key, ItemType.SINGLE, "?", objective, "because", options=options, **more)


def items(prefix, count, objective="o1"):
    return tuple(item(f"{prefix}{n}", objective) for n in range(count))


def exam(key, purpose, of, **more):
    return Assessment(key, key, purpose, of, **more)


def module(key, *steps, **more):
    return Module(key, key.title(), steps, **more)


def course(*modules, **more):
    objectives = tuple(Objective(f"o{n}", f"Objective {n}", ObjectiveType.KNOWLEDGE) for n in (1, 2))
    return Course("c", "Course", modules, **{"objectives": objectives, **more})


FIRST = module("one", Chunk("a", "A", 4, "", items=items("a", 3)), exam("post", Purpose.POST, items("p", 6, "o2")))
LAYERED = module(
    "two",
    Chunk("b", "B", 4, "", items=items("b", 3)),
    requires=("one",),
    builds_on=(Layer("one", "It comes back."),),
)


def done(*keys):
    return {key: Done(AT, "read") for key in keys}


ONE_DONE = done("one/a", "one/post")


class TestTheCheck:
    def test_is_drawn_from_the_questions_of_its_module(self):
        check = later.check_of(course(FIRST), FIRST)
        assert (check.purpose, check.draws, check.threshold_bp) == (Purpose.DELAYED, 8, 8000)
        assert {one.key for one in check.items} == {"a0", "a1", "a2", "p0", "p1", "p2", "p3", "p4", "p5"}
        form = attempts.draw(check, version_id="v", seed=5, seen=[["p0", "p1"]])
        asked = {one.key for one in form.items}
        assert len(asked) == 8
        assert not {"p0", "p1"} <= asked  # one of nine has to be left out: one that was just seen

    @pytest.mark.parametrize(
        ("plan", "of_module", "there"),
        [
            (DelayedPlan(), None, True),
            (DelayedPlan(is_on=False), None, False),
            (DelayedPlan(is_on=False), DelayedPlan(after_days=30), True),
            (DelayedPlan(), DelayedPlan(is_on=False), False),
        ],
    )
    def test_a_module_says_otherwise_than_its_course(self, plan, of_module, there):
        mine = replace(FIRST, delayed=of_module)
        assert (later.check_of(course(mine, delayed=plan), mine) is not None) is there

    def test_asks_nothing_that_a_person_has_to_score(self):
        told = tuple(replace(item(f"t{n}"), type=ItemType.LONG_TEXT) for n in range(3))
        mine = module("one", exam("post", Purpose.POST, (*items("p", 6), *told)))
        assert {one.key for one in later.check_of(course(mine), mine).items} == {f"p{n}" for n in range(6)}

    def test_needs_six_questions(self):
        few = module("few", exam("post", Purpose.POST, items("p", 5)))
        assert later.check_of(course(few), few) is None
        assert later.check_keys(course(few, FIRST)) == {"one": "one/delayed-check"}

    def test_is_the_authors_where_there_is_one(self):
        own = exam("weeks-later", Purpose.DELAYED, items("d", 6))
        mine = replace(FIRST, steps=(*FIRST.steps, own))
        made = course(mine)
        assert later.check_of(made, mine) is own
        assert later.check_keys(made) == {"one": "one/weeks-later"}
        assert "one/delayed-check" not in later.asides(made)
        access = sequencing.resolve(made, Facts(ONE_DONE), AT)
        assert access["one/weeks-later"] is sequencing.COMES_LATER
        assert sequencing.is_satisfied(made, ONE_DONE)  # nothing waits for it
        assert sequencing.next_step(made, access) is None


class TestTheWarmUp:
    def test_asks_a_few_questions_of_what_the_layer_builds_on(self):
        warm_up = later.warm_up_of(course(FIRST, LAYERED), LAYERED)
        assert (warm_up.purpose, warm_up.feedback, warm_up.draws) == (Purpose.FORMATIVE, Feedback.AT_ONCE, 3)
        assert {one.key for one in warm_up.items} == {one.key for step in FIRST.steps for one in step.items}

    def test_is_not_there_for_a_module_that_builds_on_nothing(self):
        assert later.warm_up_of(course(FIRST, LAYERED), FIRST) is None
        assert later.warm_up_of(course(FIRST, LAYERED), replace(LAYERED, has_warm_up=False)) is None

    def test_leaves_out_what_a_warm_up_cannot_show(self):
        drawn = replace(item("seen"), picture="![A map](assets/a.svg)", type=ItemType.HOTSPOT)
        ground = module("one", exam("post", Purpose.POST, (drawn, item("talk"), item("other"))))
        warm_up = later.warm_up_of(course(ground, LAYERED), LAYERED)
        assert [one.key for one in warm_up.items] == ["talk", "other"]


class TestALayerThatWaitsForMastery:
    made = course(FIRST, replace(LAYERED, needs_mastery=True))

    def test_is_locked_with_its_reason_until_the_check_is_passed(self):
        access = sequencing.resolve(self.made, Facts(ONE_DONE), AT)["two/b"]
        assert (access.is_locked, access.code) == (True, "opens_after_mastery")
        assert access.facts["module_title"] == "One"
        assert access.facts["days"] == 14
        state = module_states.module_states(self.made, Facts(ONE_DONE))["two"]
        assert (state.status, state.access.code) == (module_states.ModuleStatus.LOCKED, "opens_after_mastery")
        assert sequencing.open_modules(self.made, ONE_DONE) == ("one",)

    def test_opens_with_the_passed_check(self):
        after = {**ONE_DONE, "one/delayed-check": Done(AT, "passed")}
        assert sequencing.resolve(self.made, Facts(after), AT)["two/b"].is_open
        assert sequencing.newly_open_modules(self.made, ONE_DONE, after) == ("two",)
        assert module_states.module_states(self.made, Facts(after))["two"].access.is_open

    def test_says_first_what_comes_first(self):
        access = sequencing.resolve(self.made, Facts(done("one/a")), AT)["two/b"]
        assert access.code == "opens_after_pass"


class TestATestOut:
    way_out = exam("out", Purpose.TEST_OUT, items("t", 8))
    mine = module("one", way_out, *FIRST.steps)
    made = course(mine)

    @pytest.mark.parametrize(
        ("facts", "state", "next_key"),
        [
            ({}, "open", "one/out"),
            (done("one/a"), "open", "one/post"),  # still possible, but no longer the next thing
            (ONE_DONE, "locked", None),
        ],
    )
    def test_is_open_until_the_module_is_complete(self, facts, state, next_key):
        access = sequencing.resolve(self.made, Facts(facts), AT)
        assert access["one/out"].state == state
        assert sequencing.next_step(self.made, access) == next_key
        assert sequencing.may_test_out(self.mine, facts, Purpose.TEST_OUT) is (state == "open")

    def test_waives_what_is_learned_and_nothing_beside_the_way(self):
        assert sequencing.waived_by_test_out(self.mine) == ("one/a", "one/post")


class TestItsCalendar:
    def test_comes_after_so_many_days_and_waits_so_many(self):
        due = later.first_due(DelayedPlan(after_days=14, open_days=14), DAY)
        assert (due.due_on, due.closes_on) == (date(2026, 3, 16), date(2026, 3, 29))
        days = [due.due_on - timedelta(1), due.due_on, due.closes_on, due.closes_on + timedelta(1)]
        assert [(due.is_open(day), due.is_over(day)) for day in days] == [
            (False, False), (True, False), (True, False), (False, True),
        ]  # fmt: skip

    @pytest.mark.parametrize(("number", "after", "days"), [(1, 14, 14), (2, 90, 90), (1, 3, 7), (3, 14, None)])
    def test_comes_again_when_it_was_not_passed(self, number, after, days):
        again = later.next_due(number, after, 14, DAY)
        assert (None if again is None else (again.due_on - DAY).days) == days

    @pytest.mark.parametrize(("ago", "waits"), [(0, 7), (3, 4), (7, 0), (200, 0)])
    def test_may_be_asked_for_a_week_after_the_last(self, ago, waits):
        due = later.asked_for(DAY - timedelta(days=ago), DAY, 14)
        assert (due.due_on - DAY).days == waits

    @given(
        due_in=st.integers(-20, 60), open_days=st.integers(3, 60), since=st.integers(0, 60), away=st.integers(0, 400)
    )
    def test_leave_takes_no_day_from_it(self, due_in, open_days, since, away):
        """As many days as were left when the leave began are left when it ends, and nothing is open meanwhile."""
        due_on = DAY + timedelta(days=due_in)
        left_on = DAY + timedelta(days=since)
        resting = Due(due_on, due_on + timedelta(days=open_days - 1), left_on)
        back_on = left_on + timedelta(days=away)
        assert not any(resting.is_open(day) or resting.is_over(day) for day in (due_on, left_on, back_on))
        again = later.after_leave(resting, back_on)
        assert again.closes_on - back_on == resting.closes_on - left_on
        assert again.closes_on - again.due_on == resting.closes_on - resting.due_on
        assert again.rests_since is None


def scores(*shares):
    return [(item(f"q{n}", objective), Fraction(share)) for n, (objective, share) in enumerate(shares)]


@pytest.mark.parametrize(
    ("shares", "mastered", "slipped"),
    [
        ([("o1", 1), ("o1", 1), ("o2", 1), ("o2", 1)], ("o1", "o2"), ()),
        ([("o1", 1)] * 5 + [("o2", 1), ("o2", 0)], ("o1",), ("o2",)),  # passed, and still one objective is not
        ([("o1", 1), ("o1", 1), ("o2", 0), ("o2", 0)], (), ("o2",)),  # failed: nothing is mastered by it
    ],
)
def test_an_objective_is_mastered_by_itself(shares, mastered, slipped):
    verdict = grading.verdict(scores(*shares), 8000)
    assert later.evidence(verdict, 8000, passed=verdict.passed) == later.Evidence(mastered, slipped)


def test_an_objective_of_an_earlier_course_is_that_courses():
    own, old = (
        Objective("o1", "Own", ObjectiveType.KNOWLEDGE),
        Objective("o2", "Old", ObjectiveType.KNOWLEDGE, of="basics"),
    )
    made = course(FIRST, objectives=(own, old))
    assert later.objective_home(made, "o1") == ("c", "o1")
    assert later.objective_home(made, "o2") == ("basics", "o2")


def codes(*modules, **more):
    mine = {
        "key_reserved", "delayed_twice", "delayed_too_short", "test_out_twice", "test_out_too_short", "test_out_thin",
        "mastery_of_nothing", "feedback_at_once", "carry_of_this_course", "objective_of_itself", "waives_nothing",
    }  # fmt: skip
    return [one.code for one in lint(course(*modules, **more)) if one.code in mine]


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (exam("delayed-check", Purpose.POST, items("x", 8)), ["key_reserved"]),
        (exam("d", Purpose.DELAYED, items("x", 5)), ["delayed_too_short"]),
        (exam("d", Purpose.DELAYED, items("x", 6)), []),
        (exam("t", Purpose.TEST_OUT, items("x", 7)), ["test_out_too_short"]),
        (exam("t", Purpose.TEST_OUT, (*items("x", 8), item("y", "o2"))), ["test_out_thin"]),
        (exam("t", Purpose.TEST_OUT, (*items("x", 8), *items("y", 2, "o2"))), []),
        (exam("t", Purpose.TEST_OUT, (*items("x", 8), *items("y", 2, "o2")), draws=8), []),
        (exam("t", Purpose.POST, items("x", 8), feedback=Feedback.AT_ONCE), ["feedback_at_once"]),
        (exam("t", Purpose.POST, (item("x", feedback=Feedback.AT_ONCE),)), ["feedback_at_once"]),
        (exam("t", Purpose.FORMATIVE, items("x", 8), feedback=Feedback.AT_ONCE), []),
        (exam("t", Purpose.CARRY, items("x", 2)), ["carry_of_this_course"] * 2),
    ],
)
def test_what_a_purpose_asks_of_its_author(step, found):
    assert codes(module("m", step)) == found


def test_two_of_what_there_can_be_one_of():
    twice = [exam(f"d{n}", Purpose.DELAYED, items(f"x{n}", 6)) for n in (1, 2)]
    assert codes(module("m", *twice)) == ["delayed_twice"]
    out = [exam(f"t{n}", Purpose.TEST_OUT, items(f"x{n}", 8)) for n in (1, 2)]
    assert codes(module("m", *out)) == ["test_out_twice"]


def test_what_can_be_waited_for():
    assert codes(replace(FIRST, needs_mastery=True)) == ["mastery_of_nothing"]
    assert codes(FIRST, replace(LAYERED, needs_mastery=True)) == []
    assert codes(FIRST, replace(LAYERED, needs_mastery=True), delayed=DelayedPlan(is_on=False)) == [
        "mastery_of_nothing"
    ]


def test_what_comes_from_an_earlier_course():
    objectives = (Objective("o1", "Old", ObjectiveType.KNOWLEDGE, of="basics"),)
    assert codes(module("m", exam("t", Purpose.CARRY, items("x", 2))), objectives=objectives) == []
    itself = (Objective("o1", "Old", ObjectiveType.KNOWLEDGE, of="c"),)
    assert codes(FIRST, objectives=itself) == ["objective_of_itself"]
