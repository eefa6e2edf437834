"""How a person of the demo answers questions, fills in a worksheet and comes back with numbers."""

import io
import random
import wave
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from math import pi, sin
from typing import Any

from lms import clock
from lms.demo.scripts import script_of
from lms.policy import scenario
from lms.policy.items import Gap, Item, ItemType
from lms.policy.outline import Column, Field, FieldType, Transfer

Response = Mapping[str, Any]
FIRST_DAY = date(2026, 3, 2)


def right(item: Item) -> Response:
    """The keyed response of any item type."""
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return {"choice": max(item.options, key=lambda option: option.weight).key}
        case ItemType.MULTIPLE:
            return {"choices": [option.key for option in item.options if option.is_right]}
        case ItemType.HOTSPOT:
            return {"choices": [option.key for option in item.options if option.is_right]}
        case ItemType.BEST_WORST:
            return {
                "best": max(item.options, key=lambda option: option.weight).key,
                "worst": min(item.options, key=lambda option: option.weight).key,
            }
        case ItemType.RANKING:
            best_first = sorted(item.options, key=lambda option: -option.weight)
            return {"places": {option.key: place for place, option in enumerate(best_first, start=1)}}
        case ItemType.NUMERIC | ItemType.CALCULATED:
            return {"number": item.answer}
        case ItemType.CLOZE:
            return {"gaps": {gap.key: _fits(gap) for gap in item.gaps}}
        case ItemType.SCENARIO:
            return {"replies": scenario.best_way(item)}
        case ItemType.ORDER:
            return {"places": {entry.key: place for place, entry in enumerate(item.sequence, start=1)}}
        case ItemType.MATCHING:
            return {"pairs": {pair.key: pair.key for pair in item.pairs}}
        case ItemType.SHORT:
            return {"text": item.accept[0]}
        case ItemType.LONG_TEXT:
            return {"text": WRITTEN[: item.max_length]}
        case ItemType.RECORDING:
            return {}  # recorded, not written: see `spoken`


def wrong(item: Item) -> Response:
    """A full but wrong response of any item type."""
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return {"choice": min(item.options, key=lambda option: option.weight).key}
        case ItemType.MULTIPLE:
            return {
                "choices": [option.key for option in item.options if not option.is_right][:1] or [item.options[0].key]
            }
        case ItemType.HOTSPOT:
            return {"choices": [option.key for option in item.options if not option.is_right][:1]}
        case ItemType.BEST_WORST:
            ends = right(item)
            return {"best": ends["worst"], "worst": ends["best"]}
        case ItemType.RANKING:
            last = len(item.options) + 1
            return {"places": {key: last - place for key, place in right(item)["places"].items()}}
        case ItemType.NUMERIC | ItemType.CALCULATED:
            return {"number": "0.001"}
        case ItemType.CLOZE:
            return {"gaps": {gap.key: _does_not_fit(gap) for gap in item.gaps}}
        case ItemType.SCENARIO:
            poor = {turn.key: min(turn.replies, key=lambda one: one.weight).key for turn in item.turns if turn.replies}
            return {"replies": scenario.kept(item, poor)}
        case ItemType.ORDER:
            return {"places": {entry.key: place for place, entry in enumerate(reversed(item.sequence), start=1)}}
        case ItemType.MATCHING:
            keys = [pair.key for pair in item.pairs]
            return {"pairs": dict(zip(keys, keys[1:] + keys[:1], strict=True))}
        case ItemType.SHORT | ItemType.LONG_TEXT:
            return {"text": "not sure"}
        case ItemType.RECORDING:
            return {}


def _fits(gap: Gap) -> str:
    return next(option.key for option in gap.options if option.is_right) if gap.options else gap.accept[0]


def _does_not_fit(gap: Gap) -> str:
    return next((option.key for option in gap.options if not option.weight), "not sure")


def fill(
    definition: Transfer, *, part: float, seed: str, day: date = FIRST_DAY, name: str = "Rosa Diaz"
) -> dict[str, Any]:
    """A worksheet filled in on a day by one person (`seed`): their own script, else the author's example."""
    fields = list(definition.sheet.fields)
    script = script_of(seed, name)
    content: dict[str, Any] = {}
    for field in fields[: max(1, round(len(fields) * part))]:
        match field.type:
            case FieldType.ROWS:
                content[field.key] = _rows(field, script.get(field.key, ()), day)
            case FieldType.CHOICE:
                keys = [option.key for option in field.options]
                said = script.get(field.key)
                content[field.key] = said if said in keys else keys[len(seed) % len(keys)]
            case FieldType.CHECK:
                content[field.key] = True
            case FieldType.NUMBER:
                content[field.key] = script.get(field.key) or field.example or str(10 + len(seed))
            case FieldType.DATE:
                is_past = field.key.startswith("confirmed")
                content[field.key] = (day if is_past else clock.add_working_days(day, 1 + len(seed) % 3)).isoformat()
            case _:
                text = script.get(field.key) or field.example or "Asked in the field; see my notes of the week."
                content[field.key] = text[: field.max_length]
    return content


def _rows(field: Field, written: Sequence[Mapping[str, str]], day: date) -> list[dict[str, str]]:
    """As many rows as were written; where none were, or other columns are asked, as many as are required."""
    count = min(max(field.min_rows, len(written) or 2), field.max_rows)
    rows = []
    for number in range(count):
        row = written[number] if number < len(written) else {}
        rows.append({column.key: row.get(column.key) or _cell(column, number, day) for column in field.columns})
    return rows


def _cell(column: Column, number: int, day: date) -> str:
    if column.type is FieldType.NUMBER:
        return str(5 * (number + 1))
    if column.type is FieldType.DATE:
        return clock.add_working_days(day, number + 1).isoformat()
    return PENDING[number % len(PENDING)] if column.required else ""


def plausible(definition: Transfer, seed: str = "") -> dict[str, int]:
    """Numbers of one person inside the author's ranges, each at most the one before it in the order."""
    draw = random.Random(f"numbers:{definition.key}:{seed}")  # noqa: S311 -- demo data, not a secret
    share = draw.uniform(0.25, 0.6)
    found: dict[str, int] = {}
    for number in definition.numbers:
        low, high = number.plausible or (2, 8)
        found[number.key] = round(low + (high - low) * share * draw.uniform(0.85, 1.15))
    for wider, narrower in pairwise(definition.order):
        found[narrower] = min(found[narrower], found[wider])
    return found


def spoken_field(definition: Transfer) -> Field:
    """What is said aloud, and so what a manager strikes and a rep says anew."""
    by_key = {field.key: field for field in definition.sheet.fields}
    for key in ("reason_line", "opening_line", "first_words", "why_line"):
        if key in by_key:
            return by_key[key]
    return next(field for field in by_key.values() if field.type in {FieldType.TEXT, FieldType.LONG})


def reworded(text: str, end: str) -> str:
    """The same with another last sentence."""
    sentences = text.rstrip(".?! ").split(". ")
    return ". ".join(sentences[:-1] or sentences) + ". " + end


def spoken(seed: str) -> bytes:
    """A recording of two seconds: a tone of its own for each person stands for the voice."""
    pitch = 180 + 10 * (sum(seed.encode()) % 12)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(SAMPLES)
        file.writeframes(bytes(128 + round(60 * sin(2 * pi * pitch * n / SAMPLES)) for n in range(2 * SAMPLES)))
    return out.getvalue()


SAMPLES = 8000  # a second
WRITTEN = (
    "Subject: Second shift in March, and Saturdays\n\n"
    "Gwen, I left you twenty seconds of voicemail just now.\n"
    "You start a second shift in March; in plants your size planned work then often slides to Saturdays.\n"
    "I try you on Thursday at 7:30, and bring what two others changed. Dana Whitlock, Lanternfield."
)
PENDING = ("To be asked in the next call", "Still open", "Not said yet")
