"""Reading JSON strictly: what is read can be kept in a database and given back as JSON that means the same."""

import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class InvalidJson(ValueError):
    """Why this is no JSON that can be kept."""


def read(content: bytes | str) -> Any:
    with _refusals():
        text = _text(content)
        found = _DECODER.decode(text)
    _refuse_unkeepable(found, text)
    return found


def read_parts(content: bytes | str) -> tuple[list[tuple[Any, str]], bool]:
    """The parts of a list, or the one value there is, each with its own text; and whether it is a list."""
    with _refusals():
        text = _text(content)
        at = _behind_space(text, 0)
        is_list = text[at : at + 1] == "["
        if is_list:
            parts, at = _list_parts(text, at + 1)
        else:
            value, end = _DECODER.raw_decode(text, at)
            parts, at = [(value, text[at:end])], end
        if _behind_space(text, at) != len(text):
            raise json.JSONDecodeError("Extra data", text, at)
    for value, own in parts:
        _refuse_unkeepable(value, own)
    return parts, is_list


def _text(content: bytes | str) -> str:
    text = content if isinstance(content, str) else content.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("It begins with a byte order mark; send UTF-8 without one.")
    return text


def _list_parts(text: str, at: int) -> tuple[list[tuple[Any, str]], int]:
    parts: list[tuple[Any, str]] = []
    at = _behind_space(text, at)
    if text[at : at + 1] == "]":
        return parts, at + 1
    while True:
        value, end = _DECODER.raw_decode(text, at)
        parts.append((value, text[at:end]))
        at = _behind_space(text, end)
        sign = text[at : at + 1]
        if sign == "]":
            return parts, at + 1
        if sign != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _behind_space(text, at + 1)


def _behind_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except RecursionError as wrong:
        raise InvalidJson("It is nested too deep.") from wrong
    except ValueError as wrong:
        raise InvalidJson(str(wrong)) from wrong


def _refuse_unkeepable(value: Any, text: str) -> None:
    """PostgreSQL keeps no NUL and no half of a surrogate pair in text. Walks without recursion."""
    if "\\u" not in text:  # both can only come as escapes
        return
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


_DECODER = json.JSONDecoder(
    parse_constant=_no_constant, parse_float=_finite, parse_int=_short, object_pairs_hook=_distinct
)
_SPACE = re.compile(r"[ \t\n\r]*")
