"""What a statement says, in words: who did what to what, and the rest of it as facts.

Texts of others are cut to a length that a page can show, and lose the signs that turn the direction of what stands
beside them; the JSON has all of it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from lms.lrs import credentials
from lms.lrs import queries as store
from lms.people import queries as people
from lms.statements import home

LANGUAGES = ("en-US", "en")
LONGEST_NAME, LONGEST_TITLE, LONGEST_FACT = 80, 160, 400
MOST_MEMBERS, MOST_ACTIVITIES, MOST_EXTENSIONS = 5, 8, 25
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
DURATION = re.compile(r"([\d.,]+)([YMWDHS])")
UNITS = {"Y": "y", "W": "wk", "D": "d", "H": "h", "S": "s"}
WITHIN = (("Within", "parent"), ("Also about", "grouping"), ("Category", "category"), ("Beside", "other"))
CREDENTIAL = "lrs:"

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """`statement_id`: of the statement that the words are about."""

    term: str
    words: str
    statement_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What has to be known to say it: names of our people, names of activities, statements that are spoken of."""

    names: Mapping[UUID, str] = field(default_factory=dict)
    definitions: Mapping[str, Statement] = field(default_factory=dict)
    others: Mapping[UUID, Statement] = field(default_factory=dict)

    def sentence(self, body: Statement) -> str:
        return f"{self.agent(body['actor'])} {self.verb(body)} {self.object(body['object'], deep=False)}"

    def verb(self, body: Statement) -> str:
        address = re.split(r"[/#:]", body["verb"]["id"].rstrip("/#:"))[-1]
        return shown(in_english(body["verb"].get("display")) or address, LONGEST_NAME)

    def agent(self, agent: Statement) -> str:
        own = own_id(agent)
        if own is not None and own in self.names:
            return self.names[own]
        known = _identity(agent)
        name = agent.get("name")
        if name:
            both = shown(name, LONGEST_NAME)
            return f"{both} ({shown(known, LONGEST_NAME)})" if known else both
        if not known and "member" in agent:
            return _listed([self.agent(member) for member in agent["member"][:MOST_MEMBERS]], len(agent["member"]))
        return shown(known, LONGEST_TITLE)

    def activity(self, activity: Statement) -> str:
        """By the name that it is given here, or else by the one that the store knows it by."""
        own = in_english(activity.get("definition", {}).get("name"))
        return shown(own or in_english(self.definitions.get(activity["id"], {}).get("name")) or activity["id"])

    def object(self, thing: Statement, *, deep: bool = True) -> str:
        """`deep`: what a statement that is the object says, too."""
        match thing.get("objectType", "Activity"):
            case "Activity":
                return self.activity(thing)
            case "StatementRef":
                other = self.others.get(UUID(thing["id"]))
                return f"“{self.sentence(other)}”" if deep and other is not None else f"statement {thing['id']}"
            case "SubStatement":
                return f"“{self.sentence(thing)}”" if deep else "…"
            case _:
                return self.agent(thing)

    def facts(self, body: Statement) -> Iterator[Fact]:
        result, context = body.get("result", {}), body.get("context", {})
        for term, words in (*self._of_result(body, result), *self._of_context(context)):
            yield Fact(term, words)
        if body["object"].get("objectType") == "StatementRef":
            yield self._spoken_of("About", body["object"])
        if "statement" in context:
            yield self._spoken_of("Refers to", context["statement"])
        for one in body.get("attachments", []):
            kind = f"{one['contentType']}, {one['length']:,} bytes"
            yield Fact("Attachment", f"{shown(in_english(one['display']) or 'without a name')} ({shown(kind)})")
        extensions = {**result.get("extensions", {}), **context.get("extensions", {})}
        yield from (Fact(term, words) for term, words in self._extensions(extensions))
        yield Fact("Stored by", self._authority(body["authority"]))

    def _of_result(self, body: Statement, result: Statement) -> Iterator[tuple[str, str]]:
        if words := score(result.get("score", {})):
            yield "Score", words
        for term, name in (("Success", "success"), ("Completion", "completion")):
            if name in result:
                yield term, "yes" if result[name] else "no"
        if "duration" in result:
            yield "Duration", duration(result["duration"])
        if result.get("response"):
            yield "Response", shown(_response(body["object"], result["response"]), LONGEST_FACT)

    def _of_context(self, context: Statement) -> Iterator[tuple[str, str]]:
        for term, name in (("Instructor", "instructor"), ("Team", "team")):
            if name in context:
                yield term, self.agent(context[name])
        for list_, name in (("contextAgents", "agent"), ("contextGroups", "group")):
            some = context.get(list_, [])
            if some:
                yield "With", _listed([self.agent(one[name]) for one in some[:MOST_MEMBERS]], len(some))
        for term, name in (("Registration", "registration"), ("Platform", "platform"), ("Language", "language")):
            if name in context:
                yield term, shown(context[name])
        for term, name in WITHIN:
            activities = context.get("contextActivities", {}).get(name, [])
            # A course in one version and in all of them has one name.
            words = dict.fromkeys(self.activity(activity) for activity in activities[: 4 * MOST_ACTIVITIES])
            if words:
                unseen = max(0, len(activities) - 4 * MOST_ACTIVITIES)
                yield term, _listed(list(words)[:MOST_ACTIVITIES], len(words) + unseen)

    def _spoken_of(self, term: str, reference: Statement) -> Fact:
        id_ = UUID(reference["id"])
        if id_ not in self.others:
            return Fact(term, f"statement {id_}, which is not stored here")
        return Fact(term, self.sentence(self.others[id_]), id_)

    def _extensions(self, extensions: Statement) -> Iterator[tuple[str, str]]:
        """By the last word of each key; whatever is neither plain nor an agent stands in the JSON."""
        plain = [(key, value) for key, value in extensions.items() if _is_plain(value) or is_account(value)]
        for key, value in plain[:MOST_EXTENSIONS]:
            term = re.split(r"[/#:]", key.rstrip("/#:"))[-1].replace("-", " ").replace("_", " ")
            yield shown(term.capitalize(), LONGEST_NAME), self._plain(value)
        if len(plain) > MOST_EXTENSIONS:
            yield "Extensions", f"{len(plain) - MOST_EXTENSIONS:,} more, in the JSON"

    def _plain(self, value: Any) -> str:
        match value:
            case bool():
                return "yes" if value else "no"
            case dict():
                return self.agent(value)
            case int() | float():
                return number(value)
            case _:
                return shown(value, LONGEST_FACT)

    def _authority(self, authority: Statement) -> str:
        """A tool by the name that its key pair has on *xAPI credentials*."""
        account = authority.get("account", {})
        if account.get("homePage") == home.current().base and account["name"].startswith(CREDENTIAL):
            name = credentials.name_of(account["name"].removeprefix(CREDENTIAL))
            if name is not None:
                return f"{name} ({account['name']})"
        return self.agent(authority)


def words_for(bodies: Sequence[Statement]) -> Words:
    """Names, activities and other statements, each looked up once for all of these."""
    references = [reference for body in bodies for reference in _references(body)]
    others = {id_: json.loads(text) for id_, text in store.mentioned(set(references)).items()}
    everything = [*bodies, *others.values()]
    nameless = {
        activity["id"]
        for body in everything
        for activity in _activities(body)
        if not activity.get("definition", {}).get("name")
    }
    return Words(_names(everything), store.definitions(nameless), others)


def _references(body: Statement) -> Iterator[UUID]:
    if body["object"].get("objectType") == "StatementRef":
        yield UUID(body["object"]["id"])
    if "statement" in body.get("context", {}):
        yield UUID(body["context"]["statement"]["id"])


def _activities(body: Statement) -> Iterator[Statement]:
    thing = body["object"]
    if thing.get("objectType") == "SubStatement":
        thing = thing["object"]
    if thing.get("objectType", "Activity") == "Activity":
        yield thing
    for name in ("parent", "grouping", "category", "other"):
        yield from body.get("context", {}).get("contextActivities", {}).get(name, [])[: 4 * MOST_ACTIVITIES]


def _names(bodies: Iterable[Statement]) -> Mapping[UUID, str]:
    """Our people among the agents that statements are by, about, or were instructed by."""
    ids = set()
    for body in bodies:
        context = body.get("context", {})
        agents = [body["actor"], body["object"], context.get("instructor", {}), *body["actor"].get("member", [])]
        agents += [value for value in context.get("extensions", {}).values() if is_account(value)]
        ids |= {id_ for id_ in map(own_id, agents) if id_ is not None}
    return {id_: row.name for id_, row in people.people(ids).items()}


def own_id(agent: Statement) -> UUID | None:
    """The person of ours that an account means, if it means one."""
    account = agent.get("account", {})
    if account.get("homePage") != home.current().base:
        return None
    try:
        return UUID(account["name"])
    except ValueError:
        return None


def is_account(value: Any) -> bool:
    account = value.get("account") if isinstance(value, dict) else None
    return isinstance(account, dict) and all(isinstance(account.get(name), str) for name in ("homePage", "name"))


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _identity(agent: Statement) -> str:
    account = agent.get("account")
    if account:
        name = str(account["name"])
        return name if account["homePage"] == home.current().base else f"{name} at {account['homePage']}"
    mbox = str(agent.get("mbox", "")).removeprefix("mailto:")
    return mbox or str(agent.get("openid") or agent.get("mbox_sha1sum") or "")


# Texts, numbers, lengths of time


def shown(text: Any, longest: int = LONGEST_TITLE) -> str:
    text = " ".join(TURNING.sub("", str(text)[: 8 * longest]).split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def in_english(texts: Mapping[str, str] | None) -> str:
    """In the reader's language if it is there, in any otherwise."""
    for tag in LANGUAGES:
        if texts and texts.get(tag):
            return texts[tag]
    return next((text for text in (texts or {}).values() if text), "")


def number(value: float) -> str:
    """`1,234,567.5`; powers of ten where nobody would count the zeros."""
    if value and not 1e-4 <= abs(value) < 1e15:
        return f"{float(value):g}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}".rstrip("0").rstrip(".")


def score(said: Statement) -> str:
    """`80 of 100 (80%)`, or as much of it as was said."""
    parts = []
    if "raw" in said:
        parts.append(number(said["raw"]) + (f" of {number(said['max'])}" if "max" in said else ""))
        if said.get("min"):
            parts.append(f"the lowest is {number(said['min'])}")
    words = ", ".join(parts)
    if "scaled" in said:
        percent = f"{number(round(said['scaled'] * 100, 1))}%"
        words = f"{words} ({percent})" if words else percent
    return words


def duration(text: str) -> str:
    """`PT50M19S` as `50 min 19 s`."""
    days, _, times = text.partition("T")
    parts = [(amount, "mo" if unit == "M" else UNITS[unit]) for amount, unit in DURATION.findall(days)]
    parts += [(amount, "min" if unit == "M" else UNITS[unit]) for amount, unit in DURATION.findall(times)]
    said = [f"{words} {unit}" for amount, unit in parts if (words := _amount(amount)) != "0"]
    return " ".join(said) or "0 s"


def _amount(text: str) -> str:
    whole, _, rest = text.replace(",", ".").partition(".")
    rest = rest[:2].rstrip("0")
    return (whole.lstrip("0") or "0")[:20] + (f".{rest}" if rest else "")


def _response(thing: Statement, response: str) -> str:
    """What was chosen in the words of the question, where it says them."""
    definition = thing.get("definition", {})
    texts = {
        one["id"]: in_english(one.get("description"))
        for name in ("choices", "scale")
        for one in definition.get(name, [])
    }
    chosen = response.split("[,]")
    return ", ".join(texts[id_] or id_ for id_ in chosen) if all(id_ in texts for id_ in chosen) else response


def _listed(some: Sequence[str], of: int) -> str:
    words = ", ".join(some)
    return f"{words} and {of - len(some):,} more" if of > len(some) else words
