"""What a statement is found by: sixteen bytes for each agent, verb, activity and registration in it.

Keys are digests, so no row is shared between writers and every index entry has one length. Their kinds: `a` who did
it or was its object, `A` who else is in it, `by` who stored it, `v` the verb, `o` its object, `O` what else it is
about, `r` its registration, and the pairs that are asked for together and may both be frequent, `av` and `vo`.
"""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from lms.lrs.shapes import VOIDED

Agent = dict[str, Any]

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid")
SEPARATOR = "\0"  # no name holds one: text with NUL is refused


# The same people, verbs and activities come again and again: so many keys are remembered, then all are forgotten.
MOST_KNOWN, LONGEST_KNOWN = 20_000, 300
_known: dict[str, bytes] = {}


def key(*parts: str) -> bytes:
    text = SEPARATOR.join(parts)
    found = _known.get(text)
    if found is None:
        found = hashlib.blake2b(text.encode(), digest_size=16).digest()
        if len(text) <= LONGEST_KNOWN:
            if len(_known) >= MOST_KNOWN:
                _known.clear()
            _known[text] = found
    return found


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


Alternatives = tuple[bytes, ...]


def wanted(
    *,
    agent: str | None = None,
    verb: str | None = None,
    activity: str | None = None,
    registration: UUID | None = None,
    related_agents: bool = False,
    related_activities: bool = False,
) -> tuple[Alternatives, ...]:
    """What a statement must have to answer this: of each of these one. As few as possible, as some pairs have a key.

    An agent and an activity have none together: what one person did is soon walked through.
    """
    found: list[Alternatives] = []
    if agent is not None and related_agents:
        found.append((key("a", agent), key("A", agent), key("by", agent)))
        agent = None
    if activity is not None and related_activities:
        found.append((key("o", activity), key("O", activity)))
        activity = None
    if agent is not None:
        found.append((key("a", agent) if verb is None else key("av", agent, verb),))
    if activity is not None:
        found.append((key("o", activity) if verb is None else key("vo", verb, activity),))
    if agent is None and activity is None and verb is not None:
        found.append((key("v", verb),))
    if registration is not None:
        found.append((key("r", str(registration)),))
    return tuple(found)


def of(statement: dict[str, Any], by: str) -> set[bytes]:
    """All keys of a valid statement that the agent `by` stored, whatever it says of its authority itself."""
    thing = statement["object"]
    kind = thing.get("objectType", "Activity")
    verb = statement["verb"]["id"]
    found = {key("v", verb), key("by", by)}
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
    context = statement.get("context")
    if context and "registration" in context:
        found.add(key("r", context["registration"].lower()))
    if context or kind == "SubStatement":
        for name in related_agents(statement):
            if name not in who:
                found.add(key("A", name))
        for activity in activities(statement):
            if activity is not thing:
                found.add(key("O", activity["id"]))
    return found


def of_stored(statement: dict[str, Any]) -> set[bytes]:
    return of(statement, agent_name(statement["authority"]))


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
    """Every agent and group that a statement speaks of (not the members of groups, and not who stored it)."""
    yield statement["actor"]
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
