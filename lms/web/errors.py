"""Error pages: what happened, why, what now, and a way on. Programs get the same as {"code", "message"}."""

from dataclasses import dataclass, replace
from http import HTTPStatus

from flask import Flask, current_app, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from lms.db import db
from lms.errors import RuleViolation
from lms.web import resume
from lms.web.input import Unreadable
from lms.web.wording import sentence

TO_START = "Go to the start page"


@dataclass(frozen=True, slots=True)
class Page:
    """The words of one error page."""

    title: str
    what: str
    now: str
    link: str = TO_START


PAGES = {
    400: Page(
        "That request could not be read",
        "The address or the form carried something this page does not understand.",
        "Open the page again and repeat what you did. If it happens again, tell your administrator the time.",
    ),
    401: Page("You are signed out", sentence("signed_out"), "Sign in again to go on.", "Sign in"),
    403: Page(
        "This is not yours to do",
        "You may see this, but only someone else may do it: usually the person’s own manager or their delegate.",
        "If it should be you, ask your administrator who is set as the manager, and since when.",
    ),
    404: Page(
        "There is no such page for you",
        "The address leads nowhere, what was here is gone, or it belongs to people you do not work with.",
        "Check the address, or start again from the start page.",
    ),
    405: Page(
        "This address takes something else",
        "The page exists, but it cannot be opened or sent to in this way.",
        "Go back and use the buttons on the page.",
    ),
    409: Page(
        "Something changed in the meantime",
        "Someone else saved a change to this before yours arrived, so yours was not saved.",
        "Open the page again to see what is there now, then decide whether yours is still needed.",
        "Open the page again",
    ),
    413: Page(
        "That file is too large",
        "What was sent is larger than this server takes here ({most} MB in all). Nothing of it was saved.",
        "Send a smaller file, or split it.",
        "Back to the page",
    ),
    422: Page(
        "Something in it does not fit",
        "What was sent could be read but not accepted. Nothing of it was saved.",
        "Go back, correct it and send it again.",
        "Back to the page",
    ),
    429: Page(
        "Too many tries",
        "This was tried too often in a short time, so it is paused to keep accounts safe.",
        "Wait a few minutes and try again.",
    ),
    500: Page(
        "Something broke on our side",
        "This server made a mistake. It was written down; what you sent last was not saved.",
        "Try again in a minute. What you typed is still there when you go back in your browser.",
    ),
    503: Page(
        "Not ready yet",
        "The server is starting, or a part it needs does not answer.",
        "Try again in a minute.",
    ),
}


def answer(status: int, page: Page | None = None, *, code: str | None = None, href: str | None = None) -> Response:
    """An error as a page, or as JSON for a program."""
    page = page or PAGES.get(status) or PAGES[400 if status < 500 else 500]
    if resume.wants_json() or "HX-Request" in request.headers:
        name = code or HTTPStatus(status).phrase.lower().replace(" ", "_")
        return make_response(jsonify(code=name, message=page.what), status)
    way = href or (resume.page_of_form() if page.link != TO_START else None) or "/"
    html = render_template(
        "web/error.html", status=status, title=page.title, what=page.what, now=page.now, href=way, link=page.link
    )
    return make_response(html, status)


def _unreadable(error: Unreadable) -> Page:
    page = PAGES[400]
    return Page(page.title, error.description or page.what, "Nothing of it was saved.", "Back to the page")


def _too_large() -> Page:
    page = PAGES[413]
    return replace(page, what=page.what.format(most=(request.max_content_length or 0) // (1024 * 1024)))


def _refused(error: RuleViolation) -> Response:
    """A rule said no; nothing of the request may stay."""
    db.session.rollback()
    page = Page("That is not possible now", sentence(error.code, **error.facts), "", "Back to the page")
    return answer(409, page, code=error.code)


def _overtaken(_: Exception) -> Response:
    db.session.rollback()
    return answer(409, code="changed_meanwhile")


def _unusable(error: Exception) -> Response:
    """What was sent does not fit what a database or a parser can take: the sender's to mend, and ours to look at."""
    if isinstance(error, OverflowError) and not _is_of_driver(error):
        raise error  # a mistake of ours, a 500
    db.session.rollback()
    current_app.logger.warning("refused as unusable: %s %s", request.method, request.path, exc_info=error)
    return answer(400)


def _is_of_driver(error: OverflowError) -> bool:
    """Whether the statement was on its way to the database: SQLite's driver raises it bare for a large number."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and str(last.tb_frame.f_globals.get("__name__", "")).startswith("sqlalchemy.")


def _csrf(_: CSRFError) -> Response:
    return resume.page_expired()


def _http(error: HTTPException) -> Response:
    if error.response is not None:  # a view raised a finished answer
        return make_response(error.response)
    status = error.code or 500
    if status < 400:  # a redirect that werkzeug raises, such as a missing slash
        return make_response(error.get_response())
    if status >= 500:
        # The database may be what broke: the page must not ask it who is signed in.
        db.session.rollback()
        g.without_viewer = True
    if status == 401:
        return resume.unauthorized()
    page = _unreadable(error) if isinstance(error, Unreadable) else _too_large() if status == 413 else None
    made = answer(status, page)
    for name, value in error.get_headers():  # Allow of 405, Retry-After of 429
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            made.headers[name] = value
    return made


def init_app(app: Flask) -> None:
    app.register_error_handler(RuleViolation, _refused)
    app.register_error_handler(StaleDataError, _overtaken)
    app.register_error_handler(IntegrityError, _overtaken)
    for unusable in (DataError, OverflowError, RecursionError):
        app.register_error_handler(unusable, _unusable)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
