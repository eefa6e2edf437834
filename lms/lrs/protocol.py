"""The HTTP manners of xAPI: credentials, versions, the alternate request syntax, parameters, refusals in JSON."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from flask import Response, current_app, g, request
from werkzeug.datastructures import Authorization, Headers
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from lms.db import db
from lms.lrs import credentials, versions
from lms.lrs.versions import Version
from lms.settings import Settings
from lms.web.input import text_problem

VERSION_HEADER = "X-Experience-API-Version"
THROUGH_HEADER = "X-Experience-API-Consistent-Through"
FORM = "application/x-www-form-urlencoded"
METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})
# What a form of the alternate request syntax sends in place of headers (1.0.3, communication 1.3).
AS_HEADERS = frozenset(
    {
        "authorization",
        "x-experience-api-version",
        "content-type",
        "content-length",
        "if-match",
        "if-none-match",
        "accept-language",
    }
)
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*").fullmatch  # one line of Latin-1 (RFC 9110, 5.5)
MEGABYTE = 1024 * 1024
WITHOUT_LIMIT = 2**62
ALWAYS = (
    # A body may not be documents of any kind here: nothing that was stored runs as a page of ours.
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
)


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


@dataclass(frozen=True, slots=True)
class Client:
    """Whose credentials came with the call, and what they open."""

    key: str
    scopes: frozenset[str]

    def may(self, *scopes: str) -> bool:
        """Whether one of these was granted, or everything."""
        return "all" in self.scopes or not self.scopes.isdisjoint(scopes)

    def require(self, *scopes: str) -> None:
        if not self.may(*scopes):
            raise Refusal(403, f"This key may not do that: it needs the scope {' or '.join(scopes)}.")

    @property
    def authority(self) -> dict[str, Any]:
        """The agent that says so, in statements that this key stored."""
        settings: Settings = current_app.config["SETTINGS"]
        return {
            "objectType": "Agent",
            "account": {"homePage": settings.base_url, "name": f"lrs:{self.key}"},
        }


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it is meant: in the alternate request syntax it stands in a form."""

    method: str
    parameters: Mapping[str, str]
    headers: Headers
    content: bytes
    version: Version
    client: Client

    def known(self, *names: str) -> Mapping[str, str]:
        """The parameters, refused if there is one that has no meaning here."""
        for name in self.parameters:
            if name not in names:
                raise Refusal(400, f"{name} is not a parameter here.")
        return self.parameters


def call(default: Version) -> Call:
    """The request, after its credentials and its version were looked at."""
    settings: Settings = current_app.config["SETTINGS"]
    # One more than may come: what comes in chunks is cut off there without a word, and shall be known as too large.
    request.max_content_length = (settings.xapi_megabytes * MEGABYTE or WITHOUT_LIMIT) + 1
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(415, "Content-Encoding: send the body as it is, not compressed.")
    if request.method == "POST" and "method" in request.args:
        return _from_form(default)
    method = "GET" if request.method == "HEAD" else request.method
    client = _client(request.headers)
    version = _version(request.headers, default)
    parameters = _once(request.args.items(multi=True))
    return Call(method, parameters, request.headers, b"" if method == "GET" else _body(), version, client)


def _from_form(default: Version) -> Call:
    """The alternate request syntax: a POST to `?method=…` whose form holds parameters, headers and content."""
    method = _once(request.args.items(multi=True))["method"]
    form = _form() if request.mimetype == FORM else {}
    headers = Headers(request.headers)
    headers.remove("Content-Type")
    for name in list(form):
        if name.lower() in AS_HEADERS:
            value = form.pop(name)
            if not HEADER_VALUE(value):
                raise Refusal(400, f"{name}: has characters that no header can hold.")
            headers[name] = value
    client = _client(headers)
    version = _version(headers, default)
    if version is not Version.FIRST:
        raise Refusal(400, "method is not a parameter here: the alternate request syntax ended with xAPI 1.0.3.")
    if request.mimetype != FORM:
        raise Refusal(400, f"Content-Type of the alternate request syntax must be {FORM}.")
    if len(request.args) > 1:
        raise Refusal(
            400, "The alternate request syntax has no parameter but method in the address; the form has them."
        )
    if method not in METHODS:
        raise Refusal(400, f"method: {method} is no method of xAPI.")
    content = form.pop("content", None)
    if content is None and method in {"PUT", "POST"}:
        raise Refusal(400, "content is missing in the form.")
    if "Content-Type" not in headers:
        headers["Content-Type"] = "application/json"
    return Call("GET" if method == "HEAD" else method, form, headers, (content or "").encode(), version, client)


def _body() -> bytes:
    """All of it, or none."""
    assert request.max_content_length is not None  # noqa: S101 -- `call` has set it
    try:
        content = request.get_data()
    except HTTPException:
        raise
    except Exception as wrong:  # each web server has its own for chunks that are none, or do not end
        raise Refusal(400, "The body could not be read: it is not whole, or not in the chunks that it says.") from wrong
    if len(content) >= request.max_content_length:
        raise RequestEntityTooLarge
    return content


def _form() -> dict[str, str]:
    try:
        text = _body().decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=100)
    except ValueError as wrong:
        raise Refusal(400, f"The form of the alternate request syntax cannot be read: {wrong}") from wrong
    return _once(pairs)


def _once(pairs: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        if problem := text_problem(name) or text_problem(value):
            raise Refusal(400, problem)
        if name in found:
            raise Refusal(400, f"{name} is given twice.")
        found[name] = value
    return found


def _client(headers: Headers) -> Client:
    try:
        pair = Authorization.from_header(headers.get("Authorization"))
    except ValueError:  # of letters that Base64 has not
        pair = None
    if pair is None or pair.type != "basic" or pair.username is None or pair.password is None:
        raise Refusal(401, "Send HTTP Basic credentials: the key and secret of `lrs add-credential`.")
    found = credentials.verified(pair.username, pair.password)
    if not found:
        raise Refusal(401, "This key and secret are not valid, or were revoked.")
    return Client(pair.username, getattr(found, "scopes", frozenset({"all"})))


def _version(headers: Headers, default: Version) -> Version:
    """Also noted for the answer, which speaks the version that was asked for."""
    spoken = headers.get(VERSION_HEADER)
    if spoken is None:
        raise Refusal(400, f"The header {VERSION_HEADER} is missing; this address speaks {default} to who names none.")
    version = versions.asked_for(spoken)
    if version is None:
        raise Refusal(400, f"{VERSION_HEADER}: {spoken} is not spoken here; 1.0.x and 2.0.x are.")
    g.xapi_version = version
    return version


Read = TypeVar("Read")


def needed(parameters: Mapping[str, str], *names: str) -> None:
    for name in names:
        if name not in parameters:
            raise Refusal(400, f"{name} is missing.")


def optional(parameters: Mapping[str, str], name: str, read: Callable[[str, str], Read]) -> Read | None:
    """What `read(text, name)` makes of a parameter, None if it was not sent."""
    return read(parameters[name], name) if name in parameters else None


def flag(parameters: Mapping[str, str], name: str) -> bool:
    # Some clients (tincan among them) write Python's True and False.
    match parameters.get(name, "false").lower():
        case "true":
            return True
        case "false":
            return False
        case _:
            raise Refusal(400, f"{name}: must be true or false.")


def etags(headers: Headers, name: str) -> frozenset[str] | None:
    """The ETags of If-Match or If-None-Match without their quotes, or `*`; None if the header was not sent."""
    header = headers.get(name)
    if header is None:
        return None
    found = (part.strip().removeprefix("W/") for part in header.split(","))
    return frozenset(part if part == "*" else part.strip('"').lower() for part in found)


def methods_of(handlers: Collection[str]) -> str:
    return ", ".join(sorted({*handlers, "HEAD"} if "GET" in handlers else handlers))
