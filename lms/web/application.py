"""Flask without what it does again for every request and page although nothing can have changed."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response, has_request_context, request
from flask.ctx import RequestContext
from flask.sessions import NullSession
from werkzeug.routing import Map, MapAdapter, Rule

View = Callable[..., Any]
Place = tuple[str, str]  # method and path
NO_SESSION = NullSession()  # to look into; it refuses to be changed


def _place(environ: dict[str, Any]) -> Place:
    return environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")


class Straight(MapAdapter):
    """What was found for one place, once for all who ask for it."""

    def __init__(self, map_: Map, rule: Rule) -> None:
        super().__init__(map_, "", "/", None, "http", rule.rule, "GET")
        self._rule = rule

    def match(self, *_: Any, **__: Any) -> Any:
        """As Flask asks, with `return_rule`: the rule, and no variables."""
        return self._rule, {}


class Application(Flask):
    """Also knows requests of programs: they go straight to their views (see `go_straight`)."""

    def __init__(self, *names: Any, **settings: Any) -> None:
        super().__init__(*names, **settings)
        self._straight: dict[Place, Straight] = {}

    def go_straight(self, *blueprints: str) -> None:
        """Requests to the addresses of these blueprints get no session and none of the hooks for pages: no form token
        is asked for, nobody is signed in, nothing is begun. Only what the blueprint itself does after a request is
        done. So its views look at credentials, input and headers themselves, as those of the record store do.

        For when all addresses are known; those with variables go the common way.
        """
        for rule in self.url_map.iter_rules():
            if rule.endpoint.partition(".")[0] in blueprints and not rule.arguments:
                for method in (rule.methods or set()) - {"OPTIONS"}:
                    self._straight[method, rule.rule] = Straight(self.url_map, rule)

    def request_context(self, environ: dict[str, Any]) -> RequestContext:
        if _place(environ) in self._straight:
            return RequestContext(self, environ, session=NO_SESSION)
        return super().request_context(environ)

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        known = None if request is None else self._straight.get(_place(request.environ))
        return super().create_url_adapter(request) if known is None else known

    def preprocess_request(self) -> Any:
        return None if self._is_straight() else super().preprocess_request()

    def process_response(self, response: Response) -> Response:
        if not self._is_straight():
            return super().process_response(response)
        for name in request.blueprints:
            for after in reversed(self.after_request_funcs.get(name, ())):
                response = after(response)
        return response

    def _is_straight(self) -> bool:
        return _place(request.environ) in self._straight

    def ensure_sync(self, func: View) -> View:
        """None of ours is a coroutine."""
        return func

    def url_for(self, endpoint: str, **values: Any) -> str:
        """An address without variables is the same on every page, and is built once."""
        if values or not has_request_context():
            return super().url_for(endpoint, **values)
        kept: dict[Any, str] = self.extensions.setdefault("plain-addresses", {})
        key = (endpoint, request.blueprint if endpoint.startswith(".") else None, request.script_root)
        found = kept.get(key)
        if found is None:
            found = kept[key] = super().url_for(endpoint)
        return found
