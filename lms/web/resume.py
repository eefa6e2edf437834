"""Nothing typed is lost when a session ends: a refused POST is kept, signed, through sign-in, and can be sent again.

The kept form travels in a hidden field (`keep`), signed so that only forms this server received can come back; it is
never stored. Files and passwords are not kept. Nothing is sent again by itself: the person sees what it is and decides.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, current_app, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer
from markupsafe import Markup
from werkzeug.wrappers import Response

from lms.web.formats import spoken
from lms.web.navigation import viewer
from lms.web.wording import sentence

KEEP = "keep"
FOR_A_DAY = 86400
# Beyond this a page with the fields twice over is too heavy for a phone; a worksheet is a tenth of it.
MOST_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A refused POST: where it was going and what was typed."""

    path: str
    fields: tuple[tuple[str, str], ...]

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """What a person typed or chose, for reading; the machinery's own fields are left out."""
        return tuple((said(name), value) for name, value in self.fields if value.strip() and name not in MACHINERY)


_ROW = re.compile(r"r-(?P<list>.+)-(?P<number>\d+)-(?P<field>[^-]+)")


def said(name: str) -> str:
    """A field in words, by its name alone: the page with its label is gone.

    A worksheet's `f-account_kind` is `Account kind`; `r-concerns-0-text` `Concerns 1: text`.
    """
    row = _ROW.fullmatch(name)
    if row is not None:
        return f"{spoken(row['list'])} {int(row['number']) + 1}: {spoken(row['field']).lower()}"
    return spoken(re.sub(r"^[fq]-", "", name))


MACHINERY = frozenset({"version", "lock_version", "client_id", "next"})


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="kept-form")


def wants_json() -> bool:
    """Whether the asker is a program (autosave, an API client) rather than a person looking at a page."""
    if request.is_json:
        return True
    accept = request.accept_mimetypes
    return accept["application/json"] > accept["text/html"]


def is_own_path(path: str | None) -> bool:
    """Whether `path` is a page of this server: safe to link to or to go to after signing in."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or "\\" in path:
        return False
    if any(ord(character) < 32 for character in path):
        return False
    parts = urlsplit(path)
    return not parts.scheme and not parts.netloc


def _is_from_our_page() -> bool:
    """A form another site made its visitor send must not be offered for sending again."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    return origin is None or urlsplit(origin).netloc == request.host


def keep() -> str | None:
    """The current POST, signed, for a hidden field; None where there is nothing worth keeping or it is too large."""
    if request.method != "POST" or not _is_from_our_page():
        return None
    if request.endpoint in {"people.sign_in", "people.sign_out"}:
        return request.form.get(KEEP)
    fields = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in {"csrf_token", KEEP} and "password" not in name
    ]
    if sum(len(name) + len(value) for name, value in fields) > MOST_CHARACTERS:
        return None
    return _serializer().dumps([request.full_path.rstrip("?"), fields])


def kept(token: str | None) -> Kept | None:
    """What `keep` signed; None for nothing, for another's signature, and after a day."""
    if not token:
        return None
    try:
        path, fields = _serializer().loads(token, max_age=FOR_A_DAY)
    except BadSignature:
        return None
    return Kept(path, tuple((name, value) for name, value in fields)) if is_own_path(path) else None


def kept_fields() -> Markup:
    """The hidden fields that a sign-in form carries along: the kept form and where to go next."""
    pairs = ((KEEP, request.form.get(KEEP)), ("next", request.values.get("next")))
    return Markup("").join(
        Markup('<input type="hidden" name="{}" value="{}">').format(name, value) for name, value in pairs if value
    )


def unauthorized() -> Response:
    """Who is not signed in: a page leads to sign-in and back, a form is kept, a program gets 401.

    people: `login_manager.unauthorized_handler(resume.unauthorized)`.
    """
    if wants_json() or "HX-Request" in request.headers:
        body = {"code": "signed_out", "message": sentence("signed_out"), "sign_in": url_for("people.sign_in")}
        return make_response(jsonify(body), 401)
    if request.method in {"GET", "HEAD"}:
        path = request.full_path.rstrip("?")
        return redirect(url_for("people.sign_in", next=None if path == "/" else path), 303)
    token = keep()
    is_signing_in = request.endpoint == "people.sign_in"  # its own token was void: the cookie was gone
    page = render_template(
        "web/signed_out.html",
        keep=token,
        kept=kept(token),
        next_path=request.form.get("next") if is_signing_in else page_of_form(),
        email=request.form.get("email", "") if is_signing_in else "",
        is_signing_in=is_signing_in,
    )
    return make_response(page, 401)


def page_expired() -> Response:
    """A POST without a valid form token: signed out meanwhile, or signed in again in another tab."""
    if viewer() is None:
        if wants_json() or request.endpoint == "people.sign_in":
            return unauthorized()
        if request.endpoint == "people.sign_out":
            return redirect(url_for("people.sign_in"), 303)
        view = current_app.view_functions.get(request.endpoint or "")
        # Forms for everyone (a forgotten password) need no sign-in, only a fresh page.
        return _too_old() if getattr(view, "__permission__", None) == "public" else unauthorized()
    if wants_json():
        # The answer is readable by our own pages only, so the script may take the token and try once more.
        body = {"code": "page_expired", "message": sentence("page_expired"), "csrf_token": generate_csrf()}
        return make_response(jsonify(body), 400)
    token = keep()
    if token is None:
        return _too_old()
    page = render_template("web/resume.html", kept=kept(token), title="Please send this once more", was_old=True)
    return make_response(page, 400)


def _too_old() -> Response:
    page = render_template(
        "web/error.html",
        status=400,
        title="This page is too old to send",
        what=sentence("page_expired"),
        now="Open the page again and repeat what you did. If it happens at once, your browser refuses our cookie.",
        href=page_of_form() or "/",
        link="Open the page",
    )
    return make_response(page, 400)


def page_of_form() -> str | None:
    """The page the form stood on, if it is one of ours."""
    parts = urlsplit(request.referrer or "")
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if parts.netloc == request.host and is_own_path(path) else None


def after_sign_in(default: str) -> Response:
    """Where a person goes who has just signed in: to what was kept, to where they were going, or to `default`.

    people: the last line of the sign-in view, after the session was renewed.
    """
    # Signing in renews the session; a token made earlier in this request belongs to the old one.
    g.pop("csrf_token", None)
    what = kept(request.form.get(KEEP))
    if what is not None:
        page = render_template("web/resume.html", kept=what, title="You are signed in again. Nothing was lost")
        return make_response(page)
    following = request.values.get("next")
    return redirect(following if following and is_own_path(following) else default, 303)


def init_app(app: Flask) -> None:
    app.add_template_global(kept_fields)
