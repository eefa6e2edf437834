"""Spaced practice: when a question comes back, what the day's review holds, and how well something is held.

Everything is a fold over the log of a card: `replay` of the same log gives the same schedule, under whichever
scheduler. Days are days of the person's own calendar.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

CAP = 5  # questions a workday
LAPSES = 3  # wrong in a row: the question or the page needs a look, not another try
RIGHT_AT_CAP = 2  # right in a row at the longest interval: the card has done its work
LEITNER = (1, 3, 7, 21, 60)


class CardState(StrEnum):
    SCHEDULED = "scheduled"
    SUSPENDED = "suspended"
    STUCK = "stuck"
    GRADUATED = "graduated"
    RETIRED = "retired"


class Kind(StrEnum):
    """What can happen to a card. `SUSPENDED`: leave, or its item is under repair."""

    ANSWERED = "answered"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    RESTARTED = "restarted"  # its item was changed in substance, or the page was gone through again
    RETIRED = "retired"
    MOVED = "moved"  # its item reads another way now, and means the same: nothing happens to its schedule


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a card's log. `is_right` only of an answer. `is_void`: the key was wrong, so it does not count."""

    kind: Kind
    on: date
    is_right: bool = False
    is_void: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """What a scheduler keeps of a card besides its interval: days until recall falls to nine in ten, and difficulty."""

    stability: float
    difficulty: float


@dataclass(frozen=True, slots=True)
class Card:
    """Where a card stands. `interval`: days from the last answer (or from its beginning) to `due_on`."""

    due_on: date
    interval: int
    last_on: date
    box: int = 0
    answers: int = 0
    right_in_row: int = 0
    wrong_in_row: int = 0
    right_at_cap: int = 0
    state: CardState = CardState.SCHEDULED
    suspended_on: date | None = None
    memory: Memory | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """A scheduler's answer: how many days until the question comes back."""

    interval: int
    box: int = 0
    memory: Memory | None = None


class Scheduler(Protocol):
    """Decides intervals and nothing else. Pure: the same card and answer give the same days."""

    @property
    def name(self) -> str: ...
    @property
    def longest(self) -> int: ...
    def first(self, *, was_right: bool) -> Next:
        """After the answer in the course that made the card."""
        ...

    def after(self, card: Card, on: date, *, is_right: bool) -> Next: ...


@dataclass(frozen=True, slots=True)
class Leitner:
    """Boxes of so many days: right moves one on, wrong goes back to the first. One sentence explains it."""

    days: Sequence[int] = LEITNER
    name: str = "leitner"

    @property
    def longest(self) -> int:
        return self.days[-1]

    def first(self, *, was_right: bool) -> Next:
        return Next(self.days[0], 0)

    def after(self, card: Card, on: date, *, is_right: bool) -> Next:
        box = min(card.box + 1, len(self.days) - 1) if is_right else 0
        return Next(self.days[box], box)


def begin(scheduler: Scheduler, on: date, *, was_right: bool) -> Card:
    """A new card, made when its objective was satisfied on that day."""
    return _moved(Card(on, 0, on), scheduler.first(was_right=was_right), on)


def follow(scheduler: Scheduler, card: Card, entry: Entry) -> Card:
    """The card after one more line of its log. What cannot apply leaves the card as it is."""
    if entry.is_void or card.state is CardState.RETIRED or entry.on < card.last_on:
        return card
    match entry.kind:
        case Kind.ANSWERED:
            return _answered(scheduler, card, entry)
        case Kind.SUSPENDED if card.state is CardState.SCHEDULED:
            return replace(card, state=CardState.SUSPENDED, suspended_on=entry.on)
        case Kind.RESUMED if card.suspended_on is not None:
            left = max(timedelta(0), card.due_on - card.suspended_on)
            return replace(card, state=CardState.SCHEDULED, suspended_on=None, due_on=entry.on + left)
        case Kind.RESTARTED:
            fresh = begin(scheduler, entry.on, was_right=False)
            if card.state is CardState.SUSPENDED:
                return replace(fresh, state=card.state, suspended_on=entry.on)
            return fresh
        case Kind.RETIRED:
            return replace(card, state=CardState.RETIRED)
    return card


def replay(scheduler: Scheduler, begun_on: date, log: Iterable[Entry], *, was_right: bool) -> Card:
    """The whole history of a card under a scheduler. `log` in the order in which things happened."""
    card = begin(scheduler, begun_on, was_right=was_right)
    for entry in log:
        card = follow(scheduler, card, entry)
    return card


def _answered(scheduler: Scheduler, card: Card, entry: Entry) -> Card:
    """A second answer on the same day was practice and moves nothing; a late one counts with its real delay."""
    if card.state is not CardState.SCHEDULED or (entry.on == card.last_on and card.answers):
        return card
    was_at_cap = card.interval >= scheduler.longest
    moved = _moved(card, scheduler.after(card, entry.on, is_right=entry.is_right), entry.on)
    moved = replace(
        moved,
        answers=card.answers + 1,
        right_in_row=card.right_in_row + 1 if entry.is_right else 0,
        wrong_in_row=0 if entry.is_right else card.wrong_in_row + 1,
        right_at_cap=card.right_at_cap + 1 if entry.is_right and was_at_cap else 0,
    )
    if moved.wrong_in_row >= LAPSES:
        return replace(moved, state=CardState.STUCK)
    if moved.right_at_cap >= RIGHT_AT_CAP:
        return replace(moved, state=CardState.GRADUATED)
    return moved


def _moved(card: Card, then: Next, on: date) -> Card:
    return replace(
        card,
        due_on=on + timedelta(days=then.interval),
        interval=then.interval,
        last_on=on,
        box=then.box,
        memory=then.memory,
    )


@dataclass(frozen=True, slots=True)
class Due:
    """A card by the key of its item line, of which a person has one card."""

    key: str
    card: Card


def todays(cards: Iterable[Due], on: date, *, answered: int, is_workday: bool, cap: int = CAP) -> tuple[Due, ...]:
    """What is asked today: oldest due first, never more than what is left of the day's cap, nothing on days off.

    `answered`: how many questions were answered today already. The order of asking matters more than the scheduler.
    """
    if not is_workday:
        return ()
    waiting = [one for one in cards if is_due(one.card, on)]
    waiting.sort(key=lambda one: (one.card.due_on, one.card.last_on, one.key))
    return tuple(waiting[: max(0, cap - answered)])


def is_due(card: Card, on: date) -> bool:
    return card.state is CardState.SCHEDULED and card.due_on <= on


class Edit(StrEnum):
    """What publishing a changed item does to its cards; the author's own change class decides."""

    COSMETIC = "cosmetic"
    CLARIFYING = "clarifying"
    SUBSTANTIVE = "substantive"

    @property
    def restarts(self) -> bool:
        return self is Edit.SUBSTANTIVE


class Hold(StrEnum):
    """How well something is held, for words on a page: never a predicted probability."""

    NEW = "new"  # not asked since the course
    FIRM = "firm"
    DUE = "due"
    FADING = "fading"  # overdue by more than it had been held for
    SLIPPED = "slipped"  # last answered wrong
    STUCK = "stuck"
    KEPT = "kept"  # graduated


def hold(card: Card, on: date) -> Hold:
    match card.state:
        case CardState.STUCK:
            return Hold.STUCK
        case CardState.GRADUATED:
            return Hold.KEPT
    if card.wrong_in_row:
        return Hold.SLIPPED
    late = (on - card.due_on).days if card.state is CardState.SCHEDULED else -1
    if late > card.interval:
        return Hold.FADING
    if not card.answers:
        return Hold.NEW
    return Hold.DUE if late >= 0 else Hold.FIRM
