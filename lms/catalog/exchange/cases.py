"""Cases for an item: responses, and the outcomes that must come of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from lms.catalog.exchange.qti_item import QtiItem
from lms.catalog.exchange.qti_processing import Scored, score
from lms.catalog.exchange.qti_values import as_json
from lms.catalog.exchange.report import RefusedItem

NEAR = 1e-9  # expectations are written as decimals of what is calculated exactly


class BadCases(ValueError):
    """The file of cases is not one."""


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    responses: Mapping[str, object]
    expect: Mapping[str, Any] = field(default_factory=dict)
    is_expected_to_fail: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """`disagreements` are sentences; an error means that the rules could not be carried out."""

    case: Case
    scored: Scored | None
    error: str
    disagreements: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        return not self.error and not self.disagreements

    @property
    def is_as_expected(self) -> bool:
        return self.agrees or self.case.is_expected_to_fail

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"name": self.case.name}
        if self.scored is not None:
            most = self.scored.max_score
            shown |= {
                "outcomes": {name: as_json(value) for name, value in self.scored.outcomes.items()},
                "score": plain_number(self.scored.score),
                "max_score": None if most is None else plain_number(most),
                "feedback": list(self.scored.feedback),
                "body": self.scored.body,
            }
            if self.scored.unknown_operators:
                shown["unknown_operators"] = list(self.scored.unknown_operators)
        if self.error:
            shown["error"] = self.error
        if self.case.expect:
            shown |= {"agrees": self.agrees, "disagreements": list(self.disagreements)}
        if self.case.is_expected_to_fail:
            shown["expected_to_fail"] = True
        return shown


def read_cases(text: str) -> tuple[tuple[Case, ...], int]:
    """The cases and the seed of their draws: `{"seed": 1, "cases": [{"name", "responses", "expect"}]}`."""
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as wrong:
        raise BadCases(f"line {wrong.lineno}, column {wrong.colno}: {wrong.msg}") from wrong
    found = whole.get("cases") if isinstance(whole, dict) else whole
    seed = whole.get("seed", 1) if isinstance(whole, dict) else 1
    if not isinstance(found, list) or not isinstance(seed, int):
        raise BadCases("there is no list of cases in it")
    cases = []
    for number, one in enumerate(found, start=1):
        if not isinstance(one, dict) or not isinstance(one.get("responses", {}), dict):
            raise BadCases(f"case {number} has no responses")
        expect = one.get("expect", {})
        cases.append(
            Case(
                str(one.get("name", f"case {number}")),
                one.get("responses", {}),
                expect if isinstance(expect, dict) else {},
                bool(one.get("xfail", False)),
            )
        )
    return tuple(cases), seed


def run(item: QtiItem, case: Case, seed: int) -> Result:
    try:
        scored = score(item, case.responses, seed)
    except RefusedItem as refused:
        where = f"{refused.place}: " if refused.place else ""
        return Result(case, None, f"{where}{refused.message}", ())
    return Result(case, scored, "", tuple(_disagreements(scored, case.expect)))


def _disagreements(scored: Scored, expect: Mapping[str, Any]) -> list[str]:
    found = []
    for name, wanted in expect.get("outcomes", {}).items():
        got = as_json(scored.outcomes.get(name))
        if not _is_same(got, wanted):
            found.append(f"{name} is {json.dumps(got)}, not {json.dumps(wanted)}")
    most = None if scored.max_score is None else plain_number(scored.max_score)
    for name, got in (("score", plain_number(scored.score)), ("maxScore", most)):
        if name in expect and not _is_same(got, expect[name]):
            found.append(f"{name} is {json.dumps(got)}, not {json.dumps(expect[name])}")
    shown = list(scored.feedback)
    if sorted(expect.get("modalFeedbackIdentifiers", shown)) != sorted(shown):
        found.append(f"feedback is {shown}, not {expect['modalFeedbackIdentifiers']}")
    found += [
        f"the body does not say “{words}”" for words in expect.get("itemBodyContains", ()) if words not in scored.body
    ]
    return found


def _is_same(got: object, wanted: object) -> bool:
    if isinstance(got, bool) or isinstance(wanted, bool):
        return got is wanted
    if isinstance(got, int | float) and isinstance(wanted, int | float):
        return abs(got - wanted) <= NEAR * max(1, abs(wanted))
    return got == wanted


def plain_number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
