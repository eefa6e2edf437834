"""From an event to the finished statement, by way of `tincan`; None for what only the ledger keeps.

Traps of tincan that this module steps around: it changes the dictionaries it is given, drops top-level nulls
in extensions, writes instants with six digits and "+00:00", and makes every number a float.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

import tincan

from lms.statements import events as e
from lms.statements.home import Home
from lms.statements.said_learning import LEARNING
from lms.statements.said_transfer import LEDGER_ONLY, TRANSFER, taken_back
from lms.statements.sayings import Activity, Builder, Saying, StatementRef
from lms.statements.vocabulary import DISPLAY, PROFILE_VERSION, Ext, Type, Verb

BUILDERS: dict[type[e.Event], Builder] = {**LEARNING, **TRANSFER}

# The name space of statement ids. Never change it: every id would change with it, and resending would double.
NAMESPACE = UUID("7d0d5b52-5d2c-5f0e-9d55-0d1a7c8f4f11")
LANGUAGE = "en-US"
XAPI_VERSION = "1.0.3"


def statement_id(kind: str, record_id: UUID, revision: int = 0) -> UUID:
    """The id of the statement about this fact: the same fact has the same id, however often it is told."""
    return uuid5(NAMESPACE, f"{kind}/{record_id}/{revision}")


def statements(event: e.Event, home: Home) -> list[dict[str, Any]]:
    """What to tell about `event`: nothing, one statement, or two, of which one takes something back."""
    builder = BUILDERS.get(type(event))
    if builder is None:
        if isinstance(event, LEDGER_ONLY):
            return []
        raise LookupError(f"no builder for {type(event).__name__}: see said_learning.py and said_transfer.py")
    main = statement_id(event.kind, event.record_id, event.revision)
    said = [_dressed(builder(event, home), main, event, home)]
    second = taken_back(event, home)
    if second is not None:
        derived = statement_id(f"{event.kind}/taken-back", event.record_id, event.revision)
        said.append(_dressed(second, derived, event, home))
    return said


def statement(event: e.Event, home: Home) -> dict[str, Any] | None:
    """The statement about `event`, or None if only the ledger keeps it."""
    said = statements(event, home)
    return said[0] if said else None


def _dressed(saying: Saying, id_: UUID, event: e.Event, home: Home) -> dict[str, Any]:
    made = tincan.Statement(
        id=str(id_),
        actor=_agent(home, saying.actor_id),
        verb=_verb(saying.verb),
        object=_object(saying.object),
        result=_result(saying),
        context=_context(saying, event, home),
        timestamp=event.at,
    )
    body: dict[str, Any] = made.as_version(XAPI_VERSION)
    body["timestamp"] = instant(event.at + timedelta(milliseconds=saying.after_ms))
    # The store that receives a statement says which version it is of.
    body.pop("version", None)
    return body


def instant(at: datetime) -> str:
    """UTC with milliseconds: `2026-11-22T09:46:03.123Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=4096)
def _agent(home: Home, person_id: UUID) -> Any:
    """An account with an opaque name: never an address, never a person's name."""
    return tincan.Agent(account=tincan.AgentAccount(home_page=home.base, name=str(person_id)))


@lru_cache
def _verb(verb: Verb) -> Any:
    return tincan.Verb(id=verb.value, display=tincan.LanguageMap({LANGUAGE: DISPLAY[verb]}))


def _object(said: Activity | StatementRef) -> Any:
    return tincan.StatementRef(id=str(said.id)) if isinstance(said, StatementRef) else _activity(said)


@lru_cache(maxsize=4096)
def _activity(said: Activity) -> Any:
    """Shared between statements: nothing changes it, and most statements speak of the same few activities."""
    definition: dict[str, Any] = {}
    if said.title:
        definition["name"] = {LANGUAGE: said.title}
    if said.type is not None:
        definition["type"] = said.type.value
    interaction = said.interaction
    if interaction is not None:
        definition["interaction_type"] = interaction.type
        if interaction.correct:
            definition["correct_responses_pattern"] = list(interaction.correct)
        for name, parts in _components(interaction.type, interaction.components, interaction.targets):
            definition[name] = [{"id": key, "description": {LANGUAGE: text}} for key, text in parts]
    if not definition:
        return tincan.Activity(id=said.id)
    return tincan.Activity(id=said.id, definition=tincan.ActivityDefinition(**definition))


Parts = tuple[tuple[str, str], ...]


def _components(type_: str, components: Parts, targets: Parts) -> list[tuple[str, Parts]]:
    """The properties in which xAPI keeps the parts of each interaction type."""
    match type_:
        case "choice" | "sequencing" if components:
            return [("choices", components)]
        case "matching" if components and targets:
            return [("source", components), ("target", targets)]
        case "likert" if components:
            return [("scale", components)]
        case "performance" if components:
            return [("steps", components)]
        case _:
            return []


def _result(saying: Saying) -> Any:
    result: dict[str, Any] = {}
    if saying.score is not None:
        score = saying.score
        result["score"] = tincan.Score(raw=score.raw, min=score.min, max=score.max, scaled=score.scaled)
    for name in ("success", "completion", "duration", "response"):
        value = getattr(saying, name)
        if value is not None:
            result[name] = value
    if saying.result_extensions:
        result["extensions"] = tincan.Extensions(_plain(saying.result_extensions))
    return tincan.Result(**result) if result else None


@lru_cache
def _profile() -> Any:
    return _activity(Activity(PROFILE_VERSION, Type.PROFILE))


def _context(saying: Saying, event: e.Event, home: Home) -> Any:
    around: dict[str, Any] = {}
    if saying.follows is not None:
        around["category"] = tincan.ActivityList([_profile()])
    if saying.parent is not None:
        around["parent"] = tincan.ActivityList([_activity(saying.parent)])
    if saying.grouping:
        around["grouping"] = tincan.ActivityList([_activity(part) for part in saying.grouping])
    context: dict[str, Any] = {"context_activities": tincan.ContextActivities(**around)} if around else {}
    if event.place is not None:
        context["registration"] = str(event.place.registration)
    if saying.instructor_id is not None:
        context["instructor"] = _agent(home, saying.instructor_id)
    if saying.answers is not None:
        context["statement"] = tincan.StatementRef(id=str(saying.answers))
    extensions = _plain(saying.extensions)
    if saying.follows is not None:
        # One enrollment has several transfer activities, each a chain of its own.
        extensions[Ext.SUBREGISTRATION] = [{"profile": PROFILE_VERSION, "subregistration": str(saying.follows)}]
    if extensions:
        context["extensions"] = tincan.Extensions(extensions)
    return tincan.Context(**context)


def _plain(extensions: Any) -> dict[str, Any]:
    return {str(key): value for key, value in extensions.items() if value is not None}
