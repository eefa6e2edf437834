"""How far each module is: its status, and three marks that are never added up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lms.policy.outline import Course, Module
from lms.policy.sequencing import (
    DONE,
    OPEN,
    Access,
    CompleteAndUntouched,
    Facts,
    mastery_lock,
    module_lock,
    required_keys,
    standing,
)


class ModuleStatus(StrEnum):
    LOCKED = "locked"
    AVAILABLE = "available"
    IN_PROGRESS = "in_progress"
    AWAITING_TRANSFER = "awaiting_transfer"
    SATISFIED = "satisfied"


@dataclass(frozen=True, slots=True)
class Mark:
    """One of the three marks of a module: how many of how many."""

    done: int
    total: int

    @property
    def is_full(self) -> bool:
        return self.total > 0 and self.done == self.total


@dataclass(frozen=True, slots=True)
class ModuleState:
    """A module as the trail shows it. `learned`, `shown` and `verified` are three marks and never added up.

    Learned: chunks and post-tests done. Shown: transfer activities in which observers saw the skill at standard.
    Verified: transfer activities whose numbers the manager confirmed.
    """

    status: ModuleStatus
    learned: Mark
    shown: Mark
    verified: Mark
    required: int
    done: int
    access: Access  # of the module as a whole: open, done, or locked and why

    @property
    def percent(self) -> int:
        return 100 * self.done // self.required if self.required else 100


def module_states(course: Course, facts: Facts, stand: CompleteAndUntouched | None = None) -> Mapping[str, ModuleState]:
    """Every module's status and three marks, in course order. `stand`: `standing` of the same facts, where known."""
    complete, untouched = stand or standing(course, facts.done)
    return {module.key: _module_state(course, module, facts, complete, untouched) for module in course.modules}


def _module_state(course: Course, module: Module, facts: Facts, complete: set[str], untouched: set[str]) -> ModuleState:
    missing = next((key for key in module.requires if key not in complete), None)
    if (
        missing not in untouched
        or module.key not in untouched
        or len(course.module_by_key[missing].required_keys) < 2
        or not facts.transfer.keys().isdisjoint(module.transfer_keys)
    ):
        return _worked_state(course, module, facts, complete, untouched, missing)
    # Nothing is done here nor in the module before: the same for everybody, and most of a long course.
    kept: ModuleState | None = course.worked_out.get(("state", module.key, missing))
    if kept is None:
        kept = _worked_state(course, module, facts, complete, untouched, missing)
        course.worked_out["state", module.key, missing] = kept
    return kept


def is_untouched(course: Course, module: Module, state: ModuleState) -> bool:
    """Whether this is the state of a locked module when nothing is done in it nor in the module it waits for."""
    return course.worked_out.get(("state", module.key, state.access.facts.get("module"))) is state


def _worked_state(
    course: Course, module: Module, facts: Facts, complete: set[str], untouched: set[str], missing: str | None
) -> ModuleState:
    done = facts.done
    shown = verified = 0
    for key in module.transfer_keys:
        where = facts.transfer.get(key)
        # Where it stands, not how it was done: a reopened confirmation keeps the step done.
        if where is not None:
            shown += where.is_shown
            verified += where.status == "verified"
        elif key in done:
            verified += done[key].how == "verified"
    learned, taught = sum([key in done for key in module.taught_keys]), len(module.taught_keys)
    done_count, required = sum([key in done for key in module.required_keys]), len(module.required_keys)
    transfers = len(module.transfer_keys)
    left_is_transfer = any([key not in done for key in module.transfer_keys])
    only_transfer_left = left_is_transfer and done_count + transfers >= required
    access = OPEN
    if module.key in complete:
        status, access = ModuleStatus.SATISFIED, DONE
    elif missing is not None:
        status, access = ModuleStatus.LOCKED, module_lock(course, course.module_by_key[missing], facts, untouched)
    elif module.needs_mastery and (lock := mastery_lock(course, module, done)) is not None:
        status, access = ModuleStatus.LOCKED, lock
    elif only_transfer_left:
        status = ModuleStatus.AWAITING_TRANSFER
    elif done_count or not done.keys().isdisjoint(module.step_keys):
        status = ModuleStatus.IN_PROGRESS
    else:
        status = ModuleStatus.AVAILABLE
    return ModuleState(
        status,
        Mark(learned, taught),
        Mark(shown, transfers),
        Mark(verified, transfers),
        required,
        done_count,
        access,
    )


def percent(module: Module, done: Iterable[str]) -> int:
    """Share of the module's required steps that are done, rounded down."""
    keys = required_keys(module)
    finished = set(done)
    return 100 * sum(key in finished for key in keys) // len(keys) if keys else 100
