"""What is open, done or locked in a course, and why. The only evaluator of gates: page, API and editor ask
here.

Facts come in, access comes out; nothing is stored. A step is open when every earlier required step of its
module is done
and every module that its module requires is complete. A pre-test may be taken or passed over, so it never
blocks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from lms.policy import later
from lms.policy.outline import Assessment, Course, Module, Purpose, Step, Transfer

NOTHING: Mapping[str, object] = MappingProxyType({})


CompleteAndUntouched = tuple[set[str], set[str]]


class StepState(StrEnum):
    OPEN = "open"
    DONE = "done"
    LOCKED = "locked"


class Done(NamedTuple):  # a trail has hundreds, and this is the cheapest of values
    """A step was done: when, how (`read`, `passed`, `verified` …) and by whose decision, if it was not the
    learner's.
    """

    at: datetime
    how: str
    by_name: str = ""


@dataclass(frozen=True, slots=True)
class TransferFact:
    """Where a transfer activity stands. `waiting_on` names who must act; empty means the learner.

    `is_shown`: observers saw the skill at standard (`demonstration`), whatever the status is.
    """

    status: str
    waiting_on: str = ""
    since: datetime | None = None
    waiting_on_id: UUID | None = None
    is_shown: bool = False


@dataclass(frozen=True, slots=True)
class ScoringFact:
    """A test was handed in and a person has to score it: who, and since when."""

    waiting_on: str
    since: datetime
    waiting_on_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What happened in one enrollment, by full step key."""

    done: Mapping[str, Done] = field(default_factory=dict)
    transfer: Mapping[str, TransferFact] = field(default_factory=dict)
    scoring: Mapping[str, ScoringFact] = field(default_factory=dict)
    checks: Mapping[str, later.CheckFact] = field(default_factory=dict)  # by module key; told on the trail, no gate


@dataclass(frozen=True, slots=True)
class Access:
    """Whether a step may be used. A lock names the missing step, who must act, and since when (`facts`).

    `facts` of a lock: step (full key), title, module (key), module_title, who, who_id, since.
    """

    state: StepState
    waiting_for: frozenset[str] = frozenset()
    code: str = ""
    facts: Mapping[str, object] = field(default_factory=lambda: NOTHING)

    @property
    def is_open(self) -> bool:
        return self.state is StepState.OPEN

    @property
    def is_done(self) -> bool:
        return self.state is StepState.DONE

    @property
    def is_locked(self) -> bool:
        return self.state is StepState.LOCKED


OPEN = Access(StepState.OPEN)
DONE = Access(StepState.DONE)
PASSED_OVER = Access(StepState.LOCKED, code="pretest_passed_over")
NEEDLESS = Access(StepState.LOCKED, code="test_out_needless")
COMES_LATER = Access(StepState.LOCKED, code="check_comes_later")
CLOSED = frozenset({PASSED_OVER.code, NEEDLESS.code, COMES_LATER.code})  # nothing can be done about these


def is_pretest(step: Step) -> bool:
    return isinstance(step, Assessment) and step.purpose is Purpose.PRE


def is_optional(step: Step) -> bool:
    """Taken or passed over by the learner's own choice, while it is open."""
    return isinstance(step, Assessment) and step.purpose in {Purpose.PRE, Purpose.TEST_OUT}


def required_keys(module: Module) -> tuple[str, ...]:
    """Full keys of the steps that make the module complete: all but what stands beside the way."""
    return module.required_keys


def is_complete(module: Module, done: Mapping[str, Done]) -> bool:
    return all(key in done for key in module.required_keys)


def resolve(
    course: Course, facts: Facts, at: datetime, stand: CompleteAndUntouched | None = None
) -> Mapping[str, Access]:
    """Access to every step, by full key, in course order. `stand`: `standing` of the same facts, where known.

    `at` is part of the question, so that a gate by date needs no new caller; today's gates depend on facts
    alone.
    """
    complete, untouched = stand or standing(course, facts.done)
    answer: dict[str, Access] = {}
    for module in course.modules:
        _resolve_into(answer, course, module, facts, complete, untouched)
    return answer


def resolve_module(course: Course, facts: Facts, module_key: str, at: datetime) -> Mapping[str, Access]:
    """The part of `resolve` that concerns one module; what a player page needs."""
    module = course.module_by_key[module_key]
    complete = {key for key in module.requires if is_complete(course.module_by_key[key], facts.done)}
    untouched = {key for key in {module_key, *module.requires} if _is_untouched(course.module_by_key[key], facts.done)}
    answer: dict[str, Access] = {}
    _resolve_into(answer, course, module, facts, complete, untouched)
    return answer


def standing(course: Course, done: Mapping[str, Done]) -> CompleteAndUntouched:
    """Keys of the modules that are complete, and of those in which nothing is done."""
    untouched = {module.key for module in course.modules if _is_untouched(module, done)}
    complete = {
        module.key
        for module in course.modules
        if (module.key not in untouched or not module.required_keys) and is_complete(module, done)
    }
    return complete, untouched


def _is_untouched(module: Module, done: Mapping[str, Done]) -> bool:
    return done.keys().isdisjoint(module.step_keys)


def _resolve_into(
    answer: dict[str, Access], course: Course, module: Module, facts: Facts, complete: set[str], untouched: set[str]
) -> None:
    done = facts.done
    gate: Access | None = None
    for key in module.requires:
        if key not in complete:
            gate = module_lock(course, course.module_by_key[key], facts, untouched)
            break
    else:
        gate = mastery_lock(course, module, done)
    if gate is not None and module.key in untouched:
        answer.update(dict.fromkeys(module.step_keys, gate))
        return
    begun: bool | None = None
    for full_key, step in module.keyed_steps:
        if full_key in done:
            answer[full_key] = DONE  # what was done stays done, whatever a later gate says
        elif gate is not None:
            answer[full_key] = gate
        elif isinstance(step, Assessment) and step.is_beside:
            if begun is None:
                begun = has_begun(module, done)
            answer[full_key] = _beside(module, step, done, begun=begun)
        else:
            answer[full_key] = _open(step, full_key, facts)
            gate = _step_lock(module, step, full_key, facts)


def _beside(module: Module, step: Assessment, done: Mapping[str, Done], *, begun: bool) -> Access:
    match step.purpose:
        case Purpose.DELAYED:
            return COMES_LATER  # by its own calendar, which is no fact of the way
        case Purpose.TEST_OUT:
            return NEEDLESS if is_complete(module, done) else OPEN
    return PASSED_OVER if begun else OPEN


def _open(step: Step, full_key: str, facts: Facts) -> Access:
    """An open step; a transfer activity or a test that waits on somebody else says on whom."""
    scored = facts.scoring.get(full_key)
    if scored is not None:
        said = {"status": "awaiting_review", "who": scored.waiting_on, "who_id": scored.waiting_on_id}
        return Access(StepState.OPEN, code="waiting_on_person", facts={**said, "since": scored.since})
    if not isinstance(step, Transfer):
        return OPEN
    fact = facts.transfer.get(full_key)
    if fact is None or not fact.waiting_on:
        return OPEN
    return Access(
        StepState.OPEN,
        code="waiting_on_person",
        facts={
            "status": fact.status,
            "who": fact.waiting_on,
            "who_id": fact.waiting_on_id,
            "since": fact.since,
        },
    )


def has_begun(module: Module, done: Mapping[str, Done]) -> bool:
    """Whether any step other than the pre-test is done; from then on the pre-test measures nothing."""
    return any(key in done for key in module.required_keys)


def _step_lock(module: Module, step: Step, full_key: str, facts: Facts) -> Access:
    """The lock on everything that comes after an undone step; one object for all of it."""
    code = "opens_after_step"
    said: dict[str, object] = {
        "step": full_key,
        "title": step.title,
        "module": module.key,
        "module_title": module.title,
        "who": "",
        "who_id": None,
        "since": None,
    }
    if isinstance(step, Assessment):
        code = "opens_after_pass" if step.purpose is Purpose.POST else "opens_after_attempt"
        scored = facts.scoring.get(full_key)
        if scored is not None:
            code = "waits_on_scoring"
            said.update(who=scored.waiting_on, who_id=scored.waiting_on_id, since=scored.since)
    elif isinstance(step, Transfer):
        code = f"opens_after_{step.opens_next.value}"
        fact = facts.transfer.get(full_key)
        if fact is not None and fact.waiting_on:
            said.update(who=fact.waiting_on, who_id=fact.waiting_on_id, since=fact.since)
            if fact.status == "in_review":
                code = "waits_on_review"
            elif fact.status == "results_in":
                code = "waits_on_confirmation"
    return Access(StepState.LOCKED, frozenset({full_key}), code, said)


def module_lock(course: Course, missing: Module, facts: Facts, untouched: set[str]) -> Access:
    """Why a module is locked: the one thing left of the module before it, or that module as a whole."""
    if missing.key in untouched and len(missing.required_keys) > 1:
        lock: Access | None = course.worked_out.get(("lock", missing.key))
        if lock is None:
            lock = course.worked_out["lock", missing.key] = _whole_lock(missing, missing.required_keys)
        return lock
    left = [key for key in required_keys(missing) if key not in facts.done]
    if len(left) == 1:
        reachable = all(is_complete(course.module_by_key[key], facts.done) for key in missing.requires)
        step = course.steps[left[0]][1]
        if reachable:
            return _step_lock(missing, step, left[0], facts)
    return _whole_lock(missing, left)


def needed_too(course: Course, module: Module, done: Mapping[str, Done]) -> tuple[str, ...]:
    """Titles of the other modules that a locked one waits for, besides the one that its lock is about."""
    missing = [course.module_by_key[key] for key in module.requires]
    return tuple(one.title for one in [one for one in missing if not is_complete(one, done)][1:])


def _whole_lock(missing: Module, left: Sequence[str]) -> Access:
    return Access(
        StepState.LOCKED,
        frozenset(left),
        "opens_after_module",
        {
            "step": left[0],
            "title": missing.title,
            "module": missing.key,
            "module_title": missing.title,
            "who": "",
            "who_id": None,
            "since": None,
            "left": len(left),
        },
    )


def mastery_lock(course: Course, module: Module, done: Mapping[str, Done]) -> Access | None:
    """The lock of a layer whose ground is not shown to have stayed yet: the first check that is missing."""
    for key in later.mastery_keys(course, module):
        if key not in done:
            found = later.step_at(course, key)
            assert found is not None  # noqa: S101 -- the key was made from the same course
            before, check = found
            return Access(
                StepState.LOCKED,
                frozenset({key}),
                "opens_after_mastery",
                {
                    "step": key,
                    "title": check.title,
                    "module": before.key,
                    "module_title": before.title,
                    "who": "",
                    "who_id": None,
                    "since": None,
                    "days": later.plan_of(course, before).after_days,
                },
            )
    return None


def newly_open(before: Mapping[str, Access], after: Mapping[str, Access]) -> tuple[str, ...]:
    """Steps that were locked and are open now, in course order."""
    return tuple(key for key, access in after.items() if access.is_open and before[key].is_locked)


def open_modules(course: Course, done: Mapping[str, Done]) -> tuple[str, ...]:
    """Modules whose requirements are all complete, themselves complete or not, in course order."""
    complete = {module.key for module in course.modules if is_complete(module, done)}
    return tuple(
        module.key
        for module in course.modules
        if complete.issuperset(module.requires) and mastery_lock(course, module, done) is None
    )


def newly_open_modules(course: Course, before: Mapping[str, Done], after: Mapping[str, Done]) -> tuple[str, ...]:
    """Modules that the step from `before` to `after` opened, in course order."""
    already = set(open_modules(course, before))
    return tuple(key for key in open_modules(course, after) if key not in already)


def next_step(course: Course, access: Mapping[str, Access]) -> str | None:
    """The one next thing: the first open step that waits on nobody else, else the first open one, else None.

    A test-out is offered as the next thing only before the module is begun; afterwards it stands on the trail.
    """
    waiting: str | None = None
    for key, (module, step) in course.steps.items():
        if access[key].is_open:
            if not access[key].code and not (_is_test_out(step) and _has_done(module, access)):
                return key
            waiting = waiting or key
    return waiting


def _is_test_out(step: Step) -> bool:
    return isinstance(step, Assessment) and step.purpose is Purpose.TEST_OUT


def _has_done(module: Module, access: Mapping[str, Access]) -> bool:
    return any(access[key].is_done for key in module.required_keys)


def is_satisfied(course: Course, done: Mapping[str, Done]) -> bool:
    return all(is_complete(module, done) for module in course.modules)


def may_test_out(module: Module, done: Mapping[str, Done], purpose: Purpose = Purpose.PRE) -> bool:
    """Whether a pass at the test-out bar would still spare the learner something.

    By a pre-test where the author allows it and the module is not begun: it asks what one knew before. By a test-out
    until the module is complete.
    """
    if purpose is Purpose.TEST_OUT:
        return not is_complete(module, done)
    return purpose is Purpose.PRE and module.has_test_out and not has_begun(module, done)


def waived_by_test_out(module: Module) -> tuple[str, ...]:
    """What a test-out does for the learner: chunks and assessments; a transfer activity only where its author
    says so.
    """
    return tuple(
        module.step_key(step)
        for step in module.steps
        if not (isinstance(step, Assessment) and step.is_beside)
        and (module.test_out_waives_transfer or not isinstance(step, Transfer))
    )
