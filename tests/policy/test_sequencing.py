"""Gates as tables over small courses, and their laws over generated ones."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.policy import module_states, sequencing
from lms.policy.module_states import ModuleStatus
from lms.policy.outline import (
    Assessment,
    Chunk,
    Course,
    Module,
    OpensNext,
    Purpose,
    Rubric,
    Sheet,
    Transfer,
)
from lms.policy.sequencing import Done, Facts, StepState, TransferFact

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
RUBRIC = Rubric("r", "R", ())


def chunk(key):
    return Chunk(key, key.title(), 4, "text")


def test(key, purpose):
    return Assessment(key, key.title(), purpose, ())


def transfer(key="script", opens_next=OpensNext.CONFIRMATION):
    return Transfer(key, "Your call script", Sheet("s", ()), RUBRIC, RUBRIC, (), opens_next=opens_next)


def module(key, *steps, requires=(), **kwargs):
    return Module(key, f"Module {key}", steps, requires=requires, **kwargs)


test.__test__ = False
PRE, POST = test("pre", Purpose.PRE), test("post", Purpose.POST)
COURSE = Course(
    "c",
    "Course",
    (
        module("one", PRE, chunk("a"), chunk("b"), POST, transfer(), has_test_out=True),
        module("two", chunk("a"), requires=("one",)),
        module("three", chunk("a"), requires=("one", "two")),
        module("free", chunk("a")),
    ),
)
ONE = ["one/a", "one/b", "one/post", "one/script"]


def facts(*done, **transfers):
    return Facts(
        {key: Done(AT, "read") for key in done},
        {key.replace("__", "/"): fact for key, fact in transfers.items()},
    )


def states(course, given_facts):
    """One letter per step, in course order."""
    access = sequencing.resolve(course, given_facts, AT)
    return "".join(access[key].state.value[0] for key in course.steps)


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        #     one: pre a b post script, two, three, free
        ([], "oolll" + "llo"),
        (["one/pre"], "dolll" + "llo"),
        (["one/a"], "ldoll" + "llo"),
        (["one/a", "one/b"], "lddol" + "llo"),
        (["one/a", "one/b", "one/post"], "ldddo" + "llo"),
        (ONE, "ldddd" + "olo"),
        (["one/pre", *ONE], "ddddd" + "olo"),
        ([*ONE, "two/a"], "ldddd" + "doo"),
        (["free/a"], "oolll" + "lld"),
        (["one/b"], "lodll" + "llo"),  # what was done out of order stays done, and opens nothing
        (["one/post"], "loldl" + "llo"),
        (["two/a"], "oolll" + "dlo"),
    ],
)
def test_states(done, expected):
    assert states(COURSE, facts(*done)) == expected


def lock_on(key, given_facts):
    access = sequencing.resolve(COURSE, given_facts, AT)[key]
    assert access.state is StepState.LOCKED
    return access


def test_a_lock_names_the_missing_step():
    lock = lock_on("one/post", facts("one/a"))
    assert (lock.code, lock.waiting_for) == ("opens_after_step", {"one/b"})
    assert (lock.facts["title"], lock.facts["step"], lock.facts["who"]) == ("B", "one/b", "")


def test_a_lock_behind_a_post_test_says_pass():
    assert lock_on("one/script", facts("one/a", "one/b")).code == "opens_after_pass"


def test_a_lock_behind_a_module_names_the_module_and_how_much_is_left():
    lock = lock_on("two/a", facts("one/a"))
    assert lock.code == "opens_after_module"
    assert (lock.facts["title"], lock.facts["left"]) == ("Module one", 3)
    assert lock.waiting_for == {"one/b", "one/post", "one/script"}


@pytest.mark.parametrize(
    ("done", "too"), [((), ("Module two",)), (ONE, ()), (["two/a"], ()), ([*ONE, "two/a"], ())], ids=str
)
def test_a_lock_knows_what_else_is_needed(done, too):
    """Module three needs one and two: the lock is about the first that is missing."""
    assert sequencing.needed_too(COURSE, COURSE.module_by_key["three"], facts(*done).done) == too


SINCE = AT - timedelta(days=2)


@pytest.mark.parametrize(
    ("fact", "code", "who"),
    [
        (None, "opens_after_confirmation", ""),
        (TransferFact("preparing"), "opens_after_confirmation", ""),
        (TransferFact("in_review", "Milo", SINCE), "waits_on_review", "Milo"),
        (TransferFact("approved", "Milo", SINCE), "opens_after_confirmation", "Milo"),
        (TransferFact("in_field"), "opens_after_confirmation", ""),
        (TransferFact("results_in", "Milo", SINCE), "waits_on_confirmation", "Milo"),
    ],
)
def test_a_lock_behind_a_transfer_activity_says_who_must_act_and_since_when(fact, code, who):
    given_facts = facts("one/a", "one/b", "one/post", **({"one__script": fact} if fact else {}))
    lock = lock_on("two/a", given_facts)
    assert (lock.code, lock.facts["who"], lock.facts["title"]) == (code, who, "Your call script")
    assert lock.facts["since"] == (SINCE if who else None)
    assert lock.waiting_for == {"one/script"}
    opened = sequencing.resolve(COURSE, given_facts, AT)["one/script"]
    assert opened.is_open
    assert opened.code == ("waiting_on_person" if who else "")


@pytest.mark.parametrize("opens_next", OpensNext)
def test_the_lock_says_which_event_of_the_activity_opens(opens_next):
    course = Course("c", "C", (module("m", transfer(opens_next=opens_next), chunk("after")),))
    assert sequencing.resolve(course, facts(), AT)["m/after"].code == f"opens_after_{opens_next.value}"


def test_a_far_module_points_at_the_nearest_thing_in_the_way():
    lock = lock_on("three/a", facts("one/a", "one/b", "one/post"))
    assert lock.facts["step"] == "one/script"
    after_one = lock_on("three/a", facts(*ONE))
    assert (after_one.code, after_one.facts["step"]) == ("opens_after_step", "two/a")


def test_the_pre_test_is_passed_over_once_the_module_has_begun():
    assert lock_on("one/pre", facts("one/a")).code == "pretest_passed_over"
    one = COURSE.module_by_key["one"]
    assert sequencing.may_test_out(one, facts("one/pre").done)
    assert not sequencing.may_test_out(one, facts("one/pre", "one/a").done)
    assert not sequencing.may_test_out(COURSE.module_by_key["free"], {})


def test_test_out_leaves_the_transfer_activity_unless_the_author_says_otherwise():
    one = COURSE.module_by_key["one"]
    assert sequencing.waived_by_test_out(one) == ("one/a", "one/b", "one/post")
    generous = module("m", PRE, chunk("a"), transfer(), has_test_out=True, test_out_waives_transfer=True)
    assert sequencing.waived_by_test_out(generous) == ("m/a", "m/script")


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        ([], "one/pre"),
        (["one/pre"], "one/a"),
        (["one/a"], "one/b"),
        (ONE, "two/a"),
        (["one/a", "one/b", "one/post"], "one/script"),
        ([*ONE, "two/a", "three/a", "free/a"], None),
    ],
)
def test_next_step(done, expected):
    assert sequencing.next_step(COURSE, sequencing.resolve(COURSE, facts(*done), AT)) == expected


def test_the_next_step_is_not_the_one_that_waits_on_somebody_else():
    waiting = TransferFact("in_review", "Milo", SINCE)
    given_facts = facts("one/a", "one/b", "one/post", one__script=waiting)
    assert sequencing.next_step(COURSE, sequencing.resolve(COURSE, given_facts, AT)) == "free/a"
    given_facts = facts("one/a", "one/b", "one/post", "free/a", one__script=waiting)
    assert sequencing.next_step(COURSE, sequencing.resolve(COURSE, given_facts, AT)) == "one/script"


@pytest.mark.parametrize(
    ("done", "status", "marks", "percent"),
    [
        ([], ModuleStatus.AVAILABLE, (0, 0, 0), 0),
        (["one/pre"], ModuleStatus.IN_PROGRESS, (0, 0, 0), 0),
        (["one/a"], ModuleStatus.IN_PROGRESS, (1, 0, 0), 25),
        (["one/a", "one/b"], ModuleStatus.IN_PROGRESS, (2, 0, 0), 50),
        (["one/a", "one/b", "one/post"], ModuleStatus.AWAITING_TRANSFER, (3, 0, 0), 75),
        (ONE, ModuleStatus.SATISFIED, (3, 0, 1), 100),
    ],
)
def test_module_states_keep_three_marks_apart(done, status, marks, percent):
    hows = {"one/post": "passed", "one/script": "verified"}
    given_facts = Facts({key: Done(AT, hows.get(key, "read")) for key in done})
    state = module_states.module_states(COURSE, given_facts)["one"]
    assert state.status is status
    assert (state.learned.done, state.shown.done, state.verified.done) == marks
    assert state.percent == module_states.percent(COURSE.module_by_key["one"], done) == percent


@pytest.mark.parametrize("status", ["in_field", "results_in", "verified"])
def test_shown_is_what_observers_saw_and_nothing_else(status):
    course = Course("c", "C", (module("m", transfer()),))
    unseen = Facts({"m/script": Done(AT, "verified")}, {"m/script": TransferFact(status)})
    state = module_states.module_states(course, unseen)["m"]
    assert (state.shown.done, state.shown.total) == (0, 1)
    seen = Facts({}, {"m/script": TransferFact(status, is_shown=True)})
    assert module_states.module_states(course, seen)["m"].shown.is_full


def test_a_submitted_activity_opens_the_next_module_but_is_not_verified():
    course = Course("c", "C", (module("m", transfer(opens_next=OpensNext.SUBMISSION)),))
    submitted = Facts({"m/script": Done(AT, "submitted")}, {"m/script": TransferFact("in_review", "Milo", AT)})
    state = module_states.module_states(course, submitted)["m"]
    assert state.status is ModuleStatus.SATISFIED
    assert state.verified.done == 0
    verified = Facts(submitted.done, {"m/script": TransferFact("verified")})
    assert module_states.module_states(course, verified)["m"].verified.is_full


def test_waived_is_not_verified():
    given_facts = Facts({"one/script": Done(AT, "waived", "Enid")})
    assert module_states.module_states(COURSE, given_facts)["one"].verified.done == 0


def test_what_a_step_opened():
    before, after = facts("one/a", "one/b", "one/post"), facts(*ONE)
    opened = sequencing.newly_open(sequencing.resolve(COURSE, before, AT), sequencing.resolve(COURSE, after, AT))
    assert opened == ("two/a",)
    assert sequencing.newly_open_modules(COURSE, before.done, after.done) == ("two",)


KINDS = (
    lambda key: chunk(key),
    lambda key: test(key, Purpose.PRE),
    lambda key: test(key, Purpose.POST),
    transfer,
)


@st.composite
def courses(draw):
    modules = []
    for number in range(draw(st.integers(1, 5))):
        steps = tuple(draw(st.sampled_from(KINDS))(f"s{at}") for at in range(draw(st.integers(1, 4))))
        earlier = [m.key for m in modules]
        requires = draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
        modules.append(module(f"m{number}", *steps, requires=tuple(requires)))
    return Course("c", "C", tuple(modules))


@st.composite
def situations(draw):
    course = draw(courses())
    done = draw(st.sets(st.sampled_from(list(course.steps))))
    return course, facts(*done)


@given(situations())
def test_one_more_done_step_locks_nothing_but_a_pre_test(situation):
    course, before = situation
    was = sequencing.resolve(course, before, AT)
    for key, access in was.items():
        if access.is_open:
            after = sequencing.resolve(course, facts(*before.done, key), AT)
            newly_locked = [k for k in course.steps if after[k].is_locked and not was[k].is_locked]
            assert all(sequencing.is_pretest(course.steps[k][1]) for k in newly_locked)


@given(situations())
def test_a_module_alone_resolves_as_in_the_whole(situation):
    course, given_facts = situation
    whole = sequencing.resolve(course, given_facts, AT)
    for m in course.modules:
        alone = sequencing.resolve_module(course, given_facts, m.key, AT)
        assert alone == {key: access for key, access in whole.items() if key.startswith(f"{m.key}/")}


@given(courses())
def test_doing_what_is_open_always_ends_with_everything_done(course):
    done = []
    while (key := sequencing.next_step(course, sequencing.resolve(course, facts(*done), AT))) is not None:
        assert key not in done
        done.append(key)
    assert sequencing.is_satisfied(course, facts(*done).done)
    assert all(
        state.status is ModuleStatus.SATISFIED for state in module_states.module_states(course, facts(*done)).values()
    )


@given(situations())
def test_every_lock_explains_itself(situation):
    course, given_facts = situation
    for access in sequencing.resolve(course, given_facts, AT).values():
        if access.is_locked and access.code != "pretest_passed_over":
            assert access.waiting_for
            assert not access.waiting_for & set(given_facts.done)
            assert access.facts["step"] in access.waiting_for
            assert access.facts["title"]


@given(situations())
def test_status_agrees_with_access(situation):
    course, given_facts = situation
    access = sequencing.resolve(course, given_facts, AT)
    for key, state in module_states.module_states(course, given_facts).items():
        required = sequencing.required_keys(course.module_by_key[key])
        if state.status is ModuleStatus.SATISFIED:
            assert all(access[step].is_done for step in required)
        elif state.status is ModuleStatus.LOCKED:
            assert not any(access[step].is_open for step in required)
        else:
            assert any(access[step].is_open for step in required)
