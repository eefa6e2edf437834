"""The shape of what is said about an event, and the activities it is said about; no xAPI library here.

`said_learning.py` and `said_transfer.py` make a saying from each event, `build.py` dresses it as a statement.
Only counts, codes and content of ours go in: no free text a person typed, no name of a person or a customer,
no address.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from lms.statements import events as e
from lms.statements.home import Home
from lms.statements.vocabulary import Type, Verb


@dataclass(frozen=True, slots=True)
class Activity:
    id: str
    type: Type | None = None
    title: str = ""
    interaction: "Interaction | None" = None


@dataclass(frozen=True, slots=True)
class Interaction:
    type: str
    components: tuple[tuple[str, str], ...] = ()
    targets: tuple[tuple[str, str], ...] = ()
    correct: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementRef:
    id: UUID


@dataclass(frozen=True, slots=True)
class Score:
    raw: float
    max: float
    scaled: float
    min: float = 0


@dataclass(frozen=True, slots=True)
class Saying:
    """Who (`actor_id`) did (`verb`) what (`object`), with what result, in which surroundings."""

    actor_id: UUID
    verb: Verb
    object: Activity | StatementRef
    parent: Activity | None = None
    grouping: tuple[Activity, ...] = ()
    instructor_id: UUID | None = None
    answers: UUID | None = None  # the statement that this one answers
    follows: UUID | None = None  # the transfer activity in whose chain, as our profile describes it, this is a step
    after_ms: int = 0  # what is told second of one act comes later: a chain goes by the timestamps
    success: bool | None = None
    completion: bool | None = None
    score: Score | None = None
    duration: timedelta | None = None
    response: str | None = None
    result_extensions: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)


# Activities


def course(home: Home, place: e.Place) -> Activity:
    return Activity(home.course(place.course), Type.COURSE, place.course.title)


def course_line(home: Home, place: e.Place) -> Activity:
    return Activity(home.course_line(place.course), Type.COURSE, place.course.title)


def module(home: Home, place: e.Place) -> Activity:
    return Activity(home.module(place), Type.MODULE, place.module.title if place.module else "")


def step(home: Home, place: e.Place, type_: Type | None) -> Activity:
    return Activity(home.step(place), type_, place.step.title if place.step else "")


def assessment(home: Home, place: e.Place, purpose: str) -> Activity:
    """A check belongs to its chunk, which is a lesson, so it is an assessment under an id of its own."""
    if purpose == "check":
        return Activity(home.check(place), Type.ASSESSMENT, place.step.title if place.step else "")
    return step(home, place, Type.ASSESSMENT)


def place_of(event: e.Event) -> e.Place:
    if event.place is None:
        raise ValueError(f"{event.kind} must say where it happened")
    return event.place


def doer(event: e.Event) -> UUID:
    """What the system does, it does for the learner."""
    return (event.actor or event.learner).id


def instructor(event: e.Event, named: e.Person | None = None) -> UUID | None:
    """Who stood behind an act of the learner: the person named, or whoever acted for the learner."""
    person = named or event.actor
    return person.id if person is not None and person.id != event.learner.id else None


def surroundings(home: Home, place: e.Place) -> tuple[Activity, ...]:
    return (course(home, place), course_line(home, place))


Builder = Callable[[Any, Home], Saying]
