"""What is known of activities and agents, and the data that came with statements."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from lms.lrs import keys, sql


def definitions(activity_ids: Collection[str]) -> Mapping[str, dict[str, Any]]:
    """The merged definitions of those activities that have one."""
    by_key = {keys.activity_key(activity_id): activity_id for activity_id in activity_ids}
    if not by_key:
        return {}
    condition, values = sql.among("key", by_key.keys())
    rows = sql.run(f"SELECT key, definition FROM known_activity WHERE {condition}", *values)
    return {by_key[sql.as_uuid(key).bytes]: json.loads(definition) for key, definition in rows}


def agent_names(agent: dict[str, Any]) -> tuple[str, ...]:
    """Every name the agent was given, in order."""
    rows = sql.run("SELECT name FROM known_agent_name WHERE agent_key = %s", sql.sixteen(keys.agent_key(agent)))
    return tuple(sorted(rows.scalars()))


def attachments(positions: Collection[int]) -> Mapping[str, bytes]:
    """The data that came with the statements there, by its hash, each once."""
    found: dict[str, bytes] = {}
    for position in positions:
        rows = sql.run(
            "SELECT c.sha2, c.content FROM statement_attachment a JOIN attachment_content c ON c.sha2 = a.sha2 "
            "WHERE a.position = %s ORDER BY c.sha2",
            position,
        )
        found.update((sha2, bytes(content)) for sha2, content in rows if sha2 not in found)
    return found


def attachment_sizes(positions: Collection[int]) -> Mapping[int, int]:
    """How many bytes of data came with the statements there; without reading them."""
    found: dict[int, int] = {}
    for position in positions:
        rows = sql.run(
            "SELECT sum(length(c.content)) FROM statement_attachment a JOIN attachment_content c ON c.sha2 = a.sha2 "
            "WHERE a.position = %s",
            position,
        )
        found[position] = int(rows.scalar_one() or 0)
    return found
