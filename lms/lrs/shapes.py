"""The shapes of a statement's parts, as the xAPI specification names them (1.0.3, and 2.0 where it says more)."""

import re
from collections.abc import Collection
from typing import Any

from lms.lrs.validate import (
    Check,
    InvalidStatement,
    at,
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
    wrong,
)
from lms.lrs.versions import Version

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"

# People

IDENTIFIERS = frozenset({"mbox", "mbox_sha1sum", "openid", "account"})
NAMED = "mbox, mbox_sha1sum, openid, account"
MAILTO = re.compile(r"mailto:[^\s@]+@[^\s@]+").fullmatch
SHA1 = re.compile(r"[0-9a-fA-F]{40}").fullmatch


def _mbox(value: Any) -> None:
    string(value)
    if not MAILTO(value):
        raise wrong("must be mailto: and an address")


def _sha1(value: Any) -> None:
    string(value)
    if not SHA1(value):
        raise wrong("must be 40 hexadecimal digits")


_IDENTITY: dict[str, Check] = {
    "name": string,
    "mbox": _mbox,
    "mbox_sha1sum": _sha1,
    "openid": iri,
    "account": shape({"homePage": iri, "name": string}, ("homePage", "name")),
}
_AGENT = shape({"objectType": constant("Agent"), **_IDENTITY})


def agent(value: Any) -> None:
    """A person or a system with exactly one identifier."""
    _AGENT(value)
    if len(IDENTIFIERS & value.keys()) != 1:
        raise wrong(f"must have exactly one of {NAMED}")


_GROUP = shape({"objectType": constant("Group"), "member": list_of(agent), **_IDENTITY}, ("objectType",))


def group(value: Any) -> None:
    """Identified by one identifier, or anonymous with members."""
    _GROUP(value)
    count = len(IDENTIFIERS & value.keys())
    if count > 1:
        raise wrong(f"must not have more than one of {NAMED}")
    if count == 0 and not value.get("member"):
        raise wrong("an anonymous group needs members", "member")


def agent_or_group(value: Any) -> None:
    (group if mapping(value).get("objectType") == "Group" else agent)(value)


def authority(value: Any) -> None:
    """An agent, or for OAuth the pair of application and person."""
    agent_or_group(value)
    if value.get("objectType") == "Group" and (IDENTIFIERS & value.keys() or len(value["member"]) != 2):
        raise wrong("a group as authority is anonymous and has exactly two members")


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
LISTS = frozenset({"choices", "scale", "source", "target", "steps"})
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
        **dict.fromkeys(LISTS, _components),
    }
)


def definition(value: Any) -> None:
    _DEFINITION(value)
    kind = value.get("interactionType")
    found = LISTS & value.keys()
    if kind is None and (found or "correctResponsesPattern" in value):
        raise wrong("is missing", "interactionType")
    for name in sorted(found):
        if name not in COMPONENTS.get(kind, ()):
            raise wrong(f"does not belong to an interaction of type {kind}", name)
        ids = [part["id"] for part in value[name]]
        if len(set(ids)) != len(ids):
            raise wrong("has the same id twice", name)


activity = shape({"objectType": constant("Activity"), "id": iri, "definition": definition}, ("id",))
statement_ref = shape({"objectType": constant("StatementRef"), "id": uuid}, ("objectType", "id"))
verb = shape({"id": iri, "display": language_map}, ("id",))


# Result and context

_SCORE = shape(dict.fromkeys(("scaled", "raw", "min", "max"), number))


def score(value: Any) -> None:
    _SCORE(value)
    if not -1 <= value.get("scaled", 0) <= 1:
        raise wrong("must be from -1 to 1", "scaled")
    low, raw, high = value.get("min"), value.get("raw"), value.get("max")
    if low is not None and high is not None and not low < high:
        raise wrong("must be above min", "max")
    if raw is not None and ((low is not None and raw < low) or (high is not None and raw > high)):
        raise wrong("must lie between min and max", "raw")


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


_activity_list = list_of(activity)


def _activities(value: Any) -> None:
    """A list; a single activity is taken for a list of one, as the specification asks."""
    (activity if isinstance(value, dict) else _activity_list)(value)


_CONTEXT: dict[str, Check] = {
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
_relevant = list_of(iri, at_least=1)
_CONTEXT_2 = _CONTEXT | {
    "contextAgents": list_of(
        shape(
            {"objectType": constant("contextAgent"), "agent": agent, "relevantTypes": _relevant},
            ("objectType", "agent"),
        )
    ),
    "contextGroups": list_of(
        shape(
            {"objectType": constant("contextGroup"), "group": group, "relevantTypes": _relevant},
            ("objectType", "group"),
        )
    ),
}

SHA2 = re.compile(r"(?:[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})").fullmatch
MEDIA_TYPE = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+/[!#$%&'*+\-.^_`|~0-9A-Za-z]+ *(?:;[^\r\n]*)?").fullmatch


def _sha2(value: Any) -> None:
    string(value)
    if not SHA2(value):
        raise wrong("must be a SHA-2 hash in hexadecimal digits (of 224, 256, 384 or 512 bits)")


def _media_type(value: Any) -> None:
    string(value)
    if not MEDIA_TYPE(value):
        raise wrong("must be a media type, such as text/plain")


attachment = shape(
    {
        "usageType": iri,
        "display": language_map,
        "description": language_map,
        "contentType": _media_type,
        "length": whole_number,
        "sha2": _sha2,
        "fileUrl": iri,
    },
    ("usageType", "display", "contentType", "length", "sha2"),
)

# Statements

_NEEDED = ("actor", "verb", "object")
_VERSION_1 = re.compile(r"1\.0(\.\d+)?", re.ASCII).fullmatch
_VERSION_2 = re.compile(r"(1\.0|2\.0)(\.\d+)?", re.ASCII).fullmatch


def _version_1(value: Any) -> None:
    string(value)
    if not _VERSION_1(value):
        raise wrong("must be 1.0 or 1.0.x")


def _version_2(value: Any) -> None:
    string(value)
    if not _VERSION_2(value):
        raise wrong("must be 2.0.x, or 1.0.x of a statement made for an earlier version")


def _statement_of(version: Version) -> Check:
    """The rules for what a client says that speaks this version."""
    is_second = version is Version.SECOND
    core: dict[str, Check] = {
        "actor": agent_or_group,
        "verb": verb,
        "result": result,
        "context": shape(_CONTEXT_2 if is_second else _CONTEXT),
        "timestamp": instant,
        "attachments": list_of(attachment),
    }

    def thing(value: Any) -> None:
        kind = mapping(value).get("objectType", "Activity")
        if kind == "SubStatement":
            inner(value)
            _whole(value)
        else:
            simple_thing(value)

    def simple_thing(value: Any) -> None:
        match mapping(value).get("objectType", "Activity"):
            case "Activity":
                activity(value)
            case "Agent":
                agent(value)
            case "Group":
                group(value)
            case "StatementRef":
                statement_ref(value)
            case _:
                raise wrong("is no kind of object here", "objectType")

    inner = shape({**core, "objectType": constant("SubStatement"), "object": simple_thing}, _NEEDED)
    return shape(
        {
            **core,
            "id": uuid,
            "stored": instant,
            "authority": authority,
            "version": _version_2 if is_second else _version_1,
            "object": thing,
        },
        _NEEDED,
    )


_STATEMENT = {version: _statement_of(version) for version in Version}


def _whole(value: dict[str, Any]) -> None:
    """What no part can say alone."""
    said_of = value["object"].get("objectType", "Activity")
    context = value.get("context")
    if context and said_of != "Activity":
        for name in ("revision", "platform"):
            if name in context:
                raise wrong("is for statements about an activity only", "context", name)
    if value["verb"]["id"] == VOIDED and said_of != "StatementRef":
        raise wrong("a voiding statement refers to the statement it voids", "object")


def statement(
    value: Any, path: str = "statement", *, version: Version = Version.FIRST, came: Collection[str] = frozenset()
) -> None:
    """Raise InvalidStatement unless `value` is a statement. `came`: the hashes of the data that came with it."""
    at(path, _STATEMENT[version], value)
    at(path, _whole, value)
    for name, where in ((value, path), (value["object"], f"{path}.object")):
        for index, part in enumerate(name.get("attachments", ())):
            if "fileUrl" not in part and part["sha2"].lower() not in came:
                raise InvalidStatement(f"{where}.attachments[{index}].fileUrl", "is missing: no data came with it")
