"""Documents of the State, Activity Profile and Agent Profile resources: one writer at a time for each.

Which change may be made is asked and made under one lock, so of several who found the same document one wins and the
others hear that it has changed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import update as update_rows

from lms.db import db
from lms.lrs import sql
from lms.lrs.addresses import Address
from lms.lrs.json_text import InvalidJson, read
from lms.lrs.models import LrsDocument

JSON_TYPE = "application/json"
ANY = "*"


class DocumentRefused(Exception):
    """The document is as it was; the sentence says why."""


class Changed(DocumentRefused):
    """The document is not (or no more) what the precondition says."""


class Exists(DocumentRefused):
    """It would be overwritten by somebody who may not have seen it."""


class Unconditional(DocumentRefused):
    """This version asks for a precondition."""


class NotMergeable(DocumentRefused):
    """Only JSON objects can be merged."""


@dataclass(frozen=True, slots=True)
class Precondition:
    """The ETags of If-Match and If-None-Match, `*` among them; None: the header was not sent."""

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None

    @property
    def is_given(self) -> bool:
        return self.match is not None or self.none_match is not None

    def check(self, etag: str | None) -> None:
        """`etag`: of the document there is, or None."""
        if self.match is not None and (etag is None or not self.match & {etag, ANY}):
            raise Changed("If-Match: the document is another by now; read it again and decide anew.")
        if self.none_match is not None and etag is not None and self.none_match & {etag, ANY}:
            raise Changed("If-None-Match: there is a document already; read it and send its ETag in If-Match.")


NO_PRECONDITION = Precondition()


@dataclass(frozen=True, slots=True)
class Content:
    type: str
    bytes: bytes

    @property
    def etag(self) -> str:
        return hashlib.sha1(self.bytes, usedforsecurity=False).hexdigest()

    @property
    def is_json(self) -> bool:
        return self.type.partition(";")[0].strip().lower() == JSON_TYPE


def put(
    address: Address,
    content: Content,
    *,
    precondition: Precondition = NO_PRECONDITION,
    must_compare: bool,
    must_say_new: bool,
    at: datetime,
) -> None:
    """Make this the document.

    `must_compare`: an existing one is overwritten only under a precondition. `must_say_new`: that there is none must be
    said too (xAPI 1.0.3 asks it of the profiles).
    """
    existing = _locked(address)
    precondition.check(None if existing is None else existing.etag)
    if not precondition.is_given:
        if existing is not None and must_compare:
            raise Exists("There is a document already: read it, and send its ETag in If-Match to overwrite it.")
        if existing is None and must_say_new:
            raise Unconditional(
                "Send If-None-Match: * for a new document, or If-Match with the ETag of the one you know."
            )
    _write(address, existing, content, at)


def merge(address: Address, content: Content, *, precondition: Precondition = NO_PRECONDITION, at: datetime) -> None:
    """Set the properties of this JSON object in the document; without one, it becomes the document."""
    existing = _locked(address)
    precondition.check(None if existing is None else existing.etag)
    if existing is not None:
        there = Content(existing.content_type, existing.content)
        together = {**_object(there, "The existing document"), **_object(content, "The document sent")}
        content = Content(content.type, json.dumps(together, ensure_ascii=False, separators=(",", ":")).encode())
    elif content.is_json:
        _object(content, "The document sent")
    _write(address, existing, content, at)


def delete(address: Address, *, precondition: Precondition = NO_PRECONDITION) -> None:
    """Deleting what is not there is no error."""
    existing = _locked(address)
    precondition.check(None if existing is None else existing.etag)
    if existing is not None:
        db.session.execute(delete_rows(LrsDocument).where(LrsDocument.key == address.key))


def delete_all(address: Address) -> None:
    """All documents of the address's owner, and of its registration if it names one."""
    condition = [LrsDocument.owner == address.owner]
    if address.registration is not None:
        condition.append(LrsDocument.registration == address.registration)
    db.session.execute(delete_rows(LrsDocument).where(*condition))


@dataclass(frozen=True, slots=True)
class _Existing:
    etag: str
    content_type: str
    content: bytes


def _locked(address: Address) -> _Existing | None:
    """The document as it stands; nobody else changes it before this transaction ends. SQLite has one writer anyway."""
    if sql.is_postgres():
        high, low = address.key.int >> 96, (address.key.int >> 64) & 0xFFFFFFFF
        sql.run("SELECT pg_advisory_xact_lock(%s::int4, %s::int4)", _signed(high), _signed(low))
    row = sql.run(
        "SELECT etag, content_type, content FROM lrs_document WHERE key = %s", sql.sixteen(address.key)
    ).one_or_none()
    return None if row is None else _Existing(row[0], row[1], bytes(row[2]))


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number


def _write(address: Address, existing: _Existing | None, content: Content, at: datetime) -> None:
    values: dict[str, Any] = {
        "content_type": content.type,
        "content": content.bytes,
        "etag": content.etag,
        "updated_at": at,
    }
    if existing is None:
        db.session.add(
            LrsDocument(
                key=address.key,
                owner=address.owner,
                registration=address.registration,
                document_id=address.document_id,
                **values,
            )
        )
        db.session.flush()
    else:
        db.session.execute(
            update_rows(LrsDocument).where(LrsDocument.key == address.key).values(**values),
            execution_options={"synchronize_session": False},
        )


def _object(content: Content, which: str) -> Mapping[str, Any]:
    if not content.is_json:
        raise NotMergeable(f"{which} is {content.type or 'of no type'}: only {JSON_TYPE} can be merged.")
    try:
        found = read(content.bytes)
    except InvalidJson as wrong:
        raise NotMergeable(f"{which} is not JSON: {wrong}") from wrong
    if not isinstance(found, dict):
        raise NotMergeable(f"{which} is not a JSON object.")
    return found
