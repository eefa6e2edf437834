"""How a statement gets to a learning record store: the embedded one, or one elsewhere through `tincan`.

Traps of tincan that this module steps around: no time-out anywhere, a connection per request, errors of the
network raised but errors of HTTP returned, ASCII-only credentials.
"""

import base64
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import tincan
from tincan.lrs_response import LRSResponse

from lms.lrs import compare, turns
from lms.lrs import service as lrs
from lms.lrs.validate import InvalidStatement
from lms.statements import answers
from lms.statements.home import Home
from lms.statements.vocabulary import Verb

EMBEDDED = "embedded"
TIMEOUT_SECONDS = 10.0
# For all of an answer: a store that says one byte every few seconds is silent too.
ANSWER_SECONDS = 30.0
LARGEST_ANSWER = 4 * 1024 * 1024
MESSAGE_LENGTH = 500


class TransportError(Exception):
    """It did not arrive. `retry`: it may later; otherwise this statement was refused and a person must look."""

    def __init__(self, message: str, *, retry: bool, wish: timedelta = timedelta(0)) -> None:
        """`wish`: how long the store asked to be left alone."""
        super().__init__(message.replace("\0", "")[:MESSAGE_LENGTH])
        self.retry = retry
        self.wish = wish


class Transport(Protocol):
    """`is_local`: sending is part of the caller's database transaction. `endpoint`: the address it was made for."""

    is_local: bool

    @property
    def endpoint(self) -> str | None: ...

    def send(self, bodies: Sequence[str], *, at: datetime) -> None:
        """Bring these statements there, all or none, or raise TransportError. Sending twice is harmless."""

    def close(self) -> None:
        """Give back what is held; sending again takes it anew."""


class EmbeddedTransport:
    """Into the store of this application, in the same transaction as the note that it was delivered."""

    is_local = True
    endpoint = None

    def __init__(self, home: Home) -> None:
        self.authority = {"objectType": "Agent", "account": home.account("fieldwork")}

    def send(self, bodies: Sequence[str], *, at: datetime) -> None:
        try:
            # Stored now, not when the round began: the store promises readers that nothing appears in their past.
            stored_at = turns.join(alone=True)
            lrs.store([json.loads(body) for body in bodies], at=stored_at, authority=self.authority)
        except (InvalidStatement, lrs.Conflict) as wrong:
            raise TransportError(str(wrong), retry=False) from wrong

    def close(self) -> None:
        """Nothing is held: the database session is the caller's."""


class RemoteTransport:
    """To a store elsewhere: one statement by PUT, several by one POST. They have their ids, so that a second time
    changes nothing.
    """

    is_local = False

    def __init__(self, endpoint: str, user: str, password: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self.endpoint = endpoint
        pair = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        self._lrs = TimedLRS(
            endpoint=endpoint.rstrip("/") + "/",
            version="1.0.3",
            auth=f"Basic {pair}",
        )
        self._lrs.keep(timeout)

    def send(self, bodies: Sequence[str], *, at: datetime) -> None:
        if len(bodies) > 1:
            self._send_together(bodies)
        else:
            for body in bodies:
                self._send(body)

    def _send_together(self, bodies: Sequence[str]) -> None:
        answer = self._ask(lambda: self._lrs.save_as_written(bodies))
        if not answers.took(answer.response, answer.data, [json.loads(body)["id"] for body in bodies]):
            raise _failure(answer)

    def _send(self, body: str) -> None:
        # tincan writes instants, durations and numbers its own way; what is meant stays the same.
        statement = tincan.Statement.from_json(body)
        answer = self._ask(lambda: self._lrs.save_statement(statement))
        if answers.took(answer.response, answer.data, [str(statement.id)]):
            return
        if answer.response.status == 409 and self._is_there(body):
            return
        raise _failure(answer, is_voiding=statement.verb is not None and statement.verb.id == Verb.VOIDED)

    def _is_there(self, body: str) -> bool:
        """Some stores answer 409 to a statement they already have; it counts as delivered if it says the same."""
        ours = json.loads(body)
        for parameter in ("statementId", "voidedStatementId"):  # by its id alone, one that was voided is not found
            answer = self._ask(lambda name=parameter: self._lrs.raw_statement(name, ours["id"]))
            status = answer.response.status
            if status == 429 or status >= 500:
                raise _failure(answer)
            if status == 200:
                try:
                    return compare.say_the_same(ours, json.loads(answer.data))
                except (ValueError, LookupError, TypeError, AttributeError, InvalidStatement):
                    return False
        return False

    def _ask(self, call: Any) -> Any:
        try:
            return call()
        except ssl.SSLError as wrong:
            raise TransportError(f"no secure connection: {wrong}", retry=True) from wrong
        except TimeoutError as wrong:
            raise TransportError("no answer in time", retry=True) from wrong
        except (OSError, http.client.HTTPException) as wrong:
            why = getattr(wrong, "strerror", None) or str(wrong)
            raise TransportError(f"no connection: {why}" if why else "no connection", retry=True) from wrong

    def close(self) -> None:
        self._lrs.drop()


def _failure(answer: LRSResponse, *, is_voiding: bool = False) -> TransportError:
    response = answer.response
    wish = answers.wish(response.getheader("Retry-After"))
    said = answers.sentence(response.status, answer.data)
    return TransportError(said, retry=not answers.refused(response, is_voiding=is_voiding), wish=wish)


class NoTransport:
    """For a store that cannot be asked as things are; says why each time, so that the reason is seen."""

    is_local = False
    endpoint = None

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def send(self, bodies: Sequence[str], *, at: datetime) -> None:
        raise TransportError(self.reason, retry=True)

    def close(self) -> None:
        """Nothing is held."""


class TimedLRS(tincan.RemoteLRS):  # type: ignore[misc]  # tincan publishes no types
    """tincan's client over one kept connection with a time-out of its own, not the process's.

    tincan allows no attributes but its own, so the connection is set past it.
    """

    _connection: http.client.HTTPConnection | None
    _timeout: float

    def save_as_written(self, bodies: Sequence[str]) -> Any:
        """All of them by one request. tincan's own reads and writes each anew, which costs more than all the rest,
        and takes for granted that the ids come back.
        """
        request = tincan.HTTPRequest(method="POST", resource="statements")
        request.headers["Content-Type"] = "application/json"
        request.content = f"[{','.join(bodies)}]"
        return self._send_request(request)

    def keep(self, timeout: float) -> None:
        object.__setattr__(self, "_timeout", timeout)
        object.__setattr__(self, "_connection", None)

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        object.__setattr__(self, "_connection", None)

    def raw_statement(self, parameter: str, statement_id: str) -> Any:
        """The stored statement as it is: tincan's own reading fails on any property it does not know."""
        request = tincan.HTTPRequest(method="GET", resource="statements")
        request.query_params[parameter] = statement_id
        return self._send_request(request)

    def _send_request(self, request: Any) -> Any:
        headers = {"X-Experience-API-Version": self.version, "Authorization": self.auth, **request.headers}
        query = urlencode({name: str(value) for name, value in request.query_params.items()})
        parts = urlsplit(self.endpoint + request.resource)
        path = parts.path + (f"?{query}" if query else "")
        content = getattr(request, "content", None)
        payload = content.encode("utf-8") if isinstance(content, str) else content
        response, data = self._exchange(parts.scheme, parts.netloc, request.method, path, payload, headers)
        return LRSResponse(
            success=200 <= response.status < 300,
            request=request,
            response=response,
            data=data.decode("utf-8", "replace"),
        )

    def _exchange(
        self, scheme: str, netloc: str, method: str, path: str, payload: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One request. A kept connection that the server has closed meanwhile is opened anew, once."""
        for is_last in (self._connection is None, True):
            if self._connection is None:
                kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
                object.__setattr__(self, "_connection", kind(netloc, timeout=self._timeout))
            connection = self._connection
            assert connection is not None  # noqa: S101 -- set just above, through tincan's back
            try:
                with _within(ANSWER_SECONDS, connection):
                    connection.request(method, path, body=payload, headers=headers)
                    response = connection.getresponse()
                    data = _all_of(response, time.monotonic() + ANSWER_SECONDS)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.drop()
                if is_last:
                    raise
            except (OSError, http.client.HTTPException):
                self.drop()
                raise
            else:
                if response.will_close:
                    self.drop()
                return response, data
        raise http.client.HTTPException("not reached")


@contextmanager
def _within(seconds: float, connection: http.client.HTTPConnection) -> Iterator[None]:
    """Tear the connection when the time is over: each byte of an answer may come in time and the answer never."""
    is_over = threading.Event()

    def tear() -> None:
        is_over.set()
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, tear)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as wrong:
        if is_over.is_set():
            raise TimeoutError from wrong
        raise
    finally:
        timer.cancel()
    if is_over.is_set():  # torn in the middle, what came may look whole
        raise TimeoutError


def _all_of(response: http.client.HTTPResponse, ends: float) -> bytes:
    """The body, unless it takes too long or is larger than any statement."""
    data = bytearray()
    with response:  # given up in the middle, it would keep its socket
        while chunk := response.read1(65536):
            data += chunk
            if time.monotonic() > ends:
                raise TimeoutError
            if len(data) > LARGEST_ANSWER:
                raise http.client.HTTPException("its answer has no end")
        response.read()  # nothing is left; without this the connection cannot be used again
    return bytes(data)
