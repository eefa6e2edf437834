"""Takes of a learner: kept while the attempt is open; those that were not handed in are given up afterwards."""

from datetime import datetime, timedelta
from typing import IO
from uuid import UUID, uuid4

from sqlalchemy import func, select

from lms.assessment import queries
from lms.assessment.models import Attempt, Recording
from lms.assessment.queries import Sitting
from lms.assessment.recordings import Store
from lms.assessment.service import saving
from lms.db import db
from lms.errors import RuleViolation
from lms.policy.items import ItemType

MOST_TAKES = 30  # for one question of one attempt: they all lie on the disk until it is over
YOUNGEST = timedelta(days=1)  # what was written later may belong to an act that is not committed yet


def keep_recording(sitting: Sitting, item_key: str, stream: IO[bytes], store: Store, *, at: datetime) -> Recording:
    """Take a recording in as the answer to a question. The sitting must have been read `for_update`.

    The file is written first: a row never names bytes that are not there. If the act fails, a file is left that no row
    names, and `sweep` removes it.
    """
    saving.refuse_if_closed(sitting, at)
    item = next((item for item in sitting.items if item.key == item_key), None)
    if item is None or item.type is not ItemType.RECORDING:
        raise RuleViolation("item_unknown", item=item_key)
    earlier = select(func.count()).where(Recording.attempt_id == sitting.attempt.id, Recording.item_key == item_key)
    if (db.session.scalar(earlier) or 0) >= MOST_TAKES:
        raise RuleViolation("recording_too_often", most=MOST_TAKES)
    kept = store.keep(stream)
    take = Recording(
        id=uuid4(),
        attempt_id=sitting.attempt.id,
        item_key=item_key,
        sha256=kept.sha256,
        media_type=kept.media_type,
        size=kept.size,
        kept_at=at,
    )
    db.session.add(take)
    db.session.flush()
    saving.save_answers(sitting, {item_key: {"file": str(take.id)}}, at=at)
    return take


def give_up(*, at: datetime, before: datetime | None = None) -> int:
    """Forget takes that no one will hear: of closed attempts, all but what was handed in; with `before`, also what was
    handed in earlier than that. Returns how many. Their files go with `sweep`, once this is committed.
    """
    rows = db.session.execute(
        select(Recording, Attempt.state, Attempt.closed_at)
        .join(Attempt, Attempt.id == Recording.attempt_id)
        .where(Attempt.closed_at.is_not(None), Attempt.closed_at < at)
        .order_by(Recording.id)
    ).all()
    handed_in = _handed_in({take.attempt_id for take, _, _ in rows})
    gone = 0
    for take, state, closed_at in rows:
        # What waits to be scored is kept, however old it is.
        is_old = before is not None and closed_at is not None and state != "awaiting_review" and closed_at < before
        if is_old or take.id not in handed_in:
            db.session.delete(take)
            gone += 1
    db.session.flush()
    return gone


def _handed_in(attempt_ids: set[UUID]) -> frozenset[UUID]:
    """The recordings that the last answers name."""
    found = queries.responses_of(sorted(attempt_ids))
    files = (str(response.get("file", "")) for answers in found.values() for response in answers.values())
    return frozenset(UUID(file) for file in files if file)


def sweep(store: Store, *, at: datetime) -> int:
    """Remove files that no recording names; how many. Young ones stay: their act may not be committed yet."""
    named = set(db.session.scalars(select(Recording.sha256)))
    oldest = (at - YOUNGEST).timestamp()
    left = [digest for digest, written in store.digests() if digest not in named and written < oldest]
    for digest in left:
        store.remove(digest)
    for path in store.folder.glob("incoming/*"):  # of a process that was killed
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
    return len(left)
