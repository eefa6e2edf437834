"""What statements teach about activities and agents: definitions, merged, and names.

Nearly every statement repeats what is known; then this reads a little and writes nothing.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lms.lrs import definitions, keys, sql

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Definition = dict[str, Any]
Pairs = list[tuple[bytes, bytes]]
ACTIVITY, NAME = 2, 3  # kinds of rows in the answer to `Lesson.question`


@dataclass(frozen=True, slots=True)
class Lesson:
    """What some statements say: definitions by activity and by their digest, and names by agent and name."""

    definitions: dict[bytes, dict[bytes, Definition]] = field(default_factory=dict)
    names: dict[tuple[bytes, bytes], str] = field(default_factory=dict)

    @property
    def pairs(self) -> tuple[Pairs, Pairs]:
        """Activities with the digests of what is said of them, and agents with those of their names."""
        return [(of, digest) for of, told in self.definitions.items() for digest in told], list(self.names)

    def question(self) -> tuple[str, tuple[Any, ...]]:
        """SQL that finds what is known of that already: rows of (kind, key of the activity or agent, digest)."""
        of_activity, activities = sql.among("key", self.definitions)
        of_agent, agents = sql.among("agent_key", {agent for agent, _ in self.names})
        return (
            f"SELECT {ACTIVITY}, key, last_said FROM known_activity WHERE {of_activity} "
            f"UNION ALL SELECT {NAME}, agent_key, name_key FROM known_agent_name WHERE {of_agent}",
            (*activities, *agents),
        )


def lesson(statements: Iterable[dict[str, Any]]) -> Lesson:
    found = Lesson()
    for statement in statements:
        for activity in keys.activities(statement):
            definition = activity.get("definition")
            if definition:
                told = found.definitions.setdefault(keys.activity_key(activity["id"]), {})
                digest = keys.key("definition", repr(definition))
                told.pop(digest, None)  # what was said last stands last
                told[digest] = definition
        for agent in keys.agents(statement):
            for one in (agent, *agent.get("member", ())):
                if one.get("name") and keys.agent_name(one):
                    found.names[keys.agent_key(one), keys.key("name", one["name"])] = one["name"]
    return found


def learn(new: Lesson, known: Iterable[Sequence[Any]]) -> None:
    """`known`: the answer to its question, from this transaction."""
    pairs: dict[int, set[tuple[bytes, bytes]]] = {ACTIVITY: set(), NAME: set()}
    for kind, of, digest in known:
        if digest is not None:
            pairs[kind].add((sql.as_bytes(of), sql.as_bytes(digest)))
    _learn_activities(new.definitions, pairs[ACTIVITY])
    _learn_names(new.names, pairs[NAME])


def _learn_activities(said: Mapping[bytes, Mapping[bytes, Definition]], known: set[tuple[bytes, bytes]]) -> None:
    # In one order, so that writers who teach about the same activities wait in turn.
    for key in sorted(said):
        digests = list(said[key])
        if len(digests) == 1 and (key, digests[0]) in known:
            continue
        sql.run(
            "INSERT INTO known_activity (key, definition) VALUES (%s, '{}') ON CONFLICT (key) DO NOTHING",
            sql.sixteen(key),
        )
        locked = " FOR UPDATE" if sql.is_postgres() else ""
        before = sql.run(f"SELECT definition FROM known_activity WHERE key = %s{locked}", sql.sixteen(key)).scalar_one()
        merged = json.loads(before)
        for definition in said[key].values():
            merged = definitions.merged(merged, definition)
        sql.run(
            "UPDATE known_activity SET definition = %s, last_said = %s WHERE key = %s",
            _write(merged),
            sql.sixteen(digests[-1]),
            sql.sixteen(key),
        )


def _learn_names(names: Mapping[tuple[bytes, bytes], str], known: set[tuple[bytes, bytes]]) -> None:
    for agent, name in sorted(names.keys() - known):
        sql.run(
            "INSERT INTO known_agent_name (agent_key, name_key, name) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            sql.sixteen(agent),
            sql.sixteen(name),
            names[agent, name],
        )
