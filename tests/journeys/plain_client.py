"""A signed-in person without a browser: urllib, cookies, CSRF; for journeys that count acts, not pages."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from http.cookiejar import CookieJar
from typing import Any

from tests.journeys.site import PASSWORD

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Unanswered(Exception):
    """The server died before it answered: whether the act was kept is not known."""


class PlainClient:
    def __init__(self, url: str, email: str) -> None:
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), NoRedirect)
        _, page = self.get("/sign-in")
        self.token = self._token(page)
        status, _ = self.post("/sign-in", {"email": email, "password": PASSWORD})
        assert status == 303, status
        self.token = self._token(self.get("/")[1])

    @staticmethod
    def _token(page: str) -> str:
        found = TOKEN.search(page)
        assert found, page[:400]
        return found[1]

    def get(self, path: str) -> tuple[int, str]:
        return self._send(urllib.request.Request(self.url + path))

    def post(self, path: str, fields: dict[str, Any]) -> tuple[int, str]:
        data = urllib.parse.urlencode({**fields, "csrf_token": self.token}, doseq=True).encode()
        return self._send(urllib.request.Request(self.url + path, data=data))

    def post_json(self, path: str, value: Any) -> tuple[int, str]:
        headers = {"Content-Type": "application/json", "X-CSRFToken": self.token, "Accept": "application/json"}
        return self._send(urllib.request.Request(self.url + path, data=json.dumps(value).encode(), headers=headers))

    def _send(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            try:
                answer = self.opener.open(request, timeout=20)
            except urllib.error.HTTPError as refused:  # an answer, too
                answer = refused
            with answer:  # its body may still break off
                return answer.status, answer.read().decode(errors="replace")
        except (OSError, HTTPException) as wrong:
            raise Unanswered(str(wrong)) from wrong
