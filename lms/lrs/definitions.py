"""One definition of an activity, merged from what statements say about it."""

from typing import Any

Definition = dict[str, Any]
MERGED = ("name", "description", "extensions")


def merged(known: Definition, said: Definition) -> Definition:
    """What is said later stands, but languages and extensions that only the earlier one had are kept."""
    together = {**known, **said}
    for name in MERGED:
        if name in known and name in said:
            together[name] = {**known[name], **said[name]}
    return together
