"""What reading or writing came to: the questions taken, and line by line what was changed, left out or refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lms.catalog.exchange.model import Place, Question


class Outcome(StrEnum):
    """`CHANGED`: taken with another form or meaning. `LOST`: taken without this part. `REFUSED`: not taken."""

    CHANGED = "changed"
    LOST = "lost"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one place. `item` names the question, by identifier, title or number in its file."""

    place: Place
    outcome: Outcome
    message: str
    item: str = ""

    def __str__(self) -> str:
        item = f" [{self.item}]" if self.item else ""
        return f"{self.place}: {self.outcome}:{item} {self.message}"


@dataclass(slots=True)
class Notes:
    """Collects findings while a file is read; reading goes on after each."""

    found: list[Finding] = field(default_factory=list)

    def changed(self, place: Place, message: str, item: str = "") -> None:
        self.found.append(Finding(place, Outcome.CHANGED, message, item))

    def lost(self, place: Place, message: str, item: str = "") -> None:
        self.found.append(Finding(place, Outcome.LOST, message, item))

    def refused(self, place: Place, message: str, item: str = "") -> None:
        self.found.append(Finding(place, Outcome.REFUSED, message, item))


@dataclass(frozen=True, slots=True)
class Reading:
    """One file, read. `categories` stand in the order of the file, also those that no question follows."""

    file: str
    format: str
    questions: tuple[Question, ...] = ()
    findings: tuple[Finding, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def refusals(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.outcome is Outcome.REFUSED)


@dataclass(frozen=True, slots=True)
class Writing:
    """A file, written. Places in its findings are those that the questions were read from; `files` go beside it."""

    data: bytes
    findings: tuple[Finding, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


class RefusedItem(Exception):
    """This question cannot be taken; the reader notes why and goes on with the next."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
