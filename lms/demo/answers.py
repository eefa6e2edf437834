"""How a person of the demo answers questions, fills in a worksheet and comes back with numbers."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from lms.policy.outline import Column, Field, FieldType, Item, ItemType, Transfer

Response = Mapping[str, Any]


def right(item: Item) -> Response:
    """The keyed response of any item type."""
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return {"choice": max(item.options, key=lambda option: option.weight).key}
        case ItemType.MULTIPLE:
            return {"choices": [option.key for option in item.options if option.is_right]}
        case ItemType.NUMERIC:
            return {"number": item.answer}
        case ItemType.ORDER:
            return {"places": {entry.key: place for place, entry in enumerate(item.sequence, start=1)}}
        case ItemType.MATCHING:
            return {"pairs": {pair.key: pair.key for pair in item.pairs}}
        case ItemType.SHORT:
            return {"text": item.accept[0]}


def wrong(item: Item) -> Response:
    """A full but wrong response of any item type."""
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return {"choice": min(item.options, key=lambda option: option.weight).key}
        case ItemType.MULTIPLE:
            return {
                "choices": [option.key for option in item.options if not option.is_right][:1] or [item.options[0].key]
            }
        case ItemType.NUMERIC:
            return {"number": "0.001"}
        case ItemType.ORDER:
            return {"places": {entry.key: place for place, entry in enumerate(reversed(item.sequence), start=1)}}
        case ItemType.MATCHING:
            keys = [pair.key for pair in item.pairs]
            return {"pairs": dict(zip(keys, keys[1:] + keys[:1], strict=True))}
        case ItemType.SHORT:
            return {"text": "not sure"}


def fill(definition: Transfer, *, part: float, seed: str) -> dict[str, Any]:
    """A worksheet filled in from the author's own examples, which stand beside each prompt."""
    fields = list(definition.sheet.fields)
    content: dict[str, Any] = {}
    for field in fields[: max(1, round(len(fields) * part))]:
        match field.type:
            case FieldType.ROWS:
                count = max(field.min_rows, 2)
                content[field.key] = [
                    {column.key: _cell(column, number) for column in field.columns} for number in range(count)
                ]
            case FieldType.CHOICE:
                content[field.key] = field.options[len(seed) % len(field.options)].key
            case FieldType.CHECK:
                content[field.key] = True
            case FieldType.NUMBER:
                content[field.key] = str(10 + len(seed))
            case FieldType.DATE:
                content[field.key] = "2026-03-02"
            case _:
                content[field.key] = (field.example or ANSWERS[len(field.key) % len(ANSWERS)])[: field.max_length]
    return content


def plausible(definition: Transfer) -> dict[str, int]:
    """Numbers inside the author's ranges, each at most the one before it in the order."""
    found: dict[str, int] = {}
    for number in definition.numbers:
        low, high = number.plausible or (2, 8)
        found[number.key] = round(low + (high - low) * 0.45)
    for wider, narrower in pairwise(definition.order):
        found[narrower] = min(found[narrower], found[wider])
    return found


def _cell(column: Column, number: int) -> str:
    if column.type is FieldType.NUMBER:
        return str(5 * (number + 1))
    if column.type is FieldType.DATE:
        return f"2026-03-{number + 2:02}"
    concern, answer = CONCERNS[number % len(CONCERNS)]
    lowered = column.key.lower()
    if any(word in lowered for word in ("answer", "response", "buyer", "reply", "says")):
        return answer
    return EVIDENCE[number % len(EVIDENCE)] if "evidence" in lowered or "source" in lowered else concern


def first_text(definition: Transfer) -> Field:
    return next(field for field in definition.sheet.fields if field.type in {FieldType.TEXT, FieldType.LONG})


def shortened(text: str) -> str:
    return text.split(". ")[0].rstrip(".") + "."


CONCERNS = (
    ("Send me an email.", "I will. So that I send the right page: is it the late orders or the cost that hurts more?"),
    ("We have a supplier.", "Good, then you know what works. What would have to be better for a look to be worth it?"),
    (
        "I have no time.",
        "I called without an appointment, so that is fair. Would Tuesday at ten be better, for fifteen minutes?",
    ),
    ("It is not in the budget.", "Most people say that first. May I ask what a late delivery costs you in a month?"),
)
EVIDENCE = (
    "Said by the operations lead on the call of Tuesday",
    "Written in her mail, forwarded to my manager",
    "Seen in their tender document, page 4",
)
ANSWERS = (
    "I call because plants like yours lose about a shift a week to late parts.",
    "What do you do today when a delivery is late?",
    "Would fifteen minutes on Tuesday at ten work for a first look?",
)
