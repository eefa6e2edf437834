"""Every view says who may call it and whether it writes; a contract test fails on one that does not.

What you may not see is 404, what you may see but not do is 403, who is not signed in is sent to sign in.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from flask import current_app, g, make_response, request
from flask_login import current_user
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response

from lms.db import db, read_without_transaction
from lms.policy.access import Actor, Permission, Subject, allows

View = TypeVar("View", bound=Callable[..., Any])
READING = frozenset({"GET", "HEAD"})
Loaded = tuple[Mapping[str, Any], Subject] | None
Loader = Callable[..., Loaded]


def actor() -> Actor:
    """Who asks, from the signed-in viewer (see `people.queries.Viewer`)."""
    return Actor(current_user.id, current_user.roles, current_user.manages_people)


def public(view: View) -> View:
    """Anyone may call this view, signed in or not."""
    view.__permission__ = "public"  # type: ignore[attr-defined]
    return view


def requires(
    permission: Permission, *, load: Loader | None = None, seen_with: Permission | None = None
) -> Callable[[View], View]:
    """Guard a view.

    `load(**url_args)` returns what the view gets as keyword arguments (instead of the URL's) and the Subject that
    the permission is asked about, or None for 404. With `seen_with`, who holds that permission but not `permission`
    gets 403 instead of 404.
    """

    def mark(view: View) -> View:
        may_write = getattr(view, "__writes__", False)

        @wraps(view)
        def guarded(**url_args: Any) -> Any:
            if not may_write and request.method in READING:
                read_without_transaction()
            viewer = current_user._get_current_object()  # the proxy looks the person up at every attribute
            if not viewer.is_authenticated:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
            asker = Actor(viewer.id, viewer.roles, viewer.manages_people)
            kwargs: Mapping[str, Any] = url_args
            subject = None
            if load is not None:
                loaded = load(**url_args)
                if loaded is None:
                    raise NotFound
                kwargs, subject = loaded
            if not allows(asker, permission, subject):
                if seen_with is not None and allows(asker, seen_with, subject):
                    raise Forbidden
                # A page about nobody in particular (an admin page) does not exist for those it is not for.
                raise NotFound
            return view(**kwargs)

        guarded.__permission__ = permission  # type: ignore[attr-defined]
        guarded.__writes__ = may_write  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


def writes(view: View) -> View:
    """Commit once if the answer is below 400, otherwise roll back; constraint errors surface here, as answers."""

    @wraps(view)
    def committing(**kwargs: Any) -> Response:
        response: Response = make_response(view(**kwargs))
        is_well = response.status_code < 400
        if db.session.registry.has():  # if nothing was asked of the session, there is nothing to end
            db.session.commit() if is_well else db.session.rollback()
        if is_well:
            for after in g.pop("after_commit", ()):
                after()
        return response

    committing.__writes__ = True  # type: ignore[attr-defined]
    return committing  # type: ignore[return-value]


def takes_recordings(view: View) -> View:
    """What is sent here may be as large as a recording (see `app.py`, which reads the body before the view)."""
    view.__takes_recordings__ = True  # type: ignore[attr-defined]
    return view
