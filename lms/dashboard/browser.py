"""What the record store holds, for people: statements by filters, and each of them as words beside its JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from lms.dashboard.statement_words import Fact, Words, own_id, score, words_for
from lms.errors import RuleViolation
from lms.lrs import keys
from lms.lrs import queries as store
from lms.lrs.queries import Filter
from lms.lrs.validate import InvalidStatement, at, iri, parse_instant, parse_uuid
from lms.people import directory
from lms.statements import home
from lms.statements import queries as ledger
from lms.statements.vocabulary import DISPLAY, Verb

PAGE = 50
LONGEST = 500
# So much JSON is shown on a page; the file has the rest.
LONGEST_SHOWN = 100_000
SHA1 = re.compile(r"[0-9a-fA-F]{40}")
# Two verbs of ours read "opened"; a word that is searched for names one.
SEARCHED = {**DISPLAY, Verb.OPENED: "reopened"}
# A reader's zone may lie beyond the edges of the calendar.
EDGE = timedelta(days=2)
FIRST, LAST = datetime.min.replace(tzinfo=UTC) + EDGE, datetime.max.replace(tzinfo=UTC) - EDGE


@dataclass(frozen=True, slots=True)
class Line:
    """One statement in a list. `verb`: the whole IRI. `happened_at`: None if no calendar of a reader has that day."""

    statement_id: UUID
    stored_at: datetime
    happened_at: datetime | None
    timestamp: str
    who: str
    did: str
    verb: str
    what: str
    score: str
    registration: str
    person: str  # as one may search for who did it; empty for a group without a name of its own


@dataclass(frozen=True, slots=True)
class Listing:
    lines: tuple[Line, ...]
    after: int | None  # asks for the page that follows; None at the end


@dataclass(frozen=True, slots=True)
class Reading:
    """One statement in words, and as JSON. `voided_by`: what voids it, if it is here and anything does."""

    line: Line
    facts: tuple[Fact, ...]
    text: str
    is_cut: bool
    is_voided: bool
    voided_by: Line | None
    is_own: bool  # ours: the ledger and the deliveries know it


# Filters, each from what was typed


def agent_named(text: str) -> str | None:
    """The agent that is meant: one of our people, also one who left, by name, address or id, or somebody else."""
    text = text.strip()
    if not text:
        return None
    found = directory.find(text)
    if len(found) == 1:
        return keys.agent_name({"account": home.current().account(str(found[0].id))})
    if len(found) > 1:
        raise RuleViolation("person_ambiguous", text=text)
    try:
        return keys.agent_name({"account": home.current().account(str(UUID(text)))})
    except ValueError:
        pass
    agent = _identity(text)
    if agent is None:
        raise RuleViolation("agent_unknown", text=text[:60])
    return keys.agent_name(agent)


def _identity(text: str) -> dict[str, Any] | None:
    """As these pages write somebody who is none of our people."""
    name, _, place = text.rpartition(" at ")
    if name and _is_iri(place):
        return {"account": {"homePage": place, "name": name}}
    address = text.removeprefix("mailto:")
    if "@" in address and " " not in address and not _is_iri(address):
        return {"mbox": f"mailto:{address}"}
    if SHA1.fullmatch(text):
        return {"mbox_sha1sum": text}
    return {"openid": text} if _is_iri(text) else None


def verb_named(text: str) -> str | None:
    """A verb by our word for it, or by its IRI."""
    text = text.strip()
    for verb, word in SEARCHED.items():
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


def _is_iri(text: str) -> bool:
    try:
        at("iri", iri, text)
    except InvalidStatement:
        return False
    return True


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
    bodies = [json.loads(one.body) for one in page.found]
    words = words_for(bodies)
    lines = tuple(_line(body, one.stored, words) for body, one in zip(bodies, page.found, strict=True))
    return Listing(lines, page.next.after if page.next is not None else None)


def reading(statement_id: UUID) -> Reading | None:
    """A stored statement, voided or not; None if there is none."""
    found, is_voided = _found(statement_id)
    if found is None:
        return None
    body = json.loads(found.body)
    by = store.voiding(statement_id) if is_voided else None
    by_body = None if by is None else json.loads(by.body)
    words = words_for([body] if by_body is None else [body, by_body])
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return Reading(
        line=_line(body, found.stored, words),
        facts=tuple(words.facts(body)),
        text=text[:LONGEST_SHOWN],
        is_cut=len(text) > LONGEST_SHOWN,
        is_voided=is_voided,
        voided_by=None if by is None or by_body is None else _line(by_body, by.stored, words),
        is_own=ledger.statement(statement_id) is not None,
    )


def body_of(statement_id: UUID) -> str | None:
    """A stored statement, voided or not, letter by letter as it is kept."""
    found, _ = _found(statement_id)
    return None if found is None else found.body


def _found(statement_id: UUID) -> tuple[store.Found | None, bool]:
    found = store.statement(statement_id)
    if found is not None:
        return found, False
    return store.statement(statement_id, voided=True), True


def _line(body: Mapping[str, Any], stored: datetime, words: Words) -> Line:
    happened_at = parse_instant(body["timestamp"], "timestamp")
    return Line(
        statement_id=UUID(body["id"]),
        stored_at=stored,
        happened_at=happened_at if FIRST < happened_at < LAST else None,
        timestamp=body["timestamp"],
        who=words.agent(body["actor"]),
        did=words.verb(body),
        verb=body["verb"]["id"],
        what=words.object(body["object"]),
        score=score(body.get("result", {}).get("score", {})),
        registration=body.get("context", {}).get("registration", ""),
        person=_searched(body["actor"]),
    )


def _searched(agent: Mapping[str, Any]) -> str:
    own = own_id(agent)
    if own is not None:
        return str(own)
    if "account" in agent:
        return f"{agent['account']['name']} at {agent['account']['homePage']}"
    return str(agent.get("mbox") or agent.get("openid") or agent.get("mbox_sha1sum") or "")
