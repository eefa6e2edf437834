"""Is this a statement? Refuses with the property at fault; changes nothing.

One function per kind of value, so that a rule of the xAPI specification has one place. The shapes of people,
activities and the rest stand in `shapes.py`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

Check = Callable[[Any, str], None]


class InvalidStatement(Exception):
    """`path` names the property, `problem` says what is wrong with it."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


def one_of(*values: str) -> Check:
    def check(value: Any, path: str) -> None:
        if value not in values or not isinstance(value, str):
            raise InvalidStatement(path, f"must be one of {', '.join(values)}")

    return check


def constant(wanted: str) -> Check:
    def check(value: Any, path: str) -> None:
        if value != wanted:
            raise InvalidStatement(path, f"must be {wanted}")

    return check


def string(value: Any, path: str) -> None:
    if not isinstance(value, str):
        raise InvalidStatement(path, "must be a string")


def boolean(value: Any, path: str) -> None:
    if not isinstance(value, bool):
        raise InvalidStatement(path, "must be true or false")


def number(value: Any, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidStatement(path, "must be a number")


def whole_number(value: Any, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidStatement(path, "must be a whole number that is not negative")


IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`]+")


def iri(value: Any, path: str) -> None:
    string(value, path)
    if not IRI.fullmatch(value):
        raise InvalidStatement(path, "must be an IRI with a scheme")


UUID_SHAPE = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")


def uuid(value: Any, path: str) -> None:
    string(value, path)
    if not UUID_SHAPE.fullmatch(value):
        raise InvalidStatement(path, "must be a UUID")


# RFC 5646, without its closed list of grandfathered tags
LANGUAGE = re.compile(
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|\d[A-Za-z0-9]{3}))*(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-x(?:-[A-Za-z0-9]{1,8})+)?|x(?:-[A-Za-z0-9]{1,8})+"
)


def language(value: Any, path: str) -> None:
    string(value, path)
    if not LANGUAGE.fullmatch(value):
        raise InvalidStatement(path, "must be a language tag of RFC 5646")


def language_map(value: Any, path: str) -> None:
    for tag, text in mapping(value, path).items():
        language(tag, f"{path}[{tag!r}]")
        string(text, f"{path}[{tag!r}]")


def extensions(value: Any, path: str) -> None:
    """Keys are IRIs; what stands under them is free, null included."""
    for key in mapping(value, path):
        iri(key, f"{path}[{key!r}]")


_NUMBER = r"\d+(?:[.,]\d+)?"
DURATION = re.compile(
    rf"P(?:{_NUMBER}W|(?=[\dT])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)"
)


def duration(value: Any, path: str) -> None:
    string(value, path)
    if not DURATION.fullmatch(value):
        raise InvalidStatement(path, "must be a duration of ISO 8601, such as PT4M30S")


INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:[Zz]|[+-]\d{2}(?::?\d{2})?)?")
NEGATIVE_ZERO = ("-00", "-0000", "-00:00")


def instant(value: Any, path: str) -> None:
    parse_instant(value, path)


def parse_instant(value: Any, path: str) -> datetime:
    """The moment `value` names; without an offset it is UTC."""
    string(value, path)
    if not INSTANT.fullmatch(value) or value[10:].endswith(NEGATIVE_ZERO):
        raise InvalidStatement(path, "must be an instant of ISO 8601, such as 2026-11-22T09:30:00.000Z")
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:  # the edges of years 1 and 9999 lie outside them in UTC
        raise InvalidStatement(path, f"is no instant: {wrong}") from wrong


def parse_uuid(value: Any, path: str) -> UUID:
    uuid(value, path)
    return UUID(value)


def mapping(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidStatement(path, "must be an object")
    return value


def list_of(check: Check, *, at_least: int = 0) -> Check:
    def checked(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise InvalidStatement(path, "must be a list")
        if len(value) < at_least:
            raise InvalidStatement(path, f"must have at least {at_least}")
        for index, part in enumerate(value):
            check(part, f"{path}[{index}]")

    return checked


def shape(properties: Mapping[str, Check], required: tuple[str, ...] = ()) -> Check:
    """An object with these properties and no others; null is nowhere a value."""

    def check(value: Any, path: str) -> None:
        found = mapping(value, path)
        for name in required:
            if name not in found:
                raise InvalidStatement(f"{path}.{name}", "is missing")
        for name, part in found.items():
            inner = f"{path}.{name}"
            rule = properties.get(name)
            if rule is None:
                raise InvalidStatement(inner, "is not a property here")
            if part is None:
                raise InvalidStatement(inner, "must not be null")
            rule(part, inner)

    return check
