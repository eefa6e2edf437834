"""What the pages of learning show, put together from facts and course: frozen view models, no statement of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import current_app, url_for
from markupsafe import Markup

from lms.catalog import markdown
from lms.catalog.markdown import Renderer
from lms.learning.queries import AnyEnrollment, OpeningRow
from lms.policy import sequencing
from lms.policy.outline import Assessment, Chunk, Course, Module, Purpose, Step, Transfer
from lms.policy.sequencing import Access, Facts, ModuleState, ModuleStatus
from lms.web import formats
from lms.web.wording import WORDING, joined, sentence

KINDS = {"chunk": "chunk", "transfer": "field activity"}
TEST_KINDS = {Purpose.PRE: "pre-test, optional", Purpose.POST: "test", Purpose.FORMATIVE: "practice test"}
TEST_WORDS = {Purpose.PRE: "pre-test", Purpose.POST: "test", Purpose.FORMATIVE: "practice test"}
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
    ModuleStatus.AWAITING_TRANSFER: ("waiting", "Field activity left"),
    ModuleStatus.SATISFIED: ("done", "Complete"),
}


@dataclass(frozen=True, slots=True)
class LockView:
    """A lock in words: what is missing, who must act, since when, where to go."""

    text: str
    who: str
    since: datetime | None
    href: str
    link: str
    is_far: bool = False  # what is missing is locked itself


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
    is_current: bool
    holds: str  # what a locked module holds, instead of its steps

    @property
    def is_far(self) -> bool:
        """Locked, untouched, and behind another locked module: nothing in it is this learner's own."""
        return self.lock is not None and self.lock.is_far and bool(self.holds) and not self.opened


@dataclass(frozen=True, slots=True)
class NextAction:
    """The one next thing of a course and its reason. `href` is empty when only somebody else can act."""

    title: str
    why: str
    href: str
    action: str
    minutes: int | None = None


class Addresses:
    """Addresses inside one enrollment. Built by hand from one `url_for`: a trail of fifty modules has hundreds."""

    def __init__(self, enrollment_id: UUID) -> None:
        self.trail = url_for("learning.trail", enrollment_id=enrollment_id)
        self._enrollment_id = enrollment_id

    def step(self, step_key: str) -> str:
        return f"{self.trail}/steps/{step_key}"

    def of(self, step: Step, step_key: str) -> str:
        """The page where the step is done: player, start of an assessment, or the activity's timeline."""
        if isinstance(step, Assessment):
            return f"{self.trail}/assessments/{step_key}"
        if isinstance(step, Transfer):
            return f"/transfer/{self._enrollment_id}/{step_key}"
        return self.step(step_key)

    def print(self, module_key: str) -> str:
        return f"{self.trail}/print/{module_key}"


def renderer(enrollment: AnyEnrollment, course: Course, module: Module, to: Addresses | None = None) -> Renderer:
    """Markdown with links into this enrollment. The digest makes an asset's address change with its bytes."""
    to = to or Addresses(enrollment.id)
    trail = to.trail

    def asset_url(path: str) -> str:
        return f"{trail}/assets/{path}?v={course.assets.get(path, '')[:12]}"

    return markdown.Renderer(enrollment.version_id, module.key, asset_url, to.step)


def is_shut(course: Course, facts: Facts, path: str, at: datetime) -> bool:
    """Whether the module that a file (`<module>/assets/…`) belongs to holds nothing yet that its learner may open."""
    module = course.module_by_key.get(path.partition("/")[0])
    if module is None:
        return False
    access = sequencing.resolve_module(course, facts, module.key, at)
    return all(access[key].is_locked for key, _ in module.keyed_steps)


def lock_words(access: Access) -> str:
    code = f"{access.code}_by" if access.facts.get("who") and f"{access.code}_by" in WORDING else access.code
    return sentence(code, **access.facts)


def lock_view(course: Course, access: Access, to: Addresses) -> LockView | None:
    """None for what is not locked, and for a pre-test that was passed over: nothing can be done about that."""
    if not access.is_locked:
        return None
    facts = access.facts
    who = str(facts.get("who", ""))
    text = lock_words(access)
    missing = str(facts.get("step", ""))
    if missing not in course.steps:
        return LockView(text, "", None, "", "")
    since = facts.get("since")
    _, step = course.steps[missing]
    return LockView(
        text,
        who or "you",
        since if isinstance(since, datetime) else None,
        to.of(step, missing) if access.code != "opens_after_module" else f"{to.trail}#module-{facts['module']}",
        f"Go to “{step.title}”" if access.code != "opens_after_module" else f"See “{facts['title']}”",
    )


_MOST_KEPT = 4096
_far: dict[tuple[UUID, str, str], Markup] = {}


def far_module(version_id: UUID, row: ModuleRow) -> Markup:
    """A far module, drawn once for everybody in the same version: a long course has dozens of them."""
    key = (version_id, row.module.key, f"{row.lock.text} {row.lock.href}" if row.lock else "")
    found = _far.get(key)
    if found is None:
        if len(_far) >= _MOST_KEPT:
            _far.clear()
        template: Any = current_app.jinja_env.get_template("learning/modules.html").module
        found = _far[key] = Markup(template.far(row))  # noqa: S704 -- what the template drew
    return found


def module_rows(
    course: Course,
    facts: Facts,
    access: Mapping[str, Access],
    openings: Mapping[str, OpeningRow],
    to: Addresses,
    current: str | None,
) -> tuple[ModuleRow, ...]:
    """The trail: every module with its steps, marks and locks, in course order."""
    states = sequencing.module_states(course, facts)
    rows = []
    for number, module in enumerate(course.modules, 1):
        state = states[module.key]
        mark, words = STATUS_WORDS[state.status]
        if mark == "waiting" and not any(access[key].is_open and access[key].code for key, _ in module.keyed_steps):
            mark = "current"  # the learner's own turn
        # A locked module says what it holds; its steps would be a list of locks.
        is_shut = state.status is ModuleStatus.LOCKED and not state.done
        steps = tuple(
            _step_row(key, step, facts, access[key], to, current)
            for key, step in (() if is_shut else module.keyed_steps)
        )
        rows.append(
            ModuleRow(
                module,
                number,
                state,
                mark,
                words,
                steps,
                _module_lock(course, states, state, to),
                _opened_words(course, openings.get(module.key)),
                to.print(module.key),
                current is not None and current.partition("/")[0] == module.key,
                _holds(module) if is_shut else "",
            )
        )
    return tuple(rows)


def _module_lock(
    course: Course, states: Mapping[str, ModuleState], state: ModuleState, to: Addresses
) -> LockView | None:
    """A module's lock; behind another locked module it is only a line, so that the nearest lock stands out."""
    if not state.access.is_locked:
        return None
    key = str(state.access.facts.get("module", ""))
    missing, missing_module = states.get(key), course.module_by_key.get(key)
    if missing is not None and missing_module is not None and missing.status is ModuleStatus.LOCKED:
        title = missing_module.title
        return LockView(lock_words(state.access), "", None, f"#module-{key}", f"See “{title}”", is_far=True)
    return lock_view(course, state.access, to)


def _holds(module: Module) -> str:
    """`4 chunks, a test and a field activity`, for a module that cannot be opened yet."""
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


def _step_row(key: str, step: Step, facts: Facts, access: Access, to: Addresses, current: str | None) -> StepRow:
    done = facts.done.get(key)
    note = ""
    if done is not None:
        mark, words = HOW_DONE[done.how]
        if done.by_name:
            words = f"{words} by {done.by_name}"
        state = "done"
    elif access is sequencing.PASSED_OVER:
        mark, words, state = "skipped", "Skipped", "locked"
        note = sentence(access.code)
    elif access.is_locked:
        mark, words, state = "locked", "Locked", "locked"
    elif access.code:
        mark, words, state = "waiting", f"Waiting on {access.facts['who']}", "open"
    else:
        mark, words, state = ("current", "Next", "current") if key == current else ("open", "Open", "open")
    return StepRow(key, step.title, state, mark, words, kind_of(step), step.minutes, to.of(step, key), note)


def kind_of(step: Step) -> str:
    return TEST_KINDS[step.purpose] if isinstance(step, Assessment) else KINDS[step.kind]


def _opened_words(course: Course, opening: OpeningRow | None) -> str:
    """Why this module is open; empty for one that was open from the start."""
    if opening is None or opening.because_step is None:
        return ""
    found = course.steps.get(opening.because_step)
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


def next_action(course: Course, facts: Facts, access: Mapping[str, Access], to: Addresses) -> NextAction:
    """What to do next in this course, or on whom it waits."""
    key = sequencing.next_step(course, access)
    if key is None:
        return NextAction(course.title, "Every step is done.", to.trail, "Look back")
    module, step = course.steps[key]
    if access[key].code:
        return NextAction(
            step.title,
            f"Waiting on {access[key].facts['who']}. Nothing to do for you here until then.",
            to.of(step, key),
            "See where it stands",
        )
    left = sum(one not in facts.done for one in sequencing.required_keys(module))
    number = course.modules.index(module) + 1
    if sequencing.is_pretest(step):
        why = f"Optional: what you know already may let you skip module {number}."
        action = "See the pre-test"
    elif left == 1:
        why, action = f"The last step of module {number}, “{module.title}”.", "Continue"
    else:
        why, action = f"{left} steps left in module {number}, “{module.title}”.", "Continue"
    if not facts.done:
        action = "Start"
    return NextAction(step.title, why, to.of(step, key), action, step.minutes)
