"""What other formats cannot say of pairs."""

from collections.abc import Mapping

from lms.catalog.exchange.model import Format, Pair, Question
from lms.catalog.exchange.report import RefusedItem
from lms.catalog.exchange.shown import plain


def losses_of_pairs(question: Question) -> Mapping[str, bool]:
    """By the words that a report says them in."""
    whole = [pair for pair in question.pairs if pair.left and pair.right]
    return {
        "that its pairs count differently": len({pair.weight for pair in whole}) > 1,
        "left sides that nothing belongs to": any(pair.left and not pair.right for pair in question.pairs),
    }


def sayable_pairs(question: Question) -> tuple[Pair, ...]:
    """The pairs that have a right side. Raises RefusedItem where none has both."""
    if question.pairs and not any(pair.left and pair.right for pair in question.pairs):
        raise RefusedItem("No pair is right, so there is nothing to match.")
    return tuple(pair for pair in question.pairs if pair.right)


def plain_right(pair: Pair) -> str:
    """A right side where it can only be plain text; what shows nothing without its markup keeps it."""
    if pair.right.format in {Format.PLAIN, Format.MARKDOWN}:
        return pair.right.text
    return plain(pair.right) or pair.right.text
