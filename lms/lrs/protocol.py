"""The HTTP manners of xAPI: credentials, versions, parameters, the headers of every answer, refusals in JSON."""

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, g, request

from lms.db import db
from lms.lrs import compare, credentials, shapes
from lms.lrs.queries import Filter
from lms.lrs.service import VERSION
from lms.lrs.validate import InvalidStatement, iri, parse_instant, parse_uuid
from lms.web.input import json_problem, too_deep

VERSION_HEADER = "X-Experience-API-Version"
THROUGH_HEADER = "X-Experience-API-Consistent-Through"
LARGEST_BODY = 4 * 1024 * 1024
DEEPEST = 100  # lists and objects inside each other; extensions are free, but nothing that is read goes deeper

View = TypeVar("View", bound=Callable[..., Any])


class Refusal(Exception):
    """An answer of 4xx with a sentence for whoever wrote the client."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def refused(wrong: Refusal) -> Response:
    db.session.rollback()
    response = answer({"error": wrong.sentence}, wrong.status)
    # A browser would ask the person for a password and hang packaged content: challenge other clients only.
    if wrong.status == 401 and "Sec-Fetch-Mode" not in request.headers:
        response.headers["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
    return response


def answer(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")


def with_credentials(view: View) -> View:
    """Only a client with a valid key pair that speaks a version of ours gets in; its key is `g.lrs_key`."""

    @wraps(view)
    def guarded(**kwargs: Any) -> Any:
        pair = request.authorization
        if pair is None or pair.type != "basic" or pair.username is None or pair.password is None:
            raise Refusal(401, "Send HTTP Basic credentials: the key and secret of `lrs add-credential`.")
        if not credentials.verified(pair.username, pair.password):
            raise Refusal(401, "This key and secret are not valid, or were revoked.")
        spoken = request.headers.get(VERSION_HEADER)
        if spoken is None:
            raise Refusal(400, f"The header {VERSION_HEADER} is missing; this store speaks {VERSION}.")
        if spoken != "1.0" and not spoken.startswith("1.0."):
            raise Refusal(400, f"{VERSION_HEADER}: {spoken} is not spoken here; this store speaks {VERSION}.")
        g.lrs_key = pair.username
        return view(**kwargs)

    return guarded  # type: ignore[return-value]


def body() -> Any:
    """The JSON of the request; anything else is refused with what is wrong."""
    # Werkzeug refuses to read more and answers 413.
    request.max_content_length = LARGEST_BODY
    if request.mimetype != "application/json":
        raise Refusal(400, "Content-Type must be application/json.")
    try:
        return _json(request.get_data().decode("utf-8"))
    except ValueError as wrong:
        raise Refusal(400, f"The body is not JSON in UTF-8 that can be kept: {wrong}") from wrong


def _json(text: str) -> Any:
    """JSON that can be kept and given back as JSON; raises ValueError with what is wrong."""
    try:
        read = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError as wrong:
        raise ValueError(too_deep(DEEPEST)) from wrong
    if problem := json_problem(read, deepest=DEEPEST):
        raise ValueError(problem)
    return read


def _finite(text: str) -> float:
    """1e999 is well-formed JSON, but read as infinity it could not be written again."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is larger than a number may be")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


# Parameters of GET /statements

SINGLE = ("statementId", "voidedStatementId")
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


def parameters() -> Mapping[str, str]:
    """The query of a GET, refused if a name is unknown, repeated, or does not go with another."""
    for name in request.args:
        if name not in SINGLE and name not in FILTERS:
            raise Refusal(400, f"{name} is not a parameter here.")
        if len(request.args.getlist(name)) > 1:
            raise Refusal(400, f"{name} is given twice.")
    given = {name: value for name, value in request.args.items()}
    singles = given.keys() & set(SINGLE)
    if (singles and given.keys() - singles - {"format", "attachments"}) or len(singles) > 1:
        raise Refusal(400, f"{min(singles)} goes with no parameter but format and attachments.")
    for name, only in (("format", "exact"), ("attachments", "false")):
        if given.get(name, only).lower() != only:
            raise Refusal(400, f"{name}: this store answers {only} only.")
    return given


def single(given: Mapping[str, str]) -> tuple[UUID, bool] | None:
    """The one statement that is asked for, and whether as a voided one."""
    for name in SINGLE:
        if name in given:
            return _read(parse_uuid, given[name], name), name == "voidedStatementId"
    return None


def filters(given: Mapping[str, str]) -> Filter:
    for name in ("related_agents", "related_activities"):
        if _flag(given, name):
            raise Refusal(400, f"{name}: this store finds statements by their actor and their object only.")
    return Filter(
        actor=_agent(given["agent"]) if "agent" in given else None,
        verb=compare.key(_iri(given["verb"], "verb")) if "verb" in given else None,
        activity=compare.key(_iri(given["activity"], "activity")) if "activity" in given else None,
        registration=_read(parse_uuid, given["registration"], "registration") if "registration" in given else None,
        since=_read(parse_instant, given["since"], "since") if "since" in given else None,
        until=_read(parse_instant, given["until"], "until") if "until" in given else None,
        limit=_limit(given.get("limit", "100")),
        ascending=_flag(given, "ascending"),
        after=_after(given["after"]) if "after" in given else None,
    )


def cursor(wanted: Filter) -> str:
    """Where the next page begins, for `more`."""
    if wanted.after is None:
        raise ValueError("the first page has no cursor")
    moment, last = wanted.after
    return f"{moment.astimezone(UTC).isoformat(timespec='microseconds').replace('+00:00', 'Z')}_{last}"


Read = TypeVar("Read")


def _read(parse: Callable[[Any, str], Read], value: str, name: str) -> Read:
    try:
        return parse(value, name)
    except InvalidStatement as wrong:
        raise Refusal(400, str(wrong)) from wrong


def _iri(value: str, name: str) -> str:
    _read(iri, value, name)
    return value


def _agent(value: str) -> str:
    try:
        agent = _json(value)
    except ValueError as wrong:
        raise Refusal(400, f"agent: is not JSON: {wrong}") from wrong
    _read(shapes.agent_or_group, agent, "agent")
    key = compare.agent_key(agent)
    if not key:
        raise Refusal(400, "agent: must have an identifier.")
    return key


def _limit(value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise Refusal(400, "limit: must be a whole number that is not negative.")
    return int(value[:9])


def _flag(given: Mapping[str, str], name: str) -> bool:
    # Some clients (tincan among them) write Python's True and False.
    match given.get(name, "false").lower():
        case "true":
            return True
        case "false":
            return False
        case _:
            raise Refusal(400, f"{name}: must be true or false.")


def _after(value: str) -> tuple[datetime, UUID]:
    moment, _, last = value.partition("_")
    return _read(parse_instant, moment, "after"), _read(parse_uuid, last, "after")
