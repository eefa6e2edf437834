"""A course as a JSON document and back, exactly; and the digest that says whether two of them are the same.

Values that equal their default are left out: a field that a later release adds changes no existing digest.
"""

import hashlib
import json
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from enum import Enum
from fractions import Fraction
from functools import cache, partial
from operator import attrgetter
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from lms.policy.outline import Assessment, Chunk, Course, Item, Transfer

Document = dict[str, Any]
T = TypeVar("T")

PLAIN = frozenset({str, int, bool, types.NoneType})
STEP_KINDS: Mapping[str, type] = {"chunk": Chunk, "assessment": Assessment, "transfer": Transfer}


def to_document(course: Course) -> Document:
    """`course` as JSON values only: objects, arrays, strings, whole numbers, true, false."""
    document: Document = _encode(course)
    return document


def from_document(document: Document) -> Course:
    """The course that `to_document` was given. A name that no field has is a KeyError: never guessed at."""
    course: Course = _decode(Course, document)
    return course


def item_document(item: Item) -> Document:
    """One question by itself, without its version number: what two of them are compared by."""
    document: Document = _encode(replace(item, version=1))
    return document


def item_from(document: Document, version: int) -> Item:
    item: Item = _decode(Item, document)
    return replace(item, version=version)


def canonical(document: Document) -> bytes:
    """One spelling per document: sorted names, no spaces, UTF-8."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest(document: Document) -> str:
    return hashlib.sha256(canonical(document)).hexdigest()


def _encode(value: Any) -> Any:
    of: type = type(value)
    return value if of in PLAIN else _writer(of)(value)


@cache
def _writer(of: type) -> Callable[[Any], Any]:
    """How values of this type are written: looked up once, for a course is made of thousands of them."""
    if is_dataclass(of):
        return partial(_encode_fields, _defaults(of))
    if issubclass(of, Enum):
        return attrgetter("value")
    if issubclass(of, Fraction):
        return str
    if issubclass(of, tuple):
        return lambda value: [_encode(part) for part in value]
    if issubclass(of, Mapping):
        return lambda value: {key: _encode(part) for key, part in sorted(value.items())}
    return lambda value: value


def _defaults(of: type) -> Sequence[tuple[str, Any]]:
    """Each field with the value that is left out."""
    return [(field.name, MISSING if field.name == "kind" else _default(field)) for field in fields(of)]


def _default(field: Any) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _encode_fields(defaults: Sequence[tuple[str, Any]], value: Any) -> Document:
    parts = [(name, getattr(value, name), default) for name, default in defaults]
    return {name: _encode(part) for name, part, default in parts if default is MISSING or part != default}


@cache
def _hints(of: type) -> Mapping[str, Any]:
    hints = get_type_hints(of)
    return {field.name: hints[field.name] for field in fields(of)}


def _decode(hint: Any, value: Any) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        hints = _hints(hint)
        return hint(**{name: _decode(hints[name], part) for name, part in value.items()})
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        if value is None:
            return None
        steps = [one for one in arguments if one in STEP_KINDS.values()]
        if steps:
            return _decode(STEP_KINDS[value["kind"]], value)
        [only] = [one for one in arguments if one is not types.NoneType]
        return _decode(only, value)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_decode(arguments[0], part) for part in value)
        return tuple(_decode(one, part) for one, part in zip(arguments, value, strict=True))
    if origin is not None:  # the one mapping: path of an asset → SHA-256
        return dict(value)
    if hint is Fraction or (isinstance(hint, type) and issubclass(hint, Enum)):
        return hint(value)
    return value
