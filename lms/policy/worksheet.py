"""What a worksheet holds: cleaning, checking, how complete it is, and what changed between two states.

Content maps a field's key to a string, a bool (check) or a list of rows (column key → string). Numbers, dates
and choices stay the strings that were typed, so that nothing typed is lost.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from lms.policy.decimals import decimal
from lms.policy.outline import Column, Field, FieldType, Sheet

Content = dict[str, Any]

_TOKEN = re.compile(r"\s+|\w+(?:['’\-]\w+)*|[^\w\s]")
_TRUE = frozenset({"true", "on", "yes", "1", "y"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field; the sentence lives at the edge."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


def clean_text(value: object) -> str:
    """Trimmed text with one kind of line end and nothing that a database or a PDF cannot hold."""
    if value is None or isinstance(value, (list, dict)):
        return ""
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(
        character for character in text if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
    )
    return unicodedata.normalize("NFC", text).strip()


def normalize(sheet: Sheet, content: Mapping[str, Any]) -> Content:
    """The content with the sheet's fields only, in its order, trimmed; rows with nothing in them left out."""
    clean: Content = {}
    for one in sheet.fields:
        value = content.get(one.key)
        match one.type:
            case FieldType.CHECK:
                clean[one.key] = value is True or str(value).strip().lower() in _TRUE
            case FieldType.ROWS:
                clean[one.key] = _rows(one, value)
            case _:
                clean[one.key] = clean_text(value)
    return clean


def _rows(one: Field, value: object) -> list[dict[str, str]]:
    if not isinstance(value, list):
        return []
    rows = (
        {column.key: clean_text(row.get(column.key)) for column in one.columns}
        for row in value
        if isinstance(row, Mapping)
    )
    return [row for row in rows if any(row.values())]


def is_empty(content: Mapping[str, Any]) -> bool:
    """Whether nothing at all has been typed (of normalized content)."""
    return not any(content.values())


def validate(sheet: Sheet, content: Mapping[str, Any], *, complete: bool = True) -> dict[str, Problem]:
    """Every problem by path (`field` or `field.row.column`), in the sheet's order; empty when there is none.

    With `complete=False` what is merely missing is no problem yet.
    """
    clean = normalize(sheet, content)
    problems: dict[str, Problem] = {}
    for one in sheet.fields:
        value = clean[one.key]
        match one.type:
            case FieldType.CHECK:
                if complete and one.required and not value:
                    problems[one.key] = Problem("required")
            case FieldType.ROWS:
                problems.update(_row_problems(one, value, complete=complete))
            case _:
                if found := _text_problem(one, value, complete=complete):
                    problems[one.key] = found
    return problems


def _row_problems(one: Field, rows: list[dict[str, str]], *, complete: bool) -> Iterator[tuple[str, Problem]]:
    least = max(one.min_rows, 1 if one.required else 0)
    if complete and len(rows) < least:
        yield one.key, Problem("rows_too_few", {"min": least, "have": len(rows)})
    if len(rows) > one.max_rows:
        yield one.key, Problem("rows_too_many", {"max": one.max_rows, "have": len(rows)})
    for number, row in enumerate(rows):
        for column in one.columns:
            if found := _text_problem(column, row[column.key], complete=complete):
                yield f"{one.key}.{number}.{column.key}", found


def _text_problem(one: Field | Column, text: str, *, complete: bool) -> Problem | None:
    if not text:
        return Problem("required") if complete and one.required else None
    if len(text) > one.max_length:
        return Problem("too_long", {"max": one.max_length, "have": len(text)})
    match one.type:
        case FieldType.NUMBER if as_number(text) is None:
            return Problem("not_a_number")
        case FieldType.DATE if as_date(text) is None:
            return Problem("not_a_date")
        case FieldType.CHOICE if isinstance(one, Field) and text not in {option.key for option in one.options}:
            return Problem("not_an_option")
        case _:
            return None


def as_number(text: str) -> Decimal | None:
    """A decimal number of a size that people write, or None."""
    return decimal(text) if "_" not in text else None


def as_date(text: str) -> date | None:
    """A date as browsers send it (2026-03-01), or None."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def percent(sheet: Sheet, content: Mapping[str, Any]) -> int:
    """How much of what is required is there (of everything, where nothing is), and fits. 100: it can be submitted."""
    clean, wrong = normalize(sheet, content), validate(sheet, content)
    fields_wrong = {path.partition(".")[0] for path in wrong}
    asked = [one for one in sheet.fields if one.required or one.min_rows] or list(sheet.fields)
    counted = asked + [one for one in sheet.fields if one.key in fields_wrong and one not in asked]
    if not counted:
        return 100
    done = sum(_share(one, clean[one.key], wrong, is_wrong=one.key in fields_wrong) for one in counted)
    return int(done * 100 / len(counted))


def _share(one: Field, value: Any, wrong: Mapping[str, Problem], *, is_wrong: bool) -> Decimal:
    if one.type is not FieldType.ROWS:
        return Decimal(bool(value) and not is_wrong)
    least = max(one.min_rows, 1)
    rows_wrong = {path.split(".")[1] for path in wrong if path.startswith(f"{one.key}.")}
    full = len(value) - len(rows_wrong)
    if is_wrong:  # enough full rows, and one that was begun: it cannot be submitted like this
        full = min(full, least - 1)
    return Decimal(min(full, least)) / least


def filled(sheet: Sheet, content: Mapping[str, Any]) -> frozenset[str]:
    """Keys of the fields that hold something, and nothing that does not fit."""
    clean = normalize(sheet, content)
    wrong = {path.partition(".")[0] for path in validate(sheet, content, complete=False)}
    return frozenset(key for key, value in clean.items() if value and key not in wrong)


# What changed


class WordKind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Word:
    """A run of text in a redline."""

    kind: WordKind
    text: str


class ChangeKind(StrEnum):
    CHANGED = "changed"
    ROW_ADDED = "row_added"
    ROW_REMOVED = "row_removed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field or cell that differs. `path` counts rows from 0 in the new state (if removed, in the old)."""

    path: str
    label: str
    section: str
    type: FieldType
    kind: ChangeKind
    old: str
    new: str
    words: tuple[Word, ...]


def diff(sheet: Sheet, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """What differs, in the sheet's order; differences that normalizing removes do not count."""
    before, after = normalize(sheet, old), normalize(sheet, new)
    changes: list[FieldChange] = []
    for section in sheet.sections:
        for one in section.fields:
            if before[one.key] == after[one.key]:
                continue
            if one.type is FieldType.ROWS:
                changes.extend(_row_changes(section.title, one, before[one.key], after[one.key]))
            else:
                was, now = shown(one, before[one.key]), shown(one, after[one.key])
                changes.append(_change(one.key, one.label, section.title, one.type, was, now))
    return tuple(changes)


def shown(one: Field, value: Any) -> str:
    """The value as people read it: an option's text, yes or no."""
    match one.type:
        case FieldType.CHECK:
            return "Yes" if value else "No"
        case FieldType.CHOICE:
            return next((option.text for option in one.options if option.key == value), str(value or ""))
        case _:
            return str(value or "")


def _change(
    path: str,
    label: str,
    section: str,
    kind: FieldType,
    old: str,
    new: str,
    how: ChangeKind = ChangeKind.CHANGED,
) -> FieldChange:
    is_text = kind in {FieldType.TEXT, FieldType.LONG}
    words = redline(old, new) if is_text else _replaced(old, new)
    return FieldChange(path, label, section, kind, how, old, new, words)


def _row_changes(
    section: str, one: Field, old: list[dict[str, str]], new: list[dict[str, str]]
) -> Iterator[FieldChange]:
    # Aligned, so that one row put in at the top does not read as every row rewritten.
    matcher = SequenceMatcher(a=[_key(row) for row in old], b=[_key(row) for row in new], autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            continue
        paired = min(old_to - old_from, new_to - new_from)
        for offset in range(paired):
            yield from _cells(section, one, new_from + offset, old[old_from + offset], new[new_from + offset])
        for number in range(old_from + paired, old_to):
            yield from _cells(section, one, number, old[number], {}, ChangeKind.ROW_REMOVED)
        for number in range(new_from + paired, new_to):
            yield from _cells(section, one, number, {}, new[number], ChangeKind.ROW_ADDED)


def _key(row: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(row.items()))


def _cells(
    section: str,
    one: Field,
    number: int,
    old: Mapping[str, str],
    new: Mapping[str, str],
    how: ChangeKind = ChangeKind.CHANGED,
) -> Iterator[FieldChange]:
    for column in one.columns:
        was, now = old.get(column.key, ""), new.get(column.key, "")
        if was != now:
            label = f"{one.label} {number + 1}: {column.label}"
            path = f"{one.key}.{number}.{column.key}"
            yield _change(path, label, section, column.type, was, now, how)


def redline(old: str, new: str) -> tuple[Word, ...]:
    """Word by word. Same and removed together read as `old`, same and added as `new`."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    words: list[Word] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if tag == "equal":
            words.append(Word(WordKind.SAME, "".join(before[old_from:old_to])))
            continue
        if old_to > old_from:
            words.append(Word(WordKind.REMOVED, "".join(before[old_from:old_to])))
        if new_to > new_from:
            words.append(Word(WordKind.ADDED, "".join(after[new_from:new_to])))
    return tuple(words)


def _replaced(old: str, new: str) -> tuple[Word, ...]:
    """A number, date or choice is replaced whole: striking half of "12" would mislead."""
    pairs = ((WordKind.REMOVED, old), (WordKind.ADDED, new))
    return tuple(Word(kind, text) for kind, text in pairs if text)
