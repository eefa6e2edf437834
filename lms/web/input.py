"""What no page can use is refused before any page sees it, so that it never reaches a database.

PostgreSQL keeps no NUL and no half of a surrogate pair in text, and no parser follows lists a thousand deep; a request
that carries such things comes from a broken program or an unkind one, and gets a clear answer instead of a crash.
"""

from typing import Any

from flask import Flask, request
from werkzeug.exceptions import BadRequest

NUL = "\0"
DEEPEST = 50  # lists and objects inside each other; the deepest of ours is four
LARGEST = 999_999_999  # fits every integer column; no row of ours carries it

NUL_SAID = "It carried a NUL character, which no text here can hold. Remove it and send it again."
SURROGATE_SAID = "It carried half of a character (a lone surrogate), which is no text. Remove it and send it again."


class Unreadable(BadRequest):
    """A 400 whose description is meant for whoever sent it."""


def bounded(text: str) -> int:
    """A whole number from an address or a form, for `type=`; one too large for a column becomes one nobody has."""
    if not text.isascii() or not text.isdigit():
        raise ValueError("not a whole number")
    return LARGEST if len(text) > 9 else int(text)


def text_problem(text: str) -> str | None:
    """Why this text cannot be kept, or None."""
    if NUL in text:
        return NUL_SAID
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return SURROGATE_SAID
    return None


def too_deep(deepest: int) -> str:
    return f"The JSON is nested more than {deepest} levels deep."


def json_problem(value: Any, *, deepest: int = DEEPEST) -> str | None:
    """Why this JSON cannot be kept, or None. Walks without recursion: how deep it goes is the sender's choice."""
    waiting = [(value, 1)]
    while waiting:
        part, depth = waiting.pop()
        if isinstance(part, str):
            if problem := text_problem(part):
                return problem
        elif isinstance(part, dict | list):
            if depth > deepest:
                return too_deep(deepest)
            if isinstance(part, dict):
                waiting += ((key, depth + 1) for key in part)
                waiting += ((inner, depth + 1) for inner in part.values())
            else:
                waiting += ((inner, depth + 1) for inner in part)
    return None


def _sent() -> str | None:
    if NUL in request.path:
        return NUL_SAID
    if request.query_string:  # most pages have none: then nothing is read
        for name, value in request.args.items(multi=True):
            if problem := text_problem(name) or text_problem(value):
                return problem
    if request.endpoint is None or request.method in {"GET", "HEAD", "OPTIONS"}:
        return None
    if request.is_json:
        try:
            return json_problem(request.get_json(silent=True))
        except RecursionError:
            return too_deep(DEEPEST)
    for name, value in request.form.items(multi=True):
        if problem := text_problem(name) or text_problem(value):
            return problem
    return None


def init_app(app: Flask) -> None:
    @app.before_request
    def _refuse() -> None:
        if problem := _sent():
            raise Unreadable(problem)
