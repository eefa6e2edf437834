"""Saving what was answered: all of it kept, the last one before the deadline counts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from lms.assessment import queries, scoring_queries
from lms.assessment.models import Answer
from lms.assessment.queries import Sitting
from lms.db import db
from lms.errors import RuleViolation
from lms.policy import attempts, responses
from lms.policy.items import Item, ItemType

# Only these ask what was answered before: what was said stays said, what was recorded is not unsaid.
SETTLED = frozenset({ItemType.SCENARIO, ItemType.RECORDING})


def save_answer(sitting: Sitting, item_key: str, raw: Mapping[str, Any], *, client_id: str, at: datetime) -> None:
    """Keep one answer in one statement. The same `client_id` again changes nothing.

    The sitting must have been read `for_update`, so that no save slips past a submission.
    """
    refuse_if_closed(sitting, at)
    item = _on_form(sitting, item_key)
    if item_key in queries.checked(sitting):
        raise RuleViolation("answer_checked")
    number = select(func.coalesce(func.max(Answer.number), 0) + 1).where(Answer.attempt_id == sitting.attempt.id)
    _insert(
        [
            {
                "id": uuid4(),
                "attempt_id": sitting.attempt.id,
                "item_key": item_key,
                "client_id": client_id.removeprefix(queries.CHECKED)[:64],
                "response": _response(sitting, item, raw),
                "saved_at": at,
                "number": number.scalar_subquery(),
            }
        ]
    )


def save_answers(
    sitting: Sitting, raw: Mapping[str, Mapping[str, Any]], *, at: datetime
) -> Mapping[str, Mapping[str, Any]]:
    """Keep those of a page's answers that are news, and return the last response to each item.

    The sitting must have been read `for_update`.
    """
    refuse_if_closed(sitting, at)
    kept = dict(queries.responses(sitting.attempt.id))
    changed, settled = {}, queries.checked(sitting)
    for item in sitting.items:
        if item.key in raw and item.key not in settled:
            given = responses.settled(item, kept.get(item.key, {}), responses.clean(item, raw[item.key]))
            if given != kept.get(item.key, {}):
                _refuse_unknown_recording(sitting, item, given)
                changed[item.key] = given
    if changed:
        last = db.session.scalar(
            select(func.coalesce(func.max(Answer.number), 0)).where(Answer.attempt_id == sitting.attempt.id)
        )
        _insert(
            [
                {
                    "id": uuid4(),
                    "attempt_id": sitting.attempt.id,
                    "item_key": key,
                    "client_id": uuid4().hex,
                    "response": given,
                    "saved_at": at,
                    "number": (last or 0) + place,
                }
                for place, (key, given) in enumerate(changed.items(), 1)
            ]
        )
    return {**kept, **changed}


def check_answer(sitting: Sitting, item_key: str, *, at: datetime) -> None:
    """What was saved for this question counts from now on, and its reason is shown; a second time changes nothing.

    The sitting must have been read `for_update`.
    """
    refuse_if_closed(sitting, at)
    item = _on_form(sitting, item_key)
    given = queries.responses(sitting.attempt.id).get(item_key, {})
    problem = responses.problem(item, given)
    if problem:
        raise RuleViolation(problem)
    if not attempts.shows_at_once(sitting.form, item):
        raise RuleViolation("answer_not_checked_here")
    last = select(func.coalesce(func.max(Answer.number), 0) + 1).where(Answer.attempt_id == sitting.attempt.id)
    _insert(
        [
            {
                "id": uuid4(),
                "attempt_id": sitting.attempt.id,
                "item_key": item_key,
                "client_id": f"{queries.CHECKED}{uuid5(sitting.attempt.id, item_key).hex}",
                "response": given,
                "saved_at": at,
                "number": last.scalar_subquery(),
            }
        ]
    )


def _on_form(sitting: Sitting, item_key: str) -> Item:
    item = next((item for item in sitting.items if item.key == item_key), None)
    if item is None:
        raise RuleViolation("item_unknown", item=item_key)
    return item


def _response(sitting: Sitting, item: Item, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    given = responses.clean(item, raw)
    _refuse_unknown_recording(sitting, item, given)
    if item.type not in SETTLED:
        return given
    return responses.settled(item, queries.responses(sitting.attempt.id).get(item.key, {}), given)


def _refuse_unknown_recording(sitting: Sitting, item: Item, given: Mapping[str, Any]) -> None:
    """An answer names a recording that was made for it, never somebody else's."""
    if item.type is not ItemType.RECORDING or not given:
        return
    if not scoring_queries.is_recording_of(UUID(given["file"]), sitting.attempt.id, item.key):
        raise RuleViolation("recording_unknown", item=item.key)


def refuse_if_closed(sitting: Sitting, at: datetime) -> None:
    """The server's clock decides; what arrives later is refused, what was saved before counts."""
    attempt = sitting.attempt
    if attempt.state != "open":
        raise RuleViolation("attempt_closed", title=sitting.form.title)
    if attempts.is_over(attempt.deadline_at, at):
        raise RuleViolation("attempt_time_over", title=sitting.form.title, deadline=attempt.deadline_at)


def _insert(rows: list[dict[str, Any]]) -> None:
    table = Answer.__table__
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    # A list of rows is compiled anew every time; one row, which is what autosave sends, is not.
    db.session.execute(
        dialect.insert(table)
        .values(rows[0] if len(rows) == 1 else rows)
        .on_conflict_do_nothing(index_elements=["attempt_id", "client_id"])
    )
