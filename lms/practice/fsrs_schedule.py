"""The second scheduler: FSRS-6 of the package `fsrs`, behind the interface of `policy.practice`.

Only this module imports the package. Its own clock, random spread and minute steps are switched off: a day's practice
has none of them, and the log must replay to the same schedule.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property

import fsrs

from lms.policy.practice import Card, Memory, Next

TARGET = 0.90
LONGEST = 90


@dataclass(frozen=True)
class Fsrs:
    """Right is the package's Good, wrong its Again. Days begin at midnight, so that it counts whole ones."""

    longest: int = LONGEST
    name: str = "fsrs"

    @cached_property
    def _scheduler(self) -> fsrs.Scheduler:
        return fsrs.Scheduler(
            desired_retention=TARGET,
            learning_steps=(),
            relearning_steps=(),
            maximum_interval=self.longest,
            enable_fuzzing=False,
        )

    def first(self, *, was_right: bool) -> Next:
        return self._reviewed(fsrs.Card(card_id=1), date(2000, 1, 1), is_right=was_right)

    def after(self, card: Card, on: date, *, is_right: bool) -> Next:
        if card.memory is None:  # the card was begun under another scheduler and not replayed
            raise ValueError("replay the card's log under this scheduler first")
        known = fsrs.Card(
            card_id=1,
            state=fsrs.State.Review,
            stability=card.memory.stability,
            difficulty=card.memory.difficulty,
            due=_midnight(card.due_on),
            last_review=_midnight(card.last_on),
        )
        return self._reviewed(known, on, is_right=is_right)

    def _reviewed(self, card: fsrs.Card, on: date, *, is_right: bool) -> Next:
        rating = fsrs.Rating.Good if is_right else fsrs.Rating.Again
        card, _ = self._scheduler.review_card(card, rating, _midnight(on))
        if card.stability is None or card.difficulty is None:
            raise ValueError("the package reviewed a card and kept nothing of it")
        return Next((card.due - _midnight(on)).days, memory=Memory(card.stability, card.difficulty))


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)
