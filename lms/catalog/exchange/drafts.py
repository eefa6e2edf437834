"""A question of another system while it becomes an item of a course: what every type needs of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from lms.catalog.exchange.markdown_text import markdown
from lms.catalog.exchange.model import Option, Question, Text
from lms.catalog.exchange.pictures import Pictures
from lms.catalog.exchange.report import RefusedItem
from lms.policy.items import SHARES

JUDGED = {weight: share for share, weight in SHARES.items()}
# Tags by which this product says what a format has no place for, so that it comes back.
TYPE, WEIGHTS, RANGE, UNIT, RULE = "type:", "weights:", "range:", "unit:", "rule:"
FEEDBACK = "feedback:"  # what learners get to see of this question's answers


@dataclass(slots=True)
class Draft:
    """An item while it is written, with what it loses and changes on the way."""

    question: Question
    pictures: Pictures
    lost: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def text(self, text: Text) -> str:
        return markdown(text, self.lost, self.pictures)

    def tag(self, name: str) -> str:
        """What a tag such as `band:hard` says; empty without one."""
        return next((tag.removeprefix(name) for tag in self.question.tags if tag.startswith(name)), "")


def listed(draft: Draft, options: Iterable[Option]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for number, option in enumerate(options, start=1):
        text = draft.text(option.text)
        if not text:
            raise RefusedItem(f"Option {number} has no text.")
        made.append({"key": letters(number), "text": text})
    texts = [one["text"] for one in made]
    if len(texts) != len(set(texts)):
        raise RefusedItem("Two of its options say the same.")
    return made


def letters(number: int) -> str:
    """a … z, then a1, b1 …"""
    rounds, place = divmod(number - 1, 26)
    return f"{chr(ord('a') + place)}{rounds or ''}"


def with_feedback(draft: Draft, made: list[dict[str, Any]], options: Iterable[Option]) -> None:
    for one, option in zip(made, options, strict=True):
        if option.feedback and (words := draft.text(option.feedback)):
            one["feedback"] = words


def judged(draft: Draft, weight: Fraction) -> Fraction:
    near = min(JUDGED, key=lambda share: (abs(share - weight), share))
    if near != weight:
        draft.changed.append("Weights of options become the nearest of 0, 1/3, 1/2, 2/3 and 1.")
    return near


def weights_said(draft: Draft, count: int) -> list[Fraction] | None:
    """The experts' weights that this product wrote into a tag; None where there are none that fit."""
    said = draft.tag(WEIGHTS).split()
    return [SHARES[one] for one in said] if len(said) == count and SHARES.keys() >= set(said) else None
