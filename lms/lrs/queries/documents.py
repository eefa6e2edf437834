"""Reading documents and the list of their ids."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lms.db import db
from lms.lrs.addresses import Address
from lms.lrs.models import LrsDocument


@dataclass(frozen=True, slots=True)
class Document:
    content: bytes
    content_type: str
    etag: str
    updated_at: datetime


def document(address: Address) -> Document | None:
    row = db.session.execute(
        select(LrsDocument.content, LrsDocument.content_type, LrsDocument.etag, LrsDocument.updated_at).where(
            LrsDocument.key == address.key
        )
    ).one_or_none()
    return None if row is None else Document(row.content, row.content_type, row.etag, row.updated_at)


def document_ids(address: Address, since: datetime | None) -> tuple[str, ...]:
    """In order; of the owner, and of its registration if the address names one; changed after `since`."""
    query = select(LrsDocument.document_id).where(LrsDocument.owner == address.owner).distinct()
    if address.registration is not None:
        query = query.where(LrsDocument.registration == address.registration)
    if since is not None:
        query = query.where(LrsDocument.updated_at > since)
    return tuple(sorted(db.session.scalars(query)))
