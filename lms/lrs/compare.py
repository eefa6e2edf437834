"""What a statement is found by, and what two statements under one id may not differ in."""

import hashlib
import json
import re
from typing import Any

from lms.lrs.validate import parse_instant

KEY_LENGTH = 400

# Set by the store, or no part of what is said: definitions and displays may be told better later.
SET_BY_STORE = frozenset({"stored", "authority", "version", "timestamp"})
DURATION = re.compile(r"([\d.,]+)([YMWDHS])")


def key(*parts: str) -> str:
    """A name of bounded length for an index; one that is too long becomes its digest."""
    text = "|".join(parts)
    if len(text) <= KEY_LENGTH:
        return text
    return "sha256|" + hashlib.sha256(text.encode()).hexdigest()


def agent_key(agent: dict[str, Any]) -> str:
    """The key of an agent or identified group; empty for an anonymous group."""
    if "account" in agent:
        return key("account", agent["account"]["homePage"], agent["account"]["name"])
    for name in ("mbox", "mbox_sha1sum", "openid"):
        if name in agent:
            return key(name, agent[name])
    return ""


def object_key(thing: dict[str, Any]) -> str:
    """The key of an activity, agent or group; empty for references and sub-statements."""
    match thing.get("objectType", "Activity"):
        case "Activity":
            return key(thing["id"])
        case "Agent" | "Group":
            return agent_key(thing)
        case _:
            return ""


def digest(statement: dict[str, Any]) -> str:
    """Equal for two statements that say the same, however they are written; blind to the timestamp."""
    meant = {name: value for name, value in statement.items() if name not in SET_BY_STORE}
    text = json.dumps(_meant(meant, "statement"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def say_the_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two statements mean the same; a timestamp counts if both have one."""
    if digest(one) != digest(other):
        return False
    moments = [parse_instant(said["timestamp"], "timestamp") for said in (one, other) if "timestamp" in said]
    return len(set(moments)) < 2


def _meant(value: Any, name: str) -> Any:
    match value:
        case dict() if name == "extensions":
            return {key_: _plain(part) for key_, part in value.items()}
        case dict():
            meant = {
                part_name: _meant(part, part_name)
                for part_name, part in value.items()
                if part_name not in {"definition", "display"} and not _is_default(part_name, part)
            }
            if name == "contextActivities":
                return {part: listed if isinstance(listed, list) else [listed] for part, listed in meant.items()}
            return meant
        case list():
            parts = [_meant(part, name) for part in value]
            if name == "member":  # a group is a set
                parts.sort(key=lambda part: json.dumps(part, sort_keys=True))
            return parts
        case str() if name in {"id", "registration"}:
            return value.lower() if len(value) == 36 else value
        case str() if name in {"timestamp", "stored"}:
            return parse_instant(value, name).isoformat()
        case str() if name == "duration":
            return _duration(value)
        case _:
            return _plain(value)


def _is_default(name: str, value: Any) -> bool:
    return name == "objectType" and value in {"Agent", "Activity"}


def _plain(value: Any) -> Any:
    """80 and 80.0 are one number."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key_: _plain(part) for key_, part in value.items()}
        case list():
            return [_plain(part) for part in value]
        case _:
            return value


def _duration(text: str) -> str:
    """Without leading or trailing zeros and without parts of nothing: PT01H00M00S is PT1H."""
    date, _, time = text.removeprefix("P").partition("T")
    parts = []
    for half, mark in ((date, ""), (time, "T")):
        for amount, unit in DURATION.findall(half):
            count = float(amount.replace(",", "."))
            if count:
                parts.append(f"{mark}{count:g}{unit}")
    return "P" + "".join(parts)
