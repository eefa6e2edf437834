"""The course trail: every module with its marks, steps and locks.

A module is drawn once for all learners of a version to whom it looks the same, not once a page: a long course has
hundreds of steps, and one act changes one or two modules.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import current_app
from markupsafe import Markup

from lms.learning.history_queries import OpeningRow
from lms.learning.pages import Addresses, LockView, lock_view, lock_words
from lms.policy import later, module_states, sequencing
from lms.policy.module_states import ModuleState, ModuleStatus
from lms.policy.outline import Assessment, Chunk, Course, Module, Purpose, Step, Transfer, expected_minutes
from lms.policy.sequencing import Access, Facts
from lms.web import formats
from lms.web.spoken import joined
from lms.web.wording import sentence

KINDS = {"chunk": "chunk", "transfer": "transfer activity"}
TEST_WORDS = {
    Purpose.PRE: "pre-test",
    Purpose.POST: "test",
    Purpose.FORMATIVE: "practice test",
    Purpose.DELAYED: "later check",
    Purpose.CARRY: "test of an earlier course",
    Purpose.TEST_OUT: "test to skip the module",
}
TEST_KINDS = {**TEST_WORDS, Purpose.PRE: "pre-test, optional", Purpose.TEST_OUT: "test to skip the module, optional"}
HOW_DONE = {
    "read": ("done", "Done"),
    "attempted": ("done", "Taken"),
    "passed": ("done", "Passed"),  # the diamond is for what somebody saw in the field
    "tested_out": ("skipped", "Tested out"),
    "waived": ("skipped", "Waived"),
    "submitted": ("done", "Submitted"),
    "approved": ("done", "Approved"),
    "reported": ("done", "Reported"),
    "verified": ("verified", "Verified"),
}
STATUS_WORDS = {
    ModuleStatus.LOCKED: ("locked", "Locked"),
    ModuleStatus.AVAILABLE: ("open", "Open"),
    ModuleStatus.IN_PROGRESS: ("current", "In progress"),
    ModuleStatus.AWAITING_TRANSFER: ("waiting", "Transfer activity left"),
    ModuleStatus.SATISFIED: ("done", "Complete"),
}
# In a short course nothing is folded away.
FEW_MODULES = 6
# Stands for the enrollment in what is drawn once for everybody.
ANY_ENROLLMENT = UUID(int=0)
MOST_KEPT = 4096


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step as `parts.step_trail` draws it."""

    key: str
    title: str
    state: str
    mark: str
    mark_text: str
    kind: str
    minutes: int | None
    href: str
    note: str


@dataclass(frozen=True, slots=True)
class ModuleRow:
    module: Module
    number: int
    state: ModuleState
    mark: str
    mark_text: str
    steps: tuple[StepRow, ...]
    lock: LockView | None
    opened: str
    print_href: str
    is_unfolded: bool
    holds: str  # what a locked module holds, instead of its steps


@dataclass(frozen=True, slots=True)
class Trail:
    """One learner's way through a course. `to` leads to `ANY_ENROLLMENT` where the drawing is shared."""

    version_id: UUID
    course: Course
    facts: Facts
    access: Mapping[str, Access]
    states: Mapping[str, ModuleState]
    openings: Mapping[str, OpeningRow]
    current: str | None
    to: Addresses

    @property
    def complete(self) -> int:
        return sum(state.access.is_done for state in self.states.values())


# By version and address, then by module and look: a long course asks for hundreds at once, and to compare an id or a
# mark anew for each would cost more than the drawing.
_kept: dict[Hashable, dict[Hashable, str]] = {}


def drawn(trail: Trail, enrollment_id: UUID) -> Markup:
    """The modules in course order, with links into this enrollment."""
    if sum(map(len, _kept.values())) >= MOST_KEPT:
        _kept.clear()
    kept = _kept.setdefault((trail.version_id, trail.to.trail), {})
    modules = "".join(
        [_drawn_module(trail, kept, number, module) for number, module in enumerate(trail.course.modules, 1)]
    )
    return Markup(modules.replace(str(ANY_ENROLLMENT), str(enrollment_id)))  # noqa: S704 -- drawn below, and an id


def _drawn_module(trail: Trail, kept: dict[Hashable, str], number: int, module: Module) -> str:
    key = (module.key, _look(trail, module))
    found = kept.get(key)
    if found is None:
        found = kept[key] = _draw(module_row(trail, number, module))
    return found


def _draw(row: ModuleRow) -> str:
    template: Any = current_app.jinja_env.get_template("learning/modules.html").module
    return str(template.module(row))


def _look(trail: Trail, module: Module) -> Hashable:
    """Everything that the drawing of a module depends on besides the version; equal looks, equal drawings."""
    state, opening = trail.states[module.key], trail.openings.get(module.key)
    lock: Hashable = None
    if state.access.is_locked:
        said = state.access.facts
        if opening is None and len(module.requires) < 2 and module_states.is_untouched(trail.course, module, state):
            return said["module"], _is_far(trail, state)  # the rest is the same for everybody
        since = said.get("since")
        # A moment is written in the reader's zone, and with its year only where that is another one.
        reader = formats.reading() if since is not None else None
        lock = (state.access.code, *said.values(), reader, _is_far(trail, state), _needed_too(trail, module))
    opened = (opening.because_step, opening.because_how, opening.by_name) if opening is not None else None
    steps: list[Hashable] = []
    if not _is_shut(state):
        done = trail.facts.done
        for key, _ in module.keyed_steps:
            fact = done.get(key)
            if fact is not None:
                steps.append((fact.how, fact.by_name))
                continue
            access = trail.access[key]
            steps.append((access.state.value, access.code, access.facts.get("who"), key == trail.current))
    # Of how many is the same for everybody.
    marks = (state.learned.done, state.shown.done, state.verified.done)
    return (state.status.value, *marks, lock, opened, *steps)


def module_row(trail: Trail, number: int, module: Module) -> ModuleRow:
    state = trail.states[module.key]
    mark, words = STATUS_WORDS[state.status]
    if mark == "waiting" and not any(
        trail.access[key].is_open and trail.access[key].code for key, _ in module.keyed_steps
    ):
        mark = "current"  # the learner's own turn
    elif mark != "waiting" and not state.access.is_locked:
        # A test that a person scores: nothing is left for the learner in this module until then.
        scored = next((trail.facts.scoring[key] for key in module.step_keys if _is_awaited(trail, key)), None)
        if scored is not None:
            mark, words = "waiting", f"With {scored.waiting_on} to score"
    is_shut = _is_shut(state)
    return ModuleRow(
        module,
        number,
        state,
        mark,
        words,
        () if is_shut else tuple(_step_row(trail, key, step) for key, step in module.keyed_steps),
        _module_lock(trail, module, state),
        _opened_words(trail.course, trail.openings.get(module.key)),
        trail.to.print(module.key),
        _is_current(trail, module)
        or len(trail.course.modules) <= FEW_MODULES
        or state.status in {ModuleStatus.IN_PROGRESS, ModuleStatus.AWAITING_TRANSFER},
        _holds(module) if is_shut else "",
    )


def _is_awaited(trail: Trail, key: str) -> bool:
    return key in trail.facts.scoring and key not in trail.facts.done


def _is_shut(state: ModuleState) -> bool:
    """A locked module says what it holds; its steps would be a list of locks."""
    return state.status is ModuleStatus.LOCKED and not state.done


def _is_current(trail: Trail, module: Module) -> bool:
    return trail.current is not None and trail.current.partition("/")[0] == module.key


def _is_far(trail: Trail, state: ModuleState) -> bool:
    """Whether what is missing is locked itself."""
    missing = trail.states.get(str(state.access.facts.get("module", "")))
    return missing is not None and missing.status is ModuleStatus.LOCKED


def _module_lock(trail: Trail, module: Module, state: ModuleState) -> LockView | None:
    """A module's lock; behind another locked module it is only a line, so that the nearest lock stands out."""
    if not state.access.is_locked:
        return None
    if _is_far(trail, state):
        key = str(state.access.facts["module"])
        title = trail.course.module_by_key[key].title
        return LockView(lock_words(state.access), "", None, f"#module-{key}", f"See “{title}”", is_far=True)
    return lock_view(trail.course, state.access, trail.to, too=_needed_too(trail, module))


def _needed_too(trail: Trail, module: Module) -> tuple[str, ...]:
    return sequencing.needed_too(trail.course, module, trail.facts.done) if len(module.requires) > 1 else ()


def _holds(module: Module) -> str:
    """`4 chunks, a test and a transfer activity`, for a module that cannot be opened yet."""
    return _listed(
        tuple(
            ""
            if isinstance(step, Chunk)
            else KINDS["transfer"]
            if isinstance(step, Transfer)
            else TEST_WORDS[step.purpose]
            for step in module.steps
        )
    )


@lru_cache(maxsize=256)
def _listed(kinds: tuple[str, ...]) -> str:
    """`kinds`: of each step, empty for a chunk."""
    chunks = kinds.count("")
    parts = [formats.plural(chunks, "chunk")] if chunks else []
    return joined(parts + [f"a {kind}" for kind in kinds if kind])


def _step_row(trail: Trail, key: str, step: Step) -> StepRow:
    done, access = trail.facts.done.get(key), trail.access[key]
    note = ""
    if done is not None:
        mark, words = HOW_DONE[done.how]
        if done.by_name:
            words = f"{words} by {done.by_name}"
        state = "done"
    elif access is sequencing.PASSED_OVER or access is sequencing.NEEDLESS:
        mark, words, state = "skipped", "Skipped", "locked"
        note = sentence(access.code)
    elif access is sequencing.COMES_LATER:
        mark, words, state = "waiting", "Comes later", "locked"
        note = sentence(access.code)
    elif access.is_locked:
        mark, words, state = "locked", "Locked", "locked"
    elif access.code:
        mark, words, state = "waiting", f"Waiting on {access.facts['who']}", "open"
    else:
        mark, words, state = ("current", "Next", "current") if key == trail.current else ("open", "Open", "open")
    return StepRow(
        key, step.title, state, mark, words, kind_of(step), expected_minutes(step), trail.to.of(step, key), note
    )


def kind_of(step: Step) -> str:
    return TEST_KINDS[step.purpose] if isinstance(step, Assessment) else KINDS[step.kind]


def _opened_words(course: Course, opening: OpeningRow | None) -> str:
    """Why this module is open; empty for one that was open from the start."""
    if opening is None or opening.because_step is None:
        return ""
    found = later.step_at(course, opening.because_step)
    title = found[1].title if found else opening.because_step
    verb = {
        "verified": "confirmed the numbers of",
        "approved": "approved",
        "waived": "waived",
    }.get(opening.because_how, "")
    if opening.by_name and verb:
        return f"Opened when {opening.by_name} {verb} “{title}”"
    if opening.because_how == "tested_out":
        return "Opened when you tested out of the module before"
    return f"Opened when you finished “{title}”"
