"""Acts of running the place: kept in the ledger for those they concern, never told to a record store."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from lms.statements.events import Event, Person, Thing


@dataclass(frozen=True, kw_only=True)
class AdministrativeEvent(Event):
    """Ledger only."""

    facts: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True, kw_only=True)
class AccountChanged(AdministrativeEvent):
    """Created, role granted or revoked, password changed, signed out everywhere …: `change` says which."""

    kind: ClassVar[str] = "account_changed"
    change: str


@dataclass(frozen=True, kw_only=True)
class LineChanged(AdministrativeEvent):
    kind: ClassVar[str] = "line_changed"
    manager: Person | None = None
    from_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class DelegationMade(AdministrativeEvent):
    kind: ClassVar[str] = "delegation_made"
    delegate: Person
    starts_on: date
    ends_on: date


@dataclass(frozen=True, kw_only=True)
class CoursePublished(AdministrativeEvent):
    kind: ClassVar[str] = "course_published"
    course: Thing


@dataclass(frozen=True, kw_only=True)
class ItemMoved(AdministrativeEvent):
    """A question was reviewed, returned, released, retired or revived; `facts` say which and where it stands."""

    kind: ClassVar[str] = "item_moved"
    item: Thing


@dataclass(frozen=True, kw_only=True)
class ItemRepaired(AdministrativeEvent):
    """A question that people had sat was neutralized, dropped, or takes another answer; each regrade says itself."""

    kind: ClassVar[str] = "item_repaired"
    item: Thing


@dataclass(frozen=True, kw_only=True)
class AttemptGranted(AdministrativeEvent):
    """A manager unlocked one more attempt; the reason says what was talked about."""

    kind: ClassVar[str] = "attempt_granted"


@dataclass(frozen=True, kw_only=True)
class EnrollmentPaused(AdministrativeEvent):
    """A course rests while somebody is away, from the day of `at` on. Practice reads it, too: its cards rest."""

    kind: ClassVar[str] = "enrollment_paused"


@dataclass(frozen=True, kw_only=True)
class EnrollmentResumed(AdministrativeEvent):
    kind: ClassVar[str] = "enrollment_resumed"


@dataclass(frozen=True, kw_only=True)
class ObjectivesSlipped(AdministrativeEvent):
    """A later check did not find these any more; the daily review brings them back. `homes`: (course, objective)."""

    kind: ClassVar[str] = "objectives_slipped"
    objectives: tuple[Thing, ...]
    homes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class AccommodationChanged(AdministrativeEvent):
    """Somebody has more time in tests, or no more: `change` says which. Why is for them and admins only: not here."""

    kind: ClassVar[str] = "accommodation_changed"
    change: str


@dataclass(frozen=True, kw_only=True)
class FileImported(AdministrativeEvent):
    """People, readings or targets from a file: `what` and the counts in `facts`."""

    kind: ClassVar[str] = "file_imported"
    what: str


@dataclass(frozen=True, kw_only=True)
class MetricChanged(AdministrativeEvent):
    """A metric was added, changed, retired or took up again: `change` says which, `facts` key and version."""

    kind: ClassVar[str] = "metric_changed"
    change: str
    name: str


@dataclass(frozen=True, kw_only=True)
class StatementResent(AdministrativeEvent):
    kind: ClassVar[str] = "statement_resent"
    target: str


@dataclass(frozen=True, kw_only=True)
class MailSentAgain(AdministrativeEvent):
    """A mail that could not be sent was put on its way once more."""

    kind: ClassVar[str] = "mail_sent_again"
    mail: str


@dataclass(frozen=True, kw_only=True)
class CredentialChanged(AdministrativeEvent):
    """A key pair for `/xapi` was made or revoked: `change` says which, `name` whose it is."""

    kind: ClassVar[str] = "credential_changed"
    change: str
    name: str


@dataclass(frozen=True, kw_only=True)
class StoreChanged(AdministrativeEvent):
    """A store elsewhere was added, changed, paused …: `change` says which, `name` which store."""

    kind: ClassVar[str] = "store_changed"
    change: str
    name: str
