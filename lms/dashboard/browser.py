"""What the record store holds, for people: statements by filters, and each of them as words beside its JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lms.errors import RuleViolation
from lms.lrs import keys
from lms.lrs import queries as store
from lms.lrs.queries import Filter
from lms.lrs.validate import InvalidStatement, at, iri, parse_instant, parse_uuid
from lms.people import directory
from lms.people import queries as people
from lms.statements import home
from lms.statements import queries as ledger
from lms.statements.vocabulary import DISPLAY

PAGE = 50
LONGEST = 500
LANGUAGES = ("en-US", "en")


@dataclass(frozen=True, slots=True)
class Line:
    """One statement in a list. `verb`: the whole IRI."""

    statement_id: UUID
    stored_at: datetime
    happened_at: datetime
    who: str
    did: str
    verb: str
    what: str
    registration: str


@dataclass(frozen=True, slots=True)
class Listing:
    lines: tuple[Line, ...]
    after: int | None  # asks for the page that follows; None at the end


@dataclass(frozen=True, slots=True)
class Reading:
    """One statement in words, and as it is kept."""

    line: Line
    facts: tuple[tuple[str, str], ...]
    text: str
    is_voided: bool
    is_own: bool  # ours: the ledger and the deliveries know it


# Filters, each from what was typed


def agent_named(text: str, on: Any) -> str | None:
    """The agent that is meant: one of our people by name or address, an account's id, or somebody else's address."""
    text = text.strip()
    if not text:
        return None
    base = home.current().base
    found = directory.find(text, on)
    if len(found) == 1:
        return keys.agent_name({"account": home.current().account(str(found[0].id))})
    if len(found) > 1:
        raise RuleViolation("person_ambiguous", text=text)
    try:
        return keys.agent_name({"account": {"homePage": base, "name": str(UUID(text))}})
    except ValueError:
        pass
    address = text.removeprefix("mailto:")
    if "@" in address and " " not in address:
        return keys.agent_name({"mbox": f"mailto:{address}"})
    raise RuleViolation("person_unknown", text=text)


def verb_named(text: str) -> str | None:
    """A verb by our word for it, or by its IRI."""
    text = text.strip()
    for verb, word in DISPLAY.items():
        if text.lower() == word:
            return verb.value
    return _iri(text, "verb_unknown")


def activity_named(text: str) -> str | None:
    return _iri(text.strip(), "activity_unknown")


def registration_named(text: str) -> UUID | None:
    text = text.strip()
    try:
        return parse_uuid(text, "registration") if text else None
    except InvalidStatement as wrong:
        raise RuleViolation("registration_unknown", text=text[:60]) from wrong


def _iri(text: str, code: str) -> str | None:
    if not text:
        return None
    try:
        at(code, iri, text[:LONGEST])
    except InvalidStatement as wrong:
        raise RuleViolation(code, text=text[:60]) from wrong
    return text[:LONGEST]


# Reading


def listing(wanted: Filter) -> Listing:
    """Newest stored first. Names are looked up once for all of the page."""
    page = store.page(wanted)
    bodies = [(json.loads(one.body), one.stored) for one in page.found]
    names = _names(body for body, _ in bodies)
    return Listing(
        tuple(_line(body, stored, names) for body, stored in bodies), page.next.after if page.next is not None else None
    )


def reading(statement_id: UUID) -> Reading | None:
    """A stored statement, voided or not; None if there is none."""
    found = store.statement(statement_id)
    is_voided = found is None
    if found is None:
        found = store.statement(statement_id, voided=True)
    if found is None:
        return None
    body = json.loads(found.body)
    names = _names([body])
    return Reading(
        line=_line(body, found.stored, names),
        facts=tuple(_facts(body, names)),
        text=json.dumps(body, indent=2, ensure_ascii=False),
        is_voided=is_voided,
        is_own=ledger.statement(statement_id) is not None,
    )


Names = Mapping[UUID, str]


def _names(bodies: Iterable[dict[str, Any]]) -> Names:
    """Our people among the agents that statements are by, about, or were instructed by."""
    ids = set()
    for body in bodies:
        context = body.get("context", {})
        agents = [body["actor"], body["object"], context.get("instructor", {})]
        agents += [value for value in context.get("extensions", {}).values() if _is_account(value)]
        ids |= {id_ for id_ in map(_own_id, agents) if id_ is not None}
    return {id_: row.name for id_, row in people.people(ids).items()}


def _own_id(agent: Mapping[str, Any]) -> UUID | None:
    account = agent.get("account", {})
    if account.get("homePage") != home.current().base:
        return None
    try:
        return UUID(account["name"])
    except ValueError:
        return None


def _line(body: dict[str, Any], stored: datetime, names: Names) -> Line:
    return Line(
        statement_id=UUID(body["id"]),
        stored_at=stored,
        happened_at=parse_instant(body["timestamp"], "timestamp"),
        who=_agent(body["actor"], names),
        did=_said(body["verb"].get("display"), body["verb"]["id"].rstrip("/").rpartition("/")[2]),
        verb=body["verb"]["id"],
        what=_object(body["object"], names),
        registration=body.get("context", {}).get("registration", ""),
    )


def _agent(agent: Mapping[str, Any], names: Names) -> str:
    own = _own_id(agent)
    if own is not None and own in names:
        return names[own]
    account = agent.get("account")
    if account:
        known = (
            account["name"]
            if account["homePage"] == home.current().base
            else f"{account['name']} at {account['homePage']}"
        )
    else:
        known = (
            str(agent.get("mbox", "")).removeprefix("mailto:") or agent.get("openid") or agent.get("mbox_sha1sum") or ""
        )
    if agent.get("name"):
        return f"{agent['name']} ({known})" if known else str(agent["name"])
    if not known and "member" in agent:
        return ", ".join(_agent(member, names) for member in agent["member"])
    return str(known)


def _object(thing: Mapping[str, Any], names: Names) -> str:
    match thing.get("objectType", "Activity"):
        case "Activity":
            return _said(thing.get("definition", {}).get("name"), str(thing["id"]))
        case "StatementRef":
            return f"statement {thing['id']}"
        case "SubStatement":
            return f"“{_agent(thing['actor'], names)} {_said(thing['verb'].get('display'), thing['verb']['id'])} …”"
        case _:
            return _agent(thing, names)


def _said(texts: Mapping[str, str] | None, otherwise: str) -> str:
    """In the reader's language if it is there, in any otherwise."""
    for tag in LANGUAGES:
        if texts and texts.get(tag):
            return texts[tag]
    return next(iter((texts or {}).values()), "") or otherwise


def _facts(body: dict[str, Any], names: Names) -> Sequence[tuple[str, str]]:
    """What else it says, in words; the JSON beside it says all of it."""
    result, context = body.get("result", {}), body.get("context", {})
    facts: list[tuple[str, str]] = []
    score = result.get("score", {})
    if score:
        facts.append(("Score", ", ".join(f"{name} {value:g}" for name, value in score.items())))
    for label, name in (("Success", "success"), ("Completion", "completion")):
        if name in result:
            facts.append((label, "yes" if result[name] else "no"))
    facts += [
        (label, result[name]) for label, name in (("Duration", "duration"), ("Response", "response")) if name in result
    ]
    if "instructor" in context:
        facts.append(("Instructor", _agent(context["instructor"], names)))
    if "registration" in context:
        facts.append(("Registration", context["registration"]))
    for label, name in (("Within", "parent"), ("Also about", "grouping")):
        activities = context.get("contextActivities", {}).get(name, [])
        if activities:
            # A course in one version and in all of them has one name.
            facts.append((label, ", ".join(dict.fromkeys(_object(activity, names) for activity in activities))))
    if "statement" in context:
        facts.append(("Refers to", f"statement {context['statement']['id']}"))
    facts += _extensions({**result.get("extensions", {}), **context.get("extensions", {})}, names)
    facts.append(("Stored by", _agent(body["authority"], names)))
    return facts


def _extensions(extensions: Mapping[str, Any], names: Names) -> list[tuple[str, str]]:
    """By the last word of each key; whatever is neither plain nor an agent stands in the JSON."""
    return [
        (key.rstrip("/").rpartition("/")[2].replace("-", " ").replace("_", " ").capitalize(), _plain(value, names))
        for key, value in extensions.items()
        if isinstance(value, str | int | float | bool) or _is_account(value)
    ]


def _is_account(value: Any) -> bool:
    account = value.get("account") if isinstance(value, dict) else None
    return isinstance(account, dict) and all(isinstance(account.get(name), str) for name in ("homePage", "name"))


def _plain(value: Any, names: Names) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return _agent(value, names)
        case _:
            return str(value)
