"""Reading statements: by id, and by filters, page by page.

Every page is a walk along indexes from where the page begins, however many statements there are (see `walks`). A
statement that refers to another is found by that one's keys too; those lie in an index of their own.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from uuid import UUID

from lms.lrs import keys, positions, sql, turns
from lms.lrs.queries import walks
from lms.lrs.queries.walks import NOT_VOIDED

PAGE = 100
LARGEST_PAGE = 500

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
    return NOT_VOIDED.removeprefix("NOT ") if voided else NOT_VOIDED


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
    """Newest first unless asked otherwise; paging is stable while others write.

    It may hold less than was asked for, even nothing, and still have a next one: where a walk had gone far enough.
    """
    size = min(wanted.limit or LARGEST_PAGE, LARGEST_PAGE)
    found: dict[int, str] = {}
    ends: list[int] = []
    sentence, values = walk(wanted, size + 1)
    for position, body, is_end in sql.run(sentence, *values):
        if is_end:
            ends.append(position)
        elif body is not None:
            found[position] = body
    order = sorted(found, reverse=not wanted.ascending)
    end = None if not ends else min(ends) if wanted.ascending else max(ends)
    if end is not None:  # what lies there and behind it was not looked for in every way
        order = [position for position in order if (position < end if wanted.ascending else position > end)]
    following = None
    if len(order) > size:
        following = replace(wanted, after=order[size - 1])
    elif end is not None:
        following = replace(wanted, after=end - 1 if wanted.ascending else end + 1)
    return Page(tuple(Found(position, found[position]) for position in order[:size]), following)


def shortened(whole: Page, wanted: Filter, count: int) -> Page:
    """Its first so many statements; what follows begins behind them."""
    if count >= len(whole.found):
        return whole
    found = whole.found[:count]
    return Page(found, replace(wanted, after=found[-1].position))


def walk(wanted: Filter, size: int) -> walks.Walk:
    """The SQL of a page and its values: by the statements' own keys, and by those they inherited, for each combination.

    In one sentence, as each one more is a way to PostgreSQL and back.
    """
    low, high = wanted.bounds
    by = () if wanted.authority is None else (keys.key("by", wanted.authority),)
    if not wanted.keys and not by:
        return walks.through_all(low, high, size, ascending=wanted.ascending)
    found = []
    for combination in product(*wanted.keys):
        found.append(walks.by_keys((*combination, *by), low, high, size, ascending=wanted.ascending))
        if combination:
            found.append(walks.by_inherited_keys(combination, by, low, high, size, ascending=wanted.ascending))
    return walks.together(found)
