"""Items as the format of courses writes them: what stands under `items:` in an assessment."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from lms.catalog.document import Document, item_document
from lms.catalog.exchange.course_writer import yaml_of
from lms.policy.items import Item, ItemType

FIRST = ("key", "type", "objective", "band", "points", "prompt")
LAST = ("explanation",)
WEIGHED = frozenset({ItemType.JUDGMENT, ItemType.BEST_WORST, ItemType.RANKING})
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same questions make the same bytes


def mapping(item: Item) -> dict[str, Any]:
    """The item with the keys that an author would write, in the order of the format's documentation."""
    document = item_document(item)
    if "options" in document:
        document["options"] = [_option(one, is_weighed=item.type in WEIGHED) for one in document["options"]]
    for gap in document.get("gaps", ()):
        if "options" in gap:
            gap["options"] = [_option(one, is_weighed=False) for one in gap["options"]]
    for turn in document.get("turns", ()):
        if "replies" in turn:
            turn["replies"] = [_option(one, is_weighed=True) for one in turn["replies"]]
    middle = [name for name in document if name not in {*FIRST, *LAST}]
    return {name: document[name] for name in (*FIRST, *middle, *LAST) if name in document}


def _option(option: Document, *, is_weighed: bool) -> Document:
    weight = option.pop("weight", "0")
    if is_weighed:
        option["weight"] = weight
    elif weight == "1":
        option["right"] = True
    return option


def packed(items: Iterable[Item], files: Mapping[str, bytes]) -> bytes:
    """A zip of `items.yaml` and the files that the items show, to be put into a module."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in {
            "items.yaml": yaml_of(mapping(item) for item in items),
            **dict(sorted(files.items())),
        }.items():
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()
