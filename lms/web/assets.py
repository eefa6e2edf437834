"""Addresses of static files that change with their content, and their compressed form."""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, has_request_context, request, url_for

# A browser may keep a file for a year under an address that names its content.
FOR_A_YEAR = "private, max-age=31536000, immutable"
WORTH_COMPRESSING = frozenset({".css", ".js", ".svg"})


@lru_cache(maxsize=256)
def _digest(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=64)
def _compressed(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)


def _file(filename: str) -> Path | None:
    folder = Path(current_app.static_folder or "").resolve()
    path = (folder / filename).resolve()
    return path if path.is_relative_to(folder) and path.is_file() else None


def version_of(filename: str) -> str | None:
    """The first digits of the file's digest; None when there is no such file."""
    path = _file(filename)
    return None if path is None else _digest(path, path.stat().st_mtime_ns)


def static_url(filename: str) -> str:
    """The address of a file in `static/`, with its content's digest in it."""
    kept = current_app.extensions.setdefault("static-urls", {})
    key = (request.script_root if has_request_context() else "", filename)
    if current_app.debug or key not in kept:  # files change under a running server only while one develops
        kept[key] = url_for("static", filename=filename, v=version_of(filename))
    address: str = kept[key]
    return address


def _dress(response: Response) -> Response:
    if request.endpoint != "static" or response.status_code != 200:
        return response
    filename = (request.view_args or {}).get("filename", "")
    path = _file(filename)
    if path is None:
        return response
    # An address of another release must not be kept under this content.
    asked = request.args.get("v")
    response.headers["Cache-Control"] = (
        FOR_A_YEAR if asked is not None and asked == version_of(filename) else "no-cache"
    )
    if path.suffix in WORTH_COMPRESSING:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"] and "Range" not in request.headers:
            # Flask opened the file already; what replaces it must not leave it open.
            opened = response.response
            if hasattr(opened, "close"):
                opened.close()
            response.direct_passthrough = False
            response.set_data(_compressed(path, path.stat().st_mtime_ns))
            response.headers["Content-Encoding"] = "gzip"
            response.headers.pop("Accept-Ranges", None)
            response.set_etag(response.get_etag()[0] or "", weak=True)  # other bytes, same content
    return response


def init_app(app: Flask) -> None:
    # Asked for by browsers and feed readers that do not look for the link in the head.
    app.add_url_rule("/favicon.ico", "static", defaults={"filename": "favicon.ico"})
    app.add_template_global(static_url)
    app.after_request(_dress)
