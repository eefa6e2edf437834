"""From what a browser sends to what the services take. Nothing typed is dropped here; `policy` judges it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from werkzeug.datastructures import MultiDict

from lms.errors import RuleViolation
from lms.policy import worksheet
from lms.policy.outline import FieldType, Rubric, Sheet, Transfer
from lms.policy.worksheet import Problem, as_date
from lms.transfer.service import NewLead, Tap
from lms.web.wording import sentence

ROW = re.compile(r"r-([a-z0-9_]+)-(\d{1,3})-([a-z0-9_]+)")
LEADS_MOST = 500


def sheet_content(sheet: Sheet, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The worksheet's content from flat names: `f-<field>`, `r-<field>-<row>-<column>`.

    `sent` is a form, or the `fields` of an autosave; rows keep their order, gaps close.
    """
    rows = _rows(sent)
    content: dict[str, Any] = {}
    for one in sheet.fields:
        if one.type is FieldType.ROWS:
            content[one.key] = [row for _, row in sorted(rows.get(one.key, {}).items())]
        elif one.type is FieldType.CHECK:
            value = sent.get(f"f-{one.key}")
            content[one.key] = value is True or _text(value) == "yes"
        else:
            content[one.key] = _text(sent.get(f"f-{one.key}"))
    return content


def _rows(sent: Mapping[str, Any]) -> dict[str, dict[int, dict[str, str]]]:
    """By field and number of row: what its cells hold."""
    rows: dict[str, dict[int, dict[str, str]]] = {}
    for name, value in sent.items():
        if match := ROW.fullmatch(name):
            key, number, column = match.groups()
            rows.setdefault(key, {}).setdefault(int(number), {})[column] = _text(value)
    return rows


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[-1] if value else ""
    return "" if value is None or isinstance(value, bool) else str(value)


def element_id(path: str) -> str:
    """The id of the control that a problem's path names."""
    parts = path.split(".")
    return f"r-{parts[0]}-{parts[1]}-{parts[2]}" if len(parts) == 3 else f"f-{parts[0]}"


def problem_text(problem: Problem) -> str:
    return sentence(f"field_{problem.code}", **problem.facts)


def messages(problems: Mapping[str, Problem]) -> dict[str, str]:
    """Sentence by element id."""
    return {element_id(path): problem_text(problem) for path, problem in problems.items()}


def messages_where_typed(sheet: Sheet, sent: Mapping[str, Any]) -> dict[str, str]:
    """What does not fit in what was `sent`, by the ids that its controls have in the browser.

    There a row that was left empty keeps its number; in the content it is gone, and those below it have moved up.
    """
    problems = worksheet.validate(sheet, sheet_content(sheet, sent), complete=False)
    kept = {
        key: [number for number, row in sorted(rows.items()) if any(map(worksheet.clean_text, row.values()))]
        for key, rows in _rows(sent).items()
    }
    found = {}
    for path, problem in problems.items():
        key, _, rest = path.partition(".")
        number, _, column = rest.partition(".")
        typed_at = f"{key}.{kept[key][int(number)]}.{column}" if rest else path
        found[element_id(typed_at)] = problem_text(problem)
    return found


def labelled(definition: Transfer, problems: Mapping[str, str]) -> list[tuple[str, str]]:
    """Element id and sentence, for the list at the top of a page: there a sentence has to say what it is about."""
    labels = {f"{kind}-{one.key}": one.label for kind in "nc" for one in definition.numbers}
    labels |= {f"f-{one.key}": one.label for one in definition.sheet.fields}
    for one in definition.sheet.fields:
        for number in range(one.max_rows + 1):
            for column in one.columns:
                labels[f"r-{one.key}-{number}-{column.key}"] = f"{one.label} {number + 1}, {column.label}"
    return [
        (key, text if text.startswith(labels.get(key, "")) else f"{labels[key]}: {text}")
        for key, text in problems.items()
    ]


@dataclass(slots=True)
class Read:
    """Reads typed values from a form and collects, by element id, what is wrong with it."""

    problems: dict[str, str] = field(default_factory=dict)

    def day(self, form: MultiDict[str, str], name: str, what: str, *, required: bool = True) -> date | None:
        text = form.get(name, "").strip()
        found = as_date(text)
        if found is None and (text or required):
            self.problems[name] = f"Enter {what} as a date, for example 2026-03-02." if text else f"Enter {what}."
        return found

    def rule(self, name: str, check: Callable[..., None], *values: object, **limits: object) -> None:
        """Ask a rule; what it refuses is the problem of this control."""
        try:
            check(*values, **limits)
        except RuleViolation as refused:
            self.problems[name] = sentence(refused.code, **refused.facts)

    def integer(self, form: MultiDict[str, str], name: str, what: str, low: int, high: int) -> int | None:
        text = form.get(name, "").strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):
            self.problems[name] = f"Enter {what} as a whole number from {low} to {high}."
            return None
        return int(text)


def marks(rubric: Rubric, form: Mapping[str, str]) -> dict[str, str]:
    """Criterion → met or not_yet, for those that were marked."""
    found = {one.key: form.get(f"mark-{one.key}", "") for one in rubric.criteria}
    return {key: value for key, value in found.items() if value in {"met", "not_yet"}}


def reasons(rubric: Rubric, form: Mapping[str, str]) -> dict[str, str]:
    """Criterion → the reason it is returned for."""
    found = {one.key: form.get(f"reason-{one.key}", "").strip() for one in rubric.criteria}
    return {key: value[:2000] for key, value in found.items() if value}


def scores(rubric: Rubric, form: Mapping[str, str]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Observation scores and, by element id, the criteria that are not scored yet."""
    found: dict[str, dict[str, Any]] = {}
    problems: dict[str, str] = {}
    for one in rubric.criteria:
        seen = form.get(f"seen-{one.key}", "")
        level = form.get(f"level-{one.key}", "")
        if seen not in {"yes", "no", "no_chance"}:
            problems[f"seen-{one.key}"] = f"{one.title}: say whether you saw it."
        elif seen == "yes" and not (
            level.isascii() and level.isdigit() and len(level) <= 3 and 1 <= int(level) <= len(one.levels)
        ):
            problems[f"level-{one.key}"] = f"{one.title}: say how well, from 1 to {len(one.levels)}."
        else:
            found[one.key] = {"seen": seen, "level": int(level) if seen == "yes" else None}
    return found, problems


def leads(form: Mapping[str, str]) -> tuple[list[NewLead], str]:
    """One lead a line: name, CRM key, note, separated by semicolons. Returns leads and a problem or ""."""
    found: list[NewLead] = []
    for number, text in enumerate(form.get("leads", "").splitlines(), start=1):
        if not text.strip():
            continue
        name, *rest = (part.strip() for part in text.split(";", 2))
        if not name:
            return found, f"Line {number} has no name before the semicolon."
        if len(name) > 200:
            return found, f"Line {number}: the name is longer than 200 characters."
        crm_key, note = [*rest, "", ""][:2]
        found.append(NewLead(name, crm_key[:80], note[:500]))
    if len(found) > LEADS_MOST:
        return found, f"Hand over at most {LEADS_MOST} leads at once."
    return found, ""


def taps(sent: object, at: datetime) -> list[Tap]:
    """Taps of a phone, queued while it had no network. What cannot be a tap is left out; the phone keeps it."""
    items = sent.get("taps", []) if isinstance(sent, Mapping) else []
    found = []
    for item in items[:500] if isinstance(items, list) else []:
        if not isinstance(item, Mapping) or item.get("delta", 1) not in (1, -1):
            continue
        client_id, kind = str(item.get("client_id", ""))[:64], str(item.get("kind", ""))[:40]
        if client_id and kind:
            found.append(Tap(client_id, kind, int(item.get("delta", 1)), _moment(item.get("at"), at)))
    return found


def one_tap(form: Mapping[str, str], at: datetime) -> list[Tap]:
    """A tap without JavaScript."""
    kind, _, minus = form.get("kind", "").partition(":")
    return [Tap(form.get("client_id") or uuid4().hex, kind, -1 if minus else 1, at)] if kind else []


def _moment(value: object, fallback: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
        # A phone's clock is information, never the truth: not naive, not from the future.
        return min(moment.astimezone(UTC), fallback) if moment.tzinfo is not None else fallback
    except (ValueError, OverflowError):  # the first hours of year 1 have no UTC
        return fallback
