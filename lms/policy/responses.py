"""What a learner may answer: one canonical JSON form per item type, and its xAPI response pattern.

Canonical forms (values as typed, or keys of the item; an empty one is {}):

- single, judgment: {"choice": key}
- multiple, hotspot: {"choices": [keys, in the item's order]}
- best_worst: {"best": key, "worst": key}
- numeric, calculated: {"number": text}
- order, ranking: {"places": {key: place}}, places counted from 1
- matching: {"pairs": {left key: right key}}
- short: {"text": text}
- cloze: {"gaps": {gap key: option key or text}}
- scenario: {"replies": {turn key: reply key}}, the first that was said at each turn
- long_text: {"text": text}
- recording: {"file": id of the recording, a UUID}

What a person scores is graded with the levels that were given added to it, {"levels": {criterion key: level}}. They
never come from the learner: `clean` knows nothing of them.
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from lms.errors import RuleViolation
from lms.policy import scenario
from lms.policy.items import Gap, Item, ItemType

Response = Mapping[str, Any]

LONGEST_TEXT = 250  # xAPI's own bound for a fill-in response
LONGEST_NUMBER = 40
ENDS = ("best", "worst")
EMPTY = ("", None)
MINUS_SIGN = "\N{MINUS SIGN}"
NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?")

INTERACTION: Mapping[ItemType, str] = {
    ItemType.SINGLE: "choice",
    ItemType.MULTIPLE: "choice",
    ItemType.JUDGMENT: "choice",
    ItemType.BEST_WORST: "matching",
    ItemType.RANKING: "sequencing",
    ItemType.NUMERIC: "numeric",
    ItemType.CALCULATED: "numeric",
    ItemType.ORDER: "sequencing",
    ItemType.MATCHING: "matching",
    ItemType.SHORT: "fill-in",
    ItemType.CLOZE: "fill-in",
    ItemType.HOTSPOT: "choice",
    ItemType.SCENARIO: "performance",
    ItemType.LONG_TEXT: "long-fill-in",
    ItemType.RECORDING: "other",
}


def clean(item: Item, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical form of what came in; refuses keys that the item does not have. Idempotent."""
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            choice = _text(item, raw.get("choice", ""), 80)
            return {"choice": _known(item, choice)} if choice else {}
        case ItemType.MULTIPLE | ItemType.HOTSPOT:
            chosen = {_known(item, key) for key in _list(item, raw.get("choices", ()))}
            return {"choices": [option.key for option in item.options if option.key in chosen]} if chosen else {}
        case ItemType.BEST_WORST:
            named = {end: _text(item, raw.get(end, ""), 80) for end in ENDS}
            return {end: _known(item, key) for end, key in named.items() if key}
        case ItemType.NUMERIC | ItemType.CALCULATED:
            number = _text(item, raw.get("number", ""), LONGEST_NUMBER)
            return {"number": number} if number else {}
        case ItemType.ORDER | ItemType.RANKING:
            places = _map(item, raw.get("places", {}))
            kept = {one.key: _place(item, places[one.key]) for one in item.places if places.get(one.key) not in EMPTY}
            _refuse_unknown(item, places, {entry.key for entry in item.places})
            return {"places": kept} if kept else {}
        case ItemType.MATCHING:
            pairs = _map(item, raw.get("pairs", {}))
            keys = {pair.key for pair in item.pairs}
            _refuse_unknown(item, pairs, keys)
            chosen_pairs = {key: pairs[key] for key in sorted(keys) if pairs.get(key)}
            _refuse_unknown(item, dict.fromkeys(map(str, chosen_pairs.values())), keys)
            return {"pairs": chosen_pairs} if chosen_pairs else {}
        case ItemType.SHORT:
            text = _text(item, raw.get("text", ""), LONGEST_TEXT)
            return {"text": text} if text else {}
        case ItemType.CLOZE:
            gaps = _map(item, raw.get("gaps", {}))
            _refuse_unknown(item, gaps, {gap.key for gap in item.gaps})
            filled = {gap.key: _filled(item, gap, gaps[gap.key]) for gap in item.gaps if gaps.get(gap.key) not in EMPTY}
            return {"gaps": said} if (said := {key: text for key, text in filled.items() if text}) else {}
        case ItemType.SCENARIO:
            replies = _map(item, raw.get("replies", {}))
            for key, value in replies.items():
                _refuse_unknown_reply(item, key, value)
            way = scenario.kept(item, replies)
            return {"replies": way} if way else {}
        case ItemType.LONG_TEXT:
            text = _text(item, _one_line_end(raw.get("text", "")), item.max_length)
            return {"text": text} if text else {}
        case ItemType.RECORDING:
            file = _text(item, raw.get("file", ""), 40)
            return {"file": _id(item, file)} if file else {}


def longest(item: Item) -> int:
    """How many characters a typed answer may have."""
    return item.max_length if item.type is ItemType.LONG_TEXT else LONGEST_TEXT


def settled(item: Item, kept: Response, given: Mapping[str, Any]) -> dict[str, Any]:
    """What stands after `given` came in on top of `kept`. In a conversation what was said first stays said; a recording
    is replaced by another one, never by nothing.
    """
    if item.type is ItemType.SCENARIO:
        return clean(item, {"replies": {**given.get("replies", {}), **kept.get("replies", {})}})
    if item.type is ItemType.RECORDING:
        return dict(given or kept)
    return dict(given)


def is_answered(item: Item, response: Response) -> bool:
    """Whether something was answered at all; half an order or half a matching is not nothing."""
    return bool(clean(item, response))


def problem(item: Item, response: Response) -> str:
    """What keeps this from being a full answer, as a code for `web/wording.py`; empty when nothing does."""
    if not is_answered(item, response):
        return "answer_missing"
    match item.type:
        case ItemType.BEST_WORST if len(set(response.values())) < len(ENDS):
            return "answer_best_and_worst"
        case ItemType.CLOZE if len(response["gaps"]) < len(item.gaps):
            return "answer_gaps_missing"
        case ItemType.SCENARIO if not scenario.is_over(item, response["replies"]):
            return "answer_conversation_open"
        case ItemType.NUMERIC | ItemType.CALCULATED if number(item, response) is None:
            return "answer_not_a_number"
        case ItemType.ORDER | ItemType.RANKING if order(item, response) is None:
            return "answer_places_unclear"
        case ItemType.MATCHING:
            pairs = response["pairs"]
            if len(pairs) < len(item.pairs):
                return "answer_pairs_missing"
            if len(set(pairs.values())) < len(pairs):
                return "answer_pair_twice"
    return ""


def number(item: Item, response: Response) -> Decimal | None:
    """The number that was meant, or None. Thousands commas, a currency sign and the item's own unit are
    forgiven.
    """
    text = str(response.get("number", "")).replace(MINUS_SIGN, "-").replace("\N{NO-BREAK SPACE}", " ").strip()
    if item.unit and text.casefold().endswith(item.unit.casefold()):
        text = text[: -len(item.unit)]
    text = text.strip().removeprefix("$").removesuffix("%").replace(" ", "")
    if not text or not text.isascii() or not NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:  # a lone sign
        return None


def order(item: Item, response: Response) -> tuple[str, ...] | None:
    """The keys as the learner placed them, or None while a place is missing or taken twice."""
    places = response.get("places", {})
    if sorted(places.values()) != list(range(1, len(item.places) + 1)):
        return None
    return tuple(sorted(places, key=places.__getitem__))


def pattern(item: Item, response: Response) -> str:
    """The response in the standard xAPI patterns; empty when nothing was answered."""
    if not is_answered(item, response):
        return ""
    match item.type:
        case ItemType.SINGLE | ItemType.JUDGMENT:
            return str(response["choice"])
        case ItemType.MULTIPLE | ItemType.HOTSPOT:
            return "[,]".join(response["choices"])
        case ItemType.BEST_WORST:
            return "[,]".join(f"{end}[.]{response[end]}" for end in ENDS if end in response)
        case ItemType.NUMERIC | ItemType.CALCULATED:
            meant = number(item, response)
            return str(response["number"]) if meant is None else f"{meant:f}"
        case ItemType.ORDER | ItemType.RANKING:
            places = response["places"]
            return "[,]".join(sorted(places, key=lambda key: (places[key], key)))
        case ItemType.MATCHING:
            pairs = response["pairs"]
            return "[,]".join(f"{pair.key}[.]{pairs[pair.key]}" for pair in item.pairs if pair.key in pairs)
        case ItemType.SHORT:
            return str(response["text"])
        case ItemType.CLOZE:
            return "[,]".join(str(response["gaps"].get(gap.key, "")) for gap in item.gaps)
        case ItemType.SCENARIO:
            way = scenario.walked(item, response["replies"])
            return "[,]".join(f"{turn.key}[.]{reply.key}" for turn, reply in way if reply is not None)
        case ItemType.LONG_TEXT:
            return str(response["text"])
        case ItemType.RECORDING:
            return str(response["file"])


def _known(item: Item, key: object) -> str:
    for option in item.options:
        if option.key == key:
            return option.key
    raise RuleViolation("response_unknown_key", item=item.key, key=str(key)[:80])


def _refuse_unknown(item: Item, given: Mapping[str, Any], known: set[str]) -> None:
    for key in given:
        if key not in known:
            raise RuleViolation("response_unknown_key", item=item.key, key=str(key)[:80])


def _filled(item: Item, gap: Gap, value: object) -> str:
    text = _text(item, value, LONGEST_TEXT)
    if gap.options and text not in {"", *(option.key for option in gap.options)}:
        raise RuleViolation("response_unknown_key", item=item.key, key=text[:80])
    return text


def _refuse_unknown_reply(item: Item, key: str, value: object) -> None:
    turn = scenario.turn_of(item, key)
    if turn is None or all(reply.key != value for reply in turn.replies):
        raise RuleViolation("response_unknown_key", item=item.key, key=f"{key}: {value}"[:80])


def _one_line_end(value: object) -> object:
    """Browsers send two signs for the end of a line and count one."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _id(item: Item, text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise RuleViolation("response_malformed", item=item.key) from None


def _place(item: Item, value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 3:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= len(item.places):
        raise RuleViolation("response_unknown_key", item=item.key, key=str(value)[:80])
    return value


def _text(item: Item, value: object, longest: int) -> str:
    if not isinstance(value, str):
        raise RuleViolation("response_malformed", item=item.key)
    text = value.replace("\x00", "").strip()
    if len(text) > longest:
        raise RuleViolation("response_too_long", item=item.key, longest=longest)
    return text


def _list(item: Item, value: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise RuleViolation("response_malformed", item=item.key)
    return tuple(value)


def _map(item: Item, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise RuleViolation("response_malformed", item=item.key)
    return dict(value)
