"""Pages of other sites that may use the store from a browser (CORS): those that the settings name.

No cookie opens the store, so none is ever allowed to come along: a page needs a key pair as any program does.
"""

from flask import Response, current_app, request

from lms.settings import ANY_ORIGIN, Settings

# What a page may send, said when its browser asks before it does.
MAY_SEND = (
    ("Access-Control-Allow-Methods", "GET, HEAD, PUT, POST, DELETE"),
    (
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, X-Experience-API-Version, If-Match, If-None-Match, Accept-Language",
    ),
    ("Access-Control-Max-Age", "7200"),  # seconds; no browser keeps it for longer
)
MAY_READ = "ETag, Last-Modified, X-Experience-API-Version, X-Experience-API-Consistent-Through, Retry-After"


def speak(response: Response) -> None:
    """Tell a browser whether the page that asked may read this answer."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.xapi_origins:
        return
    headers = response.headers
    headers.add("Vary", "Origin")
    origin = request.headers.get("Origin", "")
    is_any = ANY_ORIGIN in settings.xapi_origins
    if not is_any and origin not in settings.xapi_origins:
        return
    headers["Access-Control-Allow-Origin"] = ANY_ORIGIN if is_any else origin
    headers["Access-Control-Expose-Headers"] = MAY_READ
    if request.method == "OPTIONS":
        headers.extend(MAY_SEND)
