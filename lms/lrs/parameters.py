"""Reading the parameters of requests: each as what it means, or refused by its name."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from lms.lrs import keys, shapes
from lms.lrs.addresses import Address, Resource
from lms.lrs.formats import Format
from lms.lrs.json_text import InvalidJson, read
from lms.lrs.protocol import Call, Refusal, flag, needed, optional
from lms.lrs.queries import PAGE, Filter
from lms.lrs.validate import InvalidStatement, at, iri, parse_instant, parse_uuid

SINGLE = ("statementId", "voidedStatementId")
WITH_SINGLE = frozenset({"format", "attachments"})
FILTERS = (
    "agent",
    "verb",
    "activity",
    "registration",
    "since",
    "until",
    "limit",
    "ascending",
    "related_agents",
    "related_activities",
    "format",
    "attachments",
    "after",
)

Meant = TypeVar("Meant")


def _by(parse: Callable[[Any, str], Meant]) -> Callable[[str, str], Meant]:
    def parsed(text: str, name: str) -> Meant:
        try:
            return parse(text, name)
        except InvalidStatement as wrong:
            raise Refusal(400, f"{wrong}.") from wrong

    return parsed


uuid = _by(parse_uuid)
instant = _by(parse_instant)


def address_of(text: str, name: str) -> str:
    """An IRI."""
    _by(lambda value, path: at(path, iri, value))(text, name)
    return text


def agent_of(text: str, name: str) -> dict[str, Any]:
    """An agent or identified group."""
    try:
        found = read(text)
    except InvalidJson as wrong:
        raise Refusal(400, f"{name}: is not JSON: {wrong}.") from wrong
    _by(lambda value, path: at(path, shapes.agent_or_group, value))(found, name)
    if not keys.agent_name(found):
        raise Refusal(400, f"{name}: must have an identifier.")
    return dict(found)


def _agent_name(text: str, name: str) -> str:
    return keys.agent_name(agent_of(text, name))


def _limit(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise Refusal(400, f"{name}: must be a whole number that is not negative.")
    return int(text[:9])


def _after(text: str, name: str) -> int:
    if not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 19:
        raise Refusal(400, f"{name}: comes from the `more` of a page and is not to be made otherwise.")
    return int(text)


# Statements


def of_statements(call: Call) -> Mapping[str, str]:
    """The parameters of a GET, refused if one does not go with another."""
    given = call.known(*SINGLE, *FILTERS)
    singles = given.keys() & set(SINGLE)
    if (singles and given.keys() - singles - WITH_SINGLE) or len(singles) > 1:
        raise Refusal(400, f"{min(singles)} goes with no parameter but format and attachments.")
    return given


def single(given: Mapping[str, str]) -> tuple[UUID, bool] | None:
    """The one statement that is asked for, and whether as a voided one."""
    for name in SINGLE:
        if name in given:
            return uuid(given[name], name), name == "voidedStatementId"
    return None


def format_of(given: Mapping[str, str]) -> Format:
    wanted = given.get("format", "exact")
    if wanted not in set(Format):
        raise Refusal(400, f"format: must be one of {', '.join(Format)}.")
    return Format(wanted)


def filters(given: Mapping[str, str], authority: str | None) -> Filter:
    limit = optional(given, "limit", _limit)
    return Filter(
        agent=optional(given, "agent", _agent_name),
        verb=optional(given, "verb", address_of),
        activity=optional(given, "activity", address_of),
        registration=optional(given, "registration", uuid),
        related_agents=flag(given, "related_agents"),
        related_activities=flag(given, "related_activities"),
        since=optional(given, "since", instant),
        until=optional(given, "until", instant),
        limit=PAGE if limit is None else limit,
        ascending=flag(given, "ascending"),
        after=optional(given, "after", _after),
        authority=authority,
    )


# Documents


def document(call: Call, resource: Resource, *, whole: bool = True) -> tuple[Address, datetime | None]:
    """The address of a document and `since`. `whole`: one document is meant, so it must be named."""
    if resource is Resource.STATE:
        names: tuple[str, ...] = ("activityId", "agent", "stateId", "registration")
        id_name = "stateId"
        owners: tuple[str, ...] = ("activityId", "agent")
    elif resource is Resource.ACTIVITY_PROFILE:
        names, id_name, owners = ("activityId", "profileId"), "profileId", ("activityId",)
    else:
        names, id_name, owners = ("agent", "profileId"), "profileId", ("agent",)
    given = call.known(*names, *(("since",) if call.method == "GET" else ()))
    needed(given, *owners, *((id_name,) if whole else ()))
    if "since" in given and id_name in given:
        raise Refusal(400, f"since goes with lists only, not with {id_name}.")
    address = Address(
        resource,
        activity_id=optional(given, "activityId", address_of) or "",
        agent=optional(given, "agent", _agent_name) or "",
        registration=optional(given, "registration", uuid),
        document_id=given.get(id_name),
    )
    return address, optional(given, "since", instant)
