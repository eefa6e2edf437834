"""Repaired questions: whose verdict changes, and that nobody's becomes worse."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.errors import RuleViolation
from lms.policy import attempts, repair
from lms.policy.items import Item, ItemType, Option
from lms.policy.outline import Assessment, Purpose
from lms.policy.repair import Before, Effect, Remedy, Repair


def single(key, objective="o", points=1, version=1):
    options = (Option("a", "A", Fraction(1)), Option("b", "B"), Option("c", "C"))
    return Item(key, ItemType.SINGLE, "?", objective, "because", version=version, points=points, options=options)


def exam(*items, purpose=Purpose.POST, **more):
    return Assessment("t", "T", purpose, items, **more)


TEN = exam(*(single(f"q{n}", f"o{n % 2}") for n in range(10)))


def sat(test, right, *, has_test_out=False):
    """An attempt with these items right, and the verdict that stands."""
    form = attempts.draw(test, version_id="v", seed=1, has_test_out=has_test_out)
    items = {item.key: item for item in test.items}
    answers = {key: {"choice": "a" if key in right else "b"} for key in items}
    result = attempts.outcome(form, items, answers)
    return form, items, answers, Before(result.verdict.earned, result.verdict.possible, result.passed)


def keys(*numbers):
    return {f"q{number}" for number in numbers}


def regraded(test, right, *repairs, **more):
    form, items, answers, before = sat(test, right, **more)
    return before, repair.regraded(form, items, answers, repairs, before)


def neutral(key):
    return Repair(key, 1, Remedy.NEUTRALIZE)


@pytest.mark.parametrize(
    ("right", "one", "effect", "earned", "possible"),
    [
        (range(7), neutral("q9"), Effect.PASSES_NOW, 8, 10),
        (range(6), neutral("q9"), Effect.MORE_POINTS, 7, 10),
        (range(8), neutral("q9"), Effect.MORE_POINTS, 9, 10),
        (range(8), neutral("q0"), Effect.UNCHANGED, None, None),
        (range(7), neutral("elsewhere"), Effect.UNCHANGED, None, None),
        (range(7), Repair("q9", 2, Remedy.NEUTRALIZE), Effect.UNCHANGED, None, None),  # another version of it
        (range(8), Repair("q9", 1, Remedy.DROP), Effect.MORE_POINTS, 8, 9),
        (range(8), Repair("q0", 1, Remedy.DROP), Effect.UNCHANGED, None, None),  # 7 of 9 would be a fail
        (range(7), Repair("q9", 1, Remedy.ACCEPT, ("b",)), Effect.PASSES_NOW, 8, 10),
        (range(7), Repair("q9", 1, Remedy.ACCEPT, ("c",)), Effect.UNCHANGED, None, None),
    ],
)
def test_one_repair(right, one, effect, earned, possible):
    _, found = regraded(TEN, keys(*right), one)
    assert found.effect is effect
    if earned is None:
        assert found.outcome is None
    else:
        assert (found.outcome.verdict.earned, found.outcome.verdict.possible) == (earned, possible)


def test_the_better_way_of_neutralizing_is_taken_for_each_learner():
    """Full points leave the objective below its floor; without the item it is too small to have one."""
    test = exam(
        single("small", "thin"), single("large", "thin", points=5), *(single(f"q{n}", points=10) for n in range(10))
    )
    before, found = regraded(test, keys(*range(10)), neutral("small"))
    assert not before.passed
    assert found.effect is Effect.PASSES_NOW
    assert found.outcome.detail["items"]["small"]["repaired"] == "dropped"
    assert found.outcome.verdict.possible == 105


def test_a_repair_is_told_at_its_item():
    _, found = regraded(TEN, keys(*range(7)), neutral("q9"))
    assert found.outcome.detail["items"]["q9"] == {"share": "1", "points": 1, "version": 1, "repaired": "full"}
    assert "repaired" not in found.outcome.detail["items"]["q0"]
    assert found.outcome.detail["right"] == 8


def test_several_repairs_add_up():
    _, found = regraded(TEN, keys(*range(6)), neutral("q9"), Repair("q8", 1, Remedy.ACCEPT, ("b",)))
    assert (found.effect, found.outcome.verdict.earned) == (Effect.PASSES_NOW, 8)
    many = [neutral(f"q{n}") for n in range(4, 10)]
    _, found = regraded(TEN, keys(0, 1, 2), *many)
    assert (found.effect, found.outcome.verdict.earned) == (Effect.PASSES_NOW, 9)


def test_skipping_keeps_its_higher_bar():
    test = exam(*(single(f"q{n}") for n in range(9)), purpose=Purpose.PRE)
    before, found = regraded(test, keys(*range(8)), neutral("q8"), has_test_out=True)
    assert (before.passed, found.effect) == (False, Effect.PASSES_NOW)
    eight = exam(*(single(f"q{n}") for n in range(8)), purpose=Purpose.PRE)
    before, found = regraded(eight, keys(*range(7)), Repair("q7", 1, Remedy.DROP), has_test_out=True)
    assert found.effect is Effect.MORE_POINTS
    assert not found.outcome.passed, "seven are too few to skip by"


numbers = st.sets(st.integers(0, 9))
repairs = st.lists(
    st.builds(
        Repair,
        st.integers(0, 11).map("q{}".format),
        st.integers(1, 2),
        st.sampled_from(Remedy),
        st.sampled_from([("b",), ("c",), ("a", "b")]),
    ),
    max_size=5,
)


@given(numbers, repairs)
def test_nobodys_verdict_becomes_worse(right, decided):
    before, found = regraded(TEN, keys(*right), *decided)
    if found.outcome is None:
        assert found.effect is Effect.UNCHANGED
        return
    verdict = found.outcome.verdict
    assert found.outcome.passed >= before.passed
    assert found.outcome.passed > before.passed or verdict.earned / verdict.possible > before.share
    assert 0 <= verdict.earned <= verdict.possible


@given(numbers, repairs)
def test_repairing_twice_changes_nothing_more(right, decided):
    form, items, answers, before = sat(TEN, keys(*right))
    once = repair.regraded(form, items, answers, decided, before)
    if once.outcome is None:
        return
    verdict = once.outcome.verdict
    again = repair.regraded(
        form, items, answers, decided, Before(verdict.earned, verdict.possible, once.outcome.passed)
    )
    assert again.outcome is None


def order():
    return Item("q", ItemType.ORDER, "?", "o", "because", sequence=(Option("a", "A"), Option("b", "B")))


NUMBER = Item("q", ItemType.NUMERIC, "?", "o", "because", answer="12", abs_tolerance="0.5")
SHORT = Item("q", ItemType.SHORT, "?", "o", "because", accept=("exit criterion",))


@pytest.mark.parametrize(
    ("item", "accepted", "code"),
    [
        (single("q"), ("b",), ""),
        (single("q"), ("z",), "repair_answer_unknown"),
        (single("q"), (), "repair_answer_missing"),
        (NUMBER, ("20", "1.5"), ""),
        (NUMBER, ("twenty",), "repair_answer_unknown"),
        (NUMBER, ("1e999999",), "repair_answer_unknown"),
        (SHORT, ("exit",), ""),
        (order(), ("b",), "repair_accepts_nothing"),
    ],
)
def test_what_can_be_accepted(item, accepted, code):
    wanted = Repair("q", 1, Remedy.ACCEPT, accepted)
    if not code:
        repair.check(item, wanted)
        return
    with pytest.raises(RuleViolation) as refusal:
        repair.check(item, wanted)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("item", "accepted", "answer", "share"),
    [
        (NUMBER, ("20",), {"number": "20.4"}, 1),
        (NUMBER, ("20",), {"number": "12.4"}, 1),
        (NUMBER, ("20",), {"number": "16"}, 0),
        (SHORT, ("gate",), {"text": " Gate. "}, 1),
        (SHORT, ("gate",), {"text": "Exit criterion"}, 1),
    ],
)
def test_accepted_answers_count(item, accepted, answer, share):
    test = exam(item)
    form = attempts.draw(test, version_id="v", seed=1)
    before = Before(Fraction(0), 1, False)
    found = repair.regraded(form, {"q": item}, {"q": answer}, [Repair("q", 1, Remedy.ACCEPT, accepted)], before)
    assert (found.effect is Effect.PASSES_NOW) == bool(share)


def test_the_review_list_of_typed_answers():
    said = ["Gate", "exit criterion", " gate. ", "criterion", "", "EXIT  CRITERION", "proof"]
    assert [(one.said, one.count) for one in repair.unknown_answers(SHORT, said)] == [
        ("Gate", 2),
        ("criterion", 1),
        ("proof", 1),
    ]
