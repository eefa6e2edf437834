"""The numbers that a rep brings back from the field: reading them, their order, and what looks unlikely."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from lms.policy.outline import ResultNumber, Transfer
from lms.policy.worksheet import Problem

MOST = 100_000  # of anything that one person does in a field window; beyond it a key was held down


@dataclass(frozen=True, slots=True)
class Parsed:
    numbers: Mapping[str, int]
    problems: Mapping[str, Problem]


def parse(definitions: Iterable[ResultNumber], raw: Mapping[str, object]) -> Parsed:
    """Whole numbers from what was typed; every number that cannot be read has its problem."""
    numbers: dict[str, int] = {}
    problems: dict[str, Problem] = {}
    for one in definitions:
        value = raw.get(one.key)
        text = "" if value is None else str(value).strip()
        digits = text.removeprefix("-")
        if not text:
            problems[one.key] = Problem("missing")
        elif isinstance(value, bool) or not digits.isascii() or not digits.isdigit():
            problems[one.key] = Problem("not_whole")
        elif text.startswith("-") and digits.strip("0"):
            problems[one.key] = Problem("negative")
        elif len(digits.lstrip("0")) > len(str(MOST)) or int(digits) > MOST:
            problems[one.key] = Problem("too_large", {"max": MOST})
        else:
            numbers[one.key] = int(digits)
    return Parsed(numbers, problems)


def check(transfer: Transfer, numbers: Mapping[str, object]) -> dict[str, Problem]:
    """Problems of the numbers as a set: each one there and whole, and none larger than the one before it."""
    parsed = parse(transfer.numbers, numbers)
    problems = dict(parsed.problems)
    labels = {one.key: one.label for one in transfer.numbers}
    for wider, narrower in pairwise(transfer.order):
        if wider not in parsed.numbers or narrower not in parsed.numbers:
            continue
        if parsed.numbers[narrower] > parsed.numbers[wider]:
            problems.setdefault(
                narrower,
                Problem(
                    "order_broken",
                    {
                        "label": labels.get(narrower, narrower),
                        "value": parsed.numbers[narrower],
                        "below": labels.get(wider, wider),
                        "limit": parsed.numbers[wider],
                    },
                ),
            )
    return problems


def warnings(transfer: Transfer, numbers: Mapping[str, object]) -> dict[str, Problem]:
    """Numbers outside what is plausible. A warning: a very good week is not an error."""
    parsed = parse(transfer.numbers, numbers)
    found = {}
    for one in transfer.numbers:
        if one.plausible is None or one.key not in parsed.numbers:
            continue
        low, high = one.plausible
        if not low <= parsed.numbers[one.key] <= high:
            found[one.key] = Problem("implausible", {"low": low, "high": high})
    return found


def window_warnings(from_on: date | None, *, field_from: date | None) -> dict[str, Problem]:
    """Numbers from before the hand-over are hardly of this activity. A warning: who hands over late says so."""
    if from_on is None or field_from is None or from_on >= field_from:
        return {}
    return {"from_on": Problem("before_the_field", {"field_from": field_from})}


def check_window(from_on: date, until_on: date, *, today: date, earliest: date | None = None) -> dict[str, Problem]:
    """The days that the numbers are about: in order, not in the future, and not before the rep began (`earliest`)."""
    problems = {}
    if earliest is not None and from_on < earliest:
        problems["from_on"] = Problem("before_the_start", {"earliest": earliest})
    if until_on < from_on:
        problems["until_on"] = Problem("ends_before_start")
    elif until_on > today:
        problems["until_on"] = Problem("in_the_future")
    return problems
