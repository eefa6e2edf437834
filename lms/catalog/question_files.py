"""Where the pictures of a question are: of a draft, those that came in with it; of a published one, in its course."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select

from lms.catalog import queries
from lms.catalog.models import AssetBlob, ItemFile, ItemUse
from lms.db import db

Paths = Mapping[str, str]


def of_versions(version_ids: Collection[UUID]) -> dict[UUID, Paths]:
    """Of each item version that has any: the SHA-256 of each file by its path in the module."""
    found: dict[UUID, dict[str, str]] = {}
    uses = db.session.execute(
        select(ItemUse.item_version_id, ItemUse.course_version_id, ItemUse.step_key)
        .where(ItemUse.item_version_id.in_(version_ids))
        .order_by(ItemUse.course_version_id, ItemUse.step_key)
    )
    for version_id, course_version_id, step_key in uses:
        prefix = f"{step_key.partition('/')[0]}/"
        for path, sha256 in queries.course(course_version_id).assets.items():
            if path.startswith(prefix):
                found.setdefault(version_id, {}).setdefault(path.removeprefix(prefix), sha256)
    drafts = db.session.execute(
        select(ItemFile.item_version_id, ItemFile.path, ItemFile.sha256).where(
            ItemFile.item_version_id.in_(version_ids)
        )
    )
    for version_id, path, sha256 in drafts:
        found.setdefault(version_id, {})[path] = sha256
    return dict(found)


def blobs(digests: Collection[str]) -> dict[str, bytes]:
    rows = db.session.execute(select(AssetBlob.sha256, AssetBlob.data).where(AssetBlob.sha256.in_(digests)))
    return {sha256: bytes(data) for sha256, data in rows}
