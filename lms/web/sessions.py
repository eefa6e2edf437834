"""Flask's own signed sessions and the tokens of their forms.

What signs them is put together once; a cookie is read and a token signed once, not at each request.
"""

import time
from typing import Any

from flask import Flask, Request, current_app, g, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer

# Cookies whose signature was found right; then all are forgotten and read again.
MOST_READ = 10_000
PLAIN = (str, int, type(None))


class Sessions(SecureCookieSessionInterface):
    def __init__(self) -> None:
        self._made: dict[object, URLSafeTimedSerializer | None] = {}
        self._read: dict[str, tuple[int, dict[str, Any]]] = {}

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        keys = app.secret_key
        if keys not in self._made:
            self._made, self._read = {keys: super().get_signing_serializer(app)}, {}
        return self._made[keys]

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The same text under the same key is the same session; only its age has to be looked at again."""
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        cookie = request.cookies.get(self.get_cookie_name(app))
        if not cookie:
            return self.session_class()
        longest = int(app.permanent_session_lifetime.total_seconds())
        known = self._read.get(cookie)
        if known is not None and 0 <= int(time.time()) - known[0] <= longest:
            return self.session_class(known[1])
        try:
            values, signed_at = serializer.loads(cookie, max_age=longest, return_timestamp=True)
        except BadSignature:
            return self.session_class()
        if all(isinstance(value, PLAIN) for value in values.values()):  # a list would be shared, and changed
            if len(self._read) >= MOST_READ:
                self._read = {}
            self._read[cookie] = int(signed_at.timestamp()), values
        return self.session_class(values)


# Signed tokens that are kept, by what they sign; then all are forgotten and made again.
MOST_TOKENS = 10_000


def csrf_token() -> str:
    """The token of this session's forms. Signed once, not once a page: it lives as long as the session does."""
    if "csrf_token" in g:  # asked for by every form of a page
        return str(g.csrf_token)
    kept: dict[str, str] = current_app.extensions.setdefault("csrf-tokens", {})
    known = kept.get(session.get("csrf_token", ""))
    if known is not None:
        g.csrf_token = known
    token = generate_csrf()
    if known is None:
        if len(kept) >= MOST_TOKENS:
            kept.clear()
        kept[session["csrf_token"]] = token
    return token


def init_app(app: Flask) -> None:
    app.session_interface = Sessions()
