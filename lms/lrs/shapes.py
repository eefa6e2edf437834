"""The shapes of a statement's parts, as the xAPI specification (1.0.3) names them."""

import re
from typing import Any

from lms.lrs.validate import (
    Check,
    InvalidStatement,
    boolean,
    constant,
    duration,
    extensions,
    instant,
    iri,
    language,
    language_map,
    list_of,
    mapping,
    number,
    one_of,
    shape,
    string,
    uuid,
    whole_number,
)

VOIDED = "http://adlnet.gov/expapi/verbs/voided"

# People

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
MAILTO = re.compile(r"mailto:[^\s@]+@[^\s@]+")
SHA1 = re.compile(r"[0-9a-fA-F]{40}")


def _mbox(value: Any, path: str) -> None:
    string(value, path)
    if not MAILTO.fullmatch(value):
        raise InvalidStatement(path, "must be mailto: and an address")


def _sha1(value: Any, path: str) -> None:
    string(value, path)
    if not SHA1.fullmatch(value):
        raise InvalidStatement(path, "must be 40 hexadecimal digits")


_IDENTITY: dict[str, Check] = {
    "name": string,
    "mbox": _mbox,
    "mbox_sha1sum": _sha1,
    "openid": iri,
    "account": shape({"homePage": iri, "name": string}, ("homePage", "name")),
}
_AGENT = shape({"objectType": constant("Agent"), **_IDENTITY})


def agent(value: Any, path: str) -> None:
    """A person or a system with exactly one identifier."""
    _AGENT(value, path)
    if _identifiers(value) != 1:
        raise InvalidStatement(path, f"must have exactly one of {', '.join(IDENTIFIERS)}")


_GROUP = shape({"objectType": constant("Group"), "member": list_of(agent), **_IDENTITY}, ("objectType",))


def group(value: Any, path: str) -> None:
    """Identified by one identifier, or anonymous with members."""
    _GROUP(value, path)
    count = _identifiers(value)
    if count > 1:
        raise InvalidStatement(path, f"must not have more than one of {', '.join(IDENTIFIERS)}")
    if count == 0 and not value.get("member"):
        raise InvalidStatement(f"{path}.member", "an anonymous group needs members")


def agent_or_group(value: Any, path: str) -> None:
    (group if mapping(value, path).get("objectType") == "Group" else agent)(value, path)


def _identifiers(value: dict[str, Any]) -> int:
    return sum(name in value for name in IDENTIFIERS)


def authority(value: Any, path: str) -> None:
    """An agent, or for OAuth the pair of application and person."""
    agent_or_group(value, path)
    if value.get("objectType") == "Group" and (_identifiers(value) or len(value["member"]) != 2):
        raise InvalidStatement(path, "a group as authority is anonymous and has exactly two members")


# Things

INTERACTIONS = (
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "matching",
    "performance",
    "sequencing",
    "likert",
    "numeric",
    "other",
)
COMPONENTS = {
    "choice": {"choices"},
    "sequencing": {"choices"},
    "likert": {"scale"},
    "matching": {"source", "target"},
    "performance": {"steps"},
}
_components = list_of(shape({"id": string, "description": language_map}, ("id",)))
_DEFINITION = shape(
    {
        "name": language_map,
        "description": language_map,
        "type": iri,
        "moreInfo": iri,
        "extensions": extensions,
        "interactionType": one_of(*INTERACTIONS),
        "correctResponsesPattern": list_of(string),
        **dict.fromkeys(("choices", "scale", "source", "target", "steps"), _components),
    }
)


def definition(value: Any, path: str) -> None:
    _DEFINITION(value, path)
    kind = value.get("interactionType")
    found = value.keys() & {"choices", "scale", "source", "target", "steps"}
    if kind is None and (found or "correctResponsesPattern" in value):
        raise InvalidStatement(f"{path}.interactionType", "is missing")
    for name in sorted(found):
        if name not in COMPONENTS.get(kind, set()):
            raise InvalidStatement(f"{path}.{name}", f"does not belong to an interaction of type {kind}")
        ids = [part["id"] for part in value[name]]
        if len(set(ids)) != len(ids):
            raise InvalidStatement(f"{path}.{name}", "has the same id twice")


activity = shape({"objectType": constant("Activity"), "id": iri, "definition": definition}, ("id",))
statement_ref = shape({"objectType": constant("StatementRef"), "id": uuid}, ("objectType", "id"))
verb = shape({"id": iri, "display": language_map}, ("id",))


# Result and context

_SCORE = shape(dict.fromkeys(("scaled", "raw", "min", "max"), number))


def score(value: Any, path: str) -> None:
    _SCORE(value, path)
    if not -1 <= value.get("scaled", 0) <= 1:
        raise InvalidStatement(f"{path}.scaled", "must be from -1 to 1")
    low, raw, high = value.get("min"), value.get("raw"), value.get("max")
    if low is not None and high is not None and not low < high:
        raise InvalidStatement(f"{path}.max", "must be above min")
    if raw is not None and ((low is not None and raw < low) or (high is not None and raw > high)):
        raise InvalidStatement(f"{path}.raw", "must lie between min and max")


result = shape(
    {
        "score": score,
        "success": boolean,
        "completion": boolean,
        "response": string,
        "duration": duration,
        "extensions": extensions,
    }
)


def _activities(value: Any, path: str) -> None:
    """A list; a single activity is taken for a list of one, as the specification asks."""
    if isinstance(value, dict):
        activity(value, path)
    else:
        list_of(activity)(value, path)


context = shape(
    {
        "registration": uuid,
        "instructor": agent_or_group,
        "team": group,
        "contextActivities": shape(dict.fromkeys(("parent", "grouping", "category", "other"), _activities)),
        "revision": string,
        "platform": string,
        "language": language,
        "statement": statement_ref,
        "extensions": extensions,
    }
)

attachment = shape(
    {
        "usageType": iri,
        "display": language_map,
        "description": language_map,
        "contentType": string,
        "length": whole_number,
        "sha2": string,
        "fileUrl": iri,
    },
    ("usageType", "display", "contentType", "length", "sha2"),
)

# Statements


def _version(value: Any, path: str) -> None:
    string(value, path)
    if not re.fullmatch(r"1\.0(\.\d+)?", value):
        raise InvalidStatement(path, "must be 1.0 or 1.0.x")


_CORE: dict[str, Check] = {
    "actor": agent_or_group,
    "verb": verb,
    "result": result,
    "context": context,
    "timestamp": instant,
    "attachments": list_of(attachment),
}
_NEEDED = ("actor", "verb", "object")
_SUB_STATEMENT = shape(
    {
        **_CORE,
        "objectType": constant("SubStatement"),
        "object": lambda value, path: _object(value, path, inner=True),
    },
    _NEEDED,
)
_STATEMENT = shape(
    {
        **_CORE,
        "id": uuid,
        "stored": instant,
        "authority": authority,
        "version": _version,
        "object": lambda value, path: _object(value, path),
    },
    _NEEDED,
)


def _object(value: Any, path: str, *, inner: bool = False) -> None:
    match mapping(value, path).get("objectType", "Activity"):
        case "Activity":
            activity(value, path)
        case "Agent":
            agent(value, path)
        case "Group":
            group(value, path)
        case "StatementRef":
            statement_ref(value, path)
        case "SubStatement" if not inner:
            _SUB_STATEMENT(value, path)
            _whole(value, path)
        case _:
            raise InvalidStatement(f"{path}.objectType", "is no kind of object here")


def _whole(value: dict[str, Any], path: str) -> None:
    """What no part can say alone."""
    said_of = value["object"].get("objectType", "Activity")
    for name in ("revision", "platform"):
        if name in value.get("context", ()) and said_of != "Activity":
            raise InvalidStatement(f"{path}.context.{name}", "is for statements about an activity only")
    if value["verb"]["id"] == VOIDED and said_of != "StatementRef":
        raise InvalidStatement(f"{path}.object", "a voiding statement refers to the statement it voids")


def statement(value: Any, path: str = "statement") -> None:
    """Raise InvalidStatement unless `value` is a statement."""
    _STATEMENT(value, path)
    _whole(value, path)
    for index, part in enumerate(value.get("attachments", ())):
        if "fileUrl" not in part:
            raise InvalidStatement(f"{path}.attachments[{index}].fileUrl", "is missing: no data came with it")
