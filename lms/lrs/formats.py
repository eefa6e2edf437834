"""The formats in which statements are given: as they came (`exact`), identifiers only, or canonical in one language."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from lms.lrs.keys import activities as activities_of

Json = dict[str, Any]


class Format(StrEnum):
    EXACT = "exact"
    IDS = "ids"
    CANONICAL = "canonical"


# Identifiers only

_AGENT = ("objectType", "mbox", "mbox_sha1sum", "openid", "account")
_IFI = frozenset(_AGENT[1:])


def ids(statement: Json) -> Json:
    """Of each agent, group, activity and verb only what identifies it."""
    found = dict(statement)
    found["actor"] = _agent(statement["actor"])
    found["verb"] = {"id": statement["verb"]["id"]}
    found["object"] = _thing(statement["object"])
    if "authority" in found:
        found["authority"] = _agent(statement["authority"])
    if "context" in found:
        found["context"] = _context(statement["context"])
    return found


def _agent(agent: Json) -> Json:
    found = {name: agent[name] for name in _AGENT if name in agent}
    if not _IFI & agent.keys():  # an anonymous group is who its members are
        found["member"] = [_agent(member) for member in agent.get("member", ())]
    return found


def _thing(thing: Json) -> Json:
    match thing.get("objectType", "Activity"):
        case "Activity":
            return _activity(thing)
        case "Agent" | "Group":
            return _agent(thing)
        case "SubStatement":
            return ids(thing)
        case _:
            return thing


def _activity(activity: Json) -> Json:
    return {"id": activity["id"]}  # being an Activity is the default


def _context(context: Json) -> Json:
    found = dict(context)
    for name in ("instructor", "team"):
        if name in found:
            found[name] = _agent(found[name])
    for list_, name in (("contextAgents", "agent"), ("contextGroups", "group")):
        if list_ in found:
            found[list_] = [{**part, name: _agent(part[name])} for part in found[list_]]
    if "contextActivities" in found:
        found["contextActivities"] = {
            name: [_activity(one) for one in part] for name, part in found["contextActivities"].items()
        }
    return found


# Canonical


# Each is looked for in each map of each statement; nobody reads so many, nor are tags so long (RFC 5646, 4.4.1).
MOST_WANTED, LONGEST_TAG = 32, 35


class Languages:
    """Which of a map's languages is given, by the client's Accept-Language."""

    def __init__(self, header: str | None) -> None:
        weighed, refused = [], set()
        for position, part in enumerate((header or "").split(",")):
            tag, *parameters = (piece.strip() for piece in part.split(";"))
            if len(tag) > LONGEST_TAG:
                continue
            quality = 1.0
            for parameter in parameters:
                name, _, value = parameter.partition("=")
                if name.strip() == "q":
                    try:
                        quality = float(value)
                    except ValueError:
                        quality = 0.0
            if tag and quality > 0:
                weighed.append((-quality, position, tag.lower()))
            elif tag:
                refused.add(tag.lower())
        self.wanted = tuple(dict.fromkeys(tag for _, _, tag in sorted(weighed)))[:MOST_WANTED]
        self._refused = frozenset(refused)

    def choose(self, texts: Mapping[str, str]) -> dict[str, str]:
        """One language of the map: the first that is wanted, or else the map's first."""
        if len(texts) < 2:
            return dict(texts)
        # One must be given, even if none is welcome.
        known = {tag.lower(): tag for tag in texts if not self._is_refused(tag.lower())} or {
            tag.lower(): tag for tag in texts
        }
        for wanted in self.wanted:
            if wanted == "*":
                break
            if chosen := self._matching(wanted, known):
                return {chosen: texts[chosen]}
        first = next(iter(known.values()))
        return {first: texts[first]}

    def _is_refused(self, tag: str) -> bool:
        """`en;q=0` is said of en-US too, unless that is wanted by its own name."""
        return tag not in self.wanted and any(f"{tag}-".startswith(f"{refused}-") for refused in self._refused)

    @staticmethod
    def _matching(wanted: str, known: Mapping[str, str]) -> str | None:
        """`en` is met by en-US, and `en-AU` by en if there is nothing nearer."""
        parts = wanted.split("-")
        while parts:
            tag = "-".join(parts)
            if tag in known:
                return known[tag]
            longer = next((full for low, full in known.items() if low.startswith(f"{tag}-")), None)
            if longer is not None:
                return longer
            parts.pop()
        return None


def activity_ids(statements: Sequence[Json]) -> set[str]:
    return {activity["id"] for statement in statements for activity in activities_of(statement)}


def canonical(statement: Json, definitions: Mapping[str, Json], languages: Languages) -> Json:
    """Activities as they are known, and each text in one language. Agents stay as they came."""
    found = dict(statement)
    verb = statement["verb"]
    if "display" in verb:
        found["verb"] = {**verb, "display": languages.choose(verb["display"])}
    thing = statement["object"]
    match thing.get("objectType", "Activity"):
        case "Activity":
            found["object"] = _told(thing, definitions, languages)
        case "SubStatement":
            found["object"] = canonical(thing, definitions, languages)
    activities = statement.get("context", {}).get("contextActivities")
    if activities:
        told = {name: [_told(one, definitions, languages) for one in part] for name, part in activities.items()}
        found["context"] = {**statement["context"], "contextActivities": told}
    if "attachments" in found:
        found["attachments"] = [
            _in_one_language(part, ("display", "description"), languages) for part in found["attachments"]
        ]
    return found


def _told(activity: Json, definitions: Mapping[str, Json], languages: Languages) -> Json:
    definition = definitions.get(activity["id"], activity.get("definition"))
    if definition is None:
        return activity
    one = _in_one_language(definition, ("name", "description"), languages)
    for name in ("choices", "scale", "source", "target", "steps"):
        if name in one:
            one[name] = [_in_one_language(part, ("description",), languages) for part in one[name]]
    return {**activity, "definition": one}


def _in_one_language(value: Json, names: Sequence[str], languages: Languages) -> Json:
    return {**value, **{name: languages.choose(value[name]) for name in names if name in value}}
