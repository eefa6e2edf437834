"""A file between its dry run and "Apply"."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete

from lms.db import db
from lms.people.models import StagedFile
from lms.people.service.record import Named

KEPT_FOR = timedelta(days=1)


def stage_file(name: str, content: bytes, *, by: Named, at: datetime) -> StagedFile:
    """Keep it for a day; older ones go on this occasion."""
    db.session.execute(delete(StagedFile).where(StagedFile.created_at < at - KEPT_FOR))
    staged = StagedFile(id=uuid4(), name=name[-200:], content=content, created_by_id=by.id, created_at=at)
    db.session.add(staged)
    db.session.flush()
    return staged


def staged_file(file_id: UUID, *, at: datetime) -> StagedFile | None:
    staged = db.session.get(StagedFile, file_id)
    return staged if staged is not None and staged.created_at >= at - KEPT_FOR else None


def discard_file(staged: StagedFile) -> None:
    db.session.delete(staged)
    db.session.flush()
