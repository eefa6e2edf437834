"""The shape of the files: checked by the JSON Schema that editors use too, said in plain words."""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from lms.catalog.problems import Report
from lms.catalog.source import Path, Source, is_old_boolean, where

KINDS = ("course", "module", "chunk", "assessment", "transfer")

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of keys",
}


def schema() -> dict[str, Any]:
    """The JSON Schema of the whole format."""
    text = resources.files("lms.catalog").joinpath("schema", "bundle.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def _validator(kind: str) -> Draft202012Validator:
    whole = schema()
    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": whole["$defs"]})


def check(source: Source, kind: str, report: Report) -> tuple[Path, ...]:
    """Report everything in `source` that does not have the shape of a `kind`; return where."""
    wrong: list[Path] = []
    for error in _leaves(_validator(kind).iter_errors(source.value)):
        path: Path = tuple(error.absolute_path)
        for line, part, message, hint in _say(source, path, error):
            report.error(source.file, line, message, hint, where(part))
            wrong.append(part)
    return tuple(wrong)


def _leaves(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    for error in errors:
        if error.context:
            yield from _leaves(iter(error.context))
        else:
            yield error


def _say(source: Source, path: Path, error: ValidationError) -> Iterator[tuple[int, Path, str, str]]:
    """(line, part, message, hint) for each thing that this error of the library stands for."""
    line, value, limit = source.line(path), error.instance, error.validator_value
    name = f"`{path[-1]}`" if path and isinstance(path[-1], str) else "this entry" if path else "the file"
    match error.validator:
        case "additionalProperties":
            yield from _unknown_keys(source, path, error)
        case "required":
            for key in limit:
                if f"'{key}'" in error.message and not _is_misspelled(key, value, error):
                    yield line, path, f"`{key}` is missing", ""
        case "type":
            yield (
                line,
                path,
                f"{name} must be {_TYPES.get(str(limit), str(limit))}, not {_kind(value)}",
                _retype(limit, value),
            )
        case "enum" | "const":
            allowed = [str(one) for one in (limit if error.validator == "enum" else [limit])]
            near = get_close_matches(str(value), allowed, 1)
            hint = f"Did you mean `{near[0]}`?" if near else ""
            words = ", ".join(dict.fromkeys(allowed))
            yield (
                line,
                path,
                f"{name} must be {'one of ' if len(allowed) > 1 else ''}{words}, not {_shown(value)}",
                hint,
            )
        case "pattern":
            says = error.schema.get("patternErrorMessage", "written differently")
            yield line, path, f"{name} must be {says}, not {_shown(value)}", ""
        case "minimum" | "exclusiveMinimum":
            yield line, path, f"{name} must be at least {limit}, not {value}", ""
        case "maximum" | "exclusiveMaximum":
            yield line, path, f"{name} must be at most {limit}, not {value}", ""
        case "minLength":
            yield line, path, f"{name} is empty", "Write it, or leave the key out if it is optional."
        case "maxLength":
            yield line, path, f"{name} has {len(value)} characters; {limit} is the most", ""
        case "minItems" | "minProperties":
            yield line, path, f"{name} needs {limit} or more entries and has {len(value)}", ""
        case "maxItems":
            yield line, path, f"{name} may have {limit} entries and has {len(value)}", ""
        case "uniqueItems":
            for index, one in enumerate(value):
                if one in value[:index]:
                    yield (
                        source.line((*path, index)),
                        (*path, index),
                        f"{_shown(one)} stands in {name} a second time",
                        "",
                    )
        case _:
            yield line, path, error.message, ""


def _unknown_keys(source: Source, path: Path, error: ValidationError) -> Iterator[tuple[int, Path, str, str]]:
    known = error.schema["properties"]
    for key in error.instance:
        if key not in known:
            near = get_close_matches(key, [one for one in known if one not in error.instance], 1, 0.6)
            hint = f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(known)}."
            yield source.line((*path, key)), (*path, key), f"the key `{key}` is unknown", hint


def _is_misspelled(key: str, value: Mapping[str, Any], error: ValidationError) -> bool:
    """An unknown key that looks like the missing one is complained about with that hint; once is enough."""
    known = error.schema.get("properties", {})
    return bool(get_close_matches(key, [one for one in value if one not in known], 1, 0.6))


def _retype(wanted: str, value: Any) -> str:
    if wanted == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return f'Put it in quotation marks: "{value}".'
    if wanted == "string" and isinstance(value, bool):
        return f'If the word is meant, put it in quotation marks: "{str(value).lower()}".'
    if wanted == "boolean" and is_old_boolean(value):
        return "Write true or false."
    if wanted == "integer" and isinstance(value, str) and value.strip().isdigit():
        return "Write it without quotation marks."
    if wanted == "array" and not isinstance(value, dict):
        return "Write a list: [first, second], or one entry per line with `- `."
    return ""


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {_shown(value)}"
    return "a list" if isinstance(value, list) else "a group of keys"


def _shown(value: Any) -> str:
    """The value, short enough for one line."""
    if isinstance(value, list | dict):
        return _kind(value)
    text = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
