"""A client of the store inside the test's own process, on a session that is rolled back."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from lms import clock
from lms.lrs import credentials
from tests.features.lrs.test_shapes import GOOD

FIRST, SECOND = "1.0.3", "2.0.0"


class Caller:
    """Asks any resource; by default as xAPI 1.0.3 with a key pair that may do everything."""

    def __init__(self, client: Any, auth: tuple[str, str], session: Any) -> None:
        self.client, self.auth, self.session = client, auth, session
        self.version = FIRST

    def ask(
        self,
        method: str,
        resource: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        version: str | None = None,
        mount: str = "/xapi",
        **query: str,
    ) -> TestResponse:
        # The test's session is every request's; each begins a transaction of its own, as on a server.
        self.session.commit()
        sent = {"X-Experience-API-Version": version or self.version, **(headers or {})}
        content = {"data": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
        return self.client.open(
            f"{mount}/{resource}", method=method, query_string=query, headers=sent, auth=self.auth, **content
        )

    def get(self, resource: str = "statements", **more: Any) -> TestResponse:
        return self.ask("GET", resource, **more)

    def ids(self, **query: str) -> list[str]:
        answer = self.get(**query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return [one["id"] for one in answer.get_json()["statements"]]

    def said(self, answer: TestResponse) -> str:
        """The sentence of a refusal."""
        return str(answer.get_json()["error"])


@pytest.fixture
def caller(app, session) -> Caller:
    made = credentials.add("tests", at=clock.now())
    session.commit()
    return Caller(app.test_client(), (made.key, made.secret), session)


@pytest.fixture
def keep(caller) -> Callable[..., str]:
    """Keeps a good statement with these changes (None takes a property away) and returns its id."""

    def kept(*, version: str | None = None, **changes: Any) -> str:
        statement = {**GOOD, "id": str(uuid4()), **changes}
        statement = {name: value for name, value in statement.items() if value is not None}
        answer = caller.ask("POST", "statements", statement, version=version)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return str(answer.get_json()[0])

    return kept
