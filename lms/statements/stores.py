"""Which stores there are, what each of them is owed, and how to reach it. Nothing here commits or sends."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Table, exists, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lms.db import db
from lms.errors import RuleViolation
from lms.settings import Settings
from lms.statements import sealing
from lms.statements.home import Home
from lms.statements.models import Delivery, DeliveryTarget, LedgerEntry, OwedStatement
from lms.statements.transport import EmbeddedTransport, NoTransport, RemoteTransport, Transport

EMBEDDED = "embedded"
ON_PAGE, IN_SETTINGS = "page", "settings"
CANNOT_OPEN = "its password cannot be read: SECRET_KEY is another one now. Write the password again"

# What makes a transport: when one of these changes, it is made anew.
Recipe = tuple[str, ...]


# What they are owed


def sync_targets(settings: Settings) -> None:
    """Make the targets that the settings describe what the settings say; those of the page are left alone.

    A new one is owed every earlier statement; one that moved to another address is owed all of them there; one that
    the settings no longer name keeps its state and is owed nothing new. Another worker may do the same at this moment.
    """
    wanted = {EMBEDDED: ""} | {store.name: store.endpoint for store in settings.stores}
    known = {row.key: row for row in db.session.scalars(select(DeliveryTarget))}
    for target in known.values():
        if target.origin == IN_SETTINGS:
            target.is_enabled = target.key in wanted
    for key, endpoint in sorted(wanted.items()):
        row = known.get(key)
        if row is None:
            db.session.execute(_insert(DeliveryTarget).values(key=key, endpoint=endpoint).on_conflict_do_nothing())
        elif row.endpoint != endpoint:
            row.endpoint = endpoint
            owe_again(row)
    db.session.flush()
    owe_missing()


def owe_missing(*, latest: int | None = None, only: str | None = None) -> int:
    """Owe to every target in use (or to `only` this one) what it was never owed, from its day on; return how many.

    Besides all that is older than a new target this finds what was recorded in the very moment it was added: for that
    alone the `latest` statements are enough, however many there are.
    """
    missing = (
        select(OwedStatement.seq, DeliveryTarget.key, literal("owed"), literal(0), literal(""))
        .select_from(OwedStatement)
        .join(LedgerEntry, LedgerEntry.seq == OwedStatement.entry_seq)
        .join(DeliveryTarget, or_(DeliveryTarget.owed_from.is_(None), DeliveryTarget.owed_from <= LedgerEntry.at))
        .where(
            DeliveryTarget.is_enabled,
            ~exists(select(literal(1)).where(Delivery.seq == OwedStatement.seq, Delivery.target == DeliveryTarget.key)),
        )
    )
    if only is not None:
        missing = missing.where(DeliveryTarget.key == only)
    if latest is not None:
        newest = db.session.scalar(select(func.max(OwedStatement.seq))) or 0
        missing = missing.where(OwedStatement.seq > newest - latest)
    columns = ["seq", "target", "state", "attempts", "error"]
    statement = _insert(Delivery).from_select(columns, missing).on_conflict_do_nothing()
    return _count(db.session.execute(statement, execution_options={"preserve_rowcount": True}))


def owe_again(target: DeliveryTarget, *, since: datetime | None = None, only_refused: bool = False) -> int:
    """Owe to `target` again what it has or refused, recorded at `since` or later, at once; return how many."""
    states = ["parked"] if only_refused else ["delivered", "parked"]
    query = update(Delivery).where(Delivery.target == target.key, Delivery.state.in_(states))
    if since is not None:
        query = query.where(
            Delivery.seq.in_(
                select(OwedStatement.seq)
                .join(LedgerEntry, LedgerEntry.seq == OwedStatement.entry_seq)
                .where(LedgerEntry.at >= since)
            )
        )
    result = db.session.execute(
        query.values(state="owed", delivered_at=None, retry_at=None, error="", attempts=0),
        execution_options={"synchronize_session": False},
    )
    ask_at_once(target)
    return _count(result)


def ask_at_once(target: DeliveryTarget) -> None:
    """Whatever went wrong before was mended, or so somebody thinks."""
    target.failures, target.retry_at, target.last_error = 0, None, ""


def resend(seq: int, target: str) -> Delivery:
    """Owe this statement to `target` again, at once. One that is on its way at this moment stays as it is."""
    row = db.session.get(Delivery, (seq, target))
    if row is None:
        raise RuleViolation("no_such_delivery", seq=seq, target=target)
    mine = select(Delivery).where(Delivery.seq == seq, Delivery.target == target)
    if db.session.scalars(mine.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all():
        row.state, row.delivered_at, row.retry_at, row.error = "owed", None, None, ""
    return row


def backlog(target: str) -> int:
    """How many statements `target` is still owed."""
    count = db.session.scalar(
        select(func.count()).select_from(Delivery).where(Delivery.target == target, Delivery.state == "owed")
    )
    return int(count or 0)


def _insert(model: type[Delivery] | type[DeliveryTarget]) -> Any:
    """An INSERT that can leave out what is there already, in the words of this database."""
    words: Any = sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql
    return words.insert(cast(Table, model.__table__))


def _count(result: Any) -> int:
    return cast("CursorResult[Any]", result).rowcount


# How to reach them


class Stores:
    """A transport for each store in use, kept as long as it is described in the same way."""

    def __init__(self, settings: Settings, home: Home) -> None:
        self._settings = settings
        self._home = home
        self._made: dict[str, tuple[Recipe, Transport]] = {}
        self._lent: set[str] = set()

    def __getitem__(self, key: str) -> Transport:
        return self._made[key][1]

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._made))

    def lend(self, key: str) -> Transport:
        """The transport, to be used in another thread; who has it closes it, also when it is described no more."""
        self._lent.add(key)
        return self[key]

    def refresh(self) -> bool:
        """Look which stores are in use now; whether that changed anything."""
        wanted = dict(self._recipes())
        is_changed = False
        for key in [key for key, (recipe, _) in self._made.items() if wanted.get(key) != recipe]:
            self._drop(key)
            is_changed = True
        for key, recipe in wanted.items():
            if key not in self._made:
                self._made[key] = recipe, self._transport(key, recipe)
                is_changed = True
        return is_changed

    def close(self) -> None:
        for key in self:
            self._drop(key)

    def _drop(self, key: str) -> None:
        _, transport = self._made.pop(key)
        if key not in self._lent:
            transport.close()
        self._lent.discard(key)

    def _recipes(self) -> Iterator[tuple[str, Recipe]]:
        named = {store.name: (store.endpoint, store.user, store.password) for store in self._settings.stores}
        columns = (
            DeliveryTarget.key,
            DeliveryTarget.origin,
            DeliveryTarget.endpoint,
            DeliveryTarget.username,
            DeliveryTarget.sealed_password,
        )
        for row in db.session.execute(
            select(*columns).where(DeliveryTarget.is_enabled).order_by(DeliveryTarget.key)
        ).all():
            if row.key == EMBEDDED:
                yield EMBEDDED, ()
            elif row.origin == ON_PAGE:
                yield row.key, (row.origin, row.endpoint, row.username, row.sealed_password)
            elif row.key in named:
                yield row.key, (row.origin, *named[row.key])

    def _transport(self, key: str, recipe: Recipe) -> Transport:
        if key == EMBEDDED:
            return EmbeddedTransport(self._home)
        origin, endpoint, user, password = recipe
        if origin == ON_PAGE:
            try:
                password = sealing.unseal(password, store=key, endpoint=endpoint, secret_key=self._settings.secret_key)
            except sealing.CannotOpen:
                return NoTransport(CANNOT_OPEN)
        return RemoteTransport(endpoint, user, password)
