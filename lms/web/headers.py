"""Headers on every answer: what a browser may load, frame, remember and tell others."""

from flask import Flask, Response, current_app

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
# On a page that records; a view sets one of these itself.
MAY_HEAR = PERMISSIONS.replace("microphone=()", "microphone=(self)")
MAY_HEAR_AND_SEE = MAY_HEAR.replace("camera=()", "camera=(self)")


ALWAYS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),  # for browsers that do not know frame-ancestors
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", PERMISSIONS),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
OVER_TLS = (("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),)
# Pages carry names, numbers and form tokens: nothing of them may stay in a shared machine's cache.
# A view that serves files (PDF, course images) sets its own.
UNKEPT = (("Cache-Control", "no-store"),)
UNKEPT_TYPES = frozenset({"text/html", "application/json", "application/problem+json"})


def _add(response: Response) -> Response:
    """What a view has set itself stands. Looked through once: asking werkzeug for each header costs more than all."""
    headers = response.headers
    present = {name.lower() for name, _ in headers}
    wanted: tuple[tuple[str, str], ...] = ALWAYS
    if current_app.config["SETTINGS"].secure_cookies:
        wanted += OVER_TLS
    if response.mimetype in UNKEPT_TYPES:
        wanted += UNKEPT
    for name, value in wanted:
        if name.lower() not in present:
            headers.add(name, value)
    return response


def init_app(app: Flask) -> None:
    app.after_request(_add)
