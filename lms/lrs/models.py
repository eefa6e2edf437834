"""What the embedded learning record store keeps."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Model


class StoredStatement(Model):
    """One statement as received, plus what the store adds and the columns that queries need.

    `actor` is the key of its agent (`account|homePage|name`, `mbox|…`), `activity` the key of its object,
    `target_id` the statement its object refers to. Whether a statement is voided is no column: it is whether
    a voiding statement with its id as target exists, so it does not matter which of the two arrives first.
    """

    __tablename__ = "stored_statement"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    stored: Mapped[datetime]
    timestamp: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(400))
    verb: Mapped[str] = mapped_column(String(400))
    activity: Mapped[str] = mapped_column(String(400))
    registration: Mapped[UUID | None]
    target_id: Mapped[UUID | None] = mapped_column(index=True)
    body: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))  # of what must not differ under the same id

    __table_args__ = (
        Index("ix_stored_statement_stored", "stored", "id"),
        Index("ix_stored_statement_actor", "actor", "stored", "id"),
        Index("ix_stored_statement_verb", "verb", "stored", "id"),
        Index("ix_stored_statement_activity", "activity", "stored", "id"),
        Index("ix_stored_statement_registration", "registration", "stored", "id"),
    )


class LrsCredential(Model):
    """A key pair for `/xapi`. The secret is random and kept as a digest only."""

    __tablename__ = "lrs_credential"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    secret_digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(500), default="", server_default=text("''"))
    scope: Mapped[str] = mapped_column(String(120), default="all")  # names with blanks between, as OAuth writes them
    # A person's name as it was then; empty: on the command line.
    made_by: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]  # to within minutes
    revoked_by: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))
    revoked_at: Mapped[datetime | None]
