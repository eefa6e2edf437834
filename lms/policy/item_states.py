"""The review round of a question: who may move it where. Only live items are drawn for new forms."""

from enum import StrEnum

from lms.errors import RuleViolation


class ItemState(StrEnum):
    DRAFT = "draft"
    REVIEWED = "reviewed"
    LIVE = "live"
    RETIRED = "retired"


class ItemMove(StrEnum):
    REVIEW = "review"  # somebody else has read it and found it good
    RETURN = "return"
    RELEASE = "release"
    RETIRE = "retire"
    REVIVE = "revive"


MOVES: dict[tuple[ItemState, ItemMove], ItemState] = {
    (ItemState.DRAFT, ItemMove.REVIEW): ItemState.REVIEWED,
    (ItemState.DRAFT, ItemMove.RETIRE): ItemState.RETIRED,
    (ItemState.REVIEWED, ItemMove.RETURN): ItemState.DRAFT,
    (ItemState.REVIEWED, ItemMove.RELEASE): ItemState.LIVE,
    (ItemState.REVIEWED, ItemMove.RETIRE): ItemState.RETIRED,
    (ItemState.LIVE, ItemMove.RETURN): ItemState.DRAFT,
    (ItemState.LIVE, ItemMove.RETIRE): ItemState.RETIRED,
    (ItemState.RETIRED, ItemMove.REVIVE): ItemState.DRAFT,
}
# Whoever reads it next must know why.
NEEDS_REASON = frozenset({ItemMove.RETURN, ItemMove.RETIRE})


def move(state: ItemState, by: ItemMove, *, is_own: bool, comment: str) -> ItemState:
    """Where the item stands afterwards. `is_own`: who acts wrote the version in question."""
    found = MOVES.get((state, by))
    if found is None:
        raise RuleViolation("item_moved_on", state=state.value)
    if by is ItemMove.REVIEW and is_own:
        raise RuleViolation("item_own_review")
    if by in NEEDS_REASON and not comment.strip():
        raise RuleViolation("item_reason_missing")
    return found


def possible(state: ItemState, *, is_own: bool) -> tuple[ItemMove, ...]:
    """What may be offered, in the order of the round."""
    return tuple(by for (of, by) in MOVES if of is state and not (by is ItemMove.REVIEW and is_own))


def is_drawn(state: ItemState) -> bool:
    """Whether new forms may have it. A running attempt keeps what it has."""
    return state is ItemState.LIVE
