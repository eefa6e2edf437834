"""The pictures that a question's texts show, by their path in its module."""

import re

from lms.catalog.loader_texts import all_texts
from lms.policy.items import Item

_SHOWN = re.compile(r"\]\(<?(assets/[^)\s>]+)")


def named(item: Item) -> tuple[str, ...]:
    """`assets/x.png` …, each once, in the order of the texts."""
    return tuple(dict.fromkeys(path for text in all_texts(item) for path in _SHOWN.findall(text)))
