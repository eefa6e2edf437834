"""What the acts of this package say to the ledger."""

from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from lms.people.models import User
from lms.statements import ledger
from lms.statements.administration import AccountChanged
from lms.statements.events import Person


class Named(Protocol):
    """Who acts: a `User`, a `Viewer`, anybody with an id and a name."""

    @property
    def id(self) -> UUID: ...

    @property
    def name(self) -> str: ...


def person(who: Named | None) -> Person | None:
    """None is the system: a command, the clock."""
    return Person(who.id, who.name) if who is not None else None


def account_changed(user: User, change: str, *, by: Named | None, at: datetime, **facts: object) -> None:
    ledger.record(
        AccountChanged(
            at=at,
            actor=person(by),
            learner=Person(user.id, user.name),
            record_id=uuid4(),
            change=change,
            facts=tuple((name, str(value)) for name, value in facts.items()),
        )
    )
