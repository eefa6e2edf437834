"""Reading statements: by id, and by filters, page by page.

Every page is a walk along one index from where the page begins, however many statements there are (a test reads the
plans). A statement that refers to another is found by that one's keys too; those lie in an index of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from uuid import UUID

from lms.lrs import keys, positions, sql, turns

PAGE = 100
LARGEST_PAGE = 500
# How far two keys are counted to learn which is the rarer one.
COUNTED = 2000

_NOT_VOIDED = "NOT EXISTS (SELECT 1 FROM voided_statement v WHERE v.target_id = s.id)"
_STORED_BY = " AND EXISTS (SELECT 1 FROM statement_key b WHERE b.key = %s AND b.position = k0.position)"
_ONE = "SELECT position, body FROM stored_statement s WHERE s.id = %s AND {voided}"
# One way to PostgreSQL for both: what may be promised, and the statement.
_ONE_AND_MOMENT = (
    f"SELECT {turns.QUIET}, s.position, s.body FROM (VALUES (1)) one (row) "
    "LEFT JOIN stored_statement s ON s.id = %s AND {voided}"
)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a client asks for. `agent` is the agent's one text (see `keys.agent_name`)."""

    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: UUID | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: datetime | None = None  # exclusive
    until: datetime | None = None  # inclusive
    limit: int = PAGE
    ascending: bool = False
    after: int | None = None  # the position of the last one of the page before
    authority: str | None = None  # only what this agent stored, whatever else is asked for

    @property
    def keys(self) -> tuple[keys.Alternatives, ...]:
        """What each statement must have, or what it refers to: of each of these one."""
        return keys.wanted(
            agent=self.agent,
            verb=self.verb,
            activity=self.activity,
            registration=self.registration,
            related_agents=self.related_agents,
            related_activities=self.related_activities,
        )

    @property
    def bounds(self) -> tuple[int, int]:
        """The lowest position, and the first that is too high."""
        low = positions.FIRST if self.since is None else positions.after(self.since)
        high = positions.LAST if self.until is None else positions.after(self.until)
        if self.after is not None:
            if self.ascending:
                low = max(low, self.after + 1)
            else:
                high = min(high, self.after)
        return low, high


@dataclass(frozen=True, slots=True)
class Found:
    position: int
    body: str

    @property
    def stored(self) -> datetime:
        return positions.instant(self.position)


@dataclass(frozen=True, slots=True)
class Page:
    """Statements as they are kept; `next` asks for what follows, or is None at the end."""

    found: tuple[Found, ...]
    next: Filter | None


def statement(statement_id: UUID, *, voided: bool = False, authority: str | None = None) -> Found | None:
    """The statement under this id if it is (not) voided, as `voided` asks, and `authority` (if given) stored it."""
    row = sql.run(_ONE.format(voided=_voided(voided)), sql.sixteen(statement_id)).one_or_none()
    return _allowed(row, authority)


def statement_and_moment(
    statement_id: UUID, *, voided: bool = False, authority: str | None = None
) -> tuple[Found | None, datetime]:
    """The same, and up to when all that is stored can be read now (see `turns`)."""
    if sql.is_postgres() and sql.is_reading():
        row = sql.run(_ONE_AND_MOMENT.format(voided=_voided(voided)), sql.sixteen(statement_id)).one()
        through = turns.promised(*row[:2])
        if through is not None:
            return _allowed(None if row[2] is None else row[2:], authority), through
    through = turns.consistent_through()  # before the statement is read: what it promises, the answer can hold
    return statement(statement_id, voided=voided, authority=authority), through


def _voided(voided: bool) -> str:
    return _NOT_VOIDED.removeprefix("NOT ") if voided else _NOT_VOIDED


def _allowed(row: sql.Row | None, authority: str | None) -> Found | None:
    if row is None:
        return None
    if authority is not None:
        mine = sql.run(
            "SELECT 1 FROM statement_key WHERE key = %s AND position = %s",
            sql.sixteen(keys.key("by", authority)),
            row[0],
        )
        if mine.one_or_none() is None:
            return None
    return Found(row[0], row[1])


def page(wanted: Filter) -> Page:
    """Newest first unless asked otherwise; paging is stable while others write."""
    size = min(wanted.limit or LARGEST_PAGE, LARGEST_PAGE)
    found: dict[int, str] = {}
    for sentence, values in sentences(wanted, size + 1):
        found.update((row[0], row[1]) for row in sql.run(sentence, *values))
    order = sorted(found, reverse=not wanted.ascending)
    following = replace(wanted, after=order[size - 1]) if len(order) > size else None
    return Page(tuple(Found(position, found[position]) for position in order[:size]), following)


def shortened(whole: Page, wanted: Filter, count: int) -> Page:
    """Its first so many statements; what follows begins behind them."""
    if count >= len(whole.found):
        return whole
    found = whole.found[:count]
    return Page(found, replace(wanted, after=found[-1].position))


def sentences(wanted: Filter, size: int) -> Sequence[tuple[str, tuple[object, ...]]]:
    """The SQL of a page and its values: by the statements' own keys, and by those they inherited."""
    low, high = wanted.bounds
    order = "ASC" if wanted.ascending else "DESC"
    # Who stored it is asked of the statement itself: not everybody who refers to a statement of somebody is them.
    by = () if wanted.authority is None else (keys.key("by", wanted.authority),)
    if not wanted.keys and not by:
        return (
            (
                f"SELECT s.position, s.body FROM stored_statement s WHERE s.position >= %s AND s.position < %s "
                f"AND {_NOT_VOIDED} ORDER BY s.position {order} LIMIT %s",
                (low, high, size),
            ),
        )
    found = []
    for combination in product(*wanted.keys):
        own = _rarest_first((*combination, *by))
        found.append((_by_key("statement_key", len(own), order), (*map(sql.sixteen, own), low, high, size)))
        if combination:
            inherited = _rarest_first(combination)
            values = (*map(sql.sixteen, inherited), low, high, *map(sql.sixteen, by), size)
            found.append((_by_key("inherited_key", len(inherited), order, _STORED_BY if by else ""), values))
    return found


def _by_key(table: str, count: int, order: str, more: str = "") -> str:
    joins, conditions = [], []
    same_source = " AND {0}.source = k0.source" if table == "inherited_key" else ""
    for number in range(count):
        conditions.append(f"k{number}.key = %s")
        if number:
            joins.append(f"CROSS JOIN {table} k{number}")
    also = "".join(
        f" AND k{number}.position = k0.position" + same_source.format(f"k{number}") for number in range(1, count)
    )
    # CROSS JOIN keeps SQLite from turning the order of the tables round; PostgreSQL orders them itself.
    return (
        f"SELECT s.position, s.body FROM {table} k0 {' '.join(joins)} CROSS JOIN stored_statement s "
        f"WHERE {' AND '.join(conditions)} AND k0.position >= %s AND k0.position < %s{also} "
        f"AND s.position = k0.position AND {_NOT_VOIDED}{more} ORDER BY k0.position {order} LIMIT %s"
    )


def _rarest_first(wanted: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The walk is along the first key, so it should be the one with the fewest statements."""
    if len(wanted) < 2:
        return wanted
    counts = {
        key: sql.run(
            "SELECT count(*) FROM (SELECT 1 FROM statement_key WHERE key = %s LIMIT %s) counted",
            sql.sixteen(key),
            COUNTED,
        ).scalar_one()
        for key in wanted
    }
    return tuple(sorted(wanted, key=lambda key: (counts[key], key)))
