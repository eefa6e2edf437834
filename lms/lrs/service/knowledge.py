"""What statements teach about activities and agents: definitions, merged, and names.

Nearly every statement repeats what is known; then this reads and writes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lms.lrs import definitions, keys, sql

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Definition = dict[str, Any]


def learn(statements: Sequence[dict[str, Any]]) -> None:
    said: dict[bytes, dict[bytes, Definition]] = {}
    names: dict[tuple[bytes, bytes], str] = {}
    for statement in statements:
        for activity in keys.activities(statement):
            definition = activity.get("definition")
            if definition:
                told = said.setdefault(keys.activity_key(activity["id"]), {})
                digest = keys.key("definition", repr(definition))
                told.pop(digest, None)  # what was said last stands last
                told[digest] = definition
        for agent in keys.agents(statement):
            for one in (agent, *agent.get("member", ())):
                if one.get("name") and keys.agent_name(one):
                    names[keys.agent_key(one), keys.key("name", one["name"])] = one["name"]
    if said:
        _learn_activities(said)
    if names:
        _learn_names(names)


def _learn_activities(said: Mapping[bytes, Mapping[bytes, Definition]]) -> None:
    condition, values = sql.among("key", said.keys())
    rows = sql.run(f"SELECT key, last_said FROM known_activity WHERE {condition}", *values)
    known = {sql.as_uuid(key).bytes: sql.as_uuid(last).bytes for key, last in rows if last is not None}
    # In one order, so that writers who teach about the same activities wait in turn.
    for key in sorted(said):
        digests = list(said[key])
        if len(digests) == 1 and known.get(key) == digests[0]:
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


def _learn_names(names: Mapping[tuple[bytes, bytes], str]) -> None:
    condition, values = sql.among("agent_key", {agent for agent, _ in names})
    rows = sql.run(f"SELECT agent_key, name_key FROM known_agent_name WHERE {condition}", *values)
    known = {(sql.as_uuid(agent).bytes, sql.as_uuid(name).bytes) for agent, name in rows}
    for agent, name in sorted(names.keys() - known):
        sql.run(
            "INSERT INTO known_agent_name (agent_key, name_key, name) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            sql.sixteen(agent),
            sql.sixteen(name),
            names[agent, name],
        )
