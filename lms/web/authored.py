"""Answers with files that authors brought along: shown and played, never run."""

from flask import Response, make_response, request

# A picture that is opened by itself is a document: it may draw, and nothing else.
ASSET_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; img-src 'self'"


def keep_from_running(response: Response) -> None:
    """Nothing in it is code to the browser, whatever it is."""
    response.headers["Content-Security-Policy"] = ASSET_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.cache_control.private = True


def file_answer(data: bytes, media_type: str, digest: str | None = None) -> Response:
    """The bytes, in pieces where a player asks so. `digest` (of the bytes): a browser that has them is told so."""
    response = make_response(data)
    response.headers["Content-Type"] = media_type
    keep_from_running(response)
    if digest is None:
        return response
    response.set_etag(digest)
    # Safari plays nothing that it cannot ask for in pieces.
    response.make_conditional(request, accept_ranges=True, complete_length=len(data))
    return response
