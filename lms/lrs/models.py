"""What the embedded learning record store keeps."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text, Uuid, text
from sqlalchemy.dialects.postgresql import UUID as PostgresUuid
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from lms.db import Model
from lms.lrs import positions


class SixteenBytes(TypeDecorator[UUID]):
    """A UUID, or a key of an index, in sixteen bytes on both databases (SQLAlchemy's own is 32 letters on SQLite)."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        kind = PostgresUuid() if dialect.name == "postgresql" else LargeBinary(16)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: UUID | None, dialect: Any) -> Any:
        return value if value is None or dialect.name == "postgresql" else value.bytes

    def process_result_value(self, value: Any, dialect: Any) -> UUID | None:
        return UUID(bytes=value) if isinstance(value, bytes) else value


Position = BigInteger().with_variant(Integer(), "sqlite")  # only an INTEGER key is SQLite's own row number
CLUSTERED = {"sqlite_with_rowid": False}  # the row lies in its index, not beside it


class StoredStatement(Model):
    """One statement as it is given back, whole.

    `position` is when it was stored and, below the microsecond, a number that keeps statements apart (see `positions`):
    the order of the table is the order of every query. What a query looks for stands in `StatementKey`.
    """

    __tablename__ = "stored_statement"

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(SixteenBytes())
    body: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("uq_stored_statement_id", "id", unique=True),)

    @property
    def stored(self) -> datetime:
        return positions.instant(self.position)


class StatementKey(Model):
    """What a statement is found by, one row for each (see `keys`), in the order of the answer."""

    __tablename__ = "statement_key"

    key: Mapped[UUID] = mapped_column(SixteenBytes(), primary_key=True)
    position: Mapped[int] = mapped_column(Position, primary_key=True)

    __table_args__ = (CLUSTERED,)


class StatementReference(Model):
    """A statement whose object is another, which may not be here yet."""

    __tablename__ = "statement_reference"

    target_id: Mapped[UUID] = mapped_column(SixteenBytes(), primary_key=True)
    position: Mapped[int] = mapped_column(Position, primary_key=True)

    __table_args__ = (Index("ix_statement_reference_position", "position"), CLUSTERED)


class InheritedKey(Model):
    """A statement is also found by what the statement it refers to (`source`) is found by."""

    __tablename__ = "inherited_key"

    key: Mapped[UUID] = mapped_column(SixteenBytes(), primary_key=True)
    position: Mapped[int] = mapped_column(Position, primary_key=True)
    source: Mapped[int] = mapped_column(Position, primary_key=True)

    __table_args__ = (CLUSTERED,)


class VoidedStatement(Model):
    """An id whose statement is voided, whether it is here already or comes later."""

    __tablename__ = "voided_statement"

    target_id: Mapped[UUID] = mapped_column(SixteenBytes(), primary_key=True)
    position: Mapped[int] = mapped_column(Position)  # of the statement that voids it

    __table_args__ = (CLUSTERED,)


class AttachmentContent(Model):
    """Attached bytes, once however many statements they came with."""

    __tablename__ = "attachment_content"

    sha2: Mapped[str] = mapped_column(String(128), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class StatementAttachment(Model):
    """Which content came with which statement: who names a hash without sending its content gets none back."""

    __tablename__ = "statement_attachment"

    position: Mapped[int] = mapped_column(Position, primary_key=True)
    sha2: Mapped[str] = mapped_column(String(128), primary_key=True)

    __table_args__ = (CLUSTERED,)


class KnownActivity(Model):
    """What statements have said an activity is, merged. `last_said` tells whether a definition says anything new."""

    __tablename__ = "known_activity"

    key: Mapped[UUID] = mapped_column(SixteenBytes(), primary_key=True)
    last_said: Mapped[UUID | None] = mapped_column(SixteenBytes())
    definition: Mapped[str] = mapped_column(Text)


class KnownAgentName(Model):
    """A name that an agent was given in some statement."""

    __tablename__ = "known_agent_name"

    agent_key: Mapped[UUID] = mapped_column(SixteenBytes(), primary_key=True)
    name_key: Mapped[UUID] = mapped_column(SixteenBytes(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)


class LrsDocument(Model):
    """A document of the State, Activity Profile or Agent Profile resource.

    `key` is of all that names it, `owner` of what it belongs to (resource, activity, agent). The ETag is the SHA-1
    of its content, as xAPI 1.0.3 asks.
    """

    __tablename__ = "lrs_document"

    key: Mapped[UUID] = mapped_column(SixteenBytes(), primary_key=True)
    owner: Mapped[UUID] = mapped_column(SixteenBytes())
    registration: Mapped[UUID | None] = mapped_column(SixteenBytes())
    document_id: Mapped[str] = mapped_column(Text)
    content_type: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    etag: Mapped[str] = mapped_column(String(40))
    updated_at: Mapped[datetime]

    __table_args__ = (Index("ix_lrs_document_owner", "owner", "registration"),)


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
