"""Cards follow their course to its newest version: what only reads better keeps its schedule, what means something else
begins again, what is not asked any more is retired.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from lms import clock
from lms.catalog import queries as catalog
from lms.catalog.queries import VersionRow
from lms.db import db
from lms.learning.models import Enrollment
from lms.people.models import User
from lms.policy.items import Item
from lms.policy.lint.finding import all_items
from lms.policy.outline import Course
from lms.policy.practice import CardState, Edit, Kind
from lms.practice.models import PracticeCard
from lms.practice.service import card_log


def follow_course(version_id: UUID, at: datetime) -> int:
    """Move the cards of a course to a version of it that was published; how many it touched.

    Cards whose question did not change are moved in one statement, however many people have them.
    """
    version = catalog.version(version_id)
    before = None if version is None else _one_before(version)
    if version is None or before is None:
        return 0
    old, new = _items(catalog.course(before.id)), _items(catalog.course(version.id))
    changed = {key for key in old if key not in new or old[key].version != new[key].version}
    moved = _cards_before(version, changed)
    for card in moved:
        _step(card, new.get(card.item_key), version, at)
    kept = db.session.execute(
        update(PracticeCard)
        .where(
            PracticeCard.line_id == version.line_id,
            PracticeCard.item_key.in_(sorted(new.keys() - changed)),
            PracticeCard.state != CardState.RETIRED.value,
            _is_before(version),
        )
        .values(version_id=version.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(moved) + int(kept.rowcount)  # type: ignore[attr-defined]


def catch_up(card: PracticeCard, from_id: UUID, at: datetime) -> None:
    """A card that was just made, through every version that was published since the learner's own."""
    first = catalog.version(from_id)
    if first is None:
        return
    known = _items(catalog.course(from_id)).get(card.item_key)
    for version in reversed(catalog.versions(first.line_id)):
        if version.number > first.number and card.state != CardState.RETIRED.value:
            item = _items(catalog.course(version.id)).get(card.item_key)
            if item is not None and known is not None and item.version == known.version:
                card.version_id = version.id
            else:
                _step(card, item, version, at)
            known = item
    db.session.flush()


def _step(card: PracticeCard, item: Item | None, version: VersionRow, at: datetime) -> None:
    """To a version in which the question reads another way, or is gone."""
    user = db.session.get_one(User, card.user_id)
    day = max(card.last_on, clock.local_day(at, user.zone))
    if item is None:
        card_log.append(card, Kind.RETIRED, on=day, at=at)
        return
    card.version_id, card.item_version = version.id, item.version
    kind = Kind.RESTARTED if Edit(version.change_class).restarts else Kind.MOVED
    card_log.append(card, kind, on=day, at=at, item_version=item.version)


def _items(course: Course) -> dict[str, Item]:
    return {item.key: item for _, _, item in all_items(course)}


def _one_before(version: VersionRow) -> VersionRow | None:
    earlier = (one for one in catalog.versions(version.line_id) if one.number < version.number)
    return next(earlier, None)


def _is_before(version: VersionRow) -> ColumnElement[bool]:
    """Cards that read from an older version than this one."""
    older = [one.id for one in catalog.versions(version.line_id) if one.number < version.number]
    pinned = select(Enrollment.id).where(Enrollment.version_id.in_(older))
    return or_(
        PracticeCard.version_id.in_(older), PracticeCard.version_id.is_(None) & PracticeCard.enrollment_id.in_(pinned)
    )


def _cards_before(version: VersionRow, keys: set[str]) -> tuple[PracticeCard, ...]:
    return tuple(
        db.session.scalars(
            select(PracticeCard)
            .where(
                PracticeCard.line_id == version.line_id,
                PracticeCard.item_key.in_(sorted(keys)),
                PracticeCard.state != CardState.RETIRED.value,
                _is_before(version),
            )
            .order_by(PracticeCard.id)
        )
    )
