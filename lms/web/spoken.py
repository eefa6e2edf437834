"""Facts as people write them: dates, numbers, lists, and names in code that are words on a page."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lms.web import formats

# Values that are names in code and words on a page, by the fact that carries them.
SPOKEN: Mapping[str, Mapping[str, str]] = {
    "what": {
        "acknowledge": "acknowledged the edits",
        "adjust": "approved it with edits",
        "approve": "approved it",
        "cancel": "ended it",
        "escalate": "escalated it",
        "observe": "observed",
        "override": "let it be decided without preparation",
        "query": "asked about the numbers",
        "remind": "reminded the reviewer",
        "reopen": "reopened it",
        "report": "reported results",
        "submit": "sent it again",
        "release": "handed it over to the field",
        "return": "returned it",
        "verify": "confirmed the numbers",
        "waive": "waived it",
        "withdraw": "took it back",
    }
}


class Facts(dict[str, Any]):
    """Facts as people write them; put into words only where a sentence asks for them."""

    def __getitem__(self, name: str) -> object:
        value = super().__getitem__(name)
        spoken = SPOKEN.get(name)
        return (spoken and spoken.get(str(value))) or _spoken(value)


def _spoken(value: object) -> object:
    if isinstance(value, datetime):
        return formats.moment(value)
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, Decimal | Fraction | float):
        return formats.number(value)
    if isinstance(value, set | frozenset):
        return joined(sorted(str(one) for one in value))
    if isinstance(value, list | tuple):
        return joined(str(one) for one in value)
    return value


def joined(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last
