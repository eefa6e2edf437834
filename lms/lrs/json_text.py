"""Reading JSON strictly: what is read can be kept in a database and given back as JSON that means the same."""

import json
import math
from typing import Any


class InvalidJson(ValueError):
    """Why this is no JSON that can be kept."""


def read(content: bytes | str) -> Any:
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
        found = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, parse_int=_short, object_pairs_hook=_distinct
        )
    except RecursionError as wrong:
        raise InvalidJson("It is nested too deep.") from wrong
    except ValueError as wrong:
        raise InvalidJson(str(wrong)) from wrong
    if "\\u" in text:  # NUL and halves of characters can only come as escapes
        _refuse_unkeepable(found)
    return found


def _refuse_unkeepable(value: Any) -> None:
    """PostgreSQL keeps no NUL and no half of a surrogate pair in text. Walks without recursion."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            if "\0" in part:
                raise InvalidJson("It carries a NUL character, which no text here can hold.")
            if not part.isascii() and any("\ud800" <= character <= "\udfff" for character in part):
                raise InvalidJson("It carries half of a character (a lone surrogate), which is no text.")
        elif isinstance(part, dict):
            waiting += part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is given twice in one object")
    return found


def _finite(text: str) -> float:
    """1e999 is well-formed JSON, but read as infinity it could not be written again."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is larger than a number may be")
    return value


def _short(text: str) -> int:
    """A whole number beyond a 64-bit float's range could be kept here, but not by others."""
    if len(text) > 309:
        raise ValueError(f"{text[:40]}… is larger than a number may be")
    return int(text)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
