"""What stands around every page: its head, the bar with the navigation, the foot.

Drawn once for all who are offered the same here, with marks for the reader and their form token, which are then put in.
"""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request
from markupsafe import Markup, escape

from lms.web import formats
from lms.web.navigation import ANYBODY, Navigation, navigation, viewer
from lms.web.sessions import csrf_token

# Contain nothing that could be part of a page.
TOKEN, NAME, ID = "\x01token\x01", "\x01name\x01", str(ANYBODY)
# By page, roles and zone; a few kilobytes each. Then all are drawn again.
MOST_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Frame:
    head: Markup
    top: Markup
    foot: Markup


@dataclass(frozen=True, slots=True)
class Anybody:
    """Stands for the reader in what is drawn for all."""

    id: str = ID
    name: str = NAME


def frame() -> Frame:
    """For this page and its reader; without navigation for a visitor."""
    person = viewer()
    nav = navigation(person)
    zone = formats.zone_words() if person is not None else ""
    key = (nav, zone, request.script_root)
    kept: dict[Any, tuple[str, str, str]] = current_app.extensions.setdefault("frames", {})
    found = kept.get(key)
    if found is None or current_app.debug:  # static files change under a running server only while one develops
        if len(kept) >= MOST_KEPT:
            kept.clear()
        found = kept[key] = _draw(nav, zone, is_visitor=person is None)
    head, top, foot = found
    token = str(escape(csrf_token()))
    top = top.replace(TOKEN, token)
    if person is not None:
        top = top.replace(ID, str(person.id)).replace(NAME, str(escape(person.name)))
    return Frame(Markup(head.replace(TOKEN, token)), Markup(top), Markup(foot))  # noqa: S704 -- drawn and escaped


def _draw(nav: Navigation, zone: str, *, is_visitor: bool) -> tuple[str, str, str]:
    parts: Any = current_app.jinja_env.get_template("web/frame.html").module
    top = parts.top(nav, None if is_visitor else Anybody(), TOKEN)
    return str(parts.head(TOKEN)), str(top), str(parts.foot(current_app.config["SETTINGS"].company, zone))


def init_app(app: Flask) -> None:
    app.add_template_global(frame)
