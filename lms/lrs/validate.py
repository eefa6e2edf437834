"""Is this a statement? Refuses with the property at fault; changes nothing.

One function per kind of value, so that a rule of the xAPI specification has one place. The shapes of people,
activities and the rest stand in `shapes.py`.

A check gets the value alone. Where the value stands is added by the containers that a refusal passes on its way out,
so what is valid, which is nearly everything, costs nothing but the looking.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

Check = Callable[[Any], None]


class InvalidStatement(Exception):
    """`path` names the property, `problem` says what is wrong with it."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"

    def under(self, name: str) -> None:
        """The property that is wrong lies in `name`."""
        self.path = name + self.path


def wrong(problem: str, *inner: str) -> InvalidStatement:
    """The value itself is wrong, or its property `inner`."""
    return InvalidStatement("".join(f".{name}" for name in inner), problem)


def at(path: str, check: Check, value: Any) -> None:
    """Check a value that stands at `path`."""
    try:
        check(value)
    except InvalidStatement as found:
        found.under(path)
        raise


def one_of(*values: str) -> Check:
    allowed = frozenset(values)

    def check(value: Any) -> None:
        if not isinstance(value, str) or value not in allowed:
            raise wrong(f"must be one of {', '.join(values)}")

    return check


def constant(wanted: str) -> Check:
    def check(value: Any) -> None:
        if value != wanted:
            raise wrong(f"must be {wanted}")

    return check


def string(value: Any) -> None:
    if not isinstance(value, str):
        raise wrong("must be a string")


def boolean(value: Any) -> None:
    if not isinstance(value, bool):
        raise wrong("must be true or false")


def number(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong("must be a number")


def whole_number(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise wrong("must be a whole number that is not negative")


IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`]+").fullmatch


def iri(value: Any) -> None:
    string(value)
    if not IRI(value):
        raise wrong("must be an IRI with a scheme")


UUID_SHAPE = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
).fullmatch


def uuid(value: Any) -> None:
    string(value)
    if not UUID_SHAPE(value):
        raise wrong("must be a UUID")


# RFC 5646, without its closed list of grandfathered tags
LANGUAGE = re.compile(
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|\d[A-Za-z0-9]{3}))*(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-x(?:-[A-Za-z0-9]{1,8})+)?|x(?:-[A-Za-z0-9]{1,8})+",
    re.ASCII,
).fullmatch


def language(value: Any) -> None:
    string(value)
    if not LANGUAGE(value):
        raise wrong("must be a language tag of RFC 5646")


def language_map(value: Any) -> None:
    for tag, text in mapping(value).items():
        if not LANGUAGE(tag):
            raise InvalidStatement(f"[{tag!r}]", "must be a language tag of RFC 5646")
        if not isinstance(text, str):
            raise InvalidStatement(f"[{tag!r}]", "must be a string")


# Lists and objects inside each other; extensions are free, but nothing that is read goes deeper.
DEEPEST = 100


def extensions(value: Any) -> None:
    """Keys are IRIs; what stands under them is free, null included."""
    for key, part in mapping(value).items():
        if not IRI(key):
            raise InvalidStatement(f"[{key!r}]", "must be an IRI with a scheme")
        if isinstance(part, dict | list) and depth(part) > DEEPEST:
            raise InvalidStatement(f"[{key!r}]", f"is nested more than {DEEPEST} levels deep")


def depth(value: Any) -> int:
    """How many lists and objects lie inside each other. Without recursion: how deep it goes is the sender's choice."""
    deepest, level = 0, [value]
    while level := [part for part in level if isinstance(part, dict | list)]:
        deepest += 1
        level = [inner for part in level for inner in (part.values() if isinstance(part, dict) else part)]
    return deepest


_NUMBER = r"\d+(?:[.,]\d+)?"
DURATION = re.compile(
    rf"P(?:{_NUMBER}W|(?=[\dT])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)",
    re.ASCII,
).fullmatch


def duration(value: Any) -> None:
    string(value)
    if not DURATION(value):
        raise wrong("must be a duration of ISO 8601, such as PT4M30S")


INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:[Zz]|[+-]\d{2}(?::?\d{2})?)?", re.ASCII
).fullmatch
NEGATIVE_ZERO = ("-00", "-0000", "-00:00")


def instant(value: Any) -> None:
    string(value)
    if not INSTANT(value) or value[10:].endswith(NEGATIVE_ZERO):
        raise wrong("must be an instant of ISO 8601, such as 2026-11-22T09:30:00.000Z")
    try:
        as_instant(value)
    except (ValueError, OverflowError) as found:  # the edges of years 1 and 9999 lie outside them in UTC
        raise wrong(f"is no instant: {found}") from found


def as_instant(value: str) -> datetime:
    """The moment that a checked text names; without an offset it is UTC."""
    moment = datetime.fromisoformat(value.upper())  # which knows no small t and z
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_instant(value: Any, path: str) -> datetime:
    at(path, instant, value)
    return as_instant(value)


def parse_uuid(value: Any, path: str) -> UUID:
    at(path, uuid, value)
    return UUID(value)


def mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise wrong("must be an object")
    return value


def list_of(check: Check, *, at_least: int = 0) -> Check:
    def checked(value: Any) -> None:
        if not isinstance(value, list):
            raise wrong("must be a list")
        if len(value) < at_least:
            raise wrong(f"must have at least {at_least}")
        for index, part in enumerate(value):
            try:
                check(part)
            except InvalidStatement as found:
                found.under(f"[{index}]")
                raise

    return checked


def shape(properties: Mapping[str, Check], required: tuple[str, ...] = ()) -> Check:
    """An object with these properties and no others; null is nowhere a value."""

    def check(value: Any) -> None:
        if not isinstance(value, dict):
            raise wrong("must be an object")
        for name in required:
            if name not in value:
                raise wrong("is missing", name)
        for name, part in value.items():
            rule = properties.get(name)
            if rule is None:
                raise wrong("is not a property here", name)
            if part is None:
                raise wrong("must not be null", name)
            try:
                rule(part)
            except InvalidStatement as found:
                found.under(f".{name}")
                raise

    return check
