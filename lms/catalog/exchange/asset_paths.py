"""Files of a question under paths of its own, wherever they lay in the package that it came from."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from lms.catalog.exchange.model import Place, Question, Text

_UP = re.compile(r"^(?:\.\./)+")


def within(question: Question) -> Question:
    """`../images/a.png` is `images/a.png`: what is written again has no folder above itself."""
    taken = {asset.path for asset in question.assets}
    names: dict[str, str] = {}
    for path in sorted(taken):
        if not path.startswith("../"):
            continue
        inside = _UP.sub("", path)
        while inside in taken:
            inside = f"beside/{inside}"
        names[path] = inside
        taken.add(inside)
    if not names:
        return question
    moved: Question = _renamed(question, names)
    assets = tuple(replace(asset, path=names.get(asset.path, asset.path)) for asset in question.assets)
    return replace(moved, assets=assets)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Text):
        words = value.text
        for before, after in names.items():
            words = words.replace(f'"{before}"', f'"{after}"')
        return replace(value, text=words)
    if isinstance(value, tuple):
        return tuple(_renamed(one, names) for one in value)
    if isinstance(value, str):
        return names.get(value, value)
    if is_dataclass(value) and not isinstance(value, Place | type):
        return replace(value, **{one.name: _renamed(getattr(value, one.name), names) for one in fields(value)})
    return value
