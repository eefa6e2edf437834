"""What the pages of learning show, put together from facts and course: frozen view models, no statement of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lms.catalog import markdown
from lms.catalog.markdown import Renderer
from lms.learning.queries import AnyEnrollment
from lms.policy import sequencing
from lms.policy.outline import Assessment, Course, Module, Step, Transfer, expected_minutes
from lms.policy.sequencing import Access, Facts
from lms.web.addresses import address_of
from lms.web.spoken import joined
from lms.web.wording import WORDING, sentence


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
class NextAction:
    """The one next thing of a course and its reason. `href` is empty when only somebody else can act."""

    title: str
    why: str
    href: str
    action: str
    minutes: int | None = None


class Addresses:
    """Addresses inside one enrollment. built by hand from one pattern: a trail of fifty modules has hundreds."""

    def __init__(self, enrollment_id: UUID) -> None:
        self.trail = address_of("learning.trail", "enrollment_id")(enrollment_id)
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


def lock_view(course: Course, access: Access, to: Addresses, *, too: Sequence[str] = ()) -> LockView | None:
    """None for what is not locked, or closed for good: nothing can be done about that.

    `too`: titles of what else has to be complete (`sequencing.needed_too`).
    """
    if not access.is_locked:
        return None
    facts = access.facts
    who = str(facts.get("who", ""))
    text = lock_words(access) + (f" It needs {joined(f'“{title}”' for title in too)} as well." if too else "")
    missing = str(facts.get("step", ""))
    if access.code == "opens_after_mastery":
        return LockView(text, "", None, f"{to.trail}#later-checks", "See when the check comes")
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


def next_action(course: Course, facts: Facts, access: Mapping[str, Access], to: Addresses) -> NextAction:
    """What to do next in this course, or on whom it waits."""
    key = sequencing.next_step(course, access)
    if key is None and not sequencing.is_satisfied(course, facts.done):
        why = "What comes next opens when a later check shows that what it builds on has stayed."
        return NextAction(course.title, why, f"{to.trail}#later-checks", "See when the check comes")
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
    if sequencing.is_optional(step):
        why = f"Optional: what you know already may let you skip module {number}."
        action = "See the pre-test" if sequencing.is_pretest(step) else "See the test"
    elif left == 1:
        why, action = f"The last step of module {number}, “{module.title}”.", "Continue"
    else:
        why, action = f"{left} steps left in module {number}, “{module.title}”.", "Continue"
    if not facts.done:
        action = "Start"
    return NextAction(step.title, why, to.of(step, key), action, expected_minutes(step))
