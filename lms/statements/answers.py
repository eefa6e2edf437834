"""What the answer of a store elsewhere says about the statements that it was sent."""

import json
import re
from collections.abc import Iterable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse

from lms import clock

# Refusals of this very statement, which will not be better tomorrow. Everything else (the store is down, the
# address or the credentials are wrong, too many requests) says nothing about the statement: it is tried again.
REFUSALS = frozenset({400, 409, 412, 413, 415, 422})

# What is wrong with the description of the store, not with a statement.
EXPLAINED = {
    403: "the store does not let this user write statements",
    404: "no store is at this address; it ends before “statements”, often in /xapi or /data/xAPI",
    405: "the store takes no statements at this address; it ends before “statements”, often in /xapi or /data/xAPI",
}
# Where stores put their words.
MARKUP = re.compile(r"(?is)<(head|style|script)\b.*?</\1\s*>|<[^>]*>")
WORDS = ("error", "message", "detail", "errorMessage", "title")

VERSION_HEADER = "X-Experience-API-Version"
NO_CONTENT = 204


def took(response: HTTPResponse, data: str, ids: Iterable[str]) -> bool:
    """Whether it took all these statements. Several are taken if it names each of them, or says 204.

    200 alone is no proof: a login page, a proxy or a wrong address says it to anything, and some stores leave out
    of several what they did not write.
    """
    if not 200 <= response.status < 300:
        return False
    wanted = list(ids)
    if response.status == NO_CONTENT or _named(data).issuperset(id_.lower() for id_ in wanted):
        return True
    return len(wanted) == 1 and (not data.strip() or _is_of_a_store(response))


def refused(response: HTTPResponse, *, is_voiding: bool = False) -> bool:
    """Whether it is about this very statement; a page for people comes from something in front of the store.

    403 is about the key, but of a voiding statement xAPI has it say that another may void that one (data 2.3.2).
    """
    is_page = response.getheader("Content-Type", "").lower().startswith("text/html")
    is_refusal = response.status in REFUSALS or (is_voiding and response.status == 403)
    return is_refusal and (_is_of_a_store(response) or not is_page)


def wish(said: str | None) -> timedelta:
    """Retry-After, in seconds or as a date of HTTP; what is neither wishes nothing."""
    text = (said or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 86_400))
    try:
        return max(parsedate_to_datetime(text) - clock.now(), timedelta(0)) if text else timedelta(0)
    except (ValueError, TypeError):
        return timedelta(0)


def sentence(status: int, data: str) -> str:
    """What the server said, for the person who will read it."""
    if 300 <= status < 400:
        return f"{status}: the store redirects; give its final address"
    if status == 401:
        return "401: the store does not accept this user and password"
    said = _told(data)
    if 200 <= status < 300:
        return f"{status}, but not as a record store answers; is the address right? {said}".strip()
    if status in EXPLAINED:
        return f"{status}: {EXPLAINED[status]}" + (f" (it says: {said})" if said else "")
    return f"{status}: {said}" if said else f"{status} without a message"


def _named(data: str) -> set[str]:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return set()
    return {one.lower() for one in said if isinstance(one, str)} if isinstance(said, list) else set()


def _is_of_a_store(response: HTTPResponse) -> bool:
    """Every answer of a record store has this header (xAPI, part three, 3.3); hardly anything else does."""
    return response.getheader(VERSION_HEADER) is not None


def _told(data: str) -> str:
    """The words in an answer: many stores wrap them in JSON, and proxies in a page of HTML."""
    text = data.strip()
    if text[:1] == "<":
        return " ".join(MARKUP.sub(" ", text[:20_000]).split())
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    words = [found.get(name) for name in WORDS] if isinstance(found, dict) else []
    return next((word for word in words if isinstance(word, str) and word), text)
