"""When a feedback of a QTI item shows: found out by answering the item, not by reading its rules."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from lms.catalog.exchange.qti_nodes import Node
from lms.catalog.exchange.qti_probe import Probe
from lms.catalog.exchange.qti_processing import Scored

CHOICES = frozenset({"simpleChoice", "inlineChoice", "hottext", "hotspotChoice"})
PAIRED = frozenset({"pair", "directedPair"})
NUMERIC = frozenset({"integer", "float"})
# No author has these among the accepted answers.
NO_WORD = "\ufffc"
NO_NUMBER = "-98765.4321"
MOST_TRIES = 600

Answers = Mapping[str, object]


class Level(StrEnum):
    FULL = "full"
    PART = "part"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Try:
    scored: Scored
    level: Level


class Occasions:
    """Tries of an item's responses, what is `said` of each among them.

    `only` keeps to one of them, the others staying unanswered.
    """

    def __init__(
        self, probe: Probe, interactions: Iterable[Node], *, only: str = "", said: Mapping[str, Sequence[str]]
    ) -> None:
        self._probe = probe
        self.answers = {
            node.get("responseIdentifier"): (*said.get(node.get("responseIdentifier"), ()), *answers_to(probe, node))
            for node in interactions
            if only in {"", node.get("responseIdentifier")} and node.get("responseIdentifier") in probe.item.responses
        }
        self._right = {name: words for name in self.answers if (words := right_words(probe, name))}
        self._tries: tuple[Try, ...] | None = None

    def right(self, name: str) -> list[str]:
        return self._right.get(name, [])

    def shows(self, node: Node, answers: Answers) -> bool:
        return self._probe.run(dict(answers)).shows(node)

    def depends_on(self, node: Node) -> list[str]:
        """The responses that make a difference to it."""
        if self._is_too_large:
            return []
        return [name for name in self.answers if self._is_moved_by(node, name)]

    def _is_moved_by(self, node: Node, name: str) -> bool:
        for base in ({}, self._right):
            rest = {other: words for other, words in base.items() if other != name}
            if len({self.shows(node, rest | {name: words}) for words in (*self.answers[name], None)}) > 1:
                return True
        return False

    def levels(self, node: Node) -> dict[Level, bool | None]:
        """For each level that an answered item reached: always shown, never, or None for sometimes."""
        found: dict[Level, set[bool]] = {}
        for one in self.tries:
            found.setdefault(one.level, set()).add(one.scored.shows(node))
        return {level: None if len(shown) > 1 else True in shown for level, shown in found.items()}

    @property
    def tries(self) -> tuple[Try, ...]:
        if self._tries is None:
            scored = [self._probe.run(dict(answers)) for answers in self._combined()] if not self._is_too_large else []
            nothing = self._probe.nothing
            best = max((one.score for one in scored), default=nothing)
            self._tries = tuple(Try(one, _level(one.score, nothing, best)) for one in scored)
        return self._tries

    @property
    def _is_too_large(self) -> bool:
        return sum(len(one) for one in self.answers.values()) * (2 if len(self.answers) > 1 else 1) > MOST_TRIES

    def _combined(self) -> Iterator[Answers]:
        """Every answer to one response, the others being all right or all wrong."""
        wrong = {name: self._wrong(name) for name in self.answers}
        for rest in (self._right, wrong) if len(self.answers) > 1 else ({},):
            for name, answers in self.answers.items():
                yield from ({**rest, name: words} for words in answers)

    def _wrong(self, name: str) -> object:
        right = self._right.get(name)
        least = min(
            ((self._probe.score({name: words}), at) for at, words in enumerate(self.answers[name]) if words != right),
            default=None,
        )
        return None if least is None else self.answers[name][least[1]]


def _level(score: Fraction, nothing: Fraction, best: Fraction) -> Level:
    if score <= nothing:
        return Level.NONE
    return Level.FULL if score >= best else Level.PART


def right_words(probe: Probe, name: str) -> list[str]:
    """What is declared to be right; without that, what the mapping rewards."""
    declared = probe.item.responses[name]
    if (words := probe.correct_words(name)) or declared.mapping is None:
        return words
    rewarded = sorted((one for one in declared.mapping.entries if one.value > 0), key=lambda one: -one.value)
    return [one.key for one in rewarded][: 1 if declared.cardinality == "single" else None]


def answers_to(probe: Probe, node: Node) -> Iterator[object]:
    """What could be answered here: right, wrong, in part."""
    declared = probe.item.responses[node.get("responseIdentifier")]
    right = right_words(probe, declared.identifier)
    keys = [one.get("identifier") for one in node.walk() if one.name in CHOICES]
    if declared.base_type in PAIRED:
        yield from _pairings(node, right)
    elif declared.cardinality == "ordered":
        yield from [right, right[::-1]] if len(right) > 1 else [right] if right else []
    elif keys and declared.cardinality == "single":
        yield from keys
    elif keys and is_one_of(node, right):
        yield from ([key] for key in keys)
    elif keys:
        yield from _sets(keys, right)
    elif declared.base_type in {"string", *NUMERIC}:
        other = NO_NUMBER.partition(".")[0] if declared.base_type == "integer" else NO_NUMBER
        words = [*probe.candidates(declared), NO_WORD if declared.base_type == "string" else other]
        yield from words if declared.cardinality == "single" else ([word] for word in words)
    elif right:
        yield right[0] if declared.cardinality == "single" else right


def is_one_of(node: Node, right: Sequence[str]) -> bool:
    """Whether people choose one although the response could hold several; a key of several speaks against it."""
    return node.get("maxChoices") == "1" and len(right) <= 1


def _sets(keys: Sequence[str], right: Sequence[str]) -> Iterator[list[str]]:
    wrong = [key for key in keys if key not in right]
    found = [[key] for key in keys]
    found += [list(right), list(keys), wrong]
    found += [[key for key in right if key != left_out] for left_out in right]
    found += [[key for key in keys if key != left_out] for left_out in keys]
    yield from (list(one) for one in dict.fromkeys(tuple(one) for one in found) if one)


def _pairings(node: Node, right: Sequence[str]) -> Iterator[list[str]]:
    offered = [one.get("identifier") for one in node.walk() if one.get("identifier")]
    firsts = {pair.split()[0] for pair in right if len(pair.split()) == 2}
    wrong = []
    for pair in right:
        parts = pair.split()
        other = next((key for key in offered if key not in {*parts, *firsts} and f"{parts[0]} {key}" not in right), "")
        if len(parts) == 2 and other:
            wrong.append(f"{parts[0]} {other}")
    found = [list(right), wrong, *([pair] for pair in right)]
    found += [[pair for pair in right if pair != left_out] for left_out in right]
    yield from (list(one) for one in dict.fromkeys(tuple(one) for one in found) if one)
