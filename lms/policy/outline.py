"""What a published course is: frozen values that the loader makes and every rule reads.

A step's full key is `<module-key>/<step-key>`; a version is immutable, so these values may be shared for ever.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from lms.policy.forms import Stratum as Stratum

# Questions are read with the course and are named as parts of it everywhere else.
from lms.policy.items import SCORED_BY_PERSON
from lms.policy.items import Feedback as Feedback
from lms.policy.items import Gap as Gap
from lms.policy.items import Item as Item
from lms.policy.items import ItemType as ItemType
from lms.policy.items import Option as Option
from lms.policy.items import Pair as Pair
from lms.policy.items import Parameter as Parameter
from lms.policy.items import Reply as Reply
from lms.policy.items import Rule as Rule
from lms.policy.items import Turn as Turn
from lms.policy.rubric import Criterion as Criterion
from lms.policy.rubric import Rubric as Rubric


class Edition(StrEnum):
    REP = "rep"
    MANAGER = "manager"


class ObjectiveType(StrEnum):
    KNOWLEDGE = "knowledge"
    JUDGMENT = "judgment"
    SKILL = "skill"
    TASK = "task"


class Purpose(StrEnum):
    """What an assessment is for. Figures and evidence of different purposes are never mixed."""

    PRE = "pre"  # what somebody knows before
    POST = "post"  # the gate of a module
    FORMATIVE = "formative"  # practice, as often as one likes
    DELAYED = "delayed"  # weeks after the module: what has stayed
    CARRY = "carry"  # an objective of an earlier course, asked again in a later one
    TEST_OUT = "test_out"  # a higher bar, which spares one the module


# Taken or passed over: no part of what completes a module, and nothing waits for them.
BESIDE_THE_WAY = frozenset({Purpose.PRE, Purpose.TEST_OUT, Purpose.DELAYED})


class OpensNext(StrEnum):
    """Which event of a transfer activity lets the sequence go on."""

    SUBMISSION = "submission"
    APPROVAL = "approval"
    RESULTS = "results"
    CONFIRMATION = "confirmation"


class Preparation(StrEnum):
    """Whether a manager must have satisfied the manager's edition before deciding."""

    REQUIRED = "required"
    ADVISED = "advised"
    NONE = "none"


class FieldType(StrEnum):
    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    CHECK = "check"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Layer:
    """A declared link: this builds on that. `target` is a step's full key or a module key."""

    target: str
    why: str


@dataclass(frozen=True, slots=True)
class Chunk:
    key: str
    title: str
    minutes: int
    body: str
    objectives: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    builds_on: tuple[Layer, ...] = ()
    is_skill: bool = False
    kind: str = "chunk"


@dataclass(frozen=True, slots=True)
class Assessment:
    """`threshold_bp` is in basis points; `minutes` is a time limit or None; `cooldown_hours` between attempts.

    A form has all `items`, or as many of each stratum as `blueprint` says, or `draws` of them spread as they are.
    """

    key: str
    title: str
    purpose: Purpose
    items: tuple[Item, ...]
    threshold_bp: int = 8000
    attempts: int = 3
    cooldown_hours: int = 24
    minutes: int | None = None
    feedback: Feedback = Feedback.OBJECTIVE
    intro: str = ""
    blueprint: tuple[Stratum, ...] = ()
    draws: int = 0
    kind: str = "assessment"

    @property
    def is_beside(self) -> bool:
        return self.purpose in BESIDE_THE_WAY

    @property
    def asked(self) -> int:
        """How many questions a form has."""
        return sum(stratum.count for stratum in self.blueprint) or self.draws or len(self.items)

    @property
    def expected_minutes(self) -> int:
        """Its time limit; without one, what its questions take: half a minute each, three to write or speak."""
        if self.minutes is not None:
            return self.minutes
        seconds = sum(180 if item.type in SCORED_BY_PERSON else 30 for item in self.items)
        return -(-seconds * self.asked // (60 * max(len(self.items), 1)))


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str
    type: FieldType = FieldType.TEXT
    required: bool = False
    max_length: int = 2000


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    type: FieldType
    label: str
    hint: str = ""
    example: str = ""
    required: bool = False
    max_length: int = 2000
    options: tuple[Option, ...] = ()
    columns: tuple[Column, ...] = ()
    min_rows: int = 0
    max_rows: int = 20


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    fields: tuple[Field, ...]
    intro: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form of a worksheet."""

    title: str
    sections: tuple[Section, ...]

    @property
    def fields(self) -> Iterator[Field]:
        for section in self.sections:
            yield from section.fields


@dataclass(frozen=True, slots=True)
class ResultNumber:
    """One integer to report. `plausible` = (low, high): outside it the form warns, never blocks."""

    key: str
    label: str
    unit: str = ""
    plausible: tuple[int, int] | None = None
    tally: bool = True


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer activity. Days are working days of the manager (`review_days`) or calendar days (`field_days`)."""

    key: str
    title: str
    sheet: Sheet
    review_rubric: Rubric
    field_rubric: Rubric
    numbers: tuple[ResultNumber, ...]
    summary: str = ""
    brief: str = ""
    minutes: int = 30
    review_minutes: int = 8
    opens_next: OpensNext = OpensNext.CONFIRMATION
    preparation: Preparation = Preparation.REQUIRED
    review_days: int = 3
    field_days: int = 7
    observations: int = 1
    order: tuple[str, ...] = ()
    attestation: str = ""
    workbook: str = ""
    leads_minimum: int | None = None
    leads_label: str = ""
    kind: str = "transfer"


Step = Chunk | Assessment | Transfer


def expected_minutes(step: Step) -> int | None:
    """How long people should reckon with; None where the author does not say."""
    return step.expected_minutes if isinstance(step, Assessment) else step.minutes


@dataclass(frozen=True, slots=True)
class DelayedPlan:
    """The check that comes after a module: when, for how long it waits, how many questions, and the pass mark."""

    is_on: bool = True
    after_days: int = 14
    open_days: int = 14
    questions: int = 8
    threshold_bp: int = 8000


@dataclass(frozen=True)
class Module:
    key: str
    title: str
    steps: tuple[Step, ...]
    summary: str = ""
    objectives: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    builds_on: tuple[Layer, ...] = ()
    has_test_out: bool = False
    test_out_waives_transfer: bool = False
    delayed: DelayedPlan | None = None  # None: as the course has it
    needs_mastery: bool = False  # opens only when the later checks of what it builds on are passed
    has_warm_up: bool = True

    def step_key(self, step: Step) -> str:
        return f"{self.key}/{step.key}"

    @cached_property
    def keyed_steps(self) -> tuple[tuple[str, Step], ...]:
        """Every step with its full key; put together once, as every page asks for all of them."""
        return tuple((self.step_key(step), step) for step in self.steps)

    @cached_property
    def step_keys(self) -> tuple[str, ...]:
        return tuple(key for key, _ in self.keyed_steps)

    @cached_property
    def taught_keys(self) -> tuple[str, ...]:
        """Full keys of what is learned: chunks and post-tests."""
        return tuple(
            key
            for key, step in self.keyed_steps
            if isinstance(step, Chunk) or (isinstance(step, Assessment) and step.purpose is Purpose.POST)
        )

    @cached_property
    def transfer_keys(self) -> tuple[str, ...]:
        return tuple(key for key, step in self.keyed_steps if isinstance(step, Transfer))

    @cached_property
    def required_keys(self) -> tuple[str, ...]:
        """Full keys of the steps that make the module complete: all but what stands beside the way."""
        return tuple(key for key, step in self.keyed_steps if not (isinstance(step, Assessment) and step.is_beside))

    def with_purpose(self, purpose: Purpose) -> tuple[Assessment, ...]:
        return tuple(step for step in self.steps if isinstance(step, Assessment) and step.purpose is purpose)


@dataclass(frozen=True, slots=True)
class Competency:
    key: str
    title: str
    behaviors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Objective:
    key: str
    title: str
    type: ObjectiveType
    competency: str = ""
    of: str = ""  # the key of the course that teaches it, where that is an earlier one


@dataclass(frozen=True, slots=True)
class Term:
    key: str
    term: str
    definition: str


@dataclass(frozen=True, slots=True)
class Rationale:
    """Why this course exists: the gap, the behaviors, where the practice came from, the metric it should move."""

    gap: str
    behaviors: tuple[str, ...]
    source: str
    metric: str
    by_days: int


@dataclass(frozen=True)
class Course:
    """One version of one course, whole. `assets` maps a path inside the bundle to the SHA-256 of its bytes."""

    key: str
    title: str
    modules: tuple[Module, ...]
    edition: Edition = Edition.REP
    edition_of: str | None = None
    summary: str = ""
    audience: str = ""
    minutes: int = 0
    rationale: Rationale | None = None
    competencies: tuple[Competency, ...] = ()
    objectives: tuple[Objective, ...] = ()
    glossary: tuple[Term, ...] = ()
    rubrics: tuple[Rubric, ...] = ()
    assets: Mapping[str, str] = field(default_factory=dict)
    delayed: DelayedPlan = field(default_factory=DelayedPlan)

    @cached_property
    def worked_out(self) -> dict[Hashable, Any]:
        """What pure functions of this course alone have worked out; a process keeps a published version for ever."""
        return {}

    @cached_property
    def steps(self) -> Mapping[str, tuple[Module, Step]]:
        """Every step by its full key, in course order."""
        return {module.step_key(step): (module, step) for module in self.modules for step in module.steps}

    @cached_property
    def module_by_key(self) -> Mapping[str, Module]:
        return {module.key: module for module in self.modules}

    @property
    def required_steps(self) -> int:
        """How many steps the course needs: what every page calls its steps."""
        return sum(len(module.required_keys) for module in self.modules)

    @property
    def optional_steps(self) -> int:
        return len(self.steps) - self.required_steps

    @cached_property
    def transfers(self) -> Mapping[str, Transfer]:
        return {key: step for key, (_, step) in self.steps.items() if isinstance(step, Transfer)}
