"""The addresses of the store, the manners that all its resources share, and what every answer carries.

`/xapi` answers a request that names no version as the setting says; `/xapi-1` and `/xapi-2` always as the one and the
other. Whoever names a version gets it at each of them.
"""

from collections.abc import Callable, Mapping

from flask import Blueprint, Flask, Response, current_app, g, request
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from lms.lrs import credentials, origins, protocol, turns
from lms.lrs.protocol import Call, Refusal
from lms.lrs.versions import Version
from lms.lrs.views import about, documents, persons, statements
from lms.settings import Settings
from lms.web import csrf
from lms.web.guards import public, writes
from lms.web.headers import OVER_TLS

bp = Blueprint("lrs", __name__)

SAFE = ("GET",)  # and HEAD, which is answered as GET without its body
SEEN = frozenset({"GET", "HEAD"})
UNSAFE = ("PUT", "POST", "DELETE")
MOUNTS: Mapping[str, Version | None] = {"/xapi": None, "/xapi-1": Version.FIRST, "/xapi-2": Version.SECOND}

Handlers = Mapping[str, Callable[[Call], Response]]
RESOURCES: Mapping[str, Handlers] = {
    "statements": statements.HANDLERS,
    "activities/state": documents.STATE,
    "activities/profile": documents.ACTIVITY_PROFILE,
    "agents/profile": documents.AGENT_PROFILE,
    "activities": persons.ACTIVITIES,
    "agents": persons.AGENTS,
}
_HANDLERS_BY_RULE: dict[str, tuple[Handlers, Version | None]] = {}


@public
def tell() -> Response:
    """Every GET and HEAD."""
    return _served()


@public
@writes
def change() -> Response:
    """Every PUT, POST and DELETE; also the POST of the alternate request syntax that means a GET."""
    return _served()


@public
def versions_spoken() -> Response:
    """The About resource: needs neither credentials nor a version."""
    return about.told()


def _served() -> Response:
    handlers, _ = _HANDLERS_BY_RULE[_rule()]
    call = protocol.call(_default())
    handler = handlers.get(call.method)
    if handler is None:
        return _not_possible(call.method, handlers)
    return handler(call)


def _not_possible(method: str, handlers: Handlers) -> Response:
    possible = protocol.methods_of(handlers.keys() or SAFE)
    response = protocol.refused(Refusal(405, f"{method} is not possible here; {possible} are."))
    response.headers["Allow"] = possible
    return response


def _rule() -> str:
    assert request.url_rule is not None  # noqa: S101 -- a view is running
    return request.url_rule.rule


def _default() -> Version:
    """The version of a request that names none."""
    settings: Settings = current_app.config["SETTINGS"]
    by_mount = _HANDLERS_BY_RULE.get(_rule() if request.url_rule else "", ({}, None))[1]
    return by_mount or Version(settings.xapi_version)


def _route() -> None:
    for mount, version in MOUNTS.items():
        # A client whose endpoint ends in a slash asks for `…//statements`; a redirect would lose its body.
        for slash, options in (("/", {}), ("//", {"merge_slashes": False})):
            for resource, handlers in RESOURCES.items():
                rule = f"{mount}{slash}{resource}"
                _HANDLERS_BY_RULE[rule] = (handlers, version)
                bp.add_url_rule(rule, "tell", tell, methods=SAFE, **options)
                bp.add_url_rule(rule, "change", change, methods=UNSAFE, **options)
            rule = f"{mount}{slash}about"
            _HANDLERS_BY_RULE[rule] = ({}, version)
            bp.add_url_rule(rule, "about", versions_spoken, methods=SAFE, **options)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    csrf.exempt(bp)  # programs with their own credentials; a browser holds no cookie for it


bp.register_error_handler(Refusal, protocol.refused)


@bp.errorhandler(DataError)
@bp.errorhandler(OverflowError)
@bp.errorhandler(RecursionError)
def _unusable(wrong: Exception) -> Response:
    current_app.logger.warning("refused as unusable: %s %s", request.method, request.path, exc_info=wrong)
    return protocol.refused(Refusal(400, "Something in the request is too large or too deep to be kept."))


@bp.errorhandler(HTTPException)
def _http_error(wrong: HTTPException) -> Response:
    """Also what the framework refuses is answered in JSON: too large, wrong method, too often."""
    sentence = _too_large() if wrong.code == 413 else wrong.description or wrong.name
    response = protocol.refused(Refusal(wrong.code or 500, sentence))
    for name, value in wrong.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _too_large() -> str:
    settings: Settings = current_app.config["SETTINGS"]
    return (
        f"The body is larger than {settings.xapi_megabytes} MB, which is what LMS_XAPI_MEGABYTES lets come at once: "
        "send fewer statements in a request, or attachments with a fileUrl in place of their data."
    )


@bp.after_request
def _speak(response: Response) -> Response:
    """What stands on every answer. Nothing else is added: these requests go straight to their views."""
    headers = response.headers
    headers.add(protocol.VERSION_HEADER, g.get("xapi_version") or _default())
    for name, value in protocol.ALWAYS:
        headers.add(name, value)
    if current_app.config["SETTINGS"].secure_cookies:
        headers.extend(OVER_TLS)
    origins.speak(response)
    credentials.note_uses(response)
    if request.url_rule is not None and request.url_rule.rule.endswith("/statements"):
        if "xapi_through" not in g:
            g.xapi_through = turns.consistent_through() if request.method in SEEN else turns.told_lately()
        headers[protocol.THROUGH_HEADER] = statements.instant(g.xapi_through)
    return response


@bp.before_app_request
def _lost() -> Response | None:
    """Programs that ask for an address or a method that is not here get no page for people either."""
    wrong = request.routing_exception
    if wrong is None or not isinstance(wrong, NotFound | MethodNotAllowed):
        return None
    mount = next((mount for mount in MOUNTS if request.path.startswith(f"{mount}/") or request.path == mount), None)
    if mount is None:
        return None
    if isinstance(wrong, NotFound):
        there = ", ".join(f"{mount}/{resource}" for resource in (*RESOURCES, "about"))
        response = protocol.refused(Refusal(404, f"There is no {request.path}; there are {there}."))
    else:
        response = _not_possible(request.method, _HANDLERS_BY_RULE.get(request.path, ({}, None))[0])
    response.headers[protocol.VERSION_HEADER] = MOUNTS[mount] or _default()
    return response


_route()
