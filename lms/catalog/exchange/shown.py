"""What was read, as JSON and as lines: complete, in the order of the file, weights exact and in percent."""

from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

from lms.catalog.exchange.model import Format, Gap, Number, Option, Pair, Question, Text, Zone
from lms.catalog.exchange.numerals import decimal_text, percent
from lms.catalog.exchange.report import Finding, Outcome, Reading

BLOCKS = frozenset({"p", "div", "br", "li", "tr", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table"})


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")
        elif tag == "img":
            self.parts.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")


def plain(text: Text) -> str:
    """The words of a text without its markup."""
    if text.format in {Format.PLAIN, Format.MARKDOWN}:
        return text.text
    words = _Words()
    words.feed(text.text)
    words.close()
    lines = (" ".join(line.split()) for line in "".join(words.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def reading_json(reading: Reading) -> dict[str, Any]:
    return {
        "file": reading.file,
        "format": reading.format,
        "categories": list(reading.categories),
        "items": [question_json(question) for question in reading.questions],
        "refused": [finding_json(one) for one in reading.refusals],
        "changes": [finding_json(one) for one in reading.findings if one.outcome is not Outcome.REFUSED],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "file": finding.place.file,
        "line": finding.place.line or None,
        "column": finding.place.column or None,
        "item": finding.item,
        "outcome": finding.outcome.value,
        "reason": finding.message,
    }


def question_json(question: Question) -> dict[str, Any]:
    """Parts that a question does not have are left out, except the empty lists that a type always has."""
    shown: dict[str, Any] = {
        "identifier": question.identifier,
        "type": question.kind.value,
        "title": question.title,
        "prompt": _text(question.prompt),
        "points": decimal_text(question.points),
        "options": [_option(one) for one in question.options],
        "feedback": {
            name: _text(text)
            for name, text in (
                ("general", question.general_feedback),
                ("correct", question.correct_feedback),
                ("partial", question.partial_feedback),
                ("incorrect", question.incorrect_feedback),
            )
            if text
        },
        "tags": list(question.tags),
        "category": question.category,
        "file": question.place.file,
        "line": question.place.line or None,
    }
    more: dict[str, Any] = {
        "numbers": [_number(one) for one in question.numbers],
        "units": [{"name": one.name, "multiplier": one.multiplier} for one in question.units],
        "pairs": [_pair(one) for one in question.pairs],
        "sequence": [_option(one, is_weighted=False) for one in question.sequence],
        "gaps": [_gap(one) for one in question.gaps],
        "zones": [_zone(one) for one in question.zones],
        "variables": [
            {"name": one.name, "minimum": one.minimum, "maximum": one.maximum, "decimals": one.decimals}
            for one in question.variables
        ],
        "parts": [question_json(one) for one in question.parts],
        "hints": [_text(one) for one in question.hints],
        "grader_notes": _text(question.grader_notes) if question.grader_notes else None,
        "penalty": str(question.penalty) if question.penalty is not None else None,
        "all_or_nothing": question.is_all_or_nothing,
        "case_sensitive": question.is_case_sensitive,
        "shuffle": question.is_shuffled,
        "missing_word": question.has_blank,
        "files": [{"path": one.path, "bytes": len(one.data) if one.data else None} for one in question.assets],
        "settings": dict(question.extra),
    }
    return shown | {name: value for name, value in more.items() if value not in (None, False, [], {})}


def _text(text: Text) -> dict[str, str]:
    return {"text": text.text, "format": text.format.value, "plain": plain(text)}


def _weight(share: Any) -> dict[str, Any]:
    return {"weight": str(share), "percent": float(percent(share))}


def _option(option: Option, *, is_weighted: bool = True) -> dict[str, Any]:
    shown: dict[str, Any] = {"key": option.key, **_text(option.text)}
    if is_weighted:
        shown |= {**_weight(option.weight), "is_right": option.weight == 1}
    return shown | {"feedback": _text(option.feedback) if option.feedback else None}


def _number(number: Number) -> dict[str, Any]:
    return {
        "value": number.value or "*",
        "tolerance": number.tolerance,
        "tolerance_is": number.measure.value,
        **_weight(number.weight),
        "feedback": _text(number.feedback) if number.feedback else None,
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "left": _text(pair.left) if pair.left else None,
        "right": _text(pair.right) if pair.right else None,
        "left_key": pair.left_key,
        "right_key": pair.right_key,
        **_weight(pair.weight),
        "feedback": _text(pair.feedback) if pair.feedback else None,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "key": gap.key,
        "type": gap.kind.value,
        "points": decimal_text(gap.points),
        "options": [_option(one) for one in gap.options],
        "numbers": [_number(one) for one in gap.numbers],
        "case_sensitive": gap.is_case_sensitive,
    }


def _zone(zone: Zone) -> dict[str, Any]:
    shown = {"key": zone.key, "label": zone.label, "shape": zone.shape, "coords": list(zone.coords)}
    return {**shown, **_weight(zone.weight), "feedback": _text(zone.feedback) if zone.feedback else None}


def lines(readings: Iterable[Reading]) -> Iterable[str]:
    """For people at a terminal: what is taken, then what is not, by line; then the count."""
    taken = refused = changed = 0
    for reading in readings:
        for question in reading.questions:
            name = question.identifier or question.title or plain(question.prompt)[:60].replace("\n", " ")
            yield f"{question.place}: taken: {question.kind}: {name}"
        for finding in reading.findings:
            yield str(finding)
        taken += len(reading.questions)
        refused += len(reading.refusals)
        changed += len(reading.findings) - len(reading.refusals)
    yield f"{taken} taken, {changed} changed or lost in part, {refused} refused."
