"""What two statements under one id may not differ in, and what a signed statement must repeat."""

import hashlib
import json
import re
from typing import Any

from lms.lrs.validate import UUID_SHAPE, parse_instant

# Set by the store, or no part of what is said: definitions and displays may be told better later.
SET_BY_STORE = frozenset({"stored", "authority", "version", "timestamp"})
DURATION = re.compile(r"([\d.,]+)([YMWDHS])")


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
            return value.lower() if UUID_SHAPE(value) else value
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
    """Without leading or trailing zeros and without parts of nothing: PT01H00M00S is PT1H.

    What is beyond a hundredth of a second is cut off, not rounded, as the specification asks (1.0.3, data 4.6).
    """
    date, _, time = text.removeprefix("P").partition("T")
    parts = []
    for half, mark in ((date, ""), (time, "T")):
        for amount, unit in DURATION.findall(half):
            if count := _count(amount, places=2 if unit == "S" else None):
                parts.append(f"{mark}{count}{unit}")
    return "P" + "".join(parts)


def _count(amount: str, places: int | None) -> str:
    """Digits only, as a duration may have as many as its author likes; empty for nothing."""
    whole, _, part = amount.replace(",", ".").partition(".")
    whole, part = whole.lstrip("0"), part[:places].rstrip("0")
    return f"{whole or 0}.{part}" if part else whole
