"""The versions of xAPI that the store speaks, and what a request's header asks for."""

import re
from enum import StrEnum


class Version(StrEnum):
    """As the store names it in its answers: the latest patch of each."""

    FIRST = "1.0.3"
    SECOND = "2.0.0"


# What the About resource lists. 1.0.0 to 1.0.2 are patches of 1.0: who speaks one is understood.
LISTED = ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0")
_FIRST = re.compile(r"1\.0(\.\d+)?", re.ASCII).fullmatch
_SECOND = re.compile(r"2\.0(\.\d+)?", re.ASCII).fullmatch


def asked_for(header: str) -> Version | None:
    """The version that is spoken with a client that sends this, or None if there is none."""
    if _FIRST(header):
        return Version.FIRST
    return Version.SECOND if _SECOND(header) else None


# What a statement is given that names no version itself (1.0.3, data 2.4.10; 2.0, 4.2.4.3).
OF_STATEMENT = {Version.FIRST: "1.0.0", Version.SECOND: "2.0.0"}
