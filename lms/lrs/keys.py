"""What a statement is found by: sixteen bytes for each agent, verb, activity and registration in it, and for the pairs
that people ask for together.

Keys are digests, so no row is shared between writers and every index entry has one length.
"""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from lms.lrs.shapes import VOIDED

Agent = dict[str, Any]

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid")
SEPARATOR = "\0"  # no name holds one: text with NUL is refused


def key(*parts: str) -> bytes:
    return hashlib.blake2b(SEPARATOR.join(parts).encode(), digest_size=16).digest()


def agent_name(agent: Agent) -> str:
    """One text for one agent or identified group; empty for an anonymous group."""
    account = agent.get("account")
    if account is not None:
        return f"account{SEPARATOR}{account['homePage']}{SEPARATOR}{account['name']}"
    for name in IDENTIFIERS:
        if name in agent:
            return f"{name}{SEPARATOR}{agent[name]}"
    return ""


def is_voiding(statement: dict[str, Any]) -> bool:
    return bool(statement["verb"]["id"] == VOIDED)


def agent_key(agent: Agent) -> bytes:
    return key("agent", agent_name(agent))


def activity_key(activity_id: str) -> bytes:
    return key("activity", activity_id)


def wanted(
    *,
    agent: str | None = None,
    verb: str | None = None,
    activity: str | None = None,
    registration: UUID | None = None,
    related_agents: bool = False,
    related_activities: bool = False,
) -> tuple[bytes, ...]:
    """The keys that a statement must all have to answer this; as few as possible, since some pairs have their own."""
    found = []
    agent_wanted, verb_wanted, activity_wanted = agent, verb, activity
    if agent is not None and related_agents:
        found.append(key("A", agent))
        agent_wanted = None
    if activity is not None and related_activities:
        found.append(key("O", activity))
        activity_wanted = None
    match agent_wanted, verb_wanted, activity_wanted:
        case str(who), None, None:
            found.append(key("a", who))
        case None, str(did), None:
            found.append(key("v", did))
        case None, None, str(what):
            found.append(key("o", what))
        case str(who), str(did), None:
            found.append(key("av", who, did))
        case str(who), None, str(what):
            found.append(key("ao", who, what))
        case None, str(did), str(what):
            found.append(key("vo", did, what))
        case str(who), str(did), str(what):
            found += (key("ao", who, what), key("av", who, did))
    if registration is not None:
        found.append(key("r", str(registration)))
    return tuple(found)


def of(statement: dict[str, Any]) -> set[bytes]:
    """All keys of a statement that was found valid."""
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    verb = statement["verb"]["id"]
    found = {key("v", verb)}
    who = set(_names(statement["actor"]))
    if kind in {"Agent", "Group"}:
        who.update(_names(thing))
    for name in who:
        found.add(key("a", name))
        found.add(key("av", name, verb))
    if kind == "Activity":
        what = thing["id"]
        found.add(key("o", what))
        found.add(key("vo", verb, what))
        for name in who:
            found.add(key("ao", name, what))
    registration = statement.get("context", {}).get("registration")
    if registration is not None:
        found.add(key("r", registration.lower()))
    if "authority" in statement:
        found.add(key("by", agent_name(statement["authority"])))
    for name in {*who, *related_agents(statement)}:
        found.add(key("A", name))
    for name in set(related_activities(statement)):
        found.add(key("O", name))
    return found


def _names(agent: Agent) -> Iterator[str]:
    """The agent and, of a group, its members."""
    if name := agent_name(agent):
        yield name
    for member in agent.get("member", ()):
        yield agent_name(member)


def related_agents(statement: dict[str, Any]) -> Iterator[str]:
    """Everyone in a statement, in any part in it."""
    for agent in agents(statement):
        yield from _names(agent)


def agents(statement: dict[str, Any]) -> Iterator[Agent]:
    """Every agent and group that stands in a statement itself (not the members of groups)."""
    yield statement["actor"]
    if "authority" in statement:
        yield statement["authority"]
    context = statement.get("context")
    if context:
        for name in ("instructor", "team"):
            if name in context:
                yield context[name]
        for part in context.get("contextAgents", ()):
            yield part["agent"]
        for part in context.get("contextGroups", ()):
            yield part["group"]
    thing = statement["object"]
    match thing.get("objectType"):
        case "Agent" | "Group":
            yield thing
        case "SubStatement":
            yield from agents(thing)


def related_activities(statement: dict[str, Any]) -> Iterator[str]:
    for activity in activities(statement):
        yield activity["id"]


def activities(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every activity in a statement: its object, those of its context, and those of a sub-statement."""
    thing = statement["object"]
    match thing.get("objectType", "Activity"):
        case "Activity":
            yield thing
        case "SubStatement":
            yield from activities(thing)
    for part in statement.get("context", {}).get("contextActivities", {}).values():
        if isinstance(part, dict):
            yield part
        else:
            yield from part
