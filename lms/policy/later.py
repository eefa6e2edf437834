"""What stands beside the way through a module: the check that comes weeks later, and the warm-up before a layer.

Both are assessments that nobody needs to write: they are put together from the questions of the course. An author may
write the check (`purpose: delayed`); then it is taken as it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from lms.policy.grading import Verdict
from lms.policy.items import SCORED_BY_PERSON, Item, ItemType
from lms.policy.outline import Assessment, Chunk, Course, DelayedPlan, Feedback, Module, Purpose, Step

CHECK_KEY = "delayed-check"
WARM_UP_KEY = "warm-up"
RESERVED = frozenset({CHECK_KEY, WARM_UP_KEY})
FEWEST = 6  # 6 of 6 says "mastered" with .83; fewer questions say too little
WARM_UP = 3
FEWEST_TO_WARM_UP = 2
TRIES = 3  # checks that come by themselves; later ones are asked for
SETTLED = timedelta(days=7)  # no check sooner after what was learned, or answered last

Place = tuple[Module, Assessment]


def plan_of(course: Course, module: Module) -> DelayedPlan:
    return module.delayed or course.delayed


def check_of(course: Course, module: Module) -> Assessment | None:
    """The later check of a module; None where the author wants none or has written too few questions for one."""
    plan = plan_of(course, module)
    if not plan.is_on:
        return None
    written = module.with_purpose(Purpose.DELAYED)
    if written:
        return written[0]
    # What comes by itself is graded by itself: nobody is asked to score it.
    bank = _distinct(item for item in _items(module.steps) if item.type not in SCORED_BY_PERSON)
    if len(bank) < FEWEST:
        return None
    return Assessment(
        key=CHECK_KEY,
        title=f"Later check: {module.title}",
        purpose=Purpose.DELAYED,
        items=bank,
        threshold_bp=plan.threshold_bp,
        attempts=1,
        cooldown_hours=0,
        feedback=Feedback.OBJECTIVE,
        draws=min(plan.questions, len(bank)),
    )


def warm_up_of(course: Course, module: Module) -> Assessment | None:
    """A few questions from what a module builds on; None for a module that builds on nothing."""
    if not module.has_warm_up:
        return None
    bank = [
        item
        for before in _built_on(course, module)
        for item in _items(before)
        # A conversation is no warm-up, and a picture is served with its own module only.
        if item.type not in {ItemType.SCENARIO, *SCORED_BY_PERSON} and not item.picture and "assets/" not in item.prompt
    ]
    bank = list(_distinct(bank))
    if len(bank) < FEWEST_TO_WARM_UP:
        return None
    return Assessment(
        key=WARM_UP_KEY,
        title=f"Warm-up: {module.title}",
        purpose=Purpose.FORMATIVE,
        items=tuple(bank),
        feedback=Feedback.AT_ONCE,
        draws=min(WARM_UP, len(bank)),
    )


def asides(course: Course) -> Mapping[str, Place]:
    """Every check and warm-up that no author wrote, by full key; put together once for a version."""
    kept: Mapping[str, Place] | None = course.worked_out.get("asides")
    if kept is None:
        found = {}
        for module in course.modules:
            for made in (check_of(course, module), warm_up_of(course, module)):
                if made is not None and made not in module.steps:
                    found[module.step_key(made)] = (module, made)
        kept = course.worked_out["asides"] = MappingProxyType(found)
    return kept


def step_at(course: Course, step_key: str) -> tuple[Module, Step] | None:
    """Whatever can be sat or read under a key: a step of the way, or what stands beside it."""
    return course.steps.get(step_key) or asides(course).get(step_key)


def check_keys(course: Course) -> Mapping[str, str]:
    """The full key of each module's later check, by module key; modules without one are missing."""
    kept: Mapping[str, str] | None = course.worked_out.get("check_keys")
    if kept is None:
        found = {}
        for module in course.modules:
            check = check_of(course, module)
            if check is not None:
                found[module.key] = module.step_key(check)
        kept = course.worked_out["check_keys"] = MappingProxyType(found)
    return kept


def mastery_keys(course: Course, module: Module) -> tuple[str, ...]:
    """The checks that must be passed before a layer opens: of the modules it builds on, in course order."""
    if not module.needs_mastery:
        return ()
    targets = {layer.target.partition("/")[0] for layer in module.builds_on}
    return tuple(key for before, key in check_keys(course).items() if before in targets and before != module.key)


def objective_home(course: Course, objective_key: str) -> tuple[str, str]:
    """(course key, objective key): by this evidence of several courses is joined."""
    for objective in course.objectives:
        if objective.key == objective_key:
            return (objective.of or course.key, objective_key)
    return (course.key, objective_key)


# ---------------------------------------------------------------------------------------- its own calendar


class CheckState(StrEnum):
    SCHEDULED = "scheduled"
    PASSED = "passed"
    FAILED = "failed"
    LAPSED = "lapsed"  # nobody took it while it waited
    CANCELED = "canceled"  # an earlier one turned out to be passed


@dataclass(frozen=True, slots=True)
class Due:
    """A scheduled check: its first and last day on the learner's calendar, and since when they are on leave."""

    due_on: date
    closes_on: date
    rests_since: date | None = None

    def is_open(self, on: date) -> bool:
        return self.rests_since is None and self.due_on <= on <= self.closes_on

    def is_over(self, on: date) -> bool:
        return self.rests_since is None and on > self.closes_on


@dataclass(frozen=True, slots=True)
class CheckFact:
    """Where the latest check of a module stands. `mastered` and `slipped` are objective keys."""

    step_key: str
    number: int
    state: CheckState
    due: Due
    ended_on: date | None = None
    mastered: tuple[str, ...] = ()
    slipped: tuple[str, ...] = ()

    @property
    def may_ask_again(self) -> bool:
        """Nothing comes by itself any more, and it is not mastered."""
        return self.state in {CheckState.FAILED, CheckState.LAPSED}


def first_due(plan: DelayedPlan, satisfied_on: date) -> Due:
    due_on = satisfied_on + timedelta(days=plan.after_days)
    return Due(due_on, due_on + timedelta(days=plan.open_days - 1))


def caught_up(planned: Due, on: date, waiting: int) -> Due:
    """A first check that was not scheduled when its module was done. Where its day is over it comes tomorrow, or, with
    others `waiting` before it, a week after the last of those.
    """
    if planned.due_on > on:
        return planned
    due_on = on + timedelta(days=1) + waiting * SETTLED
    return Due(due_on, due_on + (planned.closes_on - planned.due_on))


def next_due(number: int, after_days: int, open_days: int, ended_on: date) -> Due | None:
    """The check after one that was failed or let go by; None when so many have come that the next is asked for."""
    if number >= TRIES:
        return None
    due_on = ended_on + max(timedelta(days=after_days), SETTLED)
    return Due(due_on, due_on + timedelta(days=open_days - 1))


def asked_for(ended_on: date, on: date, open_days: int) -> Due:
    """One more, because the learner wants it: at once, but never sooner than a week after the last."""
    due_on = max(on, ended_on + SETTLED)
    return Due(due_on, due_on + timedelta(days=open_days - 1))


def after_leave(due: Due, back_on: date) -> Due:
    """As many days later as the leave took: nothing is overdue because somebody was away."""
    if due.rests_since is None:
        return due
    away = max(back_on - due.rests_since, timedelta())
    return Due(due.due_on + away, due.closes_on + away)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a check says of each objective on its form: mastered, or slipped. Keys of objectives, sorted."""

    mastered: tuple[str, ...]
    slipped: tuple[str, ...]


def evidence(verdict: Verdict, threshold_bp: int, *, passed: bool) -> Evidence:
    """An objective is mastered by a passed check in which it reached the bar itself; a strong one lends it nothing."""
    share = Fraction(threshold_bp, 10_000)
    reached = {key for key, score in verdict.objectives.items() if score.earned >= share * score.possible}
    mastered = tuple(key for key in sorted(verdict.objectives) if passed and key in reached)
    return Evidence(mastered, tuple(key for key in sorted(verdict.objectives) if key not in reached))


def _built_on(course: Course, module: Module) -> Iterator[tuple[Step, ...]]:
    """The steps of everything that the module, or a chunk of it, names as its ground; nothing of its own."""
    layers = [
        *module.builds_on,
        *(layer for step in module.steps if isinstance(step, Chunk) for layer in step.builds_on),
    ]
    for target in dict.fromkeys(layer.target for layer in layers):
        if target.partition("/")[0] == module.key:
            continue
        if target in course.steps:
            yield (course.steps[target][1],)
        elif target in course.module_by_key:
            yield course.module_by_key[target].steps


def _items(steps: Iterable[Step]) -> Iterator[Item]:
    for step in steps:
        if isinstance(step, Chunk | Assessment):
            # What a person scores would make a check wait for somebody.
            yield from (item for item in step.items if not item.is_scored_by_person)


def _distinct(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple({item.key: item for item in items}.values())
