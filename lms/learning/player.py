"""A chunk's page: its text, what it builds on, its questions, and where it stands in its module."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from lms.catalog.markdown import Renderer
from lms.learning.pages import Addresses, renderer
from lms.learning.queries import AnyEnrollment
from lms.policy import attempts, later, sequencing
from lms.policy.outline import Chunk, Course, Layer, Module
from lms.policy.sequencing import Access, Facts


@dataclass(frozen=True, slots=True)
class LayerView:
    title: str
    why: str
    href: str


@dataclass(frozen=True, slots=True)
class Player:
    """A chunk's page."""

    enrollment: AnyEnrollment
    course: Course
    module: Module
    chunk: Chunk
    step_key: str
    body: Markup
    markdown: Renderer
    layers: tuple[LayerView, ...]
    position: int
    length: int
    done: int
    required: int
    is_done: bool
    previous_href: str
    next_href: str
    next_title: str
    rule: str
    is_own: bool
    trail_href: str
    check_href: str
    bookmark_href: str
    complete_href: str
    warm_up_href: str  # offered on the first page of a layered module, before anything of it is done

    @property
    def form_seed(self) -> int:
        return attempts.check_seed(str(self.enrollment.id), self.step_key)


def layers_of(course: Course, layers: tuple[Layer, ...], facts: Facts, to: Addresses) -> tuple[LayerView, ...]:
    """The declared links to what this builds on."""
    found = []
    for layer in layers:
        if layer.target in course.steps:
            title, href = course.steps[layer.target][1].title, to.step(layer.target)
        elif layer.target in course.module_by_key:
            title = course.module_by_key[layer.target].title
            href = f"{to.trail}#module-{layer.target}"
        else:
            continue
        found.append(LayerView(title, layer.why, href))
    return tuple(found)


def completion_rule(chunk: Chunk) -> str:
    if chunk.items:
        return "This chunk is done when you have answered every question here. Right or wrong, you may try again."
    return "This chunk is done when you press “Done, next”."


def page(
    enrollment: AnyEnrollment,
    course: Course,
    module: Module,
    chunk: Chunk,
    facts: Facts,
    *,
    is_own: bool,
    access: Mapping[str, Access],
    seen_at: datetime,
) -> Player:
    """Everything a chunk's page shows. `access`: to the steps of its own module."""
    step_key = module.step_key(chunk)
    to = Addresses(enrollment.id)
    rendered = renderer(enrollment, course, module, to)
    keys = list(course.steps)
    at = keys.index(step_key)

    def is_locked(key: str) -> bool:
        known = access.get(key)
        return _is_locked(course, facts, key, seen_at) if known is None else known.is_locked

    # A locked page explains itself, but nobody should be sent there: not on, and not back to a closed pre-test.
    before = next((key for key in reversed(keys[:at]) if not is_locked(key)), None)
    after = keys[at + 1] if at + 1 < len(keys) else None
    if after is not None and is_locked(after):
        after = None
    required = sequencing.required_keys(module)
    return Player(
        enrollment=enrollment,
        course=course,
        module=module,
        chunk=chunk,
        step_key=step_key,
        body=rendered.block(chunk.body, 2),
        markdown=rendered,
        layers=layers_of(course, (*chunk.builds_on, *_module_layers(module, chunk)), facts, to),
        # Among what the module needs: its pre-test is no step of the way, and the line below counts the same.
        position=required.index(step_key) + 1,
        length=len(required),
        done=sum(key in facts.done for key in required),
        required=len(required),
        is_done=step_key in facts.done,
        previous_href=to.of(course.steps[before][1], before) if before else to.trail,
        next_href=to.of(course.steps[after][1], after) if after else to.trail,
        next_title=course.steps[after][1].title if after else "",
        rule=completion_rule(chunk),
        is_own=is_own,
        trail_href=to.trail,
        check_href=f"{to.trail}/checks/{step_key}",
        bookmark_href=f"{to.trail}/bookmark",
        complete_href=f"{to.step(step_key)}/done",
        warm_up_href=_warm_up(course, module, chunk, facts, to) if is_own else "",
    )


def _warm_up(course: Course, module: Module, chunk: Chunk, facts: Facts, to: Addresses) -> str:
    """Empty where there is none, once it is taken, and from the second page on."""
    key = f"{module.key}/{later.WARM_UP_KEY}"
    if chunk is not _first_chunk(module) or key in facts.done or key not in later.asides(course):
        return ""
    return "" if sequencing.has_begun(module, facts.done) else f"{to.trail}/assessments/{key}"


def _first_chunk(module: Module) -> Chunk | None:
    return next((step for step in module.steps if isinstance(step, Chunk)), None)


def _is_locked(course: Course, facts: Facts, step_key: str, at: datetime) -> bool:
    return sequencing.resolve_module(course, facts, course.steps[step_key][0].key, at)[step_key].is_locked


def _module_layers(module: Module, chunk: Chunk) -> tuple[Layer, ...]:
    """A module's own layer links stand on its first chunk."""
    return module.builds_on if chunk is _first_chunk(module) else ()
