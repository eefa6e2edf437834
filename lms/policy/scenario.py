"""A branching conversation: what was said first at each turn counts, and where it led."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from lms.policy.items import Item, Reply, Turn

NONE = Fraction(0)


def turn_of(item: Item, key: str) -> Turn | None:
    return next((turn for turn in item.turns if turn.key == key), None)


def walked(item: Item, replies: Mapping[str, str]) -> Iterator[tuple[Turn, Reply | None]]:
    """The conversation as far as it went, from the first turn on: each turn with what was replied, or None at the
    turn that waits. A turn is met once, whatever an unchecked author has written.
    """
    met: set[str] = set()
    turn = item.turns[0] if item.turns else None
    while turn is not None and turn.key not in met:
        met.add(turn.key)
        said = next((reply for reply in turn.replies if reply.key == replies.get(turn.key)), None)
        yield turn, said
        turn = turn_of(item, said.next) if said is not None and said.next else None


def kept(item: Item, replies: Mapping[str, str]) -> dict[str, str]:
    """The replies that lie on the way; what was said at turns that one never came to is dropped."""
    return {turn.key: reply.key for turn, reply in walked(item, replies) if reply is not None}


def is_over(item: Item, replies: Mapping[str, str]) -> bool:
    """Whether the conversation has ended: nothing waits to be said."""
    return all(reply is not None or not turn.replies for turn, reply in walked(item, replies))


def earned(item: Item, replies: Mapping[str, str]) -> Fraction:
    """The points of the visited turns as a share of the best way's points."""
    best = points(item, best_way(item))
    return min(Fraction(1), points(item, replies) / best) if best else NONE


def points(item: Item, replies: Mapping[str, str]) -> Fraction:
    return sum((reply.weight for _, reply in walked(item, replies) if reply is not None), NONE)


def best_way(item: Item) -> dict[str, str]:
    """What to reply at each turn of the way that earns most; among equal ones the author's first."""
    known: dict[str, tuple[Fraction, dict[str, str]]] = {}

    def best(key: str, above: frozenset[str]) -> tuple[Fraction, dict[str, str]]:
        if key in known:
            return known[key]
        turn = turn_of(item, key)
        found: tuple[Fraction, dict[str, str]] = (NONE, {})
        for reply in turn.replies if turn is not None and key not in above else ():
            points, way = best(reply.next, above | {key}) if reply.next else (NONE, {})
            if not found[1] or reply.weight + points > found[0]:
                found = (reply.weight + points, {key: reply.key, **way})
        if not above & set(_keys_after(item, key)):  # a way that was cut short by a circle is not remembered
            known[key] = found
        return found

    return best(item.turns[0].key, frozenset())[1] if item.turns else {}


def _keys_after(item: Item, key: str) -> Iterator[str]:
    """Every turn that can follow, directly or not."""
    met, open_ = set(), [key]
    while open_:
        turn = turn_of(item, open_.pop())
        for reply in turn.replies if turn is not None else ():
            if reply.next and reply.next not in met:
                met.add(reply.next)
                open_.append(reply.next)
                yield reply.next


def unreachable(item: Item) -> tuple[Turn, ...]:
    """Turns that no reply leads to."""
    first = item.turns[0].key if item.turns else ""
    met = {first, *_keys_after(item, first)}
    return tuple(turn for turn in item.turns if turn.key not in met)


def circles(item: Item) -> tuple[Turn, ...]:
    """Turns that one could come back to: then there would be no best way and no first choice."""
    return tuple(turn for turn in item.turns if turn.key in set(_keys_after(item, turn.key)))
