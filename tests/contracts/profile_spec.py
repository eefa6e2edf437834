"""The xAPI Profile specification 1.0 as far as our profile uses it: the shape of a document, and its two algorithms.

Written after github.com/adlnet/xapi-profiles: part two, "Structure", sections 4 and 6 to 9; part three,
"Communication", sections 2.1 (statement templates) and 2.2 (patterns).
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

CONTEXT = "https://w3id.org/xapi/profiles/context"
IRI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.IGNORECASE)
PATHS = re.compile(r"\$(\.[A-Za-z]\w*|\['[^']+'\]|\[\*\]|\[\d+\])+")
HOW = ("alternates", "optional", "oneOrMore", "sequence", "zeroOrMore")


# The shape of a document


def iri(value: Any) -> bool:
    return isinstance(value, str) and IRI.fullmatch(value) is not None


def iris(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(iri, value))


def texts(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(
            re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", tag) and isinstance(said, str) for tag, said in value.items()
        )
    )


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def word(value: Any) -> bool:
    return isinstance(value, str)


def instant(value: Any) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None


def schema(value: Any) -> bool:
    return isinstance(value, str) and isinstance(json.loads(value), dict)


def objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


Check = Callable[[Any], bool]
NAMED: dict[str, Check] = {"id": iri, "type": word, "inScheme": iri, "prefLabel": texts, "definition": texts}
PROFILE: dict[str, Check] = {
    "@context": iri,
    "conformsTo": iri,
    "versions": objects,
    "author": lambda v: isinstance(v, dict),
}
RELATED = ("broader", "broadMatch", "narrower", "narrowMatch", "related", "relatedMatch", "exactMatch")
MAY: dict[str, dict[str, Check]] = {
    "Verb": dict.fromkeys(RELATED, iris),
    "ActivityType": dict.fromkeys(RELATED, iris),
    "AttachmentUsageType": dict.fromkeys(RELATED, iris),
    "ContextExtension": {"recommendedVerbs": iris, "context": iri, "schema": iri, "inlineSchema": schema},
    "ResultExtension": {"recommendedVerbs": iris, "context": iri, "schema": iri, "inlineSchema": schema},
    "ActivityExtension": {"recommendedActivityTypes": iris, "context": iri, "schema": iri, "inlineSchema": schema},
    "StatementTemplate": {
        "verb": iri,
        "objectActivityType": iri,
        "objectStatementRefTemplate": iris,
        "contextStatementRefTemplate": iris,
        "contextGroupingActivityType": iris,
        "contextParentActivityType": iris,
        "contextOtherActivityType": iris,
        "contextCategoryActivityType": iris,
        "attachmentUsageType": iris,
        "rules": objects,
    },
    "Pattern": {
        "primary": flag,
        "alternates": iris,
        "sequence": iris,
        "optional": iri,
        "oneOrMore": iri,
        "zeroOrMore": iri,
    },
}
CONCEPTS = frozenset(MAY) - {"StatementTemplate", "Pattern"}
RULE: dict[str, Check] = {
    "location": lambda value: isinstance(value, str) and PATHS.fullmatch(value) is not None,
    "selector": lambda value: isinstance(value, str) and PATHS.fullmatch(value) is not None,
    "presence": lambda value: value in {"included", "excluded", "recommended"},
    "any": lambda value: isinstance(value, list),
    "all": lambda value: isinstance(value, list),
    "none": lambda value: isinstance(value, list),
    "scopeNote": texts,
}


def problems(document: Mapping[str, Any]) -> list[str]:
    """Everything in which `document` is no profile; empty for one that is."""
    return [*_empty(document, "profile"), *_shape(document), *_references(document)]


def _empty(value: Any, path: str) -> Iterator[str]:
    if value is None or value == "" or value == {} or value == []:
        yield f"{path}: a value must not be empty"
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _empty(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _empty(inner, f"{path}[{number}]")


def _object(value: Mapping[str, Any], path: str, must: Mapping[str, Check], may: Mapping[str, Check]) -> Iterator[str]:
    for name in must.keys() - value.keys():
        yield f"{path}.{name}: is missing"
    for name, inner in value.items():
        check = {**must, **may}.get(name)
        if check is None:
            yield f"{path}.{name}: is no property here"
            continue
        try:
            fits = check(inner)
        except ValueError:
            fits = False
        if not fits:
            yield f"{path}.{name}: {inner!r:.80} does not fit"


def _shape(document: Mapping[str, Any]) -> Iterator[str]:
    must = {**PROFILE, **{name: check for name, check in NAMED.items() if name != "inScheme"}}
    parts = dict.fromkeys(("concepts", "templates", "patterns"), objects)
    yield from _object(document, "profile", must, {"seeAlso": iri, **parts})
    if document.get("@context") != CONTEXT or document.get("type") != "Profile":
        yield "profile: @context or type is another"
    versions = {one.get("id") for one in document["versions"]}
    for version in document["versions"]:
        yield from _object(version, "version", {"id": iri, "generatedAtTime": instant}, {"wasRevisionOf": iris})
    if len(document["versions"]) - sum("wasRevisionOf" in one for one in document["versions"]) != 1:
        yield "versions: all but the first must say what they revise"
    yield from _object(document["author"], "author", {"type": word, "name": word}, {"url": iri})
    for part, types in (("concepts", CONCEPTS), ("templates", {"StatementTemplate"}), ("patterns", {"Pattern"})):
        for one in document.get(part, ()):
            path = f"{part} {one.get('id')}"
            if one.get("type") not in types:
                yield f"{path}: the type {one.get('type')} does not belong there"
                continue
            named = NAMED if part != "patterns" or one.get("primary") else {"id": iri, "type": word}
            yield from _object(one, path, named, {**NAMED, "deprecated": flag, **MAY[one["type"]]})
            if one.get("inScheme", next(iter(versions))) not in versions:
                yield f"{path}.inScheme: is no version of this profile"
            if "schema" in one and "inlineSchema" in one:
                yield f"{path}: one schema at most"
            for rule in one.get("rules", ()):
                yield from _object(rule, f"{path} rule", {"location": RULE["location"]}, RULE)
                if not rule.keys() & {"presence", "any", "all", "none"}:
                    yield f"{path} rule: says nothing"
            if "objectStatementRefTemplate" in one and "objectActivityType" in one:
                yield f"{path}: its object cannot be both"


def _references(document: Mapping[str, Any]) -> Iterator[str]:
    templates = {one["id"]: one for one in document.get("templates", ())}
    patterns = {one["id"]: one for one in document.get("patterns", ())}
    ids = [one["id"] for part in ("concepts", "templates", "patterns") for one in document.get(part, ())]
    if len(set(ids)) != len(ids):
        yield "an id is used twice"
    for key, template in templates.items():
        for name in ("objectStatementRefTemplate", "contextStatementRefTemplate"):
            if not set(template.get(name, ())) <= templates.keys():
                yield f"{key}.{name}: no such template"
    for key, pattern in patterns.items():
        how = [name for name in HOW if name in pattern]
        if len(how) != 1:
            yield f"{key}: must have exactly one of {HOW}"
            continue
        inner = members(pattern)
        if how[0] in {"alternates", "sequence"} and len(inner) < 2:
            yield f"{key}: needs two members"
        if not set(inner) <= templates.keys() | patterns.keys():
            yield f"{key}: no such member"
            continue
        if how[0] == "alternates" and any({"optional", "zeroOrMore"} & patterns.get(one, {}).keys() for one in inner):
            yield f"{key}: an alternative must not be optional"
        if key in _below(key, patterns):
            yield f"{key}: is within itself"
    used = {inner for pattern in patterns.values() for inner in members(pattern)}
    for key in patterns.keys() - used:
        if not patterns[key].get("primary"):
            yield f"{key}: is used by no primary pattern"


def members(pattern: Mapping[str, Any]) -> list[str]:
    found = [pattern[name] for name in HOW if name in pattern]
    return [inner for one in found for inner in (one if isinstance(one, list) else [one])]


def _below(key: str, patterns: Mapping[str, Any]) -> set[str]:
    waiting, seen = list(members(patterns[key])), set()
    while waiting:
        one = waiting.pop()
        if one in patterns and one not in seen:
            seen.add(one)
            waiting += members(patterns[one])
    return seen


# Statements and templates


def values_at(statement: Any, path: str) -> list[Any]:
    """JSONPath, as far as the specification allows it."""
    found = [statement]
    for dotted, quoted, index in re.findall(r"\.([A-Za-z]\w*)|\['([^']+)'\]|\[(\*|\d+)\]", path):
        name, following = dotted or quoted, []
        for value in found:
            if name and isinstance(value, dict) and name in value:
                following.append(value[name])
            elif index == "*" and isinstance(value, list | dict):
                following += value.values() if isinstance(value, dict) else value
            elif index.isdigit() and isinstance(value, list) and int(index) < len(value):
                following.append(value[int(index)])
        found = following
    return found


def is_of(statement: Mapping[str, Any], template: Mapping[str, Any]) -> bool:
    """Whether the determining properties of the template are those of the statement."""
    thing = statement["object"]
    if "verb" in template and statement["verb"]["id"] != template["verb"]:
        return False
    if "objectActivityType" in template:
        return thing.get("definition", {}).get("type") == template["objectActivityType"]
    return True


def broken(
    statement: Mapping[str, Any], template: Mapping[str, Any], told: Mapping[str, Mapping[str, Any]], all_: Any
) -> list[str]:
    """The rules of `template` that `statement` breaks. `told`: statements by id; `all_`: templates by id."""
    wrong = []
    for rule in template.get("rules", ()):
        found = values_at(statement, rule["location"])
        presence = rule.get("presence")
        if presence == "included" and not found:
            wrong.append(f"{rule['location']}: is missing")
        if presence == "excluded" and found:
            wrong.append(f"{rule['location']}: must not be there")
        if found or presence in {None, "included"}:
            if "any" in rule and not any(value in rule["any"] for value in found):
                wrong.append(f"{rule['location']}: none of {rule['any']}")
            if "all" in rule and not all(value in rule["all"] for value in found):
                wrong.append(f"{rule['location']}: not all of {rule['all']}")
            if "none" in rule and any(value in rule["none"] for value in found):
                wrong.append(f"{rule['location']}: one of {rule['none']}")
    for name, reference in (
        ("objectStatementRefTemplate", statement["object"]),
        ("contextStatementRefTemplate", statement.get("context", {}).get("statement", {})),
    ):
        if name not in template:
            continue
        meant = told.get(reference.get("id", "")) if reference.get("objectType") == "StatementRef" else None
        if meant is None or not any(is_of(meant, all_[one]) for one in template[name]):
            wrong.append(f"{name}: refers to no such statement")
    return wrong


# Statements and patterns

Outcome = tuple[str, Sequence[str]]


class Matcher:
    """`matches` of part three, 2.2: greedy, without going back. Statements are given by the template they are of."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.patterns = {one["id"]: one for one in document["patterns"]}
        self.primary = [one["id"] for one in document["patterns"] if one.get("primary")]

    def matches(self, said: Sequence[str], element: str) -> Outcome:
        pattern = self.patterns.get(element)
        if pattern is None:
            if not said:
                return "partial", ()
            return ("success", said[1:]) if said[0] == element else ("failure", said)
        (how,) = (name for name in HOW if name in pattern)
        return getattr(self, f"_{how}")(said, pattern[how])

    def _sequence(self, said: Sequence[str], elements: Sequence[str]) -> Outcome:
        following = said
        for element in elements:
            outcome, following = self.matches(following, element)
            if outcome == "failure":
                return "failure", said
            if outcome == "partial":
                return "partial", ()
        return "success", following

    def _alternates(self, said: Sequence[str], elements: Sequence[str]) -> Outcome:
        best, following = "failure", said
        for element in elements:
            outcome, left = self.matches(said, element)
            if outcome == "success":
                best = "success"
                if len(left) < len(following):
                    following = left
            if outcome == "partial" and best == "failure":
                best = "partial"
        return ("partial", ()) if best == "partial" else (best, following)

    def _oneOrMore(self, said: Sequence[str], element: str) -> Outcome:
        best, last = "failure", said
        while True:
            outcome, following = self.matches(last, element)
            if outcome == "success":
                best = "success"
            elif best == "failure" and outcome == "partial":
                return "partial", ()
            else:
                return ("partial", last) if outcome == "partial" and last else (best, last)
            if len(following) == len(last):
                return "success", following
            last = following

    def _zeroOrMore(self, said: Sequence[str], element: str) -> Outcome:
        last = said
        while True:
            outcome, following = self.matches(last, element)
            if outcome == "failure":
                return "success", last
            if outcome == "partial" and following:
                return "partial", following
            if len(following) == len(last):
                return "success", following
            last = following

    def _optional(self, said: Sequence[str], element: str) -> Outcome:
        if not said:
            return "success", ()
        outcome, following = self.matches(said, element)
        return (outcome, following) if outcome in {"success", "partial"} else ("success", said)
