"""What a trail tells of one enrollment, in one statement where nothing waits: done steps, openings, later checks."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Select, String, cast, func, literal_column, null, select, union_all

from lms import clock
from lms.db import read
from lms.learning.models import DelayedCheck, ModuleOpening
from lms.learning.queries import DONE_OF_ONE, ENROLLMENT
from lms.people.models import User
from lms.policy.later import CheckFact, CheckState, Due
from lms.policy.sequencing import Done, Facts

STEP, OPENING, CHECK, SCORING, ACTIVITY = 1, 2, 3, 4, 5


@dataclass(frozen=True, slots=True)
class Share:
    """What a package above learning adds to the statement: a `Select` of (step key, moment, text, text, text, kind) of
    the enrollment `:enrollment` on the company's day `:day`, and what its rows tell, asked only where there are any.
    """

    statement: Select[Any]
    tell: Callable[[UUID, Sequence[Any], datetime], Mapping[str, Any]]


# Filled in when the application starts. `SCORING`: tests that wait to be scored, told as `ScoringFact` by step key;
# `ACTIVITY`: transfer activities that were begun, told as `TransferFact`.
shares: dict[int, Share] = {}

# What was read of later checks is the same text again each time a page keeps itself current.
MOST_UNPACKED = 4096


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """Why a module opened, for people. `by_name` is empty where no other person's decision was needed."""

    module_key: str
    opened_at: datetime
    because_step: str | None
    because_how: str
    by_name: str


def history(enrollment_id: UUID, at: datetime) -> tuple[Facts, Mapping[str, OpeningRow]]:
    """`facts` and why each open module opened, by module key: one statement, and what the shares ask besides."""
    steps: dict[str, Done] = {}
    opened: dict[str, OpeningRow] = {}
    checks: dict[str, CheckFact] = {}
    more: dict[int, list[Any]] = {}
    values = {"enrollment": enrollment_id, "day": clock.company_day(at)}
    for key, moment, how, name, other_key, kind in read(_statement(), values):
        if kind == STEP:
            steps[key] = Done(moment, how, name or "")
        elif kind == OPENING:
            opened[key] = OpeningRow(key, moment, other_key, how, name or "")
        elif kind != CHECK:
            more.setdefault(kind, []).append((key, moment, how, name, other_key))
        else:
            check = _unpacked(other_key, how, name)
            if key not in checks or checks[key].number < check.number:
                checks[key] = check
    told = {kind: shares[kind].tell(enrollment_id, rows, at) for kind, rows in more.items()}
    return Facts(steps, told.get(ACTIVITY, {}), told.get(SCORING, {}), checks), opened


@lru_cache(maxsize=MOST_UNPACKED)
def _unpacked(step_key: str, state: str, packed: str) -> CheckFact:
    number, due_on, closes_on, rests_since, ended_on, mastered, slipped = packed.split("|")
    return CheckFact(
        step_key,
        int(number),
        CheckState(state),
        Due(date.fromisoformat(due_on), date.fromisoformat(closes_on), _day(rests_since)),
        _day(ended_on),
        tuple(json.loads(mastered)),
        tuple(json.loads(slipped)),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


_OPENED: Any = ModuleOpening.__table__
_CHECKED: Any = DelayedCheck.__table__
_PERSON: Any = User.__table__
_OF_CHECK = ("number", "due_on", "closes_on", "rests_since", "ended_on", "mastered", "slipped")


def _packed() -> Any:
    """A check in one text: columns of its own would be read, empty, with every step of a long course."""
    parts = [_text(_CHECKED.c[name]) for name in _OF_CHECK]
    whole: Any = parts[0]
    for part in parts[1:]:
        whole = whole.concat(literal_column("'|'")).concat(part)
    return whole


def _text(column: Any) -> Any:
    written = cast(column, String)
    return func.coalesce(written, literal_column("''")) if column.nullable else written


# Constants are written out: each as a value would be bound anew for every page.
_HISTORY = (
    DONE_OF_ONE.add_columns(null().cast(String).label("other_key"), literal_column(str(STEP)).label("kind")),
    select(
        _OPENED.c.module_key,
        _OPENED.c.opened_at,
        _OPENED.c.because_how,
        _PERSON.c.name,
        _OPENED.c.because_step,
        literal_column(str(OPENING)),
    )
    .outerjoin(_PERSON, _PERSON.c.id == _OPENED.c.because_by_id)
    .where(_OPENED.c.enrollment_id == ENROLLMENT),
    select(
        _CHECKED.c.module_key,
        _CHECKED.c.ended_at,
        _CHECKED.c.state,
        _packed(),
        _CHECKED.c.step_key,
        literal_column(str(CHECK)),
    ).where(
        _CHECKED.c.enrollment_id == ENROLLMENT, _CHECKED.c.state != literal_column(f"'{CheckState.CANCELED.value}'")
    ),
)


def _statement() -> CompoundSelect[Any]:
    return _built(*[share.statement for share in shares.values()])


@lru_cache(maxsize=4)
def _built(*further: Select[Any]) -> CompoundSelect[Any]:
    """Once, with the shares of those who stand above."""
    return union_all(*_HISTORY, *further)
