"""Addresses of many rows: a list asks `url_for` once for the pattern, not once a row."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Flask, url_for

MARK = UUID(int=0)


def address_of(endpoint: str, variable: str) -> Callable[[UUID], str]:
    """The address of `endpoint` as a function of its one id: `href = address_of("transfer.review", "activity_id")`."""
    values: dict[str, Any] = {variable: MARK}
    before, _, after = url_for(endpoint, **values).partition(str(MARK))

    def address(value: UUID) -> str:
        return f"{before}{value}{after}"

    return address


def init_app(app: Flask) -> None:
    app.add_template_global(address_of)
