"""Addresses with one id: `url_for` is asked once for the pattern, not once a row nor once a page."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Flask, current_app, has_request_context, request, url_for

MARK = UUID(int=0)


def address_of(endpoint: str, variable: str) -> Callable[[UUID], str]:
    """The address of `endpoint` as a function of its one id: `href = address_of("transfer.review", "activity_id")`."""
    if not has_request_context():
        return _built(endpoint, variable)
    kept: dict[Any, Callable[[UUID], str]] = current_app.extensions.setdefault("addresses", {})
    key = (endpoint, variable, request.blueprint if endpoint.startswith(".") else None, request.script_root)
    found = kept.get(key)
    if found is None:
        found = kept[key] = _built(endpoint, variable)
    return found


def _built(endpoint: str, variable: str) -> Callable[[UUID], str]:
    values: dict[str, Any] = {variable: MARK}
    before, _, after = url_for(endpoint, **values).partition(str(MARK))

    def address(value: UUID) -> str:
        return f"{before}{value}{after}"

    return address


def init_app(app: Flask) -> None:
    app.add_template_global(address_of)
